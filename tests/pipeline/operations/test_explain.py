"""What became of a row is told out of the runs' folders alone: three runs over a V1 whose rows break every rule."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from checks.relations import PRIMARY_KEYS
from pipeline.errors import RefusedError, UsageError
from pipeline.operations.explain import LEFT, NONE, SECRETS, SET, explained
from pipeline.operations.explanation import Explanation, V2Row
from pipeline.postgres.embedded import Server
from pipeline.run_folder import RunFolder
from pipeline.selection import Selection
from pipeline.steps import V2_TABLES
from tests.integration.conftest import fill_with_every_rule
from tests.integration.databases import Migrated, Pair, execute, migrated, set_up_v2, table_rows
from tests.integration.every_rule import CHANGED, REJECTED, V1_ROWS
from tests.oracle.values import v2_id
from transforms.lineage import writings_of
from transforms.reasons import MEANINGS

ADDRESSES = """
    UPDATE "School" SET "address" = '1 High Street, Ikeja, Lagos' WHERE "id" = 1;
    UPDATE "Student" SET "address" = '2 Low Road, Minna, Niger' WHERE "id" = 6;
"""
IN_V1_SINCE = """
    UPDATE "Teacher" SET "full_name" = 'Ada Obi', "password" = 'secret-of-ada' WHERE "id" = 1;
    UPDATE "Teacher" SET "employee_no" = 'E5' WHERE "id" = 5;
    DELETE FROM "_SubjectToTeacher" WHERE "A" = 1;
"""
IN_V2_SINCE = """
    UPDATE "User" SET "firstName" = 'Bay', "updatedAt" = now() WHERE "firstName" = 'Bayo'
"""


@dataclass(frozen=True)
class History:
    """Runs in sequence: the first over everything, the second after edits on both sides, the third a dry run over the schools alone."""

    pair: Pair
    first: Migrated
    second: Migrated
    third: Migrated
    first_v2: dict[str, set[tuple[str, ...]]]
    """The keys of V2's rows after the first run."""


RunsOf = Callable[..., Path]


@pytest.fixture(scope="module")
def history(server: Server, tmp_path_factory: pytest.TempPathFactory) -> History:
    """Made once; only ever read."""
    pair = Pair(*(server.url(server.create_database(f"explained_{name}")) for name in ("v1", "v2")))
    fill_with_every_rule(pair.v1)
    execute(pair.v1, ADDRESSES)
    set_up_v2(pair.v2)
    catalogue = {row["id"] for row in table_rows(pair.v2, "Subject")}
    runs = tmp_path_factory.mktemp("runs")
    first = migrated(pair, runs)
    first_v2 = {
        table: {tuple(row[name] for name in PRIMARY_KEYS[table]) for row in table_rows(pair.v2, table) if row.get("id") not in catalogue}
        for table in V2_TABLES
    }
    execute(pair.v1, IN_V1_SINCE)
    execute(pair.v2, IN_V2_SINCE)
    second = migrated(pair, runs)
    third = migrated(pair, runs, selection=Selection.parsed("schools", None), dry_run=True)
    return History(pair, first, second, third, first_v2)


@pytest.fixture
def runs_of(tmp_path: Path) -> RunsOf:
    """A folder of runs that holds some of them only."""

    def runs(*chosen: Migrated) -> Path:
        for run in chosen:
            (tmp_path / run.folder.run_id).symlink_to(run.folder.path)
        return tmp_path

    return runs


def row_of(explanation: Explanation, table: str) -> V2Row:
    (found,) = (row for row in explanation.rows if row.table == table)
    return found


def values_of(row: V2Row) -> dict[str, object]:
    return {value.column: value.value for value in row.values}


# What became of it


@pytest.mark.parametrize(("table", "v1_id", "column", "code", "check"), sorted(REJECTED, key=str))
def test_a_rejected_row_has_its_reason_and_no_v2_row(
    history: History, runs_of: RunsOf, table: str, v1_id: str, column: str | None, code: str, check: str | None
) -> None:
    explanation = explained(runs_of(history.first), table=table, v1_id=v1_id)
    assert (explanation.state, explanation.rows, explanation.written_by) == ("rejected", (), None)
    reason = explanation.rejection
    assert reason
    assert (reason.code, reason.meaning, reason.column, reason.check) == (code, MEANINGS[code], column, check)
    assert (reason.check_meaning is None) == (check is None)


@pytest.mark.parametrize(("table", "v1_id", "column", "code"), sorted(CHANGED))
def test_a_value_that_was_changed_is_told_with_its_meaning_and_what_v1_has(
    history: History, runs_of: RunsOf, table: str, v1_id: str, column: str, code: str
) -> None:
    explanation = explained(runs_of(history.first), table=table, v1_id=v1_id)
    assert (column, code, MEANINGS[code]) in {(change.column, change.code, change.meaning) for change in explanation.changes}
    assert explanation.state == ("merged" if code == "subject_merged" else "inserted")


def test_all_rows_that_v2_was_given_are_told_of_and_no_others(history: History, runs_of: RunsOf) -> None:
    runs = runs_of(history.first)
    told: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    kinds = [("Administrator", V1_ROWS["School"]), *V1_ROWS.items()]
    for kind, rows in kinds:
        for v1_row in rows:
            v1_id = str(v1_row["id"]) if "id" in v1_row else f"{v1_row['A']}:{v1_row['B']}"
            for row in explained(runs, table=kind, v1_id=v1_id).rows:
                told[row.table].add(tuple(str(values_of(row)[name]) for name in PRIMARY_KEYS[row.table]))
    assert told == history.first_v2


def test_every_value_has_the_rule_that_made_it(history: History, runs_of: RunsOf) -> None:
    explanation = explained(runs_of(history.first), table="Teacher", v1_id="1")
    assert [row.table for row in explanation.rows] == ["User", "UserRole", "Teacher"]
    assert explanation.absent == {"Address": "the line holds no address"}
    user = row_of(explanation, "User")
    phone = next(value for value in user.values if value.column == "phone")
    assert (phone.value, phone.sources, phone.section) == ("+2348031234567;ext=2", ("Teacher.phone", "School.country"), 5)
    (writing,) = (writing for writing in writings_of("Teacher") if writing.table == "User")
    assert [value.column for value in user.values] == [origin.column for origin in writing.origins]
    assert values_of(user)["id"] == v2_id("User:teacher:1")
    assert next(value.meaning for value in user.values if value.column == "userTypeId") == "TEACHER"


def test_a_pair_that_a_column_gives_is_told_with_the_row_of_the_column(history: History, runs_of: RunsOf) -> None:
    student = explained(runs_of(history.first), table="Student", v1_id="1")
    assert values_of(row_of(student, "StudentParent")) == {
        "studentId": v2_id("Student:1"), "parentId": v2_id("Parent:1"), "relationship": "OTHER", "isPrimary": True,
    }  # fmt: skip
    assert values_of(row_of(student, "ParentSchool")) == {"parentId": v2_id("Parent:1"), "schoolId": v2_id("School:1")}
    assert values_of(row_of(student, "Enrollment"))["classId"] == v2_id("Class:1")
    link = explained(runs_of(), table="_ParentToStudent", v1_id="1:1")
    assert (link.state, link.rows) == ("merged", ())


def test_a_subject_of_the_catalogue_is_named_and_a_link_leads_to_it(history: History, runs_of: RunsOf) -> None:
    runs = runs_of(history.first)
    subject = explained(runs, table="Subject", v1_id="1")
    assert (subject.state, subject.merged_with, subject.rows) == ("merged", "MATHEMATICS", ())
    link = row_of(explained(runs, table="_SubjectToTeacher", v1_id="1:1"), "TeacherSubject")
    assert values_of(link)["subjectId"] == v2_id("Subject:catalogue:MATHEMATICS")
    assert next(value.meaning for value in link.values if value.column == "subjectId") == "MATHEMATICS"


def test_times_are_told_as_v1_has_them_whatever_the_calendar(history: History, runs_of: RunsOf) -> None:
    v1 = explained(runs_of(history.first), table="Student", v1_id="6").v1
    assert (v1["date_of_birth"], v1["enrolled_at"], v1["created_at"]) == ("infinity", "-infinity", "2024-01-10 08:00:00.000")


# Several runs


def test_an_unchanged_row_is_told_by_the_run_that_wrote_it(history: History, runs_of: RunsOf) -> None:
    explanation = explained(runs_of(history.first, history.second), table="Parent", v1_id="4")
    assert (explanation.state, explanation.run.run) == ("unchanged", history.second.folder.run_id)
    assert explanation.written_by
    assert explanation.written_by.run == explanation.ledger_run == history.first.folder.run_id
    assert values_of(row_of(explanation, "User"))["email"] == "bola+2@x.example"
    assert {change.code for change in explanation.changes} >= {"email_suffixed", "phone_extra_dropped"}


def test_an_updated_row_is_told_by_the_run_that_updated_it_and_keeps_its_password(history: History, runs_of: RunsOf) -> None:
    explanation = explained(runs_of(history.first, history.second), table="Teacher", v1_id="1")
    assert explanation.state == "updated"
    assert explanation.written_by
    assert explanation.written_by.run == history.second.folder.run_id
    user = row_of(explanation, "User")
    assert user.how == "updated"
    assert (values_of(user)["passwordHash"], values_of(user)["mustChangePassword"]) == (LEFT, LEFT)


def test_a_kept_row_is_told_with_what_v2_was_given_before(history: History, runs_of: RunsOf) -> None:
    explanation = explained(runs_of(history.first, history.second), table="Teacher", v1_id="5")
    assert explanation.state == "kept"
    assert explanation.written_by
    assert explanation.written_by.run == history.first.folder.run_id
    assert ("kept_edited", "User") in {(change.code, change.detail) for change in explanation.changes}
    assert values_of(row_of(explanation, "User"))["firstName"] == "Bayo"


def test_a_row_that_the_newest_run_left_out_is_told_by_the_run_that_wrote_it(history: History, runs_of: RunsOf) -> None:
    explanation = explained(runs_of(history.first, history.second, history.third), table="Teacher", v1_id="1")
    assert (explanation.state, explanation.run.dry_run) == ("not selected", True)
    assert explanation.written_by
    assert explanation.written_by.run == history.second.folder.run_id


def test_a_row_that_v1_no_longer_has_is_told_by_the_last_run_that_read_it(history: History, runs_of: RunsOf) -> None:
    explanation = explained(runs_of(history.first, history.second), table="_SubjectToTeacher", v1_id="1:1")
    assert (explanation.state, explanation.run.run) == ("inserted", history.first.folder.run_id)
    assert explanation.gone_in == history.second.folder.run_id
    assert "gone_from_v1" in {change.code for change in explanation.changes} or "link_stale" in {c.code for c in explanation.changes}


def test_a_writer_whose_folder_is_gone_is_named(history: History, runs_of: RunsOf) -> None:
    explanation = explained(runs_of(history.second), table="Parent", v1_id="4")
    assert (explanation.state, explanation.written_by, explanation.rows) == ("unchanged", None, ())
    assert explanation.ledger_run == history.first.folder.run_id


def test_without_the_ledgers_word_the_newest_earlier_run_that_wrote_it_counts(
    history: History, runs_of: RunsOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.operations.past_runs.PastRun.ledger_run", lambda *_: None)
    explanation = explained(runs_of(history.first, history.second, history.third), table="Teacher", v1_id="1")
    assert explanation.written_by
    assert explanation.written_by.run == history.second.folder.run_id


def test_runs_that_cannot_be_read_or_planned_nothing_are_passed_over(history: History, runs_of: RunsOf) -> None:
    runs = runs_of(history.first)
    for name, manifest in (("20990101T000000Z-aaaa", "{}"), ("20990101T000000Z-bbbb", None)):
        (runs / name).mkdir()
        if manifest:
            RunFolder(runs / name).manifest.write_text(manifest, encoding="utf-8")
    assert explained(runs, table="School", v1_id="1").run.run == history.first.folder.run_id
    assert sorted(path.name for path in (runs / "20990101T000000Z-bbbb").iterdir()) == []


# Secrets, and what was asked


def test_no_password_and_no_hash_is_told(history: History, runs_of: RunsOf) -> None:
    explanation = explained(runs_of(history.first, history.second), table="Teacher", v1_id="1")
    assert explanation.v1["password"] == SET
    assert explained(runs_of(), table="Teacher", v1_id="6").v1["password"] == NONE
    assert explained(runs_of(), table="Administrator", v1_id="1").v1["admin_password"] == NONE
    assert "secret-of-ada" not in repr(explanation)
    shown = {value.value for row in explanation.rows for value in row.values if value.column in SECRETS}
    assert shown <= {SET, LEFT}


@pytest.mark.parametrize("table", ["teacher", "TEACHER", "Teacher"])
def test_a_table_is_known_in_any_case(history: History, runs_of: RunsOf, table: str) -> None:
    assert explained(runs_of(history.first), table=table, v1_id=" 007 ").v1_id == "7"
    assert explained(runs_of(), table="_classtoTEACHER", v1_id="1:1").table == "_ClassToTeacher"
    assert explained(runs_of(), table="ClassToTeacher", v1_id="01:1").v1_id == "1:1"


def test_an_administrator_has_the_columns_of_the_school_row_that_are_theirs(history: History, runs_of: RunsOf) -> None:
    runs = runs_of(history.first)
    assert "admin_email" in explained(runs, table="administrator", v1_id="6").v1
    assert "admin_email" not in explained(runs, table="School", v1_id="6").v1


@pytest.mark.parametrize(
    ("table", "v1_id"),
    [("User", "1"), ("", "1"), ("Teacher", "x"), ("Teacher", "1:1"), ("Teacher", "12345678901"), ("_ClassToTeacher", "1")],
)
def test_what_cannot_be_meant_is_refused_without_being_quoted(tmp_path: Path, table: str, v1_id: str) -> None:
    with pytest.raises(UsageError) as refused:
        explained(tmp_path, table=table, v1_id=v1_id)
    assert "Teacher" in refused.value.next_step


def test_an_id_that_no_run_has_read_is_refused(history: History, runs_of: RunsOf, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="has read Teacher 99"):
        explained(runs_of(history.first), table="Teacher", v1_id="99")
    with pytest.raises(RefusedError, match="has read _ClassToTeacher 9:9"):
        explained(tmp_path / "nowhere", table="_ClassToTeacher", v1_id="9:9")
