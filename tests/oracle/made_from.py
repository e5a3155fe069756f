"""Section 10: all that the V2 rows of a V1 row are made from, as plain tuples in place of a digest.

"its columns, its links, what it draws on in other V1 rows (the school's country, code and curriculum, the class's academic year, the
parent's relationship), the settings that matter".
"""

from typing import Any

from tests.oracle import academic_years, values
from tests.oracle.later_model import LaterRun
from tests.oracle.model import Row
from tests.oracle.people import ADMINISTRATOR, STUDENT, Person
from tests.oracle.schools import School

MadeFrom = tuple[Any, ...]


def of_school(school: School) -> MadeFrom:
    """A school: its columns but the administrator's; the country, since a setting stands in where there is none."""
    own = {column: value for column, value in school.row.items() if not column.startswith("admin_")}
    return _plain(own, school.country)


def of_class(row: Row, school: School) -> MadeFrom:
    """A class: its columns, its teacher among them; its school's country (the academic year) and curriculum (the level)."""
    return _plain(row, school.country, school.curriculum_code)


def of_subject(row: Row, school: School) -> MadeFrom:
    """A school's own subject: its columns without the times, which are dropped on purpose; its school's code."""
    own = {column: value for column, value in row.items() if column not in {"created_at", "updated_at"}}
    return _plain(own, school.code)


def of_person(run: LaterRun, person: Person) -> MadeFrom:
    """A person: its columns, its school's country and code, the domain of made-up addresses, and what a student's links draw on."""
    assert person.school
    own = person.row
    if person.entity is ADMINISTRATOR:
        # The school's `is_active` and times are the administrator's, too.
        own = {column: own[column] for column in own if column.startswith("admin_") or column in {"is_active", "created_at", "updated_at"}}
    drawn_on: tuple[Any, ...] = (person.school.country, person.school.code, run.settings.placeholder_email_domain)
    if person.entity is not STUDENT:
        return _plain(own, *drawn_on)
    parent = run.by_id["Parent"].get(own["parent_id"])
    drawn_on += (parent and values.relationship(parent["relationship"]), academic_year(run, own["class_id"]))
    # Its Enrollment may come in a later run than the student: with the class.
    return _plain(own, *drawn_on, run.is_there("Class", own["class_id"]))


def academic_year(run: LaterRun, class_id: int | None) -> str | None:
    """The academic year of a student's class."""
    if class_id is None:
        return None
    row = run.by_id["Class"][class_id]
    created_at = values.timestamps(row["created_at"], row["updated_at"], run.settings.run_started_at).created_at
    return academic_years.normalised(row["academic_year"], run.schools[row["school_id"]].country, created_at)


def of_link(row: Row, *drawn_on: Any) -> MadeFrom:
    """A row of a link table."""
    return _plain(row, *drawn_on)


def _plain(row: Row, *drawn_on: Any) -> MadeFrom:
    return (*((column, repr(value)) for column, value in sorted(row.items())), *drawn_on)
