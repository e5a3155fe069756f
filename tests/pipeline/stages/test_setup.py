"""Setting V2 up in a real database: empty, complete, half-made and in use."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import polars as pl
import psycopg
import pytest
from polars.testing import assert_frame_equal
from psycopg import Connection, sql

from pipeline.errors import SchemaError
from pipeline.postgres.schema import expected_columns, expected_objects, packaged_sql
from pipeline.reference import reference_tables
from pipeline.stages.setup import missing_reference, missing_schema, set_up
from tests.conftest import MakeDatabase
from transforms.ids import reference_id

Database = Connection[tuple[Any, ...]]

ROWS = {table: rows.height for table, rows in reference_tables().items()}
NONE = dict.fromkeys(ROWS, 0)


def stored_rows(connection: Database, table: str, like: pl.DataFrame) -> pl.DataFrame:
    columns = sql.SQL(", ").join(map(sql.Identifier, like.columns))
    rows = connection.execute(sql.SQL("SELECT {} FROM {}").format(columns, sql.Identifier(table))).fetchall()
    return pl.DataFrame(rows, schema=like.schema, orient="row")


def every_row(connection: Database) -> dict[str, list[tuple[Any, ...]]]:
    """All reference rows with the transaction that last wrote each."""
    query = sql.SQL("SELECT xmin::text, t::text FROM {} t ORDER BY 2")
    return {table: connection.execute(query.format(sql.Identifier(table))).fetchall() for table in ROWS}


def column(connection: Database, query: str) -> list[Any]:
    return [row[0] for row in connection.execute(query.encode())]


@pytest.fixture
def v2(v2_url: str) -> Iterator[Database]:
    """A connection to V2: all tables, no rows."""
    with psycopg.connect(v2_url, autocommit=True) as connection:
        yield connection


# Tables


def test_empty_database_gets_all_tables_and_reference_rows(make_database: MakeDatabase) -> None:
    url = make_database()
    with psycopg.connect(url) as connection:
        summary = set_up(connection)
    assert summary.tables_created == len(expected_columns(packaged_sql("v2")))
    assert (summary.written, summary.already_there, summary.left_out) == (ROWS, NONE, NONE)
    with psycopg.connect(url) as another:
        assert missing_schema(another) == []
        assert missing_reference(another) == []


def test_database_with_the_tables_gets_the_reference_rows_exactly(v2: Database) -> None:
    assert set_up(v2).tables_created == 0
    for table, rows in reference_tables().items():
        assert_frame_equal(stored_rows(v2, table, rows), rows, check_row_order=False)


def test_other_tables_in_an_otherwise_empty_database_do_not_matter(make_database: MakeDatabase) -> None:
    with psycopg.connect(make_database('CREATE TABLE "Invoice" ("id" TEXT)')) as connection:
        assert set_up(connection).tables_created > 0


@pytest.mark.parametrize(
    ("damage", "missing"),
    [
        ('DROP TABLE "Enrollment"', ["Enrollment"]),
        ('ALTER TABLE "User" DROP COLUMN "phone"', ["User.phone"]),
        ('DROP TYPE "Relationship" CASCADE', ["enum Relationship", "StudentParent.relationship"]),
    ],
)
def test_half_made_database_is_refused_with_what_is_missing(v2: Database, damage: str, missing: list[str]) -> None:
    v2.execute(damage.encode())
    with pytest.raises(SchemaError) as refusal:
        set_up(v2)
    assert f": {', '.join(missing)}. Nothing was written." in refusal.value.problem
    assert missing_schema(v2) == missing
    assert column(v2, 'SELECT count(*) FROM "Role"') == [0]


def test_a_single_enum_of_v2_makes_a_database_half_made(make_database: MakeDatabase) -> None:
    with psycopg.connect(make_database("CREATE TYPE \"Gender\" AS ENUM ('MALE', 'FEMALE')")) as connection:
        with pytest.raises(SchemaError, match="User"):
            set_up(connection)
        assert missing_schema(connection) == [thing for thing in expected_objects(packaged_sql("v2")) if thing != "enum Gender"]


def test_v1_s_database_is_refused(v1_url: str) -> None:
    with psycopg.connect(v1_url) as connection, pytest.raises(SchemaError, match=r"School\.curriculumId"):
        set_up(connection)


def test_tables_come_into_the_connection_s_schema(make_database: MakeDatabase) -> None:
    with psycopg.connect(make_database("CREATE SCHEMA odin"), options="-csearch_path=odin") as connection:
        set_up(connection)
        assert column(connection, "SELECT DISTINCT schemaname::text FROM pg_tables WHERE tablename = 'Role'") == ["odin"]


def test_schema_that_is_not_there_is_refused(make_database: MakeDatabase) -> None:
    with psycopg.connect(make_database(), options="-csearch_path=nowhere") as connection:
        with pytest.raises(SchemaError, match="no schema"):
            set_up(connection)
        assert missing_schema(connection) == expected_objects(packaged_sql("v2"))


def test_dropped_public_schema_is_made_again(make_database: MakeDatabase) -> None:
    with psycopg.connect(make_database("DROP SCHEMA public")) as connection:
        assert set_up(connection).tables_created > 0


def test_user_who_may_not_create_schemas_can_set_up_in_public(make_database: MakeDatabase) -> None:
    with psycopg.connect(make_database()) as connection, connection.transaction(force_rollback=True):
        connection.execute("CREATE ROLE clerk")
        connection.execute("GRANT USAGE, CREATE ON SCHEMA public TO clerk")
        connection.execute("SET LOCAL ROLE clerk")
        assert set_up(connection).tables_created > 0


# Transaction


def test_caller_s_transaction_stays_open(make_database: MakeDatabase) -> None:
    with psycopg.connect(make_database()) as connection:
        connection.execute("SELECT 1")
        set_up(connection)
        connection.rollback()
        assert missing_schema(connection) == expected_objects(packaged_sql("v2"))


def test_two_set_ups_at_once_write_everything_once(make_database: MakeDatabase) -> None:
    url = make_database()

    def set_up_alone(_: int) -> int:
        with psycopg.connect(url) as connection:
            return sum(set_up(connection).written.values())

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(set_up_alone, range(2))) == [0, sum(ROWS.values())]


# Rows that are there


def test_second_run_writes_nothing(v2: Database) -> None:
    set_up(v2)
    before = every_row(v2)
    summary = set_up(v2)
    assert (summary.tables_created, summary.written, summary.already_there) == (0, NONE, ROWS)
    assert every_row(v2) == before


def test_renamed_rows_stay_as_they_are(v2: Database) -> None:
    set_up(v2)
    v2.execute("""UPDATE "Subject" SET name = 'Maths' WHERE code = 'MATHEMATICS'""")
    v2.execute("""UPDATE "Role" SET name = 'Head', "isSystem" = false WHERE code = 'SCHOOL_ADMIN'""")
    before = every_row(v2)
    assert set_up(v2).written == NONE
    assert every_row(v2) == before


def test_children_lead_to_the_ids_of_rows_that_were_there(v2: Database) -> None:
    v2.execute("""
        INSERT INTO "UserType" VALUES ('own type', 'TEACHER', 'Staff');
        INSERT INTO "Role" VALUES ('own role', 'own type', 'TEACHER', 'Staff', false);
        INSERT INTO "PermissionModule" VALUES ('own module', 'grades', 'Marks');
        INSERT INTO "Permission" VALUES ('own permission', 'own module', 'grades.read', 'READ');
        INSERT INTO "Curriculum" VALUES ('own curriculum', 'BRITISH', 'UK');
        INSERT INTO "GradeSystem" VALUES ('own system', 'own curriculum', 'BRITISH_9_1', 'Nine to one');
        INSERT INTO "SubjectCategory" VALUES ('own category', 'SCIENCE', 'Natural science');
    """)
    summary = set_up(v2)
    assert {table: count for table, count in summary.already_there.items() if count} == dict.fromkeys(
        ["UserType", "Role", "PermissionModule", "Permission", "Curriculum", "GradeSystem", "SubjectCategory"], 1
    )
    assert summary.left_out == NONE
    assert column(v2, 'SELECT count(*) FROM "Permission" WHERE "moduleId" = \'own module\'') == [5]
    assert column(v2, 'SELECT count(*) FROM "RolePermission" WHERE "roleId" = \'own role\'') == [11]
    assert column(v2, 'SELECT count(*) FROM "RolePermission" WHERE "permissionId" = \'own permission\'') == [5]
    assert column(v2, 'SELECT count(*) FROM "ClassLevel" WHERE "curriculumId" = \'own curriculum\'') == [13]
    assert column(v2, 'SELECT count(*) FROM "GradeLevel" WHERE "gradeSystemId" = \'own system\'') == [10]
    assert column(v2, 'SELECT count(*) FROM "Subject" WHERE "categoryId" = \'own category\'') == [13]
    assert set_up(v2).written == NONE


@pytest.mark.parametrize(
    ("table", "code"),
    [("Permission", "students.read"), ("ClassLevel", "JSS1"), ("Subject", "PHYSICS"), ("UserType", "PARENT")],
)
def test_rows_that_are_gone_come_back_with_their_id(v2: Database, table: str, code: str) -> None:
    set_up(v2)
    v2.execute("""DELETE FROM "Role" WHERE code = 'PARENT'""")
    v2.execute(sql.SQL("DELETE FROM {} WHERE code = {}").format(sql.Identifier(table), code))
    assert f"{table}:{code}" in missing_reference(v2)
    set_up(v2)
    assert missing_reference(v2) == []
    for name, rows in reference_tables().items():
        assert_frame_equal(stored_rows(v2, name, rows), rows, check_row_order=False)


def test_subject_of_a_school_keeps_a_code_of_the_catalogue(v2: Database) -> None:
    v2.execute("""
        INSERT INTO "School" (id, name, code, country, "updatedAt") VALUES ('own', 'Own', 'OWN', 'NG', now());
        INSERT INTO "SubjectCategory" VALUES ('own category', 'SCIENCE', 'Natural science');
        INSERT INTO "Subject" VALUES ('own subject', 'own category', 'own', 'PHYSICS', 'Our physics');
    """)
    assert set_up(v2).already_there["Subject"] == 1
    assert column(v2, """SELECT id FROM "Subject" WHERE code = 'PHYSICS'""") == ["own subject"]


# Rows that were arranged otherwise


def test_band_that_is_gone_comes_back(v2: Database) -> None:
    set_up(v2)
    v2.execute("""DELETE FROM "GradeLevel" WHERE grade = 'E8'""")
    summary = set_up(v2)
    assert (summary.written["GradeLevel"], summary.left_out["GradeLevel"]) == (2, 0)


def test_band_that_would_overlap_with_an_operator_s_is_left_out(v2: Database) -> None:
    set_up(v2)
    system = reference_id("GradeSystem:NIGERIAN_WASSCE")
    v2.execute("""DELETE FROM "GradeLevel" WHERE grade IN ('E8', 'F9') AND "gradeSystemId" = %s""", [system])
    v2.execute("""INSERT INTO "GradeLevel" VALUES ('own', %s, 'F8', 0, 44, 9, 'Fail')""", [system])
    before = every_row(v2)
    summary = set_up(v2)
    assert (summary.written, summary.left_out) == (NONE, NONE | {"GradeLevel": 2})
    assert every_row(v2) == before


def test_right_that_was_taken_from_a_role_is_not_given_back(v2: Database) -> None:
    set_up(v2)
    v2.execute(
        'DELETE FROM "RolePermission" WHERE "roleId" = %s AND "permissionId" = %s',
        [reference_id("Role:TEACHER"), reference_id("Permission:reports.export")],
    )
    summary = set_up(v2)
    assert (summary.written, summary.left_out) == (NONE, NONE | {"RolePermission": 1})


def test_new_permission_is_given_to_the_roles_that_are_meant_to_have_it(v2: Database) -> None:
    set_up(v2)
    v2.execute("""DELETE FROM "Permission" WHERE code = 'reports.export'""")
    summary = set_up(v2)
    assert (summary.written["Permission"], summary.written["RolePermission"]) == (1, 3)


@pytest.mark.parametrize(
    ("arranged", "table"),
    [
        ("""UPDATE "ClassLevel" SET code = 'JSS_1' WHERE code = 'JSS1'""", "ClassLevel"),
        ("""UPDATE "Permission" SET code = 'students.see' WHERE code = 'students.read'""", "Permission"),
    ],
)
def test_row_under_another_code_in_a_reference_row_s_place_is_refused(v2: Database, arranged: str, table: str) -> None:
    set_up(v2)
    v2.execute("""DELETE FROM "Subject" WHERE code = 'PHYSICS'""")
    v2.execute(arranged.encode())
    before = every_row(v2)
    with pytest.raises(SchemaError, match=f"a row of {table} stands in the way"):
        set_up(v2)
    assert every_row(v2) == before


def test_ids_of_type_uuid_are_as_good(make_database: MakeDatabase) -> None:
    with psycopg.connect(make_database(re.sub(r'("id"|"\w+Id") TEXT', r"\1 UUID", packaged_sql("v2")))) as connection:
        assert set_up(connection).written == ROWS
        assert set_up(connection).already_there == ROWS


# What is missing


def test_v2_without_reference_data_lacks_every_code(v2: Database) -> None:
    missing = missing_reference(v2)
    coded = [rows for rows in reference_tables().values() if "code" in rows.columns]
    assert len(missing) == sum(rows.height for rows in coded)
    assert {"Role:TEACHER", "Curriculum:IB", "ClassLevel:JSS1", "Subject:PHYSICS"} <= set(missing)


@pytest.mark.parametrize("missing_of", [missing_schema, missing_reference])
def test_looking_for_what_is_missing_changes_nothing(v2: Database, missing_of: Callable[[Database], list[str]]) -> None:
    v2.read_only = True
    missing_of(v2)
