"""What a run did: on the terminal for the operator, in `report.json` for programs, in `report.html` for whoever signs it off."""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal

import polars as pl
from rich.console import Console

from checks.books import Book
from checks.findings import EXAMPLES, Finding
from pipeline.errors import INTERRUPTED_EXIT_CODE
from pipeline.log import place
from pipeline.manifest import Manifest, RunState, StageRecord, versions
from pipeline.page.page import report_page
from pipeline.run import Run
from pipeline.stages.balance import balance
from pipeline.stages.digests import digests
from pipeline.stages.record_files import original_values, write_private, write_spreadsheets
from pipeline.stages.report_tables import books_table, counts_table, written_table
from pipeline.stages.unchanged import is_unchanged
from pipeline.stages.verify import Verification
from pipeline.storage import write_json
from transforms.reasons import MEANINGS

SCHEMA_VERSION: Final = 1
"""Of `report.json`; it goes up when something in it is renamed, dropped or comes to mean something else."""

VERDICTS: Final[dict[RunState, "Verdict"]] = {
    "running": "interrupted",
    "done": "ok",
    "rolled back": "ok",
    "failed": "failed",
    "interrupted": "interrupted",
}
"""The state of a run without a report → its verdict; one that is `running` and told of as past was killed."""

STATES: Final[dict["Verdict", RunState]] = {"ok": "done", "differences": "failed", "failed": "failed", "interrupted": "interrupted"}
"""A report's verdict → the state that the run ends in."""

EXIT_CODES: Final[dict["Verdict", int]] = {"ok": 0, "interrupted": INTERRUPTED_EXIT_CODE}
"""A verdict → the exit code of a run without a report; of others nothing is known but that it failed."""

Verdict = Literal["ok", "differences", "failed", "interrupted"]


@dataclass
class Report:
    """Everything that a run has to tell; filled by the story as it goes on."""

    run: Run
    started: float = field(default_factory=time.monotonic)
    verdict: Verdict = "failed"
    exit_code: int = 1
    problem: str | None = None
    next_step: str | None = None
    is_committed: bool | None = False
    """None: the connection broke in the moment of the commit, and nobody could be asked."""
    books: dict[str, Book] = field(default_factory=dict)
    verification: Verification = field(default_factory=Verification)
    former: dict[str, Any] = field(default_factory=dict)
    """What `report.json` told when the run ended: clock, memory, versions and digests stay, however often it is written again."""
    told: dict[str, Any] = field(default_factory=dict)
    """What `write` wrote to `report.json`; nothing before."""
    unwritten: list[str] = field(default_factory=list)
    """What of the report could not be made beside `report.json`, in words."""

    @classmethod
    def reopened(cls, run: Run, /) -> "Report":
        """The report of a run of the past: what its `report.json` told, or, if there is none of its last attempt, what its files tell."""
        former = _former(run)
        verdict = former.get("verdict", VERDICTS[run.state])
        return cls(
            run,
            verdict=verdict,
            exit_code=former.get("exit_code", EXIT_CODES.get(verdict, 1)),
            problem=former.get("problem"),
            next_step=former.get("next_step"),
            is_committed=run.state == "done" and not run.settings.dry_run,
            books={table: Book(**counts) for table, counts in former["books"].items()} if "books" in former else _books(run),
            verification=Verification.from_document(former.get("verification", run.facts.get("verification", {}))),
            former=former,
        )

    def findings(self, database: Literal["v1", "v2"], /) -> list[Finding]:
        """What the checks of a database's contract found; nothing before they were made."""
        return [Finding.from_document(found) for found in self.run.facts.get(f"{database}_findings", [])]

    @property
    def rows_to_write(self) -> int:
        """How many rows V2 is to get, to get anew, or to lose; all other rows of V1 are as V2 has them, or cannot go there."""
        return int(sum(self.run.facts["written"].values()) + self.run.facts["withdrawn"])

    def document(self) -> dict[str, Any]:
        """`report.json`, as `pipeline/schema/report.schema.json` describes it: ids and counts only, no personal data."""
        run, facts = self.run, self.run.facts
        rejected, changed = run.folder.record("rejected"), run.folder.record("changed")
        counts = {"rejected": _by_code(rejected), "changed": _by_code(changed)}
        now = self._at_its_end() | self.former
        return {
            "schema_version": SCHEMA_VERSION,
            "run": run.folder.run_id,
            "verdict": self.verdict,
            "exit_code": self.exit_code,
            "problem": self.problem,
            "next_step": self.next_step,
            "dry_run": run.settings.dry_run,
            "state": STATES[self.verdict] if run.state == "running" else run.state,
            "started_at": _with_z(run.started_at),
            "finished_at": now["finished_at"],
            "seconds": now["seconds"],
            "peak_memory_bytes": now["peak_memory_bytes"],
            "databases": run.databases,
            "snapshot": facts.get("snapshot"),
            "unchanged_since": facts.get("unchanged_since"),
            "selection": {"entities": list(run.selection.entities), "filtered": run.selection.condition is not None},
            "settings": run.settings.without_secrets(),
            "versions": now["versions"],
            "read": facts.get("read", {}),
            "books": {table: asdict(book) for table, book in self.books.items()},
            "written": facts.get("written", {}),
            "withdrawn": facts.get("withdrawn", 0),
            **counts,
            "examples": {"rejected": _examples(rejected), "changed": _examples(changed)},
            "meanings": {code: MEANINGS[code] for code in sorted({*counts["rejected"], *counts["changed"]})},
            "contested": facts.get("contested", {}),
            "checks": {name: [finding.document() for finding in self.findings(name)] for name in ("v1", "v2")},
            "verification": self.verification.document(),
            "stages": [_stage(stage) for stage in run.stages],
            "files": self.former.get("files", []),
            "folder": os.path.relpath(run.folder.path),
        }

    def write(self) -> None:
        """Writes `report.json` with the digests of all files, then the spreadsheets and `report.html`.

        The last two are for people, and can be made again: one that cannot be made now is logged and told (`unwritten`), and no error.
        The run's fact `files`: the digests, which the manifest keeps and `report --check` compares with.

        Raises:
            OSError: `report.json` cannot be written, or a file cannot be read.
        """
        folder = self.run.folder
        if not self.former:
            self.former = self._at_its_end()
        if "files" not in self.former:
            self.former["files"] = self.run.facts["files"] = digests(folder)
        told = self.document()
        write_json(folder.report, told)
        self.told = told
        self._try_to_write("the spreadsheets of records", lambda: write_spreadsheets(folder))
        self._try_to_write(folder.page.name, lambda: write_private(folder.page, report_page(told)))

    def write_page_with_values(self) -> None:
        """Writes `report-with-values.html`: the page, with a few of V1's original values for each reason. They are personal data.

        Raises:
            OSError: It cannot be written.
        """
        folder = self.run.folder
        write_private(folder.page_with_values, report_page(self.document(), values=original_values(folder)))

    def show_books(self, console: Console, /, *, is_done: bool = True) -> None:
        """Prints what becomes of V1's rows, or became of them once it is done, and the reasons; nothing before there are books."""
        if not self.books:
            return
        console.print(books_table(self.books, "what became of V1's rows" if is_done else "what is to become of V1's rows"))
        folder = self.run.folder
        for title, record in (("Rejected rows", folder.record("rejected")), ("On record besides", folder.record("changed"))):
            counts = _by_code(record)
            console.print(counts_table(title, counts) if counts else f"{title}: none")

    def show(self, console: Console, /) -> None:
        """Prints the books, what was written and verified, the time, and where everything is."""
        self.show_books(console)
        written = {table: rows for table, rows in self.run.facts.get("written", {}).items() if rows}
        if written:
            console.print(written_table(written))
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
        for line in self.unwritten:
            console.print(line, highlight=False, soft_wrap=True, markup=False)
        console.print(f"Run folder: {os.path.relpath(self.run.folder.path)}", highlight=False, soft_wrap=True, markup=False)

    def _at_its_end(self) -> dict[str, Any]:
        """What is true at the run's end only, if that is now."""
        return {
            "finished_at": _with_z(datetime.now(UTC)),
            "seconds": round(time.monotonic() - self.started, 3),
            "peak_memory_bytes": peak_memory_bytes(),
            "versions": versions(),
        }

    def _try_to_write(self, what: str, write: Callable[[], None]) -> None:
        """Writes what the outcome does not hang on. Nothing passes: not a library's panic, nor a Ctrl-C, which comes too late."""
        try:
            write()
        except BaseException as error:  # noqa: BLE001 - see above
            self.run.log.warning("report incomplete", lacks=what, type=type(error).__name__, place=place(error))
            self.unwritten.append(f"{what} could not be made ({type(error).__name__}); try again: report {self.run.folder.run_id}.")


def report_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of `report.json`; part of this package."""
    text = files("pipeline").joinpath("schema", "report.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def peak_memory_bytes() -> int:
    """The most memory that this process ever held."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _former(run: Run) -> dict[str, Any]:
    """What `report.json` told of the run's last attempt, if that came to its end; else what the manifest knows of it."""
    is_over = run.state != "running"
    known = {
        "finished_at": None if run.finished_at is None else _with_z(run.finished_at),
        "seconds": round(sum(stage.seconds for stage in run.stages), 3),
        "peak_memory_bytes": None,
        "versions": Manifest.read(run.folder).versions,
    }
    told = None
    with suppress(OSError, ValueError):  # none, or none that can be read
        told = json.loads(run.folder.report.read_bytes()) if is_over else None
    return known | (told if isinstance(told, dict) else {}) | ({"files": run.facts["files"]} if is_over and "files" in run.facts else {})


def _books(run: Run) -> dict[str, Book]:
    """The books as the run's files tell them, as soon as they do."""
    return balance(run) if "transform" in run.finished or is_unchanged(run) else {}


def _stage(stage: StageRecord) -> dict[str, Any]:
    """A stage, with its rate: null where there was nothing to measure."""
    return asdict(stage) | {"rows_per_second": round(stage.rows / stage.seconds) if stage.rows and stage.seconds else None}


def _by_code(record: Path) -> dict[str, int]:
    """Reason code → how many records have it."""
    if not record.exists():
        return {}
    return dict(pl.scan_parquet(record).group_by("code").agg(rows=pl.len()).sort("code").collect().iter_rows())


def _examples(record: Path) -> dict[str, list[str]]:
    """Reason code → the first V1 rows that have it, by table and id: `Student 7`."""
    if not record.exists():
        return {}
    order = (pl.col("table"), pl.col("v1_id").str.len_chars(), pl.col("v1_id"))
    several = 2 * EXAMPLES  # a row may have the same code in two columns
    found = {}
    for code in _by_code(record):  # one after the other: a group of millions would be held in memory whole
        rows = pl.scan_parquet(record).filter(pl.col("code") == code).select("table", "v1_id").bottom_k(several, by=order).sort(order)
        found[code] = list(dict.fromkeys(f"{table} {v1_id}" for table, v1_id in rows.collect(engine="streaming").iter_rows()))[:EXAMPLES]
    return found


def _with_z(instant: datetime) -> str:
    return f"{instant.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"
