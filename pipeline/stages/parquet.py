"""Streams of record batches ══▶ Parquet files, in parts, each whole or not there."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Literal

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.run_folder import PRIVATE_FILE

QUICK: Final = 1
"""The level of zstd that takes half the time of Polars' own, 3, for a tenth more bytes; it is pyarrow's own."""

DICTIONARY_BYTES: Final = 65_536
"""How large a column's dictionary may grow before its values are written as they are: few columns have few values, and none need one
longer. A tenth of the bytes and a third of the time are spared against Arrow's own limit, a mebibyte."""


def in_parts(batches: Iterator[pa.RecordBatch], part_rows: int, /) -> Iterator[Iterator[pa.RecordBatch]]:
    """Cuts a stream of batches into streams of `part_rows` rows, the last of fewer; a stream without rows is one part without rows.

    A part must be read to its end before the next one is asked for: nothing is kept but the rest of a batch.

    Args:
        batches: One batch at least; one without rows has the types.
        part_rows: 1 or more.

    >>> numbers = (pa.record_batch({"number": [number, number]}) for number in range(3))
    >>> [sum(batch.num_rows for batch in part) for part in in_parts(numbers, 4)]
    [4, 2]
    """
    rest = [next(batches)]

    def part() -> Iterator[pa.RecordBatch]:
        wanted = part_rows
        while wanted:
            batch = rest.pop() if rest else next(batches, None)
            if batch is None:
                return
            yield batch.slice(0, wanted)
            if batch.num_rows > wanted:
                rest.append(batch.slice(wanted))
            wanted -= min(wanted, batch.num_rows)

    while rest:
        yield part()
        if not rest and (batch := next((batch for batch in batches if batch.num_rows), None)) is not None:
            rest.append(batch)


def write_stream(
    path: Path,
    batches: Iterator[pa.RecordBatch],
    /,
    advance: Callable[[int], None] | None = None,
    *,
    compression: Literal["zstd", "lz4"] = "zstd",
) -> int:
    """Writes a stream to one Parquet file, readable by its owner only; gives its rows.

    Until it is whole it is called `.tmp`, and stays so where the stream or the disk fails.

    Args:
        path: Of the file; one that is there is replaced.
        batches: One batch at least, all of the first one's schema, whose metadata the file keeps.
        advance: Called with the rows of each batch as it is written.
        compression: `lz4` takes less time and half as many bytes again.

    Raises:
        OSError: The file cannot be written.
    """
    unfinished = path.with_suffix(".tmp")
    unfinished.touch(mode=PRIVATE_FILE)
    rows = 0
    first = next(batches)
    with pq.ParquetWriter(unfinished, first.schema, compression=compression, dictionary_pagesize_limit=DICTIONARY_BYTES) as writer:
        for batch in _again(first, batches):
            writer.write_batch(batch)
            rows += batch.num_rows
            if advance:
                advance(batch.num_rows)
    unfinished.replace(path)
    return rows


def write_frame(path: Path, rows: pl.DataFrame, /, *, compression: Literal["zstd", "lz4", "uncompressed"] = "zstd") -> None:
    """Writes a frame to one Parquet file, as `write_stream` does a stream; not by way of a `.tmp`: a stage that is cut off is done again.

    `uncompressed` takes half the time of the others; where most are ids and digests, which are random, it is a quarter more bytes than
    `lz4`, or somewhat above. There are no statistics: almost all that is read later is read whole.

    Raises:
        OSError, pl.exceptions.PolarsError: The file cannot be written.
    """
    rows.write_parquet(path, compression=compression, compression_level=QUICK if compression == "zstd" else None, statistics=False)


def _again(first: pa.RecordBatch, rest: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    yield first
    yield from rest
