"""Runs after the first: what V2 holds stays as it is, and what is new in V1 moves alone (mapping, section 10)."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from pipeline.errors import LoadError
from pipeline.postgres.embedded import Server
from pipeline.steps import V2_TABLES
from tests.integration.conftest import fill_small
from tests.integration.databases import (
    Migrated,
    Pair,
    add,
    add_strangers,
    contents,
    environment_of,
    execute,
    handed_over,
    insert,
    migrated,
    run_folder_in,
    run_program,
    table_rows,
    users,
)
from tests.integration.small_school import SECOND_YEAR
from tests.oracle.values import v2_id

STRANGERS_IN_BETWEEN = [
    {"email": "Tunde+2@GHS.example"},
    {"email": "in.between@v2.example", "phone": "+2348030000009"},
]


def added_to(after: dict[str, list[str]], before: dict[str, list[str]]) -> dict[str, int]:
    """How many rows each table of V2 has more; every row that was there is untouched."""
    added = {}
    for table in V2_TABLES:
        was, is_now = set(before[f"public.{table}"]), set(after[f"public.{table}"])
        assert was <= is_now, table
        added[table] = len(is_now - was)
    return {table: rows for table, rows in added.items() if rows}


# Nothing is new


def test_a_second_run_over_the_sample_writes_nothing(migrated_sample: Migrated, tmp_path: Path) -> None:
    before = contents(migrated_sample.pair.v2)
    again = migrated(migrated_sample.pair, tmp_path)
    assert contents(migrated_sample.pair.v2) == before
    first_books = migrated_sample.report.books
    for table, book in again.report.books.items():
        assert (book.inserted, book.updated, book.kept) == (0, 0, 0), table
        assert book.unchanged == first_books[table].inserted
        assert (book.merged, book.rejected) == (first_books[table].merged, first_books[table].rejected)
    assert set(again.run.facts["written"].values()) == {0}


def test_settings_that_shape_no_row_make_no_row_new(small_migrated: Pair, tmp_path: Path) -> None:
    before = contents(small_migrated.v2)
    migrated(small_migrated, tmp_path, migration_batch_size=2, password_policy="generate", max_rejected_percent=5)
    assert contents(small_migrated.v2) == before


def test_the_program_says_that_nothing_was_left_to_do(small_migrated: Pair, tmp_path: Path) -> None:
    before = contents(small_migrated.v2)
    again = run_program(tmp_path, "--force", environment=environment_of(small_migrated))
    assert (again.returncode, again.stderr) == (0, "")
    assert "Nothing to write: V2 holds all of V1 that can go there." in again.stdout
    assert contents(small_migrated.v2) == before
    report = json.loads(run_folder_in(tmp_path).report.read_text())
    assert (report["verdict"], set(report["written"].values())) == ("ok", {0})


def test_a_row_that_is_gone_from_v1_stays_in_v2(small_migrated: Pair, tmp_path: Path) -> None:
    before = contents(small_migrated.v2)
    execute(small_migrated.v1, """DELETE FROM "_ParentToStudent"; DELETE FROM "Student" WHERE "id" = 1""")
    add(small_migrated.v1, {"Student": [{"id": 4, "admission_no": "A1"}]})
    migrated(small_migrated, tmp_path)
    assert added_to(contents(small_migrated.v2), before) == {"User": 1, "UserRole": 1, "Student": 1}
    assert {row["admissionNo"] for row in table_rows(small_migrated.v2, "Student")} == {"A1", "A1-2"}


# Something is new


@dataclass(frozen=True)
class SecondYear:
    """Two runs, between which V1 got new rows and V2 new strangers."""

    pair: Pair
    before: dict[str, list[str]]
    """What V2 held before the second run."""
    after: dict[str, list[str]]
    run: Migrated


@pytest.fixture(scope="module")
def second_year(
    server: Server,
    filled_once: Callable[[str, Callable[[str], None]], str],
    fill_migrated: Callable[[str], None],
    tmp_path_factory: pytest.TempPathFactory,
) -> SecondYear:
    templates = {"v1": filled_once("small_v1", fill_small), "v2": filled_once("small_v2", fill_migrated)}
    names = {label: server.create_database(f"second_year_{label}", template=template) for label, template in templates.items()}
    pair = Pair(server.url(names["v1"]), server.url(names["v2"]))
    add(pair.v1, SECOND_YEAR)
    add_strangers(pair.v2, STRANGERS_IN_BETWEEN)
    before = contents(pair.v2)
    run = migrated(pair, tmp_path_factory.mktemp("second_year"))
    return SecondYear(pair, before, contents(pair.v2), run)


def test_new_rows_move_alone_and_no_address_changes_hands(second_year: SecondYear) -> None:
    assert added_to(second_year.after, second_year.before) == {
        "School": 1,
        "User": 7,
        "UserRole": 7,
        "Class": 1,
        "Teacher": 2,
        "TeacherClass": 2,
        "TeacherSubject": 1,
        "Parent": 2,
        "Student": 2,
        "Enrollment": 2,
        "StudentParent": 3,
        "ParentSchool": 3,
    }
    assert {row["email"]: row["phone"] for row in users(second_year.pair.v2).values()} == {
        "office@ghs.example": "+2348030000001",
        "tunde@ghs.example": "+2348030000002",
        "bola@mail.example": "+2348030000003",
        "chidi.ade@ghs.v1.invalid": "+2348030000003;ext=2",
        "Tunde+2@GHS.example": None,
        "in.between@v2.example": "+2348030000009",
        "ngozi.eze@hill.v1.invalid": None,
        "bola+3@mail.example": "+2348030000003;ext=3",
        "tunde+3@ghs.example": None,
        "chidi.ade+2@ghs.v1.invalid": "+2348030000009;ext=2",
        "bola+2@mail.example": None,
        "chidi.ade+3@ghs.v1.invalid": None,
        "dayo@mail.example": None,
    }
    books = {table: (book.inserted, book.unchanged, book.merged) for table, book in second_year.run.report.books.items()}
    assert books == {
        "School": (1, 1, 0),
        "Administrator": (1, 1, 0),
        "Class": (1, 2, 0),
        "Subject": (0, 1, 1),
        "Teacher": (2, 1, 0),
        "_ClassToTeacher": (2, 0, 1),
        "_SubjectToTeacher": (1, 2, 0),
        "Parent": (2, 1, 0),
        "Student": (2, 1, 0),
        "_ParentToStudent": (1, 0, 1),
    }


def test_new_links_join_new_rows_and_old_ones(second_year: SecondYear) -> None:
    pair = second_year.pair
    first_school, second_school = v2_id("School:1"), v2_id("School:2")
    parents = [v2_id(f"Parent:{number}") for number in range(4)]
    children = [v2_id(f"Student:{number}") for number in range(4)]
    assert {(row["studentId"], row["parentId"], row["relationship"], row["isPrimary"]) for row in table_rows(pair.v2, "StudentParent")} == {
        (children[1], parents[1], "MOTHER", True),
        (children[1], parents[2], "OTHER", False),
        (children[2], parents[1], "MOTHER", True),
        (children[3], parents[1], "MOTHER", True),
    }
    assert {(row["parentId"], row["schoolId"]) for row in table_rows(pair.v2, "ParentSchool")} == {
        (parents[1], first_school),
        (parents[1], second_school),
        (parents[2], first_school),
        (parents[3], first_school),
    }
    assert {row["admissionNo"] for row in table_rows(pair.v2, "Student")} == {"A1", "A1-2", "ADM-3"}


def test_the_ledger_grows_by_the_new_rows_and_nobody_old_gets_a_new_password(second_year: SecondYear) -> None:
    before, after = second_year.before, second_year.after
    assert len(set(after["migration.run"]) - set(before["migration.run"])) == 1
    assert set(before["migration.row"]) < set(after["migration.row"])
    new = len(after["migration.row"]) - len(before["migration.row"])
    assert new == sum(book.inserted for book in second_year.run.report.books.values())
    keys = ("admin:2", "teacher:2", "teacher:3", "parent:2", "parent:3", "student:2", "student:3")
    assert handed_over(second_year.run).keys() == {v2_id(f"User:{key}") for key in keys}


def test_a_third_run_writes_nothing(second_year: SecondYear, tmp_path: Path) -> None:
    migrated(second_year.pair, tmp_path)
    assert contents(second_year.pair.v2) == second_year.after


def test_a_link_that_v2_holds_already_is_left_alone_whoever_made_it(small_migrated: Pair, tmp_path: Path) -> None:
    with psycopg.connect(small_migrated.v2) as connection:
        insert(connection, "TeacherClass", {"teacherId": v2_id("Teacher:1"), "classId": v2_id("Class:2"), "isClassTeacher": True})
    before = contents(small_migrated.v2)
    add(small_migrated.v1, {"_ClassToTeacher": [{"A": 2, "B": 1}]})
    migrated(small_migrated, tmp_path)
    assert contents(small_migrated.v2) == before


def test_what_v2_dropped_itself_stays_dropped_and_links_to_it_are_too(small_migrated: Pair, tmp_path: Path) -> None:
    execute(small_migrated.v2, f"""DELETE FROM "User" WHERE "id" = '{v2_id("User:parent:1")}'""")
    before = contents(small_migrated.v2)
    add(small_migrated.v1, {"Student": [{"id": 2, "parent_id": 1}], "_ParentToStudent": [{"A": 1, "B": 2}]})
    second = migrated(small_migrated, tmp_path)
    assert added_to(contents(small_migrated.v2), before) == {"User": 1, "UserRole": 1, "Student": 1}
    assert second.report.document()["changed"] == {"email_generated": 1, "email_suffixed": 1, "link_dropped": 1, "subject_merged": 1}
    assert second.report.document()["rejected"] == {"link_dropped": 2}


# Something goes wrong


def test_an_address_that_somebody_takes_while_the_run_is_on_stops_it(small: Pair, tmp_path: Path) -> None:
    before: dict[str, list[str]] = {}

    def take() -> None:
        add_strangers(small.v2, [{"email": "bola@mail.example"}])
        before.update(contents(small.v2))

    with pytest.raises(LoadError, match="User_email_key") as failure:
        migrated(small, tmp_path, confirm=take)
    assert "bola" not in str(failure.value)
    assert contents(small.v2) == before
