"""Streams to Parquet: parts of a size, whatever the batches', and files whole or not there."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.stages.parquet import in_parts, write_frame, write_stream


def batches_of(sizes: list[int]) -> Iterator[pa.RecordBatch]:
    """Batches of these sizes that count on from 0."""
    starts = itertools.accumulate(sizes, initial=0)
    for start, size in zip(starts, sizes, strict=False):
        yield pa.record_batch({"number": pa.array(range(start, start + size), pa.int64())})


@given(st.lists(st.integers(0, 9), min_size=1, max_size=12), st.integers(1, 12))
def test_parts_have_the_wanted_rows_in_the_order_of_the_stream(sizes: list[int], part_rows: int) -> None:
    parts = [[number for batch in part for number in batch["number"].to_pylist()] for part in in_parts(batches_of(sizes), part_rows)]
    assert [number for part in parts for number in part] == list(range(sum(sizes)))
    assert all(len(part) == part_rows for part in parts[:-1])
    assert 0 < len(parts[-1]) <= part_rows or (len(parts) == 1 and sum(sizes) == 0)


def test_a_stream_without_rows_is_one_file_with_the_types(tmp_path: Path) -> None:
    parts = in_parts(batches_of([0]), 10)
    assert [write_stream(tmp_path / "part-000.parquet", part) for part in parts] == [0]
    assert pl.read_parquet(tmp_path / "part-000.parquet").schema == pl.Schema({"number": pl.Int64})


def test_a_file_keeps_rows_and_metadata_and_is_its_owner_s(tmp_path: Path) -> None:
    path, advanced = tmp_path / "part-000.parquet", list[int]()
    schema = pa.schema([pa.field("number", pa.int64(), metadata={"comment": "é"})], metadata={"comment": "T"})
    assert write_stream(path, (batch.cast(schema) for batch in batches_of([2, 3])), advance=advanced.append) == 5
    assert pl.read_parquet(path)["number"].to_list() == [0, 1, 2, 3, 4]
    assert pq.read_schema(path).equals(schema, check_metadata=True)
    assert advanced == [2, 3]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_stream_that_breaks_leaves_the_file_that_was_there(tmp_path: Path) -> None:
    def broken() -> Iterator[pa.RecordBatch]:
        yield from batches_of([2])
        raise ConnectionError

    path = tmp_path / "part-000.parquet"
    write_stream(path, batches_of([1]))
    with pytest.raises(ConnectionError):
        write_stream(path, broken())
    assert pl.read_parquet(path).height == 1


@pytest.mark.parametrize("compression", ["zstd", "lz4", "uncompressed"])
def test_a_frame_is_read_as_it_was_written(compression: Literal["zstd", "lz4", "uncompressed"], tmp_path: Path) -> None:
    frame = pl.DataFrame({"id": ["a", None], "flags": [{"is_known": True}, {"is_known": None}]})
    write_frame(tmp_path / "frame.parquet", frame, compression=compression)
    assert pl.read_parquet(tmp_path / "frame.parquet").equals(frame)
