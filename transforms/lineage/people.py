"""The lineage of administrators, teachers, parents and students (mapping, sections 3 to 7 and 9)."""

from dataclasses import dataclass
from typing import Final

from transforms.lineage.origins import E164, RELATIONSHIP, Origin, Writing, address, timestamps
from transforms.tables import kinds
from transforms.tables.kinds import Kind

IS_ACTIVE: Final = "true is ACTIVE, else INACTIVE"
EMPTY_IS_NULL: Final = "cleaned; a word for nothing: null"
PROFILE_ID: Final = Origin("id", ("id",), 1, "made of the V1 id")
PROFILE_USER: Final = Origin("userId", ("id",), 1, "the person's user")

ACADEMIC_YEAR: Final = (
    "class_id",
    "class_id.academic_year",
    "class_id.created_at",
    "class_id.updated_at",
    "class_id.school_id.country",
)
"""The paths to the academic year of a student's class."""


@dataclass(frozen=True)
class _Person:
    """A kind of person, and the paths to what all kinds have in common."""

    kind: Kind

    @property
    def user_key(self) -> str:
        return f"User:{self.kind.key}:{{id}}"

    @property
    def school(self) -> str:
        """The path to the school's V1 id."""
        return "id" if self.kind is kinds.ADMINISTRATOR else "school_id"

    def of_school(self, column: str, /) -> str:
        """The path to a column of the school."""
        return column if self.kind is kinds.ADMINISTRATOR else f"school_id.{column}"

    def own(self, common_name: str, /) -> tuple[str, ...]:
        """The path to an own column by the name that all kinds have in common; none where V1 does not have it for this kind."""
        names = {self.kind.renamed.get(name, name): name for name in self.kind.source_columns}
        return (names[common_name],) if common_name in names else ()


def _user(person: _Person, *, activity: str) -> Writing:
    kind, name = person.kind, person.own("full_name")
    made_up = tuple(dict.fromkeys((*person.own("email"), *name, person.of_school("code"), person.school)))
    born = person.own("date_of_birth")
    return Writing(
        kind.table,
        "User",
        {"id": person.user_key},
        (
            Origin("id", ("id",), 1, "made of the kind of person and the V1 id"),
            Origin("userTypeId", (), 7, f"the user type {kind.user_type}"),
            Origin(
                "email",
                made_up,
                4,
                "the first valid address, lower case; none: made up of the name and the school's code; contested: local+K@domain",
                contest="email",
            ),
            Origin("emailVerified", person.own("email"), 4, "false where the address was made up or suffixed", contest="email"),
            Origin(
                "phone",
                (*person.own("phone"), person.of_school("country")),
                5,
                f"{E164}; contested: ;ext=K",
                contest="phone",
            ),
            Origin("passwordHash", person.own("password"), 9, "policy carry: a bcrypt hash of V1 stays; all others are new"),
            Origin("mustChangePassword", person.own("password"), 9, "true where the password is a new one"),
            Origin("title", name, 3, "the titles that the name begins with"),
            Origin("firstName", name, 3, "the first name"),
            Origin("middleName", name, 3, "what is between the first and the last name"),
            Origin("lastName", name, 3, "the last name, with its particles"),
            Origin("suffix", name, 3, "the suffixes that the name ends with"),
            _or_none("gender", person.own("gender"), 7, "as it is"),
            _or_none("dateOfBirth", born, 7, "the date part; before 1900, after 2200 or in the future: null"),
            Origin("status", (*person.own("is_active"), *person.own("status")), 7, activity),
            *timestamps(),
        ),
    )


def _role(person: _Person) -> Writing:
    school = tuple(dict.fromkeys(("id", person.school)))
    return Writing(
        person.kind.table,
        "UserRole",
        {"userId": person.user_key},
        (
            Origin("id", school, 1, "made of the user, the role and the school"),
            Origin("userId", ("id",), 1, "whose role it is"),
            Origin("roleId", (), 7, f"the role {person.kind.role}"),
            Origin("schoolId", (person.school,), 7, "the school of the V1 row"),
            Origin("createdAt", ("created_at", "updated_at"), 1, "the user's"),
        ),
    )


def _or_none(column: str, paths: tuple[str, ...], section: int, rule: str) -> Origin:
    return Origin(column, paths, section, rule if paths else "null: V1 has none for this kind of person")


def _writings(kind: Kind, *profile: Writing, activity: str) -> tuple[Writing, ...]:
    person = _Person(kind)
    home = address(kind.table, owner="userId", owner_key=person.user_key, country=person.of_school("country"))
    return (_user(person, activity=activity), _role(person), *([home] if person.own("address") else []), *profile)


ADMINISTRATOR_WRITINGS: Final = _writings(kinds.ADMINISTRATOR, activity="the school's: true is ACTIVE, else INACTIVE")

TEACHER_WRITINGS: Final = _writings(
    kinds.TEACHER,
    Writing(
        "Teacher",
        "Teacher",
        {"id": "Teacher:{id}"},
        (
            PROFILE_ID,
            PROFILE_USER,
            Origin("schoolId", ("school_id",), 1, "the teacher's school"),
            Origin("employeeNo", ("employee_no",), 2, EMPTY_IS_NULL),
            Origin("qualification", ("qualification",), 2, EMPTY_IS_NULL),
            Origin("skills", ("skills",), 7, "each cleaned; empty and repeated ones dropped; none: {}"),
            Origin("salary", ("salary",), 2, "as it is; below zero or NaN: null"),
            Origin("hiredAt", ("hired_at",), 7, "the date part; before 1900 or after 2200: null"),
            *timestamps(),
        ),
    ),
    activity=IS_ACTIVE,
)

PARENT_WRITINGS: Final = _writings(
    kinds.PARENT,
    Writing(
        "Parent",
        "Parent",
        {"id": "Parent:{id}"},
        (
            PROFILE_ID,
            PROFILE_USER,
            Origin("altPhone", ("alt_phone", "school_id.country"), 5, f"{E164}; none: null"),
            Origin("occupation", ("occupation",), 2, EMPTY_IS_NULL),
            *timestamps(),
        ),
    ),
    Writing(
        "Parent",
        "ParentSchool",
        {"parentId": "Parent:{id}", "schoolId": "School:{school_id}"},
        (Origin("parentId", ("id",), 7, "the parent"), Origin("schoolId", ("school_id",), 7, "the parent's own school")),
    ),
    activity=IS_ACTIVE,
)

STUDENT_WRITINGS: Final = _writings(
    kinds.STUDENT,
    Writing(
        "Student",
        "Student",
        {"id": "Student:{id}"},
        (
            PROFILE_ID,
            PROFILE_USER,
            Origin("schoolId", ("school_id",), 1, "the student's school"),
            Origin(
                "admissionNo",
                ("admission_no", "id", "school_id"),
                7,
                "cleaned; missing: ADM-<V1 id>; contested within the school: -2, -3 …",
                contest="admissionNo",
            ),
            Origin("bloodGroup", ("blood_group",), 2, EMPTY_IS_NULL),
            Origin("status", ("status",), 7, "as it is"),
            Origin("enrolledAt", ("enrolled_at",), 7, "the date part; before 1900 or after 2200: null"),
            *timestamps(),
        ),
    ),
    Writing(
        "Student",
        "Enrollment",
        {"studentId": "Student:{id}"},
        (
            Origin("id", ("id", *ACADEMIC_YEAR), 1, "made of the student and the academic year"),
            Origin("studentId", ("id",), 7, "the student"),
            Origin("classId", ("class_id",), 7, "the student's class"),
            Origin("academicYear", ACADEMIC_YEAR, 7, "the class's academic year"),
        ),
        unless="the student names no class that is in V2",
    ),
    Writing(
        "Student",
        "StudentParent",
        {"studentId": "Student:{id}", "parentId": "Parent:{parent_id}"},
        (
            Origin("studentId", ("id",), 7, "the student"),
            Origin("parentId", ("parent_id",), 7, "the student's first contact"),
            Origin("relationship", ("parent_id", "parent_id.relationship"), 7, RELATIONSHIP),
            Origin("isPrimary", (), 7, "true: it is parent_id"),
        ),
        unless="the student names no parent that is in V2",
    ),
    Writing(
        "Student",
        "ParentSchool",
        {"parentId": "Parent:{parent_id}", "schoolId": "School:{school_id}"},
        (Origin("parentId", ("parent_id",), 7, "the student's first contact"), Origin("schoolId", ("school_id",), 7, "the child's school")),
        unless="the student names no parent that is in V2",
    ),
    activity="ACTIVE stays ACTIVE, any other is INACTIVE",
)
