"""Tables without keys and indexes for the length of a load, all in one transaction; as a DBA would, from the catalogue."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import LiteralString

import psycopg

from tests.benchmarks import BenchmarkError

FOREIGN_KEYS = """
    SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
    WHERE contype = 'f' AND (conrelid = ANY(%(tables)s::regclass[]) OR confrelid = ANY(%(tables)s::regclass[])) ORDER BY 1, 2"""
KEYS = """
    SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
    WHERE contype IN ('p', 'u') AND conrelid = ANY(%(tables)s::regclass[]) ORDER BY 1, 2"""
INDEXES = """
    SELECT indrelid::regclass::text, indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
    WHERE indrelid = ANY(%(tables)s::regclass[])
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))
    ORDER BY 1, 2"""

Definition = tuple[str, str, str]
"""Table, name, definition; names quoted."""


def bare_if(wanted: bool, connection: psycopg.Connection, tables: Sequence[str], /) -> AbstractContextManager[None]:
    """`bare`, or nothing."""
    return bare(connection, tables) if wanted else nullcontext()


@contextmanager
def bare(connection: psycopg.Connection, tables: Sequence[str], /) -> Iterator[None]:
    """Drops all keys and indexes of the tables, and makes them again after the block.

    Raises:
        BenchmarkError: They are not what they were.
    """
    foreign_keys, keys, indexes = before = _definitions(connection, tables)
    for table, name, _ in (*foreign_keys, *keys):
        _execute(connection, f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for _, name, _ in indexes:
        _execute(connection, f"DROP INDEX {name}")
    yield
    for _, _, definition in indexes:
        _execute(connection, definition)
    for table, name, definition in (*keys, *foreign_keys):
        _execute(connection, f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
    if _definitions(connection, tables) != before:
        raise BenchmarkError("Keys or indexes are not what they were before they were dropped.")


def _definitions(connection: psycopg.Connection, tables: Sequence[str]) -> tuple[list[Definition], list[Definition], list[Definition]]:
    quoted = [f'"{table}"' for table in tables]

    def found(query: LiteralString) -> list[Definition]:
        return connection.execute(query, {"tables": quoted}).fetchall()

    return found(FOREIGN_KEYS), found(KEYS), found(INDEXES)


def _execute(connection: psycopg.Connection, statement: str) -> None:
    connection.execute(statement.encode())
