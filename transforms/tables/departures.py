"""What V2 was given and V1 no longer gives: rows that are gone, and links (mapping, section 10). Nothing of it is deleted.

The ledger holds what each row was made from when it was written: the pairs of the link tables as rows of their own, those that columns
give (a class's teacher, a student's first contact, everyone's school) and the V2 subject of a teacher's subject beside the row. A pair
that would be overwritten there becomes a row of its own, a `NOTE`, so that later runs still know of it.
"""

from collections.abc import Mapping
from typing import Final

import polars as pl

from transforms.ids import v2_id
from transforms.records import SCHEMA

PARENT_SCHOOL: Final = "ParentSchool"
"""What the ledger calls the pairs of parents and schools, which no V1 table holds."""

NOTE: Final = ""
"""The digest of a pair that only columns gave: no row of V1 ever has it."""

HELD: Final = {
    "_ClassToTeacher": ("TeacherClass", {"teacherId": v2_id("Teacher", pl.col("B")), "classId": v2_id("Class", pl.col("A"))}),
    "_SubjectToTeacher": ("TeacherSubject", {"teacherId": v2_id("Teacher", pl.col("B")), "subjectId": pl.col("A")}),
    "_ParentToStudent": ("StudentParent", {"studentId": v2_id("Student", pl.col("B")), "parentId": v2_id("Parent", pl.col("A"))}),
    PARENT_SCHOOL: ("ParentSchool", {"parentId": v2_id("Parent", pl.col("A")), "schoolId": v2_id("School", pl.col("B"))}),
}
"""What the ledger calls the pairs of a link table → the V2 table that holds them, and its key out of `A`, `B`."""

NOTHING: Final = pl.lit(None, dtype=pl.String)


def gone(ledger: pl.LazyFrame, /, table: str, *, ids: pl.LazyFrame) -> pl.LazyFrame:
    """A record `gone_from_v1` for every row of a V1 table that some run wrote and V1 no longer has. `ids`: V1's, `v1_id`."""
    there = ids.select(pl.col("v1_id").cast(pl.String))
    return (
        ledger.filter(pl.col("v1_table") == table)
        .join(there, on="v1_id", how="anti")
        .select("v1_id", table=pl.lit(table), column=NOTHING, code=pl.lit("gone_from_v1"), check=NOTHING, original=NOTHING)
        .select(SCHEMA.names())
    )


def pairs_given(ledger: pl.LazyFrame, /) -> pl.LazyFrame:
    """Every pair that earlier runs gave V2, each once.

    Returns:
        `v1_table` (the link table, or `ParentSchool`); `A`, `B`: V1 ids, but of a subject V2's, which several subjects of V1 can be;
        `told`: the pair by V1 ids, `A:B`. All Strings.
    """
    rows = ledger.select("v1_table", "v1_id", "school_id", "link_id", is_note=pl.col("digest") == NOTE)

    def own(table: str) -> pl.LazyFrame:
        ends = pl.col("v1_id").str.split_exact(":", 1).struct
        return rows.filter(pl.col("v1_table") == table).select("v1_table", A=ends.field("field_0"), B=ends.field("field_1"))

    def of(table: str) -> pl.LazyFrame:
        return rows.filter(pl.col("v1_table") == table)

    subject, teacher = (pl.col("v1_id").str.split_exact(":", 1).struct.field(f"field_{number}") for number in (0, 1))
    subjects = of("_SubjectToTeacher").select(
        "v1_table",
        A=pl.when("is_note").then(subject).otherwise("link_id"),
        B=teacher,
        told=pl.when("is_note").then(pl.concat_str("link_id", pl.lit(":"), teacher)).otherwise("v1_id"),
    )
    homerooms = of("Class").select(v1_table=pl.lit("_ClassToTeacher"), A="v1_id", B="link_id")
    families = pl.concat([of("Student").select(v1_table=pl.lit("_ParentToStudent"), A="link_id", B="v1_id"), own("_ParentToStudent")])
    schools = pl.concat(
        [
            of("Parent").select(A="v1_id", B="school_id"),
            families.join(of("Student").select("school_id", B="v1_id"), on="B").select("A", B="school_id"),
        ]
    ).select(pl.lit(PARENT_SCHOOL).alias("v1_table"), "A", "B")
    pairs = pl.concat([homerooms, own("_ClassToTeacher"), families, schools, own(PARENT_SCHOOL)])
    pairs = pl.concat([pairs.with_columns(told=pl.concat_str("A", pl.lit(":"), "B")), subjects]).drop_nulls()
    return pairs.group_by("v1_table", "A", "B").agg(pl.col("told").min())


def pairs_now(
    *, classes: pl.LazyFrame, parents: pl.LazyFrame, students: pl.LazyFrame, subjects: pl.LazyFrame, links: dict[str, pl.LazyFrame]
) -> pl.LazyFrame:  # fmt: skip
    """Every pair that V1 gives now: `v1_table`, `A`, `B` as in `pairs_given`.

    Args:
        classes: V1's `id`, `class_teacher_id`.
        parents: V1's `id`, `school_id`.
        students: V1's `id`, `school_id`, `parent_id`.
        subjects: What V1's subjects are in V2: `v1_id`, `subject_uid`.
        links: V1's link tables: `A`, `B`.
    """

    def pairs(table: str, rows: pl.LazyFrame) -> pl.LazyFrame:
        return rows.select(pl.lit(table).alias("v1_table"), pl.col("A", "B").cast(pl.String))

    families = pl.concat(
        [
            pairs("_ParentToStudent", links["_ParentToStudent"]),
            pairs("_ParentToStudent", students.select(A="parent_id", B="id")),
        ]
    )
    subject_ids = subjects.select("subject_uid", A=pl.col("v1_id").cast(pl.String))
    taught = links["_SubjectToTeacher"].select(pl.col("A", "B").cast(pl.String)).join(subject_ids, on="A")
    schools = families.join(students.select(pl.col("school_id").cast(pl.String), B=pl.col("id").cast(pl.String)), on="B")
    return (
        pl.concat(
            [
                pairs("_ClassToTeacher", links["_ClassToTeacher"]),
                pairs("_ClassToTeacher", classes.select(A="id", B="class_teacher_id")),
                pairs("_SubjectToTeacher", taught.select("B", A="subject_uid")),
                families,
                pairs(PARENT_SCHOOL, parents.select(A="id", B="school_id")),
                pairs(PARENT_SCHOOL, schools.select("A", B="school_id")),
            ]
        )
        .drop_nulls()
        .unique()
    )


def stale(given: pl.LazyFrame, now: pl.LazyFrame, /, *, held: Mapping[str, pl.LazyFrame]) -> pl.LazyFrame:
    """The pairs that V2 was given and holds, and V1 no longer gives: `v1_table`, `A`, `B`, `told`.

    `held`: V2's link tables as they are, by name: the columns of their keys.
    """
    left = given.join(now, on=["v1_table", "A", "B"], how="anti")
    return pl.concat(
        left.filter(pl.col("v1_table") == table).with_columns(**keys).join(held[v2], on=list(keys), how="semi").drop(*keys)
        for table, (v2, keys) in HELD.items()
    )


def stale_records(pairs: pl.LazyFrame, /) -> pl.LazyFrame:
    """A record `link_stale` for every such pair, by its link table and `A:B`; a parent's school by the Parent and `school_id`."""
    is_school = pl.col("v1_table") == PARENT_SCHOOL
    return pairs.select(
        table=pl.when(is_school).then(pl.lit("Parent")).otherwise("v1_table"),
        v1_id=pl.when(is_school).then("A").otherwise("told"),
        column=pl.when(is_school).then(pl.lit("school_id")),
        code=pl.lit("link_stale"),
        check=NOTHING,
        original=pl.when(is_school).then("B"),
    )


def notes(pairs: pl.LazyFrame, /, *, ledger: pl.LazyFrame) -> pl.LazyFrame:
    """The stale pairs that the ledger would forget: `v1_table`, `v1_id` (`A:B`), `link_id` (of a subject, V1's id), a `NOTE`'s digest.

    A row of the ledger that says the pair itself needs none, as long as V1 does not make it say another.
    """
    noted = pairs.select(
        "v1_table",
        v1_id=pl.format("{}:{}", "A", "B"),
        link_id=pl.when(pl.col("v1_table") == "_SubjectToTeacher").then(pl.col("told").str.split(":").list.first()),
        digest=pl.lit(NOTE),
    )
    return noted.join(ledger.select("v1_table", "v1_id"), on=["v1_table", "v1_id"], how="anti")
