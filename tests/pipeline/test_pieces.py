"""Pieces of a table: every row lies in one of them, and every id there can be leads to one."""

import itertools
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.pieces import IdRange, Piece, pieces

EDGES = [-(2**31), -1, 0, 2**31 - 1]
SIZES = st.lists(st.lists(st.integers(1, 4), min_size=1, max_size=5), max_size=4)
"""Of each part, the rows of its row groups."""


def parts_of(folder: Path, ids: list[int], sizes: list[list[int]]) -> list[Path]:
    """Files as extract writes them: row group after row group."""
    coming = iter(ids)
    paths = []
    for number, groups in enumerate(sizes or [[0]]):
        paths.append(folder / f"part-{number:03d}.parquet")
        with pq.ParquetWriter(paths[-1], pa.schema({"name": pa.string(), "id": pa.int64()})) as writer:
            for rows in groups:
                own = list(itertools.islice(coming, rows))
                writer.write_batch(pa.record_batch({"name": [f"n{id_}" for id_ in own], "id": own}, schema=writer.schema))
    return paths


def held(ids: list[int], ranges: list[IdRange]) -> list[list[int]]:
    rows = pl.DataFrame({"id": ids}, schema={"id": pl.Int64})
    return [rows.filter(part.holds("id"))["id"].to_list() for part in ranges]


@given(data=st.data(), sizes=SIZES, piece_rows=st.integers(1, 7))
def test_the_pieces_are_the_table_and_every_id_leads_to_one(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, sizes: list[list[int]], piece_rows: int
) -> None:
    rows = sum(map(sum, sizes))
    ids = sorted(data.draw(st.lists(st.integers(-(2**31), 2**31 - 1), unique=True, min_size=rows, max_size=rows)))
    found = pieces(parts_of(tmp_path_factory.mktemp("parts"), ids, sizes), piece_rows=piece_rows)
    read = [piece.scan().collect()["id"].to_list() for piece in found]
    assert list(itertools.chain.from_iterable(read)) == ids
    assert [piece.rows for piece in found] == [len(own) for own in read]
    assert held(ids, [piece.ids for piece in found]) == read
    assert sorted(itertools.chain.from_iterable(held(EDGES, [piece.ids for piece in found]))) == EDGES
    largest_group = max(map(max, sizes), default=0)
    assert all(len(own) < piece_rows + largest_group for own in read)


def test_the_rest_of_a_part_is_a_piece_of_its_own(tmp_path: Path) -> None:
    first, second = paths = parts_of(tmp_path, list(range(12)), [[3, 3, 1], [5]])
    assert pieces(paths, piece_rows=6) == [
        Piece(first, IdRange(None, 6), 6),
        Piece(first, IdRange(6, 7), 1),
        Piece(second, IdRange(7, None), 5),
    ]


def test_a_table_without_rows_is_one_piece_with_all_ids(tmp_path: Path) -> None:
    (path,) = parts_of(tmp_path, [], [])
    assert pieces([path]) == [Piece(path, IdRange(), 0)]


@given(ids=st.lists(st.none() | st.integers(-(2**31), 2**31 - 1)))
def test_a_range_that_spans_ids_holds_them_and_nothing_beyond(ids: list[int | None]) -> None:
    there = [id_ for id_ in ids if id_ is not None]
    ends = [min(there) - 1, max(there) + 1] if there else EDGES
    spanning = IdRange.spanning(pl.Series(ids, dtype=pl.Int64))
    assert held([*ends, *there], [spanning]) == [there]
