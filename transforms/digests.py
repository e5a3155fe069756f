"""Digests of all that a V1 row is made from, by which a later run tells an unchanged row (mapping, section 10)."""

from collections.abc import Sequence
from typing import Final

import polars as pl
import polars.selectors as cs
import polars_hash  # noqa: F401  # importing it registers Expr.nchash

SEPARATOR: Final = "\0\1"
NULL: Final = "\0\2"
ELEMENT: Final = "\0\3"
"""Marks between values, in place of none, and before each element of a list. PostgreSQL's text knows no NUL: no value looks like one."""


def digest(*values: pl.Expr) -> pl.Expr:
    """The XXH3 digest, of 128 bits, of some values one after the other: a decimal number as String, never null.

    Null is told from every text, and one value from the next. Values of any dtype that casts to String, text without NUL; a list is for
    `row_digest` to write. XXH3, because nobody gains by a collision, chance makes none, and it takes a twentieth of MD5's time.

    >>> row = pl.DataFrame({"name": ["Ada"], "phone": [None]})
    >>> row.select(digest(pl.col("name"), pl.col("phone"))).item()
    '210224349316551839040493633549694110977'
    """
    written = pl.concat_str([value.cast(pl.String).fill_null(NULL) for value in values], separator=SEPARATOR)
    return written.nchash.xxh3_128().cast(pl.String)  # type: ignore[attr-defined,no-any-return]


def row_digest(columns: Sequence[str], /, **drawn_on: pl.Expr) -> pl.Expr:
    """The digest of V1 columns, and of what the row draws on elsewhere. String, never null.

    It depends on the order of the columns in the frame, whatever the order of the names here. Timestamps count as their integers:
    PostgreSQL's infinities are beyond every calendar.
    """
    own = cs.by_name(*columns)
    timestamps, lists = own & cs.datetime(), own & cs.list()
    elements = lists.list.eval(ELEMENT + pl.element().fill_null(NULL)).list.join("")
    return digest(own - timestamps - lists, timestamps.to_physical(), elements, *drawn_on.values())
