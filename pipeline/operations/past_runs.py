"""The runs there were, asked for single rows: what their files tell of one row of V1 or V2."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import polars as pl
import polars.selectors as cs

from pipeline.errors import RefusedError
from pipeline.manifest import Manifest
from pipeline.run_folder import RunFolder

Row = dict[str, Any]

CODED: Final = frozenset({"UserType", "Role", "Curriculum", "ClassLevel", "SubjectCategory", "Subject"})
"""V2's tables of which a run knows the codes."""


@dataclass(frozen=True, eq=False)
class PastRun:
    """A run that planned what becomes of V1's rows; it may be on, still. What it did not keep of a row is None."""

    folder: RunFolder
    manifest: Manifest

    @property
    def run_id(self) -> str:
        """`20261122T101500Z-3f9a`."""
        return self.folder.run_id

    def is_of_same(self, database: Literal["v1", "v2"], other: "PastRun", /) -> bool:
        """Whether both were about the same database."""
        return self.manifest.databases.get(database) == other.manifest.databases.get(database)

    def v1_row(self, table: str, keys: Mapping[str, int], /) -> Row | None:
        """A row of V1 as it was read, by its key's columns and their values; times as text, for V1's may be beyond Python's calendar."""
        rows = _scanned(self.folder.parts("v1", table))
        return None if rows is None else _only(rows.with_columns(_time_text(cs.datetime())), keys)

    def identity(self, kind: str, v1_id: str, /) -> Row | None:
        """What was planned of a V1 row of a kind; a link row's id is `A:B`."""
        return _only(_scanned(self.folder.identities(kind)), {"v1_id": v1_id if ":" in v1_id else int(v1_id)})

    def records(self, name: Literal["rejected", "changed"], kind: str, v1_id: str, /) -> list[Row]:
        """What is on record of a V1 row of a kind; nothing where the run did not come so far."""
        records = _scanned([self.folder.record(name)])
        found = None if records is None else _matching(records, {"table": kind, "v1_id": v1_id})
        return [] if found is None else found.to_dicts()

    def v2_row(self, area: Literal["v2", "updates"], table: str, keys: Mapping[str, str], /) -> Row | None:
        """A row that was meant to be inserted (`v2`) or updated, by columns that tell it from all others."""
        return _only(_scanned(self.folder.parts(area, table)), keys)

    def code(self, table: str, uid: str, /) -> str | None:
        """The code of a V2 row that was there before the run; None for a table of which it knows none."""
        row = _only(_scanned([self.folder.before(table)]), {"id": uid}) if table in CODED else None
        return None if row is None else str(row["code"])

    def ledger_run(self, kind: str, v1_id: str, /) -> str | None:
        """The run that had written a V1 row last, by the ledger as it was before this run."""
        row = _only(_scanned([self.folder.before("ledger")]), {"v1_table": kind, "v1_id": v1_id})
        return None if row is None else row.get("run_id")


def past_runs(runs: Path, /) -> list[PastRun]:
    """The runs of a folder that came as far as to plan, newest first; those whose manifest cannot be read are left out."""
    found = []
    for folder in RunFolder.all(runs):
        try:
            manifest = Manifest.read(folder)
        except RefusedError:
            continue
        if "plan" in manifest.finished:
            found.append(PastRun(folder, manifest))
    return sorted(found, key=lambda run: run.manifest.started_at, reverse=True)


def _scanned(parts: list[Path]) -> pl.LazyFrame | None:
    there = [part for part in parts if part.exists()]
    return pl.scan_parquet(there) if there else None


def _time_text(times: pl.Expr) -> pl.Expr:
    """Times in ISO 8601, to the millisecond; PostgreSQL's infinities, which are read as the ends of Arrow's calendar, as its words."""
    return times.dt.to_string("%Y-%m-%d %H:%M:%S%.3f").str.replace(r"^\+262142-.*", "infinity").str.replace(r"^-262143-.*", "-infinity")


def _only(rows: pl.LazyFrame | None, keys: Mapping[str, Any]) -> Row | None:
    """The one row that has these values; None where there is none."""
    found = None if rows is None else _matching(rows, keys)
    return None if found is None or found.is_empty() else found.row(0, named=True)


def _matching(rows: pl.LazyFrame, values: Mapping[str, Any]) -> pl.DataFrame:
    return rows.filter(pl.col(name) == value for name, value in values.items()).collect()
