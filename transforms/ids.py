"""Makes V2's ids: version 5 UUIDs over keys of V1, so that every run gives a row the same id (mapping, section 1)."""

from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

import polars as pl
import polars_hash  # noqa: F401  # importing it registers Expr.uuidhash

NAMESPACE: Final[UUID] = uuid5(NAMESPACE_URL, "urn:odin:v2")
"""The namespace of all V2 ids."""


def v2_id(kind: str, /, *parts: pl.Expr) -> pl.Expr:
    """The UUIDv5 (RFC 9562) of the key `<kind>:<part>:<part>…`, in lower-case text.

    Null where any part is null. Parts of any dtype that casts to String; String out.

    >>> pl.select(v2_id("School", pl.lit(7))).item()
    '155131ba-5f2d-5b7f-b5b1-407f2f64ab64'
    """
    key = pl.concat_str(pl.lit(kind), *(part.cast(pl.String) for part in parts), separator=":")
    return key.uuidhash.uuid5(str(NAMESPACE))  # type: ignore[attr-defined,no-any-return]  # polars_hash registers it


def reference_id(key: str, /) -> str:
    """The id of a reference row, by its whole key, such as `Role:TEACHER`.

    >>> reference_id("School:7")
    '155131ba-5f2d-5b7f-b5b1-407f2f64ab64'
    """
    return str(uuid5(NAMESPACE, key))
