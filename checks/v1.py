"""The facts about V1's rows that the transforms rely on; a row that breaks one is rejected (mapping, sections 2 and 10)."""

from functools import cache
from typing import Final

import pandera.polars as pa
import polars as pl

from checks.columns import enum, flag, given, optional
from checks.findings import Finding
from checks.rules import at_most, matching, one_of, unique
from checks.schemas import failures, findings, questions

FAILURES: Final = pl.Schema({"v1_id": pl.Int64(), "column": pl.String(), "check": pl.String()})

MAX_CHARACTERS: Final = 255
"""The longest name, code, admission or employee number (mapping, section 2)."""

SALARY_TEXT: Final = r"^(?:-?[0-9]{1,10}(?:\.[0-9]{1,2})?|NaN)$"
"""What numeric(12,2) looks like as text. It can be NaN, but not infinite."""

ID: Final = given("id", pl.Int64(), unique("id"))
SCHOOL_ID: Final = given("school_id", pl.Int64())
NAME, CODE, FULL_NAME, EMPLOYEE_NO, ADMISSION_NO = (
    optional(name, pl.String(), at_most(name, MAX_CHARACTERS)) for name in ("name", "code", "full_name", "employee_no", "admission_no")
)
GENDER: Final = optional("gender", pl.String(), one_of("gender", ["MALE", "FEMALE"]))
STATUS: Final = enum("status", "ACTIVE", "GRADUATED", "TRANSFERRED", "WITHDRAWN")
SALARY: Final = optional("salary", pl.String(), matching("salary", "numeric", SALARY_TEXT, meaning="a numeric(12,2)"))
IS_ACTIVE: Final = flag("is_active")

COLUMNS: Final = {
    "School": (ID, NAME, CODE, IS_ACTIVE),
    "Class": (ID, SCHOOL_ID, NAME),
    "Subject": (ID, SCHOOL_ID, NAME, CODE),
    "Teacher": (ID, SCHOOL_ID, FULL_NAME, GENDER, EMPLOYEE_NO, SALARY, IS_ACTIVE),
    "Parent": (ID, SCHOOL_ID, FULL_NAME, IS_ACTIVE),
    "Student": (ID, SCHOOL_ID, FULL_NAME, ADMISSION_NO, GENDER, STATUS),
    "Administrator": (
        pa.Column(pl.Int64(), name="id", nullable=True),
        pa.Column(pl.String(), at_most("full_name", MAX_CHARACTERS, name="admin_name_length"), name="full_name", nullable=True),
    ),
}
"""Table → the columns of which something is asked, in V1's order. An administrator's id is asked with the school's."""


def judged_v1(rows: pl.DataFrame, /, *, table: str) -> tuple[pl.DataFrame, list[Finding]]:
    """Judges rows of a V1 table.

    A name that is null is no failure here: the mapping has rules of its own for it. Of the columns that may be absent, those
    that are get findings of 0 rows.

    Args:
        rows: Rows as they are read (`id` and other integers Int64, text, enums, JSON and numerics String, flags Boolean), the
            text cleaned: blank is null. For an administrator School rows under the common names of people. The id may be
            called `v1_id`.
        table: A key of `COLUMNS`.

    Returns:
        The failures, `FAILURES`: of every id with a failing row the first column in V1's order that fails, under the name
        that it has in `rows`, and the first check of it that does, ordered by id. Rows that share an id have one failure in
        common, so that a join on the id doubles none. And a finding for every check.

    Raises:
        ValueError: No such table; a column that must be there is not; a column has another dtype.
    """
    asked = schema(table)
    rows = rows if "id" in rows.columns else rows.rename({"v1_id": "id"}, strict=False)
    _require_columns(rows, asked, table)
    failing = failures(rows, asked)
    return _first_failures(rows, asked, failing), findings(rows, asked, failing, table=table, key=["id"])


@cache
def schema(table: str, /) -> pa.DataFrameSchema:
    """The pandera schema of what is asked of a V1 table.

    Raises:
        ValueError: No such table.
    """
    if table not in COLUMNS:
        raise ValueError(f"checks of V1: there is no table {table}; known are {', '.join(COLUMNS)}.")
    return pa.DataFrameSchema({column.name: column for column in COLUMNS[table]}, name=table)


def _first_failures(rows: pl.DataFrame, asked: pa.DataFrameSchema, failing: dict[str, pl.Series]) -> pl.DataFrame:
    columns = {check: column for column, check, _ in questions(asked) if check in failing}
    if not columns:
        return FAILURES.to_frame()
    return (
        rows.select(v1_id="id", **{check: failing[check] for check in columns})
        .filter(pl.any_horizontal(*columns))
        .select("v1_id", check=pl.coalesce(pl.when(check).then(pl.lit(check)) for check in columns))
        .select("v1_id", pl.col("check").replace_strict(columns).alias("column"), "check")
        .unique()
        .sort("v1_id", "column", "check")
    )


def _require_columns(rows: pl.DataFrame, asked: pa.DataFrameSchema, table: str) -> None:
    if absent := [name for name, column in asked.columns.items() if column.required and name not in rows.columns]:
        raise ValueError(f"checks of V1: the {table} rows lack the columns {', '.join(absent)}.")
    expected = {name: column.dtype.type for name, column in asked.columns.items() if name in rows.columns}
    if wrong := [f"{name} {rows.schema[name]}, not {dtype}" for name, dtype in expected.items() if rows.schema[name] != dtype]:
        raise ValueError(f"checks of V1: the {table} rows have columns of another type: {'; '.join(wrong)}.")
