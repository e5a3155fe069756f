"""`status`: what the folders of the runs tell, from another process, with no database, whatever else lies there."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from pipeline.commands.status import RunStatus, StageStatus, run_status, status
from pipeline.commands.terminal import Terminal
from pipeline.manifest import StageRecord
from pipeline.progress import Progress
from pipeline.run import Run
from pipeline.run_folder import RunFolder
from pipeline.settings import Settings
from pipeline.storage import write_json

RUNNING = """
import sys, time
from io import StringIO
from rich.console import Console
from pipeline.progress import Progress
from pipeline.run import Run
from pipeline.settings import Settings

run = Run.begin(Settings(_env_file=None, runs_dir=sys.argv[1]), Progress(Console(file=StringIO())))
with run.stage("extract", total=200) as advance:
    advance(0)
    time.sleep(1.1)
    advance(50)
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "runs"


def settings(runs: Path, **values: Any) -> Settings:
    return Settings(_env_file=None, runs_dir=runs, **values)  # type: ignore[call-arg]  # pydantic takes it


def begun(runs: Path, **values: Any) -> Run:
    return Run.begin(settings(runs, **values), Progress(Console(file=StringIO())))


def done(runs: Path, **values: Any) -> Run:
    run = begun(runs, **values)
    with run.stage("extract", total=1200) as advance:
        advance(1200)
    run.facts |= {"read": {"School": 200, "Student": 1000}, "written": {"School": 200, "User": 1300}}
    write_json(run.folder.report, {"verdict": "ok", "exit_code": 0})
    run.end("done")
    return run


@contextmanager
def running_elsewhere(runs: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A run that another process is at, in the middle of its first stage."""
    command = [sys.executable, "-c", RUNNING, str(runs)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield process
        process.kill()


# What is told of a run


def test_of_a_run_that_is_done_everything_is_told(runs: Path) -> None:
    run = done(runs)
    seconds = run.stages[0].seconds
    assert run_status(run.folder) == RunStatus(
        run=run.folder.run_id,
        state="done",
        dry_run=False,
        started_at=f"{run.started_at.isoformat(timespec='milliseconds')}Z",
        seconds=round(seconds, 1),
        rows_read=1200,
        rows_written=1500,
        verdict="ok",
        exit_code=0,
        stages=(StageStatus("extract", "done", 1200, 1200, "rows", 100.0, seconds, None),),
    )


def test_of_a_run_that_is_on_the_stage_rows_percent_and_time_left_are_told(runs: Path) -> None:
    with running_elsewhere(runs):
        (folder,) = RunFolder.all(runs)
        found = run_status(folder)
    (stage,) = found.stages
    assert (found.state, found.rows_written, found.verdict, found.exit_code) == ("running", 0, None, None)
    assert (stage.state, stage.rows, stage.total, stage.percent) == ("running", 50, 200, 25.0)
    assert stage.seconds_left == pytest.approx(3 * stage.seconds, abs=0.1)


def test_a_run_that_was_killed_died_in_its_stage(runs: Path) -> None:
    with running_elsewhere(runs) as process:
        process.kill()
        process.wait()
        (folder,) = RunFolder.all(runs)
        found = run_status(folder)
    assert (found.state, found.rows_written) == ("died", 0)
    assert [(stage.state, stage.rows, stage.percent, stage.seconds_left) for stage in found.stages] == [("died", 50, 25.0, None)]


@pytest.mark.parametrize("state", ["failed", "interrupted"])
def test_a_run_that_did_not_end_well_wrote_nothing(runs: Path, state: Any) -> None:
    run = begun(runs)
    run.facts |= {"read": {"School": 2}, "written": {"School": 2}}
    write_json(run.folder.report, {"verdict": state, "exit_code": 130})
    run.end(state)
    found = run_status(run.folder)
    assert (found.state, found.rows_read, found.rows_written, found.verdict, found.exit_code) == (state, 2, 0, state, 130)


def test_while_a_run_is_gone_on_with_the_report_of_the_attempt_before_is_not_its(runs: Path) -> None:
    run = begun(runs)
    write_json(run.folder.report, {"verdict": "failed", "exit_code": 6})
    run.end("failed")
    again = Run.resumed(run.folder, settings(runs), Progress(Console(file=StringIO())))
    found = run_status(run.folder)
    assert (found.state, found.verdict) == ("running", None)
    again.end("failed")


@pytest.mark.parametrize("report", [None, "{", "[]", '{"verdict": "ok"}'])
def test_without_a_report_there_is_no_verdict(runs: Path, report: str | None) -> None:
    run = done(runs)
    run.folder.report.unlink()
    if report is not None:
        run.folder.report.write_text(report, encoding="utf-8")
    found = run_status(run.folder)
    assert (found.state, found.verdict, found.exit_code) == ("done", None, None)


def test_a_stage_of_nothing_has_no_percent_and_one_that_overshot_a_hundred(runs: Path) -> None:
    run = begun(runs)
    for total, rows in ((0, 0), (1, 2)):
        with run.stage("plan", total=total) as advance:
            advance(rows)
    assert [stage.percent for stage in run_status(run.folder).stages] == [None, 100.0]
    run.end("failed")


@pytest.mark.parametrize("manifest", [None, b"", b'{"run": "20261122T101507Z-3f9a", "stages": []}'])
def test_a_half_written_run_is_unreadable(runs: Path, manifest: bytes | None) -> None:
    folder = RunFolder.create(runs, started_at=datetime(2026, 11, 22))  # noqa: DTZ001 - UTC, as runs keep their times
    if manifest is not None:
        folder.manifest.write_bytes(manifest)
    assert run_status(folder) == RunStatus(folder.run_id, "unreadable")


# The command


def test_programs_get_every_run_newest_first(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    finished = done(runs)
    newest = runs / "20990101T000000Z-aaaa"
    newest.mkdir()
    (runs / "notes.txt").touch()
    (runs / "lost+found").mkdir()
    status(settings(runs), Terminal(as_json=True))
    document = json.loads(capsys.readouterr().out)
    assert [(run["run"], run["state"]) for run in document["runs"]] == [(newest.name, "unreadable"), (finished.folder.run_id, "done")]
    assert set(document["runs"][1]) == {
        "run", "state", "dry_run", "started_at", "seconds", "rows_read", "rows_written", "verdict", "exit_code", "stages",
    }  # fmt: skip
    assert document["runs"][1]["stages"][0]["name"] == "extract"


def test_people_see_the_runs_and_the_stages_of_the_last(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = done(runs, dry_run=True)
    status(settings(runs), Terminal())
    out = capsys.readouterr().out
    assert [word in out for word in (run.folder.run_id, "done, dry run", "1,200", "1,500", f"Stages of run {run.folder.run_id}")] == [
        True
    ] * 5
    assert "…" not in out


def test_in_eighty_columns_nothing_is_cut(runs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    run = begun(runs, dry_run=True)
    run.stages.append(StageRecord("extract", "done", 12_345_678, 12_345_678, "rows", 12_345.6))
    with run.stage("credentials", total=1_234_567, unit="users") as advance:
        advance(1_234_567)
    run.facts |= {"read": {"Student": 12_345_678}, "written": {"User": 12_345_678}}
    run.end("done")
    write_json(run.folder.manifest, json.loads(run.folder.manifest.read_bytes()) | {"state": "rolled back"})
    write_json(run.folder.report, {"verdict": "interrupted", "exit_code": 130})
    status(settings(runs), Terminal())
    out = capsys.readouterr().out
    assert "…" not in out
    assert out.count("12,345,678") == 4


@pytest.mark.parametrize("is_there", [False, True])
def test_without_any_run_it_says_so(runs: Path, is_there: bool, capsys: pytest.CaptureFixture[str]) -> None:
    if is_there:
        runs.mkdir()
    assert status(settings(runs), Terminal(as_json=True)) == []
    out, err = capsys.readouterr()
    assert json.loads(out) == {"runs": []}
    assert err == f"No run yet in {runs}.\n"


def test_looking_changes_nothing(runs: Path) -> None:
    run = done(runs)
    before = {path: path.stat().st_mtime_ns for path in run.folder.path.rglob("*")}
    status(settings(runs), Terminal())
    assert {path: path.stat().st_mtime_ns for path in run.folder.path.rglob("*")} == before
    assert os.listdir(runs) == [run.folder.run_id]  # noqa: PTH208 - names only
