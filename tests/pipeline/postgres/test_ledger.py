"""The ledger: its tables in a schema of their own, and the lock that lets one run in."""

import re
import threading
import time
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest

from pipeline.errors import ConnectionFailedError, DatabaseError, RefusedError
from pipeline.postgres import ledger
from pipeline.postgres.connect import Database, connected
from tests.conftest import MakeDatabase
from tests.pipeline.conftest import Clerk
from transforms.tables.history import LEDGER_SCHEMA

HOLDER = re.compile(r"\(server process (?P<process>\d+), since (?P<since>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC\)")


@pytest.fixture
def v2(make_database: MakeDatabase) -> Database:
    return Database.from_url("V2", make_database())


def held_processes(database: Database) -> list[Any]:
    """The server processes that hold an advisory lock of the database, and since when they run."""
    query = """
        SELECT pid, to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') FROM pg_locks JOIN pg_stat_activity USING (pid)
        WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    """
    with connected(database) as connection:
        return connection.execute(query.encode()).fetchall()


def refusal(database: Database) -> RefusedError:
    with pytest.raises(RefusedError, match="another run of the migration holds it") as refused, ledger.exclusive(database):
        pytest.fail("two runs at once")
    return refused.value


# The lock


def test_a_second_run_is_refused_and_told_who_holds_v2_since_when(v2: Database) -> None:
    with ledger.exclusive(v2):
        ((process, since),) = held_processes(v2)
        refused = refusal(v2)
    assert refused.exit_code == 8
    told = HOLDER.search(refused.problem)
    assert told
    assert (int(told["process"]), told["since"]) == (process, since)
    assert refused.problem.startswith(v2.place)


def test_v2_is_free_again_when_the_run_has_ended_well_or_not(v2: Database) -> None:
    with ledger.exclusive(v2):
        pass
    with pytest.raises(KeyError), ledger.exclusive(v2):
        raise KeyError
    with ledger.exclusive(v2):
        assert len(held_processes(v2)) == 1


def test_v2_is_free_again_when_the_connection_of_the_run_is_gone(v2: Database) -> None:
    with psycopg.connect(v2.url) as run:
        run.execute("SELECT pg_advisory_lock(%s)", [ledger.LOCK_KEY])
        refusal(v2)
    with ledger.exclusive(v2):
        pass


def test_runs_into_two_databases_do_not_hinder_each_other(make_database: MakeDatabase) -> None:
    with ExitStack() as runs:
        for _ in range(2):
            runs.enter_context(ledger.exclusive(Database.from_url("V2", make_database())))


def test_a_transaction_that_outlives_its_process_is_waited_for(v2: Database) -> None:
    with psycopg.connect(v2.url) as cut_off:
        assert cut_off.execute(ledger.HOLD_TO_THE_END).fetchone() == (True,)
        ended = []

        def end() -> None:
            ended.append(True)  # before the server hears of it: who waits for it goes on at once
            cut_off.rollback()

        threading.Timer(0.3, end).start()
        with ledger.exclusive(v2) as lock:
            assert ended
            assert lock.latest_run() is None
            assert len(held_processes(v2)) == 1


def test_a_transaction_that_does_not_end_is_told_by_its_process(v2: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "ENDING_TIMEOUT", "100ms")
    with psycopg.connect(v2.url) as cut_off:
        cut_off.execute(ledger.HOLD_TO_THE_END)
        with pytest.raises(RefusedError, match=f"not done with a run that was cut off .server process {cut_off.info.backend_pid}, since"):
            ledger.exclusive(v2).__enter__()
        with pytest.raises(DatabaseError, match="LockNotAvailable"):
            ledger.was_committed(v2, "a run")


def test_the_holder_named_is_the_one_of_this_database(make_database: MakeDatabase) -> None:
    databases = [Database.from_url("V2", make_database()) for _ in range(6)]
    with ExitStack() as runs:
        for database in databases:
            runs.enter_context(ledger.exclusive(database))
        for database in databases:
            told = HOLDER.search(refusal(database).problem)
            assert told
            assert int(told["process"]) == held_processes(database)[0][0]


def test_a_user_who_may_not_see_the_holder_is_refused_all_the_same(v2: Database, clerk: Clerk) -> None:
    with ledger.exclusive(v2):
        refusal(clerk.at(v2))


def test_the_lock_needs_no_rights_in_v2(v2: Database, clerk: Clerk) -> None:
    with ledger.exclusive(clerk.at(v2)):
        refusal(v2)


def test_a_table_locked_by_somebody_else_s_advisory_lock_is_no_run(v2: Database) -> None:
    with connected(v2) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [ledger.TRANSACTION_KEY + 1])
        with ledger.exclusive(v2):
            pass


def test_a_lock_that_is_held_says_nothing(v2: Database) -> None:
    with ledger.exclusive(v2) as lock:
        lock.require_held()


def test_a_lock_whose_connection_is_gone_is_lost(v2: Database) -> None:
    with psycopg.connect(v2.url) as run, connected(v2) as another:
        lock = ledger.Lock(v2, run)
        another.execute("SELECT pg_terminate_backend(%s)", [run.info.backend_pid])
        with pytest.raises(ConnectionFailedError):
            lock.require_held()


def test_a_server_s_time_limit_for_idle_sessions_does_not_end_a_run(v2: Database) -> None:
    with connected(v2) as connection:
        connection.execute(f"""ALTER DATABASE "{v2.name}" SET idle_session_timeout = '100ms'""".encode())
    with ledger.exclusive(v2) as lock:
        time.sleep(0.3)
        lock.require_held()


# Its tables


def make_ledger(database: Database) -> None:
    with connected(database) as connection:
        connection.execute(ledger.statements().encode())


def test_without_a_ledger_there_are_no_rows(v2: Database) -> None:
    with connected(v2, read_only=True) as connection:
        query = ledger.rows_query(connection)
        cursor = connection.execute(query.encode())
        assert [column.name for column in cursor.description or []] == LEDGER_SCHEMA.names()
        assert cursor.fetchall() == []


def test_the_ledger_s_rows_are_those_of_all_runs(v2: Database) -> None:
    make_ledger(v2)
    with connected(v2) as connection:
        connection.execute("""INSERT INTO "migration"."run" VALUES ('run-1', 'loaded', 'd', '{}', '2024-01-01')""")
        connection.execute(
            """INSERT INTO "migration"."row" VALUES ('School', '7', 'd', 'run-1'), ('_ClassToTeacher', '7:8', 'e', 'run-1')"""
        )
        rows = connection.execute(ledger.rows_query(connection).encode()).fetchall()
    unknown = (None, None, None, None, False)
    assert sorted(rows) == [("School", "7", "d", "run-1", *unknown), ("_ClassToTeacher", "7:8", "e", "run-1", *unknown)]


def test_making_it_twice_keeps_what_it_holds(v2: Database) -> None:
    make_ledger(v2)
    with connected(v2) as connection:
        connection.execute("""INSERT INTO "migration"."run" VALUES ('run-1', 'loaded', 'd', '{}', '2024-01-01')""")
    make_ledger(v2)
    with connected(v2) as connection:
        assert connection.execute("""SELECT "id" FROM "migration"."run" """).fetchall() == [("run-1",)]


def test_it_lies_outside_prisma_s_schema(v2: Database) -> None:
    make_ledger(v2)
    with connected(v2) as connection:
        query = "SELECT DISTINCT schemaname FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        assert connection.execute(query).fetchall() == [("migration",)]


def test_times_are_kept_in_utc(v2: Database) -> None:
    make_ledger(v2)
    with psycopg.connect(v2.url) as connection:
        connection.execute("SET TimeZone = 'Asia/Kolkata'")
        connection.execute("""INSERT INTO "migration"."run" VALUES ('run-1', 'loaded', 'd', '{}', '2024-01-01')""")
        query = """SELECT abs(extract(epoch FROM "loaded_at" - (now() AT TIME ZONE 'UTC'))) < 1 FROM "migration"."run" """
        assert connection.execute(query).fetchone() == (True,)
