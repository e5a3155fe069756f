"""A run taken back: V2 is as it was before it, but for what somebody has edited or built upon since."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pytest
from pydantic import SecretStr

from checks.relations import PRIMARY_KEYS
from pipeline.commands.rollback import rollback
from pipeline.commands.terminal import Terminal
from pipeline.errors import LoadError, RefusedError, VerificationError
from pipeline.manifest import Manifest
from pipeline.operations.committed_run import standing
from pipeline.postgres.connect import Database
from pipeline.postgres.ledger import exclusive
from pipeline.run_folder import RunFolder
from tests.integration.databases import (
    Migrated,
    Pair,
    add,
    add_strangers,
    contents,
    execute,
    insert,
    migrated,
    settings_for,
    table_rows,
    users,
    v2_rows,
)
from tests.integration.small_school import SECOND_YEAR
from tests.oracle.values import v2_id

Rows = dict[str, list[str]]

TakeBack = Callable[..., dict[str, Any]]

EDITED = """"updatedAt" = now() AT TIME ZONE 'UTC'"""

TEACHER, PARENT, STUDENT = (v2_id(f"User:{kind}:1") for kind in ("teacher", "parent", "student"))

CHANGES_IN_V1 = """
    UPDATE "School" SET "name" = 'Green Hill College', "updated_at" = '2025-01-01' WHERE "id" = 1;
    UPDATE "Class" SET "class_teacher_id" = NULL, "name" = 'JSS 1C' WHERE "id" = 1;
    UPDATE "Teacher" SET "full_name" = 'Tunde A. Bello', "email" = 'tunde.bello@ghs.example', "updated_at" = '2025-01-02' WHERE "id" = 1;
    UPDATE "Parent" SET "relationship" = 'Father', "address" = '1 Broad Street, Lagos', "updated_at" = '2025-01-03' WHERE "id" = 1;
    UPDATE "Student" SET "school_id" = 2, "class_id" = 3, "updated_at" = '2025-01-04' WHERE "id" = 1;
    DELETE FROM "_ClassToTeacher";
"""


@pytest.fixture
def take_back(capsys: pytest.CaptureFixture[str]) -> TakeBack:
    """Takes a run back as the command does, and gives its JSON document."""

    def taken(run: Migrated, **more: Any) -> dict[str, Any]:
        capsys.readouterr()
        settings = settings_for(run.folder.path.parent, v2_database_url=SecretStr(run.pair.v2))
        rollback(settings, Terminal(as_json=True), **{"run_id": run.folder.run_id, "force": True, **more})
        document: dict[str, Any] = json.loads(capsys.readouterr().out)
        return document

    return taken


def held(url: str) -> Rows:
    """All that a database holds, whichever transaction wrote it."""
    return {name: sorted(row.partition(" ")[2] for row in rows) if "." in name else rows for name, rows in contents(url).items()}


def kept(run: Migrated) -> set[tuple[str, str, str]]:
    return set(pl.read_parquet(run.folder.path / "records" / "rollback_kept.parquet").iter_rows())


def second_year(pair: Pair, runs: Path) -> Migrated:
    """A run that adds and changes a little of everything."""
    add(pair.v1, SECOND_YEAR)
    execute(pair.v1, CHANGES_IN_V1)
    return migrated(pair, runs, password_policy="carry")


# Back to what was


def test_the_first_run_taken_back_leaves_v2_as_setup_left_it(small: Pair, tmp_path: Path, take_back: TakeBack) -> None:
    before = held(small.v2)
    run = migrated(small, tmp_path)
    written = {table: rows for table, rows in run.report.document()["written"].items() if rows}
    document = take_back(run)
    assert held(small.v2) == before
    assert document == {
        "run": run.folder.run_id,
        "is_complete": True,
        "deleted": written,
        "restored": {},
        "kept": {},
        "kept_listed_in": None,
    }
    assert Manifest.read(run.folder).state == "rolled back"


def test_a_sample_taken_back_leaves_the_strangers_alone(sample: Pair, tmp_path: Path, take_back: TakeBack) -> None:
    add_strangers(sample.v2, [{"email": "odin@v2.example", "phone": "+2348030000001"}])
    before = held(sample.v2)
    run = migrated(sample, tmp_path, password_policy="carry", migration_batch_size=100)
    take_back(run)
    assert held(sample.v2) == before


def test_a_run_taken_back_can_be_made_again(small: Pair, tmp_path: Path, take_back: TakeBack) -> None:
    run = migrated(small, tmp_path, password_policy="carry")
    after = v2_rows(small.v2)
    take_back(run)
    migrated(small, tmp_path, password_policy="carry")
    assert v2_rows(small.v2) == after


def test_a_later_run_taken_back_leaves_v2_as_the_first_left_it(small: Pair, tmp_path: Path, take_back: TakeBack) -> None:
    migrated(small, tmp_path, password_policy="carry")
    before = held(small.v2)
    run = second_year(small, tmp_path)
    assert {row["schoolId"] for row in table_rows(small.v2, "UserRole") if row["userId"] == STUDENT} == {v2_id("School:2")}
    document = take_back(run)
    assert held(small.v2) == before
    assert (document["is_complete"], document["kept"]) == (True, {})
    assert document["restored"]["UserRole"] == 1
    assert document["restored"]["Student"] == 1


def test_runs_taken_back_one_by_one_leave_v2_as_setup_left_it(small: Pair, tmp_path: Path, take_back: TakeBack) -> None:
    before = held(small.v2)
    runs = [migrated(small, tmp_path), second_year(small, tmp_path)]
    for run in reversed(runs):
        take_back(run)
    assert held(small.v2) == before


def test_every_row_of_the_ledger_stands_for_rows_that_v2_holds(migrated_sample: Migrated) -> None:
    with psycopg.connect(migrated_sample.pair.v2) as connection:
        rows = connection.execute("""SELECT "v1_table", "v1_id", "digest" FROM "migration"."row" """).fetchall()
    ledger_rows = pl.DataFrame(rows, schema=["v1_table", "v1_id", "digest"], orient="row")
    found = standing(migrated_sample.run, ledger_rows.lazy())
    told = set()
    for table, keyed in found.items():
        stands = keyed.collect()
        held_keys = {tuple(row[name] for name in PRIMARY_KEYS[table]) for row in table_rows(migrated_sample.pair.v2, table)}
        assert set(stands.select(PRIMARY_KEYS[table]).iter_rows()) <= held_keys, table
        told |= set(stands.select("v1_table", "v1_id").iter_rows())
    assert told == {(v1_table, v1_id) for v1_table, v1_id, _ in rows}


# What stays


def test_a_row_that_was_edited_stays_with_all_that_it_needs_and_has(small: Pair, tmp_path: Path, take_back: TakeBack) -> None:
    run = migrated(small, tmp_path, password_policy="carry")
    execute(small.v2, f"""UPDATE "User" SET "firstName" = 'Tundé', {EDITED} WHERE "id" = '{TEACHER}'""")
    document = take_back(run)
    assert kept(run) == {
        ("User", TEACHER, "edited"),
        ("UserRole", next(row["id"] for row in table_rows(small.v2, "UserRole")), "belongs"),
        ("Teacher", v2_id("Teacher:1"), "belongs"),
        ("School", v2_id("School:1"), "referred"),
    } | {("TeacherSubject", f"{row['teacherId']}:{row['subjectId']}", "belongs") for row in table_rows(small.v2, "TeacherSubject")}
    assert document["kept"]["User"] == {"edited": 1}
    assert not document["is_complete"]
    assert [row["firstName"] for row in users(small.v2).values()] == ["Tundé"]
    assert {table: len(table_rows(small.v2, table)) for table in ("School", "Teacher", "UserRole", "Class", "Student", "Parent")} == {
        "School": 1, "Teacher": 1, "UserRole": 1, "Class": 0, "Student": 0, "Parent": 0,
    }  # fmt: skip


def test_the_ledger_keeps_the_v1_rows_of_what_stays(small: Pair, tmp_path: Path, take_back: TakeBack) -> None:
    run = migrated(small, tmp_path, password_policy="carry")
    execute(small.v2, f"""UPDATE "User" SET "firstName" = 'Tundé', {EDITED} WHERE "id" = '{TEACHER}'""")
    take_back(run)
    with psycopg.connect(small.v2) as connection:
        rows = set(connection.execute("""SELECT "v1_table", "v1_id" FROM "migration"."row" """))
        states = connection.execute("""SELECT "id", "state" FROM "migration"."run" """).fetchall()
    subjects = {("_SubjectToTeacher", "1:1"), ("_SubjectToTeacher", "2:1")}
    assert {("School", "1"), ("Teacher", "1")} <= rows <= {("School", "1"), ("Teacher", "1"), *subjects}
    assert states == [(run.folder.run_id, "rolled back in part")]
    again = migrated(small, tmp_path, password_policy="carry")
    assert again.report.books["Teacher"].unchanged == 1
    assert again.report.books["Student"].inserted == 1
    assert users(small.v2)["tunde@ghs.example"]["firstName"] == "Tundé"


def test_a_run_of_which_something_stayed_can_be_taken_back_again(small: Pair, tmp_path: Path, take_back: TakeBack) -> None:
    before = held(small.v2)
    run = migrated(small, tmp_path, password_policy="carry")
    was = users(small.v2)["tunde@ghs.example"]
    execute(small.v2, f"""UPDATE "User" SET "firstName" = 'Tundé', {EDITED} WHERE "id" = '{TEACHER}'""")
    take_back(run)
    execute(
        small.v2, f"""UPDATE "User" SET "firstName" = '{was["firstName"]}', "updatedAt" = '{was["updatedAt"]}' WHERE "id" = '{TEACHER}'"""
    )
    assert take_back(run)["is_complete"]
    assert held(small.v2) == before


def test_a_class_in_which_v2_has_enrolled_somebody_stays(small: Pair, tmp_path: Path, take_back: TakeBack) -> None:
    run = migrated(small, tmp_path, password_policy="carry")
    add_strangers(small.v2, [{"email": "own@v2.example"}])
    with psycopg.connect(small.v2) as connection:
        own = users(small.v2)["own@v2.example"]["id"]
        student = {"id": "own", "userId": own, "schoolId": v2_id("School:1"), "admissionNo": "own", "updatedAt": "2025-01-01"}
        insert(connection, "Student", student)
        insert(connection, "Enrollment", {"id": "own", "studentId": "own", "classId": v2_id("Class:2"), "academicYear": "2024/2025"})
    take_back(run)
    assert kept(run) == {("School", v2_id("School:1"), "referred"), ("Class", v2_id("Class:2"), "referred")}
    assert [row["id"] for row in table_rows(small.v2, "Enrollment")] == ["own"]
    assert [row["id"] for row in table_rows(small.v2, "Student")] == ["own"]


def test_a_link_that_v2_made_keeps_both_its_ends(small: Pair, tmp_path: Path, take_back: TakeBack) -> None:
    run = migrated(small, tmp_path, password_policy="carry")
    with psycopg.connect(small.v2) as connection:
        insert(connection, "TeacherClass", {"teacherId": v2_id("Teacher:1"), "classId": v2_id("Class:2"), "isClassTeacher": True})
    take_back(run)
    assert {row[:2] for row in kept(run)} >= {("Class", v2_id("Class:2")), ("Teacher", v2_id("Teacher:1")), ("User", TEACHER)}
    assert [row["classId"] for row in table_rows(small.v2, "TeacherClass")] == [v2_id("Class:2")]


@pytest.mark.parametrize("action", ["CASCADE", "SET NULL", "RESTRICT"])
def test_what_a_table_that_we_do_not_know_refers_to_stays(small: Pair, tmp_path: Path, take_back: TakeBack, action: str) -> None:
    run = migrated(small, tmp_path, password_policy="carry")
    execute(
        small.v2,
        f"""
        CREATE SCHEMA "app";
        CREATE TABLE "app"."Odd ""note" ("id" int, "by Whom" text REFERENCES "User" ("id") ON DELETE {action});
        INSERT INTO "app"."Odd ""note" VALUES (1, '{PARENT}'), (2, NULL);
        """,
    )
    take_back(run)
    assert {("User", PARENT, "referred"), ("Parent", v2_id("Parent:1"), "belongs")} <= kept(run)
    assert {row["id"] for row in table_rows(small.v2, "User")} == {PARENT}
    with psycopg.connect(small.v2) as connection:
        assert connection.execute("""SELECT count(*), count("by Whom") FROM "app"."Odd ""note" """).fetchone() == (2, 1)


def test_keys_of_any_shape_count(small: Pair, tmp_path: Path, take_back: TakeBack) -> None:
    run = migrated(small, tmp_path, password_policy="carry")
    (parent,) = (row["email"] for row in users(small.v2).values() if row["id"] == PARENT)
    execute(
        small.v2,
        f"""
        CREATE TABLE "ByEmail" ("email" text REFERENCES "User" ("email") ON DELETE CASCADE) PARTITION BY LIST ("email");
        CREATE TABLE "ByEmailRest" PARTITION OF "ByEmail" DEFAULT;
        INSERT INTO "ByEmail" VALUES ('{parent}');
        CREATE TABLE "ByNumber" (
            "number" text,
            "school" text,
            FOREIGN KEY ("school", "number") REFERENCES "Student" ("schoolId", "admissionNo") ON DELETE CASCADE
        );
        INSERT INTO "ByNumber" VALUES ('A1', NULL), ('A1', '{v2_id("School:1")}');
        """,
    )
    take_back(run)
    assert {("User", PARENT, "referred"), ("Student", v2_id("Student:1"), "referred")} <= kept(run)
    assert {row["id"] for row in table_rows(small.v2, "User")} == {PARENT, STUDENT}
    assert (len(table_rows(small.v2, "ByEmail")), len(table_rows(small.v2, "ByNumber"))) == (1, 2)


def test_a_key_that_v2_lost_counts_all_the_same(small: Pair, tmp_path: Path, take_back: TakeBack) -> None:
    execute(small.v2, """ALTER TABLE "Enrollment" DROP CONSTRAINT "Enrollment_classId_fkey" """)
    run = migrated(small, tmp_path, password_policy="carry")
    execute(small.v2, f"""INSERT INTO "Enrollment" VALUES ('own', '{v2_id("Student:1")}', '{v2_id("Class:2")}', '2030')""")
    take_back(run)
    assert {("Class", v2_id("Class:2"), "referred"), ("Student", v2_id("Student:1"), "referred")} <= kept(run)


def test_an_update_that_was_edited_since_is_not_restored(small: Pair, tmp_path: Path, take_back: TakeBack) -> None:
    migrated(small, tmp_path, password_policy="carry")
    run = second_year(small, tmp_path)
    execute(small.v2, f"""UPDATE "Student" SET "bloodGroup" = 'AB', {EDITED} WHERE "id" = '{v2_id("Student:1")}'""")
    document = take_back(run)
    found = kept(run)
    assert {("Student", v2_id("Student:1"), "edited"), ("User", STUDENT, "referred"), ("School", v2_id("School:2"), "referred")} <= found
    # The person is where the run has put them: the role that was withdrawn stays so.
    assert {row["schoolId"] for row in table_rows(small.v2, "UserRole") if row["userId"] == STUDENT} == {v2_id("School:2")}
    assert document["kept"]["UserRole"] == {"belongs": 2}
    assert {row["name"] for row in table_rows(small.v2, "School")} == {"Green Hill School"}
    with psycopg.connect(small.v2) as connection:
        runs: dict[str, str] = dict(connection.execute("""SELECT "v1_table" || "v1_id", "run_id" FROM "migration"."row" """).fetchall())
    assert runs["Student1"] == runs["School2"] == run.folder.run_id
    assert run.folder.run_id not in {runs["Teacher1"], runs["School1"]}


def test_an_address_that_somebody_has_taken_since_is_not_given_back(small: Pair, tmp_path: Path, take_back: TakeBack) -> None:
    migrated(small, tmp_path, password_policy="carry")
    run = second_year(small, tmp_path)
    assert "tunde.bello@ghs.example" in users(small.v2)
    add_strangers(small.v2, [{"email": "tunde@ghs.example"}])
    take_back(run)
    assert ("User", TEACHER, "blocked") in kept(run)
    assert "tunde.bello@ghs.example" in users(small.v2)


def test_a_role_that_v2_has_given_back_itself_is_not_given_twice(small: Pair, tmp_path: Path, take_back: TakeBack) -> None:
    migrated(small, tmp_path, password_policy="carry")
    (role,) = (row for row in table_rows(small.v2, "UserRole") if row["userId"] == STUDENT)
    run = second_year(small, tmp_path)
    with psycopg.connect(small.v2) as connection:
        insert(connection, "UserRole", {**role, "id": "own"})
    assert take_back(run)["is_complete"]
    assert [row["id"] for row in table_rows(small.v2, "UserRole") if row["userId"] == STUDENT] == ["own"]


def test_what_a_later_run_wrote_stays(small: Pair, tmp_path: Path, take_back: TakeBack) -> None:
    first = migrated(small, tmp_path, password_policy="carry")
    second = second_year(small, tmp_path)
    after = held(small.v2)
    take_back(first)
    ids = {table: {row["id"] for row in table_rows(small.v2, table)} for table in ("User", "Student", "School")}
    assert ids["School"] == {v2_id("School:1"), v2_id("School:2")}
    assert {v2_id("Student:1"), v2_id("Student:2"), v2_id("Student:3")} == ids["Student"]
    assert STUDENT in ids["User"]
    second_document = take_back(second)
    assert second_document["deleted"]["Student"] == 2
    assert after != held(small.v2)


def test_a_row_that_v2_deleted_itself_is_no_obstacle(small: Pair, tmp_path: Path, take_back: TakeBack) -> None:
    before = held(small.v2)
    run = migrated(small, tmp_path, password_policy="carry")
    execute(small.v2, f"""DELETE FROM "User" WHERE "id" = '{PARENT}'""")
    document = take_back(run)
    assert document["is_complete"]
    assert "Parent" not in document["deleted"]
    assert held(small.v2) == before


def test_what_others_keep_in_the_ledgers_schema_keeps_it(small: Pair, tmp_path: Path, take_back: TakeBack) -> None:
    run = migrated(small, tmp_path)
    execute(small.v2, """CREATE VIEW "migration"."progress" AS SELECT count(*) FROM "migration"."row" """)
    assert take_back(run)["is_complete"]
    with psycopg.connect(small.v2) as connection:
        assert connection.execute("""SELECT * FROM "migration"."progress" """).fetchone() == (0,)


# Nothing is taken back


def test_a_trigger_that_deletes_more_stops_it(small: Pair, tmp_path: Path, take_back: TakeBack) -> None:
    run = migrated(small, tmp_path)
    execute(
        small.v2,
        """
        CREATE TABLE "Audit" ("id" int, "userId" text REFERENCES "User" ("id"));
        INSERT INTO "Audit" VALUES (1, NULL);
        CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM "Audit"; RETURN OLD; END $$;
        CREATE TRIGGER forget AFTER DELETE ON "Class" FOR EACH ROW EXECUTE FUNCTION forget();
        """,
    )
    before = contents(small.v2)
    with pytest.raises(VerificationError, match="Audit"):
        take_back(run)
    assert contents(small.v2) == before
    assert Manifest.read(run.folder).state == "done"


def test_somebody_who_edits_a_row_meanwhile_stops_it(
    small: Pair, tmp_path: Path, take_back: TakeBack, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = migrated(small, tmp_path)
    monkeypatch.setattr(Terminal, "require_answerable", lambda *_, **__: None)
    edit = f"""UPDATE "User" SET "firstName" = 'Tundé', {EDITED} WHERE "id" = '{TEACHER}'"""
    monkeypatch.setattr(Terminal, "confirm", lambda *_: execute(small.v2, edit))
    with pytest.raises(LoadError, match="SerializationFailure"):
        take_back(run, force=False)
    assert users(small.v2)["tunde@ghs.example"]["firstName"] == "Tundé"
    assert len(table_rows(small.v2, "Student")) == 1


def test_somebody_who_refers_to_a_row_meanwhile_loses_nothing(
    small: Pair, tmp_path: Path, take_back: TakeBack, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = migrated(small, tmp_path)
    execute(small.v2, 'CREATE TABLE "Note" ("userId" text REFERENCES "User" ("id") ON DELETE CASCADE)')
    monkeypatch.setattr(Terminal, "require_answerable", lambda *_, **__: None)
    monkeypatch.setattr(Terminal, "confirm", lambda *_: execute(small.v2, f"""INSERT INTO "Note" VALUES ('{TEACHER}')"""))
    with pytest.raises(LoadError, match="SerializationFailure"):
        take_back(run, force=False)
    assert [row["userId"] for row in table_rows(small.v2, "Note")] == [TEACHER]
    assert len(table_rows(small.v2, "User")) == 4


def test_nobody_to_ask_is_a_refusal(small: Pair, tmp_path: Path, take_back: TakeBack) -> None:
    run = migrated(small, tmp_path)
    before = contents(small.v2)
    with pytest.raises(RefusedError, match="nobody to ask"):
        take_back(run, force=False)
    assert contents(small.v2) == before


def test_a_no_is_a_no(small: Pair, tmp_path: Path, take_back: TakeBack, monkeypatch: pytest.MonkeyPatch) -> None:
    run = migrated(small, tmp_path)
    before = contents(small.v2)
    asked: list[str] = []

    def no(_: Terminal, question: str) -> None:
        asked.append(question)
        raise RefusedError("Not confirmed.", next_step="")

    monkeypatch.setattr(Terminal, "require_answerable", lambda *_, **__: None)
    monkeypatch.setattr(Terminal, "confirm", no)
    with pytest.raises(RefusedError, match="Not confirmed"):
        take_back(run, force=False)
    assert contents(small.v2) == before
    assert asked[0].startswith("Delete ")


@pytest.mark.parametrize("run_id", ["20200101T000000Z-0000", "../outside", "", "/"])
def test_a_run_that_is_not_there_is_refused(small: Pair, tmp_path: Path, take_back: TakeBack, run_id: str) -> None:
    run = migrated(small, tmp_path)
    before = contents(small.v2)
    with pytest.raises(RefusedError, match="There is no run"):
        take_back(run, run_id=run_id)
    assert contents(small.v2) == before


def test_a_dry_run_is_refused(small: Pair, tmp_path: Path, take_back: TakeBack) -> None:
    run = migrated(small, tmp_path, dry_run=True)
    with pytest.raises(RefusedError, match="was a dry run"):
        take_back(run)


def test_a_run_that_never_was_committed_is_refused(small: Pair, tmp_path: Path, take_back: TakeBack) -> None:
    def no() -> None:
        raise RefusedError("Not confirmed.", next_step="")

    with pytest.raises(RefusedError, match="Not confirmed"):
        migrated(small, tmp_path, confirm=no)
    (folder,) = RunFolder.all(tmp_path)
    committed = migrated(small, tmp_path)
    with pytest.raises(RefusedError, match="was never committed there"):
        take_back(committed, run_id=folder.run_id)


def test_a_run_is_taken_back_once(small: Pair, tmp_path: Path, take_back: TakeBack) -> None:
    run = migrated(small, tmp_path)
    take_back(run)
    with pytest.raises(RefusedError, match="was rolled back already"):
        take_back(run)


def test_a_run_whose_folder_is_elsewhere_is_refused(small: Pair, tmp_path: Path, take_back: TakeBack) -> None:
    run = migrated(small, tmp_path / "runs")
    run.folder.path.rename(tmp_path / "elsewhere")
    with pytest.raises(RefusedError, match="its folder is not in"):
        take_back(run)


def test_one_at_a_time(small: Pair, tmp_path: Path, take_back: TakeBack) -> None:
    run = migrated(small, tmp_path)
    with exclusive(Database.from_url("V2", small.v2)), pytest.raises(RefusedError, match="another run"):
        take_back(run)
