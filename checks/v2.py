"""V2's contract: what every row that the migration makes must be, so that it means in V2 what V2 takes it to mean."""

from collections.abc import Mapping
from functools import cache
from typing import Final

import pandera.polars as pa
import polars as pl
from polars.datatypes import DataType

from checks.columns import (
    at_least_zero,
    country,
    day,
    email,
    enum,
    flag,
    given,
    migrated_id,
    nullable,
    person_name,
    phone,
    reference,
    text,
    timestamp,
    with_checks,
)
from checks.findings import EXAMPLES, Finding
from checks.relations import PRIMARY_KEYS, UNIQUE_KEYS
from checks.rules import CLEAN, matching, rule, unique
from checks.schemas import failures, findings

CASELESS: Final = ("email",)
"""The unique key whose values are compared without case (mapping, section 4)."""

ONE_OWNER: Final = rule(
    "owner_single",
    "the address is a user's or a school's, not both's and not nobody's",
    pl.col("userId").is_null() != pl.col("schoolId").is_null(),
)
BCRYPT: Final = matching("passwordHash", "bcrypt", r"^\$2[ab]\$[0-9]{2}\$[./A-Za-z0-9]{53}$", meaning="a whole bcrypt hash")
"""Null is a hash that is not made yet."""

SETTINGS_OBJECT: Final = matching("settings", "object", "^[{]", meaning="the text of a JSON object")
SKILLS_CLEAN: Final = rule(
    "skills_clean",
    "every entry of skills is given, not empty, without blanks at its ends and without control characters",
    pl.col("skills").list.eval(pl.element().str.contains(CLEAN).fill_null(value=False)).list.all(),
)
SKILLS_DISTINCT: Final = rule(
    "skills_distinct",
    "no entry of skills is there twice",
    pl.col("skills").list.n_unique() == pl.col("skills").list.len(),
)

COLUMNS: Final = {
    "School": (
        migrated_id("id"),
        nullable(reference("curriculumId")),
        text("name"),
        text("code"),
        nullable(email("email")),
        nullable(phone("phone")),
        country("country"),
        nullable(text("logoUrl")),
        given("settings", pl.String(), SETTINGS_OBJECT),
        flag("isActive"),
        timestamp("createdAt"),
        timestamp("updatedAt"),
    ),
    "Address": (
        migrated_id("id"),
        with_checks(nullable(migrated_id("userId")), ONE_OWNER),
        nullable(migrated_id("schoolId")),
        text("line1"),
        nullable(text("line2")),
        nullable(text("city")),
        nullable(text("state")),
        nullable(text("postalCode")),
        nullable(country("country")),
    ),
    "Class": (
        migrated_id("id"),
        migrated_id("schoolId"),
        nullable(reference("classLevelId")),
        text("name"),
        nullable(text("section")),
        text("academicYear"),
        nullable(at_least_zero("capacity", pl.Int32())),
        timestamp("createdAt"),
        timestamp("updatedAt"),
    ),
    "Subject": (
        migrated_id("id"),
        reference("categoryId"),
        migrated_id("schoolId"),
        text("code"),
        text("name"),
    ),
    "User": (
        migrated_id("id"),
        reference("userTypeId"),
        email("email"),
        flag("emailVerified"),
        nullable(phone("phone", is_shared=True)),
        nullable(given("passwordHash", pl.String(), BCRYPT)),
        flag("mustChangePassword"),
        nullable(person_name("title")),
        person_name("firstName"),
        nullable(person_name("middleName")),
        nullable(person_name("lastName")),
        nullable(person_name("suffix")),
        nullable(enum("gender", "MALE", "FEMALE")),
        nullable(day("dateOfBirth")),
        enum("status", "ACTIVE", "INACTIVE"),
        timestamp("createdAt"),
        timestamp("updatedAt"),
    ),
    "UserRole": (
        migrated_id("id"),
        migrated_id("userId"),
        reference("roleId"),
        migrated_id("schoolId"),
        timestamp("createdAt"),
    ),
    "Teacher": (
        migrated_id("id"),
        migrated_id("userId"),
        migrated_id("schoolId"),
        nullable(text("employeeNo")),
        nullable(text("qualification")),
        given("skills", pl.List(pl.String()), SKILLS_CLEAN, SKILLS_DISTINCT),
        nullable(at_least_zero("salary", pl.Decimal(12, 2))),
        nullable(day("hiredAt")),
        timestamp("createdAt"),
        timestamp("updatedAt"),
    ),
    "TeacherClass": (
        migrated_id("teacherId"),
        migrated_id("classId"),
        flag("isClassTeacher"),
    ),
    "TeacherSubject": (
        migrated_id("teacherId"),
        reference("subjectId"),
    ),
    "Parent": (
        migrated_id("id"),
        migrated_id("userId"),
        nullable(phone("altPhone")),
        nullable(text("occupation")),
        timestamp("createdAt"),
        timestamp("updatedAt"),
    ),
    "ParentSchool": (
        migrated_id("parentId"),
        migrated_id("schoolId"),
    ),
    "Student": (
        migrated_id("id"),
        migrated_id("userId"),
        migrated_id("schoolId"),
        text("admissionNo"),
        nullable(text("bloodGroup")),
        enum("status", "ACTIVE", "GRADUATED", "TRANSFERRED", "WITHDRAWN"),
        nullable(day("enrolledAt")),
        timestamp("createdAt"),
        timestamp("updatedAt"),
    ),
    "StudentParent": (
        migrated_id("studentId"),
        migrated_id("parentId"),
        enum("relationship", "FATHER", "MOTHER", "GUARDIAN", "OTHER"),
        flag("isPrimary"),
    ),
    "Enrollment": (
        migrated_id("id"),
        migrated_id("studentId"),
        migrated_id("classId"),
        text("academicYear"),
    ),
}
"""Table → its columns. A null `passwordHash` is made apart; a school's own Subject always has a school."""


def judged_v2(rows: pl.DataFrame, /, *, table: str) -> list[Finding]:
    """Judges rows that the migration made for a V2 table: a finding for every check.

    The first finding, `columns_exact`, counts columns, not rows, and its ids are their names. If one is missing, too
    many, or of another type, nothing else can be judged, and the other findings are of 0 rows.

    Args:
        rows: The rows as they go to V2, in any order of rows and columns: enums and JSON String, timestamps without a zone.
        table: A key of `COLUMNS`.

    Raises:
        ValueError: No such table.
    """
    asked = schema(table)
    dtypes = {name: column.dtype.type for name, column in asked.columns.items()}
    columns = _columns_exact(rows.schema, dtypes, table)
    judgeable = rows.clear().select() if columns.failing else rows
    failing = failures(judgeable, asked)
    return [columns, *findings(judgeable, asked, failing, table=table, key=PRIMARY_KEYS[table])]


@cache
def schema(table: str, /) -> pa.DataFrameSchema:
    """The pandera schema of a V2 table, its unique keys included.

    Raises:
        ValueError: No such table.
    """
    if table not in COLUMNS:
        raise ValueError(f"checks of V2: the migration writes no table {table}; known are {', '.join(COLUMNS)}.")
    keys = [key.columns for key in UNIQUE_KEYS if key.table == table]
    uniqueness = {key: unique(*key, ignoring_case=key == CASELESS) for key in keys}
    return pa.DataFrameSchema(
        {
            column.name: with_checks(column, *(check for key, check in uniqueness.items() if key[0] == column.name))
            for column in COLUMNS[table]
        },
        strict=True,
        name=table,
    )


def _columns_exact(found: Mapping[str, DataType], expected: Mapping[str, DataType], table: str) -> Finding:
    names = dict.fromkeys([*expected, *found])
    wrong = [name for name in names if found.get(name) != expected.get(name)]
    return Finding(
        table,
        "columns_exact",
        "the columns are V2's, no more and no fewer, each of its type",
        rows=len(names),
        failing=len(wrong),
        examples=tuple(wrong[:EXAMPLES]),
        ids=pl.Series(wrong, dtype=pl.String) if wrong else None,
    )
