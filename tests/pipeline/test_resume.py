"""Resuming: which run is gone on with, as what it was begun, and which never is."""

import json
import os
import signal
import subprocess
import sys
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from pipeline.errors import RefusedError
from pipeline.manifest import RunState
from pipeline.progress import Progress
from pipeline.resume import resumable
from pipeline.run import Run
from pipeline.run_folder import RunFolder
from pipeline.run_lock import is_held
from pipeline.selection import Selection
from pipeline.settings import Settings

KILLED = """
import os, signal, sys
from io import StringIO
from rich.console import Console
from pipeline.progress import Progress
from pipeline.run import Run
from pipeline.settings import Settings

def extract(run):
    with run.stage("extract", total=2) as advance:
        advance(2)
    run.facts["read"] = {"Student": 2}

def plan(run):
    with run.stage("plan", total=2) as advance:
        advance(1)
        os.kill(os.getpid(), signal.SIGKILL)

run = Run.begin(Settings(_env_file=None, runs_dir=sys.argv[1]), Progress(Console(file=StringIO())))
run.once(extract)
run.once(plan)
"""


def settings(runs: Path, **values: Any) -> Settings:
    return Settings(_env_file=None, runs_dir=runs, **values)  # type: ignore[call-arg]  # pydantic takes it


def quiet() -> Progress:
    return Progress(Console(file=StringIO()))


def ended(runs: Path, state: RunState, *, age: timedelta = timedelta(0), **values: Any) -> RunFolder:
    """A run that ended so, named for a time so long ago."""
    run = Run.begin(settings(runs, **values), quiet())
    run.end(state)
    named = f"{datetime(2026, 11, 22) - age:%Y%m%dT%H%M%SZ}-{run.folder.run_id[-4:]}"  # noqa: DTZ001 - UTC, as runs keep their times
    document = json.loads(run.folder.manifest.read_text(encoding="utf-8")) | {"run": named}
    run.folder.manifest.write_text(json.dumps(document), encoding="utf-8")
    return RunFolder(run.folder.path.rename(runs / named))


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def killed(runs: Path) -> RunFolder:
    """A run that was killed in its second stage."""
    done = subprocess.run([sys.executable, "-c", KILLED, runs], check=False, cwd=Path(__file__).parents[2])
    assert done.returncode == -signal.SIGKILL
    (folder,) = RunFolder.all(runs)
    return folder


# Which run


@pytest.mark.parametrize("state", ["failed", "interrupted", "running"])
def test_a_run_that_did_not_end_well_can_be_gone_on_with(runs: Path, state: RunState) -> None:
    folder = ended(runs, state)
    assert resumable(runs, None) == resumable(runs, folder.run_id) == folder


@pytest.mark.parametrize(("state", "told"), [("done", "is complete"), ("rolled back", "was rolled back")])
def test_a_run_that_is_over_cannot(runs: Path, state: RunState, told: str) -> None:
    folder = ended(runs, state)
    for run_id in (None, folder.run_id):
        with pytest.raises(RefusedError, match=f"^Nothing to resume: run {folder.run_id} {told}") as refused:
            resumable(runs, run_id)
        assert refused.value.exit_code == 8
    with pytest.raises(RefusedError, match="Nothing to resume"):
        Run.resumed(folder, settings(runs), quiet())
    assert not is_held(folder.lock)


def test_without_an_id_it_is_the_newest_run(runs: Path) -> None:
    ended(runs, "failed", age=timedelta(days=1))
    newest = ended(runs, "interrupted")
    assert resumable(runs, None) == newest


def test_an_older_run_is_gone_on_with_by_its_id_while_nothing_was_written_since(runs: Path) -> None:
    older = ended(runs, "failed", age=timedelta(days=1))
    ended(runs, "interrupted")
    ended(runs, "done", dry_run=True)
    (runs / "20300101T000000Z-aaaa").mkdir()
    assert resumable(runs, older.run_id) == older


def test_a_run_since_which_another_wrote_to_v2_cannot(runs: Path) -> None:
    older = ended(runs, "failed", age=timedelta(days=1))
    later = ended(runs, "done")
    with pytest.raises(RefusedError, match=f"Run {older.run_id} cannot be gone on with: run {later.run_id} wrote to V2"):
        resumable(runs, older.run_id)


@pytest.mark.parametrize("name", [None, "20261122T101507Z-3f9a", "../elsewhere", ""])
def test_where_there_is_no_such_run_it_is_said(runs: Path, name: str | None) -> None:
    with pytest.raises(RefusedError, match=r"^Nothing to resume\. There is no run"):
        resumable(runs, name)


def test_a_run_that_is_still_running_cannot(runs: Path) -> None:
    run = Run.begin(settings(runs), quiet())
    with pytest.raises(RefusedError, match="still running"):
        resumable(runs, None)
    with pytest.raises(RefusedError, match="still running"):
        Run.resumed(run.folder, settings(runs), quiet())
    run.end("failed")


def test_of_two_who_resume_a_run_the_second_is_refused(killed: RunFolder) -> None:
    first = Run.resumed(killed, settings(killed.path.parent), quiet())
    with pytest.raises(RefusedError, match="still running"):
        Run.resumed(killed, settings(killed.path.parent), quiet())
    first.end("failed")


# As it was begun


def test_a_killed_run_goes_on_from_its_last_finished_stage(runs: Path, killed: RunFolder) -> None:
    called = []

    def extract(_: Run) -> None:
        called.append("extract")

    def plan(run: Run) -> None:
        called.append("plan")
        with run.stage("plan", total=2):
            pass

    run = Run.resumed(resumable(runs, None), settings(runs), quiet())
    assert run.facts["read"] == {"Student": 2}
    run.once(extract)
    run.once(plan)
    run.end("done")
    assert called == ["plan"]
    assert [(stage.name, stage.state, stage.rows) for stage in run.stages] == [("extract", "done", 2), ("plan", "done", 0)]
    events = [line.split(" ", 2)[2].split(" name=")[0].split(" run=")[0] for line in killed.log.read_text(encoding="utf-8").splitlines()]
    assert events == [
        *("run begun", "stage begun", "stage finished", "stage begun"),
        *("run resumed", "stage skipped", "stage begun", "stage finished", "run ended state=done exit_code=0"),
    ]


def test_what_shaped_a_run_shapes_it_to_its_end(runs: Path) -> None:
    first = Run.begin(
        settings(runs, default_country="KE", bcrypt_cost=11, dry_run=True, v1_db_password="old"),
        quiet(),
        Selection(("schools",), "school_id = 1"),
        databases={"v1": "V1 (heimdall on db:5432)"},
    )
    first.end("failed")
    again = Run.resumed(first.folder, settings(runs, bcrypt_cost=12, v1_db_password="new", log_level="ERROR"), quiet())
    assert (again.folder, again.started_at, again.selection, again.databases) == (
        first.folder, first.started_at, first.selection, first.databases,
    )  # fmt: skip
    assert again.settings.without_secrets() == first.settings.without_secrets()
    assert again.settings.dry_run
    assert again.settings.v1_db_password is not None
    assert (again.settings.v1_db_password.get_secret_value(), again.settings.log_level) == ("new", "ERROR")
    assert (again.state, again.finished_at) == ("running", None)
    document = json.loads(again.folder.manifest.read_text(encoding="utf-8"))
    assert (document["state"], document["pid"], document["finished_at"]) == ("running", os.getpid(), None)
    again.end("failed")


def test_how_many_rows_may_be_rejected_is_what_the_user_says_now(runs: Path) -> None:
    folder = ended(runs, "failed")
    run = Run.resumed(folder, settings(runs, max_rejected_percent=50), quiet())
    assert run.settings.max_rejected_percent == 50
    run.end("failed")


def test_a_run_that_writes_is_not_gone_on_with_as_a_dry_run(runs: Path) -> None:
    folder = ended(runs, "failed")
    with pytest.raises(RefusedError, match="is no dry run"):
        Run.resumed(folder, settings(runs, dry_run=True), quiet())


# Never


def change(folder: RunFolder, **values: object) -> None:
    document = json.loads(folder.manifest.read_text(encoding="utf-8"))
    folder.manifest.write_text(json.dumps(document | values), encoding="utf-8")


def test_a_run_of_other_versions_is_refused_by_their_names(runs: Path) -> None:
    folder = ended(runs, "failed")
    versions = json.loads(folder.manifest.read_text(encoding="utf-8"))["versions"]
    change(folder, versions={name: known for name, known in versions.items() if name != "anyascii"} | {"polars": "1.0.0", "ray": "2"})
    with pytest.raises(RefusedError, match="begun with another version of anyascii, polars, ray"):
        Run.resumed(folder, settings(runs), quiet())
    assert not is_held(folder.lock)


def test_a_run_of_other_settings_than_there_are_now_is_refused(runs: Path) -> None:
    folder = ended(runs, "failed")
    change(folder, settings={"batch_rows": 7})
    with pytest.raises(RefusedError, match=r"begun with another version\."):
        Run.resumed(folder, settings(runs), quiet())


def test_a_run_whose_manifest_cannot_be_read_is_refused(runs: Path) -> None:
    folder = ended(runs, "failed")
    folder.manifest.write_text("{", encoding="utf-8")
    for attempt in (lambda: resumable(runs, None), lambda: Run.resumed(folder, settings(runs), quiet())):
        with pytest.raises(RefusedError, match="cannot be read"):
            attempt()
    assert not is_held(folder.lock)
