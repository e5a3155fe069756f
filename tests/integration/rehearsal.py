"""Runs the middle of a migration, from V1's Parquet files to V2's, without a database: rows in, rows and records out."""

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
from rich.console import Console

from checks.books import Book
from checks.findings import Finding
from pipeline.postgres.schema import expected_columns, packaged_sql
from pipeline.progress import Progress
from pipeline.run import Run
from pipeline.run_folder import RunFolder
from pipeline.settings import Settings
from pipeline.stages.balance import balance
from pipeline.stages.extract import BEFORE
from pipeline.stages.plan import plan
from pipeline.stages.report import Report
from pipeline.stages.transform import transform
from pipeline.steps import V2_TABLES
from transforms.tables.history import LEDGER_SCHEMA

Rows = list[dict[str, Any]]

V1_DTYPES: Mapping[str, pl.DataType] = {
    "integer": pl.Int64(),
    "boolean": pl.Boolean(),
    "timestamp(3) without time zone": pl.Datetime("us"),
    "text[]": pl.List(pl.String()),
}
"""The type of a V1 column → the dtype that extract gives it; all others are String."""


BEFORE_DTYPES: Mapping[str, pl.DataType] = {"updatedAt": pl.Datetime("us"), "isClassTeacher": pl.Boolean(), "isPrimary": pl.Boolean()}
"""A column of V2 → the dtype that extract gives it; all others are String."""


@dataclasses.dataclass(frozen=True)
class Rehearsal:
    """What the stages from plan to balance made of V1."""

    tables: dict[str, pl.DataFrame]
    rejected: pl.DataFrame
    changed: pl.DataFrame
    books: dict[str, Book]
    findings: list[Finding]


def rehearsed(
    folder: Path,
    v1: Mapping[str, Rows],
    before: Mapping[str, Rows],
    *,
    started_at: datetime,
    batch_rows: int = 1_000_000,
    **settings: Any,
) -> Rehearsal:
    """Plans and transforms V1's rows, beside what V2 holds before, in a run folder of its own."""
    run = Run(
        RunFolder.create(folder, started_at=started_at),
        Settings(_env_file=None, migration_batch_size=batch_rows, **settings),  # type: ignore[call-arg]  # pydantic-settings takes it
        Progress(Console(quiet=True)),
        started_at,
    )
    for table, columns in expected_columns(packaged_sql("v1")).items():
        schema = {name: V1_DTYPES.get(kind, pl.String()) for name, kind in columns.items()}
        rows = pl.DataFrame(v1[table], schema=schema, orient="row").sort("id" if "id" in schema else ["A", "B"])
        for number, part in enumerate(rows.iter_slices(batch_rows) if rows.height else [rows]):
            part.write_parquet(run.folder.part("v1", table, number))
        run.facts.setdefault("read", {})[table] = rows.height
    for table, names in BEFORE.items():
        held = [{name: row.get(name) for name in names} for row in before.get(table, [])]
        schema = {name: BEFORE_DTYPES.get(name, pl.String()) for name in names}
        pl.DataFrame(held, schema=schema).write_parquet(run.folder.before(table))
    pl.DataFrame(before.get("ledger", []), schema=LEDGER_SCHEMA).write_parquet(run.folder.before("ledger"))
    plan(run)
    transform(run)
    return Rehearsal(
        {table: run.v2(table).collect() for table in V2_TABLES},
        pl.read_parquet(run.folder.record("rejected")),
        pl.read_parquet(run.folder.record("changed")),
        balance(run),
        [finding for finding in Report(run).findings("v2") if finding.failing],
    )
