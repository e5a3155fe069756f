"""Checksums of whole tables: tell, without a row on its way back, whether V2 holds the rows that were sent to it, in whatever order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from pipeline.postgres.row_hashes import row_hashes

RANGE: Final = 2**64


@dataclass(frozen=True)
class Checksum:
    """How many rows there are, and the sum of the hashes of all of them."""

    rows: int = 0
    hashes: int | None = 0
    """Modulo 2⁶⁴; None: of rows that are not hashed here, whose cells are to be compared one by one."""

    def __add__(self, other: "Checksum") -> "Checksum":
        """The checksum of the rows of both."""
        both = None if self.hashes is None or other.hashes is None else (self.hashes + other.hashes) % RANGE
        return Checksum(self.rows + other.rows, both)


def checksum(rows: pa.Table, /, *, key: Sequence[str]) -> Checksum:
    """The checksum of all rows of a table, as `row_hashes` hashes them.

    Tables of the same columns and types that hold the same rows have the same checksum, however they are ordered, and so has the sum of
    those that they are cut into; two that differ have it with a chance of about 1 in 2⁶⁴.

    >>> rows = pa.table({"id": pa.array(["a", "b"], pa.large_string()), "name": pa.array(["Ada", None], pa.large_string())})
    >>> checksum(rows, key=["id"]) == checksum(rows[1:], key=["id"]) + checksum(rows[:1], key=["id"])
    True
    >>> checksum(rows, key=["id"]) == checksum(rows.set_column(1, "name", rows["name"][::-1]), key=["id"])
    False
    """
    hashes = row_hashes(rows, key=key)
    return Checksum(rows.num_rows, None if hashes is None else int(hashes.sum()) % RANGE)
