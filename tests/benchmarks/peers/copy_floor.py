"""Binary COPY of finished V2 rows into an empty V2: no reading of V1, no work on the rows, no proof."""

import time
from pathlib import Path

import psycopg
from psycopg import sql

from pipeline.steps import V2_TABLES
from tests.benchmarks.databases import migrated_rows
from tests.benchmarks.peers.bare_tables import bare_if

CHUNK_BYTES = 2**20


def copy_out(v2_url: str, folder: Path, /) -> None:
    """Writes the migrated rows of a V2 to a file for each table."""
    with psycopg.connect(v2_url) as connection, connection.cursor() as cursor:
        for table in V2_TABLES:
            statement = sql.SQL("COPY ({}) TO STDOUT (FORMAT binary)").format(migrated_rows(table))
            with cursor.copy(statement) as rows, _file(folder, table).open("wb") as file:
                for chunk in rows:
                    file.write(chunk)


def copy_in(v2_url: str, folder: Path, /, *, bare: bool) -> float:
    """Copies the files into an empty V2, in one transaction; with `bare`, keys and indexes are dropped and made again."""
    started = time.perf_counter()
    with psycopg.connect(v2_url) as connection:
        with bare_if(bare, connection, V2_TABLES):
            for table in V2_TABLES:
                copy_table(connection, folder, table)
        connection.commit()
        return time.perf_counter() - started


def copy_table(connection: psycopg.Connection, folder: Path, table: str, /) -> None:
    """Copies the file of one table."""
    statement = sql.SQL("COPY {} FROM STDIN (FORMAT binary)").format(sql.Identifier(table))
    with connection.cursor() as cursor, cursor.copy(statement) as rows, _file(folder, table).open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            rows.write(chunk)


def _file(folder: Path, table: str) -> Path:
    return folder / f"{table}.bin"
