"""V2 against v2/*.parquet, inside the transaction that wrote it: row counts, keys, and every cell of every row written.

```
a table that was empty ─▶ V2's checksum of all it holds == ours of all that was sent ─ yes ─▶ every cell is as it was meant
                                                                                      └ no ──┐
a table that held rows ──────────────────────────────────────────────────────────────────────┴▶ slice by slice, row by row, cell by cell
```
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import chain

import polars as pl

from checks.relations import PRIMARY_KEYS
from pipeline.errors import VerificationError
from pipeline.postgres import row_hashes
from pipeline.progress import Advance
from pipeline.run import Run
from pipeline.stages import logins as proof
from pipeline.stages.ahead import behind
from pipeline.stages.checksum import RANGE, Checksum
from pipeline.stages.keys import broken_keys
from pipeline.stages.load import written
from pipeline.stages.slices import slices
from pipeline.stages.staging import WITHDRAWN, read_as, selected, staged_name, updated
from pipeline.stages.target import Target
from pipeline.steps import V2_TABLES

ReadBack = tuple[str, pl.LazyFrame, pl.DataFrame]
"""A V2 table, rows of it that were meant to be there, and what is."""


@dataclass
class Verification:
    """What was compared, and where V2 differs: table and column → how many rows."""

    rows: int = 0
    cells: int = 0
    logins: int = 0
    differences: dict[str, int] = field(default_factory=dict)

    def document(self) -> dict[str, int]:
        """The counts, as `report.json` has them."""
        return {"rows": self.rows, "cells": self.cells, "differences": sum(self.differences.values()), "logins": self.logins}

    @classmethod
    def from_document(cls, document: dict[str, int], /) -> "Verification":
        """What `document` gave; of differences only how many there were."""
        found = document.get("differences", 0)
        return cls(document.get("rows", 0), document.get("cells", 0), document.get("logins", 0), {"": found} if found else {})

    def require_none(self) -> None:
        """Ends the run where there is a difference.

        Raises:
            VerificationError: It names tables and columns, and how many rows differ.
        """
        if self.differences:
            listed = ", ".join(f"{place} ({rows})" for place, rows in self.differences.items())
            raise VerificationError(
                f"verify: V2 does not hold what was written: {listed}.",
                next_step="V2 was rolled back to what it was. Usual causes: a trigger or rule that changes rows, a key that V2 lost.",
            )


def verify(run: Run, target: Target, /) -> Verification:
    """Reads back every row that the run wrote, compares every cell, asks for the keys, and tries a sample of the new passwords.

    Its fact `verification`, what it gives: for the report of a run that is cut off behind its commit.
    """
    result = Verification()
    rows = run.facts["written"]
    with run.stage("verify", total=sum(rows.values())) as advance:
        for table in V2_TABLES:
            _compare_table(run, target, table, result, advance)
        _note(result, "UserRole withdrawn", _still_there(run, target))
        for key, broken in broken_keys(target):
            _note(result, key, broken)
        _try_logins(run, target, result)
        run.facts["verification"] = result.document()
    return result


def _compare_table(run: Run, target: Target, table: str, result: Verification, advance: Advance) -> None:
    """Compares all that the run wrote to a table: row by row only where V2 holds other rows, too, or others than meant."""
    was_empty = not target.rows_before[table] and not run.folder.parts("updates", table)
    if was_empty and _is_as_meant(run, target, table):
        rows = target.meant[table].rows
        result.rows += rows
        result.cells += rows * len(written(run, table).collect_schema())
        advance(rows)
        return
    _note(result, f"{table} rows", abs(target.count(table) - target.rows_before[table] - _added(run, table)))
    for compared in behind(chain(_slices(run, target, table), _updates(run, target, table)), partial(_compare, result)):
        advance(compared)


def _is_as_meant(run: Run, target: Target, table: str) -> bool:
    """Whether the rows of a table are those that were meant, in every cell, as far as one query can tell."""
    meant = target.meant[table]
    if meant.hashes is None or not target.query(row_hashes.IS_KNOWN).item():
        return False
    read = {name: f'"{name}"::{read_as(target.types[table][name])}' for name in written(run, table).collect_schema()}
    key = [read[name] for name in PRIMARY_KEYS[table]]
    found = target.query(row_hashes.query(target.name(table), list(read.values()), key=key))
    return Checksum(found["rows"].item(), int(found["hashes"].item()) % RANGE) == meant


def _slices(run: Run, target: Target, table: str) -> Iterator[ReadBack]:
    """What was meant to be written and what is there, slice by slice of the key, each of about a part's size."""
    expected = written(run, table)
    total = _count(expected)
    if total == 0:
        return
    shown = _shown(target, table, expected.collect_schema().names())
    key = PRIMARY_KEYS[table][0]
    for part in slices(max(total, target.rows_before[table]), slice_rows=run.settings.migration_batch_size):
        query = f"SELECT {shown} FROM {target.database.table(table)} WHERE {part.condition(key)}"
        yield table, expected.filter(part.holds(key)), target.query(query)


def _updates(run: Run, target: Target, table: str) -> Iterator[ReadBack]:
    """What was meant to be there after the updates, and what is."""
    expected = updated(run, table)
    if expected is not None:
        same_key = " AND ".join(f'held."{name}" = staged."{name}"' for name in PRIMARY_KEYS[table])
        held = f"{target.database.table(table)} AS held JOIN {staged_name(table)} AS staged ON {same_key}"
        yield table, expected, target.query(f"SELECT {selected(target, table, prefix='held')} FROM {held}")


def _shown(target: Target, table: str, names: list[str]) -> str:
    """Columns for a SELECT, each as a type that reads back what was written."""
    return ", ".join(f'"{name}"::{read_as(target.types[table][name])} AS "{name}"' for name in names)


def _added(run: Run, table: str) -> int:
    """How many rows more than before the table must have: those copied, those joined, less those withdrawn."""
    key = list(PRIMARY_KEYS[table])
    copied = _count(run.v2(table))
    given = updated(run, table)
    path = run.folder.backup(table)
    backup = pl.scan_parquet(path).select(key) if path.exists() else None
    joined = given.select(key) if given is not None else None
    if joined is not None and backup is not None:
        joined = joined.join(backup, on=key, how="anti")
    withdrawn = run.plan("withdrawn").select("id").unique()
    removed = backup.join(withdrawn, on="id", how="semi") if backup is not None and table == "UserRole" else None
    return copied + _count(joined) - _count(removed)


def _still_there(run: Run, target: Target) -> int:
    """How many of the roles that were to be withdrawn V2 still holds."""
    if run.plan("withdrawn").head(1).collect().is_empty():
        return 0
    held = f'{target.database.table("UserRole")} AS held JOIN {WITHDRAWN} AS staged ON held."id" = staged."id"'
    return int(target.query(f"SELECT count(*) AS rows FROM {held}").item())


def _count(rows: pl.LazyFrame | None) -> int:
    return 0 if rows is None else int(rows.select(pl.len()).collect().item())


def _compare(result: Verification, read_back: ReadBack) -> int:
    """Counts, by column, the rows whose cell in V2 is not the one that was meant; a row that is not there counts as `missing`.

    Gives how many rows were meant.
    """
    table, meant, actual = read_back
    expected = meant.collect()
    key = list(PRIMARY_KEYS[table])
    columns = [name for name in expected.columns if name not in key]
    readable = actual.with_columns(pl.col(name).cast(dtype) for name, dtype in expected.schema.items())
    both = expected.join(readable.select(*key, pl.col(columns).name.suffix(" in V2"), is_there=pl.lit(value=True)), on=key, how="left")
    differing = both.select(
        (pl.col(name).ne_missing(pl.col(f"{name} in V2")) & pl.col("is_there").is_not_null()).sum().alias(name) for name in columns
    )
    _note(result, f"{table} missing", both["is_there"].null_count())
    for name in columns:
        _note(result, f"{table}.{name}", differing[name].item())
    result.rows += expected.height
    result.cells += expected.height * expected.width
    return expected.height


def _try_logins(run: Run, target: Target, result: Verification) -> None:
    """Tries some of the new passwords; those of an attempt that was cut off are in the handover, unless that is encrypted."""
    logins = proof.remembered(run) if run.new_logins else proof.handed_over(run)
    result.logins = logins.height
    _note(result, "User logins", proof.failing(target, logins).height)


def _note(result: Verification, place: str, rows: int) -> None:
    if rows:
        result.differences[place] = result.differences.get(place, 0) + rows
