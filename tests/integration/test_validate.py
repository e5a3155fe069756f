"""V2 as it is now against what a run wrote: nothing differs, or it is told what, where and of which kind."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pyrage
import pytest
from pydantic import SecretStr

from pipeline.commands.rollback import rollback
from pipeline.commands.terminal import Terminal
from pipeline.commands.validate import validate
from pipeline.errors import RefusedError, SchemaError, VerificationError
from pipeline.manifest import Manifest
from tests.integration.databases import Migrated, Pair, add, add_strangers, contents, execute, insert, migrated, settings_for, table_rows
from tests.integration.small_school import SECOND_YEAR
from tests.oracle.values import v2_id

Validate = Callable[..., dict[str, Any]]

EDITED = """"updatedAt" = '2030-01-01 08:00'"""


@pytest.fixture
def validated(capsys: pytest.CaptureFixture[str]) -> Validate:
    """Validates as the command does, and gives its JSON document, and what it said to people as `said`."""

    def validate_now(run: Migrated, *, run_id: str | None = None) -> dict[str, Any]:
        capsys.readouterr()
        settings = settings_for(run.folder.path.parent, v2_database_url=SecretStr(run.pair.v2))
        differs = False
        try:
            validate(settings, Terminal(as_json=True), run_id=run_id)
        except VerificationError:
            differs = True
        shown = capsys.readouterr()
        document: dict[str, Any] = json.loads(shown.out)
        assert differs == bool(document["differences"])
        return {**document, "said": shown.err}

    return validate_now


def listed(run: Migrated, document: dict[str, Any]) -> set[tuple[str, str, str, str | None]]:
    path = run.folder.path / "records" / Path(document["listed_in"]).name
    assert path.stat().st_mode & 0o777 == 0o600
    return set(pl.read_parquet(path).iter_rows())


# Nothing differs


@pytest.mark.parametrize("batch", [1_000_000, 7])
def test_a_v2_that_nobody_touched_differs_in_nothing(small: Pair, tmp_path: Path, validated: Validate, batch: int) -> None:
    add_strangers(small.v2, [{"email": "own@v2.example"}])
    run = migrated(small, tmp_path, migration_batch_size=batch)
    before = contents(small.v2)
    document = validated(run)
    assert document.pop("said").endswith("nothing differs.\n")
    assert document == {
        "run": run.folder.run_id,
        "rows": sum(run.report.document()["written"].values()),
        "cells": run.report.verification.cells,
        "logins": 4,
        "logins_note": None,
        "differences": {},
        "examples": {},
        "listed_in": None,
    }
    assert contents(small.v2) == before
    assert not list((run.folder.path / "records").glob("differences*"))


def test_every_run_is_found_as_it_left_v2_the_earlier_one_but_for_what_the_later_one_wrote(
    small: Pair, tmp_path: Path, validated: Validate
) -> None:
    first = migrated(small, tmp_path, password_policy="carry")
    add(small.v1, SECOND_YEAR)
    execute(small.v1, """UPDATE "Student" SET "blood_group" = 'AB', "address" = '1 Broad Street, Lagos' WHERE "id" = 1""")
    second = migrated(small, tmp_path, password_policy="carry")
    assert validated(second)["differences"] == {}
    assert validated(second)["run"] == second.folder.run_id
    earlier = validated(second, run_id=first.folder.run_id)["differences"]
    assert earlier["edited since"]["Student"] == {"bloodGroup": 1}
    assert set(earlier) == {"edited since"}


# Something differs


def test_what_was_edited_is_told_from_what_was_tampered_with(small: Pair, tmp_path: Path, validated: Validate) -> None:
    run = migrated(small, tmp_path, password_policy="carry")
    teacher, parent = v2_id("User:teacher:1"), v2_id("User:parent:1")
    execute(
        small.v2,
        f"""
        UPDATE "User" SET "firstName" = 'Tundé', {EDITED} WHERE "id" = '{teacher}';
        UPDATE "UserRole" SET "createdAt" = '2030-01-01' WHERE "userId" = '{teacher}';
        UPDATE "User" SET "firstName" = 'Mallory' WHERE "id" = '{parent}';
        UPDATE "Enrollment" SET "classId" = '{v2_id("Class:2")}';
        """,
    )
    document = validated(run)
    assert document["differences"] == {
        "edited since": {"User": {"firstName": 1, "updatedAt": 1}, "UserRole": {"createdAt": 1}},
        "differs": {"User": {"firstName": 1}, "Enrollment": {"classId": 1}},
    }
    assert document["examples"]["edited since"]["User"] == [teacher]
    assert document["examples"]["differs"]["User"] == [parent]
    assert ("User", parent, "differs", "firstName") in listed(run, document)
    assert ("User", teacher, "edited since", "updatedAt") in listed(run, document)
    assert len(listed(run, document)) == 5
    assert parent in document["said"]
    assert not {"Mallory", "Tundé", "bola@mail.example"} & set(document["said"].split())


def test_a_row_follows_an_owner_of_an_earlier_run(small: Pair, tmp_path: Path, validated: Validate) -> None:
    migrated(small, tmp_path, password_policy="carry")
    add(small.v1, {"_ClassToTeacher": [{"A": 2, "B": 1}], "_ParentToStudent": []})
    second = migrated(small, tmp_path, password_policy="carry")
    execute(small.v2, f"""UPDATE "TeacherClass" SET "isClassTeacher" = true WHERE "classId" = '{v2_id("Class:2")}'""")
    assert validated(second)["differences"] == {"differs": {"TeacherClass": {"isClassTeacher": 1}}}
    execute(small.v2, f"""UPDATE "Class" SET {EDITED} WHERE "id" = '{v2_id("Class:2")}'""")
    assert validated(second)["differences"] == {"edited since": {"TeacherClass": {"isClassTeacher": 1}}}


def test_rows_that_are_gone_and_rows_too_many_are_told(small: Pair, tmp_path: Path, validated: Validate) -> None:
    run = migrated(small, tmp_path, password_policy="carry")
    add_strangers(small.v2, [{"email": "own@v2.example"}])
    student, school = v2_id("User:student:1"), v2_id("School:1")
    with psycopg.connect(small.v2) as connection:
        connection.execute('DELETE FROM "User" WHERE "id" = %s', [v2_id("User:parent:1")])
        insert(connection, "Address", {"id": "~own", "userId": student, "line1": "somewhere"})
        insert(connection, "TeacherClass", {"teacherId": v2_id("Teacher:1"), "classId": v2_id("Class:2")})
    document = validated(run)
    assert document["differences"] == {
        "missing": {"User": 1, "UserRole": 1, "Parent": 1, "StudentParent": 1, "ParentSchool": 1},
        "extra": {"User": 1, "Address": 1, "TeacherClass": 1},
    }
    assert ("ParentSchool", f"{v2_id('Parent:1')}:{school}", "missing", None) in listed(run, document)
    assert ("Address", "~own", "extra", None) in listed(run, document)


def test_a_row_too_many_of_an_owner_who_was_there_is_told_where_there_was_none_before(
    small: Pair, tmp_path: Path, validated: Validate
) -> None:
    add_strangers(small.v2, [{"email": "own@v2.example"}])
    run = migrated(small, tmp_path, password_policy="carry")
    (own,) = (row["id"] for row in table_rows(small.v2, "User") if row["email"] == "own@v2.example")
    with psycopg.connect(small.v2) as connection:
        insert(connection, "Address", {"id": "own", "userId": own, "line1": "somewhere"})
    for rows, told in ((0, {"extra": {"Address": 1}}), (1, {})):
        manifest = Manifest.read(run.folder)
        replace(manifest, facts={**manifest.facts, "rows_before": {"Address": rows}}).write(run.folder)
        assert validated(run)["differences"] == told


def test_a_key_that_v2_lost_and_its_rows_break_is_told(small: Pair, tmp_path: Path, validated: Validate) -> None:
    run = migrated(small, tmp_path, password_policy="carry")
    execute(
        small.v2,
        """
        ALTER TABLE "Class" DROP CONSTRAINT "Class_schoolId_fkey";
        UPDATE "Class" SET "schoolId" = 'nowhere' WHERE "name" = 'JSS 2B';
        """,
    )
    document = validated(run)
    assert document["differences"]["keys"] == {"Class.schoolId in School": 1}
    assert "Class.schoolId in School" in document["said"]


def test_a_password_that_no_longer_fits_is_told_unless_its_user_was_edited(small: Pair, tmp_path: Path, validated: Validate) -> None:
    run = migrated(small, tmp_path)
    teacher = v2_id("User:teacher:1")
    execute(small.v2, f"""UPDATE "User" SET "passwordHash" = 'none' WHERE "id" = '{teacher}'""")
    document = validated(run)
    assert document["differences"] == {"differs": {"User": {"passwordHash": 1}}, "login fails": {"User": 1}}
    assert document["examples"]["login fails"] == {"User": [teacher]}
    execute(small.v2, f"""UPDATE "User" SET {EDITED} WHERE "id" = '{teacher}'""")
    assert set(validated(run)["differences"]) == {"edited since"}


def test_an_encrypted_handover_or_none_is_said(small: Pair, tmp_path: Path, validated: Validate) -> None:
    recipient = str(pyrage.x25519.Identity.generate().to_public())
    run = migrated(small, tmp_path, handover_recipient=recipient)
    assert validated(run)["logins_note"] == "the handover is encrypted"
    for part in (run.folder.path / "handover").iterdir():
        part.unlink()
    changed = run.folder.handover(0, encrypted=False)
    changed.write_bytes(b"\xff\xfe no table")
    assert validated(run)["logins_note"] == "the handover was changed, and cannot be read"
    changed.write_text("user_id,password\n' OR true --,x\n")
    assert validated(run)["logins"] == 0
    changed.unlink()
    document = validated(run)
    assert (document["logins"], document["logins_note"]) == (0, "there is no handover file")
    assert "no login tried" in document["said"]


# Nothing to compare


def test_a_run_that_is_not_there_is_refused(small: Pair, tmp_path: Path, validated: Validate) -> None:
    run = migrated(small, tmp_path, dry_run=True)
    with pytest.raises(RefusedError, match="was ever committed"):
        validated(run)
    with pytest.raises(RefusedError, match="was a dry run"):
        validated(run, run_id=run.folder.run_id)
    with pytest.raises(RefusedError, match="There is no run"):
        validated(run, run_id="../..")


def test_a_run_that_was_taken_back_is_not_the_newest(small: Pair, tmp_path: Path, validated: Validate) -> None:
    first = migrated(small, tmp_path, password_policy="carry")
    add(small.v1, SECOND_YEAR)
    second = migrated(small, tmp_path, password_policy="carry")
    settings = settings_for(tmp_path, v2_database_url=SecretStr(small.v2))
    rollback(settings, Terminal(), run_id=second.folder.run_id, force=True)
    document = validated(second)
    assert (document["run"], document["differences"]) == (first.folder.run_id, {})


def test_a_v2_that_lost_a_column_is_refused(small: Pair, tmp_path: Path, validated: Validate) -> None:
    run = migrated(small, tmp_path)
    execute(small.v2, 'ALTER TABLE "Parent" DROP COLUMN "occupation"')
    with pytest.raises(SchemaError, match="Parent has lost occupation"):
        validated(run)
    assert not list((run.folder.path / "records").glob("differences*"))
