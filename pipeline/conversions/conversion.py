"""What a piece of V1 becomes, and which of its rows are converted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

import polars as pl

from transforms import records

Which = Literal["new", "changed"]
"""Which rows of a piece are converted: those that no run has written yet, or those that changed since one wrote them."""

WITHDRAWN_SCHEMA: Final = pl.Schema(dict.fromkeys(("id", "v1_table", "v1_id"), pl.String()))
"""A UserRole's id, and whose it is."""


@dataclass(frozen=True)
class Conversion:
    """What a piece of V1 becomes: rows by V2 table, and the record of every value changed or dropped on the way."""

    tables: Mapping[str, pl.LazyFrame]
    changed: pl.LazyFrame = field(default_factory=lambda: pl.LazyFrame(schema=records.SCHEMA))
    withdrawn: pl.LazyFrame = field(default_factory=lambda: pl.LazyFrame(schema=WITHDRAWN_SCHEMA))
    """UserRole rows to remove: `id`, and whose they are."""


def going(identities: pl.LazyFrame, which: Which | None = None, /) -> pl.LazyFrame:
    """The planned rows that are written now; of those only the new or the changed ones, if told which."""
    return identities.filter(goes(which) if which else pl.col("goes"))


def goes(which: Which, /) -> pl.Expr:
    """Whether a planned row is written now, as a new or as a changed one. Boolean, never null."""
    is_known = pl.col("is_known") if which == "changed" else ~pl.col("is_known")
    return pl.col("goes") & is_known


def sound(identities: pl.LazyFrame, /) -> pl.LazyFrame:
    """The planned rows that V2 will hold and that are not rejected today: a rejected row gives V2 nothing."""
    return identities.filter(pl.col("is_there") & pl.col("rejected").is_null())
