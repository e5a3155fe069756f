"""The four steps, as data: which V1 rows each reads, how a part of them is converted, and which V2 tables that gives.

```
schools   School ▶ School, Address   Administrator ▶ User, UserRole   Class ▶ Class   Subject ▶ Subject
teachers  Teacher ▶ User, UserRole, Address, Teacher                  links ▶ TeacherClass, TeacherSubject
parents   Parent ▶ User, UserRole, Address, Parent
students  Student ▶ User, UserRole, Address, Student, Enrollment      links ▶ StudentParent, ParentSchool
```

A step needs the steps above it. Another kind of V1 rows joins here, as one more `Source`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from checks.relations import PRIMARY_KEYS
from pipeline.run import Run
from transforms import records
from transforms.tables import classes, kinds, links, parents, people, schools, students, subjects, teachers
from transforms.tables.addresses import address_rows


@dataclass(frozen=True)
class Conversion:
    """What a part of V1 becomes: rows by V2 table, and the record of every value changed or dropped on the way."""

    tables: Mapping[str, pl.LazyFrame]
    changed: pl.LazyFrame = field(default_factory=lambda: pl.LazyFrame(schema=records.SCHEMA))


@dataclass(frozen=True)
class Source:
    """One kind of V1 rows: its name in the books, the V1 table whose parts it is read from, and the conversion of a part."""

    table: str
    v1_table: str
    convert: Callable[[Run, int], Conversion]
    primary: str
    """The V2 table that has one row for each of these V1 rows."""
    is_own: pl.Expr = field(default_factory=lambda: pl.lit(value=True))
    """Which rows of the primary table, in a part of this source, come from these V1 rows themselves."""
    is_whole: bool = False
    """Converted at once, all parts together: narrow pairs of ids, of which a set must be made."""


@dataclass(frozen=True)
class Step:
    """A step of the migration."""

    name: str
    sources: tuple[Source, ...]


def _schools(run: Run, number: int) -> Conversion:
    converted = schools.converted(
        pl.scan_parquet(run.folder.part("v1", "School", number)),
        identities=_going(run.plan("School")),
        run_started_at=run.started_at,
    )
    converted = converted.collect().lazy()
    return Conversion(
        {"School": schools.rows(converted), "Address": address_rows(converted, kind="school", owner="school_uid")},
        records.changed(converted, "School", schools.CHANGES),
    )


def _classes(run: Run, number: int) -> Conversion:
    converted = classes.converted(
        pl.scan_parquet(run.folder.part("v1", "Class", number)),
        identities=_going(run.plan("Class")),
        levels=run.before("ClassLevel").collect(),
    )
    converted = converted.collect().lazy()
    return Conversion({"Class": classes.rows(converted)}, records.changed(converted, "Class", classes.CHANGES))


def _subjects(run: Run, number: int) -> Conversion:
    identities = run.plan("Subject").filter(pl.col("goes") | pl.col("is_merged"))
    converted = subjects.converted(
        pl.scan_parquet(run.folder.part("v1", "Subject", number)),
        identities=identities,
        categories=run.before("SubjectCategory").collect(),
    )
    converted = converted.collect().lazy()
    return Conversion({"Subject": subjects.rows(converted)}, records.changed(converted, "Subject", subjects.CHANGES))


def _people(run: Run, kind: kinds.Kind, number: int) -> pl.LazyFrame:
    return people.converted(
        kinds.common_form(pl.scan_parquet(run.folder.part("v1", kind.source, number)), kind),
        identities=_going(pl.scan_parquet(run.folder.part("plan/people", kind.table, number))),
        grants=run.plan("claims"),
        schools=run.plan("School"),
        run_started_at=run.started_at,
    )


def _user_tables(run: Run, kind: kinds.Kind, converted: pl.LazyFrame) -> dict[str, pl.LazyFrame]:
    return {
        "User": people.user_rows(
            converted,
            kind,
            user_types=_ids_by_code(run, "UserType"),
            carry_passwords=run.settings.carries_passwords,
        ),
        "UserRole": people.role_rows(converted, kind, roles=_ids_by_code(run, "Role")),
        "Address": address_rows(converted, kind="user", owner="user_uid"),
    }


def _administrators(run: Run, number: int) -> Conversion:
    kind = kinds.ADMINISTRATOR
    converted = _people(run, kind, number).collect().lazy()
    return Conversion(
        _user_tables(run, kind, converted),
        records.changed(converted, kind.table, people.CHANGES, v1_names=kind.v1_names),
    )


def _teachers(run: Run, number: int) -> Conversion:
    converted = teachers.converted(_people(run, kinds.TEACHER, number)).collect().lazy()
    return Conversion(
        _user_tables(run, kinds.TEACHER, converted) | {"Teacher": teachers.rows(converted)},
        records.changed(converted, "Teacher", teachers.CHANGES),
    )


def _parents(run: Run, number: int) -> Conversion:
    converted = parents.converted(_people(run, kinds.PARENT, number)).collect().lazy()
    return Conversion(
        _user_tables(run, kinds.PARENT, converted) | {"Parent": parents.rows(converted)},
        records.changed(converted, "Parent", parents.CHANGES),
    )


def _students(run: Run, number: int) -> Conversion:
    converted = students.converted(
        _people(run, kinds.STUDENT, number),
        admissions=run.plan("admission_numbers"),
        classes=run.there("Class"),
        parents=run.there("Parent").select("v1_id", parent_uid="profile_uid"),
    )
    converted = converted.collect().lazy()
    return Conversion(
        _user_tables(run, kinds.STUDENT, converted)
        | {"Student": students.rows(converted), "Enrollment": students.enrollment_rows(converted)},
        records.changed(converted, "Student", students.CHANGES),
    )


def _teacher_classes(run: Run, _: int) -> Conversion:
    of_class = run.plan("Class").filter("is_there").select("goes", class_id="v1_id")
    of_teacher = run.people("Teacher").filter("is_there").select(class_teacher_id="v1_id", teacher_goes="goes")
    homerooms = (
        run.v1("Class")
        .filter(pl.col("class_teacher_id").is_not_null())
        .select("class_teacher_id", v1_id="id", class_id="id")
        .join(of_class, on="class_id")
        .join(of_teacher, on="class_teacher_id", how="left")
    )
    found = homerooms.filter((pl.col("goes") & pl.col("teacher_goes").is_not_null()) | pl.col("teacher_goes"))
    dropped = records.Change("link_dropped", "class_teacher_id", pl.col("goes") & pl.col("teacher_goes").is_null())
    return Conversion(
        {"TeacherClass": _new(run, "TeacherClass", links.teacher_class_rows(_going(run.plan("_ClassToTeacher")), found))},
        records.changed(homerooms, "Class", [dropped]),
    )


def _teacher_subjects(run: Run, _: int) -> Conversion:
    pairs = links.teacher_subject_rows(_going(run.plan("_SubjectToTeacher")))
    return Conversion({"TeacherSubject": _new(run, "TeacherSubject", pairs)})


def _families(run: Run, _: int) -> Conversion:
    of_student = run.there("Student").select("school_id", student_id="v1_id", student_goes="goes")
    of_parent = run.there("Parent").select(parent_id="v1_id", parent_goes="goes", own_school_id="school_id")
    relationships = run.v1("Parent").select(parent_id="id", relationship=parents.relationship(pl.col("relationship")))
    first_contacts = (
        run.v1("Student")
        .select("parent_id", student_id="id")
        .join(of_student, on="student_id")
        .join(of_parent, on="parent_id")
        .filter(pl.col("student_goes") | pl.col("parent_goes"))
        .join(relationships, on="parent_id")
    )
    pairs = _going(run.plan("_ParentToStudent"))
    children = [rows.select("parent_id", "school_id") for rows in (first_contacts, pairs.rename({"A": "parent_id"}))]
    own = of_parent.filter("parent_goes").select("parent_id", school_id="own_school_id")
    return Conversion(
        {
            "StudentParent": _new(run, "StudentParent", links.student_parent_rows(pairs, first_contacts)),
            "ParentSchool": _new(run, "ParentSchool", links.parent_school_rows(own, pl.concat(children))),
        }
    )


def _new(run: Run, table: str, pairs: pl.LazyFrame) -> pl.LazyFrame:
    """The pairs that V2 does not hold yet: link tables are sets."""
    return pairs.join(run.before(table), on=PRIMARY_KEYS[table], how="anti")


def _going(identities: pl.LazyFrame) -> pl.LazyFrame:
    return identities.filter("goes")


def _ids_by_code(run: Run, table: str) -> dict[str, str]:
    return dict(run.before(table).select("code", "id").collect().iter_rows())


STEPS: Final = (
    Step(
        "schools",
        (
            Source("School", "School", _schools, primary="School"),
            Source("Administrator", "School", _administrators, primary="User"),
            Source("Class", "Class", _classes, primary="Class"),
            Source("Subject", "Subject", _subjects, primary="Subject"),
        ),
    ),
    Step(
        "teachers",
        (
            Source("Teacher", "Teacher", _teachers, primary="Teacher"),
            Source(
                "_ClassToTeacher",
                "_ClassToTeacher",
                _teacher_classes,
                primary="TeacherClass",
                is_own=~pl.col("isClassTeacher"),
                is_whole=True,
            ),
            Source("_SubjectToTeacher", "_SubjectToTeacher", _teacher_subjects, primary="TeacherSubject", is_whole=True),
        ),
    ),
    Step("parents", (Source("Parent", "Parent", _parents, primary="Parent"),)),
    Step(
        "students",
        (
            Source("Student", "Student", _students, primary="Student"),
            Source(
                "_ParentToStudent",
                "_ParentToStudent",
                _families,
                primary="StudentParent",
                is_own=~pl.col("isPrimary"),
                is_whole=True,
            ),
        ),
    ),
)

V2_TABLES: Final = (
    "School", "User", "UserRole", "Address", "Class", "Subject", "Teacher", "TeacherClass", "TeacherSubject", "Parent", "Student",
    "Enrollment", "StudentParent", "ParentSchool",
)  # fmt: skip
"""The tables that the migration writes, in the order of their foreign keys."""
