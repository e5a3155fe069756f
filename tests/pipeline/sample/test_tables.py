import os
import subprocess
import sys

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipeline.sample import sample_tables
from pipeline.sample.v1 import COPY_ORDER, v1_tables

from .conftest import STUDENTS

REFERENCES = [
    ("Class.school_id", "School"),
    ("Class.class_teacher_id", "Teacher"),
    ("Subject.school_id", "School"),
    ("Teacher.school_id", "School"),
    ("Parent.school_id", "School"),
    ("Student.school_id", "School"),
    ("Student.class_id", "Class"),
    ("Student.parent_id", "Parent"),
    ("_ClassToTeacher.A", "Class"),
    ("_ClassToTeacher.B", "Teacher"),
    ("_SubjectToTeacher.A", "Subject"),
    ("_SubjectToTeacher.B", "Teacher"),
    ("_ParentToStudent.A", "Parent"),
    ("_ParentToStudent.B", "Student"),
]

NULLABLE = {
    "School": "email phone address country curriculum logo_url settings admin_email admin_phone admin_password",
    "Class": "academic_year capacity class_teacher_id",
    "Subject": "code category",
    "Teacher": "email phone password gender date_of_birth address employee_no qualification skills salary hired_at",
    "Parent": "email phone alt_phone password occupation relationship address",
    "Student": "class_id parent_id email phone password admission_no gender date_of_birth blood_group address enrolled_at",
}

DIGEST = """
import hashlib, polars as pl
from pipeline.sample import sample_tables
for table, rows in sample_tables(students=300).items():
    print(table, hashlib.sha256(rows.write_ndjson().encode()).hexdigest())
"""

RESERVED = r"(?:^|\.)(?:example|test|example\.(?:com|net|org))$"
UNREACHABLE = r"^[^.]*$|^192\.0\.2\."
"""Domains that no letter can go to: without a dot, or of the net for documentation (RFC 5737)."""


def test_the_same_numbers_give_the_same_rows() -> None:
    one, other = sample_tables(students=700, seed=5), sample_tables(students=700, seed=5)
    for table in COPY_ORDER:
        assert_frame_equal(one[table], other[table])


def test_the_number_of_threads_does_not_show() -> None:
    outputs = {
        subprocess.run(
            [sys.executable, "-c", DIGEST],
            env={**os.environ, "POLARS_MAX_THREADS": threads},
            capture_output=True,
            check=True,
        ).stdout
        for threads in ("1", "3")
    }
    assert len(outputs) == 1


def test_another_seed_gives_other_people() -> None:
    one, other = sample_tables(students=300, seed=1), sample_tables(students=300, seed=2)
    assert (one["Student"]["full_name"] == other["Student"]["full_name"]).sum() < 15


@pytest.mark.parametrize("students", [0, 1, 19, 350])
def test_any_number_of_students_makes_a_platform(students: int) -> None:
    tables = sample_tables(students=students)
    assert tables["Student"].height == students
    assert tables["School"].height >= 20
    for reference, target in REFERENCES:
        assert dangling(tables, reference, target).is_empty()


def test_a_negative_number_of_students_is_an_error() -> None:
    with pytest.raises(ValueError, match="-1"):
        sample_tables(students=-1)


def test_tables_and_columns_are_those_of_v1(sample: dict[str, pl.DataFrame]) -> None:
    assert {table: rows.schema for table, rows in sample.items()} == v1_tables()


@pytest.mark.parametrize(("reference", "target"), REFERENCES)
def test_references_lead_somewhere(sample: dict[str, pl.DataFrame], reference: str, target: str) -> None:
    assert dangling(sample, reference, target).is_empty()


@pytest.mark.parametrize("table", NULLABLE)
def test_columns_that_v1_requires_hold_no_null(sample: dict[str, pl.DataFrame], table: str) -> None:
    nulls = {column.name for column in sample[table] if column.null_count()}
    assert nulls <= set(NULLABLE[table].split())


def test_ids_school_codes_and_links_are_unique(sample: dict[str, pl.DataFrame]) -> None:
    assert sample["School"]["code"].is_unique().all()
    for table, rows in sample.items():
        key = ["A", "B"] if table.startswith("_") else ["id"]
        assert rows.select(key).is_unique().all()


def test_no_text_holds_what_postgresql_cannot(sample: dict[str, pl.DataFrame]) -> None:
    for rows in sample.values():
        assert not any(column.str.contains("\0", literal=True).any() for column in rows if column.dtype == pl.String)


def test_a_platform_has_the_proportions_of_a_real_one(sample: dict[str, pl.DataFrame]) -> None:
    rows = {table: frame.height for table, frame in sample.items()}
    people = rows["Teacher"] + rows["Parent"] + rows["Student"]
    assert 1.43 < people / STUDENTS < 1.49  # as among 726,000 people with 500,000 students
    assert 15 < STUDENTS / rows["Teacher"] < 18
    assert 25 < STUDENTS / rows["Class"] < 31
    assert rows["Subject"] == 12 * rows["School"]
    assert rows["_ParentToStudent"] > 0.7 * STUDENTS


def test_one_person_in_thirty_wants_an_address_that_somebody_has(sample: dict[str, pl.DataFrame]) -> None:
    typed = pl.concat([*(sample[table]["email"] for table in ("Teacher", "Parent", "Student")), sample["School"]["admin_email"]])
    wished = typed.str.to_lowercase().str.extract(r"([a-z0-9._'+-]+@[a-z0-9-]+\.[a-z0-9.-]+[a-z])").drop_nulls()
    assert 0.02 < (len(wished) - wished.n_unique()) / len(typed) < 0.04


def test_few_rows_must_be_rejected(sample: dict[str, pl.DataFrame]) -> None:
    # Codes that are too long or taken once cleaned, and names that are.
    bad_schools = sample["School"].filter(
        (pl.max_horizontal(pl.col("code", "name").str.len_chars()) > 255)
        | pl.col("code").str.strip_chars().is_duplicated() & (pl.col("code") != pl.col("code").str.strip_chars())
    )["id"]
    assert len(bad_schools) == 3
    rejected = total = 0
    for table, name in {"Teacher": "full_name", "Parent": "full_name", "Student": "full_name", "Class": "name", "Subject": "name"}.items():
        rows = sample[table]
        nameless = ~pl.col(name).str.replace_all(r'[(“"].*[)”"]', "").str.contains(r"[\pL\pN-]") & (table not in {"Class", "Subject"})
        total += rows.height
        rejected += rows.filter(nameless | (pl.col(name).str.len_chars() > 255) | pl.col("school_id").is_in(bad_schools.implode())).height
    assert 0.005 < rejected / total < 0.025


def test_no_letter_can_reach_a_stranger(sample: dict[str, pl.DataFrame]) -> None:
    typed = pl.concat([rows[column] for rows in sample.values() for column in rows.columns if "email" in column])
    domains = typed.drop_nulls().str.to_lowercase().str.extract_all(r"@[^\s,;<>@/]+").explode().drop_nulls()
    domains = domains.str.strip_chars("@.").str.replace_all(r"[^\x21-\x7e]", "x").unique()
    assert domains.filter(~domains.str.contains(RESERVED) & ~domains.str.contains(UNREACHABLE)).to_list() == []


def dangling(tables: dict[str, pl.DataFrame], reference: str, target: str) -> pl.DataFrame:
    table, column = reference.split(".")
    return tables[table].drop_nulls(column).join(tables[target], left_on=column, right_on="id", how="anti")
