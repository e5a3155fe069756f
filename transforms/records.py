"""Puts on record what was changed or rejected on the way (mapping, sections 1 and 10).

A record is (`table`, `v1_id`, `column`, `code`, `check`, `original`), all Strings: the V1 table (`Administrator` for the account in a
School row), the V1 id (`A:B` in a link table), the V1 column, the mapping's reason code, the name of the check behind a `row_invalid`,
and what V1 holds there. Records hold personal data: they go to files of the run's folder only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

SCHEMA: Final = pl.Schema(dict.fromkeys(("table", "v1_id", "column", "code", "check", "original"), pl.String()))


@dataclass(frozen=True)
class Change:
    """A value changed or dropped: the reason code, the V1 column, and the Boolean expression that tells where."""

    code: str
    column: str
    happened: pl.Expr


def flags(column: str, judged: str, *codes: str) -> list[Change]:
    """The changes that a judged column (a struct with a Boolean field for each code) tells of its V1 column."""
    return [Change(code, column, pl.col(judged).struct.field(code)) for code in codes]


TIMESTAMP_CHANGES: Final = tuple(
    Change("timestamp_implausible", column, pl.col("judged_timestamps").struct.field(flag))
    for column, flag in (("created_at", "created_implausible"), ("updated_at", "updated_implausible"))
)
"""What a column `judged_timestamps` (`dates.plausible_timestamps`) tells."""


def changed(rows: pl.LazyFrame, /, table: str, changes: Sequence[Change], *, v1_names: Mapping[str, str] | None = None) -> pl.LazyFrame:
    """A record for every change that happened.

    `rows` holds `v1_id` and every column named in `changes`; null originals stay null. `v1_names` gives V1's name of a column where
    the frame has another.
    """
    names = v1_names or {}
    return pl.concat([_empty(), *(_records(rows.filter(change.happened), table, change, names) for change in changes)])


def rejected(rows: pl.LazyFrame, /, table: str, *, v1_names: Mapping[str, str] | None = None) -> pl.LazyFrame:
    """A record for every row with a `rejected` code (and its `rejected_column`, `rejected_check`); one record a row."""
    return rows.filter(pl.col("rejected").is_not_null()).select(
        table=pl.lit(table),
        v1_id=pl.col("v1_id").cast(pl.String),
        column=pl.col("rejected_column").replace(v1_names or {}),
        code="rejected",
        check="rejected_check",
        original=pl.col("rejected_original").cast(pl.String),
    )


def _records(rows: pl.LazyFrame, table: str, change: Change, v1_names: Mapping[str, str]) -> pl.LazyFrame:
    return rows.select(
        table=pl.lit(table),
        v1_id=pl.col("v1_id").cast(pl.String),
        column=pl.lit(v1_names.get(change.column, change.column)),
        code=pl.lit(change.code),
        check=pl.lit(None, dtype=pl.String),
        original=pl.col(change.column).cast(pl.String),
    )


def _empty() -> pl.LazyFrame:
    return pl.LazyFrame(schema=SCHEMA)
