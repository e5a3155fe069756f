"""Ranges of ids: every id lies in the range of the part that holds it, and in no other."""

import itertools
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.id_ranges import NO_IDS, IdRange, id_ranges

EDGES = [-(2**31), -1, 0, 2**31 - 1]


def parts_of(folder: Path, ids: list[int], part_rows: int) -> list[Path]:
    folder.mkdir(exist_ok=True)
    paths = []
    for number, first in enumerate(range(0, max(len(ids), 1), part_rows)):
        paths.append(folder / f"part-{number:03d}.parquet")
        pl.DataFrame({"id": ids[first : first + part_rows]}, schema={"id": pl.Int64}).write_parquet(paths[-1])
    return paths


def held(ids: list[int], ranges: list[IdRange]) -> list[list[int]]:
    rows = pl.DataFrame({"id": ids}, schema={"id": pl.Int64})
    return [rows.filter(part.holds("id"))["id"].to_list() for part in ranges]


@given(ids=st.lists(st.integers(-(2**31), 2**31 - 1), unique=True, max_size=12), part_rows=st.integers(1, 5))
def test_a_range_holds_the_ids_of_its_part_and_of_no_other(
    tmp_path_factory: pytest.TempPathFactory, ids: list[int], part_rows: int
) -> None:
    ids = sorted(ids)
    ranges = id_ranges(parts_of(tmp_path_factory.mktemp("parts"), ids, part_rows))
    assert held(ids, ranges) == [ids[first : first + part_rows] for first in range(0, max(len(ids), 1), part_rows)]
    assert sorted(itertools.chain.from_iterable(held(EDGES, ranges))) == EDGES


def test_a_table_of_one_part_has_all_ids_there_can_be(tmp_path: Path) -> None:
    assert id_ranges(parts_of(tmp_path / "parts", [7], 10)) == [IdRange()]


def test_the_range_of_no_part_holds_nothing() -> None:
    assert held(EDGES, [NO_IDS]) == [[]]
