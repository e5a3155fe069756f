"""The runs that there were, newest first; and single rows out of files that may be there or not."""

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from pipeline.manifest import Manifest, SelectionRecord
from pipeline.operations.past_runs import PastRun, past_runs
from pipeline.run_folder import RunFolder


def begun(runs: Path, run_id: str, *, hour: int, finished: list[str]) -> RunFolder:
    """A run's folder with a manifest."""
    folder = RunFolder(runs / run_id)
    folder.path.mkdir()
    started_at = datetime(2026, 11, 22, hour)  # noqa: DTZ001 - a run keeps its times in UTC
    selection = SelectionRecord([], None)
    Manifest(run_id, "done", 1, started_at, dry_run=False, settings={}, versions={}, selection=selection, finished=finished).write(folder)
    return folder


def test_runs_that_planned_come_newest_first_whatever_their_names(tmp_path: Path) -> None:
    begun(tmp_path, "20261122T101500Z-ffff", hour=10, finished=["extract", "plan"])
    begun(tmp_path, "20261122T101500Z-0000", hour=11, finished=["extract", "plan", "transform"])
    begun(tmp_path, "20261122T121500Z-0000", hour=12, finished=["extract"])
    begun(tmp_path, "20261122T131500Z-0000", hour=13, finished=["plan"]).manifest.write_text("{", encoding="utf-8")
    (tmp_path / "notes").mkdir()
    assert [run.run_id[-4:] for run in past_runs(tmp_path)] == ["0000", "ffff"]
    assert past_runs(tmp_path / "nowhere") == []


@pytest.fixture
def run(tmp_path: Path) -> PastRun:
    """A run that planned, and kept nothing of it."""
    begun(tmp_path, "20261122T101500Z-ffff", hour=10, finished=["plan"])
    (found,) = past_runs(tmp_path)
    return found


def test_what_a_run_did_not_keep_is_none(run: PastRun) -> None:
    assert run.v1_row("Teacher", {"id": 1}) is None
    assert run.identity("Teacher", "1") is None
    assert run.records("changed", "Teacher", "1") == []
    assert run.v2_row("v2", "Teacher", {"id": "x"}) is None
    assert run.code("Role", "x") is None
    assert run.ledger_run("Teacher", "1") is None


def test_a_row_is_found_in_whatever_part_it_is(run: PastRun) -> None:
    for number in range(3):
        pl.DataFrame({"id": [number], "B": [7]}).write_parquet(run.folder.part("v1", "Teacher", number))
    assert run.v1_row("Teacher", {"id": 2, "B": 7}) == {"id": 2, "B": 7}
    assert run.v1_row("Teacher", {"id": 3}) is None


def test_a_ledger_without_the_names_of_runs_names_none(run: PastRun) -> None:
    pl.DataFrame({"v1_table": ["Teacher"], "v1_id": ["1"]}).write_parquet(run.folder.before("ledger"))
    assert run.ledger_run("Teacher", "1") is None


def test_a_code_is_known_of_reference_rows_only(run: PastRun) -> None:
    for table in ("Role", "School"):
        pl.DataFrame({"id": ["x"], "code": ["GHS"]}).write_parquet(run.folder.before(table))
    assert run.code("Role", "x") == "GHS"
    assert run.code("Role", "y") is None
    assert run.code("School", "x") is None
