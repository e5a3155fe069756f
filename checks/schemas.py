"""Asks a frame all that a pandera schema holds, whatever the environment says."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

import pandera.polars as pa
import polars as pl
from pandera.config import ValidationDepth, config_context
from pandera.constants import CHECK_OUTPUT_KEY
from pandera.errors import SchemaError, SchemaErrorReason, SchemaErrors

from checks.findings import Finding, examples, names
from checks.rules import passes

NULL: Final = SchemaErrorReason.SERIES_CONTAINS_NULLS
RULE: Final = SchemaErrorReason.DATAFRAME_CHECK


class Question(NamedTuple):
    """A check of a schema: the column that it is about, its name, and what it asks in plain words."""

    column: str
    check: str
    meaning: str


def questions(schema: pa.DataFrameSchema, /) -> list[Question]:
    """All that a schema asks of rows, in the order of its columns: first whether the value is given, then the rest."""
    asked = []
    for name, column in schema.columns.items():
        if not column.nullable:
            asked.append(Question(name, _required(name), f"{name} is given"))
        asked += [Question(name, check.name, check.description) for check in column.checks]
    return asked


def failures(rows: pl.DataFrame, schema: pa.DataFrameSchema, /) -> dict[str, pl.Series]:
    """Which rows fail which check: name → Boolean column, true where a row fails. A check that no row fails is left out.

    Columns that the frame does not have are not judged; those that it has are of the schema's dtype.

    Raises:
        RuntimeError: A check could not be made, as when a column is of another dtype; never because of rows.
    """
    doubtful = _doubtful(rows, {name: column for name, column in schema.columns.items() if name in rows.columns})
    if not doubtful:
        return {}
    # Pinned: pandera reads switches from the environment that would skip checks without a word.
    with config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA):
        try:
            pa.DataFrameSchema(doubtful).validate(rows, lazy=True)
        except SchemaErrors as found:
            errors = found.schema_errors
        else:
            errors = []
    return dict(map(_failure, errors))


def findings(
    rows: pl.DataFrame,
    schema: pa.DataFrameSchema,
    failing: Mapping[str, pl.Series],
    /,
    *,
    table: str,
    key: Sequence[str],
) -> list[Finding]:
    """A finding for every check of a schema: `failing` as `failures` gives it, ids and examples by the columns `key`."""
    failed = {check: rows.select(key).filter(is_failing) for check, is_failing in failing.items()}
    return [
        Finding(
            table,
            check,
            meaning,
            rows=rows.height if column in rows.columns else 0,
            failing=failed[check].height if check in failed else 0,
            examples=examples(failed[check]) if check in failed else (),
            ids=names(failed[check]) if check in failed else None,
        )
        for column, check, meaning in questions(schema)
    ]


def _doubtful(rows: pl.DataFrame, columns: dict[str, pa.Column]) -> dict[str, pa.Column]:
    """The columns that pandera must be asked about: all but those of which one look at the whole frame tells that no row fails.

    All of them where that look cannot be taken.
    """
    if all(rows.schema[name] == column.dtype.type for name, column in columns.items()):
        with suppress(pl.exceptions.PolarsError):
            sound = rows.select(_passes(column).alias(name) for name, column in columns.items()).to_dict(as_series=False)
            return {name: column for name, column in columns.items() if sound[name] != [True]}
    return columns


def _passes(column: pa.Column) -> pl.Expr:
    is_given = pl.lit(value=True) if column.nullable else pl.col(column.name).null_count() == 0
    return pl.all_horizontal(is_given, *map(passes, column.checks))


def _failure(error: SchemaError) -> tuple[str, pl.Series]:
    if error.reason_code is NULL:
        name = _required(error.schema.name)
    elif error.reason_code is RULE:
        name = error.check.name
    else:
        # Without pandera's message, which may hold values.
        raise RuntimeError(f"a check of column {error.schema.name} could not be made: {error.reason_code}")
    return name, ~error.check_output[CHECK_OUTPUT_KEY]


def _required(column: str) -> str:
    return f"{column}_required"
