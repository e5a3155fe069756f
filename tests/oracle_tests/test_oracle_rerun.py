"""The oracle's later runs, by hand: what is updated, what is kept, who keeps what, and what is told."""

from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings

from tests.oracle.databases import v1_databases
from tests.oracle.later_model import GENERATED, Chosen, LaterRun, Memory
from tests.oracle.migrate import migrate
from tests.oracle.model import BOOKS, V2_TABLES, Held, OracleSettings, Row, Tables
from tests.oracle.reference import small_reference
from tests.oracle.rerun import rerun
from tests.oracle.rows import NOW, database, parent, school, school_class, student, subject, teacher
from tests.oracle.values import v2_id

SETTINGS = OracleSettings(run_started_at=NOW)
HASH = "$2y$10$" + "a" * 53
LATER = NOW + timedelta(days=7)

EMPTY_V2: Tables = {**{table: [] for table in V2_TABLES}, **small_reference()}


def begun(v1: Tables, *, policy: Any = "generate", only: set[str] | None = None) -> LaterRun:
    """A first run over an empty V2."""
    chosen = Chosen(frozenset(only)) if only else Chosen()
    return rerun(v1, EMPTY_V2, Memory(), chosen, OracleSettings(NOW, password_policy=policy))


def again(
    run: LaterRun,
    *,
    policy: Any = "generate",
    only: set[str] | None = None,
    meets: Callable[[str, Row], bool] = lambda _table, _row: True,
    edit: Callable[[Any], None] = lambda _v2: None,
    **changed: list[Row],
) -> LaterRun:
    """Another run, with these tables of V1 changed, after `edit` had its way with V2."""
    v2 = deepcopy(run.after)
    edit(v2)
    chosen = Chosen(frozenset(only) if only else Chosen().entities, meets)
    rows: Tables = {table: v2.rows(table) for table in v2.tables}
    return rerun({**run.v1, **changed}, rows, run.remembered, chosen, OracleSettings(LATER, password_policy=policy))


def user(run: LaterRun, key: str) -> Row:
    row = run.after.get("User", v2_id(f"User:{key}"))
    assert row
    return row


def edited(table: str, key: str) -> Callable[[Any], None]:
    """An edit by an application: `updatedAt` moves."""
    return lambda v2: v2.put(table, id=v2_id(key), updatedAt=LATER)


def deleted(table: str, *keys: str) -> Callable[[Any], None]:
    return lambda v2: v2.remove(table, *map(v2_id, keys))


def told(run: LaterRun) -> dict[str, int]:
    return dict(+run.reports)


def outcomes(run: LaterRun, table: str) -> dict[str, int]:
    return {name: count for name, count in run.books[table].items() if name != "read"}


# Unchanged, changed, kept


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
@given(v1=v1_databases(dangling=False))
def test_a_first_run_is_the_plain_migration_and_the_next_one_writes_nothing(v1: Tables) -> None:
    plain, first = migrate(v1, small_reference(), Held(), SETTINGS), begun(v1)
    for table in V2_TABLES:
        own = [row for row in first.after.rows(table) if table != "Subject" or row["schoolId"]]
        without_hashes = [{column: row[column] for column in row if column != "passwordHash"} for row in own]
        assert Counter(map(_text, without_hashes)) == Counter(map(_text, plain.tables[table])), table
    for table in BOOKS:
        assert +first.books[table] == +Counter(plain.books[table])
    second = again(first)
    assert second.after.tables == first.after.tables
    assert second.remembered == first.remembered
    assert told(second) == {}


def test_a_changed_row_updates_its_rows_and_keeps_its_password() -> None:
    first = begun(database(Teacher=[teacher(1, email="ada@x.org", password=HASH), teacher(2)]))
    second = again(first, Teacher=[teacher(1, email="new@x.org", full_name="Ada Eze", employee_no="E1", password=HASH), teacher(2)])
    assert outcomes(second, "Teacher") == {"updated": 1, "unchanged": 1}
    ada = user(second, "teacher:1")
    assert (ada["email"], ada["lastName"], ada["passwordHash"], ada["mustChangePassword"]) == ("new@x.org", "Eze", GENERATED, True)
    assert second.after.matching("Teacher", employeeNo="E1")


def test_a_hash_is_carried_by_an_update_only_if_v1_has_one() -> None:
    first = begun(database(Teacher=[teacher(1), teacher(2)]))
    changed = [teacher(1, password=HASH), teacher(2, password="plain")]
    generate, carry = again(first, Teacher=changed), again(first, Teacher=changed, policy="carry")
    assert [(user(run, "teacher:1")["passwordHash"], user(run, "teacher:1")["mustChangePassword"]) for run in (generate, carry)] == [
        (GENERATED, True),
        ("$2b$10$" + "a" * 53, False),
    ]
    assert (user(carry, "teacher:2")["passwordHash"], user(carry, "teacher:2")["mustChangePassword"]) == (GENERATED, True)


def test_what_was_edited_in_v2_is_kept_and_the_row_s_other_v2_rows_are_updated() -> None:
    first = begun(database(Teacher=[teacher(1)]))
    changed = [teacher(1, full_name="Ada Eze", employee_no="E1", address="1 High St, Lagos")]
    second = again(first, Teacher=changed, edit=edited("User", "User:teacher:1"))
    assert (outcomes(second, "Teacher"), told(second)) == ({"kept": 1}, {"kept_edited": 1})
    assert user(second, "teacher:1")["lastName"] == "Obi"
    assert second.after.matching("Teacher", employeeNo="E1")
    assert second.after.rows("Address") == []
    third = again(second)
    assert (outcomes(third, "Teacher"), third.after.tables) == ({"kept": 1}, second.after.tables)


def test_a_kept_row_is_updated_once_the_edit_is_gone() -> None:
    first = begun(database(Class=[school_class(1)]))
    second = again(first, Class=[school_class(1, name="JSS 2B")], edit=edited("Class", "Class:1"))
    third = again(second, edit=lambda v2: v2.put("Class", id=v2_id("Class:1"), updatedAt=NOW))
    assert [outcomes(run, "Class") for run in (second, third)] == [{"kept": 1}, {"updated": 1}]
    assert third.after.matching("Class", name="JSS 2B")


def test_what_v2_deleted_is_not_made_again() -> None:
    first = begun(database(Teacher=[teacher(1)]))
    second = again(first, Teacher=[teacher(1, employee_no="E1")], edit=deleted("Teacher", "Teacher:1"))
    assert outcomes(second, "Teacher") == {"kept": 1}
    assert second.after.rows("Teacher") == []


def test_a_subject_follows_its_school() -> None:
    first = begun(database(Subject=[subject(1)]))
    changed = [subject(1, name="Igbo")]
    plain, kept = again(first, Subject=changed), again(first, Subject=changed, edit=edited("School", "School:1"))
    assert (outcomes(plain, "Subject"), outcomes(kept, "Subject")) == ({"updated": 1}, {"kept": 1})
    assert plain.after.matching("Subject", name="Igbo", code="GHS-igbo")
    assert kept.after.matching("Subject", name="Yoruba", code="GHS-yoruba")


def test_rejected_rows_leave_v2_and_the_memory_as_they_were() -> None:
    first = begun(database(Teacher=[teacher(1)]))
    second = again(first, Teacher=[teacher(1, full_name=" ")])
    assert (outcomes(second, "Teacher"), second.after.tables, second.remembered) == ({"rejected": 1}, first.after.tables, first.remembered)


def test_people_of_a_school_that_is_rejected_now_are_not_if_v2_has_it() -> None:
    first = begun(database(School=[school(1), school(2, code="TWO")]))
    second = again(first, School=[school(1), school(2, code="GHS ")], Teacher=[teacher(1, school_id=2)])
    assert (outcomes(second, "School"), outcomes(second, "Teacher")) == ({"unchanged": 1, "rejected": 1}, {"inserted": 1})


# Who keeps what


def test_an_address_that_a_row_gives_up_is_still_owned_in_this_run() -> None:
    first = begun(database(Teacher=[teacher(1, email="a@x.org"), teacher(2, email="b@x.org")]))
    second = again(first, Teacher=[teacher(1, email="b@x.org"), teacher(2, email="a@x.org"), teacher(3, email="a+2@x.org")])
    assert [user(second, f"teacher:{v1_id}")["email"] for v1_id in (1, 2, 3)] == ["b+2@x.org", "a+3@x.org", "a+2@x.org"]


def test_who_holds_an_address_keeps_it_before_whoever_claims_first() -> None:
    first = begun(database(Teacher=[teacher(2, email="a@x.org"), teacher(3, email="a@x.org")]))
    second = again(first, Teacher=[teacher(v1_id, email="a@x.org", employee_no="E1") for v1_id in (1, 2, 3)])
    assert [user(second, f"teacher:{v1_id}")["email"] for v1_id in (1, 2, 3)] == ["a+3@x.org", "a@x.org", "a+2@x.org"]


def test_numbers_and_codes_are_kept_likewise() -> None:
    v1 = database(Student=[student(2, admission_no="A", phone="0803 123 4567")], Subject=[subject(2)])
    second = again(
        begun(v1),
        Student=[student(v1_id, admission_no="A", phone="0803 123 4567", blood_group="O") for v1_id in (1, 2)],
        Subject=[subject(1), subject(2, category="Arts")],
    )
    assert [second.after.get("Student", v2_id(f"Student:{v1_id}"))["admissionNo"] for v1_id in (1, 2)] == ["A-2", "A"]  # type: ignore[index]  # there
    assert [user(second, f"student:{v1_id}")["phone"] for v1_id in (1, 2)] == ["+2348031234567;ext=2", "+2348031234567"]
    assert [second.after.get("Subject", v2_id(f"Subject:{v1_id}"))["code"] for v1_id in (1, 2)] == ["GHS-yoruba-2", "GHS-yoruba"]  # type: ignore[index]


def test_rows_that_a_run_leaves_out_claim_as_ever() -> None:
    v1 = database(Teacher=[teacher(1, email="a@x.org")], Parent=[parent(1, email="a@x.org")])
    first = begun(v1, only={"schools", "parents"})
    assert outcomes(first, "Teacher") == {}
    assert user(first, "parent:1")["email"] == "a+2@x.org"
    assert user(again(first), "teacher:1")["email"] == "a@x.org"


# Links


def test_the_flags_of_column_links_are_put_right_and_the_old_links_are_stale() -> None:
    v1 = database(
        Class=[school_class(1, class_teacher_id=1)],
        Teacher=[teacher(1), teacher(2)],
        Parent=[parent(1), parent(2)],
        Student=[student(1, parent_id=1)],
    )
    second = again(begun(v1), Class=[school_class(1, class_teacher_id=2)], Student=[student(1, parent_id=2)])
    for run in (second, again(second)):
        assert [row["isClassTeacher"] for row in run.after.rows("TeacherClass")] == [False, True]
        assert [row["isPrimary"] for row in run.after.rows("StudentParent")] == [False, True]
        assert told(run) == {"link_stale": 2}


def test_a_link_row_whose_pair_v2_holds_already_is_unchanged() -> None:
    first = begun(database(Class=[school_class(1)], Teacher=[teacher(1)]))
    by_hand = {"teacherId": v2_id("Teacher:1"), "classId": v2_id("Class:1"), "isClassTeacher": True}
    second = again(first, _ClassToTeacher=[{"A": 1, "B": 1}], edit=lambda v2: v2.put("TeacherClass", **by_hand))
    assert (outcomes(second, "_ClassToTeacher"), second.after.rows("TeacherClass")) == ({"unchanged": 1}, [by_hand])


def test_a_relationship_follows_the_student() -> None:
    links = [{"A": 1, "B": 1}]
    first = begun(database(Parent=[parent(1)], Student=[student(1)], _ParentToStudent=links))
    changed = [parent(1, relationship="Mum")]
    plain, kept = again(first, Parent=changed), again(first, Parent=changed, edit=edited("Student", "Student:1"))
    assert (outcomes(plain, "_ParentToStudent"), outcomes(kept, "_ParentToStudent")) == ({"updated": 1}, {"kept": 1})
    assert [run.after.rows("StudentParent")[0]["relationship"] for run in (plain, kept)] == ["MOTHER", "OTHER"]


def test_a_role_at_a_school_of_before_is_withdrawn_even_of_a_kept_user() -> None:
    first = begun(database(School=[school(1), school(2, code="TWO")], Parent=[parent(1)]))
    second = again(first, Parent=[parent(1, school_id=2)], edit=edited("User", "User:parent:1"))
    roles = second.after.matching("UserRole", userId=v2_id("User:parent:1"))
    assert [row["schoolId"] for row in roles] == [v2_id("School:2")]
    assert {row["schoolId"] for row in second.after.rows("ParentSchool")} == {v2_id("School:1"), v2_id("School:2")}
    assert told(second) == {"kept_edited": 1, "role_withdrawn": 1, "link_stale": 1}


def test_links_by_columns_come_with_whichever_end_comes_last() -> None:
    v1 = database(
        Class=[school_class(1, class_teacher_id=1)],
        Teacher=[teacher(1)],
        Parent=[parent(1)],
        Student=[student(1, class_id=1, parent_id=1)],
    )
    for steps in (["schools", "students", "parents", "teachers"], ["schools", "teachers", "parents", "students"]):
        run = begun(v1, only={steps[0]})
        for step in steps[1:]:
            run = again(run, only={step})
        assert run.after.tables == begun(v1).after.tables


def test_an_enrollment_comes_with_its_class() -> None:
    v1 = database(Class=[school_class(1)], Student=[student(1, class_id=1)])
    first = rerun(v1, EMPTY_V2, Memory(), Chosen(meets=lambda table, _row: table != "Class"), SETTINGS)
    assert first.after.rows("Enrollment") == []
    second = again(first)
    assert outcomes(second, "Student") == {"updated": 1}
    assert [row["academicYear"] for row in second.after.rows("Enrollment")] == ["2024/2025"]


# What is told of V1's losses, and of a part


def test_rows_gone_from_v1_and_links_that_it_no_longer_gives_are_told_every_time() -> None:
    v1 = database(Subject=[subject(1)], Teacher=[teacher(1)], _SubjectToTeacher=[{"A": 1, "B": 1}])
    second = again(begun(v1), Subject=[], Teacher=[], _SubjectToTeacher=[])
    for run in (second, again(second)):
        assert told(run) == {"gone_from_v1": 2, "link_stale": 1}
        assert run.after.rows("TeacherSubject")
    assert told(again(second, only={"students"})) == {}


def test_the_books_hold_what_is_selected_and_a_link_row_by_either_end() -> None:
    v1 = database(
        Class=[school_class(1)],
        Teacher=[teacher(1), teacher(2)],
        _ClassToTeacher=[{"A": 1, "B": 1}, {"A": 1, "B": 2}],
    )
    run = again(begun(v1), only={"teachers"}, meets=lambda table, row: table == "Teacher" and row["id"] == 2)
    assert {table: book["read"] for table, book in run.books.items() if book} == {"Teacher": 1, "_ClassToTeacher": 1}


def _text(row: Row) -> str:
    return repr(sorted(row.items()))
