"""The columns of V1's tables as frames hold them: names, order and types, read from V1's own SQL."""

from collections.abc import Mapping
from functools import cache
from typing import Final

import polars as pl

from pipeline.postgres.schema import expected_columns, packaged_sql

COPY_ORDER: Final = (
    *("School", "Teacher", "Class", "Subject", "Parent", "Student"),
    *("_ClassToTeacher", "_SubjectToTeacher", "_ParentToStudent"),
)
"""V1's tables, each after those that it refers to."""

FRAME_TYPES: Final[Mapping[str, pl.DataType]] = {
    "integer": pl.Int32(),
    "boolean": pl.Boolean(),
    "text": pl.String(),
    "text[]": pl.List(pl.String()),
    "jsonb": pl.String(),
    "numeric(12,2)": pl.Decimal(12, 2),
    "timestamp(3) without time zone": pl.Datetime("us"),
    '"Gender"': pl.String(),
    '"StudentStatus"': pl.String(),
}
"""For each of V1's types, the one of a frame that binary COPY takes for it."""


@cache
def v1_tables() -> Mapping[str, pl.Schema]:
    """The columns of each V1 table, in the order in which the tables can be written. Enums and JSON are text."""
    columns = expected_columns(packaged_sql("v1"))
    return {table: pl.Schema({name: FRAME_TYPES[written] for name, written in columns[table].items()}) for table in COPY_ORDER}


def as_v1(table: str, rows: pl.DataFrame, /) -> pl.DataFrame:
    """The rows with the table's columns only, in its order and types.

    Raises:
        polars.exceptions.ColumnNotFoundError: The rows lack a column of the table.
    """
    return rows.select(pl.col(name).cast(dtype) for name, dtype in v1_tables()[table].items())
