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

STALE_SCHEMA: Final = pl.Schema(dict.fromkeys(("v1_table", "A", "B", "told"), pl.String()))
"""What `stale` gives."""

NOTHING: Final = pl.lit(None, dtype=pl.String)


def gone(ledger: pl.LazyFrame, /, table: str, *, ids: pl.LazyFrame) -> pl.LazyFrame:
    """A record `gone_from_v1` for every row of a V1 table that some run wrote and V1 no longer has. `ids`: V1's, `v1_id` (Int64)."""
    return (
        ledger.filter(pl.col("v1_table") == table)
        .select(pl.col("v1_id").cast(pl.Int64))
        .join(ids.select("v1_id"), on="v1_id", how="anti")
        .select(
            pl.col("v1_id").cast(pl.String),
            table=pl.lit(table),
            column=NOTHING,
            code=pl.lit("gone_from_v1"),
            check=NOTHING,
            original=NOTHING,
        )
        .select(SCHEMA.names())
    )


def pairs_given(ledger: pl.LazyFrame, /) -> dict[str, pl.LazyFrame]:
    """The pairs that earlier runs gave V2, by link table or `ParentSchool`; a pair that several rows gave stands there as often.

    Returns:
        Of each: `A`, `B`: V1 ids (Int64), but of a subject V2's (String), which several subjects of V1 can be. Of subjects `told`, too:
        the pair by V1 ids, `A:B`. Neither end is ever null.
    """
    rows = ledger.select("v1_table", "v1_id", "school_id", "link_id", is_note=pl.col("digest") == NOTE)
    first, second = (pl.col("v1_id").str.split_exact(":", 1).struct.field(f"field_{number}") for number in (0, 1))
    school_id, link_id, v1_id = (pl.col(name).cast(pl.Int64) for name in ("school_id", "link_id", "v1_id"))

    def of(table: str) -> pl.LazyFrame:
        return rows.filter(pl.col("v1_table") == table)

    def own(table: str) -> pl.LazyFrame:
        return of(table).select(A=first.cast(pl.Int64), B=second.cast(pl.Int64))

    subjects = of("_SubjectToTeacher").select(
        A=pl.when("is_note").then(first).otherwise("link_id"),
        B=second.cast(pl.Int64),
        told=pl.when("is_note").then(pl.concat_str("link_id", pl.lit(":"), second)).otherwise("v1_id"),
    )
    first_contacts = of("Student").select(A=link_id, B=v1_id, school_id=school_id)
    schools_of_children = own("_ParentToStudent").join(first_contacts.select("B", "school_id"), on="B")
    schools = [
        of("Parent").select(A=v1_id, B=school_id),
        own(PARENT_SCHOOL),
        *(part.select("A", B="school_id") for part in (first_contacts, schools_of_children)),
    ]
    pairs = {
        "_ClassToTeacher": pl.concat([of("Class").select(A=v1_id, B=link_id), own("_ClassToTeacher")]),
        "_SubjectToTeacher": subjects,
        "_ParentToStudent": pl.concat([first_contacts.select("A", "B"), own("_ParentToStudent")]),
        PARENT_SCHOOL: pl.concat(schools),
    }
    return {table: rows.drop_nulls() for table, rows in pairs.items()}


def pairs_now(
    *, classes: pl.LazyFrame, parents: pl.LazyFrame, students: pl.LazyFrame, subjects: pl.LazyFrame, links: dict[str, pl.LazyFrame]
) -> dict[str, pl.LazyFrame]:  # fmt: skip
    """The pairs that V1 gives now: `A`, `B`, by link table or `ParentSchool`, as in `pairs_given`; of a column, null where it is.

    Args:
        classes: V1's `id`, `class_teacher_id`.
        parents: V1's `id`, `school_id`.
        students: V1's `id`, `school_id`, `parent_id`.
        subjects: What V1's subjects are in V2: `v1_id`, `subject_uid`.
        links: V1's link tables: `A`, `B`.
    """
    children = links["_ParentToStudent"].select("A", "B")
    taught = links["_SubjectToTeacher"].join(subjects.select("subject_uid", A="v1_id"), on="A")
    schools = [
        parents.select(A="id", B="school_id"),
        students.select(A="parent_id", B="school_id"),
        children.join(students.select("school_id", B="id"), on="B").select("A", B="school_id"),
    ]
    return {
        "_ClassToTeacher": pl.concat([links["_ClassToTeacher"].select("A", "B"), classes.select(A="id", B="class_teacher_id")]),
        "_SubjectToTeacher": taught.select("B", A="subject_uid"),
        "_ParentToStudent": pl.concat([children, students.select(A="parent_id", B="id")]),
        PARENT_SCHOOL: pl.concat(schools),
    }


def stale(
    given: Mapping[str, pl.LazyFrame], now: Mapping[str, pl.LazyFrame], /, *, held: Mapping[str, pl.LazyFrame]
) -> pl.LazyFrame:  # fmt: skip
    """The pairs that V2 was given and holds, and V1 no longer gives: `v1_table`, `A`, `B`, `told`, each once. All Strings.

    `held`: V2's link tables as they are, by name: the columns of their keys.
    """
    stale_pairs = [pl.LazyFrame(schema=STALE_SCHEMA)]
    for table, (v2, keys) in HELD.items():
        # Hardly any are left of very many: V2's keys, and what tells a pair, are made for these alone.
        left = given[table].join(now[table], on=["A", "B"], how="anti").collect(engine="streaming")
        if left.is_empty():
            continue
        if "told" not in left.columns:
            left = left.with_columns(told=pl.format("{}:{}", "A", "B"))
        pairs = left.lazy().group_by("A", "B").agg(pl.col("told").min()).with_columns(**keys)
        is_held = held[v2].select(*keys).join(pairs, on=list(keys), how="semi")
        there = pairs.join(is_held, on=list(keys), how="semi").with_columns(v1_table=pl.lit(table))
        stale_pairs.append(there.select(pl.col(STALE_SCHEMA.names()).cast(pl.String)))
    return pl.concat(stale_pairs)


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
    key = ["v1_table", "v1_id"]
    return noted.join(ledger.select(key).join(noted, on=key, how="semi"), on=key, how="anti")
