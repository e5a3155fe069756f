"""V1's classes: who they are, and the Class rows that they become (mapping, section 8)."""

from datetime import datetime
from typing import Final

import polars as pl

from transforms import academic_years, amounts, class_levels, dates
from transforms.digests import row_digest
from transforms.ids import v2_id
from transforms.records import TIMESTAMP_CHANGES, Change, flags
from transforms.tables import rejections
from transforms.tables.rejections import Reason, with_rejections
from transforms.text import cleaned

TABLE: Final = "Class"

SOURCE_COLUMNS: Final = (
    "id", "school_id", "name", "academic_year", "capacity", "class_teacher_id", "created_at", "updated_at",
)  # fmt: skip

CHANGES: Final = (
    Change("class_name_missing", "name", cleaned(pl.col("name")).is_null()),
    Change("class_level_unknown", "name", cleaned(pl.col("name")).is_not_null() & pl.col("class_level_id").is_null()),
    *flags("capacity", "judged_capacity", "capacity_implausible"),
    *TIMESTAMP_CHANGES,
)


def identified(classes: pl.LazyFrame, /, *, schools: pl.LazyFrame, failures: pl.LazyFrame, run_started_at: datetime) -> pl.LazyFrame:
    """Who each class is, and the academic year in which its students are enrolled.

    Args:
        classes: V1's Class rows, whole.
        schools: Every V1 school: `v1_id`, `school_uid`, `school_country`, `school_curriculum`, `is_there`.
        failures: Rows that break a check of V1 (`v1_id`, `column`, `check`).
        run_started_at: UTC, without a time zone.

    Returns:
        `v1_id` (Int64); `class_uid`, `school_uid`, `school_curriculum`, `enrolment_year`: Strings; `judged_timestamps`; the columns
        of a rejection; `digest`.
    """
    timestamps = dates.plausible_timestamps(pl.col("created_at"), pl.col("updated_at"), run_started_at=run_started_at)
    year = academic_years.normalised(
        pl.col("academic_year"),
        country=pl.col("school_country"),
        created_at=pl.col("judged_timestamps").struct.field("created_at"),
    )
    school = schools.select("school_uid", "school_country", "school_curriculum", school_id="v1_id", is_school_there="is_there")
    found = (
        classes.with_columns(v1_id=pl.col("id").cast(pl.Int64), school_id=pl.col("school_id").cast(pl.Int64))
        .join(school, on="school_id", how="left")
        .with_columns(class_uid=v2_id(TABLE, pl.col("id")), judged_timestamps=timestamps)
        .with_columns(enrolment_year=year)
    )
    reason = Reason("school_missing", "school_id", ~pl.col("is_school_there").fill_null(value=False))
    return with_rejections(found, failures=failures, reasons=[reason], originals=["id", "school_id", "name"]).select(
        "v1_id",
        "class_uid",
        "school_uid",
        "school_curriculum",
        "enrolment_year",
        "judged_timestamps",
        *rejections.COLUMNS,
        digest=row_digest(SOURCE_COLUMNS, **{name: pl.col(name) for name in ("school_country", "school_curriculum")}),
    )


def converted(classes: pl.LazyFrame, /, *, identities: pl.LazyFrame, levels: pl.DataFrame) -> pl.LazyFrame:
    """V1's Class rows that go to V2, beside all that is judged of them. `levels` are V2's class levels: `id`, `code`."""
    return (
        classes.with_columns(v1_id=pl.col("id").cast(pl.Int64))
        .join(identities, on="v1_id")
        .with_columns(
            judged_level=class_levels.parsed(pl.col("name"), curriculum=pl.col("school_curriculum")),
            judged_capacity=amounts.plausible_capacity(pl.col("capacity")),
        )
        .with_columns(level=pl.col("judged_level").struct.field("level"))
        .join(levels.lazy().select(level="code", class_level_id="id"), on="level", how="left")
    )


def rows(converted_classes: pl.LazyFrame, /) -> pl.LazyFrame:
    """V2's Class rows. A missing name is `Class <V1 id>`; a level that V2 does not have is null, and so is the section."""
    timestamps = pl.col("judged_timestamps").struct
    has_level = pl.col("class_level_id").is_not_null()
    return converted_classes.select(
        id="class_uid",
        schoolId="school_uid",
        classLevelId="class_level_id",
        name=pl.coalesce(cleaned(pl.col("name")), pl.format("Class {}", "v1_id")),
        section=pl.when(has_level).then(pl.col("judged_level").struct.field("section")),
        academicYear="enrolment_year",
        capacity=pl.col("judged_capacity").struct.field("value").cast(pl.Int32),
        createdAt=timestamps.field("created_at"),
        updatedAt=timestamps.field("updated_at"),
    )
