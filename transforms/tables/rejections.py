"""Which rows cannot go to V2, one reason each: the first that holds of the mapping's list (sections 2, 3, 8 and 10)."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

COLUMNS = ("rejected", "rejected_column", "rejected_check", "rejected_original")


@dataclass(frozen=True)
class Reason:
    """A reason code, the V1 column that it is about, and the Boolean expression that tells which rows it condemns."""

    code: str
    column: str
    holds: pl.Expr


def with_rejections(rows: pl.LazyFrame, /, *, failures: pl.LazyFrame, reasons: Sequence[Reason], originals: Sequence[str]) -> pl.LazyFrame:
    """Adds `rejected` (the code, null for a sound row), `rejected_column`, `rejected_check` and `rejected_original`, all Strings.

    Args:
        rows: Any rows with `v1_id`, and the columns that `originals` names.
        failures: `v1_id`, `column`, `check` of rows that break a check of V1, one a row: `row_invalid`, which goes first.
        reasons: The other reasons, in the order in which they go. An expression that is null does not hold; it may use
            `rejected_check`, which is not null where a check of V1 failed.
        originals: The V1 columns that reasons and failures may name.
    """
    is_invalid = pl.col("rejected_check").is_not_null()
    code = pl.coalesce(
        pl.when(is_invalid).then(pl.lit("row_invalid")), *(pl.when(reason.holds).then(pl.lit(reason.code)) for reason in reasons)
    )
    column = pl.coalesce(
        pl.when(is_invalid).then("failed_column"), *(pl.when(reason.holds).then(pl.lit(reason.column)) for reason in reasons)
    )
    original = pl.coalesce(*(pl.when(pl.col("rejected_column") == name).then(pl.col(name).cast(pl.String)) for name in originals))
    return (
        rows.join(failures.select("v1_id", failed_column="column", rejected_check="check"), on="v1_id", how="left", nulls_equal=True)
        .with_columns(rejected=code, rejected_column=column)
        .with_columns(rejected_original=original)
        .drop("failed_column")
    )
