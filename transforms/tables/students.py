"""What is a student's own: the Student and Enrollment rows, and admission numbers (mapping, section 7)."""

from typing import Final

import polars as pl

from transforms import dates
from transforms.ids import v2_id
from transforms.records import TIMESTAMP_CHANGES, Change, flags
from transforms.tables import people
from transforms.text import optional

CHANGES: Final[tuple[Change, ...]] = (
    *people.CHANGES,
    *TIMESTAMP_CHANGES,
    Change("admission_no_suffixed", "admission_no", pl.col("is_admission_no_suffixed")),
    *flags("enrolled_at", "judged_enrolment", "date_implausible"),
    Change("link_dropped", "class_id", pl.col("class_id").is_not_null() & pl.col("class_uid").is_null()),
    Change("link_dropped", "parent_id", pl.col("parent_id").is_not_null() & pl.col("is_parent_there").is_null()),
)


def wished_admission_no(*, is_condemned: pl.Expr | None = None) -> pl.Expr:
    """What a student (`v1_id`, `admission_no`) wishes for as admission number within the school: the own one, or `ADM-<V1 id>`.

    String; null for a condemned row without a number of its own. Nobody is condemned if `is_condemned` is None.
    """
    made_up = pl.format("ADM-{}", "v1_id")
    return pl.coalesce(optional(pl.col("admission_no")), made_up if is_condemned is None else pl.when(~is_condemned).then(made_up))


def converted(converted_people: pl.LazyFrame, /, *, admissions: pl.LazyFrame, classes: pl.LazyFrame, parents: pl.LazyFrame) -> pl.LazyFrame:
    """Adds what is judged of a student's own columns.

    Args:
        converted_people: Students as `people.converted` gives them.
        admissions: `v1_id`, `granted_admission_no` of everyone who is granted another number than the wish.
        classes: The classes that V2 will hold: `v1_id`, `class_uid`, `enrolment_year`.
        parents: The parents that V2 will hold: `v1_id`.
    """
    return (
        converted_people.join(admissions, on="v1_id", how="left")
        .join(classes.select("class_uid", "enrolment_year", class_id="v1_id"), on="class_id", how="left")
        .join(parents.select(parent_id="v1_id", is_parent_there=pl.lit(value=True)), on="parent_id", how="left")
        .with_columns(
            granted_admission_no=pl.coalesce("granted_admission_no", wished_admission_no()),
            is_admission_no_suffixed=pl.col("granted_admission_no").is_not_null(),
            judged_enrolment=dates.plausible_date(pl.col("enrolled_at")),
        )
    )


def rows(converted_students: pl.LazyFrame, /) -> pl.LazyFrame:
    """V2's Student rows."""
    timestamps = pl.col("judged_timestamps").struct
    return converted_students.select(
        id="profile_uid",
        userId="user_uid",
        schoolId="school_uid",
        admissionNo="granted_admission_no",
        bloodGroup=optional(pl.col("blood_group")),
        status="status",
        enrolledAt=pl.col("judged_enrolment").struct.field("value"),
        createdAt=timestamps.field("created_at"),
        updatedAt=timestamps.field("updated_at"),
    )


def enrollment_rows(converted_students: pl.LazyFrame, /) -> pl.LazyFrame:
    """V2's Enrollment rows: the student's class, in that class's academic year; none without a class."""
    return converted_students.filter(pl.col("class_uid").is_not_null()).select(
        id=v2_id("Enrollment", pl.col("profile_uid"), pl.col("enrolment_year")),
        studentId="profile_uid",
        classId="class_uid",
        academicYear="enrolment_year",
    )
