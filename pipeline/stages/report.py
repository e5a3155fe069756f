"""What a run did: on the terminal for the operator, and in `report.json` for programs."""

import json
import os
import resource
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import polars as pl
from rich.console import Console
from rich.table import Table

from checks.books import Book
from checks.findings import Finding
from pipeline.errors import INTERRUPTED_EXIT_CODE
from pipeline.manifest import RunState
from pipeline.run import Run
from pipeline.stages.verify import Verification
from pipeline.storage import write_json
from transforms.reasons import MEANINGS

VERDICTS: Final[dict[RunState, "Verdict"]] = {
    "running": "interrupted",
    "done": "ok",
    "rolled back": "ok",
    "failed": "failed",
    "interrupted": "interrupted",
}
"""The state of a run without a report → its verdict; one that is `running` and told of as past was killed."""

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
    is_committed: bool = False
    books: dict[str, Book] = field(default_factory=dict)
    verification: Verification = field(default_factory=Verification)
    former: dict[str, Any] = field(default_factory=dict)
    """What an earlier `report.json` of the same run told; of a report that is written again."""

    @classmethod
    def reopened(cls, run: Run, /) -> "Report":
        """The report of a run of the past, from its folder: what its `report.json` told, if it came to that."""
        path = run.folder.report
        former = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        verdict = former.get("verdict", VERDICTS[run.state])
        return cls(
            run,
            verdict=verdict,
            exit_code=former.get("exit_code", INTERRUPTED_EXIT_CODE if verdict == "interrupted" else 1),
            problem=former.get("problem"),
            is_committed=run.state == "done" and not run.settings.dry_run,
            books={table: Book(**counts) for table, counts in former.get("books", {}).items()},
            verification=Verification.from_document(former.get("verification", {})),
            former=former,
        )

    def findings(self, database: Literal["v1", "v2"], /) -> list[Finding]:
        """What the checks of a database's contract found; nothing before they were made."""
        return [Finding(**{**found, "examples": tuple(found["examples"])}) for found in self.run.facts.get(f"{database}_findings", [])]

    @property
    def rows_to_write(self) -> int:
        """How many rows V2 is to get, to get anew, or to lose; all other rows of V1 are as V2 has them, or cannot go there."""
        withdrawn = self.run.plan("withdrawn").select(pl.len()).collect().item()
        return int(sum(self.run.facts["written"].values()) + withdrawn)

    def document(self) -> dict[str, Any]:
        """`report.json`: ids and counts only, no personal data."""
        folder = self.run.folder.path
        return {
            "run": self.run.folder.run_id,
            "verdict": self.verdict,
            "exit_code": self.exit_code,
            "problem": self.problem,
            "dry_run": self.run.settings.dry_run,
            "seconds": self.former.get("seconds", round(time.monotonic() - self.started, 3)),
            "peak_memory_bytes": self.former.get("peak_memory_bytes", peak_memory_bytes()),
            "books": {table: asdict(book) for table, book in self.books.items()},
            "written": self.run.facts.get("written", {}),
            "rejected": _by_code(self.run.folder.record("rejected")),
            "changed": _by_code(self.run.folder.record("changed")),
            "checks": {name: [asdict(finding) for finding in self.findings(name)] for name in ("v1", "v2")},
            "verification": self.verification.document(),
            "stages": [asdict(stage) for stage in self.run.stages],
            "folder": os.path.relpath(folder),
        }

    def write(self) -> None:
        """Writes `report.json`."""
        write_json(self.run.folder.report, self.document())

    def show_books(self, console: Console, /, *, is_done: bool = True) -> None:
        """Prints what becomes of V1's rows, or became of them once it is done, and the reasons; nothing before there are books."""
        if not self.books:
            return
        console.print(_books_table(self.books, "what became of V1's rows" if is_done else "what is to become of V1's rows"))
        folder = self.run.folder
        console.print(_counts_table("Rejected rows", _by_code(folder.record("rejected"))))
        console.print(_counts_table("On record besides", _by_code(folder.record("changed"))))

    def show(self, console: Console, /) -> None:
        """Prints the books, what was written and verified, the time, and where everything is."""
        self.show_books(console)
        written = {table: rows for table, rows in self.run.facts.get("written", {}).items() if rows}
        if written:
            console.print(_written_table(written))
        found = self.verification
        if found.rows:
            console.print(
                f"Verified in V2: {found.rows:,} rows, {found.cells:,} cells, {found.logins} new logins; "
                f"{sum(found.differences.values())} differences.",
                highlight=False,
            )
        read = sum(self.run.facts.get("read", {}).values())
        hashing = sum(stage.seconds for stage in self.run.stages if stage.name == "credentials")
        working = sum(stage.seconds for stage in self.run.stages) - hashing
        console.print(
            f"{read:,} V1 rows in {working:,.1f} s, {read / max(working, 0.001):,.0f} rows/s; hashing passwords {hashing:,.1f} s.",
            highlight=False,
        )
        console.print(f"Run folder: {os.path.relpath(self.run.folder.path)}", highlight=False, soft_wrap=True, markup=False)


def peak_memory_bytes() -> int:
    """The most memory that this process ever held."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _by_code(records: Path) -> dict[str, int]:
    if not records.exists():
        return {}
    counted = pl.scan_parquet(records).group_by("code").agg(rows=pl.len()).sort("code").collect()
    return dict(counted.iter_rows())


def _books_table(books: dict[str, Book], what: str) -> Table:
    shown = [
        column for column in COLUMNS if column in {"read", "inserted", "rejected"} or any(getattr(book, column) for book in books.values())
    ]
    table = _table(f"The books: {what}")
    table.add_column("V1 table", no_wrap=True)
    for column in shown:
        table.add_column(column, justify="right")
    for name, book in books.items():
        table.add_row(name, *(f"{getattr(book, column):,}" for column in shown))
    told = {
        "Administrator": "Administrator: the account in a School row",
        "merged": "merged: already given by the catalogue, or by another row",
        "kept": "kept: edited in V2 since it was migrated",
    }
    table.caption = "\n".join(text for name, text in told.items() if name in books or name in shown)
    return table


def _counts_table(title: str, counts: dict[str, int]) -> Table:
    table = _table(f"{title}: {sum(counts.values()):,}")
    table.add_column("reason")
    table.add_column("count", justify="right")
    table.add_column("meaning")
    for code, count in counts.items():
        table.add_row(code, f"{count:,}", MEANINGS[code])
    return table


def _written_table(written: dict[str, int]) -> Table:
    table = _table(f"Written to V2: {sum(written.values()):,} rows")
    table.add_column("V2 table")
    table.add_column("rows", justify="right")
    for name, rows in written.items():
        table.add_row(name, f"{rows:,}")
    return table


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", caption_justify="left", show_edge=False, min_width=len(title) + 2)
