"""`validate`: V2 as it is now against what a run wrote; nothing is written but the list of what differs."""

import os
from datetime import UTC, datetime
from typing import Any, Final

from rich.table import Table

from pipeline.commands.terminal import Terminal
from pipeline.errors import VerificationError
from pipeline.operations.committed_run import committed_run
from pipeline.operations.differences import IDS_SHOWN, Differences
from pipeline.operations.validate import compare, reading
from pipeline.run import Run
from pipeline.run_folder import PRIVATE_FOLDER
from pipeline.settings import Settings

MEANINGS: Final = {
    "edited since": "edited in V2 since, or written by a later run",
    "differs": "changed, and no mark of an edit: past the application, or broken",
    "missing": "written by the run, and gone",
    "extra": "written by no run, and not there before this one",
    "login fails": "the password that was handed over does not fit",
}


def validate(settings: Settings, terminal: Terminal, /, *, run_id: str | None) -> None:
    """Compares, and shows the differences by table, column and id. Values are never shown.

    Args:
        settings: Where V2 is, and where the runs' folders are.
        terminal: Where the differences are shown.
        run_id: The run's name; the newest one that was committed, if it is None.

    Raises:
        RefusedError: There is no such run, or it never was committed to this V2.
        VerificationError: There are differences; all of them were shown.
    """
    v2 = settings.database("V2")
    run = committed_run(settings, terminal.progress, v2, run_id=run_id)
    terminal.say(f"Run {run.folder.run_id}, against {v2.place} as it is now")
    with (
        reading(v2) as target,
        _differences(run) as found,
        terminal.progress.stage("validate", total=sum(target.rows_before.values())) as advance,
    ):
        compare(run, target, found, advance)
    terminal.say(f"{found.rows:,} rows and {found.cells:,} cells compared; {_logins(found)}.")
    terminal.give(_document(run, found))
    if found:
        _show(terminal, found)
        raise VerificationError(
            f"validate: V2 is not what run {run.folder.run_id} wrote: {', '.join(_kinds(found))}.",
            next_step=f"All ids are in {os.path.relpath(found.path)}." if found.counts else "See the keys above.",
        )
    terminal.say("V2 holds all that the run wrote, and nothing differs.")


def _differences(run: Run) -> Differences:
    records = run.folder.path / "records"
    records.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    return Differences(records / f"differences-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.parquet")


def _logins(found: Differences) -> str:
    return f"no login tried: {found.logins_note}" if found.logins_note else f"logins tried: {found.logins}"


def _kinds(found: Differences) -> list[str]:
    """Each kind of difference, and in how many tables."""
    kinds = [f"{kind} in {', '.join(tables)}" for kind, tables in found.counts.items()]
    return kinds + ([f"keys broken: {', '.join(found.keys)}"] if found.keys else [])


def _show(terminal: Terminal, found: Differences) -> None:
    for kind, tables in found.counts.items():
        title = f"{kind}: {MEANINGS[kind]}"
        shown = Table(title=title, title_justify="left", show_edge=False, min_width=len(title) + 2)
        shown.add_column("V2 table")
        shown.add_column("column")
        shown.add_column("rows", justify="right")
        for table, columns in tables.items():
            for column, rows in columns.items():
                shown.add_row(table, column or "", f"{rows:,}")
        terminal.console.print(shown)
        for table, ids in found.examples[kind].items():
            terminal.say(f"{table}: {', '.join(ids)}{' …' if len(ids) == IDS_SHOWN else ''}")
    for key, rows in found.keys.items():
        terminal.say(f"Key broken: {key} ({rows:,} rows)")


def _document(run: Run, found: Differences) -> dict[str, Any]:
    return {
        "run": run.folder.run_id,
        "rows": found.rows,
        "cells": found.cells,
        "logins": found.logins,
        "logins_note": found.logins_note,
        "differences": {
            # A whole row that is missing or extra has no column to tell.
            kind: {table: columns.get(None, columns) for table, columns in tables.items()}
            for kind, tables in found.counts.items()
        }
        | ({"keys": found.keys} if found.keys else {}),
        "examples": found.examples,
        "listed_in": os.path.relpath(found.path) if found.counts else None,
    }
