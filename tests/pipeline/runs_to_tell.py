"""Runs to tell of, without a database: one that has just begun, and one that moved a single student."""

from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl
from rich.console import Console

from checks.books import Book
from pipeline.progress import Progress
from pipeline.run import Run
from pipeline.selection import Selection
from pipeline.settings import Settings
from pipeline.stages.record_files import write_record
from pipeline.stages.report import Report
from transforms.records import SCHEMA


def begun(runs: Path, selection: Selection | None = None, **values: Any) -> Run:
    """A run that has just begun, with a folder in `runs`."""
    settings = Settings(_env_file=None, runs_dir=runs, **values)  # type: ignore[call-arg]  # pydantic takes it
    return Run.begin(settings, Progress(Console(file=StringIO())), selection, databases={"v1": "V1 (one)", "v2": "V2 (two)"})


def recorded(run: Run, *rows: tuple[str, str, str, str]) -> None:
    """Puts changes on record: table, V1 id, code, original value."""
    records = [(table, v1_id, "phone", code, None, original) for table, v1_id, code, original in rows]
    write_record(run.folder, "changed", pl.LazyFrame(records, schema=SCHEMA, orient="row"))


def ended(runs: Path) -> Run:
    """A run that moved one student, and told of it."""
    run = begun(runs)
    with run.stage("extract", total=1) as advance:
        advance(1)
    pl.DataFrame({"id": [7]}).write_parquet(run.folder.part("v1", "Student", 0))
    recorded(run, ("Student", "7", "phone_invalid", "none"))
    run.facts |= {"read": {"Student": 1}, "written": {"User": 1}, "withdrawn": 0}
    report = Report(run, verdict="ok", exit_code=0, books={"Student": Book(read=1, inserted=1)})
    report.write()
    run.end("done")
    return run
