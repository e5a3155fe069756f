"""V1 as the last run brought it over: nothing is planned, and the run tells what it would have told if it had been."""

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import SecretStr
from rich.console import Console

from pipeline.commands.rollback import rollback
from pipeline.commands.terminal import Terminal
from pipeline.migrate import migrate
from pipeline.postgres.connect import Database
from pipeline.progress import Progress
from pipeline.resume import resumable
from pipeline.run import Run
from pipeline.run_folder import RunFolder
from pipeline.selection import Selection
from pipeline.stages.extract import extract
from pipeline.stages.report import Report
from tests.integration.databases import (
    Migrated,
    Pair,
    contents,
    environment_of,
    execute,
    migrated,
    run_program,
    settings_for,
)

TELLING = (
    "verdict",
    "exit_code",
    "read",
    "books",
    "written",
    "withdrawn",
    "rejected",
    "changed",
    "examples",
    "meanings",
    "contested",
    "verification",
)
"""What `report.json` tells of V1 and V2, not of how it was found out."""

IN_V1 = {
    "a value was changed": """UPDATE "Teacher" SET "full_name" = 'Tunde B. Bello'""",
    "a value was changed that V2 never sees": """UPDATE "Student" SET "updated_at" = "updated_at" + interval '1 day'""",
    "a row came": """INSERT INTO "_ClassToTeacher" VALUES (2, 1)""",
    "a row went": """DELETE FROM "_ParentToStudent" """,
}

IN_V2 = {
    "a row that links lead to went": """DELETE FROM "TeacherClass"; DELETE FROM "TeacherSubject"; DELETE FROM "Teacher" """,
    "a school has another code": """UPDATE "School" SET "code" = 'OTHER' """,
    "a catalogue subject has another name": """UPDATE "Subject" SET "name" = 'Sums' WHERE "code" = 'MATHEMATICS' """,
    "a class level came": """
        INSERT INTO "ClassLevel" ("id", "curriculumId", "code", "name", "rank")
        SELECT 'one-more', "curriculumId", 'SSS4', 'SSS 4', 99 FROM "ClassLevel" LIMIT 1 """,
    "the ledger lost a row": """DELETE FROM "migration"."row" WHERE "v1_table" = '_SubjectToTeacher' """,
    "a run was taken back in part": """UPDATE "migration"."run" SET "state" = 'rolled back in part' """,
}

EDITS = """
    UPDATE "User" SET "firstName" = 'Edited', "updatedAt" = now() AT TIME ZONE 'UTC';
    UPDATE "Student" SET "bloodGroup" = 'O', "updatedAt" = now() AT TIME ZONE 'UTC';
"""


@pytest.fixture
def first(small: Pair, tmp_path: Path) -> Migrated:
    """The small school, migrated."""
    return migrated(small, tmp_path, password_policy="carry")


def again(run: Migrated, **changes: Any) -> Migrated:
    """One more run over the same databases, whose folder lies beside that of the first."""
    return migrated(run.pair, run.folder.path.parent, **{"password_policy": "carry", **changes})


def since(run: Migrated) -> str | None:
    """The run that is said to have brought V1 over as it is."""
    told: str | None = json.loads(run.folder.report.read_bytes())["unchanged_since"]
    return told


def record(run: Migrated, name: Any) -> pl.DataFrame:
    """A record of a run, in order, without the run's id."""
    rows = pl.read_parquet(run.folder.record(name)).drop("run", strict=False)
    return rows.sort(rows.columns)


@pytest.mark.parametrize("v1", ["sample", "every_rule"])
def test_the_short_way_tells_what_the_long_way_tells(v1: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    pair: Pair = request.getfixturevalue(v1)
    before = migrated(pair, tmp_path / "runs", password_policy="carry")
    written = contents(pair.v2)
    short, long = again(before), migrated(pair, tmp_path / "elsewhere", password_policy="carry")
    assert (since(short), since(long)) == (before.folder.run_id, None)
    told, expected = (json.loads(run.folder.report.read_bytes()) for run in (short, long))
    assert {name: told[name] for name in TELLING} == {name: expected[name] for name in TELLING}
    assert told["checks"]["v1"] == expected["checks"]["v1"]
    checks = [[(check["table"], check["check"], check["failing"]) for check in document["checks"]["v2"]] for document in (told, expected)]
    assert checks[0] == checks[1]
    for name in ("rejected", "changed", "findings"):
        assert record(short, name).equals(record(long, name)), name
    assert set(pl.read_parquet(short.folder.record("rejected"))["run"]) == {short.folder.run_id}
    assert contents(pair.v2) == written


def test_nothing_of_an_unchanged_v1_is_planned(first: Migrated) -> None:
    short = again(first)
    assert (short.run.finished, [stage.name for stage in short.run.stages]) == (["extract"], ["extract"])
    assert not (short.folder.path / "plan").exists()


def test_a_third_run_goes_by_the_one_that_wrote(first: Migrated) -> None:
    again(first)
    assert since(again(first)) == first.folder.run_id


@pytest.mark.parametrize("change", IN_V1.values(), ids=IN_V1)
def test_what_changed_in_v1_is_planned(first: Migrated, change: str) -> None:
    execute(first.pair.v1, change)
    assert since(again(first)) is None


@pytest.mark.parametrize("change", IN_V2.values(), ids=IN_V2)
def test_a_v2_by_which_rows_may_be_judged_otherwise_is_asked(first: Migrated, change: str) -> None:
    execute(first.pair.v2, change)
    assert since(again(first)) is None


def test_what_people_edit_in_v2_changes_nothing(first: Migrated) -> None:
    execute(first.pair.v2, EDITS)
    before = contents(first.pair.v2)
    assert since(again(first)) == first.folder.run_id
    assert contents(first.pair.v2) == before


@pytest.mark.parametrize(
    "change",
    [
        {"default_country": "GH"},
        {"password_policy": "generate"},
        {"migration_batch_size": 2},
        {"selection": Selection(("schools",), None)},
        {"selection": Selection(condition="id = id")},
    ],
    ids=["country", "passwords", "batch size", "entities", "filter"],
)
def test_other_settings_or_another_part_of_v1_are_planned(first: Migrated, change: dict[str, Any]) -> None:
    assert since(again(first, **change)) is None


def test_a_filter_is_asked_anew_for_it_may_be_about_the_time(small: Pair, tmp_path: Path) -> None:
    until_now = Selection(condition="updated_at < now()")
    first = migrated(small, tmp_path, selection=until_now, password_policy="carry")
    assert first.report.books["Student"].inserted == 1
    assert since(again(first, selection=until_now)) is None


def test_a_run_of_which_a_row_was_kept_is_not_gone_by(first: Migrated) -> None:
    execute(first.pair.v2, EDITS)
    execute(first.pair.v1, """UPDATE "Student" SET "full_name" = 'Chidi B. Ade', "updated_at" = now()""")
    kept = again(first)
    assert kept.report.books["Student"].kept == 1
    assert since(again(first)) is None


def test_what_a_rollback_took_back_is_written_again(first: Migrated, capsys: pytest.CaptureFixture[str]) -> None:
    again(first)
    settings = settings_for(first.folder.path.parent, v1_database_url=SecretStr(first.pair.v1), v2_database_url=SecretStr(first.pair.v2))
    rollback(settings, Terminal(), run_id=first.folder.run_id, force=True)
    capsys.readouterr()
    anew = again(first)
    assert (since(anew), anew.report.books["Student"].inserted) == (None, 1)


@pytest.mark.parametrize("lost", ["manifest.json", "records/rejected.parquet", "plan/history.parquet"])
def test_a_run_whose_files_are_not_all_there_is_not_gone_by(first: Migrated, lost: str) -> None:
    (first.folder.path / lost).unlink()
    assert since(again(first)) is None


def test_a_run_whose_records_were_touched_is_not_gone_by(first: Migrated) -> None:
    record_file = first.folder.record("rejected")
    rows = pl.read_parquet(record_file)
    pl.concat([rows, rows.clear(1)]).write_parquet(record_file)
    assert since(again(first)) is None


def test_a_run_of_another_version_is_not_gone_by(first: Migrated) -> None:
    manifest = json.loads(first.folder.manifest.read_bytes())
    manifest["versions"]["polars"] = "1.0.0"
    first.folder.manifest.write_text(json.dumps(manifest))
    assert since(again(first)) is None


def test_a_run_that_was_cut_off_behind_the_reading_is_gone_on_with(first: Migrated) -> None:
    runs = first.folder.path.parent
    settings, progress = settings_for(runs, password_policy="carry"), Progress(Console(quiet=True))
    databases = Database.from_url("V1", first.pair.v1), Database.from_url("V2", first.pair.v2)
    begun = Run.begin(settings, progress)
    begun.once(extract, *databases)
    begun.end("interrupted")
    shutil.rmtree(first.folder.path)  # by now all that is needed of it is in the run's own folder
    report = Report(Run.resumed(resumable(runs, None), settings, progress))
    migrate(report, *databases, confirm=lambda: pytest.fail("asked to write"))
    assert (report.verdict, report.books["Student"].unchanged) == ("ok", 1)


def test_the_program_says_which_run_had_brought_v1_over(small: Pair, tmp_path: Path) -> None:
    environment = environment_of(small)
    said = [run_program(tmp_path, "--force", environment=environment) for _ in range(2)]
    (second, first_run) = RunFolder.all(tmp_path / "runs")
    assert [run.returncode for run in said] == [0, 0]
    assert f"Nothing to write: V1 is as run {first_run.run_id} brought it over." in said[1].stdout
    for command in (["explain", "Teacher", "1"], ["validate"], ["report"], ["status"], ["report", "--check", second.run_id]):
        done = run_program(tmp_path, *command, environment=environment)
        assert done.returncode == 0, (command, done.stderr)
    explained = run_program(tmp_path, "explain", "Teacher", "1", environment=environment).stdout
    assert first_run.run_id in explained
