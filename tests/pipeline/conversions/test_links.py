"""Which of V2's pairs are held, and that nothing is looked for where there is nothing to find."""

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipeline.conversions import links
from pipeline.run import Run
from tests.pipeline.runs_to_tell import begun

HELD = pl.DataFrame({"teacherId": ["t1", "t1", "t2"], "classId": ["c1", "c2", "c1"], "isClassTeacher": [True, False, False]})
PAIRS = pl.LazyFrame({"isClassTeacher": [False, False], "classId": ["c2", "c2"], "teacherId": ["t1", "t2"]})


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return begun(tmp_path)


def hold(run: Run, rows: pl.DataFrame) -> None:
    rows.write_parquet(run.folder.before("TeacherClass"))


def that_must_not_be_made(columns: pl.Schema) -> pl.LazyFrame:
    """Rows that fail as soon as somebody asks for them."""

    def fail(_: pl.DataFrame) -> pl.DataFrame:
        raise AssertionError("these rows were asked for")

    return pl.LazyFrame(schema=columns).map_batches(fail, schema=columns)


def test_pairs_are_held_by_their_key(run: Run) -> None:
    hold(run, HELD)
    assert_frame_equal(links.held(run, "TeacherClass", PAIRS), HELD[[1]])


def test_where_v2_holds_nothing_no_pair_is_made(run: Run) -> None:
    hold(run, HELD.clear())
    assert_frame_equal(links.held(run, "TeacherClass", that_must_not_be_made(HELD.schema)), HELD.clear())


def test_of_no_pairs_none_is_held(run: Run) -> None:
    hold(run, HELD)
    assert_frame_equal(links.held(run, "TeacherClass", PAIRS.clear()), HELD.clear())


@pytest.mark.parametrize(
    ("parents_of_children", "told"),
    [([3, 1, 3, None], {1: "MOTHER", 3: "OTHER"}), ([2], {2: "FATHER"}), ([9], {}), ([None], {}), ([], {})],
)
def test_relationships_are_those_of_the_parents_asked_for(run: Run, parents_of_children: list[int | None], told: dict[int, str]) -> None:
    parents = pl.DataFrame({"id": [1, 2, 3, 4], "relationship": [" Mum", "dad", None, "aunt"]})
    parents[:2].write_parquet(run.folder.part("v1", "Parent", 0))
    parents[2:].write_parquet(run.folder.part("v1", "Parent", 1))
    children = pl.LazyFrame({"parent_id": parents_of_children}, schema={"parent_id": pl.Int64})
    assert dict(links.relationships(run, of=children).select("parent_id", "relationship").collect().iter_rows()) == told
