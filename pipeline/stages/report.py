"""What a run did: on the terminal for the operator, and in `report.json` for programs."""

import os
import resource
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import polars as pl
from rich.console import Console
from rich.table import Table

from checks.books import Book
from checks.findings import Finding
from pipeline.run import Run, write_json
from pipeline.stages.verify import Verification

Verdict = Literal["ok", "differences", "failed", "interrupted"]

COLUMNS: Final = ("read", "inserted", "updated", "unchanged", "kept", "merged", "rejected")


@dataclass
class Report:
    """Everything that a run has to tell; filled by the story as it goes on."""

    run: Run
    started: float = field(default_factory=time.monotonic)
    verdict: Verdict = "failed"
    exit_code: int = 1
    problem: str | None = None
    v1_findings: list[Finding] = field(default_factory=list)
    v2_findings: list[Finding] = field(default_factory=list)
    books: dict[str, Book] = field(default_factory=dict)
    verification: Verification = field(default_factory=Verification)

    def document(self) -> dict[str, Any]:
        """`report.json`: ids and counts only, no personal data."""
        folder = self.run.folder.path
        return {
            "run": self.run.folder.run_id,
            "verdict": self.verdict,
            "exit_code": self.exit_code,
            "problem": self.problem,
            "dry_run": self.run.settings.dry_run,
            "seconds": round(time.monotonic() - self.started, 3),
            "peak_memory_bytes": peak_memory_bytes(),
            "books": {table: asdict(book) for table, book in self.books.items()},
            "written": self.run.facts.get("written", {}),
            "rejected": _by_code(self.run.folder.record("rejected")),
            "changed": _by_code(self.run.folder.record("changed")),
            "checks": {"v1": [asdict(finding) for finding in self.v1_findings], "v2": [asdict(finding) for finding in self.v2_findings]},
            "verification": {
                "rows": self.verification.rows,
                "cells": self.verification.cells,
                "differences": sum(self.verification.differences.values()),
                "logins": self.verification.logins,
            },
            "stages": [asdict(stage) for stage in self.run.stages],
            "folder": os.path.relpath(folder),
        }

    def write(self) -> None:
        """Writes `report.json`."""
        write_json(self.run.folder.report, self.document())
        self.run.write_manifest()

    def show(self, console: Console, /) -> None:
        """Prints the books, the changes by reason, and where everything is."""
        document = self.document()
        if self.books:
            console.print(_books_table(self.books))
        for title, counts in (
            ("Rejected rows, by reason", document["rejected"]),
            ("Changed values, by reason", document["changed"]),
        ):
            if counts:
                console.print(_counts_table(title, counts))
        seconds, rows = document["seconds"], sum(book.read for book in self.books.values())
        if self.verification.rows:
            console.print(
                f"Verified {self.verification.rows:,} rows, {self.verification.cells:,} cells and {self.verification.logins} logins in V2: "
                f"{sum(self.verification.differences.values())} differences.",
                highlight=False,
            )
        console.print(f"{rows:,} V1 rows in {seconds:,.1f} s, {rows / max(seconds, 0.001):,.0f} rows/s.", highlight=False)
        console.print(f"Run folder: {document['folder']}", highlight=False, soft_wrap=True)


def peak_memory_bytes() -> int:
    """The most memory that this process ever held."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _by_code(records: Path) -> dict[str, int]:
    if not records.exists():
        return {}
    counted = pl.scan_parquet(records).group_by("code").agg(rows=pl.len()).sort("code").collect()
    return dict(counted.iter_rows())


def _books_table(books: dict[str, Book]) -> Table:
    shown = [
        column for column in COLUMNS if column in {"read", "inserted", "rejected"} or any(getattr(book, column) for book in books.values())
    ]
    table = Table(title="The books: what became of every V1 row", title_justify="left", show_edge=False)
    table.add_column("V1 table")
    for column in shown:
        table.add_column(column, justify="right")
    total: Counter[str] = Counter()
    for name, book in books.items():
        table.add_row(name, *(f"{getattr(book, column):,}" for column in shown))
        total.update({column: getattr(book, column) for column in shown})
    table.add_section()
    table.add_row("all", *(f"{total[column]:,}" for column in shown))
    return table


def _counts_table(title: str, counts: dict[str, int]) -> Table:
    table = Table(title=title, title_justify="left", show_edge=False)
    table.add_column("reason")
    table.add_column("count", justify="right")
    for code, count in counts.items():
        table.add_row(code, f"{count:,}")
    return table
