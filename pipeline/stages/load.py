"""v2/*.parquet, updates/*.parquet, credentials/*.parquet ══▶ V2: one transaction for the whole run, the ledger beside the rows.

New rows are added by binary COPY, with the indexes and keys off where that pays (`detach`). What may be there already goes into a staging
table first, and from there into V2 (`staging`).
"""

import json
from contextlib import closing
from functools import partial
from pathlib import Path

import polars as pl
import pyarrow as pa

from checks.relations import PRIMARY_KEYS
from pipeline.run import Run
from pipeline.stages.ahead import ahead
from pipeline.stages.checksum import Checksum, checksum
from pipeline.stages.detach import attach, detach
from pipeline.stages.staging import update, update_ledger, withdraw
from pipeline.stages.target import Target
from pipeline.stages.unchanged import state_query
from pipeline.steps import SOURCES, V2_TABLES


def load(run: Run, target: Target, /) -> None:
    """Writes every row of the run, in the order of V2's foreign keys, and the ledger.

    Its facts: `rows_before` (V2 table → rows), `left_to_v2` (V2 table → ids of rows that were not added, because V2 has one of its
    own making in their place), and `left`, the state that V2 is left in (`state_query`).
    """
    run.folder.clear("backup")
    run.facts["left_to_v2"] = {}
    run.facts["rows_before"] = {table: target.rows_before[table] for table in V2_TABLES}
    files = [(table, part) for table in V2_TABLES for part in run.folder.parts("v2", table)]
    with (
        run.stage("load", total=sum(run.facts["written"].values())) as advance,
        closing(ahead(partial(_copyable, run, target, table, part) for table, part in files)) as coming,
    ):
        detached = detach(target, run.log, coming=_coming(run), there=target.rows_before)
        withdraw(run, target)
        for table in V2_TABLES:
            for part in run.folder.parts("v2", table):
                rows, checksum_of_rows = next(coming)
                target.meant[table] += checksum_of_rows
                if rows.num_rows:
                    target.copy(rows, table)
                    run.log.debug("part copied", table=table, part=part.stem, rows=rows.num_rows)
                advance(rows.num_rows)
            if parts := run.folder.parts("updates", table):
                advance(update(run, target, table, parts))
        _write_ledger(run, target)
    run.facts["left"] = target.query(state_query(target.name)).item()
    if detached.constraints:
        with run.stage("attach", total=detached.rows, unit="entries") as advance:
            attach(target, detached, advance)
    target.execute("SET CONSTRAINTS ALL IMMEDIATE")  # nothing is left to happen at the commit, unseen by the verification


def written(run: Run, table: str, part: Path | None = None, /) -> pl.LazyFrame:
    """The rows of a V2 table that this run adds by COPY, password hashes among them: those of a part, or all."""
    rows = run.v2(table) if part is None else pl.scan_parquet(part)
    return _with_hashes(run, rows) if table == "User" else rows


def _copyable(run: Run, target: Target, table: str, part: Path) -> tuple[pa.Table, Checksum]:
    rows = target.copyable(written(run, table, part).collect(engine="in-memory"), table)
    return rows, checksum(rows, key=PRIMARY_KEYS[table])


def _coming(run: Run) -> dict[str, int]:
    """How many rows each V2 table gets by COPY, the ledger's own among them."""
    return {table: run.v2(table).select(pl.len()).collect().item() for table in V2_TABLES} | {"row": sum(run.facts["inserted"].values())}


def _with_hashes(run: Run, users: pl.LazyFrame) -> pl.LazyFrame:
    """Puts the new hashes to the users who carry none over."""
    new = run.credentials().select("id", new_hash="passwordHash")
    columns = users.collect_schema().names()
    return users.join(new, on="id", how="left").with_columns(passwordHash=pl.coalesce("passwordHash", "new_hash")).select(columns)


def _write_ledger(run: Run, target: Target) -> None:
    run_row = pl.DataFrame(
        {
            "id": [run.folder.run_id],
            "state": ["loaded"],
            "settings_digest": [run.settings.digest()],
            "counts": [json.dumps(run.facts["written"])],
            "started_at": [run.started_at],
        }
    )
    target.copy(run_row, "run", schema="migration")
    parts = [part for source in SOURCES for part in ledger_rows(run, source.table)]
    with closing(ahead(partial(_new_in_ledger, target, part) for part in parts)) as coming:
        for rows in coming:
            target.copy(rows, "row", schema="migration")
    update_ledger(run, target, pl.concat(part.filter("is_known").drop("is_known") for part in parts).collect())
    target.copy(_notes(run).collect(), "row", schema="migration")


def ledger_rows(run: Run, table: str, /) -> list[pl.LazyFrame]:
    """What the ledger is to remember of the rows of a V1 table that this run writes, part by part.

    `is_known`: it has a row of them already.
    """
    return [_ledger_rows(run, table, part.filter("goes")) for part in run.identity_parts(table)]


def _new_in_ledger(target: Target, rows: pl.LazyFrame) -> pa.Table:
    return target.copyable(rows.filter(~pl.col("is_known")).drop("is_known").collect(engine="in-memory"), "row")


def _ledger_rows(run: Run, table: str, rows: pl.LazyFrame) -> pl.LazyFrame:
    names = rows.collect_schema().names()
    remembered = {
        name: pl.col(name) if name in names else pl.lit(None, dtype=dtype)
        for name, dtype in (("updated_at", pl.Datetime("us")), ("school_id", pl.String()), ("link_id", pl.String()))
    }
    return rows.select(
        "digest",
        "is_kept",
        "is_known",
        v1_table=pl.lit(table),
        v1_id=pl.col("v1_id").cast(pl.String),
        run_id=pl.lit(run.folder.run_id),
        former_updated_at="kept_updated_at",
        **remembered,
    ).with_columns(pl.col("school_id", "link_id").cast(pl.String))


def _notes(run: Run) -> pl.LazyFrame:
    """Pairs that V2 was given and V1 no longer gives, where the ledger would forget them."""
    return run.plan("notes").with_columns(run_id=pl.lit(run.folder.run_id), is_kept=pl.lit(value=False))
