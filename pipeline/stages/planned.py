"""What the plans of all kinds of rows rest on: the user's selection, what earlier runs remember, and the files they go to."""

from pathlib import Path
from typing import Final

import polars as pl

from pipeline.progress import Advance
from pipeline.run import Run
from pipeline.stages.parquet import write_frame
from pipeline.steps import SOURCES
from transforms import dates
from transforms.tables import history
from transforms.tables.history import Owner

ENTITY_OF: Final = {source.table: source.step for source in SOURCES}
"""Table in the books → the entity that it belongs to."""


def with_history(
    run: Run, table: str, identities: pl.LazyFrame, rows: pl.LazyFrame, owners: list[Owner], /, *, link: str | None = None
) -> pl.LazyFrame:
    """Adds what earlier runs mean for the rows, and what the ledger is to remember: `updated_at` as V2 gets it, `link_id`."""
    remembered = rows.select(
        v1_id=pl.col("id").cast(pl.Int64),
        updated_at=dates.plausible_timestamps(pl.col("created_at"), pl.col("updated_at"), run_started_at=run.started_at).struct.field(
            "updated_at"
        ),
        link_id=pl.col(link).cast(pl.String) if link else pl.lit(None, dtype=pl.String),
    )
    source = next(source for source in SOURCES if source.table == table)
    is_selected = pl.col("is_met") & pl.lit(run.selection.selects(source.step))
    remembered = filtered(run, source.v1_table, remembered).with_columns(is_selected=is_selected).drop("is_met")
    identities = identities.join(remembered, on="v1_id", how="left")
    return history.with_history(identities, ledger=ledger_of(run, table), owners=owners)


def filtered(run: Run, v1_table: str, rows: pl.LazyFrame, /) -> pl.LazyFrame:
    """Adds to rows of a V1 table (`v1_id`) whether they meet the run's filter, `is_met`; all do, where it is not about the table."""
    path = run.folder.selected(v1_table)
    if not path.exists():
        return rows.with_columns(is_met=pl.lit(value=True))
    met = pl.scan_parquet(path).select(v1_id=pl.col("id").cast(pl.Int64), is_met=pl.lit(value=True))
    return rows.join(met, on="v1_id", how="left").with_columns(pl.col("is_met").fill_null(value=False))


def ledger_of(run: Run, table: str, /) -> pl.LazyFrame:
    """What the ledger remembers of a V1 table's rows."""
    return run.before("ledger").filter(pl.col("v1_table") == table)


def write_plan(planned: pl.DataFrame, path: Path, advance: Advance, /) -> None:
    """Writes what was planned of some rows, and counts them as done."""
    write_frame(path, planned, compression="uncompressed")
    advance(planned.height)
