"""What V1's files hold is counted; the files may be a run's or a snapshot's."""

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from rich.console import Console

from pipeline.errors import RefusedError
from pipeline.exploring.profile import class_names, completeness, rows_per_table, unusual_times, v1_tables
from pipeline.operations.snapshot import take_snapshot
from pipeline.postgres.connect import Database
from pipeline.progress import Progress
from tests.integration.every_rule import V1_ROWS
from tests.pipeline.exploring.conftest import History

TODAY = datetime.fromisoformat("2025-01-01")
INFINITY = 2**63 - 1


def test_every_table_has_its_rows(history: History) -> None:
    found = rows_per_table(v1_tables(history.first.folder.path / "v1"))
    assert dict(found.select("table", "rows").iter_rows()) == {table: len(rows) for table, rows in V1_ROWS.items()}


def test_a_snapshot_tells_the_same_as_a_run(history: History, tmp_path: Path) -> None:
    take_snapshot(Database.from_url("V1", history.pair.v1), tmp_path / "v1", Progress(Console(quiet=True)), part_rows=3)
    of_run, of_snapshot = v1_tables(history.second.folder.path / "v1"), v1_tables(tmp_path / "v1")
    for told in (rows_per_table, completeness, class_names):
        assert_frame_equal(told(of_run), told(of_snapshot))
    assert_frame_equal(unusual_times(of_run, as_of=TODAY), unusual_times(of_snapshot, as_of=TODAY))


def test_a_folder_without_v1_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="School"):
        v1_tables(tmp_path)


def test_filled_is_what_says_something() -> None:
    teachers = pl.LazyFrame(
        {
            "id": [1, 2, 3, 4],
            "full_name": ["Ada", "n/a", " ", None],
            "email": ["a@x.example", "N/A", " - ", None],
            "password": ["secret", " ", "", None],
            "skills": [["chess"], [], None, [""]],
        },
        schema_overrides={"skills": pl.List(pl.String)},
    )
    found = completeness({"Teacher": teachers})
    assert {row[1]: row[2:] for row in found.rows()} == {
        "id": (4, 4, 0, 0, 1.0),
        "full_name": (4, 2, 1, 1, 0.5),
        "email": (4, 1, 2, 1, 0.25),
        "password": (4, 2, 1, 1, 0.5),
        "skills": (4, 2, 1, 1, 0.5),
    }


def test_of_a_table_without_rows_no_part_is_filled() -> None:
    found = completeness({"_ClassToTeacher": pl.LazyFrame(schema={"A": pl.Int64, "B": pl.Int64})})
    assert found.rows() == [("_ClassToTeacher", name, 0, 0, 0, 0, None) for name in ("A", "B")]


def test_times_that_cannot_be_meant_are_counted_once_each() -> None:
    times = ["2024-05-01", "2026-01-01", "1850-01-01", None, "2024-05-01"]
    created, updated = times, ["2024-05-02", "2024-01-01", "1850-01-01", "2024-05-01", None]
    students = pl.LazyFrame({"created_at": created, "updated_at": updated}).with_columns(pl.all().str.to_datetime("%Y-%m-%d"))
    infinite = pl.LazyFrame(
        {"created_at": [INFINITY], "updated_at": [-INFINITY]}, schema=dict.fromkeys(("created_at", "updated_at"), pl.Datetime("us"))
    )
    found = unusual_times({"Student": pl.concat([students, infinite])}, as_of=TODAY)
    assert found.rows() == [("Student", "created_at", 5, 2, 1, 0), ("Student", "updated_at", 5, 2, 0, 2)]


def test_link_tables_have_no_times() -> None:
    assert (
        unusual_times(
            {"School": pl.LazyFrame(schema={"created_at": pl.Datetime("us")}), "_A": pl.LazyFrame({"A": [1]})}, as_of=TODAY
        ).height
        == 1
    )


def test_classes_that_no_level_matches_come_first() -> None:
    v1 = {
        "School": pl.LazyFrame({"id": [1, 2], "curriculum": ["Kenyan", None]}),
        "Class": pl.LazyFrame({"school_id": [1, 2, 2, 2, 1], "name": ["Grade 4 Blue", " JSS 1A", "JSS  1A", "The Owls", "Year 40"]}),
    }
    assert class_names(v1).rows() == [
        ("The Owls", None, None, None, None, 1),
        ("Year 40", "KENYAN", "YEAR40", None, None, 1),
        ("JSS 1A", None, "JSS1", "JSS1", "A", 2),
        ("Grade 4 Blue", "KENYAN", "CBC_GRADE4", "CBC_GRADE4", "Blue", 1),
    ]
