"""Cuts a V2 table, and the run's files of it, into slices of the key's first two characters: so that memory holds one at a time."""

import itertools
from dataclasses import dataclass
from typing import Final

import polars as pl

SLICES: Final = 256
"""The migration's ids are hexadecimal and even, so their first two digits cut a table into slices of like size."""


@dataclass(frozen=True)
class Slice:
    """The keys from one pair of digits up to, but not including, another. The first and the last slice are open: not all ids are ours."""

    low: int
    high: int

    def holds(self, key: str, /) -> pl.Expr:
        """Whether a row of the run's files lies in it; `key` is a text column."""
        digits = pl.col(key).str.head(2)
        from_low = digits >= f"{self.low:02x}" if self.low > 0 else pl.lit(value=True)
        return from_low & (digits < f"{self.high:02x}") if self.high < SLICES else from_low

    def condition(self, key: str, /) -> str:
        """The same in SQL."""
        digits = f'left("{key}"::text, 2) COLLATE "C"'
        bounds = [f"{digits} >= '{self.low:02x}'"] if self.low > 0 else []
        bounds += [f"{digits} < '{self.high:02x}'"] if self.high < SLICES else []
        return " AND ".join(bounds) or "true"


def slices(rows: int, /, *, slice_rows: int) -> list[Slice]:
    """Slices of about `slice_rows` rows each, of a table of `rows` rows; one at least.

    >>> slices(3, slice_rows=2)
    [Slice(low=0, high=128), Slice(low=128, high=256)]
    """
    pieces = max(1, min(SLICES, -(-rows // slice_rows)))
    edges = [SLICES * piece // pieces for piece in range(pieces + 1)]
    return [Slice(low, high) for low, high in itertools.pairwise(edges)]
