"""How V1's links are converted, those in tables of their own and those in columns, and what draws on them elsewhere."""

from collections.abc import Sequence

import polars as pl

from checks.relations import PRIMARY_KEYS
from pipeline.conversions.conversion import Conversion, Which, goes, going, sound
from pipeline.run import Run
from transforms import records
from transforms.tables import links, parents


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
    dropped = pl.col("goes") & pl.col("class_teacher_id").is_not_null() & pl.col("teacher_is_new").is_null()
    return Conversion(
        {"TeacherClass": pl.concat([rows, _set_right(run, links.CLASS_TO_TEACHER, former, rows, flag="isClassTeacher")])},
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
    named = run.v1("Parent").select("relationship", parent_id=pl.col("id").cast(pl.Int64)).join(of, on="parent_id", how="semi")
    return named.with_columns(relationship=parents.relationship(pl.col("relationship")))


def _student_parents(run: Run, number: int) -> pl.LazyFrame:
    students = _piece([piece.scan() for piece in run.pieces("Student")], number)
    children = _children(students.select("parent_id", student_id="id"), planned=_piece(run.identity_parts("Student"), number))
    first_contacts = _first_contacts(run, children)
    first_contacts = first_contacts.join(relationships(run, of=children.select("parent_id")), on="parent_id")
    pairs = going(_piece(run.identity_parts("_ParentToStudent"), number))
    rows = pl.concat(
        [
            links.student_parent_rows(pairs.filter(~pl.col("is_edited")), first_contacts.filter(~pl.col("is_edited"))),
            _unheld(run, "StudentParent", links.student_parent_rows(pairs.filter("is_edited"), first_contacts.filter("is_edited"))),
        ]
    )
    former = children.filter("student_goes").select(A=pl.col("known_link_id").cast(pl.Int64), B="student_id", now="parent_id")
    return pl.concat([rows, _set_right(run, links.PARENT_TO_STUDENT, former, rows, flag="isPrimary")])


def _parent_schools(run: Run, number: int) -> pl.LazyFrame:
    ids = run.pieces("Parent")[number].ids
    linked = run.identities("_ParentToStudent").filter(ids.holds("A")).collect(engine="in-memory").lazy()
    # A pair that V2 held before its link row counted goes to no ledger: the child tells when its school is another.
    moved = sound(run.identities("Student")).filter("goes").select(B="v1_id").join(linked.select("B"), on="B", how="semi")
    of_moved = linked.filter(pl.col("rejected").is_null()).join(moved, on="B", how="semi")
    of_links = pl.concat([going(linked), of_moved]).select("school_id", parent_id="A")
    named = run.v1("Student").select("parent_id", student_id="id").filter(ids.holds("parent_id"))
    children = _first_contacts(run, _children(named, planned=run.identities("Student"))).select("school_id", "parent_id")
    own = run.identity_parts("Parent")[number].filter("is_there", "goes").select("school_id", parent_id="v1_id")
    return _unheld(run, "ParentSchool", links.parent_school_rows(own, pl.concat([children, of_links])))


def _children(students: pl.LazyFrame, *, planned: pl.LazyFrame) -> pl.LazyFrame:
    """Those of some students (`student_id`, `parent_id`) who are not rejected, and what is planned of them."""
    students = students.collect(engine="in-memory").lazy()
    of_student = sound(planned).select("school_id", "known_link_id", student_id="v1_id", student_goes="goes", is_edited="is_profile_edited")
    of_student = of_student.join(students, on="student_id", how="semi")
    return students.join(of_student, on="student_id").collect(engine="in-memory").lazy()


def _first_contacts(run: Run, children: pl.LazyFrame) -> pl.LazyFrame:
    """The children whose first contact V2 is to be given, because they or their parents are new or changed."""
    of_parent = run.there("Parent").select(parent_id="v1_id", parent_is_new=goes("new")).join(children, on="parent_id", how="semi")
    return children.join(of_parent, on="parent_id").filter(pl.col("student_goes") | pl.col("parent_is_new"))


def _piece(parts: Sequence[pl.LazyFrame], number: int) -> pl.LazyFrame:
    """What there is of a piece; no rows, where there is no such piece."""
    return parts[number] if number < len(parts) else parts[0].clear()


def _unheld(run: Run, table: str, pairs: pl.LazyFrame) -> pl.LazyFrame:
    """The pairs that V2 does not hold yet: link tables are sets, and of a row that was edited only new links are written."""
    return pairs.join(run.before(table), on=PRIMARY_KEYS[table], how="anti")


def _set_right(run: Run, table: links.LinkTable, former: pl.LazyFrame, rows: pl.LazyFrame, *, flag: str) -> pl.LazyFrame:
    """V2's pairs of a class's teacher, or a first contact, where V1 names another now: the former without the flag, this one with it.

    `former` holds the pairs (`A`, `B`) as they were given, and as `now` the id that V1 has in that column today; `rows` are written anyway.
    """
    given, now = "B" if table is links.CLASS_TO_TEACHER else "A", pl.col("now").cast(pl.Int64)
    replaced = former.filter(pl.col(given).ne_missing(now))
    key = PRIMARY_KEYS[table.v2]
    put_right = [
        run.before(table.v2).join(pairs.drop_nulls(given).select(**table.keys), on=key, how="semi").with_columns(pl.lit(is_so).alias(flag))
        for is_so, pairs in ((False, replaced), (True, replaced.with_columns(now.alias(given))))
    ]
    return pl.concat(put_right).join(rows, on=key, how="anti").select(rows.collect_schema().names())
