"""A run: its clock, its stages, its manifest, and the frames of its folder."""

import json
import stat
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from rich.console import Console

from pipeline.progress import Progress
from pipeline.run import Run, write_json
from pipeline.settings import Settings

SECRET = "s3cret-passphrase"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    url = f"postgresql://ada:{SECRET}@db.example.org/school"
    settings = Settings(_env_file=None, runs_dir=tmp_path / "runs", v1_database_url=url, v1_db_password=SECRET)  # type: ignore[call-arg, arg-type]  # pydantic takes them
    return Run.begin(settings, Progress(Console(file=StringIO())))


def manifest(run: Run) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(run.folder.manifest.read_text(encoding="utf-8"))
    return document


def test_a_run_begins_now_in_utc_milliseconds_in_a_folder_of_that_second(run: Run) -> None:
    assert datetime.now(UTC).replace(tzinfo=None) - run.started_at < timedelta(seconds=30)
    assert run.started_at.microsecond % 1000 == 0
    assert run.folder.run_id.startswith(f"{run.started_at:%Y%m%dT%H%M%SZ}-")
    assert run.folder.path.is_dir()


# Stages


def test_a_stage_that_ends_well_is_done_with_its_rows_and_seconds(run: Run) -> None:
    with run.stage("extract", total=5) as advance:
        advance(2)
        advance(3)
    (stage,) = run.stages
    assert (stage.name, stage.state, stage.rows) == ("extract", "done", 5)
    assert stage.seconds >= 0
    assert manifest(run)["stages"] == [{"name": "extract", "state": "done", "rows": 5, "seconds": stage.seconds}]


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


# The manifest


def test_the_manifest_tells_run_start_settings_versions_and_facts(run: Run) -> None:
    run.facts["snapshot"] = {"id": "00000003-1"}
    run.write_manifest()
    document = manifest(run)
    assert document["run"] == run.folder.run_id
    assert document["started_at"] == f"{run.started_at.isoformat(timespec='milliseconds')}Z"
    assert document["settings"] == run.settings.without_secrets()
    assert document["snapshot"] == {"id": "00000003-1"}
    assert {"python", "polars", "phonenumbers", "pycountry", "anyascii", "idna"} <= set(document["versions"])


def test_neither_the_manifest_nor_the_run_itself_shows_a_secret(run: Run) -> None:
    run.new_logins["7"] = SECRET
    run.write_manifest()
    assert SECRET not in run.folder.manifest.read_text(encoding="utf-8")
    assert SECRET not in repr(run)


def test_a_json_file_is_readable_by_its_owner_only_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    for document in ({"first": 1}, {"name": "Zoë"}):
        write_json(path, document)
        assert json.loads(path.read_text(encoding="utf-8")) == document
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_json_file_that_cannot_be_written_whole_leaves_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    write_json(path, {"first": 1})
    with pytest.raises(TypeError):
        write_json(path, {"second": object()})
    assert json.loads(path.read_text(encoding="utf-8")) == {"first": 1}


# The frames of its folder


def test_all_parts_of_a_table_are_one_frame_in_their_order(run: Run) -> None:
    for number, ids in enumerate(([1, 2], [3], [4, 5])):
        pl.DataFrame({"id": ids}).write_parquet(run.folder.part("v1", "Student", number))
        pl.DataFrame({"id": ids}).write_parquet(run.folder.part("v2", "Student", number))
        pl.DataFrame({"id": ids}).write_parquet(run.folder.part("plan/people", "Student", number))
    for frame in (run.v1("Student"), run.v2("Student"), run.people("Student")):
        assert_frame_equal(frame.collect(), pl.DataFrame({"id": [1, 2, 3, 4, 5]}))


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
