"""V1's people across all four tables that hold them, and the addresses that several of them give."""

from typing import Final, Literal

import polars as pl

from pipeline.exploring.profile import V1Tables
from pipeline.exploring.shapes import password_kind
from transforms import countries, emails, phones
from transforms.tables import kinds

PHONE_COLUMNS: Final = {
    "School": ("phone", "admin_phone"),
    "Teacher": ("phone",),
    "Parent": ("phone", "alt_phone"),
    "Student": ("phone",),
}
"""V1 table → its columns of phone numbers."""


def everyone(v1: V1Tables, /, *, default_country: str) -> pl.LazyFrame:
    """Administrators, teachers, parents and students, in claim order (mapping, section 4).

    Args:
        v1: V1's tables.
        default_country: ISO 3166-1 alpha-2, for schools that name none: the region of local phone numbers.

    Returns:
        `kind` (`Administrator`, `Teacher` …), `v1_id` (of an administrator the school's), `full_name` as typed; `email` and `phone` as V2
        would have them if nobody else wanted them, null where V1 gives no valid one; `password`: its kind, never the password.
    """
    schools = _school_countries(v1, default_country)
    return pl.concat(
        kinds.common_form(v1[kind.source], kind)
        .join(schools, on="school_id", how="left")
        .select(
            "v1_id",
            "full_name",
            kind=pl.lit(kind.table),
            email=emails.normalised(pl.col("email")).struct.field("value"),
            phone=phones.e164(pl.col("phone"), region=pl.col("school_country")).struct.field("value"),
            password=password_kind(pl.col("password")),
        )
        .sort("v1_id")
        for kind in kinds.KINDS
    ).select("kind", "v1_id", pl.exclude("kind", "v1_id"))


def phones_as_typed(v1: V1Tables, /, *, default_country: str) -> pl.LazyFrame:
    """Every value of every column of phone numbers: `table`, `column`, `typed`, and `phone`, in E.164, null where none is valid."""
    schools = _school_countries(v1, default_country)
    return pl.concat(
        v1[table]
        .select(typed=column, school_id=pl.col("id" if table == "School" else "school_id").cast(pl.Int64))
        .join(schools, on="school_id", how="left")
        .select(
            "typed",
            table=pl.lit(table),
            column=pl.lit(column),
            phone=phones.e164(pl.col("typed"), region=pl.col("school_country")).struct.field("value"),
        )
        for table, columns in PHONE_COLUMNS.items()
        for column in columns
    ).select("table", "column", "typed", "phone")


def contested(people: pl.LazyFrame, column: Literal["email", "phone"], /) -> pl.DataFrame:
    """The addresses that more than one of the people give, those most wanted first.

    Args:
        people: What `everyone` gives.
        column: Which address.

    Returns:
        The column; `people`: how many give it; `kinds`: of which kinds they are.
    """
    return (
        people.filter(pl.col(column).is_not_null())
        .group_by(column)
        .agg(people=pl.len(), kinds=pl.col("kind").unique().sort())
        .filter(pl.col("people") > 1)
        .sort("people", column, descending=[True, False])
        .collect()
    )


def _school_countries(v1: V1Tables, default_country: str) -> pl.LazyFrame:
    return v1["School"].select(
        school_id=pl.col("id").cast(pl.Int64),
        school_country=countries.school_country(pl.col("country")).fill_null(default_country),
    )
