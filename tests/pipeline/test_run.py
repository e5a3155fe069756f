"""A run: its clock, its stages, its manifest, and the frames of its folder."""

import json
import os
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from rich.console import Console

from checks.v2 import COLUMNS, judged_v2
from pipeline.errors import CheckError
from pipeline.progress import Progress
from pipeline.run import Run
from pipeline.run_lock import is_held
from pipeline.selection import Selection
from pipeline.settings import Settings

SECRET = "s3cret-passphrase"


def settings(tmp_path: Path, **values: Any) -> Settings:
    url = f"postgresql://ada:{SECRET}@db.example.org/school"
    return Settings(_env_file=None, runs_dir=tmp_path / "runs", v1_database_url=url, v1_db_password=SECRET, **values)  # type: ignore[call-arg, arg-type]  # pydantic takes them


def quiet() -> Progress:
    return Progress(Console(file=StringIO()))


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.begin(settings(tmp_path), quiet())


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock of stages: one entry, the time."""
    now = [0.0]
    monkeypatch.setattr("pipeline.run.time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


def log(run: Run) -> list[str]:
    """The lines of the log without their times."""
    return [line.split(" ", 1)[1] for line in run.folder.log.read_text(encoding="utf-8").splitlines()]


def manifest(run: Run) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(run.folder.manifest.read_text(encoding="utf-8"))
    return document


def test_a_run_begins_now_in_utc_milliseconds_in_a_folder_of_that_second(run: Run) -> None:
    assert datetime.now(UTC).replace(tzinfo=None) - run.started_at < timedelta(seconds=30)
    assert run.started_at.microsecond % 1000 == 0
    assert run.folder.run_id.startswith(f"{run.started_at:%Y%m%dT%H%M%SZ}-")
    assert run.folder.path.is_dir()


# Stages


def test_a_stage_says_in_the_manifest_how_many_of_what_it_is_to_do(run: Run) -> None:
    with run.stage("credentials", total=5, unit="users"):
        (stage,) = manifest(run)["stages"]
        assert (stage["total"], stage["unit"], stage["rows"]) == (5, "users", 0)


def test_while_a_stage_goes_on_the_manifest_is_written_at_most_once_a_second(run: Run, seconds: list[float]) -> None:
    noted = []
    with run.stage("extract", total=100) as advance:
        for now in (0.2, 0.9, 1.1, 1.5, 2.0, 2.2):
            seconds[0] = now
            advance(10)
            (stage,) = manifest(run)["stages"]
            noted.append((stage["rows"], stage["seconds"]))
    assert noted == [(0, 0.0), (0, 0.0), (30, 1.1), (30, 1.1), (30, 1.1), (60, 2.2)]


def test_a_stage_is_logged_from_its_beginning_to_its_end(run: Run) -> None:
    with run.stage("extract", total=5) as advance:
        advance(5)
    begun, finished = log(run)[-2:]
    assert begun == "INFO stage begun name=extract total=5 unit=rows"
    assert finished.startswith("INFO stage finished name=extract rows=5 seconds=")


def test_a_stage_that_fails_is_logged_without_the_words_of_the_error(run: Run) -> None:
    def failing() -> None:
        with run.stage("load", total=5):
            raise ValueError(SECRET)

    with pytest.raises(ValueError, match=SECRET):
        failing()
    assert log(run)[-1].startswith("ERROR stage failed name=load rows=0 seconds=")
    assert SECRET not in run.folder.log.read_text(encoding="utf-8")


def test_a_manifest_that_cannot_be_written_neither_ends_a_stage_nor_hides_why_it_ended(run: Run) -> None:
    def failing() -> None:
        with run.stage("load", total=5):
            raise KeyError

    run.folder.manifest.unlink()
    run.folder.manifest.mkdir()  # which no file can replace
    with run.stage("plan", total=0):
        pass
    with pytest.raises(KeyError):
        failing()
    run.end("failed")
    assert {line for line in log(run) if line.startswith("WARNING")} == {'WARNING manifest not written reason="Is a directory"'}


def test_a_stage_that_ends_well_is_done_with_its_rows_and_seconds(run: Run) -> None:
    with run.stage("extract", total=5) as advance:
        advance(2)
        advance(3)
    (stage,) = run.stages
    assert (stage.name, stage.state, stage.rows) == ("extract", "done", 5)
    assert stage.seconds >= 0
    assert manifest(run)["stages"] == [asdict(stage)]


def test_a_stage_is_running_in_the_manifest_while_it_runs(run: Run) -> None:
    with run.stage("extract", total=5):
        assert [stage["state"] for stage in manifest(run)["stages"]] == ["running"]


@pytest.mark.parametrize("ending", [ValueError, KeyboardInterrupt])
def test_a_stage_that_is_cut_off_is_failed_with_the_rows_it_did(run: Run, ending: type[BaseException]) -> None:
    def cut_off() -> None:
        with run.stage("load", total=5) as advance:
            advance(2)
            raise ending

    with pytest.raises(ending):
        cut_off()
    assert [(stage["state"], stage["rows"]) for stage in manifest(run)["stages"]] == [("failed", 2)]


def test_stages_stand_in_the_manifest_in_the_order_they_ran(run: Run) -> None:
    for name in ("extract", "plan", "transform"):
        with run.stage(name, total=0):
            pass
    assert [stage["name"] for stage in manifest(run)["stages"]] == ["extract", "plan", "transform"]


# Stages that are called once


def extract(run: Run, source: str, *, rows: int = 2) -> None:
    with run.stage("extract", total=rows) as advance:
        advance(rows)
    run.facts["source"] = source


def test_a_stage_is_called_with_the_run_and_noted_with_what_it_found_out(run: Run) -> None:
    run.once(extract, "V1", rows=3)
    assert (manifest(run)["finished"], manifest(run)["facts"]) == (["extract"], {"source": "V1"})
    assert run.stages[0].rows == 3


def test_a_stage_that_is_finished_is_not_called_again(run: Run) -> None:
    run.once(extract, "V1")
    run.once(extract, "another")
    assert run.facts == {"source": "V1"}
    assert len(run.stages) == 1
    assert log(run)[-1] == "INFO stage skipped name=extract"


def test_a_stage_that_fails_is_not_finished(run: Run) -> None:
    def plan(run: Run) -> None:
        with run.stage("plan", total=1):
            raise KeyError

    with pytest.raises(KeyError):
        run.once(plan)
    assert manifest(run)["finished"] == []


# The end


def test_a_run_is_running_until_it_ends(run: Run) -> None:
    assert (manifest(run)["state"], manifest(run)["pid"], manifest(run)["finished_at"]) == ("running", os.getpid(), None)
    run.end("done")
    assert manifest(run)["state"] == "done"
    assert manifest(run)["finished_at"] >= manifest(run)["started_at"]
    assert log(run)[-1] == "INFO run ended state=done exit_code=0"


def test_a_run_holds_its_folder_until_it_ends(run: Run) -> None:
    assert is_held(run.folder.lock)
    run.end("interrupted", exit_code=130)
    run.end("interrupted", exit_code=130)
    assert not is_held(run.folder.lock)


def test_why_a_run_failed_is_logged(run: Run) -> None:
    run.end("failed", exit_code=5, error=CheckError("checks: 7 rows.", next_step=""))
    assert log(run)[-2:] == ['ERROR error type=CheckError problem="checks: 7 rows."', "INFO run ended state=failed exit_code=5"]


# The log


def test_the_log_begins_with_the_run_the_databases_and_the_settings_digest(tmp_path: Path) -> None:
    databases = {"v1": "V1 (heimdall on db:5432)", "v2": "V2 (odin on db:5432)"}
    run = Run.begin(settings(tmp_path), quiet(), databases=databases)
    (line,) = log(run)
    assert line.startswith(f'INFO run begun run={run.folder.run_id} v1="V1 (heimdall on db:5432)" v2="V2 (odin on db:5432)" dry_run=false ')
    assert line.endswith(f" entities=schools,teachers,parents,students filtered=false settings={run.settings.digest()}")
    assert manifest(run)["databases"] == databases


def test_the_log_level_of_the_settings_holds(tmp_path: Path) -> None:
    run = Run.begin(settings(tmp_path, log_level="WARNING"), quiet())
    run.log.info("silence")
    assert not run.folder.log.exists()


def test_a_verbose_run_tells_everything_in_the_log_and_on_the_console(tmp_path: Path) -> None:
    screen = StringIO()
    run = Run.begin(settings(tmp_path), quiet(), console=Console(file=screen))
    run.log.debug("part written", table="Student", part=3)
    assert log(run)[-1] == "DEBUG part written table=Student part=3"
    assert screen.getvalue() == run.folder.log.read_text(encoding="utf-8")


def test_neither_the_filter_nor_a_secret_is_logged(tmp_path: Path) -> None:
    run = Run.begin(settings(tmp_path), quiet(), Selection(("schools",), f"name = '{SECRET}'"))
    run.end("done")
    assert " entities=schools filtered=true " in log(run)[0]
    assert SECRET not in run.folder.log.read_text(encoding="utf-8")


# The manifest


def test_the_manifest_tells_run_start_settings_versions_and_facts(run: Run) -> None:
    run.facts["snapshot"] = {"id": "00000003-1"}
    run.write_manifest()
    document = manifest(run)
    assert document["run"] == run.folder.run_id
    assert document["started_at"] == f"{run.started_at.isoformat(timespec='milliseconds')}Z"
    assert document["settings"] == run.settings.without_secrets()
    assert document["snapshot"] == document["facts"]["snapshot"] == {"id": "00000003-1"}
    assert document["selection"] == Selection().as_document()
    assert {"python", "polars", "phonenumbers", "pycountry", "anyascii", "idna"} <= set(document["versions"])


def test_neither_the_manifest_nor_the_run_itself_shows_a_secret(run: Run) -> None:
    run.new_logins["7"] = SECRET
    run.write_manifest()
    assert SECRET not in run.folder.manifest.read_text(encoding="utf-8")
    assert SECRET not in repr(run)


# The frames of its folder


def test_all_parts_of_a_table_are_one_frame_in_their_order(run: Run) -> None:
    for number, ids in enumerate(([1, 2], [3], [4, 5])):
        pl.DataFrame({"id": ids}).write_parquet(run.folder.part("v1", "Student", number))
        pl.DataFrame({"id": ids}).write_parquet(run.folder.part("v2", "Student", number))
        pl.DataFrame({"id": ids}).write_parquet(run.folder.part("plan/people", "Student", number))
    for frame in (run.v1("Student"), run.v2("Student"), run.people("Student")):
        assert_frame_equal(frame.collect(), pl.DataFrame({"id": [1, 2, 3, 4, 5]}))


def test_rows_of_v1_rows_that_changed_have_parts_of_their_own(run: Run) -> None:
    pl.DataFrame({"id": [1]}).write_parquet(run.folder.part("v2", "User", 0))
    pl.DataFrame({"id": [2]}).write_parquet(run.folder.part("updates", "User", 0))
    assert run.v2("User").collect()["id"].to_list() == [1]
    assert run.updates("User").collect()["id"].to_list() == [2]


@pytest.mark.parametrize("table", sorted(COLUMNS))
def test_a_v2_table_without_parts_has_no_rows_but_its_columns(run: Run, table: str) -> None:
    for frame in (run.v2(table), run.updates(table)):
        assert frame.collect().height == 0
        assert not [finding for finding in judged_v2(frame.collect(), table=table) if finding.failing]


def test_an_administrator_s_row_before_the_run_is_a_user_s(run: Run) -> None:
    pl.DataFrame({"id": ["u"]}).write_parquet(run.folder.before("User"))
    assert_frame_equal(run.before("Administrator").collect(), run.before("User").collect())


@pytest.mark.parametrize("are_people", [False, True])
def test_rows_that_v2_will_hold_are_there(run: Run, are_people: bool) -> None:
    path = run.folder.part("plan/people", "Student", 0) if are_people else run.folder.plan("Student")
    pl.DataFrame({"v1_id": [1, 2], "is_there": [True, False]}).write_parquet(path)
    assert run.there("Student").collect()["v1_id"].to_list() == [1]


def test_where_nobody_needed_a_password_there_are_no_credentials(run: Run) -> None:
    assert_frame_equal(run.credentials().collect(), pl.DataFrame(schema={"id": pl.String, "passwordHash": pl.String}))


def test_credentials_of_all_blocks_are_one_frame(run: Run) -> None:
    for number, user in enumerate("ab"):
        pl.DataFrame({"id": [user], "passwordHash": [f"hash {user}"]}).write_parquet(run.folder.credentials(number))
    assert dict(run.credentials().collect().iter_rows()) == {"a": "hash a", "b": "hash b"}
