"""Reading at a snapshot: one instant, only reading, in bounded batches, and quiet when it fails."""

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pyarrow as pa
import pytest

from pipeline.errors import ConnectionFailedError, DatabaseError
from pipeline.postgres.connect import Database
from pipeline.postgres.snapshot import Snapshot, exported
from tests.conftest import MakeDatabase
from tests.pipeline.conftest import Clerk

TABLES = """
    CREATE TABLE "Teacher" ("id" INT PRIMARY KEY, "email" TEXT, "seen_at" TIMESTAMPTZ, "skills" TEXT[]);
    INSERT INTO "Teacher" SELECT number, 'ada' || number || '@x.example' FROM generate_series(1, 100) AS number;
"""

ALL = 'SELECT "id", "email" FROM "Teacher" ORDER BY "id"'


@pytest.fixture
def v1(make_database: MakeDatabase) -> Database:
    """A V1 with a hundred teachers."""
    return Database.from_url("V1", make_database(TABLES))


def execute(database: Database, statement: str) -> Any:
    with psycopg.connect(database.url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchone() if cursor.description else None


def rows(snapshot: Snapshot, query: str, *, batch_rows: int = 1000) -> list[dict[str, Any]]:
    return [row for batch in snapshot.stream(query, batch_rows=batch_rows) for row in batch.to_pylist()]


# Batches


@pytest.mark.parametrize(("batch_rows", "sizes"), [(1, [1] * 100), (30, [30, 30, 30, 10]), (100, [100]), (1000, [100])])
def test_no_batch_is_larger_than_wanted_and_no_row_is_lost(batch_rows: int, sizes: list[int], v1: Database) -> None:
    with exported(v1) as snapshot:
        batches = list(snapshot.stream(ALL, batch_rows=batch_rows))
    assert [batch.num_rows for batch in batches if batch.num_rows] == sizes
    assert pa.Table.from_batches(batches)["id"].to_pylist() == list(range(1, 101))


def test_a_query_without_rows_gives_an_empty_batch_with_the_types(v1: Database) -> None:
    with exported(v1) as snapshot:
        (batch,) = snapshot.stream('SELECT "id"::int8, "email", "seen_at", "skills" FROM "Teacher" WHERE false', batch_rows=10)
    assert batch.num_rows == 0
    assert batch.schema.names == ["id", "email", "seen_at", "skills"]
    assert batch.schema.field("id").type == pa.int64()


# One instant


def test_what_is_written_meanwhile_does_not_show(v1: Database) -> None:
    with exported(v1) as snapshot:
        before = rows(snapshot, ALL)
        for change in (
            """INSERT INTO "Teacher" VALUES (101, 'new@x.example')""",
            """UPDATE "Teacher" SET "email" = 'changed@x.example' WHERE "id" = 7""",
            """DELETE FROM "Teacher" WHERE "id" = 8""",
        ):
            execute(v1, change)
            assert rows(snapshot, ALL) == before
            assert snapshot.connection.execute('SELECT count(*) FROM "Teacher"').fetchone() == (100,)
    with exported(v1) as later:
        assert len(rows(later, ALL)) == 100
        assert rows(later, ALL) != before


def test_what_is_written_between_two_batches_does_not_show(v1: Database) -> None:
    with exported(v1) as snapshot:
        batches = snapshot.stream(ALL, batch_rows=10)
        read = next(batches).num_rows
        execute(v1, 'DELETE FROM "Teacher"')
        read += sum(batch.num_rows for batch in batches)
    assert read == 100


def test_a_snapshot_tells_when_it_was_taken_in_utc(v1: Database) -> None:
    execute(v1, f"""ALTER DATABASE "{v1.name}" SET TimeZone = 'Africa/Lagos'""")
    with exported(v1) as snapshot:
        assert abs(datetime.now(UTC).replace(tzinfo=None) - snapshot.taken_at) < timedelta(seconds=30)


def test_times_are_read_in_utc_whatever_the_database_s_zone(v1: Database) -> None:
    execute(v1, f"""ALTER DATABASE "{v1.name}" SET TimeZone = 'Africa/Lagos'""")
    execute(v1, """UPDATE "Teacher" SET "seen_at" = '2024-01-01 09:00+01' WHERE "id" = 1""")
    with exported(v1) as snapshot:
        (row,) = rows(snapshot, 'SELECT "seen_at"::timestamp AS "seen_at" FROM "Teacher" WHERE "id" = 1')
    assert row["seen_at"] == datetime(2024, 1, 1, 8)  # noqa: DTZ001 - a timestamp without a zone


def test_the_snapshot_ends_with_its_block(v1: Database) -> None:
    with exported(v1) as snapshot:
        pass
    assert snapshot.connection.closed
    with pytest.raises(DatabaseError):
        rows(snapshot, ALL)


def test_a_server_s_time_limits_do_not_cut_a_read_off(v1: Database) -> None:
    for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
        execute(v1, f"""ALTER DATABASE "{v1.name}" SET {limit} = '200ms'""")
    with exported(v1) as snapshot:
        assert rows(snapshot, "SELECT pg_sleep(0.5)::text AS slept") == [{"slept": ""}]
        assert snapshot.connection.execute("SELECT pg_sleep(0.3)::text").fetchone() == ("",)
        assert len(rows(snapshot, ALL)) == 100


# Only reading


@pytest.mark.parametrize(
    "statement",
    [
        """INSERT INTO "Teacher" VALUES (101) RETURNING "id" """,
        """DELETE FROM "Teacher" RETURNING "id" """,
        """UPDATE "Teacher" SET "email" = NULL RETURNING "id" """,
        """SELECT lo_create(0)""",
    ],
)
def test_v1_cannot_be_written(statement: str, v1: Database) -> None:
    written = """SELECT sum(xmin::text::int8), count(*) FROM "Teacher" """
    before = execute(v1, written)
    with pytest.raises(DatabaseError, match="ReadOnlySqlTransaction"), exported(v1) as snapshot:
        rows(snapshot, statement)
    with pytest.raises(DatabaseError, match="ReadOnlySqlTransaction"), exported(v1) as snapshot:
        snapshot.connection.execute(statement.encode())
    assert execute(v1, written) == before


def test_reads_are_read_only_transactions_at_one_snapshot(v1: Database) -> None:
    query = "SELECT current_setting('transaction_read_only') AS read_only, current_setting('transaction_isolation') AS isolation"
    with exported(v1) as snapshot:
        assert rows(snapshot, query) == [{"read_only": "on", "isolation": "repeatable read"}]
        assert snapshot.connection.execute(query.encode()).fetchone() == ("on", "repeatable read")


def test_a_user_who_may_only_select_can_read(v1: Database, clerk: Clerk) -> None:
    execute(v1, f'GRANT SELECT ON "Teacher" TO "{clerk.name}"')
    with exported(clerk.at(v1)) as snapshot:
        assert len(rows(snapshot, ALL)) == 100


# Failures


def test_a_value_that_cannot_be_read_is_quoted_nowhere(v1: Database, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(DatabaseError, match="InvalidTextRepresentation") as refused, exported(v1) as snapshot:
        rows(snapshot, 'SELECT "email"::int FROM "Teacher"')
    os.write(2, b"standard error is heard again")
    printed = capfd.readouterr()
    assert "ada1@" not in str(refused.value)
    assert printed.out == ""
    assert printed.err == "standard error is heard again"


def test_a_failure_after_some_batches_is_no_end_of_the_rows(v1: Database) -> None:
    query = 'SELECT 1 / (90 - "id") FROM "Teacher" ORDER BY "id"'
    with pytest.raises(DatabaseError, match="DivisionByZero"), exported(v1) as snapshot:
        rows(snapshot, query, batch_rows=10)


def test_a_connection_that_breaks_between_two_batches_is_no_end_of_the_rows(v1: Database) -> None:
    endless = "SELECT number, repeat('x', 1000) FROM generate_series(1, 300000) AS number"
    with exported(v1) as snapshot:
        batches = snapshot.stream(endless, batch_rows=100)
        next(batches)
        execute(v1, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%generate_series%' AND query LIKE 'COPY%'")
        with pytest.raises(ConnectionFailedError, match="connection broke"):
            for _ in batches:
                pass


def test_a_stream_may_be_left_before_its_end(v1: Database, capfd: pytest.CaptureFixture[str]) -> None:
    with exported(v1) as snapshot:
        batches = snapshot.stream(ALL, batch_rows=1)
        next(batches)
        del batches
        assert len(rows(snapshot, ALL)) == 100
    assert capfd.readouterr().err == ""


def test_a_server_that_is_not_there_is_said_before_connectorx_waits_for_it(v1: Database) -> None:
    nobody = Database(label="V1", host="127.0.0.1", port=1, name=v1.name, user=v1.user)
    with pytest.raises(ConnectionFailedError, match="no server answers"), exported(nobody):
        pytest.fail("there was a server")
