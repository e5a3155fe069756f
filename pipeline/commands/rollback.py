"""`rollback`: takes back what a run wrote, and keeps what was edited in V2 since, or is referred to."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import polars as pl
from rich.table import Table

from pipeline.commands.terminal import Terminal
from pipeline.log import RunLog
from pipeline.manifest import Manifest
from pipeline.operations.committed_run import committed_run
from pipeline.operations.rollback import TakingBack, plan_rollback, take_back
from pipeline.postgres.connect import Database
from pipeline.postgres.ledger import exclusive
from pipeline.run import Run
from pipeline.run_folder import PRIVATE_FOLDER
from pipeline.settings import Settings
from pipeline.stages.target import transaction
from pipeline.steps import V2_TABLES

REASONS: Final = {
    "edited": "edited since, or written again by a later run",
    "referred": "a row that stays refers to it",
    "belongs": "belongs to a row that stays",
    "blocked": "its former address, number, code or reference is no longer free, or there",
}

IDS_SHOWN: Final = 5
"""Of the rows that stay, for each table and reason."""


def rollback(settings: Settings, terminal: Terminal, /, *, run_id: str, force: bool) -> None:
    """Takes back a run, after the numbers were shown and confirmed.

    Args:
        settings: Where V2 is, and where the runs' folders are.
        terminal: Where the numbers are shown and the answer is read.
        run_id: The run's name, as `status` lists it.
        force: Do not ask.

    Raises:
        RefusedError: Nobody to ask, a no, another run holds V2; or no such run, never committed, or rolled back already.
        LoadError, VerificationError: V2 is as it was.
    """
    terminal.require_answerable(force=force)
    v2 = settings.database("V2")
    with exclusive(v2) as lock:
        run = committed_run(settings, terminal.progress, v2, run_id=run_id)
        terminal.say(f"Run {run.folder.run_id}: to be taken back from {v2.place}")
        with transaction(v2, what="rollback") as target:
            with terminal.progress.stage("compare", total=sum(run.facts["written"].values())) as advance:
                planned = plan_rollback(run, target, advance)
            _show(terminal, planned)
            if not force:
                terminal.confirm(_question(planned, v2))
            with terminal.progress.stage("rollback", total=planned.rows) as advance:
                take_back(run, target, planned, advance)
            record = _write_record(run, planned.kept)
            lock.require_held()
            target.commit()
    _close(run, planned)
    terminal.say(_outcome(planned, record))
    terminal.give(_document(run, planned, record))


def _show(terminal: Terminal, planned: TakingBack) -> None:
    """The numbers, and what stays."""
    kept = _kept_by_table(planned)
    table = Table(title="What is taken back from V2", title_justify="left", show_edge=False)
    table.add_column("V2 table")
    for column in ("deleted", "restored", "kept"):
        table.add_column(column, justify="right")
    for name in (name for name in V2_TABLES if name in planned.deleted | planned.restored | kept):
        counts = planned.deleted.get(name, 0), planned.restored.get(name, 0), sum(kept.get(name, {}).values())
        table.add_row(name, *(f"{count:,}" for count in counts))
    terminal.console.print(table)
    for stays, reasons in kept.items():
        for reason, rows in reasons.items():
            of_reason = planned.kept.filter((pl.col("table") == stays) & (pl.col("reason") == reason))
            ids = ", ".join(of_reason["id"].head(IDS_SHOWN)) + (" …" if rows > IDS_SHOWN else "")
            terminal.say(f"{stays}: {rows:,} stay, {REASONS[reason]}: {ids}")


def _question(planned: TakingBack, v2: Database) -> str:
    deleted, restored = sum(planned.deleted.values()), sum(planned.restored.values())
    return f"Delete {deleted:,} rows of {v2.place}, and restore {restored:,}?"


def _kept_by_table(planned: TakingBack) -> dict[str, dict[str, int]]:
    """V2 table → reason → rows that stay."""
    counted = planned.kept.group_by("table", "reason", maintain_order=True).agg(rows=pl.len())
    kept: dict[str, dict[str, int]] = {}
    for table, reason, rows in counted.iter_rows():
        kept.setdefault(table, {})[reason] = rows
    return kept


def _write_record(run: Run, kept: pl.DataFrame) -> Path | None:
    """Writes `records/rollback_kept.parquet`, before the commit: what stays must be on record. None if nothing stays."""
    if kept.is_empty():
        return None
    records = run.folder.path / "records"
    records.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    path = records / "rollback_kept.parquet"
    kept.write_parquet(path)
    return path


def _close(run: Run, planned: TakingBack) -> None:
    """Notes in the run's folder that it was taken back."""
    replace(Manifest.read(run.folder), state="rolled back").write(run.folder)
    deleted, restored = sum(planned.deleted.values()), sum(planned.restored.values())
    log = RunLog(run.folder.log, level=run.settings.log_level)
    log.info("run rolled back", deleted=deleted, restored=restored, kept=planned.kept.height)


def _outcome(planned: TakingBack, record: Path | None) -> str:
    done = f"Done: {sum(planned.deleted.values()):,} rows deleted, {sum(planned.restored.values()):,} restored."
    if record is None:
        return f"{done} V2 holds nothing of the run any more."
    return f"{done} {planned.kept.height:,} rows stay; all of them are listed in {os.path.relpath(record)}"


def _document(run: Run, planned: TakingBack, record: Path | None) -> dict[str, Any]:
    return {
        "run": run.folder.run_id,
        "is_complete": planned.kept.is_empty(),
        "deleted": planned.deleted,
        "restored": planned.restored,
        "kept": _kept_by_table(planned),
        "kept_listed_in": None if record is None else os.path.relpath(record),
    }
