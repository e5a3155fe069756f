"""Sequences of edits and runs that chance seldom makes: each a few steps, named by what it is about."""

from collections.abc import Mapping, Sequence
from typing import Literal

from tests.integration.edits import Part
from tests.oracle.values import v2_id

Edit = tuple[Literal["v1", "v2"], str]
Step = Part | Edit
"""A run, or a database and SQL that is executed there."""

EVERYTHING = Part()


def edited(table: str, key: str) -> Edit:
    """An application's edit in V2: `updatedAt` moves."""
    return "v2", f"""UPDATE "{table}" SET "updatedAt" = "updatedAt" + interval '1000 days' WHERE "id" = '{v2_id(key)}'"""


def restored(table: str, key: str) -> Edit:
    """An edit taken back."""
    return "v2", f"""UPDATE "{table}" SET "updatedAt" = "updatedAt" - interval '1000 days' WHERE "id" = '{v2_id(key)}'"""


def v1(statement: str) -> Edit:
    """SQL for V1."""
    return "v1", statement


def v2(statement: str) -> Edit:
    """SQL for V2."""
    return "v2", statement


def _alone(*entities: str) -> list[Step]:
    return [Part((entity,)) for entity in entities]


ONE_CLASS_LATER = v1("""UPDATE "Class" SET "name" = 'JSS 2B', "updated_at" = '2024-03-01' WHERE "id" = 1""")
TEACHER_OF_ANOTHER_CLASS = v1("""UPDATE "Class" SET "class_teacher_id" = 2 WHERE "id" = 1""")
SECOND_PARENT_FIRST = v1("""UPDATE "Student" SET "parent_id" = 2 WHERE "id" = 1""")
BOTH_WAYS = v1("""UPDATE "Student" SET "parent_id" = 3 WHERE "id" = 2; INSERT INTO "_ParentToStudent" VALUES (3, 2)""")
"""A child whose first contact is in the link table, too: there merged, and so far not remembered."""
LINKS_GONE = v1("""
    DELETE FROM "_SubjectToTeacher" WHERE "A" = 2 AND "B" = 2;
    DELETE FROM "_ParentToStudent";
    UPDATE "Class" SET "class_teacher_id" = NULL;
""")

SCRIPTS: Mapping[str, Sequence[Step]] = {
    # What is kept
    "a kept row is updated once the edit is taken back": [
        ONE_CLASS_LATER,
        edited("Class", "Class:1"),
        EVERYTHING,
        restored("Class", "Class:1"),
    ],
    "a kept row whose edit is taken back and that V1 changes again": [
        *(ONE_CLASS_LATER, edited("Class", "Class:1"), EVERYTHING, restored("Class", "Class:1")),
        v1("""UPDATE "Class" SET "updated_at" = '2024-04-01'"""),
    ],
    "a kept student's first contact becomes one that it has already": [SECOND_PARENT_FIRST, edited("Student", "Student:1")],
    "a kept student's first contact becomes a new one": [
        v1("""UPDATE "Student" SET "parent_id" = 3 WHERE "id" = 1"""),
        edited("Student", "Student:1"),
    ],
    "a kept class's teacher becomes one that it has already": [TEACHER_OF_ANOTHER_CLASS, edited("Class", "Class:1")],
    "a kept student moves to another school": [
        v1("""UPDATE "Student" SET "school_id" = 2 WHERE "id" = 1"""),
        edited("Student", "Student:1"),
    ],
    "a subject moves out of a school that was edited": [
        v1("""UPDATE "Subject" SET "school_id" = 2 WHERE "id" = 2"""),
        edited("School", "School:1"),
    ],
    "a subject moves into a school that was edited": [
        v1("""UPDATE "Subject" SET "school_id" = 2 WHERE "id" = 2"""),
        edited("School", "School:2"),
    ],
    # What V2 did without moving `updatedAt`
    "a flag changed by hand, and the other end changes": [
        v1("""UPDATE "Parent" SET "occupation" = 'Nurse'"""),
        v2('UPDATE "StudentParent" SET "isPrimary" = false'),
    ],
    "a flag changed by hand, and the student changes": [
        v1("""UPDATE "Student" SET "blood_group" = 'O'"""),
        v2('UPDATE "StudentParent" SET "isPrimary" = false'),
    ],
    "links deleted by hand, and their ends change": [
        v1("""UPDATE "Teacher" SET "employee_no" = '7'; UPDATE "Parent" SET "occupation" = 'Nurse'"""),
        v2('DELETE FROM "TeacherClass"; DELETE FROM "TeacherSubject"; DELETE FROM "StudentParent"; DELETE FROM "ParentSchool"'),
    ],
    "links deleted by hand, and the rows that give them change": [
        v1("""UPDATE "Class" SET "capacity" = 7; UPDATE "Student" SET "blood_group" = 'O'; UPDATE "Parent" SET "relationship" = 'uncle'"""),
        v2('DELETE FROM "TeacherClass"; DELETE FROM "StudentParent"; DELETE FROM "ParentSchool"; DELETE FROM "Enrollment"'),
    ],
    "roles and addresses deleted by hand, and their owners change": [
        v1("""UPDATE "Teacher" SET "address" = '1 High St, Lagos', "full_name" = 'Ada Eze'"""),
        EVERYTHING,
        v1("""UPDATE "Teacher" SET "full_name" = 'Ada Obi'"""),
        v2('DELETE FROM "UserRole"; DELETE FROM "Address"'),
    ],
    "a parent's relationship changes, and the child's user was edited": [
        v1("""UPDATE "Parent" SET "relationship" = 'uncle'; INSERT INTO "_ParentToStudent" VALUES (3, 2)"""),
        EVERYTHING,
        v1("""UPDATE "Parent" SET "relationship" = 'Dad'"""),
        edited("User", "User:student:1"),
        edited("User", "User:student:2"),
    ],
    # What a rejected row gives
    "a class and a student are rejected, and new link rows say what their columns say": [
        v1("""UPDATE "Class" SET "name" = repeat('x', 300), "class_teacher_id" = 3 WHERE "id" = 1"""),
        v1("""UPDATE "Student" SET "full_name" = '-', "parent_id" = 2 WHERE "id" = 2"""),
        v1("""INSERT INTO "_ClassToTeacher" VALUES (1, 3); INSERT INTO "_ParentToStudent" VALUES (2, 2)"""),
    ],
    "a class and a student are rejected, and the other end of their columns is new": [
        v1("""
            INSERT INTO "Teacher" ("id", "full_name", "school_id", "password", "updated_at") VALUES (7, 'Ada Obi', 1, 'x', '2024-01-01');
            INSERT INTO "Parent" ("id", "full_name", "school_id", "password", "updated_at") VALUES (7, 'Uche Obi', 1, 'x', '2024-01-01')
        """),
        v1("""UPDATE "Class" SET "name" = repeat('x', 300), "class_teacher_id" = 7 WHERE "id" = 1"""),
        v1("""UPDATE "Student" SET "full_name" = '-', "parent_id" = 7 WHERE "id" = 2"""),
    ],
    # Links that V1 gives in another way
    "a link by a column goes, the link row stays, and the child moves": [
        *(BOTH_WAYS, EVERYTHING),
        v1("""UPDATE "Student" SET "parent_id" = NULL, "school_id" = 2 WHERE "id" = 2"""),
    ],
    "a link by a column goes, the link row stays, and the child moves later": [
        *(BOTH_WAYS, EVERYTHING),
        v1("""UPDATE "Student" SET "parent_id" = NULL WHERE "id" = 2"""),
        EVERYTHING,
        v1("""UPDATE "Student" SET "school_id" = 2 WHERE "id" = 2"""),
    ],
    "a link by a column goes, the link row stays, and the parent's relationship changes": [
        *(BOTH_WAYS, EVERYTHING),
        v1("""UPDATE "Student" SET "parent_id" = NULL WHERE "id" = 2; UPDATE "Parent" SET "relationship" = 'uncle' WHERE "id" = 3"""),
    ],
    "a subject leaves the catalogue": [v1("""UPDATE "Subject" SET "name" = 'Yoruba' WHERE "id" = 1""")],
    "a subject becomes one of the catalogue": [v1("""UPDATE "Subject" SET "name" = 'Physics' WHERE "id" = 2""")],
    "a parent's relationship changes, and parents alone are run": [
        v1("""UPDATE "Parent" SET "relationship" = 'Father' WHERE "id" = 1"""),
        *_alone("parents", "students"),
    ],
    # What V1 no longer gives
    "links gone from V1, told entity by entity": [LINKS_GONE, *_alone("schools", "teachers", "parents", "students")],
    "links gone from V1, told with a condition": [LINKS_GONE, Part(condition="school_id = 2")],
    "links gone from V1 and from V2": [LINKS_GONE, v2('DELETE FROM "TeacherSubject"; DELETE FROM "StudentParent"')],
    "people gone from V1": [
        v1("""DELETE FROM "_ParentToStudent"; DELETE FROM "Student"; DELETE FROM "Parent" """),
        *_alone("parents", "students"),
        Part(condition="school_id = 2"),
    ],
    "links made by hand are not V1's to lose": [
        v2(f"""INSERT INTO "TeacherClass" VALUES ('{v2_id("Teacher:3")}', '{v2_id("Class:2")}')"""),
    ],
    # Parts
    "a condition on entities whose links end in others": [Part(("teachers",), "school_id = 2"), Part(("students",), "id <= 1")],
}
