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

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from pipeline.conversions import links, people, schools
from pipeline.conversions.conversion import Conversion, Which
from pipeline.run import Run


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


SOURCES: Final = (
    Source("schools", "School", "School", schools.convert_schools, primary="School"),
    Source("schools", "Administrator", "School", people.convert_administrators, primary="User"),
    Source("schools", "Class", "Class", schools.convert_classes, primary="Class"),
    Source("schools", "Subject", "Subject", schools.convert_subjects, primary="Subject"),
    Source("teachers", "Teacher", "Teacher", people.convert_teachers, primary="Teacher"),
    Source(
        "teachers",
        "_ClassToTeacher",
        "_ClassToTeacher",
        links.convert_teacher_classes,
        primary="TeacherClass",
        is_own=~pl.col("isClassTeacher"),
        is_link=True,
    ),
    Source("teachers", "_SubjectToTeacher", "_SubjectToTeacher", links.convert_teacher_subjects, primary="TeacherSubject", is_link=True),
    Source("parents", "Parent", "Parent", people.convert_parents, primary="Parent"),
    Source("students", "Student", "Student", people.convert_students, primary="Student"),
    Source(
        "students",
        "_ParentToStudent",
        "_ParentToStudent",
        links.convert_families,
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
