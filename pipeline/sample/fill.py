"""Writes a sample into an empty V1."""

from typing import TYPE_CHECKING, Final

import polars as pl
import pyarrow as pa
from psycopg import Connection

from pipeline.errors import RefusedError, SchemaError
from pipeline.postgres.connect import Database, bulk_connected, connected
from pipeline.postgres.schema import expected_objects, missing_objects, packaged_sql
from pipeline.sample.tables import DEFAULT_SEED, sample_tables
from pipeline.sample.v1 import COPY_ORDER, v1_tables

if TYPE_CHECKING:
    from adbc_driver_postgresql.dbapi import Cursor

CREATE_PUBLIC: Final = 'CREATE SCHEMA IF NOT EXISTS "public";'
"""The first statement of V1's SQL. It needs a right on the database even where the schema is there."""

BEYOND_FRAMES: Final = (
    """UPDATE "Student" SET "date_of_birth" = 'infinity' WHERE "id" % 1009 = 500""",
    """UPDATE "Student" SET "enrolled_at" = '-infinity' WHERE "id" % 1013 = 510""",
    """UPDATE "Parent" SET "created_at" = '-infinity' WHERE "id" % 401 = 200""",
    """UPDATE "Parent" SET "created_at" = 'infinity', "updated_at" = 'infinity' WHERE "id" % 409 = 210""",
    """UPDATE "Teacher" SET "salary" = 'NaN' WHERE "id" % 71 = 35""",
)
"""The flaws that no driver carries, for so few rows that each is there from 1,000 students on."""


def fill(url: str, /, *, students: int, seed: int = DEFAULT_SEED) -> dict[str, int]:
    """Writes a sample of so many students into a V1 database, and says how many rows went into each table.

    V1's tables are created where nothing of them is there. The rows are written all or not at all, in one transaction;
    afterwards the sequences go on from the last ids, and the planner knows the tables.

    Raises:
        RefusedError: A table of V1 holds a row already.
        SchemaError: Only a part of V1's tables, columns and enums is there.
        ConnectionFailedError: No server answers, it refuses the user, or the connection broke.
        DatabaseError: The server refused a statement.
        SettingsError: The URL is none of PostgreSQL.
        ValueError: A negative number of students.
    """
    database = Database.from_url("V1", url)
    with connected(database) as connection:
        _ensure_tables(connection, database)
    # Tables and enums are committed by now: ADBC looks types up when it connects.
    with bulk_connected(database) as bulk:
        with bulk.cursor() as cursor:
            _claim_empty_tables(cursor, database)
            tables = sample_tables(students=students, seed=seed)
            for table, rows in tables.items():
                cursor.adbc_ingest(table, _as_copied(rows), mode="append", db_schema_name=database.schema)
            _finish(cursor)
        bulk.commit()
    return {table: rows.height for table, rows in tables.items()}


def _ensure_tables(connection: Connection[object], database: Database) -> None:
    v1_sql = packaged_sql("v1")
    missing = missing_objects(connection, v1_sql)
    if not missing:
        return
    if missing != expected_objects(v1_sql):
        raise SchemaError(
            f"Sample: of {database.place}, {len(missing)} tables, columns and enums are missing, though others are there: "
            f"{', '.join(missing)}. Nothing was written.",
            next_step="Check that this is V1's database. Then add what is missing with Prisma, or empty the database.",
        )
    connection.execute(v1_sql.replace(CREATE_PUBLIC, "").encode())


def _claim_empty_tables(cursor: "Cursor", database: Database) -> None:
    """Keeps everyone else from writing until the end of the transaction, and sees that nobody wrote before."""
    for table in COPY_ORDER:
        cursor.execute(f'LOCK TABLE "{table}" IN SHARE ROW EXCLUSIVE MODE')
    for table in COPY_ORDER:
        cursor.execute(f'SELECT EXISTS (SELECT FROM "{table}")')
        if cursor.fetchone() == (True,):
            raise RefusedError(
                f"Sample: table {table} of {database.place} holds rows. Sample data go into an empty V1 only; nothing was written.",
                next_step="Check the settings of V1, or make a new, empty database for the sample.",
            )


def _as_copied(rows: pl.DataFrame) -> pa.Table:
    """The rows as binary COPY wants them: JSON by its own type."""
    table = rows.to_arrow()
    if "settings" in table.column_names:
        settings = table.column("settings").cast(pa.string()).combine_chunks()
        json = pa.ExtensionArray.from_storage(pa.json_(), settings)
        table = table.set_column(table.column_names.index("settings"), "settings", json)
    return table


def _finish(cursor: "Cursor") -> None:
    for statement in BEYOND_FRAMES:
        cursor.execute(statement)
    for table, columns in v1_tables().items():
        if "id" in columns:
            cursor.execute(_next_id(table))
            cursor.fetchall()
    cursor.execute(f"ANALYZE {', '.join(map(_quoted, COPY_ORDER))}")


def _next_id(table: str) -> str:
    return (
        f"""SELECT setval(pg_get_serial_sequence('{_quoted(table)}', 'id'), coalesce(max("id"), 1), max("id") IS NOT NULL) """
        f"FROM {_quoted(table)}"
    )


def _quoted(table: str) -> str:
    return f'"{table}"'
