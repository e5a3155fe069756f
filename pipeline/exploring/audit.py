"""What became of V1's rows, out of a run's Parquet files alone; no database is asked, and nothing that the run counted is believed.

```
v1/ ─ every row that was read ─┬─ in records/rejected ─────────────── rejected
                               ├─ in the plan: unchanged, kept, merged (a link: its pair is in V2, too)
                               ├─ its id in v2/ or updates/ ───────── inserted, updated
                               └─ in none, or rejected and written ── lost, twice: the books do not balance
```
"""

from typing import Final

import polars as pl

from pipeline.operations.explanation import Explanation
from pipeline.run import Run
from pipeline.steps import SOURCES, Source
from transforms.ids import v2_id
from transforms.lineage import Writing, writings_of
from transforms.reasons import MEANINGS

FATES: Final = ("inserted", "updated", "unchanged", "kept", "merged", "rejected")
FAULTS: Final = ("lost", "twice")
"""What no row may be: found nowhere, or rejected and written all the same."""

NOTHING: Final = "–"
"""In place of a null."""


def fates(run: Run, /) -> pl.LazyFrame:
    """What became of every row that the run read and is about: `table` (as the books name it), `v1_id` (a String), `fate`.

    A fate is one of `FATES` or, where the files contradict each other, of `FAULTS`.
    """
    return pl.concat(_fates(run, source) for source in SOURCES if run.selection.selects(source.step))


def books(fates: pl.LazyFrame, /) -> pl.DataFrame:
    """The books of what `fates` gives: `table`, `read`, a column for each of `FATES` and `FAULTS`, and whether the book `balances`."""
    of_fate = [(pl.col("fate") == fate).sum().cast(pl.Int64).alias(fate) for fate in (*FATES, *FAULTS)]
    counted = fates.group_by("table", maintain_order=True).agg(pl.len().cast(pl.Int64).alias("read"), *of_fate).collect()
    return counted.with_columns(balances=(pl.col("read") == pl.sum_horizontal(FATES)) & (pl.sum_horizontal(FAULTS) == 0))


def reasons(run: Run, /) -> pl.DataFrame:
    """How often each reason code was given: `record` (`rejected` or `changed`), `code`, `meaning`, `table`, `values`; by code and table."""
    counts = [
        pl.scan_parquet(run.folder.record(record))
        .group_by("code", "table")
        .agg(values=pl.len().cast(pl.Int64))
        .select(pl.lit(record).alias("record"), "code", _meaning(pl.col("code")).alias("meaning"), "table", "values")
        for record in ("rejected", "changed")
    ]
    return pl.concat(counts).sort(pl.col("record") == "changed", "code", "table").collect()


def changed_values(run: Run, /, *, per_code: int = 3) -> pl.DataFrame:
    """Examples of values that were changed or dropped, what V1 had beside what V2 was given. Personal data.

    Args:
        run: Its record of changes is read.
        per_code: How many examples of each reason code; those of the first tables and lowest ids.

    Returns:
        `code`, `meaning`, `table`, `v1_id`, `column`, `original` as V1 has it, and what it `became`: the V2 columns that are made of it, as
        `Table.column: value`; null where nothing of it went to V2.
    """
    records = pl.scan_parquet(run.folder.record("changed")).with_columns(number=pl.col("v1_id").cast(pl.Int64, strict=False))
    examples = records.sort("code", "table", "number", "column").group_by("code", maintain_order=True).head(per_code).collect()
    became = [
        _became(run, writing, str(column), rows)
        for (table, column), rows in examples.group_by("table", "column", maintain_order=True)
        for writing in writings_of(str(table))
    ]
    told = pl.concat([_no_values(), *became]).group_by("table", "v1_id", "column", maintain_order=True).agg(pl.col("became").str.join("; "))
    return examples.join(told, on=["table", "v1_id", "column"], how="left", maintain_order="left").select(
        "code", _meaning(pl.col("code")).alias("meaning"), "table", "v1_id", "column", "original", "became"
    )


def values_of(explanation: Explanation, /) -> pl.DataFrame:
    """Every value of the V2 rows that were made of a V1 row, and where it comes from. Personal data; secrets only as set or not.

    Returns:
        `table` and `column` of V2, `value` as text (null as `–`), `made of` (V1 columns), `rule`, `section` of the mapping.
    """
    values = [(row.table, value) for row in explanation.rows for value in row.values]
    return pl.DataFrame(
        {
            "table": [table for table, _ in values],
            "column": [value.column for _, value in values],
            "value": [value.meaning or (NOTHING if value.value is None else str(value.value)) for _, value in values],
            "made of": [", ".join(value.sources) for _, value in values],
            "rule": [value.rule for _, value in values],
            "section": [value.section for _, value in values],
        }
    )


# What became of a row


def _fates(run: Run, source: Source) -> pl.LazyFrame:
    writing = next(writing for writing in writings_of(source.table) if writing.table == source.primary)
    own_id = pl.format("{}:{}", "A", "B") if source.is_link else pl.col("id").cast(pl.String)
    planned = run.identities(source.table)
    merged = pl.col("is_merged") if "is_merged" in planned.collect_schema() else pl.lit(value=False)
    plan = planned.select(
        pl.col("v1_id").cast(pl.String),
        "is_selected",
        "is_known",
        "is_kept",
        "is_unchanged",
        is_merged=merged,
        uid="subject_uid" if source.table == "_SubjectToTeacher" else pl.lit(None, dtype=pl.String),
    )
    rejected = pl.scan_parquet(run.folder.record("rejected")).filter(pl.col("table") == source.table).select("v1_id", is_rejected=True)
    keys = {name: _v2_key(template) for name, template in writing.keys.items()}
    if "subjectId" in keys:  # what a V1 subject became may be the catalogue's: the plan knows
        keys["subjectId"] = pl.col("uid")
    written = _written(run, source.primary).select(*keys, is_written=True).unique()
    held = run.before(source.primary).select(*keys, is_held=True).unique() if source.is_link else written.rename({"is_written": "is_held"})
    flags = ("is_rejected", "is_written", "is_held", "is_known", "is_merged", "is_unchanged", "is_kept")
    return (
        run.v1(source.v1_table)
        .with_columns(v1_id=own_id)
        .join(plan, on="v1_id", how="left")
        .filter(pl.col("is_selected").fill_null(value=True))
        .with_columns(**keys)
        .join(rejected, on="v1_id", how="left")
        .join(written, on=list(keys), how="left")
        .join(held, on=list(keys), how="left")
        .with_columns(pl.col(flags).fill_null(value=False))
        .select(table=pl.lit(source.table), v1_id="v1_id", fate=_fate(is_link=source.is_link))
    )


def _fate(*, is_link: bool) -> pl.Expr:
    # A V1 subject that is merged is one of the catalogue's; a link that is merged is one that another V1 row gives.
    has_pair = pl.col("is_written") | pl.col("is_held") if is_link else pl.lit(value=True)
    return (
        pl.when(pl.col("is_rejected") & pl.col("is_written"))
        .then(pl.lit("twice"))
        .when("is_rejected")
        .then(pl.lit("rejected"))
        .when("is_merged")
        .then(pl.when(has_pair).then(pl.lit("merged")).otherwise(pl.lit("lost")))
        .when("is_unchanged")
        .then(pl.lit("unchanged"))
        .when("is_kept")
        .then(pl.lit("kept"))
        .when(~pl.col("is_written"))
        .then(pl.lit("lost"))
        .when("is_known")
        .then(pl.lit("updated"))
        .otherwise(pl.lit("inserted"))
    )


def _written(run: Run, table: str) -> pl.LazyFrame:
    """The rows of a V2 table that the run was to write, whatever was there before."""
    return pl.concat([run.v2(table), run.updates(table)], how="vertical_relaxed")


def _v2_key(template: str) -> pl.Expr:
    """The V2 id that a template of the lineage gives: `Teacher:{id}`; of the row's own columns only."""
    kind, _, column = template.removesuffix("}").rpartition(":{")
    return v2_id(kind, pl.col(column))


# What became of a value


def _became(run: Run, writing: Writing, column: str, records: pl.DataFrame) -> pl.DataFrame:
    """What a V2 row holds of a V1 column, for each of its records: `table`, `v1_id`, `column`, `became`."""
    made = [origin.column for origin in writing.origins if origin.paths[:1] == (column,) and origin.column not in writing.keys]
    if not made or not all(template.endswith(":{id}") for template in writing.keys.values()):
        return _no_values()
    keys = {name: _v2_key(template) for name, template in writing.keys.items()}
    told = [pl.format(f"{writing.table}.{name}: {{}}", pl.col(name).cast(pl.String).fill_null(NOTHING)) for name in made]
    rows = records.lazy().select("table", "v1_id", "column", id="v1_id").unique().with_columns(**keys)
    held = _written(run, writing.table).select(*writing.keys, became=pl.concat_str(told, separator="; "))
    return rows.join(held, on=list(keys)).select("table", "v1_id", "column", "became").collect()


def _no_values() -> pl.DataFrame:
    return pl.DataFrame(schema=dict.fromkeys(("table", "v1_id", "column", "became"), pl.String))


def _meaning(code: pl.Expr) -> pl.Expr:
    """A reason code in plain words; of a code that this version does not know, the code."""
    return code.replace(MEANINGS)
