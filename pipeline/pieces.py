"""Cuts a V1 table into pieces, each made of neighbouring row groups of one part: what plan and transform hold in memory at a time.

A piece is a range of ids, too: so what leads to its rows can be told apart in any other table, and a file's statistics spare reading
what lies in other pieces.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl
import pyarrow.parquet as pq

PIECE_ROWS: Final = 131_072
"""A piece is full when it has as many. Polars works on such frames at its best; of larger ones, only memory is the more."""


@dataclass(frozen=True)
class IdRange:
    """The ids from one up to, but not including, another; None: from the first, or to the last."""

    low: int | None = None
    high: int | None = None

    @classmethod
    def spanning(cls, ids: pl.Series, /) -> "IdRange":
        """The narrowest range that holds some ids; of none but nulls, one without ids."""
        low, high = ids.min(), ids.max()
        return cls(low, high + 1) if isinstance(low, int) and isinstance(high, int) else cls(0, 0)

    def holds(self, column: str, /) -> pl.Expr:
        """Whether an id, an Int64, lies in it; null lies in the range of all ids, and is null in any other."""
        from_low = pl.col(column) >= self.low if self.low is not None else pl.lit(value=True)
        return from_low & (pl.col(column) < self.high) if self.high is not None else from_low


@dataclass(frozen=True)
class Piece:
    """Some rows of a V1 table, in a part of it."""

    part: Path
    ids: IdRange
    """Where `id` lies; the pieces of a table hold every id there can be, each in one of them."""
    rows: int

    def scan(self) -> pl.LazyFrame:
        """The rows as they were read."""
        return pl.scan_parquet(self.part).filter(self.ids.holds("id"))


def pieces(parts: Sequence[Path], /, *, piece_rows: int = PIECE_ROWS) -> list[Piece]:
    """The pieces of a V1 table, in order.

    Args:
        parts: Of a table that has an `id`, in the order of it, each with statistics; one at least, and all but a single one hold rows.
        piece_rows: How many rows make a piece full: so many, and fewer than a row group more; the last one of a part has what is left.
    """
    found = [piece for part in parts for piece in _pieces_of(part, piece_rows)]
    firsts = [first for _, first, _ in found[1:]]
    ranges = itertools.starmap(IdRange, itertools.pairwise([None, *firsts, None]))
    return [Piece(part, ids, rows) for (part, _, rows), ids in zip(found, ranges, strict=True)]


def _pieces_of(part: Path, piece_rows: int) -> Iterator[tuple[Path, int, int]]:
    """Of each piece of a part: the part, its first id, its rows."""
    metadata = pq.read_metadata(part)
    column = metadata.schema.names.index("id")
    first, rows = 0, 0
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        if rows == 0 and group.num_rows:
            first = group.column(column).statistics.min
        rows += group.num_rows
        if rows >= piece_rows:
            yield part, first, rows
            rows = 0
    if rows or metadata.num_rows == 0:
        yield part, first, rows
