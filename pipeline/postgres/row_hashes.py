"""PostgreSQL's own hashes of rows, computed here over whole columns: two sums then tell whether a table holds what was sent to it.

The hash is that of PostgreSQL's hash partitioning (`hash_record_extended`, since PostgreSQL 14), which keeps from release to release:
Bob Jenkins' lookup3 over the bytes of each value, 64 bits wide. A server that hashes otherwise, one with the bytes of a number the other
way round, tells another sum, never by chance the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Words = npt.NDArray[np.uint32]
Hashes = npt.NDArray[np.uint64]

IS_KNOWN: Final = "SELECT to_regproc('pg_catalog.hash_record_extended') IS NOT NULL AS is_known"
"""Whether a server can hash rows."""

BLOCK_BYTES: Final = 12
"""What lookup3 takes in at once: three words of 32 bits."""

INITIAL: Final = np.uint32((0x9E37_79B9 + 3_923_095) % 2**32)

ROWS_AT_ONCE: Final = 16_384
"""The words of so many rows stay in a core's cache."""

TAILS: Final = np.array([[(1 << 8 * min(max(rest - 4 * word, 0), 4)) - 1 for rest in range(BLOCK_BYTES)] for word in range(3)], np.uint32)
"""By word, and by how many bytes are left at the end of a text: the bits that are the text's."""

MICROSECONDS_TO_2000: Final = 946_684_800_000_000
DAYS_TO_2000: Final = 10_957
"""PostgreSQL counts from there, Arrow from 1970."""


def query(table: str, columns: Sequence[str], /, *, key: Sequence[str]) -> str:
    """The query for `rows`, how many a table has, and `hashes`, the sum of their hashes as text.

    Args:
        table: Qualified and quoted for SQL.
        columns: SQL of each column's value, in the order in which they are hashed.
        key: SQL of the primary key's values, as text.
    """
    seed = "0"
    for value in key:
        seed = f'hashtextextended({value} COLLATE "C", {seed})'
    row_hash = f"hash_record_extended(ROW({', '.join(columns)}), {seed})"
    return f"SELECT count(*) AS rows, coalesce(sum({row_hash}), 0)::text AS hashes FROM {table}"


def row_hashes(rows: pa.Table, /, *, key: Sequence[str]) -> Hashes | None:
    """The hash of every row, as `query` has the server compute it.

    The key is the seed by which a row's cells are hashed: a value that changes places with another row's changes both hashes.

    Args:
        rows: Columns as they are copied. Null counts as null, and is told from every value.
        key: The columns of the primary key, texts without nulls.

    Returns:
        One for each row; None where a column is of a type that is not hashed here, as an array, JSON or a number of many digits is.
    """
    columns = {name: _whole(rows.column(name)) for name in rows.column_names}
    hashed = [(column, hasher) for column in columns.values() if (hasher := _hasher(column.type))]
    if len(hashed) < len(columns):
        return None
    seeds = np.zeros(rows.num_rows, np.uint64)
    for name in key:
        seeds = _texts(columns[name], seeds)
    hashes = np.zeros(rows.num_rows, np.uint64)
    for column, hasher in hashed:
        cells = hasher(column, seeds)
        if column.null_count:
            cells[column.is_null().to_numpy(zero_copy_only=False)] = 0
        hashes *= np.uint64(31)
        hashes += cells
    return hashes


def _whole(column: pa.ChunkedArray) -> pa.Array:
    combined = column.combine_chunks()
    return combined if isinstance(combined, pa.Array) else pa.concat_arrays(combined.chunks)


def _hasher(kind: pa.DataType) -> Callable[[pa.Array, Hashes], Hashes] | None:
    if pa.types.is_large_string(kind):
        return _texts
    if pa.types.is_boolean(kind):
        return lambda column, seeds: _numbers(_values(column, pa.uint8()).astype(np.uint32), seeds)
    if pa.types.is_int32(kind):
        return lambda column, seeds: _numbers(_values(column, pa.int32()).astype(np.uint32), seeds)
    if pa.types.is_date32(kind):
        return lambda column, seeds: _numbers((_values(column, pa.int32()) - DAYS_TO_2000).astype(np.uint32), seeds)
    if pa.types.is_timestamp(kind) and kind.unit == "us":
        return _timestamps
    return None


def _values(column: pa.Array, kind: pa.DataType) -> npt.NDArray[np.int64]:
    """The values of a column, nulls as 0."""
    values: npt.NDArray[np.int64] = column.cast(kind).fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    return values


def _timestamps(column: pa.Array, seeds: Hashes) -> Hashes:
    """Of 64 bits the upper half is folded into the lower one, so that a number's hash does not depend on its width."""
    values = _values(column, pa.int64()) - MICROSECONDS_TO_2000
    upper = (values >> 32).astype(np.uint32)
    return _numbers(values.astype(np.uint32) ^ np.where(values >= 0, upper, ~upper), seeds)


def _numbers(values: Words, seeds: Hashes) -> Hashes:
    state = _State(np.full(len(values), 4), seeds)
    state.a += values
    return state.final()


def _texts(column: pa.Array, seeds: Hashes) -> Hashes:
    """The hashes of texts, by the bytes of their UTF-8; those with equally many whole blocks go together."""
    texts = _Texts.of(column)
    hashes = np.empty(len(column), np.uint64)
    for first in range(0, len(column), ROWS_AT_ONCE):
        some = slice(first, first + ROWS_AT_ONCE)
        whole_blocks = texts.lengths[some] // BLOCK_BYTES
        numbers = np.flatnonzero(np.bincount(whole_blocks)).tolist()
        for number in numbers:
            alike = some if len(numbers) == 1 else first + np.flatnonzero(whole_blocks == number)
            hashes[alike] = _texts_alike(texts[alike], seeds[alike], whole_blocks=number)
    return hashes


def _texts_alike(texts: "_Texts", seeds: Hashes, *, whole_blocks: int) -> Hashes:
    state = _State(texts.lengths, seeds)
    for number in range(whole_blocks):
        state.take(*texts.words(BLOCK_BYTES * number))
        state.mix()
    rest = texts.lengths - BLOCK_BYTES * whole_blocks
    if rest.any():
        first, second, third = (words & mask[rest] for words, mask in zip(texts.words(BLOCK_BYTES * whole_blocks), TAILS, strict=True))
        state.take(first, second, third << 8)  # the lowest byte is the length's
    return state.final()


@dataclass(frozen=True)
class _Texts:
    content: npt.NDArray[np.uint8]
    """The bytes of all texts, one after the other, and a block's more: a block may begin at the last of them, and behind it."""
    starts: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int64]

    @classmethod
    def of(cls, column: pa.Array) -> "_Texts":
        _, offsets, content = column.buffers()
        ends = np.frombuffer(offsets, np.int64)[column.offset : column.offset + len(column) + 1] if offsets else np.zeros(1, np.int64)
        followed = np.zeros(ends[-1] - ends[0] + BLOCK_BYTES, np.uint8)
        if content:
            followed[:-BLOCK_BYTES] = np.frombuffer(content, np.uint8)[ends[0] : ends[-1]]
        return cls(followed, ends[:-1] - ends[0], np.diff(ends))

    def __getitem__(self, some: slice | npt.NDArray[np.int64]) -> "_Texts":
        return _Texts(self.content, self.starts[some], self.lengths[some])

    def words(self, at: int) -> tuple[Words, Words, Words]:
        """The three words of a block of each text, from a byte of it on; what lies behind a text's end is another's."""
        first, last, length = self.starts[0], self.starts[-1], self.lengths[0]
        if length and last - first == length * (len(self.starts) - 1) and (self.lengths == length).all():  # as ids and bcrypt hashes are
            every_byte = np.ndarray(len(self.content) - 3, "<u4", self.content, strides=1)
            one, two, three = (every_byte[first + at + byte : last + at + byte + 1 : length] for byte in (0, 4, 8))
            return one, two, three
        blocks = np.ndarray(len(self.content) - BLOCK_BYTES + 1, f"V{BLOCK_BYTES}", self.content, strides=1)
        words = blocks[self.starts + at].view("<u4").reshape(-1, 3)
        return words[:, 0], words[:, 1], words[:, 2]


class _State:
    """The three words of lookup3, of many values at once."""

    def __init__(self, lengths: npt.NDArray[np.int64], seeds: Hashes) -> None:
        """Begins with the length of each value, in bytes, and its seed; one of 0 is none."""
        self.a: Words = lengths.astype(np.uint32) + INITIAL
        self.b, self.c, self._turned, self._over = self.a.copy(), self.a.copy(), np.empty_like(self.a), np.empty_like(self.a)
        if seeds.any():
            unseeded = np.flatnonzero(seeds == 0)
            begun = self.a[unseeded]
            self.a += (seeds >> np.uint64(32)).astype(np.uint32)
            self.b += seeds.astype(np.uint32)
            self.mix()
            self.a[unseeded] = self.b[unseeded] = self.c[unseeded] = begun

    def take(self, first: Words, second: Words, third: Words) -> None:
        """Takes in a block of each value."""
        self.a += first
        self.b += second
        self.c += third

    def mix(self) -> None:
        """Mixes the words, so that another block can be taken in."""
        a, b, c = self.a, self.b, self.c
        for left, middle, right, bits in ((a, b, c, 4), (b, c, a, 6), (c, a, b, 8), (a, b, c, 16), (b, c, a, 19), (c, a, b, 4)):
            np.subtract(left, right, out=left)
            np.bitwise_xor(left, self._rotated(right, bits), out=left)
            np.add(right, middle, out=right)

    def final(self) -> Hashes:
        """Mixes the words for the last time, and gives the hashes."""
        a, b, c = self.a, self.b, self.c
        for left, right, bits in ((c, b, 14), (a, c, 11), (b, a, 25), (c, b, 16), (a, c, 4), (b, a, 14), (c, b, 24)):
            np.bitwise_xor(left, right, out=left)
            np.subtract(left, self._rotated(right, bits), out=left)
        return (b.astype(np.uint64) << np.uint64(32)) | c

    def _rotated(self, words: Words, bits: int) -> Words:
        np.left_shift(words, np.uint32(bits), out=self._turned)
        np.right_shift(words, np.uint32(32 - bits), out=self._over)
        self._turned |= self._over
        return self._turned
