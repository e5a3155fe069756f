"""Digests of all that a V1 row is made from, by which a later run tells an unchanged row (mapping, section 10)."""

from collections.abc import Sequence

import polars as pl
import polars.selectors as cs
import polars_hash  # noqa: F401  # importing it registers Expr.nchash


def digest(*values: pl.Expr) -> pl.Expr:
    """The XXH3 digest, of 128 bits, of the named values as one JSON object: a decimal number as String, never null.

    JSON, because it tells null from every text and one value from the next. Values of any dtype that JSON has a form for, Lists among
    them. XXH3, because nobody gains by a collision, chance makes none, and it takes a twentieth of MD5's time.

    >>> row = pl.DataFrame({"name": ["Ada"], "phone": [None]})
    >>> row.select(digest(pl.col("name"), pl.col("phone"))).item()
    '15461523498583965881053718071389251166'
    """
    return pl.struct(*values).struct.json_encode().nchash.xxh3_128().cast(pl.String)  # type: ignore[attr-defined,no-any-return]


def row_digest(columns: Sequence[str], /, **drawn_on: pl.Expr) -> pl.Expr:
    """The digest of V1 columns, and of what the row draws on elsewhere, each by its name. String, never null.

    Timestamps count as their integers: PostgreSQL's infinities are beyond every calendar.
    """
    own = cs.by_name(*columns)
    timestamps = (own & cs.datetime()).to_physical()
    return digest(own - cs.datetime(), timestamps, *(value.alias(name) for name, value in drawn_on.items()))
