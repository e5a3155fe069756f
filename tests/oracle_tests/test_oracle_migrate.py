"""The oracle's whole migration: who keeps what, what is rejected, and the laws on databases that Hypothesis makes."""

import random
from collections import Counter
from datetime import datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracle.databases import held, v1_databases
from tests.oracle.migrate import migrate
from tests.oracle.model import BOOKS, Changed, Held, OracleResult, OracleSettings, Row, Tables
from tests.oracle.reference import small_reference
from tests.oracle.values import v2_id

NOW = datetime(2025, 3, 1, 12)  # noqa: DTZ001 -- naive UTC, as V1's times are
SETTINGS = OracleSettings(run_started_at=NOW)

FOREIGN_KEYS = {
    ("Address", "userId"): "User",
    ("Address", "schoolId"): "School",
    ("Class", "schoolId"): "School",
    ("Subject", "schoolId"): "School",
    ("UserRole", "userId"): "User",
    ("UserRole", "schoolId"): "School",
    ("Teacher", "userId"): "User",
    ("Teacher", "schoolId"): "School",
    ("Parent", "userId"): "User",
    ("Student", "userId"): "User",
    ("Student", "schoolId"): "School",
    ("TeacherClass", "teacherId"): "Teacher",
    ("TeacherClass", "classId"): "Class",
    ("TeacherSubject", "teacherId"): "Teacher",
    ("ParentSchool", "parentId"): "Parent",
    ("ParentSchool", "schoolId"): "School",
    ("StudentParent", "studentId"): "Student",
    ("StudentParent", "parentId"): "Parent",
    ("Enrollment", "studentId"): "Student",
    ("Enrollment", "classId"): "Class",
}
UNIQUE = {
    "School": ["code"],
    "Subject": ["code"],
    "User": ["email"],
    "Student": ["schoolId", "admissionNo"],
    "UserRole": ["userId", "roleId", "schoolId"],
    "TeacherClass": ["teacherId", "classId"],
    "TeacherSubject": ["teacherId", "subjectId"],
    "ParentSchool": ["parentId", "schoolId"],
    "StudentParent": ["studentId", "parentId"],
    "Enrollment": ["studentId", "academicYear"],
}
MAY_BE_NULL = {
    "Address": {"userId", "schoolId", "line2", "city", "state", "postalCode"},
    "Class": {"classLevelId", "section", "capacity"},
    "School": {"curriculumId", "email", "phone", "logoUrl"},
    "User": {"phone", "title", "middleName", "lastName", "suffix", "gender", "dateOfBirth"},
    "Teacher": {"employeeNo", "qualification", "salary", "hiredAt"},
    "Parent": {"altPhone", "occupation"},
    "Student": {"bloodGroup", "enrolledAt"},
}


def test_the_first_claimant_keeps_an_address_and_suffixes_skip_what_is_wished_for_or_held() -> None:
    v1 = database(
        Teacher=[teacher(2, email="ada@x.org"), teacher(1, email="Ada@X.org")],
        Parent=[parent(1, email="ada@x.org")],
        Student=[student(1, email="ada+2@x.org"), student(2, email="ada@x.org", full_name=" ")],
    )
    result = migrate(v1, small_reference(), Held(emails=frozenset({"ADA+3@x.org"})), SETTINGS)
    assert emails_by_user(result, "teacher:1", "teacher:2", "parent:1", "student:1") == [
        ("ada@x.org", True),
        ("ada+4@x.org", False),
        ("ada+5@x.org", False),
        ("ada+2@x.org", True),
    ]


def test_a_condemned_row_claims_nothing_but_what_it_wishes_for_is_owned() -> None:
    v1 = database(
        Teacher=[
            teacher(1, email="ada+2@x.org", full_name=""),
            teacher(2, email="ada@x.org"),
            teacher(3, email="ada@x.org"),
        ]
    )
    result = migrate(v1, small_reference(), Held(), SETTINGS)
    assert emails_by_user(result, "teacher:2", "teacher:3") == [("ada@x.org", True), ("ada+3@x.org", False)]
    assert ("Teacher", "1", "full_name", "name_missing", None) in [row[:5] for row in result.rejected]


def test_missing_addresses_are_made_up_and_contested_like_any_other() -> None:
    v1 = database(Teacher=[teacher(1), teacher(2, email="nonsense")])
    result = migrate(v1, small_reference(), Held(), SETTINGS)
    assert emails_by_user(result, "teacher:1", "teacher:2") == [
        ("ada.obi@ghs.v1.invalid", False),
        ("ada.obi+2@ghs.v1.invalid", False),
    ]
    assert [row for row in result.changed if row.v1_id == "2" and row.table == "Teacher"] == [
        Changed("Teacher", "2", "email", "email_invalid", "nonsense"),
        Changed("Teacher", "2", "email", "email_generated", "nonsense"),
        Changed("Teacher", "2", "email", "email_suffixed", "nonsense"),
    ]


def test_shared_phones_stay_dialable() -> None:
    v1 = database(Parent=[parent(1, phone="08031234567"), parent(2, phone="+2348031234567")])
    held_number = Held(phones=frozenset({"+2348031234567;ext=2"}))
    result = migrate(v1, small_reference(), held_number, SETTINGS)
    assert [row["phone"] for row in result.tables["User"] if row["phone"]] == [
        "+2348031234567",
        "+2348031234567;ext=3",
    ]


def test_admission_numbers_are_contested_within_a_school() -> None:
    v1 = database(
        School=[school(1), school(2, code="OTHER")],
        Student=[
            student(1, admission_no="A"),
            student(2, admission_no="A"),
            student(3, admission_no="A-2"),
            student(4, admission_no="A", school_id=2),
            student(5),
        ],
    )
    result = migrate(v1, small_reference(), Held(), SETTINGS)
    assert [row["admissionNo"] for row in result.tables["Student"]] == ["A", "A-3", "A-2", "A", "ADM-5"]
    assert ("Student", "2", "admission_no", "admission_no_suffixed", "A") in result.changed


def test_a_school_whose_code_is_taken_takes_its_people_with_it() -> None:
    v1 = database(
        School=[school(1), school(2, code=" GHS")],
        Teacher=[teacher(1, school_id=2)],
        _ClassToTeacher=[{"A": 1, "B": 1}],
    )
    result = migrate(v1, small_reference(), Held(), SETTINGS)
    assert sorted((row.table, row.v1_id, row.column, row.code) for row in result.rejected) == [
        ("Administrator", "2", "id", "school_missing"),
        ("School", "2", "code", "school_code_taken"),
        ("Teacher", "1", "school_id", "school_missing"),
        ("_ClassToTeacher", "1:1", None, "link_dropped"),
    ]


def test_catalogue_subjects_are_merged_and_own_codes_suffixed() -> None:
    v1 = database(
        Subject=[
            subject(1, name="further mathematics"),
            subject(2, name="Yoruba", code="Y"),
            subject(3, name="Yoruba II", code="Y"),
            subject(4, name="Sums", code="MATHEMATICS"),
            subject(5, name=""),
        ],
        Teacher=[teacher(1)],
        _SubjectToTeacher=[{"A": 1, "B": 1}, {"A": 2, "B": 1}],
    )
    result = migrate(v1, small_reference(), Held(), SETTINGS)
    assert [row["code"] for row in result.tables["Subject"]] == ["GHS-Y", "GHS-Y-2"]
    assert {row["subjectId"] for row in result.tables["TeacherSubject"]} == {
        v2_id("Subject:catalogue:FURTHER_MATHEMATICS"),
        v2_id("Subject:2"),
    }
    assert result.books["Subject"] == {"read": 5, "inserted": 2, "merged": 2, "rejected": 1}


def test_links_given_twice_are_merged_and_links_to_nowhere_dropped() -> None:
    v1 = database(
        Parent=[parent(1, relationship="Mum"), parent(2, full_name=" ")],
        Student=[student(1, parent_id=1), student(2, parent_id=2)],
        _ParentToStudent=[{"A": 1, "B": 1}, {"A": 1, "B": 2}, {"A": 2, "B": 1}],
    )
    result = migrate(v1, small_reference(), Held(), SETTINGS)
    assert result.books["_ParentToStudent"] == {"read": 3, "inserted": 1, "merged": 1, "rejected": 1}
    assert [(row["relationship"], row["isPrimary"]) for row in result.tables["StudentParent"]] == [
        ("MOTHER", True),
        ("MOTHER", False),
    ]
    assert ("Student", "2", "parent_id", "link_dropped", "2") in result.changed


def test_passwords_are_carried_only_by_that_policy() -> None:
    hash_ = "$2y$10$" + "a" * 53
    v1 = database(Teacher=[teacher(1, password=hash_)])
    user_id = v2_id("User:teacher:1")
    generated = migrate(v1, small_reference(), Held(), SETTINGS)
    carried = migrate(v1, small_reference(), Held(), OracleSettings(run_started_at=NOW, password_policy="carry"))
    assert generated.carried == {}
    assert carried.carried == {user_id: "$2b$10$" + "a" * 53}
    assert [row["mustChangePassword"] for row in carried.tables["User"] if row["id"] == user_id] == [False]


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
@given(v1=v1_databases(), held_by_others=held())
def test_every_row_is_in_the_books_and_every_rejection_on_record(v1: Tables, held_by_others: Held) -> None:
    result = migrate(v1, small_reference(), held_by_others, SETTINGS)
    rejected = Counter(row.table for row in result.rejected)
    for table, book in result.books.items():
        assert book["read"] == len(v1["School" if table == "Administrator" else table])
        assert book["read"] == book["inserted"] + book["merged"] + book["rejected"]
        assert book["rejected"] == rejected[table]


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
@given(v1=v1_databases(), held_by_others=held())
def test_v2_keeps_its_own_rules(v1: Tables, held_by_others: Held) -> None:
    tables = migrate(v1, small_reference(), held_by_others, SETTINGS).tables
    for (table, column), target in FOREIGN_KEYS.items():
        ids = {row["id"] for row in tables[target]}
        assert {row[column] for row in tables[table] if row[column] is not None} <= ids
    for table, columns in UNIQUE.items():
        keys = [tuple(row[column] for column in columns) for row in tables[table]]
        assert len(keys) == len(set(keys))
    for table, rows in tables.items():
        nulls = {column for row in rows for column, value in row.items() if value is None}
        assert nulls <= MAY_BE_NULL.get(table, set())
    numbers = [row["phone"] for row in tables["User"] if row["phone"]]
    assert len(numbers) == len(set(numbers))
    assert not set(numbers) & held_by_others.phones
    assert not {row["email"] for row in tables["User"]} & {email.lower() for email in held_by_others.emails}


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
@given(v1=v1_databases(), seed=st.integers())
def test_the_order_of_v1_does_not_show(v1: Tables, seed: int) -> None:
    shuffled = {table: random.Random(seed).sample(rows, len(rows)) for table, rows in v1.items()}
    assert comparable(migrate(v1, small_reference(), Held(), SETTINGS)) == comparable(
        migrate(shuffled, small_reference(), Held(), SETTINGS)
    )


def database(**tables: list[Row]) -> Tables:
    empty: Tables = {table: [] for table in BOOKS if table != "Administrator"}
    return {**empty, "School": [school(1)], **tables}


def school(v1_id: int, **columns: Any) -> Row:
    row = dict.fromkeys(["email", "phone", "address", "country", "curriculum", "logo_url", "settings", "admin_email", "admin_phone"])
    named = {"name": "Green Hill", "code": "GHS", "admin_name": "Bola Ade", "admin_password": None, "is_active": True}
    return {"id": v1_id, **row, **named, **times(), **columns}


def subject(v1_id: int, **columns: Any) -> Row:
    return {"id": v1_id, "school_id": 1, "name": "Yoruba", "code": None, "category": None, **times(), **columns}


def teacher(v1_id: int, **columns: Any) -> Row:
    own = dict.fromkeys(["gender", "date_of_birth", "employee_no", "qualification", "skills", "salary", "hired_at"])
    return {**person(v1_id), **own, "is_active": True, **columns}


def parent(v1_id: int, **columns: Any) -> Row:
    own = dict.fromkeys(["alt_phone", "occupation", "relationship"])
    return {**person(v1_id), **own, "is_active": True, **columns}


def student(v1_id: int, **columns: Any) -> Row:
    own = dict.fromkeys(["class_id", "parent_id", "admission_no", "gender", "date_of_birth", "blood_group", "enrolled_at"])
    return {**person(v1_id), **own, "status": "ACTIVE", **columns}


def person(v1_id: int) -> Row:
    row = dict.fromkeys(["email", "phone", "password", "address"])
    return {"id": v1_id, "school_id": 1, "full_name": "Ada Obi", **row, **times()}


def times() -> Row:
    return {"created_at": NOW, "updated_at": NOW}


def emails_by_user(result: OracleResult, *keys: str) -> list[tuple[str, bool]]:
    users = {row["id"]: (row["email"], row["emailVerified"]) for row in result.tables["User"]}
    return [users[v2_id(f"User:{key}")] for key in keys]


def comparable(result: OracleResult) -> tuple[Any, ...]:
    return (
        {table: sorted(map(repr, rows)) for table, rows in result.tables.items()},
        sorted(map(repr, result.rejected)),
        sorted(map(repr, result.changed)),
        result.carried,
        result.books,
    )
