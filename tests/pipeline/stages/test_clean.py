"""Emptying V2: all of V2's rows and the ledger, nothing else, in one transaction with the set-up after it."""

import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from pipeline.errors import DatabaseError, SchemaError
from pipeline.postgres import ledger
from pipeline.postgres.embedded import Server
from pipeline.postgres.schema import expected_columns, packaged_sql
from pipeline.reference import reference_tables
from pipeline.stages import clean as module
from pipeline.stages.clean import require_emptiable, rows_to_delete, set_up_anew
from pipeline.stages.setup import missing_reference, missing_schema, set_up
from tests.conftest import MakeDatabase

Database = Connection[tuple[Any, ...]]

REFERENCE = {table: rows.height for table, rows in reference_tables().items()}

ROWS = """
    INSERT INTO "School" ("id", "name", "code", "country", "updatedAt") VALUES ('s', 'Green Hill', 'GH', 'NG', '2024-01-01');
    INSERT INTO "User" ("id", "userTypeId", "email", "passwordHash", "firstName", "updatedAt")
        SELECT 'u', "id", 'ada@x.org', 'hash', 'Ada', '2024-01-01' FROM "UserType" WHERE "code" = 'TEACHER';
    INSERT INTO "UserRole" ("id", "userId", "roleId", "schoolId") SELECT 'r', 'u', "id", 's' FROM "Role" WHERE "code" = 'TEACHER';
    UPDATE "Role" SET "name" = 'Tutor' WHERE "code" = 'TEACHER';
    CREATE TABLE "_prisma_migrations" ("id" TEXT);
    INSERT INTO "_prisma_migrations" VALUES ('1');
"""

LEDGER_ROWS = """
    INSERT INTO "migration"."run" ("id", "state", "settings_digest", "counts", "started_at") VALUES ('run', 'loaded', '', '{}', now());
    INSERT INTO "migration"."row" ("v1_table", "v1_id", "digest", "run_id") VALUES ('School', '1', '', 'run'), ('School', '2', '', 'run');
"""


@pytest.fixture(scope="module")
def in_use(server: Server) -> Iterator[str]:
    """The server's name of a V2 in use, to be copied: reference rows, a teacher, a ledger, and a table that is not V2's."""
    name = server.create_database("v2_in_use")
    with psycopg.connect(server.url(name)) as connection:
        set_up(connection)
        for statements in (ROWS, ledger.statements(), LEDGER_ROWS):
            connection.execute(statements.encode())
    yield name
    server.drop_database(name)


@pytest.fixture
def url(in_use: str, server: Server, database_names: Iterator[str]) -> Iterator[str]:
    """A copy of the V2 in use."""
    name = server.create_database(next(database_names), template=in_use)
    yield server.url(name)
    server.drop_database(name)


@pytest.fixture
def v2(url: str) -> Iterator[Database]:
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def one(connection: Database, query: str) -> Any:
    row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


def contents(connection: Database) -> dict[str, str]:
    """All rows of V2's tables, as text."""
    query = """SELECT coalesce(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE "C"), '') FROM "{}" AS t"""
    return {table: one(connection, query.format(table)) for table in expected_columns(packaged_sql("v2"))}


def test_afterwards_v2_is_as_a_set_up_leaves_an_empty_one(v2: Database, make_database: MakeDatabase) -> None:
    summary = set_up_anew(v2)
    assert summary.deleted == REFERENCE | {"School": 1, "User": 1, "UserRole": 1, "migration.row": 2, "migration.run": 1}
    assert (summary.tables_created, summary.written) == (0, REFERENCE)
    with psycopg.connect(make_database()) as fresh:
        set_up(fresh)
        assert contents(v2) == contents(fresh)
    assert one(v2, "SELECT count(*) FROM pg_namespace WHERE nspname = 'migration'") == 0


def test_rows_of_other_tables_stay(v2: Database) -> None:
    set_up_anew(v2)
    assert one(v2, 'SELECT count(*) FROM "_prisma_migrations"') == 1


def test_what_is_to_be_deleted_is_what_is_deleted(v2: Database) -> None:
    foreseen = rows_to_delete(v2)
    assert set_up_anew(v2).deleted == foreseen
    assert rows_to_delete(v2) == REFERENCE


def test_a_schema_migration_that_holds_more_stays(v2: Database) -> None:
    v2.execute('CREATE TABLE "migration"."notes" ("id" INT)')
    set_up_anew(v2)
    assert one(v2, """SELECT string_agg(tablename, ' ') FROM pg_tables WHERE schemaname = 'migration'""") == "notes"


def test_an_empty_database_is_only_set_up(make_database: MakeDatabase) -> None:
    with psycopg.connect(make_database()) as connection:
        assert rows_to_delete(connection) == {}
        summary = set_up_anew(connection)
        assert (summary.deleted, summary.written) == ({}, REFERENCE)
        assert missing_schema(connection) == missing_reference(connection) == []


def test_a_ledger_without_v2_s_tables_goes(make_database: MakeDatabase) -> None:
    with psycopg.connect(make_database(ledger.statements() + LEDGER_ROWS)) as connection:
        assert rows_to_delete(connection) == {"migration.row": 2, "migration.run": 1}
        assert set_up_anew(connection).tables_created > 0
        assert not ledger.is_there(connection)


def test_it_empties_the_connection_s_schema_alone(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute('CREATE SCHEMA "odin"')
        connection.execute('SET search_path = "odin"')
        set_up_anew(connection)
        set_up_anew(connection)
        connection.execute('SET search_path = "public"')
        assert one(connection, 'SELECT count(*) FROM "User"') == 1


# Nothing, or all


def test_what_fails_after_the_emptying_brings_everything_back(v2: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(_: object) -> None:
        raise KeyboardInterrupt

    before, doomed = contents(v2), rows_to_delete(v2)
    monkeypatch.setattr(module, "set_up", failing)
    with pytest.raises(KeyboardInterrupt):
        set_up_anew(v2)
    assert (contents(v2), rows_to_delete(v2)) == (before, doomed)


@pytest.mark.parametrize(("schema", "name"), [("public", '"Invoice"'), ("billing", 'billing."Invoice"'), ("billing", 'billing."User"')])
def test_a_table_of_somebody_else_s_that_refers_to_v2_is_named(schema: str, name: str, v2: Database) -> None:
    before = contents(v2)
    v2.execute("CREATE SCHEMA billing")
    v2.execute(f"""CREATE TABLE {schema}.{name.removeprefix("billing.")} ("id" INT, "userId" TEXT REFERENCES public."User")""".encode())
    for refused in (require_emptiable, set_up_anew):
        with pytest.raises(SchemaError, match=r"not V2's refer to its rows: " + name.replace(".", r"\.")) as error:
            refused(v2)
        assert "Nothing was deleted" in error.value.problem
    assert contents(v2) == before


def test_a_half_made_v2_is_not_emptied(v2: Database) -> None:
    v2.execute('DROP TABLE "Enrollment"')
    for refused in (require_emptiable, set_up_anew):
        with pytest.raises(SchemaError, match=r": Enrollment\. Nothing was written"):
            refused(v2)
    assert one(v2, 'SELECT count(*) FROM "User"') == 1


def test_v1_s_database_is_not_emptied(v1_url: str) -> None:
    with psycopg.connect(v1_url) as connection, pytest.raises(SchemaError):
        set_up_anew(connection)


def test_who_uses_v2_for_too_long_is_not_waited_for(url: str, v2: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", "SET LOCAL lock_timeout = '50ms'")
    with psycopg.connect(url) as user:
        user.execute('SELECT * FROM "User"')
        with pytest.raises(DatabaseError, match="somebody uses V2's tables"):
            set_up_anew(v2)
    assert one(v2, 'SELECT count(*) FROM "User"') == 1


def test_rows_that_come_while_it_waits_are_counted_and_deleted(url: str, v2: Database) -> None:
    with psycopg.connect(url) as user:
        user.execute("""INSERT INTO "School" ("id", "name", "code", "country", "updatedAt") VALUES ('s2', '', 'S2', 'NG', now())""")
        committing = threading.Timer(0.5, user.commit)
        committing.start()
        assert set_up_anew(v2).deleted["School"] == 2
        committing.join()
    assert one(v2, 'SELECT count(*) FROM "School"') == 0
