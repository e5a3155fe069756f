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

LOCK_KEY: Final = 0x6F64_696E_7632
"""The advisory lock of V2 that one run holds: `odinv2` in ASCII."""

IS_THERE: Final = """SELECT to_regclass('"migration"."row"') IS NOT NULL AS is_there"""
NO_ROWS: Final = "SELECT NULL::text AS v1_table, NULL::text AS v1_id, NULL::text AS digest WHERE false"
ALL_ROWS: Final = 'SELECT "v1_table", "v1_id", "digest" FROM "migration"."row"'


def rows_query(connection: psycopg.Connection, /) -> str:
    """The query that reads the ledger's rows (`v1_table`, `v1_id`, `digest`); one that gives none where there is no ledger yet."""
    row = connection.execute(IS_THERE).fetchone()
    return ALL_ROWS if row and row[0] else NO_ROWS


def can_be_kept(connection: psycopg.Connection, /) -> bool:
    """Whether the user may make the ledger, or write the one that is there."""
    row = connection.execute(
        """
        SELECT CASE WHEN to_regclass('"migration"."row"') IS NULL THEN has_database_privilege(current_database(), 'CREATE')
               ELSE has_table_privilege('"migration"."row"', 'INSERT') AND has_table_privilege('"migration"."run"', 'INSERT') END
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


@contextmanager
def exclusive(v2: Database, /) -> Iterator[Lock]:
    """Holds V2 for this run alone while the block runs, by a lock that ends with the connection.

    Raises:
        RefusedError: Another run holds it.
    """
    with connected(v2) as connection:
        connection.autocommit = True
        if connection.info.server_version >= IDLE_TIMEOUT_SINCE:
            connection.execute("SET idle_session_timeout = 0")
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", [LOCK_KEY]).fetchone()
        if not row or not row[0]:
            since = connection.execute(
                """
                SELECT activity.pid, activity.backend_start AT TIME ZONE 'UTC'
                FROM pg_locks AS lock JOIN pg_stat_activity AS activity USING (pid)
                WHERE lock.locktype = 'advisory' AND lock.granted
                  AND lock.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                  AND (lock.classid::bigint << 32 | lock.objid::bigint) = %s
                """,
                [LOCK_KEY],
            ).fetchone()
            holder = f" (server process {since[0]}, since {since[1]:%Y-%m-%d %H:%M:%S} UTC)" if since and since[1] else ""
            raise RefusedError(
                f"{v2.place}: another run of the migration holds it{holder}.",
                next_step="Wait for it to end, or end it, and start again.",
            )
        yield Lock(v2, connection)
