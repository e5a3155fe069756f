"""The ledger: schema `migration` in V2, where each run notes which V1 rows it brought over (mapping, section 10)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

import psycopg

from pipeline.errors import RefusedError
from pipeline.postgres.connect import Database, connected, mapped_errors

IDLE_TIMEOUT_SINCE: Final = 14_00_00
"""The PostgreSQL version that brought idle_session_timeout."""

SCHEMA: Final = "migration"

LOCK_KEY: Final = 0x6F64_696E_7632
"""The advisory lock of V2 that one run holds: `odinv2` in ASCII."""

TRANSACTION_KEY: Final = LOCK_KEY + 1
"""The advisory lock that a run's transaction holds until it has ended on the server, whatever became of the process that began it."""

HOLD_TO_THE_END: Final = f"SELECT pg_try_advisory_xact_lock({TRANSACTION_KEY}) AS is_held"
"""Takes that lock; false where another transaction holds it."""

ENDING_TIMEOUT: Final = "30s"
"""How long a transaction whose process is gone may take to end."""

IS_THERE: Final = """SELECT to_regclass('"migration"."row"') IS NOT NULL AS is_there"""

ROW_TYPES: Final = {
    "v1_table": "text",
    "v1_id": "text",
    "digest": "text",
    "run_id": "text",
    "updated_at": "timestamp without time zone",
    "former_updated_at": "timestamp without time zone",
    "school_id": "text",
    "link_id": "text",
    "is_kept": "boolean",
}
"""The columns of the ledger's rows → their types."""

RUN_TYPES: Final = {
    "id": "text",
    "state": "text",
    "settings_digest": "text",
    "counts": "jsonb",
    "started_at": "timestamp without time zone",
}
"""The columns of the ledger's runs that a run writes → their types."""


def is_there(connection: psycopg.Connection, /) -> bool:
    """Whether V2 has a ledger yet."""
    row = connection.execute(IS_THERE).fetchone()
    return bool(row and row[0])


def rows_query(connection: psycopg.Connection, /) -> str:
    """The query that reads the ledger's rows, by `ROW_TYPES`; one that gives none where there is no ledger yet."""
    if is_there(connection):
        columns = ", ".join(f'"{name}"' for name in ROW_TYPES)
        return f'SELECT {columns} FROM "migration"."row"'
    return f"SELECT {', '.join(f'NULL::{kind} AS {name}' for name, kind in ROW_TYPES.items())} WHERE false"


def holds(connection: psycopg.Connection, run_id: str, /) -> bool:
    """Whether the run of this id was committed."""
    if not is_there(connection):
        return False
    return connection.execute('SELECT FROM "migration"."run" WHERE "id" = %s', [run_id]).fetchone() is not None


def was_committed(v2: Database, run_id: str, /) -> bool:
    """Asks on a connection of its own whether the run of this id was committed, as soon as its transaction has ended.

    Raises:
        DatabaseError: V2 cannot be reached, or the transaction does not end; so nobody knows yet.
    """
    with connected(v2, read_only=True) as connection:
        _wait_for_the_end(connection)
        return holds(connection, run_id)


def latest_run(connection: psycopg.Connection, /) -> str | None:
    """The id of the run that was committed last; None where none was."""
    if not is_there(connection):
        return None
    row = connection.execute('SELECT "id" FROM "migration"."run" ORDER BY "loaded_at" DESC, "id" DESC LIMIT 1').fetchone()
    return str(row[0]) if row else None


def can_be_kept(connection: psycopg.Connection, /) -> bool:
    """Whether the user may make the ledger, or write the one that is there."""
    row = connection.execute(
        """
        SELECT CASE WHEN to_regclass('"migration"."row"') IS NULL THEN has_database_privilege(current_database(), 'CREATE')
               ELSE has_table_privilege('"migration"."row"', 'INSERT') AND has_table_privilege('"migration"."row"', 'UPDATE')
                AND has_table_privilege('"migration"."run"', 'INSERT') END
        """
    ).fetchone()
    return bool(row and row[0])


def statements() -> str:
    """The SQL that makes the ledger where it is not there yet."""
    return files("pipeline").joinpath("sql", "ledger.sql").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Lock:
    """The lock on V2, and the connection that it lives and dies with."""

    database: Database
    connection: psycopg.Connection

    def require_held(self) -> None:
        """Makes sure that the lock's connection is still there.

        Raises:
            ConnectionFailedError: It is not, so another run may have begun.
        """
        with mapped_errors(self.database):
            self.connection.execute("SELECT 1")

    def latest_run(self) -> str | None:
        """The id of the run that was committed last; None where none was."""
        with mapped_errors(self.database):
            return latest_run(self.connection)


@contextmanager
def exclusive(v2: Database, /) -> Iterator[Lock]:
    """Holds V2 for this run alone while the block runs, by a lock that ends with the connection.

    Raises:
        RefusedError: Another run holds it, or the server is not done with one that was cut off.
    """
    with connected(v2) as connection:
        connection.autocommit = True
        if connection.info.server_version >= IDLE_TIMEOUT_SINCE:
            connection.execute("SET idle_session_timeout = 0")
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", [LOCK_KEY]).fetchone()
        if not row or not row[0]:
            raise RefusedError(
                f"{v2.place}: another run of the migration holds it{_holder(connection, LOCK_KEY)}.",
                next_step="Wait for it to end, or end it, and start again.",
            )
        try:
            _wait_for_the_end(connection)
        except psycopg.errors.LockNotAvailable:
            raise RefusedError(
                f"{v2.place}: the server is not done with a run that was cut off{_holder(connection, TRANSACTION_KEY)}.",
                next_step="Wait for it to end, or end its server process, and start again.",
            ) from None
        yield Lock(v2, connection)


def _wait_for_the_end(connection: psycopg.Connection) -> None:
    """Waits until no run's transaction is under way: one may outlive its process by the statement, or the commit, that the server is at.

    Raises:
        LockNotAvailable: It does not end.
    """
    with connection.transaction():
        connection.execute(f"SET LOCAL lock_timeout = '{ENDING_TIMEOUT}'".encode())
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [TRANSACTION_KEY])


def _holder(connection: psycopg.Connection, key: int) -> str:
    """Who holds an advisory lock, in brackets; nothing where that cannot be seen."""
    row = connection.execute(
        """
        SELECT activity.pid, activity.backend_start AT TIME ZONE 'UTC'
        FROM pg_locks AS lock JOIN pg_stat_activity AS activity USING (pid)
        WHERE lock.locktype = 'advisory' AND lock.granted
          AND lock.database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND (lock.classid::bigint << 32 | lock.objid::bigint) = %s
        """,
        [key],
    ).fetchone()
    return f" (server process {row[0]}, since {row[1]:%Y-%m-%d %H:%M:%S} UTC)" if row and row[1] else ""
