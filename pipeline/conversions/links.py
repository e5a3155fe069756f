"""How V1's links are converted, those in tables of their own and those in columns, and what draws on them elsewhere."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from checks.relations import PRIMARY_KEYS
from pipeline.conversions.conversion import Conversion, Which, goes, going, sound
from pipeline.pieces import IdRange
from pipeline.run import Run
from transforms import records
from transforms.tables import links, parents

FIRST_CONTACTS: Final = "first_contacts"
"""Beside the plans of the link tables, `plan/links/first_contacts/part-000.parquet`: of the students of a piece, the first contacts
(`A` a parent, `B` the student) that V2 is to be given."""


def convert_teacher_classes(run: Run, _: int, __: Which) -> Conversion:
    """TeacherClass rows, of the link table and of `Class.class_teacher_id`."""
    of_class = sound(run.identities("Class")).select("goes", "is_edited", "known_link_id", class_id="v1_id")
    of_teacher = run.there("Teacher").select(class_teacher_id="v1_id", teacher_is_new=goes("new"))
    homerooms = (
        run.v1("Class")
        .select("class_teacher_id", v1_id="id", class_id="id")
        .join(of_class, on="class_id")
        .join(of_teacher, on="class_teacher_id", how="left")
    )
    found = homerooms.filter(pl.col("teacher_is_new").is_not_null() & (pl.col("goes") | pl.col("teacher_is_new")))
    given = links.teacher_class_rows(going(run.identities("_ClassToTeacher")), found.filter(~pl.col("is_edited")))
    of_edited = links.teacher_class_rows(run.identities("_ClassToTeacher").clear(), found.filter("is_edited"))
    former = homerooms.filter("goes").select(A="class_id", B=pl.col("known_link_id").cast(pl.Int64), now="class_teacher_id")
    rows = pl.concat([given, _unheld(run, "TeacherClass", of_edited)])
    rows = _with_set_right(run, links.CLASS_TO_TEACHER, rows, former=former, flag="isClassTeacher")
    dropped = pl.col("goes") & pl.col("class_teacher_id").is_not_null() & pl.col("teacher_is_new").is_null()
    return Conversion(
        {"TeacherClass": rows},
        records.changed(homerooms, "Class", [records.Change("link_dropped", "class_teacher_id", dropped)]),
    )


def convert_teacher_subjects(run: Run, _: int, __: Which) -> Conversion:
    """TeacherSubject rows."""
    return Conversion({"TeacherSubject": links.teacher_subject_rows(going(run.identities("_SubjectToTeacher")))})


def convert_families(run: Run, number: int, _: Which) -> Conversion:
    """StudentParent of the students of one piece, ParentSchool of the parents of one: no pair of either is made in two pieces."""
    tables = {"StudentParent": _student_parents(run, number)}
    if number < len(run.pieces("Parent")):
        tables["ParentSchool"] = _parent_schools(run, number)
    return Conversion(tables)


def relationships(run: Run, /, *, of: pl.LazyFrame) -> pl.LazyFrame:
    """How the parents that rows are about (`parent_id`) are related to the children: `parent_id`, `relationship`."""
    wanted = of.select("parent_id").collect(engine="in-memory")
    named = run.v1("Parent").filter(IdRange.spanning(wanted["parent_id"]).holds("id")).select("relationship", parent_id="id")
    named = named.join(wanted.lazy(), on="parent_id", how="semi")
    return named.with_columns(relationship=parents.relationship(pl.col("relationship")))


def held(run: Run, table: str, pairs: pl.LazyFrame, /) -> pl.DataFrame:
    """V2's rows of a link table, as they were, those of some pairs (its key).

    Where V2 holds none, as before a first run, the pairs are not made for that; and where there are no pairs, as in most later runs,
    V2's rows are not looked through.
    """
    some = run.before(table).head(1).collect()
    if some.is_empty():
        return some
    wanted = pairs.select(PRIMARY_KEYS[table]).collect(engine="in-memory")
    if wanted.is_empty():
        return some.clear()
    return run.before(table).join(wanted.lazy(), on=PRIMARY_KEYS[table], how="semi").collect(engine="streaming")


def _student_parents(run: Run, number: int) -> pl.LazyFrame:
    first_contacts = _piece(_first_contacts(run), number)
    pairs = going(_piece(run.identity_parts("_ParentToStudent"), number))
    rows = pl.concat(
        [
            links.student_parent_rows(pairs.filter(~pl.col("is_edited")), first_contacts.filter(~pl.col("is_edited"))),
            _unheld(run, "StudentParent", links.student_parent_rows(pairs.filter("is_edited"), first_contacts.filter("is_edited"))),
        ]
    )
    students = _piece([piece.scan() for piece in run.pieces("Student")], number).select(B="id", now="parent_id")
    written = going(sound(_piece(run.identity_parts("Student"), number))).select(A=pl.col("known_link_id").cast(pl.Int64), B="v1_id")
    return _with_set_right(run, links.PARENT_TO_STUDENT, rows, former=written.join(students, on="B"), flag="isPrimary")


def _parent_schools(run: Run, number: int) -> pl.LazyFrame:
    ids = run.pieces("Parent")[number].ids
    # A pair that V2 held before its link row counted goes to no ledger: the child tells when its school is another.
    of_moved = pl.col("rejected").is_null() & pl.col("is_child_going")
    linked = run.identities("_ParentToStudent").filter(ids.holds("A") & (pl.col("goes") | of_moved))
    children = [pairs.select("school_id", parent_id="A") for pairs in (linked, pl.concat(_first_contacts(run)).filter(ids.holds("A")))]
    own = run.identity_parts("Parent")[number].filter("is_there", "goes").select("school_id", parent_id="v1_id")
    return _unheld(run, "ParentSchool", links.parent_school_rows(own, pl.concat(children)))


def _first_contacts(run: Run) -> list[pl.LazyFrame]:
    """The first contacts that V2 is to be given, by pieces of Student."""
    return [pl.scan_parquet(part) for part in run.folder.parts("plan/links", FIRST_CONTACTS)]


def _piece(parts: Sequence[pl.LazyFrame], number: int) -> pl.LazyFrame:
    """What there is of a piece; no rows, where there is no such piece."""
    return parts[number] if number < len(parts) else parts[0].clear()


def _unheld(run: Run, table: str, pairs: pl.LazyFrame) -> pl.LazyFrame:
    """The pairs that V2 does not hold yet: link tables are sets, and of a row that was edited only new links are written."""
    there = held(run, table, pairs)
    return pairs if there.is_empty() else pairs.join(there.lazy(), on=PRIMARY_KEYS[table], how="anti")


def _with_set_right(run: Run, table: links.LinkTable, rows: pl.LazyFrame, *, former: pl.LazyFrame, flag: str) -> pl.LazyFrame:
    """Adds V2's pairs of a class's teacher, or a first contact, where V1 names another now: the former without the flag, this one with it.

    `former` holds the pairs (`A`, `B`) as they were given, and as `now` the id that V1 has in that column today; `rows` are written anyway.
    """
    given, now = "B" if table is links.CLASS_TO_TEACHER else "A", pl.col("now").cast(pl.Int64)
    replaced = former.filter(pl.col(given).ne_missing(now))
    put_right = pl.concat(
        held(run, table.v2, pairs.drop_nulls(given).select(**table.keys)).with_columns(pl.lit(is_so).alias(flag))
        for is_so, pairs in ((False, replaced), (True, replaced.with_columns(now.alias(given))))
    )
    if put_right.is_empty():
        return rows
    return pl.concat([rows, put_right.lazy().join(rows, on=PRIMARY_KEYS[table.v2], how="anti").select(rows.collect_schema().names())])
