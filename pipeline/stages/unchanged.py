"""Whether V1 is, byte for byte, what the last run brought over: then there is nothing to plan, and nothing to write.

```
v1/*.parquet ───────────────────┬─ have the SHA-256 of the last run's ──┐
V2's rows and ledger ───────────┼─ are as that run left them            ├─ all of it so ─▶ that run's books, every row unchanged
settings, versions, selection ──┴─ are that run's, and it left no rest ─┘  else ─────────▶ plan, transform
```

It is the long way's answer, sooner: a test compares the two.
"""

import shutil
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

import polars as pl

from checks.books import Book
from pipeline.errors import RefusedError
from pipeline.manifest import Manifest, SelectionRecord, versions
from pipeline.run import Run
from pipeline.run_folder import RecordName, RunFolder
from pipeline.stages.digests import digests_of
from pipeline.stages.record_files import write_record
from pipeline.steps import V2_TABLES
from transforms.tables import subjects

STATE: Final = """
    SELECT concat_ws('; ', (SELECT string_agg("id" || ' ' || "state", ', ' ORDER BY "id") FROM "migration"."run"),
        (SELECT count(*) FROM "migration"."row"), {ids}) AS state
"""
"""Of the ledger the runs, how each of them stands, and the number of rows; and which ids some of V2's tables hold."""

IDS: Final = """(SELECT count(*) || ' ' || coalesce(sum(hashtextextended("id"::text, 0)), 0) FROM {table})"""

LED_TO: Final = ("School", "Class", "Subject", "User", "Teacher", "Parent", "Student")
"""The tables that links lead to, and people rest on: of what is no longer there, they are rejected."""

TAKEN_OVER: Final[tuple[RecordName, ...]] = ("rejected", "changed", "findings")
"""The records whose rows, all or some, are this run's, too."""

RECURRING: Final = tuple(change.code for change in subjects.CHANGES)
"""What is on record in every run, and not only in the one that writes the row."""


def is_unchanged(run: Run, /) -> bool:
    """Whether V1 was found to be as an earlier run brought it over."""
    return "unchanged_since" in run.facts


def state_query(name: Callable[[str], str], /) -> str:
    """The query for V2's state, a text: another one once a run was committed or taken back, or a row that links lead to came or went.

    `name` gives a V2 table's name for SQL. There must be a ledger.
    """
    return STATE.format(ids=", ".join(IDS.format(table=name(table)) for table in LED_TO))


def take_over(run: Run, /, *, state: str | None) -> bool:
    """Takes over what the last run found out, if this one would find out the same; gives whether it did.

    The last run is the one that V2 was written by last. Its folder must lie beside this one's, and there must be no filter. What V2's
    own users edit meanwhile does not matter: with a row of V1 that is as it was, nothing is done.

    Its facts, if so: `unchanged_since`, the id of the last run; `books`; and those of the stages that are left out.

    Args:
        run: Has read V1, and of V2 the tables whose rows V1's may be rejected or merged for.
        state: What `state_query` gives now; None if there is no ledger yet.
    """
    last = _last_run(run)
    if last is None or not _is_same(run, *last, state=state):
        return False
    folder, manifest = last
    write_record(run.folder, "rejected", pl.scan_parquet(folder.record("rejected")).drop("run"))
    shutil.copy(folder.record("findings"), run.folder.record("findings"))
    write_record(run.folder, "changed", pl.scan_parquet(folder.record("changed")).drop("run").filter(pl.col("code").is_in(RECURRING)))
    run.facts |= {
        "unchanged_since": manifest.run,
        "books": {table: asdict(_of_unchanged(Book(**book))) for table, book in manifest.facts["books"].items()},
        "written": dict.fromkeys(V2_TABLES, 0),
        "withdrawn": 0,
        "v2_findings": [finding | {"rows": 0} for finding in manifest.facts["v2_findings"]],  # none failed, or nothing would be in V2
        **{name: manifest.facts[name] for name in ("v1_findings", "contested")},
    }
    run.log.info("V1 unchanged", since=manifest.run)
    return True


def _last_run(run: Run) -> tuple[RunFolder, Manifest] | None:
    """The run that V2 was written by last; None where there is none, or its folder is not there or cannot be read."""
    run_id = run.facts["latest_run"]
    if run_id is None:
        return None
    try:
        folder = RunFolder.find(run.folder.path.parent, run_id)
        return folder, Manifest.read(folder)
    except RefusedError:
        return None


def _is_same(run: Run, folder: RunFolder, last: Manifest, *, state: str | None) -> bool:
    return (
        run.selection.condition is None  # a condition may ask for the time
        and last.selection == SelectionRecord(**run.selection.as_document())
        and (last.state, last.databases, last.settings) == ("done", run.databases, run.settings.without_secrets())
        and last.versions == versions()
        and last.facts.get("left") == state
        and _is_same_v1(run, last)
        and _is_whole(run, folder, last)
        and _is_same_v2(run, folder)
        and pl.scan_parquet(folder.plan("history")).head(1).collect().is_empty()  # nothing was kept, gone or stale
    )


def _is_whole(run: Run, folder: RunFolder, last: Manifest) -> bool:
    """Whether the files that are read of the last run are there, as they were when it ended."""
    before = (folder.before(read.stem) for read in run.folder.path.glob("before/*.parquet"))
    files = [folder.plan("history"), *map(folder.record, TAKEN_OVER), *before]
    return all(file.exists() for file in files) and _digests(folder, files).items() <= _digests_then(last).items()


def _is_same_v1(run: Run, last: Manifest) -> bool:
    """Whether every part of V1 has the digest that it had then."""
    then = {path: digest for path, digest in _digests_then(last).items() if path.startswith("v1/")}
    return then == _digests(run.folder, run.folder.path.glob("v1/*/part-*.parquet"))


def _digests(folder: RunFolder, files: Iterable[Path]) -> dict[str, str]:
    return {file["path"]: file["sha256"] for file in digests_of(folder.path, files)}


def _digests_then(last: Manifest) -> dict[str, str]:
    return {file["path"]: file["sha256"] for file in last.facts.get("files", [])}


def _is_same_v2(run: Run, folder: RunFolder) -> bool:
    """Whether V2's rows that were read have the ids, codes and names that the last run found or wrote."""
    return all(_is_as_left(pl.scan_parquet(read), folder, read.stem) for read in run.folder.path.glob("before/*.parquet"))


def _is_as_left(rows: pl.LazyFrame, folder: RunFolder, table: str) -> bool:
    names = [name for name in rows.collect_schema().names() if name != "updatedAt"]
    files = [folder.before(table), *folder.parts("v2", table), *folder.parts("updates", table)]
    left = pl.concat(pl.scan_parquet(file).select(names) for file in files).unique("id", keep="last", maintain_order=True)
    return rows.select(names).sort("id").collect().equals(left.sort("id").collect())


def _of_unchanged(book: Book) -> Book:
    return replace(book, inserted=0, updated=0, unchanged=book.inserted + book.updated + book.unchanged)
