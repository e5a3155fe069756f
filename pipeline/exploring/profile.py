"""What V1's files hold: rows, how full each column is, times that cannot be meant, classes whose level nobody knows."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl
import polars.selectors as cs

from pipeline.errors import RefusedError
from pipeline.postgres.schema import expected_columns, packaged_sql
from pipeline.reference import reference_tables
from transforms import class_levels, curricula
from transforms.dates import FIRST_YEAR, LAST_YEAR
from transforms.text import cleaned, optional

V1Tables = Mapping[str, pl.LazyFrame]
"""V1's rows by table, in the order of V1's schema."""

NAMES: Final = frozenset({"full_name", "admin_name", "name", "code", "country"})
"""Text columns in which no word counts as "nothing" (mapping, section 2)."""

SECRETS: Final = frozenset({"password", "admin_password"})
"""No text to the mapping: a blank is a password."""

STATES: Final = ("filled", "says nothing", "null")


def v1_tables(folder: Path, /) -> dict[str, pl.LazyFrame]:
    """V1's tables out of a folder of Parquet files: `v1` of a run's folder, or what `snapshot v1 FOLDER` wrote.

    Raises:
        RefusedError: A table of V1 has no file there.
    """
    parts = {table: sorted((folder / table).glob("part-*.parquet")) for table in expected_columns(packaged_sql("v1"))}
    missing = [table for table, files in parts.items() if not files]
    if missing:
        raise RefusedError(
            f"{folder} has no Parquet files of V1's {', '.join(missing)}.",
            next_step="Name the folder v1 of a run, or one that `snapshot v1 FOLDER` wrote.",
        )
    return {table: pl.scan_parquet(files) for table, files in parts.items()}


def rows_per_table(v1: V1Tables, /) -> pl.DataFrame:
    """`table`, `rows`, `columns`: how large V1 is."""
    rows = pl.collect_all([table.select(pl.len()) for table in v1.values()])
    return pl.DataFrame(
        {
            "table": list(v1),
            "rows": [count.item() for count in rows],
            "columns": [len(table.collect_schema()) for table in v1.values()],
        }
    )


def completeness(v1: V1Tables, /) -> pl.DataFrame:
    """How full each column is: a row for each column of each table.

    Returns:
        `table`, `column`; `rows`; and how many of them are `filled`, `says nothing` (blank, an empty list, or a null word of the mapping's
        section 2 where those count) and `null`. The three add up to the rows. `filled_part`: from 0 to 1, null without rows.
    """
    counted = pl.concat(_completeness(table, rows) for table, rows in v1.items())
    return counted.with_columns(filled_part=pl.col("filled") / pl.col("rows").replace(0, None))


def unusual_times(v1: V1Tables, /, *, as_of: datetime) -> pl.DataFrame:
    """Dates and times that deserve a look: a row for each such column of each table.

    Args:
        v1: V1's tables.
        as_of: When V1 was read; UTC, without a time zone. What is later is in the future.

    Returns:
        `table`, `column`; how many values are `given`; of these `out of calendar` (not from 1900 to 2200, infinities among them: the
        mapping drops or replaces them) and, of the others, `in the future`; and of `updated_at` those `before created_at`.
    """
    return pl.concat(_unusual_times(table, rows, as_of) for table, rows in v1.items() if "created_at" in rows.collect_schema())


def class_names(v1: V1Tables, /) -> pl.DataFrame:
    """Each class's name, with its level if V2's reference data have one for it (mapping, section 8).

    Returns:
        `name` (cleaned), `curriculum` (the school's, null if unknown), `read_as` (the level that the name says, be it there or not),
        `level` (null where V2 has none: the class goes without level and section), `section`, `classes`: how many; the unknown ones first.
    """
    reference = reference_tables()
    known = reference["ClassLevel"].select(read_as="code", level="code").lazy()
    of_school = v1["School"].select(
        school_id=pl.col("id").cast(pl.Int64),
        curriculum=curricula.matched(pl.col("curriculum"), curricula=reference["Curriculum"].select("code", "name")),
    )
    parsed = class_levels.parsed(pl.col("name"), curriculum=pl.col("curriculum")).struct
    return (
        v1["Class"]
        .select(pl.col("school_id").cast(pl.Int64), name=cleaned(pl.col("name")))
        .join(of_school, on="school_id", how="left")
        .with_columns(read_as=parsed.field("level"), section=parsed.field("section"))
        .join(known, on="read_as", how="left")
        .group_by("name", "curriculum", "read_as", "level", "section")
        .agg(classes=pl.len())
        .sort(pl.col("level").is_not_null(), -pl.col("classes").cast(pl.Int64), "name", "curriculum", nulls_last=True)
        .collect()
    )


def _completeness(table: str, rows: pl.LazyFrame) -> pl.DataFrame:
    schema = rows.collect_schema()
    counts = rows.select(
        pl.struct(
            pl.len().alias("rows"),
            _says_nothing(name, dtype).sum().alias("says nothing"),
            pl.col(name).is_null().sum().alias("null"),
        ).alias(name)
        for name, dtype in schema.items()
    ).collect()
    filled = pl.col("rows") - pl.col("says nothing") - pl.col("null")
    return (
        counts.unpivot(variable_name="column", value_name="counts")
        .unnest("counts")
        .select(pl.lit(table).alias("table"), "column", "rows", filled.alias("filled"), "says nothing", "null")
        .with_columns(cs.integer().cast(pl.Int64))
    )


def _says_nothing(name: str, dtype: pl.DataType) -> pl.Expr:
    """Whether a value is there, but says nothing."""
    column = pl.col(name)
    if isinstance(dtype, pl.List):
        return (column.list.len() == 0).fill_null(value=False)
    if dtype != pl.String:
        return pl.lit(value=False)
    said = column.replace("", None) if name in SECRETS else cleaned(column) if name in NAMES else optional(column)
    return column.is_not_null() & said.is_null()


def _unusual_times(table: str, rows: pl.LazyFrame, as_of: datetime) -> pl.DataFrame:
    names = [name for name, dtype in rows.collect_schema().items() if isinstance(dtype, pl.Datetime)]
    counts = rows.select(_counts_of_times(name, as_of).alias(name) for name in names).collect()
    empty = pl.Struct(dict.fromkeys(("given", "out of calendar", "in the future", "before created_at"), pl.Int64))
    told = (
        counts.unpivot(variable_name="column", value_name="counts")
        if names
        else pl.DataFrame(schema={"column": pl.String, "counts": empty})
    )
    return told.unnest("counts").select(pl.lit(table).alias("table"), pl.all()).with_columns(cs.integer().cast(pl.Int64))


def _counts_of_times(name: str, as_of: datetime) -> pl.Expr:
    time = pl.col(name)
    is_in_calendar = time.dt.year().is_between(FIRST_YEAR, LAST_YEAR).fill_null(value=False)  # beyond Polars' own calendar it has no year
    is_before_creation = time < pl.col("created_at") if name == "updated_at" else pl.lit(value=False)
    return pl.struct(
        time.is_not_null().sum().alias("given"),
        (time.is_not_null() & ~is_in_calendar).sum().alias("out of calendar"),
        (is_in_calendar & (time > as_of)).sum().alias("in the future"),
        is_before_creation.sum().alias("before created_at"),
    )
