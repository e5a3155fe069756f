"""The books: what became of every row that was read. Those that do not balance end the run (mapping, law 1)."""

from collections.abc import Iterable
from typing import Final

import polars as pl

from checks.books import Book
from pipeline.run import Run
from pipeline.steps import STEPS

IDS_SHOWN: Final = 5


def balance(run: Run, /) -> dict[str, Book]:
    """The book of every V1 table, of every link table, and of the administrators.

    Each figure is counted by itself: rows read from V1's files, rejections from the records, insertions from V2's files.
    """
    rejected = dict(pl.scan_parquet(run.folder.record("rejected")).group_by("table").agg(pl.len()).collect().iter_rows())
    books = {}
    for source in (source for step in STEPS for source in step.sources):
        planned = run.identities(source.table)
        is_merged = pl.col("is_merged") if "is_merged" in planned.collect_schema() else pl.lit(value=False)
        counted = planned.select(
            unchanged=pl.col("is_unchanged").sum(),
            merged=(is_merged & pl.col("rejected").is_null()).sum(),
            updated=(pl.col("goes") & pl.col("is_known")).sum(),
        ).collect()
        updated = counted["updated"].item()
        books[source.table] = Book(
            read=run.v1(source.v1_table).select(pl.len()).collect().item(),
            inserted=run.facts["inserted"].get(source.table, 0) - updated,
            updated=updated,
            unchanged=counted["unchanged"].item(),
            kept=0,
            merged=counted["merged"].item(),
            rejected=rejected.get(source.table, 0),
        )
    return books


def changed_ids(run: Run, tables: Iterable[str], /) -> dict[str, str]:
    """V1 table → the first few ids of its rows that changed since they were migrated."""
    changed = {}
    for table in tables:
        rows = run.identities(table).filter(pl.col("goes") & pl.col("is_known")).select("v1_id").sort("v1_id").head(IDS_SHOWN)
        changed[table] = ", ".join(map(str, rows.collect()["v1_id"]))
    return changed
