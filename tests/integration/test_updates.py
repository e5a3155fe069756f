"""What changed in V1 since it was migrated: V2's rows follow, but for what was edited there (mapping, section 10)."""

import json
from pathlib import Path

import polars as pl
import psycopg
import pytest

from pipeline.errors import LoadError
from pipeline.selection import Selection
from tests.integration.databases import (
    Migrated,
    Pair,
    add,
    contents,
    environment_of,
    execute,
    insert,
    migrated,
    records,
    run_folder_in,
    run_program,
    table_rows,
    v2_rows,
)
from tests.integration.small_school import BCRYPT_HASH, SECOND_YEAR
from tests.oracle.model import Row
from tests.oracle.values import v2_id

NEW_HASH = BCRYPT_HASH.replace("AtjxIoJ8", "BtjxIoJ8")

EDIT = """UPDATE "{}" SET {}, "updatedAt" = now() WHERE "id" = '{}'"""


def the(pair: Pair, table: str, key: str) -> Row:
    """The V2 row of a deterministic id."""
    (row,) = [row for row in table_rows(pair.v2, table) if row["id"] == v2_id(key)]
    return row


def books(run: Migrated) -> dict[str, dict[str, int]]:
    """What became of rows, where anything did beyond staying as they are."""
    shown = ("inserted", "updated", "kept")
    found = {table: {name: getattr(book, name) for name in shown if getattr(book, name)} for table, book in run.report.books.items()}
    return {table: counts for table, counts in found.items() if counts}


def test_a_changed_person_is_changed_in_v2_and_nobody_else(small_migrated: Pair, tmp_path: Path) -> None:
    before = contents(small_migrated.v2)
    execute(
        small_migrated.v1,
        """UPDATE "Teacher" SET "full_name" = 'Mrs Tunde Okoro', "address" = '5 Hill Road, Lagos', "updated_at" = '2025-01-01'""",
    )
    run = migrated(small_migrated, tmp_path)
    user, teacher = the(small_migrated, "User", "User:teacher:1"), the(small_migrated, "Teacher", "Teacher:1")
    assert (user["title"], user["firstName"], user["lastName"], user["passwordHash"]) == ("Mrs", "Tunde", "Okoro", BCRYPT_HASH)
    assert user["updatedAt"] == teacher["updatedAt"]
    assert user["updatedAt"].year == 2025
    assert books(run) == {"Teacher": {"updated": 1}}
    after = contents(small_migrated.v2)
    touched = {name.removeprefix("public.") for name in before if before[name] != after[name]}
    assert touched == {"User", "Teacher", "Address", "migration.run", "migration.row"}
    assert len(after["public.Address"]) == len(before["public.Address"]) + 1
    third = contents(small_migrated.v2)
    migrated(small_migrated, tmp_path)
    assert contents(small_migrated.v2) == third


def test_a_user_who_was_edited_in_v2_is_kept_and_the_profile_is_not(small_migrated: Pair, tmp_path: Path) -> None:
    execute(small_migrated.v2, EDIT.format("User", """"firstName" = 'Married'""", v2_id("User:teacher:1")))
    execute(small_migrated.v1, """UPDATE "Teacher" SET "full_name" = 'Somebody Else', "qualification" = 'PhD', "address" = '1 New Road'""")
    run = migrated(small_migrated, tmp_path)
    assert the(small_migrated, "User", "User:teacher:1")["firstName"] == "Married"
    assert the(small_migrated, "Teacher", "Teacher:1")["qualification"] == "PhD"
    assert not [row for row in table_rows(small_migrated.v2, "Address") if row["userId"] == v2_id("User:teacher:1")]
    assert books(run) == {"Teacher": {"kept": 1}}
    assert ("Teacher", "1", None, "kept_edited", "User") in records(run.folder)
    before = contents(small_migrated.v2)
    again = migrated(small_migrated, tmp_path)
    assert books(again) == {"Teacher": {"kept": 1}}
    assert contents(small_migrated.v2) == before


def test_a_kept_row_is_brought_up_to_date_once_the_edit_is_gone(small_migrated: Pair, tmp_path: Path) -> None:
    written = the(small_migrated, "User", "User:parent:1")["updatedAt"]
    execute(small_migrated.v2, EDIT.format("User", """"firstName" = 'Edited'""", v2_id("User:parent:1")))
    execute(small_migrated.v1, """UPDATE "Parent" SET "full_name" = 'New Name', "occupation" = 'Smith' WHERE "id" = 1""")
    migrated(small_migrated, tmp_path)
    execute(small_migrated.v2, f"""UPDATE "User" SET "updatedAt" = '{written}' WHERE "id" = '{v2_id("User:parent:1")}'""")
    assert books(migrated(small_migrated, tmp_path)) == {"Parent": {"updated": 1}}
    assert the(small_migrated, "User", "User:parent:1")["firstName"] == "New"


def test_what_was_deleted_in_v2_does_not_come_back(small_migrated: Pair, tmp_path: Path) -> None:
    execute(small_migrated.v2, f"""DELETE FROM "User" WHERE "id" = '{v2_id("User:parent:1")}'""")
    execute(small_migrated.v1, """UPDATE "Parent" SET "full_name" = 'New Name' WHERE "id" = 1""")
    before = v2_rows(small_migrated.v2)
    assert books(migrated(small_migrated, tmp_path)) == {"Parent": {"kept": 1}}
    assert v2_rows(small_migrated.v2) == before


@pytest.mark.parametrize(
    ("policy", "password", "expected"),
    [("carry", NEW_HASH, NEW_HASH), ("carry", "plain text", BCRYPT_HASH), ("generate", NEW_HASH, BCRYPT_HASH)],
)
def test_a_password_is_carried_again_and_never_generated_again(
    small_migrated: Pair, tmp_path: Path, policy: str, password: str, expected: str
) -> None:
    execute(small_migrated.v1, f"""UPDATE "Teacher" SET "password" = '{password}', "full_name" = 'Other Name'""")
    run = migrated(small_migrated, tmp_path, password_policy=policy)
    user = the(small_migrated, "User", "User:teacher:1")
    assert (user["firstName"], user["passwordHash"], user["mustChangePassword"]) == ("Other", expected, False)
    assert not (run.folder.path / "handover").exists()


def test_a_role_at_a_school_that_v1_no_longer_names_is_withdrawn_even_of_an_edited_user(small_migrated: Pair, tmp_path: Path) -> None:
    add(small_migrated.v1, {"School": [{"id": 2, "code": "HILL"}]})
    execute(small_migrated.v1, """UPDATE "Teacher" SET "school_id" = 2""")
    execute(small_migrated.v2, EDIT.format("User", """"title" = 'Dr'""", v2_id("User:teacher:1")))
    run = migrated(small_migrated, tmp_path)
    schools = {row["schoolId"] for row in table_rows(small_migrated.v2, "UserRole") if row["userId"] == v2_id("User:teacher:1")}
    assert schools == {v2_id("School:2")}
    assert the(small_migrated, "Teacher", "Teacher:1")["schoolId"] == v2_id("School:2")
    assert ("Teacher", "1", "school_id", "role_withdrawn", None) in records(run.folder)


def test_the_class_teacher_and_the_first_contact_are_put_right_and_the_stale_link_stays(small_migrated: Pair, tmp_path: Path) -> None:
    add(small_migrated.v1, {"Teacher": [{"id": 2}], "Parent": [{"id": 2}]})
    execute(
        small_migrated.v1,
        """
        UPDATE "Class" SET "class_teacher_id" = 2 WHERE "id" = 1; UPDATE "Student" SET "parent_id" = 2;
        DELETE FROM "_ClassToTeacher"; DELETE FROM "_ParentToStudent"
        """,
    )
    run = migrated(small_migrated, tmp_path)
    homerooms = {(row["teacherId"], row["isClassTeacher"]) for row in table_rows(small_migrated.v2, "TeacherClass")}
    assert homerooms == {(v2_id("Teacher:1"), False), (v2_id("Teacher:2"), True)}
    contacts = {(row["parentId"], row["isPrimary"]) for row in table_rows(small_migrated.v2, "StudentParent")}
    assert contacts == {(v2_id("Parent:1"), False), (v2_id("Parent:2"), True)}
    stale = {record[:2] for record in records(run.folder) if record[3] == "link_stale"}
    assert stale == {("_ClassToTeacher", "1:1"), ("_ParentToStudent", "1:1")}
    again = migrated(small_migrated, tmp_path)
    assert {record[:2] for record in records(again.folder) if record[3] == "link_stale"} == stale


def test_rows_gone_from_v1_are_told_of_in_every_run_and_stay(small_migrated: Pair, tmp_path: Path) -> None:
    execute(small_migrated.v1, """DELETE FROM "_ParentToStudent"; DELETE FROM "Student" """)
    before = v2_rows(small_migrated.v2)
    for _ in range(2):
        run = migrated(small_migrated, tmp_path)
        assert ("Student", "1", None, "gone_from_v1", None) in records(run.folder)
        assert v2_rows(small_migrated.v2) == before


def test_an_address_of_v2_s_own_making_is_left_to_v2(small_migrated: Pair, tmp_path: Path) -> None:
    own = {"id": "own", "userId": v2_id("User:teacher:1"), "line1": "V2's own"}
    with psycopg.connect(small_migrated.v2) as connection:
        insert(connection, "Address", own)
    execute(small_migrated.v1, """UPDATE "Teacher" SET "address" = '5 Hill Road, Lagos'""")
    run = migrated(small_migrated, tmp_path)
    addresses = [row for row in table_rows(small_migrated.v2, "Address") if row["userId"] == own["userId"]]
    assert [row["line1"] for row in addresses] == ["V2's own"]
    assert run.report.verification.differences == {}


def test_an_edit_made_while_the_run_is_on_stops_it(small_migrated: Pair, tmp_path: Path) -> None:
    execute(small_migrated.v1, """UPDATE "Teacher" SET "full_name" = 'Other Name'""")
    before: dict[str, list[str]] = {}

    def edit() -> None:
        execute(small_migrated.v2, EDIT.format("User", """"firstName" = 'Edited'""", v2_id("User:teacher:1")))
        before.update(contents(small_migrated.v2))

    with pytest.raises(LoadError, match="1 rows were edited or deleted in V2 since the run began"):
        migrated(small_migrated, tmp_path, confirm=edit)
    assert contents(small_migrated.v2) == before


def test_what_an_update_replaces_is_backed_up(small_migrated: Pair, tmp_path: Path) -> None:
    execute(small_migrated.v1, """UPDATE "Teacher" SET "full_name" = 'Other Name'""")
    old = the(small_migrated, "User", "User:teacher:1")
    run = migrated(small_migrated, tmp_path)
    (backed_up,) = pl.read_parquet(run.folder.backup("User")).to_dicts()
    assert {name: backed_up[name] for name in ("id", "firstName", "passwordHash", "updatedAt")} == {
        name: old[name] for name in ("id", "firstName", "passwordHash", "updatedAt")
    }


def test_parts_of_v1_can_be_migrated_one_after_the_other(small: Pair, tmp_path: Path) -> None:
    add(small.v1, SECOND_YEAR)
    whole = Pair(small.v1, small.v2)
    for entities in (("schools",), ("parents", "teachers"), ("students",)):
        run = migrated(whole, tmp_path, selection=Selection.parsed(",".join(entities), None), password_policy="carry")
        assert all(book.balances for book in run.report.books.values())
    partial = v2_rows(whole.v2)
    assert {table: len(rows) for table, rows in partial.items() if table in {"Student", "Teacher", "Parent", "Enrollment"}} == {
        "Student": 3,
        "Teacher": 3,
        "Parent": 3,
        "Enrollment": 3,
    }
    assert books(migrated(whole, tmp_path)) == {}
    assert v2_rows(whole.v2) == partial


def test_a_filter_brings_over_what_meets_it(small: Pair, tmp_path: Path) -> None:
    add(small.v1, SECOND_YEAR)
    run = run_program(tmp_path, "--force", "--filter", "school_id IN (2)", environment=environment_of(small))
    assert (run.returncode, run.stderr) == (0, "")
    report = json.loads(run_folder_in(tmp_path).report.read_text())
    assert {table: (book["read"], book["inserted"]) for table, book in report["books"].items() if book["read"]} == {
        "School": (1, 1),
        "Administrator": (1, 1),
        "Class": (1, 1),
        "Student": (1, 1),
    }
