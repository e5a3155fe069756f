"""Empties V2, and sets it up again, in one transaction."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Final

from psycopg import Connection, sql
from psycopg.errors import DependentObjectsStillExist, InsufficientPrivilege, LockNotAvailable
from psycopg.rows import tuple_row

from pipeline.errors import DatabaseError, SchemaError
from pipeline.postgres.schema import expected_columns, packaged_sql
from pipeline.stages.setup import LOCK, SetUpSummary, missing_schema, require_all_or_none, set_up

LEDGER_SCHEMA: Final = "migration"
LEDGER_TABLES: Final = ((LEDGER_SCHEMA, "row"), (LEDGER_SCHEMA, "run"))
"""The migration's own books in V2."""

PATIENCE: Final = "SET LOCAL lock_timeout = '30s'"
"""So long those who use V2's tables are waited for; nobody else gets to the tables meanwhile."""

REFERRING: Final = """
    SELECT DISTINCT referring.oid::regclass::text
    FROM pg_catalog.pg_constraint AS key
    JOIN pg_catalog.pg_class AS referring ON referring.oid = key.conrelid
    JOIN pg_catalog.pg_class AS referred ON referred.oid = key.confrelid
    JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = referred.relnamespace
    WHERE key.contype = 'f' AND namespace.nspname = current_schema() AND referred.relname = ANY(%(ours)s)
      AND NOT (referring.relnamespace = referred.relnamespace AND referring.relname = ANY(%(ours)s))
    ORDER BY 1
"""
"""The tables that are not V2's and have a foreign key to one that is."""


def set_up_anew(connection: Connection[object], /) -> SetUpSummary:
    """Deletes all rows of V2's tables and the ledger, and sets V2 up: all or nothing, in one transaction.

    Tables that are not V2's keep their rows, Prisma's own list of migrations among them. Where V2 has no tables it is only set
    up. Those who use V2's tables are waited for, 30 seconds at most. Otherwise as `set_up`.

    Raises:
        DatabaseError: Somebody else uses V2's tables.
        SchemaError: As `set_up` and `require_emptiable`.
    """
    with connection.transaction():
        connection.execute(LOCK)
        require_emptiable(connection)
        deleted = _empty(connection)
        return replace(set_up(connection), deleted=deleted)


def require_emptiable(connection: Connection[object], /) -> None:
    """Makes sure that nothing stands against `set_up_anew`, so that nobody is asked in vain.

    Raises:
        SchemaError: Only a part of V2's tables, columns and enums is there; or a table that is not V2's refers to V2's rows.
    """
    require_all_or_none(missing_schema(connection))
    with connection.cursor(row_factory=tuple_row) as cursor:
        referring = cursor.execute(REFERRING, {"ours": list(expected_columns(packaged_sql("v2")))}).fetchall()
    if referring:
        raise SchemaError(
            f"Set-up of V2: tables that are not V2's refer to its rows: {', '.join(name for (name,) in referring)}. Nothing was deleted.",
            next_step="Drop these tables or their foreign keys, if V2 is to be emptied.",
        )


def rows_to_delete(connection: Connection[object], /) -> dict[str, int]:
    """The rows that `set_up_anew` would delete, by table, the ledger's as `migration.row`; tables without rows are left out."""
    counts = {".".join(table): _count(connection, table) for table in (*_own_tables(connection), *_ledger_tables(connection))}
    return {table: rows for table, rows in counts.items() if rows}


def _empty(connection: Connection[object]) -> dict[str, int]:
    own, ledger = _own_tables(connection), _ledger_tables(connection)
    connection.execute(PATIENCE)
    try:
        _execute_on(connection, "LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", [*own, *ledger])
    except LockNotAvailable:
        raise DatabaseError(
            "Set-up of V2: somebody uses V2's tables, and did not leave them in time. Nothing was deleted.",
            next_step="Stop what uses V2, and start again.",
        ) from None
    deleted = rows_to_delete(connection)
    _execute_on(connection, "TRUNCATE TABLE {}", own)  # without CASCADE: no row of anybody else's
    _execute_on(connection, "DROP TABLE {}", ledger)
    # It stays where it holds more than the ledger, or belongs to somebody else.
    with suppress(DependentObjectsStillExist, InsufficientPrivilege), connection.transaction():
        connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {}").format(sql.Identifier(LEDGER_SCHEMA)))
    return deleted


def _own_tables(connection: Connection[object]) -> list[tuple[str, ...]]:
    """V2's tables; none where it has none."""
    return [] if missing_schema(connection) else [(table,) for table in expected_columns(packaged_sql("v2"))]


def _ledger_tables(connection: Connection[object]) -> list[tuple[str, ...]]:
    with connection.cursor(row_factory=tuple_row) as cursor:
        there = cursor.execute("SELECT schemaname::text, tablename::text FROM pg_catalog.pg_tables").fetchall()
    return [table for table in LEDGER_TABLES if table in there]


def _execute_on(connection: Connection[object], statement: str, tables: Iterable[tuple[str, ...]]) -> None:
    """Executes a statement on several tables at once; nothing where there are none."""
    if names := [sql.Identifier(*table) for table in tables]:
        connection.execute(sql.SQL(statement).format(sql.SQL(", ").join(names)))


def _count(connection: Connection[object], table: tuple[str, ...]) -> int:
    with connection.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(*table))).fetchone()
    return int(row[0]) if row else 0
