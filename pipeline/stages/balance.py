"""The books: what became of every row that was read. Those that do not balance end the run (mapping, law 1)."""

from dataclasses import asdict

import polars as pl

from checks.books import Book
from pipeline.run import Run
from pipeline.steps import SOURCES, Source


def balance(run: Run, /) -> dict[str, Book]:
    """The book of every V1 table, of every link table, and of the administrators, as far as the run is about them.

    Each figure is counted by itself where it can be: rows read from V1's files, rejections from the records, insertions from V2's
    files; all others from the plan. Its fact `books`, what it gives, is counted once.
    """
    if "books" not in run.facts:
        run.facts["books"] = {table: asdict(book) for table, book in _counted(run).items()}
    return {table: Book(**counts) for table, counts in run.facts["books"].items()}


def _counted(run: Run) -> dict[str, Book]:
    rejected = dict(pl.scan_parquet(run.folder.record("rejected")).group_by("table").agg(pl.len()).collect().iter_rows())
    return {source.table: _book(run, source, rejected.get(source.table, 0)) for source in SOURCES if run.selection.selects(source.step)}


def _book(run: Run, source: Source, rejected: int) -> Book:
    planned = run.identities(source.table)
    is_merged = pl.col("is_merged") if "is_merged" in planned.collect_schema() else pl.lit(value=False)
    is_updated = pl.col("goes") & pl.col("is_known") & ~pl.col("is_kept")
    counted = planned.select(
        selected=pl.col("is_selected").sum(),
        inserted=(pl.col("goes") & ~pl.col("is_known")).sum(),
        updated=is_updated.sum(),
        unchanged=pl.col("is_unchanged").sum(),
        kept=pl.col("is_kept").sum(),
        merged=(is_merged & pl.col("rejected").is_null() & pl.col("is_selected")).sum(),
    ).collect()
    counts = {name: int(counted[name].item()) for name in counted.columns}
    return Book(
        read=_rows_read(run, source, counts.pop("selected")),
        # Links are no rows of their own in the files of a later run: what joins a set is known when V2 is written.
        inserted=run.facts["inserted"].get(source.table, counts["inserted"]),
        rejected=rejected,
        **{name: rows for name, rows in counts.items() if name != "inserted"},
    )


def _rows_read(run: Run, source: Source, selected: int) -> int:
    if source.is_link and run.selection.condition:
        return selected  # a pair is the run's if one of its ends is
    path = run.folder.selected(source.v1_table)
    rows = pl.scan_parquet(path) if path.exists() else run.v1(source.v1_table)
    return int(rows.select(pl.len()).collect().item())
