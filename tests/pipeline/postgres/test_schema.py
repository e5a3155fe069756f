"""What Prisma's SQL promises, and what of it a real database lacks."""

from collections import defaultdict
from typing import Literal

import psycopg
import pytest

from pipeline.postgres.schema import (
    expected_columns,
    expected_enums,
    expected_objects,
    missing_objects,
    packaged_sql,
)
from tests.conftest import MakeDatabase

CATALOGUE_COLUMNS = """
    SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' ORDER BY c.oid, a.attnum
"""
CATALOGUE_ENUMS = """
    SELECT t.typname, array_agg(e.enumlabel::text ORDER BY e.enumsortorder)
    FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid GROUP BY t.oid, t.typname ORDER BY t.oid
"""

both_schemas = pytest.mark.parametrize("name", ["v1", "v2"])


@both_schemas
def test_expected_columns_are_those_of_a_database_that_the_sql_makes(name: Literal["v1", "v2"], make_database: MakeDatabase) -> None:
    sql = packaged_sql(name)
    in_catalogue: dict[str, dict[str, str]] = defaultdict(dict)
    with psycopg.connect(make_database(sql)) as connection:
        for table, column, written_type in connection.execute(CATALOGUE_COLUMNS):
            in_catalogue[table][column] = written_type
    assert list(expected_columns(sql)) == list(in_catalogue)
    assert expected_columns(sql) == in_catalogue


@both_schemas
def test_expected_enums_are_those_of_a_database_that_the_sql_makes(name: Literal["v1", "v2"], make_database: MakeDatabase) -> None:
    sql = packaged_sql(name)
    with psycopg.connect(make_database(sql)) as connection:
        in_catalogue = [(enum, tuple(labels)) for enum, labels in connection.execute(CATALOGUE_ENUMS)]
    assert list(expected_enums(sql).items()) == in_catalogue


@pytest.mark.parametrize(
    ("written", "in_catalogue"),
    [
        ("SERIAL NOT NULL", "integer"),
        ("INTEGER", "integer"),
        ("BOOLEAN NOT NULL DEFAULT true", "boolean"),
        ("TEXT NOT NULL DEFAULT 'a, b'", "text"),
        ("TEXT[] DEFAULT ARRAY[]::TEXT[]", "text[]"),
        ("DECIMAL(4,2)", "numeric(4,2)"),
        ("DECIMAL(4,2)[]", "numeric(4,2)[]"),
        ("CHAR(2) NOT NULL", "character(2)"),
        ("DOUBLE PRECISION NOT NULL", "double precision"),
        ("TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP", "timestamp(3) without time zone"),
        ("\"Gender\" NOT NULL DEFAULT 'MALE'", '"Gender"'),
    ],
)
def test_column_types_are_named_as_the_catalogue_names_them(written: str, in_catalogue: str) -> None:
    sql = f'CREATE TABLE "T" (\n    "c" {written},\n    "d" TEXT,\n\n    CONSTRAINT "T_pkey" PRIMARY KEY ("c")\n);'
    assert expected_columns(sql) == {"T": {"c": in_catalogue, "d": "text"}}


@both_schemas
def test_nothing_is_missing_where_the_sql_ran(name: Literal["v1", "v2"], make_database: MakeDatabase) -> None:
    with psycopg.connect(make_database(packaged_sql(name))) as connection:
        assert missing_objects(connection, packaged_sql(name)) == []


def test_all_is_missing_in_an_empty_database(make_database: MakeDatabase) -> None:
    with psycopg.connect(make_database()) as connection:
        missing = missing_objects(connection, packaged_sql("v1"))
    assert missing == expected_objects(packaged_sql("v1"))
    assert missing[:3] == ["enum Gender", "enum StudentStatus", "School"]


def test_each_kind_of_thing_that_is_missing_is_named_once(v2_url: str) -> None:
    with psycopg.connect(v2_url) as connection:
        connection.execute('DROP TYPE "Relationship" CASCADE')
        connection.execute('ALTER TABLE "User" DROP COLUMN "phone", DROP COLUMN "email"')
        connection.execute('DROP TABLE "Enrollment"')
        connection.execute("ALTER TYPE \"Gender\" RENAME VALUE 'FEMALE' TO 'WOMAN'")
        missing = missing_objects(connection, packaged_sql("v2"))
    assert missing == [
        "enum Gender.FEMALE",
        "enum Relationship",
        "User.email",
        "User.phone",
        "StudentParent.relationship",
        "Enrollment",
    ]


def test_what_the_database_has_beyond_does_not_matter(v2_url: str) -> None:
    with psycopg.connect(v2_url) as connection:
        connection.execute('ALTER TABLE "User" ADD COLUMN "nickname" TEXT')
        connection.execute('CREATE TABLE "Invoice" ("id" TEXT)')
        connection.execute("CREATE TYPE \"Colour\" AS ENUM ('RED')")
        connection.execute('ALTER TABLE "PermissionModule" ALTER COLUMN "name" TYPE VARCHAR(80)')
        assert missing_objects(connection, packaged_sql("v2")) == []


def test_an_empty_table_of_the_name_lacks_every_column(make_database: MakeDatabase) -> None:
    with psycopg.connect(make_database('CREATE TABLE "Class" ()')) as connection:
        missing = missing_objects(connection, packaged_sql("v1"))
    assert "Class" not in missing
    assert {"Class.id", "Class.school_id", "School"} <= set(missing)


def test_only_the_current_schema_counts(v2_url: str) -> None:
    with psycopg.connect(v2_url) as connection:
        connection.execute("CREATE SCHEMA elsewhere")
        connection.execute("SET search_path = elsewhere, public")
        assert missing_objects(connection, packaged_sql("v2")) == expected_objects(packaged_sql("v2"))
        connection.execute("SET search_path = nowhere")
        assert missing_objects(connection, packaged_sql("v2")) == expected_objects(packaged_sql("v2"))


def test_the_connection_s_own_row_factory_does_not_matter(v2_url: str) -> None:
    with psycopg.connect(v2_url, row_factory=psycopg.rows.dict_row) as connection:
        assert missing_objects(connection, packaged_sql("v2")) == []
