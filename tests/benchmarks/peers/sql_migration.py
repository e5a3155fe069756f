"""A DBA's set-based migration in SQL: V1's tables as foreign tables in V2 (postgres_fdw), one transaction (`sql_migration.sql`)."""

import time
from pathlib import Path

import psycopg
from psycopg import conninfo, sql

from pipeline.steps import V2_TABLES
from tests.benchmarks.peers.bare_tables import bare_if

MIGRATION = Path(__file__).with_suffix(".sql")
ROWS_PER_FETCH = "50000"


def migrate_by_sql(v1_url: str, v2_url: str, /, *, bare: bool) -> float:
    """Migrates into an empty V2; with `bare`, keys and indexes are dropped and made again."""
    started = time.perf_counter()
    with psycopg.connect(v2_url) as connection:
        _reach_v1(connection, v1_url)
        with bare_if(bare, connection, V2_TABLES):
            connection.execute(MIGRATION.read_bytes())
        connection.commit()
        return time.perf_counter() - started


def _reach_v1(connection: psycopg.Connection, v1_url: str) -> None:
    v1 = conninfo.conninfo_to_dict(v1_url)
    server = _options(host=str(v1["host"]), port=str(v1["port"]), dbname=str(v1["dbname"]), fetch_size=ROWS_PER_FETCH)
    user = _options(user=str(v1["user"]), password=str(v1.get("password", "")))
    connection.execute("CREATE EXTENSION postgres_fdw")
    connection.execute("CREATE SCHEMA v1")
    connection.execute(sql.SQL("CREATE SERVER v1 FOREIGN DATA WRAPPER postgres_fdw OPTIONS ({})").format(server))
    connection.execute(sql.SQL("CREATE USER MAPPING FOR CURRENT_USER SERVER v1 OPTIONS ({})").format(user))
    connection.execute("IMPORT FOREIGN SCHEMA public FROM SERVER v1 INTO v1")


def _options(**options: str) -> sql.Composed:
    return sql.SQL(", ").join(sql.SQL("{} {}").format(sql.Identifier(name), sql.Literal(value)) for name, value in options.items())
