import re
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from checks.schemas import questions
from checks.v1 import COLUMNS, FAILURES, judged_v1, schema
from pipeline.postgres.schema import expected_columns, packaged_sql
from tests.checks.sound import V1_DTYPES, sound_v1, with_value

LONG = "é" * 256

BREAKING = [
    ("School", "id", None, "id_required"),
    ("School", "id", 7, "id_unique"),
    ("School", "name", LONG, "name_length"),
    ("School", "code", LONG, "code_length"),
    ("School", "is_active", None, "is_active_required"),
    ("Class", "id", None, "id_required"),
    ("Class", "id", 7, "id_unique"),
    ("Class", "school_id", None, "school_id_required"),
    ("Class", "name", LONG, "name_length"),
    ("Subject", "id", None, "id_required"),
    ("Subject", "id", 7, "id_unique"),
    ("Subject", "school_id", None, "school_id_required"),
    ("Subject", "name", LONG, "name_length"),
    ("Subject", "code", LONG, "code_length"),
    ("Teacher", "id", None, "id_required"),
    ("Teacher", "id", 7, "id_unique"),
    ("Teacher", "school_id", None, "school_id_required"),
    ("Teacher", "full_name", LONG, "full_name_length"),
    ("Teacher", "gender", "female", "gender_known"),
    ("Teacher", "employee_no", LONG, "employee_no_length"),
    ("Teacher", "salary", "12345678901", "salary_numeric"),
    ("Teacher", "salary", "1.234", "salary_numeric"),
    ("Teacher", "salary", "1.", "salary_numeric"),
    ("Teacher", "salary", "Infinity", "salary_numeric"),
    ("Teacher", "salary", "1e3", "salary_numeric"),
    ("Teacher", "salary", "1200.00\n", "salary_numeric"),
    ("Teacher", "salary", "١٢", "salary_numeric"),
    ("Teacher", "is_active", None, "is_active_required"),
    ("Parent", "id", None, "id_required"),
    ("Parent", "id", 7, "id_unique"),
    ("Parent", "school_id", None, "school_id_required"),
    ("Parent", "full_name", LONG, "full_name_length"),
    ("Parent", "is_active", None, "is_active_required"),
    ("Student", "id", None, "id_required"),
    ("Student", "id", 7, "id_unique"),
    ("Student", "school_id", None, "school_id_required"),
    ("Student", "full_name", LONG, "full_name_length"),
    ("Student", "admission_no", LONG, "admission_no_length"),
    ("Student", "gender", "OTHER", "gender_known"),
    ("Student", "status", None, "status_required"),
    ("Student", "status", "EXPELLED", "status_known"),
    ("Administrator", "full_name", LONG, "admin_name_length"),
]
"""Table, column, the value that the second row gets, the check that it fails."""


def broken(table: str, **values: object) -> pl.DataFrame:
    rows = sound_v1(table)
    for column, value in values.items():
        rows = with_value(rows, column, value)
    return rows


@pytest.mark.parametrize("table", COLUMNS)
def test_sound_rows_pass_every_check(table: str) -> None:
    failures, findings = judged_v1(sound_v1(table), table=table)
    assert_frame_equal(failures, FAILURES.to_frame())
    assert [(finding.rows, finding.failing, finding.examples) for finding in findings] == [(2, 0, ())] * len(findings)


@pytest.mark.parametrize("table", COLUMNS)
def test_an_empty_frame_passes_every_check(table: str) -> None:
    failures, findings = judged_v1(sound_v1(table).clear(), table=table)
    assert_frame_equal(failures, FAILURES.to_frame())
    assert {(finding.rows, finding.failing) for finding in findings} == {(0, 0)}


@pytest.mark.parametrize(("table", "column", "value", "check"), BREAKING)
def test_a_row_that_breaks_a_check_fails_by_its_name(table: str, column: str, value: object, check: str) -> None:
    rows = broken(table, **{column: value})
    failures, findings = judged_v1(rows, table=table)
    [found] = [finding for finding in findings if finding.failing]
    failing_id = rows["id"][1]
    assert failures.rows() == [(failing_id, column, check)]
    assert (found.table, found.check, found.rows) == (table, check, 2)
    assert found.failing == (2 if check == "id_unique" else 1)
    assert found.examples == (() if failing_id is None else (str(failing_id),))


def test_every_check_is_broken_by_a_case_of_this_module() -> None:
    asked = {(table, question.check) for table in COLUMNS for question in questions(schema(table))}
    assert asked == {(table, check) for table, _, _, check in BREAKING}


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("School", "name", "é" * 255),
        ("Teacher", "full_name", "é" * 255),
        ("Teacher", "salary", "NaN"),
        ("Teacher", "salary", "-9999999999.99"),
        ("Teacher", "salary", "0.5"),
        ("Teacher", "salary", "1200"),
        ("Student", "admission_no", "é" * 255),
        ("Student", "status", "WITHDRAWN"),
    ],
)
def test_what_is_just_allowed_passes(table: str, column: str, value: str) -> None:
    failures, _ = judged_v1(broken(table, **{column: value}), table=table)
    assert failures.is_empty()


def test_of_a_row_that_breaks_several_checks_the_first_column_in_v1s_order_counts() -> None:
    rows = broken("Student", status="EXPELLED", gender="OTHER", admission_no=LONG)
    reordered = rows.select("status", "gender", "admission_no", "full_name", "school_id", "id")
    failures, findings = judged_v1(reordered, table="Student")
    assert failures.rows() == [(8, "admission_no", "admission_no_length")]
    failing = [finding.check for finding in findings if finding.failing]
    assert failing == ["admission_no_length", "gender_known", "status_known"]


def test_findings_name_every_failing_row_for_each_check_that_it_fails() -> None:
    many = pl.concat([broken("Student", id=number, status="EXPELLED", gender="OTHER")[1:] for number in range(10, 20)])
    rows = pl.concat([broken("Student", id=None, status="EXPELLED")[1:], many, broken("Student", id=19)[1:]])
    _, findings = judged_v1(rows, table="Student")
    ids = {finding.check: finding.ids.to_list() for finding in findings if finding.ids is not None}
    every = [str(number) for number in range(10, 20)]
    assert ids == {"id_required": [None], "id_unique": ["19", "19"], "gender_known": every, "status_known": [None, *every]}
    assert all(len(ids.get(finding.check, [])) == finding.failing for finding in findings)


def test_rows_of_one_id_have_one_failure_so_that_a_join_doubles_none() -> None:
    rows = broken("Parent", id=7, full_name=LONG)
    failures, _ = judged_v1(rows, table="Parent")
    assert failures.rows() == [(7, "id", "id_unique")]
    assert rows.join(failures, left_on="id", right_on="v1_id").height == 2


def test_an_id_may_be_called_v1_id() -> None:
    rows = broken("Administrator", full_name=LONG).rename({"id": "v1_id"})
    failures, [finding] = judged_v1(rows, table="Administrator")
    assert failures.rows() == [(8, "full_name", "admin_name_length")]
    assert finding.examples == ("8",)


def test_in_a_narrow_frame_only_what_is_there_is_judged() -> None:
    rows = broken("Teacher", full_name=LONG, salary="much").drop("full_name", "gender", "employee_no")
    failures, findings = judged_v1(rows, table="Teacher")
    assert failures.rows() == [(8, "salary", "salary_numeric")]
    judged = {finding.check: finding.rows for finding in findings}
    assert judged["salary_numeric"] == 2
    assert judged["full_name_length"] == judged["gender_known"] == judged["employee_no_length"] == 0


@pytest.mark.parametrize("column", ["id", "school_id", "is_active"])
def test_a_column_that_must_be_there_is_missed_loudly(column: str) -> None:
    with pytest.raises(ValueError, match=rf"Teacher rows lack the columns {column}\."):
        judged_v1(sound_v1("Teacher").drop(column), table="Teacher")


def test_a_column_of_another_type_is_refused() -> None:
    rows = sound_v1("Student").with_columns(pl.col("school_id").cast(pl.String))
    with pytest.raises(ValueError, match="school_id String, not Int64"):
        judged_v1(rows, table="Student")


def test_an_unknown_table_is_refused() -> None:
    with pytest.raises(ValueError, match="no table Pupil"):
        judged_v1(sound_v1("Student"), table="Pupil")


def test_findings_hold_no_values() -> None:
    secret = "Adaeze " * 50
    failures, findings = judged_v1(broken("Student", full_name=secret, gender="Adaeze"), table="Student")
    assert "Adaeze" not in repr(findings)
    assert "Adaeze" not in repr(failures.to_dict(as_series=False))


@pytest.mark.parametrize("table", [table for table in COLUMNS if table != "Administrator"])
def test_all_columns_are_v1s_in_v1s_order_and_of_the_type_they_are_read_as(table: str) -> None:
    types = expected_columns(packaged_sql("v1"))[table]
    read_as = {"integer": pl.Int64, "boolean": pl.Boolean}
    ours = {name: column.dtype.type for name, column in schema(table).columns.items()}
    assert list(ours) == [name for name in types if name in ours]
    assert ours == {name: read_as.get(types[name], pl.String) for name in ours}


STUDENTS = st.fixed_dictionaries(
    {
        "school_id": st.sampled_from([1, 2, None]),
        "full_name": st.sampled_from(["Ada Obi", "x" * 255, LONG, None]),
        "admission_no": st.sampled_from(["A1", LONG, None]),
        "gender": st.sampled_from(["MALE", "FEMALE", "X", None]),
        "status": st.sampled_from(["ACTIVE", "GRADUATED", "TRANSFERRED", "WITHDRAWN", "X", None]),
        "id": st.integers(1, 12),
    }
)


def first_failure(row: dict[str, Any], ids: list[int]) -> tuple[str, str] | None:
    """The rule, row by row."""
    checks = [
        ("id", "id_unique", ids.count(row["id"]) == 1),
        ("school_id", "school_id_required", row["school_id"] is not None),
        ("full_name", "full_name_length", len(row["full_name"] or "") <= 255),
        ("admission_no", "admission_no_length", len(row["admission_no"] or "") <= 255),
        ("gender", "gender_known", row["gender"] in {"MALE", "FEMALE", None}),
        ("status", "status_required", row["status"] is not None),
        ("status", "status_known", bool(re.fullmatch("ACTIVE|GRADUATED|TRANSFERRED|WITHDRAWN", row["status"] or ""))),
    ]
    return next(((column, check) for column, check, is_sound in checks if not is_sound), None)


@given(st.lists(STUDENTS, max_size=12), st.randoms(use_true_random=False))
def test_failures_are_those_found_row_by_row_in_any_order(students: list[dict[str, Any]], random: Any) -> None:
    ids = [student["id"] for student in students]
    found = {student["id"]: first_failure(student, ids) for student in students}
    expected = [(v1_id, *failure) for v1_id, failure in sorted(found.items()) if failure]
    random.shuffle(students)
    columns = ["id", "school_id", "full_name", "admission_no", "gender", "status"]
    rows = pl.DataFrame(students, schema={name: V1_DTYPES.get(name, pl.String) for name in columns})
    failures, _ = judged_v1(rows, table="Student")
    assert failures.rows() == expected
