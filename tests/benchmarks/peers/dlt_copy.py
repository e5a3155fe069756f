"""dlt, a tool for loading data in general: V1's tables as they are, into an empty database. No transformation, no keys."""

import importlib
import importlib.util
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import connectorx as cx
import psycopg
from psycopg import sql

from pipeline.sample.v1 import COPY_ORDER, v1_tables
from tests.benchmarks import BenchmarkError

BATCH_ROWS = 100_000
DATASET = "copied"

READ_AS = {
    # What connectorx or Arrow cannot carry.
    "List(String)": '"{0}"::text AS "{0}"',
    "Decimal(precision=12, scale=2)": """nullif("{0}", 'NaN') AS "{0}\"""",
    "Datetime(time_unit='us', time_zone=None)": 'CASE WHEN isfinite("{0}") THEN "{0}" END AS "{0}"',
    "String": '"{0}"::text AS "{0}"',
}

QUIET = {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "CRITICAL"}


def is_installed() -> bool:
    """Whether dlt is there: it is no dependency of the project."""
    return importlib.util.find_spec("dlt") is not None


def copy_by_dlt(v1_url: str, empty_url: str, /, *, folder: Path) -> float:
    """Copies all tables: connectorx streams to Parquet, from there by ADBC.

    Raises:
        BenchmarkError: A table does not have the rows that V1 has.
    """
    os.environ.update(QUIET)
    dlt: Any = importlib.import_module("dlt")
    started = time.perf_counter()
    pipeline = dlt.pipeline(
        "benchmark",
        pipelines_dir=str(folder / "dlt"),
        destination=dlt.destinations.postgres(credentials=_with_password(empty_url)),
        dataset_name=DATASET,
    )
    tables = [dlt.resource(_rows(v1_url, table), name=table, write_disposition="append") for table in COPY_ORDER]
    pipeline.run(tables, loader_file_format="parquet")
    seconds = time.perf_counter() - started
    named = pipeline.default_schema.naming.normalize_table_identifier
    _require_same_rows(v1_url, empty_url, {table: named(table) for table in COPY_ORDER})
    return seconds


def _with_password(url: str) -> str:
    """dlt asks for a password; a server that asks for none takes any."""
    parts = urlsplit(url)
    if parts.password is not None:
        return url
    user, _, place = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user}:none@{place}").geturl()


def _rows(v1_url: str, table: str) -> Iterator[Any]:
    columns = ", ".join(READ_AS.get(str(dtype), '"{0}"').format(name) for name, dtype in v1_tables()[table].items())
    yield from cx.read_sql(v1_url, f'SELECT {columns} FROM "{table}"', return_type="arrow_stream", batch_size=BATCH_ROWS)


def _require_same_rows(v1_url: str, copy_url: str, names: dict[str, str]) -> None:
    with psycopg.connect(v1_url) as v1, psycopg.connect(copy_url) as copy:
        for table, name in names.items():
            rows, copied = (
                connection.execute(sql.SQL("SELECT count(*) FROM {}").format(place)).fetchone()
                for connection, place in ((v1, sql.Identifier(table)), (copy, sql.Identifier(DATASET, name)))
            )
            if rows != copied:
                raise BenchmarkError(f"dlt copied {copied} rows of {table}; V1 has {rows}.")
