"""What earlier runs and V2's own editors mean for each V1 row, and so what becomes of it now (mapping, section 10).

```
                                       ┌ not selected ────▶ left out of this run
                     ┌ rejected, merged┤
V1 row ─ sound ─ selected ─┬ not in the ledger ───────────▶ goes, new
                           ├ in it, with the same digest ─▶ unchanged
                           └ in it, with another digest ┬─▶ goes, changed: its V2 rows are updated
                                                        └─▶ goes, changed and kept: some of them were edited in V2 since
```

A kept row stays kept, and nothing of it is written again, until V1 changes again or V2 holds what the migration wrote.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl
import polars.selectors as cs

from transforms.records import SCHEMA, Change

LEDGER_SCHEMA: Final = pl.Schema(
    {
        "v1_table": pl.String(),
        "v1_id": pl.String(),
        "digest": pl.String(),
        "run_id": pl.String(),
        "updated_at": pl.Datetime("us"),
        "former_updated_at": pl.Datetime("us"),
        "school_id": pl.String(),
        "link_id": pl.String(),
        "is_kept": pl.Boolean(),
    }
)
"""The ledger's rows as a run reads them."""

WITHDRAWN: Final = Change("role_withdrawn", "school_id", pl.col("is_role_withdrawn"))
"""What `with_role_withdrawn` tells."""


@dataclass(frozen=True)
class Owner:
    """One of the V2 rows that a V1 row becomes, of those that V2's editors leave a mark on."""

    name: str
    """`user` gives the flags `is_user_there` and `is_user_edited`."""
    table: str
    """The V2 table."""
    uid: str
    """The column of the identities that holds its id."""
    held: pl.LazyFrame
    """V2's rows as they are: `id`, and `updatedAt` where the table has it."""


def with_history(identities: pl.LazyFrame, /, *, ledger: pl.LazyFrame, owners: Sequence[Owner]) -> pl.LazyFrame:
    """Adds what is known of each row, and what becomes of it.

    Args:
        identities: Rows with `v1_id`, `digest`, `rejected`, `is_selected`, the owners' ids, `is_merged` if they can be merged, and
            `is_held` if V2 may hold a row whoever wrote it (null: it does not), and `edited_owner` if it follows the row of another
            V1 row: the V2 table of that one where it was edited, else null.
        ledger: The ledger's rows of this V1 table, by `LEDGER_SCHEMA`.
        owners: Its V2 rows that can be edited or be gone. One that is gone counts as edited.

    Returns:
        All columns but `is_held`, and `known_digest`, `known_updated_at`, `known_school_id`, `known_link_id` (null for a row that no run
        wrote); `kept_updated_at`: what the migration wrote to V2's rows that are kept, null where none is; `edited_tables`: the V2
        tables of the edited owners, joined by a blank, or null; and the Booleans, never null: for each owner `is_<name>_there` and
        `is_<name>_edited` (false for a row that no run wrote), `is_known`, `is_edited` (an owner is), `is_unchanged`, `is_kept`, `goes`
        (rows of it are written now), `is_there` (V2 will hold it).
    """
    columns = identities.collect_schema()
    known = ledger.select(
        pl.col("v1_id").cast(columns["v1_id"]),
        pl.col("digest", "updated_at", "former_updated_at", "school_id", "link_id").name.prefix("known_"),
        was_kept="is_kept",
    )
    rows = identities.join(known, on="v1_id", how="left").with_columns(
        pl.col("was_kept").fill_null(value=False), is_known=pl.col("known_digest").is_not_null()
    )
    for owner in owners:
        rows = _with_owner(rows, owner)
    edited = {owner.table: pl.col(f"is_{owner.name}_edited") for owner in owners}
    edited_names = [pl.when(is_edited).then(pl.lit(table)) for table, is_edited in edited.items()]
    if "edited_owner" in columns:
        edited_names.append(pl.when("is_known").then("edited_owner"))
    is_sound = pl.col("rejected").is_null()
    if "is_merged" in columns:
        is_sound &= ~pl.col("is_merged")
    is_held = pl.col("is_held").is_not_null() & ~pl.col("is_known") if "is_held" in columns else pl.lit(value=False)
    is_same = pl.col("digest").eq_missing(pl.col("known_digest"))
    has_news = pl.col("is_known") & (~is_same | pl.col("was_kept"))
    listed = pl.concat_str(pl.lit(None, dtype=pl.String), *edited_names, separator=" ", ignore_nulls=True)
    rows = rows.with_columns(edited_tables=listed.replace("", None)).with_columns(is_edited=pl.col("edited_tables").is_not_null())
    is_due = is_sound & pl.col("is_selected")
    goes = is_due & ~is_held & (~pl.col("is_known") | ~is_same | (pl.col("was_kept") & ~pl.col("is_edited")))
    are_there = [pl.col(f"is_{owner.name}_there") for owner in owners]
    return rows.with_columns(
        goes=goes,
        is_kept=is_due & has_news & pl.col("is_edited"),
        is_unchanged=is_due & (is_held | (pl.col("is_known") & is_same & ~pl.col("was_kept"))),
        is_there=(goes & ~pl.col("is_known")) | pl.all_horizontal(*are_there, pl.lit(bool(owners))),
        kept_updated_at=pl.when(pl.col("is_edited") & has_news).then(
            pl.coalesce(pl.when("was_kept").then("known_former_updated_at"), "known_updated_at")
        ),
    ).drop(cs.by_name("was_kept", "known_former_updated_at", "is_held", require_all=False))


def with_role_withdrawn(people: pl.LazyFrame, /) -> pl.LazyFrame:
    """Adds `is_role_withdrawn`: V2 was given the person at a school that V1 no longer names."""
    moved = pl.col("known_school_id") != pl.col("school_id").cast(pl.String)
    return people.with_columns(is_role_withdrawn=(moved & pl.col("is_user_there")).fill_null(value=False))


def kept_records(identities: pl.LazyFrame, /, table: str) -> pl.LazyFrame:
    """A record `kept_edited` for every row that is kept; `check` names the V2 tables whose row was edited."""
    return identities.filter("is_kept").select(
        table=pl.lit(table),
        v1_id=pl.col("v1_id").cast(pl.String),
        column=pl.lit(None, dtype=pl.String),
        code=pl.lit("kept_edited"),
        check="edited_tables",
        original=pl.lit(None, dtype=pl.String),
    ).select(SCHEMA.names())  # fmt: skip


def _with_owner(rows: pl.LazyFrame, owner: Owner) -> pl.LazyFrame:
    has_mark = "updatedAt" in owner.held.collect_schema()
    mark = pl.col("updatedAt").cast(pl.Datetime("us")) if has_mark else pl.lit(None, dtype=pl.Datetime("us"))
    held = owner.held.select(pl.col("id").alias(owner.uid), held_updated_at=mark, is_present=pl.lit(value=True))
    is_there = pl.col("is_present").is_not_null()
    # Of a row that was kept the mark is the one before: V1's own moved on with the rows that were written.
    is_as_written = pl.col("held_updated_at").eq_missing(pl.col("known_updated_at")) | (
        pl.col("held_updated_at") == pl.col("known_former_updated_at")
    ).fill_null(value=False)
    is_edited = ~is_there | (~is_as_written if has_mark else pl.lit(value=False))
    return (
        rows.join(held, on=owner.uid, how="left")
        .with_columns(**{f"is_{owner.name}_there": is_there, f"is_{owner.name}_edited": pl.col("is_known") & is_edited})
        .drop("held_updated_at", "is_present")
    )
