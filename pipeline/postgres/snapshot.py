"""Reads tables of V1, all at one instant, and only reads (connectorx at an exported snapshot)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

import connectorx
import psycopg

from pipeline.errors import DatabaseError
from pipeline.postgres.connect import Database, connected, mapped_errors

if TYPE_CHECKING:
    import pyarrow as pa

READ_ONLY: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


@dataclass(frozen=True)
class Snapshot:
    """One instant of a database, held open by the connection that exported it."""

    database: Database
    id: str
    taken_at: datetime
    connection: psycopg.Connection
    """At the same instant, for counts and the catalogue."""

    def stream(self, query: str, /, *, batch_rows: int) -> "Iterator[pa.RecordBatch]":
        """The rows of a query at this instant, in batches of at most `batch_rows`, one batch at least (an empty one has the types).

        Raises:
            DatabaseError: The server refused the query, or the connection broke.
        """
        with mapped_errors(self.database):
            reader = connectorx.read_sql(
                self.database.url,
                query,
                return_type="arrow_stream",
                batch_size=batch_rows,
                pre_execution_query=[READ_ONLY, f"SET TRANSACTION SNAPSHOT '{self.id}'", "SET LOCAL TimeZone = 'UTC'"],
            )
            yield from reader


@contextmanager
def exported(database: Database, /) -> Iterator[Snapshot]:
    """Exports a snapshot and keeps it while the block runs.

    Raises:
        ConnectionFailedError: No server answers, it refuses the user, or the connection broke.
        DatabaseError: The server cannot export one; a pooler in between, for one, gives each statement another connection.
    """
    with connected(database) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        row = connection.execute("SELECT pg_export_snapshot(), now() AT TIME ZONE 'UTC'").fetchone()
        if row is None:
            raise DatabaseError(f"{database.place} gave no snapshot.", next_step="Connect to the server itself, not to a pooler.")
        yield Snapshot(database, row[0], row[1], connection)
        connection.rollback()
