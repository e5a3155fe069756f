"""Cuts V1's ids of a table into ranges, one for each of its parts: what leads to its rows can be told apart part by part, too."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl


@dataclass(frozen=True)
class IdRange:
    """The ids from one up to, but not including, another; None: from the first, or to the last."""

    low: int | None = None
    high: int | None = None

    def holds(self, column: str, /) -> pl.Expr:
        """Whether an id, an Int64, lies in it; null lies in the range of all ids, and is null in any other."""
        from_low = pl.col(column) >= self.low if self.low is not None else pl.lit(value=True)
        return from_low & (pl.col(column) < self.high) if self.high is not None else from_low


NO_IDS: Final = IdRange(0, 0)


def id_ranges(parts: Sequence[Path], /) -> list[IdRange]:
    """A range for each part of a V1 table, whose rows stand in the order of `id`; together they hold every id there can be.

    Args:
        parts: In their order; one at least, and all but a single one hold rows.
    """
    firsts = [pl.scan_parquet(part).select(pl.col("id").min()).collect().item() for part in parts[1:]]
    return [IdRange(low, high) for low, high in itertools.pairwise([None, *firsts, None])]
