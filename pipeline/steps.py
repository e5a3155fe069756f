"""The four steps, as data: which V1 rows each reads, how a piece of them is converted, and which V2 tables that gives.

```
schools   School ▶ School, Address   Administrator ▶ User, UserRole   Class ▶ Class   Subject ▶ Subject
teachers  Teacher ▶ User, UserRole, Address, Teacher                  links ▶ TeacherClass, TeacherSubject
parents   Parent ▶ User, UserRole, Address, Parent
students  Student ▶ User, UserRole, Address, Student, Enrollment      links ▶ StudentParent, ParentSchool
```

A step needs the steps above it. Another kind of V1 rows joins here, as one more `Source`.

A piece is converted twice: once the rows that V2 has not seen, which are added to it, and once those that changed since they were
migrated, which replace what it holds, but for what was edited there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import polars as pl

from checks.relations import PRIMARY_KEYS
from pipeline.pieces import NO_IDS, IdRange
from pipeline.run import Run
from transforms import records
from transforms.ids import v2_id
from transforms.records import Change
from transforms.tables import classes, history, kinds, links, parents, people, schools, students, subjects, teachers
from transforms.tables.addresses import address_rows

Which = Literal["new", "changed"]
"""Which rows of a piece are converted: those that no run has written yet, or those that changed since one wrote them."""


WITHDRAWN_SCHEMA: Final = pl.Schema(dict.fromkeys(("id", "v1_table", "v1_id"), pl.String()))


@dataclass(frozen=True)
class Conversion:
    """What a piece of V1 becomes: rows by V2 table, and the record of every value changed or dropped on the way."""

    tables: Mapping[str, pl.LazyFrame]
    changed: pl.LazyFrame = field(default_factory=lambda: pl.LazyFrame(schema=records.SCHEMA))
    withdrawn: pl.LazyFrame = field(default_factory=lambda: pl.LazyFrame(schema=WITHDRAWN_SCHEMA))
    """UserRole rows to remove: `id`, and whose they are."""


@dataclass(frozen=True)
class Source:
    """One kind of V1 rows: its step, its name in the books, the V1 table whose pieces it is read from, and the conversion of a piece."""

    step: str
    table: str
    v1_table: str
    convert: Callable[[Run, int, Which], Conversion]
    primary: str
    """The V2 table that has one row for each of these V1 rows."""
    is_own: pl.Expr = field(default_factory=lambda: pl.lit(value=True))
    """Which rows of the primary table, in a piece of this source, come from these V1 rows themselves."""
    is_link: bool = False
    """Narrow pairs of ids, of which a set must be made: new and changed ones are converted together."""
    pieced_by: tuple[str, ...] = ()
    """The V1 tables by whose pieces it is converted, whichever has more of them; none where it is converted whole."""


def _schools(run: Run, number: int, which: Which) -> Conversion:
    converted = schools.converted(
        run.pieces("School")[number].scan(),
        identities=_going(run.plan("School"), which),
        run_started_at=run.started_at,
    )
    converted = converted.collect(engine="in-memory").lazy()
    unedited = converted.filter(~pl.col("is_edited"))
    return Conversion(
        {"School": schools.rows(unedited), "Address": address_rows(unedited, kind="school", owner="school_uid")},
        records.changed(converted, "School", schools.CHANGES),
    )


def _classes(run: Run, number: int, which: Which) -> Conversion:
    converted = classes.converted(
        run.pieces("Class")[number].scan(),
        identities=_going(run.plan("Class"), which),
        levels=run.before("ClassLevel").collect(),
    )
    converted = converted.collect(engine="in-memory").lazy()
    unedited = converted.filter(~pl.col("is_edited"))
    return Conversion({"Class": classes.rows(unedited)}, records.changed(converted, "Class", classes.CHANGES))


def _subjects(run: Run, number: int, which: Which) -> Conversion:
    is_merged = pl.col("is_merged") & pl.col("is_selected") & pl.lit(which == "new")  # on record once, in every run
    identities = run.plan("Subject").filter(_goes(which) | is_merged)
    converted = subjects.converted(
        run.pieces("Subject")[number].scan(),
        identities=identities,
        categories=run.before("SubjectCategory").collect(),
    )
    converted = converted.collect(engine="in-memory").lazy()
    unedited = converted.filter(~pl.col("is_edited"))
    return Conversion({"Subject": subjects.rows(unedited)}, records.changed(converted, "Subject", subjects.CHANGES))


def _people(run: Run, kind: kinds.Kind, number: int, which: Which) -> pl.LazyFrame:
    going = _going(pl.scan_parquet(run.folder.part("plan/people", kind.table, number)), which).collect(engine="in-memory")
    rows = kinds.common_form(run.pieces(kind.source)[number].scan(), kind)
    converted = people.converted(
        rows if going.height else rows.clear(),  # in a later run hardly any row goes: the file need not be read for that
        identities=going.lazy(),
        grants=run.plan("claims").join(going.lazy(), on="turn", how="semi"),
        schools=run.plan("School"),
        run_started_at=run.started_at,
    )
    return history.with_role_withdrawn(converted)


def _conversion(
    run: Run, kind: kinds.Kind, converted: pl.LazyFrame, which: Which, tables: Mapping[str, pl.LazyFrame], changes: Sequence[Change]
) -> Conversion:
    """What people become: the rows that all kinds have in common, and the `tables` of their own.

    Of a User that was edited nothing is written but a role at another school; a role is taken back wherever V1 has the person no longer.
    """
    unedited = converted.filter(~pl.col("is_user_edited"))
    users = people.user_rows(
        unedited,
        kind,
        user_types=_ids_by_code(run, "UserType"),
        carry_passwords=run.settings.carries_passwords,
        keep_others=which == "changed",
    )
    roles = people.role_rows(
        converted.filter(~pl.col("is_user_edited") | pl.col("is_role_withdrawn")), kind, roles=_ids_by_code(run, "Role")
    )
    withdrawn = converted.filter("is_role_withdrawn").select(
        id=v2_id("UserRole", pl.col("user_uid"), pl.lit(kind.role), v2_id("School", pl.col("known_school_id"))),
        v1_table=pl.lit(kind.table),
        v1_id=pl.col("v1_id").cast(pl.String),
    )
    common = {"User": users, "UserRole": roles, "Address": address_rows(unedited, kind="user", owner="user_uid")}
    changed = records.changed(converted, kind.table, [*changes, history.WITHDRAWN], v1_names=kind.v1_names)
    return Conversion({**common, **tables}, changed, withdrawn)


def _administrators(run: Run, number: int, which: Which) -> Conversion:
    converted = _people(run, kinds.ADMINISTRATOR, number, which).collect(engine="in-memory").lazy()
    return _conversion(run, kinds.ADMINISTRATOR, converted, which, {}, people.CHANGES)


def _teachers(run: Run, number: int, which: Which) -> Conversion:
    converted = teachers.converted(_people(run, kinds.TEACHER, number, which)).collect(engine="in-memory").lazy()
    tables = {"Teacher": teachers.rows(_unedited_profiles(converted))}
    return _conversion(run, kinds.TEACHER, converted, which, tables, teachers.CHANGES)


def _parents(run: Run, number: int, which: Which) -> Conversion:
    converted = parents.converted(_people(run, kinds.PARENT, number, which)).collect(engine="in-memory").lazy()
    tables = {"Parent": parents.rows(_unedited_profiles(converted))}
    return _conversion(run, kinds.PARENT, converted, which, tables, parents.CHANGES)


def _students(run: Run, number: int, which: Which) -> Conversion:
    going = _people(run, kinds.STUDENT, number, which).collect(engine="in-memory").lazy()
    first_contacts = going.select(v1_id="parent_id")
    converted = students.converted(
        going,
        admissions=run.plan("admission_numbers").join(going, on="v1_id", how="semi"),
        classes=run.there("Class"),
        parents=run.there("Parent").select("v1_id").join(first_contacts, on="v1_id", how="semi"),
    )
    converted = converted.collect(engine="in-memory").lazy()
    unedited = _unedited_profiles(converted)
    tables = {"Student": students.rows(unedited), "Enrollment": students.enrollment_rows(unedited)}
    return _conversion(run, kinds.STUDENT, converted, which, tables, students.CHANGES)


def _unedited_profiles(converted: pl.LazyFrame) -> pl.LazyFrame:
    return converted.filter(~pl.col("is_profile_edited"))


def _teacher_classes(run: Run, _: int, __: Which) -> Conversion:
    of_class = _sound(run.identities("Class")).select("goes", "is_edited", "known_link_id", class_id="v1_id")
    of_teacher = run.there("Teacher").select(class_teacher_id="v1_id", teacher_is_new=_goes("new"))
    homerooms = (
        run.v1("Class")
        .select("class_teacher_id", v1_id="id", class_id="id")
        .join(of_class, on="class_id")
        .join(of_teacher, on="class_teacher_id", how="left")
    )
    found = homerooms.filter(pl.col("teacher_is_new").is_not_null() & (pl.col("goes") | pl.col("teacher_is_new")))
    given = links.teacher_class_rows(_going(run.identities("_ClassToTeacher")), found.filter(~pl.col("is_edited")))
    of_edited = links.teacher_class_rows(run.identities("_ClassToTeacher").clear(), found.filter("is_edited"))
    former = homerooms.filter("goes").select(A="class_id", B=pl.col("known_link_id").cast(pl.Int64), now="class_teacher_id")
    rows = pl.concat([given, _unheld(run, "TeacherClass", of_edited)])
    dropped = pl.col("goes") & pl.col("class_teacher_id").is_not_null() & pl.col("teacher_is_new").is_null()
    return Conversion(
        {"TeacherClass": pl.concat([rows, _set_right(run, links.CLASS_TO_TEACHER, former, rows, flag="isClassTeacher")])},
        records.changed(homerooms, "Class", [records.Change("link_dropped", "class_teacher_id", dropped)]),
    )


def _teacher_subjects(run: Run, _: int, __: Which) -> Conversion:
    return Conversion({"TeacherSubject": links.teacher_subject_rows(_going(run.identities("_SubjectToTeacher")))})


def _families(run: Run, number: int, _: Which) -> Conversion:
    """StudentParent of the students of one piece, ParentSchool of the parents of one: no pair of either is made in two pieces."""
    return Conversion(
        {
            "StudentParent": _student_parents(run, number),
            "ParentSchool": _parent_schools(run, number),
        }
    )


def _student_parents(run: Run, number: int) -> pl.LazyFrame:
    students = _piece([piece.scan() for piece in run.pieces("Student")], number)
    children = _children(students.select("parent_id", student_id="id"), planned=_piece(run.identity_parts("Student"), number))
    first_contacts = _first_contacts(run, children)
    first_contacts = first_contacts.join(relationships(run, of=children.select("parent_id")), on="parent_id")
    pairs = _going(_piece(run.identity_parts("_ParentToStudent"), number))
    rows = pl.concat(
        [
            links.student_parent_rows(pairs.filter(~pl.col("is_edited")), first_contacts.filter(~pl.col("is_edited"))),
            _unheld(run, "StudentParent", links.student_parent_rows(pairs.filter("is_edited"), first_contacts.filter("is_edited"))),
        ]
    )
    former = children.filter("student_goes").select(A=pl.col("known_link_id").cast(pl.Int64), B="student_id", now="parent_id")
    return pl.concat([rows, _set_right(run, links.PARENT_TO_STUDENT, former, rows, flag="isPrimary")])


def _parent_schools(run: Run, number: int) -> pl.LazyFrame:
    ids = _ids(run, "Parent", number)
    linked = run.identities("_ParentToStudent").filter(ids.holds("A")).collect(engine="in-memory").lazy()
    # A pair that V2 held before its link row counted goes to no ledger: the child tells when its school is another.
    moved = _sound(run.identities("Student")).filter("goes").select(B="v1_id").join(linked.select("B"), on="B", how="semi")
    of_moved = linked.filter(pl.col("rejected").is_null()).join(moved, on="B", how="semi")
    of_links = pl.concat([_going(linked), of_moved]).select("school_id", parent_id="A")
    named = run.v1("Student").select("parent_id", student_id="id").filter(ids.holds("parent_id"))
    children = _first_contacts(run, _children(named, planned=run.identities("Student"))).select("school_id", "parent_id")
    own = _piece(run.identity_parts("Parent"), number).filter("is_there", "goes").select("school_id", parent_id="v1_id")
    return _unheld(run, "ParentSchool", links.parent_school_rows(own, pl.concat([children, of_links])))


def _children(students: pl.LazyFrame, *, planned: pl.LazyFrame) -> pl.LazyFrame:
    """Those of some students (`student_id`, `parent_id`) who are not rejected, and what is planned of them."""
    students = students.collect(engine="in-memory").lazy()
    of_student = _sound(planned).select(
        "school_id", "known_link_id", student_id="v1_id", student_goes="goes", is_edited="is_profile_edited"
    )
    of_student = of_student.join(students, on="student_id", how="semi")
    return students.join(of_student, on="student_id").collect(engine="in-memory").lazy()


def _first_contacts(run: Run, children: pl.LazyFrame) -> pl.LazyFrame:
    """The children whose first contact V2 is to be given, because they or their parents are new or changed."""
    of_parent = run.there("Parent").select(parent_id="v1_id", parent_is_new=_goes("new")).join(children, on="parent_id", how="semi")
    return children.join(of_parent, on="parent_id").filter(pl.col("student_goes") | pl.col("parent_is_new"))


def relationships(run: Run, /, *, of: pl.LazyFrame) -> pl.LazyFrame:
    """How the parents that rows are about (`parent_id`) are related to the children: `parent_id`, `relationship`."""
    named = run.v1("Parent").select("relationship", parent_id=pl.col("id").cast(pl.Int64)).join(of, on="parent_id", how="semi")
    return named.with_columns(relationship=parents.relationship(pl.col("relationship")))


def _ids(run: Run, table: str, number: int) -> IdRange:
    """The ids of a piece of a V1 table; none, where it has no such piece."""
    found = run.pieces(table)
    return found[number].ids if number < len(found) else NO_IDS


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


def _sound(identities: pl.LazyFrame) -> pl.LazyFrame:
    """The planned rows that V2 will hold and that are not rejected today: a rejected row gives V2 nothing."""
    return identities.filter(pl.col("is_there") & pl.col("rejected").is_null())


def _goes(which: Which) -> pl.Expr:
    is_known = pl.col("is_known") if which == "changed" else ~pl.col("is_known")
    return pl.col("goes") & is_known


def _going(identities: pl.LazyFrame, which: Which | None = None) -> pl.LazyFrame:
    return identities.filter(_goes(which) if which else pl.col("goes"))


def _ids_by_code(run: Run, table: str) -> dict[str, str]:
    return dict(run.before(table).select("code", "id").collect().iter_rows())


SOURCES: Final = (
    Source("schools", "School", "School", _schools, primary="School"),
    Source("schools", "Administrator", "School", _administrators, primary="User"),
    Source("schools", "Class", "Class", _classes, primary="Class"),
    Source("schools", "Subject", "Subject", _subjects, primary="Subject"),
    Source("teachers", "Teacher", "Teacher", _teachers, primary="Teacher"),
    Source(
        "teachers",
        "_ClassToTeacher",
        "_ClassToTeacher",
        _teacher_classes,
        primary="TeacherClass",
        is_own=~pl.col("isClassTeacher"),
        is_link=True,
    ),
    Source("teachers", "_SubjectToTeacher", "_SubjectToTeacher", _teacher_subjects, primary="TeacherSubject", is_link=True),
    Source("parents", "Parent", "Parent", _parents, primary="Parent"),
    Source("students", "Student", "Student", _students, primary="Student"),
    Source(
        "students",
        "_ParentToStudent",
        "_ParentToStudent",
        _families,
        primary="StudentParent",
        is_own=~pl.col("isPrimary"),
        is_link=True,
        pieced_by=("Student", "Parent"),
    ),
)

V2_TABLES: Final = (
    "School", "User", "UserRole", "Address", "Class", "Subject", "Teacher", "TeacherClass", "TeacherSubject", "Parent", "Student",
    "Enrollment", "StudentParent", "ParentSchool",
)  # fmt: skip
"""The tables that the migration writes, in the order of their foreign keys."""
