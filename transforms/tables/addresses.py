"""The Address rows of people and of schools (mapping, sections 1 and 6)."""

from typing import Literal

import polars as pl

from transforms.ids import v2_id


def address_rows(converted: pl.LazyFrame, /, *, kind: Literal["user", "school"], owner: str) -> pl.LazyFrame:
    """V2's Address rows of the owners in the column `owner` (V2 ids); no row where `judged_address` holds no line."""
    address = pl.col("judged_address").struct
    nobody = pl.lit(None, dtype=pl.String)
    return converted.filter(address.field("line1").is_not_null()).select(
        id=v2_id("Address", pl.lit(kind), pl.col(owner)),
        userId=owner if kind == "user" else nobody,
        schoolId=owner if kind == "school" else nobody,
        line1=address.field("line1"),
        line2=address.field("line2"),
        city=address.field("city"),
        state=address.field("state"),
        postalCode=address.field("postal_code"),
        country=address.field("country"),
    )
