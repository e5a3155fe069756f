"""What joins people to classes, subjects, children and schools: four tables that are sets (mapping, sections 1 and 7).

A pair comes from a V1 link table or from a column of a V1 row (`Class.class_teacher_id`, `Student.parent_id`); a pair met twice is one
row. Frames here are narrow: V1 ids and flags.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from transforms.digests import digest
from transforms.ids import v2_id


@dataclass(frozen=True, kw_only=True)
class LinkTable:
    """A V1 link table: its columns `A` and `B` hold the ids of two V1 tables."""

    name: str
    a: str
    b: str
    v2: str
    """The V2 table that holds its pairs."""
    keys: Mapping[str, pl.Expr]
    """The key of that table, out of `A`, `B` and what they draw on."""
    pair: tuple[str, str] = ("A", "B")
    """What makes two of its rows one row of V2."""


CLASS_TO_TEACHER: Final = LinkTable(
    name="_ClassToTeacher",
    a="Class",
    b="Teacher",
    v2="TeacherClass",
    keys={"teacherId": v2_id("Teacher", pl.col("B")), "classId": v2_id("Class", pl.col("A"))},
)
SUBJECT_TO_TEACHER: Final = LinkTable(
    name="_SubjectToTeacher",
    a="Subject",
    b="Teacher",
    v2="TeacherSubject",
    keys={"teacherId": v2_id("Teacher", pl.col("B")), "subjectId": pl.col("subject_uid")},
    pair=("subject_uid", "B"),
)
PARENT_TO_STUDENT: Final = LinkTable(
    name="_ParentToStudent",
    a="Parent",
    b="Student",
    v2="StudentParent",
    keys={"studentId": v2_id("Student", pl.col("B")), "parentId": v2_id("Parent", pl.col("A"))},
)
LINK_TABLES: Final = (CLASS_TO_TEACHER, SUBJECT_TO_TEACHER, PARENT_TO_STUDENT)


def identified(
    links: pl.LazyFrame, /, table: LinkTable, *, a_there: pl.LazyFrame, b_there: pl.LazyFrame, given: pl.LazyFrame | None = None
) -> pl.LazyFrame:
    """What becomes of each row of a link table.

    Args:
        links: V1's rows: `A`, `B`.
        table: Which link table.
        a_there: `v1_id`, and whatever else links draw on, of the rows behind `A` that V2 will hold.
        b_there: The same behind `B`.
        given: `A`, `B` of pairs that a column of another V1 row gives.

    Returns:
        `A`, `B` (Int64), the columns of both ends, `v1_id` (`A:B`), `rejected` (`link_dropped` where an end is not there) with the
        other columns of a rejection, `is_merged` (another V1 row gives the pair: a column, or a row of this table before it), `digest`.
    """
    pairs = links.select(pl.col("A", "B").cast(pl.Int64)).sort("A", "B")
    drawn_on = []
    for end, there in (("A", a_there), ("B", b_there)):
        drawn_on += [name for name in there.collect_schema().names() if name != "v1_id"]
        pairs = pairs.join(
            there.rename({"v1_id": end}).with_columns(pl.lit(value=True).alias(f"is_{end}_there")),
            on=end,
            how="left",
            maintain_order="left",
        )
    if given is None:
        given = pairs.select("A", "B").clear()
    is_dropped = pl.col("is_A_there").is_null() | pl.col("is_B_there").is_null()
    is_again = ~pl.struct(table.pair).is_first_distinct()
    nothing = pl.lit(None, dtype=pl.String)
    return pairs.join(given.select("A", "B", is_given=pl.lit(value=True)), on=["A", "B"], how="left", maintain_order="left").select(
        "A",
        "B",
        *drawn_on,
        v1_id=pl.format("{}:{}", "A", "B"),
        rejected=pl.when(is_dropped).then(pl.lit("link_dropped")),
        rejected_column=nothing,
        rejected_check=nothing,
        rejected_original=nothing,
        is_merged=~is_dropped & (pl.col("is_given").fill_null(value=False) | is_again),
        digest=digest(pl.col("A"), pl.col("B"), *(pl.col(name) for name in drawn_on)),
    )


def teacher_class_rows(links: pl.LazyFrame, homerooms: pl.LazyFrame, /) -> pl.LazyFrame:
    """V2's TeacherClass rows: sound `links` (`A` a class, `B` a teacher) and `homerooms` (`class_id`, `class_teacher_id`)."""
    pairs = [
        links.select("A", "B", is_class_teacher=pl.lit(value=False)),
        homerooms.select(A="class_id", B="class_teacher_id", is_class_teacher=pl.lit(value=True)),
    ]
    return pl.concat(pairs).select(**CLASS_TO_TEACHER.keys, isClassTeacher="is_class_teacher")


def teacher_subject_rows(links: pl.LazyFrame, /) -> pl.LazyFrame:
    """V2's TeacherSubject rows: sound `links` (`subject_uid`, what V2 holds for the V1 subject; `B` a teacher)."""
    return links.select(**SUBJECT_TO_TEACHER.keys)


def student_parent_rows(links: pl.LazyFrame, first_contacts: pl.LazyFrame, /) -> pl.LazyFrame:
    """V2's StudentParent rows: sound `links` and `first_contacts`, the primary ones; both `A` a parent, `B` a student, `relationship`."""
    pairs = [
        of_kind.select("A", "B", "relationship", is_primary=pl.lit(is_primary))
        for of_kind, is_primary in ((links, False), (first_contacts, True))
    ]
    return pl.concat(pairs).select(**PARENT_TO_STUDENT.keys, relationship="relationship", isPrimary="is_primary")


def parent_school_rows(own: pl.LazyFrame, children: pl.LazyFrame, /) -> pl.LazyFrame:
    """V2's ParentSchool rows: each parent's `own` school, and those of the `children`; both `parent_id`, `school_id`."""
    pairs = pl.concat([own.select("parent_id", "school_id"), children.select("parent_id", "school_id")]).unique()
    return pairs.select(
        parentId=v2_id("Parent", pl.col("parent_id")),
        schoolId=v2_id("School", pl.col("school_id")),
    )
