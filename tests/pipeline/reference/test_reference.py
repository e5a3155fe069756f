"""What holds for all reference rows together: their columns, ids and foreign keys."""

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipeline.postgres.schema import expected_columns, packaged_sql
from pipeline.reference import reference_tables
from transforms.ids import reference_id

TABLES = reference_tables()

FOREIGN_KEYS = [
    ("Permission", "moduleId", "PermissionModule"),
    ("Role", "userTypeId", "UserType"),
    ("RolePermission", "roleId", "Role"),
    ("RolePermission", "permissionId", "Permission"),
    ("GradeSystem", "curriculumId", "Curriculum"),
    ("GradeLevel", "gradeSystemId", "GradeSystem"),
    ("ClassLevel", "curriculumId", "Curriculum"),
    ("Subject", "categoryId", "SubjectCategory"),
]

POLARS_TYPES = {
    "text": pl.String,
    '"PermissionAction"': pl.String,
    "boolean": pl.Boolean,
    "integer": pl.Int32,
    "numeric(4,2)": pl.Decimal(4, 2),
}


@pytest.mark.parametrize("table", TABLES)
def test_columns_are_those_of_v2_in_their_order_and_type(table: str) -> None:
    columns = expected_columns(packaged_sql("v2"))[table]
    assert dict(TABLES[table].schema) == {column: POLARS_TYPES[written] for column, written in columns.items()}


@pytest.mark.parametrize("table", TABLES)
def test_only_what_has_no_value_is_null(table: str) -> None:
    nulls = {column for column, count in TABLES[table].null_count().row(0, named=True).items() if count}
    assert nulls == {"GradeLevel": {"points", "remark"}, "Subject": {"schoolId"}}.get(table, set())


@pytest.mark.parametrize(("table", "column", "parent"), FOREIGN_KEYS)
def test_foreign_keys_lead_to_rows_of_tables_before(table: str, column: str, parent: str) -> None:
    assert set(TABLES[table][column]) <= set(TABLES[parent]["id"])
    assert list(TABLES).index(parent) < list(TABLES).index(table)


def test_codes_and_ids_are_unique() -> None:
    assert TABLES["RolePermission"].is_unique().all()
    for rows in TABLES.values():
        for column in {"id", "code"} & set(rows.columns):
            assert rows[column].is_unique().all()


@pytest.mark.parametrize(
    ("table", "prefix"),
    [
        ("PermissionModule", "PermissionModule:"),
        ("Permission", "Permission:"),
        ("UserType", "UserType:"),
        ("Role", "Role:"),
        ("Curriculum", "Curriculum:"),
        ("GradeSystem", "GradeSystem:"),
        ("ClassLevel", "ClassLevel:"),
        ("SubjectCategory", "SubjectCategory:"),
        ("Subject", "Subject:catalogue:"),
    ],
)
def test_ids_are_made_of_table_and_code(table: str, prefix: str) -> None:
    assert TABLES[table]["id"].to_list() == [reference_id(prefix + code) for code in TABLES[table]["code"]]


def test_ids_of_grade_levels_are_made_of_system_and_grade() -> None:
    levels = TABLES["GradeLevel"].join(TABLES["GradeSystem"], left_on="gradeSystemId", right_on="id")
    keys = zip(levels["code"], levels["grade"], strict=True)
    assert levels["id"].to_list() == [reference_id(f"GradeLevel:{code}:{grade}") for code, grade in keys]


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("Role", "Role:TEACHER"),
        ("UserType", "UserType:TEACHER"),
        ("PermissionModule", "PermissionModule:students"),
        ("Permission", "Permission:students.read"),
        ("Curriculum", "Curriculum:BRITISH"),
        ("GradeSystem", "GradeSystem:BRITISH_9_1"),
        ("GradeLevel", "GradeLevel:BRITISH_9_1:9"),
        ("ClassLevel", "ClassLevel:JSS1"),
        ("SubjectCategory", "SubjectCategory:SCIENCE"),
        ("Subject", "Subject:catalogue:MATHEMATICS"),
    ],
)
def test_every_example_key_of_the_mapping_names_a_row(table: str, key: str) -> None:
    assert reference_id(key) in TABLES[table]["id"]


def test_every_call_gives_the_same_rows() -> None:
    again = reference_tables()
    assert list(again) == list(TABLES)
    for table, rows in TABLES.items():
        assert_frame_equal(again[table], rows)
