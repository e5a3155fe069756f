"""What happens in V2 between two runs: an application's edits, strangers, rows made and deleted by hand; one function per kind."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.integration.scene import Picks, Scene
from tests.oracle.later_model import PRIMARY_KEYS
from tests.oracle.values import v2_id

VALUES: Mapping[str, Mapping[str, Sequence[Any]]] = {
    "School": {"name": ["Edited School"], "code": ["EDITED", "LAKE"], "phone": [None]},
    "Class": {"name": ["Edited Class"], "academicYear": ["2030/2031"]},
    "User": {
        "firstName": ["Edited"], "phone": ["+2348030000009", None], "status": ["INACTIVE"],
        "email": ["edited@v2.example", "new@mail.example", "bola+3@mail.example"],
    },
    "Teacher": {"qualification": ["Edited"]},
    "Parent": {"occupation": ["Edited"]},
    "Student": {"bloodGroup": ["AB-"], "admissionNo": ["A1-2", "A1-3", "EDITED"]},
}  # fmt: skip
LINKS = ("TeacherClass", "TeacherSubject", "StudentParent", "ParentSchool")
DELETED = ("User", "Teacher", "Parent", "Student", "UserRole", "Address", "Enrollment", "Class", "Subject", "School", *LINKS)

EDITED_BY = "interval '1000 days'"
"""How far an edit moves `updatedAt`, so that one can be told and undone."""


def edit_a_row(scene: Scene, picks: Picks) -> None:
    """Changes a row as an application does: `updatedAt` moves."""
    table = picks.of(["User", "Teacher", "Student", "Parent", "School", "Class"])
    column = picks.of(list(VALUES[table]))
    if keys := scene.keys(scene.v2, table):
        scene.execute(
            scene.v2,
            f'UPDATE "{table}" SET "{column}" = %s, "updatedAt" = "updatedAt" + {EDITED_BY} WHERE "id" = %s',
            picks.of(VALUES[table][column]),
            picks.of(keys)[0],
        )


def undo_an_edit(scene: Scene, picks: Picks) -> None:
    """Takes an edit back, as a restored backup would."""
    edited = """ "updatedAt" > '2026-06-01' """
    rows = [(table, *key) for table in VALUES for key in scene.keys(scene.v2, table, where=edited)]
    if rows:
        table, key = picks.of(rows)
        scene.execute(scene.v2, f'UPDATE "{table}" SET "updatedAt" = "updatedAt" - {EDITED_BY} WHERE "id" = %s', key)


def change_a_password(scene: Scene, picks: Picks) -> None:
    """Clears `mustChangePassword`, as somebody's first sign-in does; an application that forgets `updatedAt` is as good."""
    moved = picks.of([f', "updatedAt" = "updatedAt" + {EDITED_BY}', ""])
    if keys := scene.keys(scene.v2, "User"):
        own = f""" "mustChangePassword" = false, "passwordHash" = 'own'{moved}"""
        scene.execute(scene.v2, f'UPDATE "User" SET {own} WHERE "id" = %s', *picks.of(keys))


def add_a_stranger(scene: Scene, picks: Picks) -> None:
    """A user, school or subject of V2's own, with something that V1's rows may want."""
    number = len(scene.keys(scene.v2, "User")) + len(scene.keys(scene.v2, "School")) + len(scene.keys(scene.v2, "Subject"))
    kind = picks.of(["User", "User", "School", "Subject"])
    if kind == "User":
        emails = ["Tunde@GHS.example", "tunde+2@ghs.example", "bola+3@mail.example", "new@mail.example", "ada.obi@ghs.v1.invalid"]
        phones = ["+2348030000009", "+2348030000003;ext=2", "+2348030000001", None]
        person = {"email": picks.of(emails), "phone": picks.of(phones), "passwordHash": "none", "firstName": "Stranger"}
        row = {**person, "userTypeId": v2_id("UserType:PARENT"), "createdAt": "2023-05-05", "updatedAt": "2023-05-05"}
    elif kind == "School":
        row = {
            "name": "Stranger School",
            "code": picks.of(["LAKE", "TAKEN", "HILL"]),
            "country": "NG",
            "createdAt": "2023-05-05",
            "updatedAt": "2023-05-05",
        }
    else:
        codes = ["GHS-yoruba", "HILL-weaving", "GHS-MTH", "GHS-weaving-2"]
        row = {"name": "Stranger", "code": picks.of(codes), "categoryId": v2_id("SubjectCategory:ARTS")}
    scene.insert(scene.v2, kind, {"id": f"stranger-{number}", **row})


def make_by_hand(scene: Scene, picks: Picks) -> None:
    """A row of a table without `updatedAt` between rows that V2 has."""
    table = picks.of([*LINKS, "UserRole", "Address", "Enrollment"])
    target = {"parentId": "Parent", "schoolId": "School", "studentId": "Student", "teacherId": "Teacher", "classId": "Class",
              "subjectId": "Subject", "userId": "User", "roleId": "Role"}  # fmt: skip
    needs = {"UserRole": ("userId", "roleId", "schoolId"), "Address": ("userId",), "Enrollment": ("studentId", "classId")}
    more: Mapping[str, Mapping[str, Any]] = {
        "Address": {"line1": "Made by hand"},
        "Enrollment": {"academicYear": picks.of(["2024/2025", "2025/2026"])},
        "TeacherClass": {"isClassTeacher": picks.of([False, True])},
        "StudentParent": {"isPrimary": picks.of([False, True]), "relationship": "GUARDIAN"},
    }
    columns = PRIMARY_KEYS.get(table) or needs[table]
    ends = [scene.keys(scene.v2, target[column]) for column in columns]
    if all(ends):
        keys = {column: picks.of(rows)[0] for column, rows in zip(columns, ends, strict=True)}
        own_id = {} if table in LINKS else {"id": "by-hand-" + "-".join(keys.values())}
        scene.insert(scene.v2, table, {**own_id, **keys, **more.get(table, {})})


def change_a_link(scene: Scene, picks: Picks) -> None:
    """Changes the flag or the relationship of a link, which has no `updatedAt`."""
    table, change = picks.of(
        [
            ("TeacherClass", '"isClassTeacher" = NOT "isClassTeacher"'),
            ("StudentParent", '"isPrimary" = NOT "isPrimary"'),
            ("StudentParent", """ "relationship" = 'GUARDIAN'"""),
        ]
    )
    columns = PRIMARY_KEYS[table]
    if keys := scene.keys(scene.v2, table, *columns):
        scene.execute(scene.v2, f'UPDATE "{table}" SET {change} WHERE "{columns[0]}" = %s AND "{columns[1]}" = %s', *picks.of(keys))


def delete_in_v2(scene: Scene, picks: Picks) -> None:
    """Deletes a row and what goes with it, if V2's keys let it go; reference rows stay."""
    table = picks.of(DELETED)
    columns = PRIMARY_KEYS.get(table, ("id",))
    own = '"schoolId" IS NOT NULL' if table == "Subject" else "true"
    if keys := scene.keys(scene.v2, table, *columns, where=own):
        condition = " AND ".join(f'"{column}" = %s' for column in columns)
        scene.execute(scene.v2, f'DELETE FROM "{table}" WHERE {condition}', *picks.of(keys))
