"""`snapshot v1|v2 DIR`: Parquet of every table of a database, and a manifest."""

import os
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipeline.commands.terminal import Terminal
from pipeline.operations.snapshot import take_snapshot
from pipeline.settings import Settings


def snapshot(settings: Settings, terminal: Terminal, /, *, side: Literal["v1", "v2"], folder: Path) -> dict[str, Any]:
    """Writes V1 or V2 as it is at one instant into a new folder, and says what is there.

    It is made for an audit: V1's passwords and V2's password hashes are in it as they are, like all else. Keep it accordingly.
    """
    database = settings.database("V1" if side == "v1" else "V2")
    terminal.say(f"Snapshot of {database.place}")
    manifest = take_snapshot(database, folder, terminal.progress, part_rows=settings.migration_batch_size)
    _show(terminal.console, manifest["tables"])
    terminal.say(
        f"{manifest['rows']:,} rows of {len(manifest['tables'])} tables as of {manifest['snapshot']['taken_at']}, "
        f"{manifest['bytes'] / 1e6:,.1f} MB, passwords included: {os.path.relpath(folder)}"
    )
    terminal.give(manifest)
    return manifest


def _show(console: Console, tables: dict[str, Any]) -> None:
    shown = Table(show_edge=False)
    shown.add_column("table")
    for name in ("rows", "bytes", "files"):
        shown.add_column(name, justify="right")
    for name, table in tables.items():
        size = sum(file["bytes"] for file in table["files"])
        shown.add_row(escape(name), f"{table['rows']:,}", f"{size:,}", str(len(table["files"])))
    console.print(shown)
