"""A database's tables by its catalogue: whatever there is, and nothing that is no table of the schema."""

from collections.abc import Iterator

import psycopg
import pytest

from pipeline.postgres.connect import Database
from pipeline.postgres.schema import expected_columns, packaged_sql
from pipeline.postgres.tables import Column, Table, tables
from tests.conftest import MakeDatabase
from tests.pipeline.conftest import Clerk

ALL_KINDS = """
    CREATE TABLE "Plain" ("b" INT NOT NULL, "a" NUMERIC(12,2), "gone" TEXT, "list" TEXT[], PRIMARY KEY ("a", "b"));
    ALTER TABLE "Plain" DROP COLUMN "gone";
    COMMENT ON TABLE "Plain" IS 'Nothing special';
    COMMENT ON COLUMN "Plain"."list" IS 'Of texts';
    CREATE TABLE "Parted" ("id" INT) PARTITION BY RANGE ("id");
    CREATE TABLE "Part" PARTITION OF "Parted" DEFAULT;
    CREATE TABLE "Bare" ();
    CREATE VIEW "View" AS SELECT 1;
    CREATE SCHEMA "elsewhere";
    CREATE TABLE "elsewhere"."Other" ("id" INT);
"""


def test_plain_partitioned_and_bare_tables_are_found_and_nothing_else(make_database: MakeDatabase) -> None:
    with psycopg.connect(make_database(ALL_KINDS)) as connection:
        bare, parted, plain = tables(connection)
    nothing = {"key": (), "comment": None, "is_partitioned": False, "may_select": True, "is_filtered": False}
    assert bare == Table("Bare", (), **nothing)  # type: ignore[arg-type]  # as named
    assert (parted.name, parted.is_partitioned, len(parted.columns)) == ("Parted", True, 1)
    assert plain.columns == (
        Column("b", "integer", "integer", is_nullable=False, comment=None),
        Column("a", "numeric(12,2)", "numeric", is_nullable=False, comment=None),
        Column("list", "text[]", "text[]", is_nullable=True, comment="Of texts"),
    )
    assert (plain.key, plain.comment) == (("a", "b"), "Nothing special")


@pytest.mark.parametrize("side", ["v1", "v2"])
def test_of_prisma_s_tables_all_are_found_with_every_column_and_type(side: str, v1_url: str, v2_url: str) -> None:
    with psycopg.connect(v1_url if side == "v1" else v2_url) as connection:
        found = {table.name: {column.name: column.type for column in table.columns} for table in tables(connection)}
    assert found == expected_columns(packaged_sql("v1" if side == "v1" else "v2"))


def test_a_schema_that_is_not_there_has_no_tables(v1_url: str) -> None:
    with psycopg.connect(v1_url, options="-csearch_path=nowhere") as connection:
        assert tables(connection) == []


@pytest.fixture
def clerk_connection(make_database: MakeDatabase, clerk: Clerk) -> Iterator[psycopg.Connection]:
    """A user who may read one of two tables, and of a third only some rows."""
    url = make_database(
        """
        CREATE TABLE "Closed" ("id" INT); CREATE TABLE "Open" ("id" INT); CREATE TABLE "Veiled" ("id" INT);
        ALTER TABLE "Veiled" ENABLE ROW LEVEL SECURITY;
        """
    )
    with psycopg.connect(url) as connection:
        connection.execute(f'GRANT SELECT ON "Open", "Veiled" TO {clerk.name}'.encode())
    with psycopg.connect(clerk.at(Database.from_url("V1", url)).url) as connection:
        yield connection


def test_what_the_user_may_not_read_is_told(clerk_connection: psycopg.Connection) -> None:
    found = {table.name: (table.may_select, table.is_filtered) for table in tables(clerk_connection)}
    assert found == {"Closed": (False, False), "Open": (True, False), "Veiled": (True, True)}
