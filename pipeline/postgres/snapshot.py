"""Reads tables of V1, all at one instant, and only reads (connectorx at an exported snapshot)."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import connectorx
import psycopg

from pipeline.errors import DatabaseError
from pipeline.postgres.connect import Database, connected, mapped_read_errors

if TYPE_CHECKING:
    import pyarrow as pa

READ_ONLY: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
PATIENTLY: Final = "SET LOCAL statement_timeout = 0"
"""A time limit for V1's everyday queries is none for reading a table whole."""

STANDARD_ERROR: Final = 2
"""Its descriptor: connectorx writes there past Python."""


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
        with mapped_read_errors(self.database), _unheard():
            reader = connectorx.read_sql(
                self.database.url,
                query,
                return_type="arrow_stream",
                batch_size=batch_rows,
                pre_execution_query=[READ_ONLY, f"SET TRANSACTION SNAPSHOT '{self.id}'", "SET LOCAL TimeZone = 'UTC'", PATIENTLY],
            )
        while True:
            with mapped_read_errors(self.database), _unheard():
                batch = next(reader, None)
            if batch is None:
                return
            yield batch


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
        connection.execute(PATIENTLY)
        row = connection.execute("SELECT pg_export_snapshot(), now() AT TIME ZONE 'UTC'").fetchone()
        if row is None:
            raise DatabaseError(f"{database.place} gave no snapshot.", next_step="Connect to the server itself, not to a pooler.")
        yield Snapshot(database, row[0], row[1], connection)
        connection.rollback()


@contextmanager
def _unheard() -> Iterator[None]:
    """Keeps what connectorx itself prints from standard error: the text of a panic, which quotes rows, and a trace of its calls."""
    shown = os.dup(STANDARD_ERROR)
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), STANDARD_ERROR)
        yield
    finally:
        os.dup2(shown, STANDARD_ERROR)
        os.close(shown)
