"""V2 inside the one transaction of a run: binary COPY and SQL by one ADBC connection, errors as ours."""

import signal
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final, TypeVar

import polars as pl
import pyarrow as pa
from adbc_driver_postgresql import dbapi

from pipeline.errors import ConnectionFailedError, DatabaseError, LoadError, RefusedError
from pipeline.postgres import ledger
from pipeline.postgres.catalogue import column_types, for_copy
from pipeline.postgres.connect import Database, bulk_connected, connected, mapped_errors
from pipeline.stages.checksum import Checksum
from pipeline.steps import V2_TABLES

Result = TypeVar("Result")

LOCK_TIMEOUT: Final = "30s"

BATCH_ROWS: Final = 4_096
"""Rows that go over the wire at once: about a megabyte, which the caches hold, and which the server takes in while the next ones are
made ready. A quarter of the time is spared against a part as one."""

LEDGER_TYPES: Final = {"run": ledger.RUN_TYPES, "row": ledger.ROW_TYPES}
"""They may come into being in the run's own transaction."""


@dataclass(frozen=True)
class Target:
    """V2, inside the one transaction of the run."""

    database: Database
    connection: dbapi.Connection
    worker: ThreadPoolExecutor
    """The one thread that uses the connection."""
    types: dict[str, dict[str, str]]
    """V2 table → column → type, by V2's catalogue."""
    rows_before: dict[str, int]
    """Table, of V2 or of the ledger → rows when the transaction began."""
    meant: defaultdict[str, Checksum] = field(default_factory=lambda: defaultdict(Checksum))
    """V2 table → the checksum of the rows that `load` added to it, by their files."""
    what: str = "load"
    """What it is for, as errors say."""

    def _call(self, work: Callable[[], Result]) -> Result:
        """Does one thing with the connection, in its worker.

        On the main thread ADBC would take Ctrl-C for itself. So the main thread waits, and on Ctrl-C cancels what the server does.
        """
        with mapped_errors(self.database):
            waiting = self.worker.submit(work)
            try:
                return waiting.result()
            except KeyboardInterrupt:
                self.connection.adbc_cancel()
                wait([waiting])
                raise

    def copyable(self, rows: pl.DataFrame, table: str, /) -> pa.Table:
        """The rows as `copy` sends them. It asks V2 nothing, so another thread may do it."""
        return for_copy(rows, self.types[table])

    def copy(self, rows: pl.DataFrame | pa.Table, table: str, /, *, schema: str | None = None, name: str | None = None) -> None:
        """Appends rows to a table by binary COPY; to the one called `name`, if that has the columns of `table`.

        Raises:
            LoadError: V2 refused one; it names the table, which a trigger's own error does not.
        """
        columns = self.copyable(rows, table) if isinstance(rows, pl.DataFrame) else rows

        def copied() -> None:
            with self.connection.cursor() as cursor:
                batches = columns.to_reader(max_chunksize=BATCH_ROWS)
                cursor.adbc_ingest(name or table, batches, mode="append", db_schema_name=schema or self.database.schema)

        with refusals(f"{self.what} of {table}"):
            self._call(copied)

    def execute(self, statement: str, /) -> None:
        """Executes a statement that gives no rows."""

        def executed() -> None:
            with self.connection.cursor() as cursor:
                cursor.execute(statement)

        self._call(executed)

    def query(self, statement: str, /) -> pl.DataFrame:
        """The rows of a query."""

        def queried() -> pl.DataFrame:
            with self.connection.cursor() as cursor:
                cursor.execute(statement)
                return pl.DataFrame(pl.from_arrow(cursor.fetch_arrow_table()))

        return self._call(queried)

    def name(self, table: str, /) -> str:
        """The name of a table of V2, or of the ledger, qualified and quoted for SQL."""
        return f'"{ledger.SCHEMA}"."{table}"' if table in LEDGER_TYPES else self.database.table(table)

    def count(self, table: str, /) -> int:
        """How many rows a table holds, by SQL."""
        return int(self.query(f"SELECT count(*) AS rows FROM {self.name(table)}").item())

    def commit(self) -> None:
        """Makes all that was written stay. A Ctrl-C meanwhile comes too late, and is not heard."""
        with interrupts_ignored():
            self._call(self.connection.commit)


@contextmanager
def transaction(v2: Database, /, *, what: str = "load") -> Iterator[Target]:
    """V2 inside one transaction, which is rolled back unless `commit` is called in the block; the ledger is made in it, too.

    Raises:
        LoadError: V2 refused a row or a statement; V2 is as it was.
        RefusedError: Another run's transaction is under way.
    """
    with connected(v2) as connection:
        types = {table: column_types(connection, v2.table(table)) for table in V2_TABLES}
    with refusals(what), bulk_connected(v2) as bulk, ThreadPoolExecutor(1) as worker:
        target = Target(v2, bulk, worker, types | LEDGER_TYPES, rows_before={}, what=what)
        target.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")  # what others write meanwhile is not counted
        target.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        if not target.query(ledger.HOLD_TO_THE_END).item():
            raise RefusedError(f"{v2.place}: another run of the migration writes to it.", next_step="Wait for it to end, and start again.")
        if not target.query(ledger.IS_THERE).item():
            for statement in ledger.statements().rstrip(";\n").split(";\n"):
                target.execute(statement)
        target.rows_before.update({table: target.count(table) for table in (*V2_TABLES, *LEDGER_TYPES)})
        yield target
        with suppress(dbapi.Error):  # of a lost connection nothing is left to roll back, and what was committed stays
            bulk.rollback()


@contextmanager
def interrupts_ignored() -> Iterator[None]:
    """Ignores Ctrl-C while the block runs; elsewhere than on the main thread it never comes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def refusals(what: str) -> Iterator[None]:
    """Turns V2's refusal of a row or a statement into a `LoadError`; a lost connection stays one."""
    try:
        yield
    except ConnectionFailedError:
        raise
    except DatabaseError as error:
        raise LoadError(
            f"{what}: {error.problem}",
            next_step="V2 is as it was. Was V2 written to since the run began? Then start again; if not, see the server's log.",
        ) from None
