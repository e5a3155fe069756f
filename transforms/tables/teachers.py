"""What is a teacher's own: the Teacher row (mapping, section 7)."""

from typing import Final

import polars as pl

from transforms import amounts, dates
from transforms.records import TIMESTAMP_CHANGES, Change, flags
from transforms.tables import people
from transforms.text import optional

CHANGES: Final[tuple[Change, ...]] = (
    *people.CHANGES,
    *TIMESTAMP_CHANGES,
    *flags("salary", "judged_salary", "salary_implausible"),
    *flags("hired_at", "judged_hiring", "date_implausible"),
)


def converted(converted_people: pl.LazyFrame, /) -> pl.LazyFrame:
    """Adds what is judged of a teacher's own columns: `judged_salary`, `judged_hiring`."""
    return converted_people.with_columns(
        judged_salary=amounts.plausible_salary(pl.col("salary")),
        judged_hiring=dates.plausible_date(pl.col("hired_at")),
    )


def rows(converted_teachers: pl.LazyFrame, /) -> pl.LazyFrame:
    """V2's Teacher rows. Skills are never null: none are an empty list."""
    timestamps = pl.col("judged_timestamps").struct
    skills = pl.col("skills").list.eval(optional(pl.element())).list.drop_nulls().list.unique(maintain_order=True)
    return converted_teachers.select(
        id="profile_uid",
        userId="user_uid",
        schoolId="school_uid",
        employeeNo=optional(pl.col("employee_no")),
        qualification=optional(pl.col("qualification")),
        skills=skills.fill_null([]),
        salary=pl.col("judged_salary").struct.field("value"),
        hiredAt=pl.col("judged_hiring").struct.field("value"),
        createdAt=timestamps.field("created_at"),
        updatedAt=timestamps.field("updated_at"),
    )
