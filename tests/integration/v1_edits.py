"""What a school does in V1 between two runs: one function per kind of edit."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.integration.databases import REQUIRED
from tests.integration.scene import Picks, Scene
from tests.integration.small_school import BCRYPT_HASH

EMAILS = [
    *("tunde@ghs.example", "Bola@mail.example", "bola+2@mail.example", "office@ghs.example", "tunde@ghs.example; other@ghs.example"),
    *("ngozi.eze@hill.v1.invalid", "chidi.ade@ghs.v1.invalid", "new@mail.example", "nobody", None),
]
PHONES = ["0803 000 0001", "0803 000 0002", "+2348030000003", "0803 000 0003 / 0803 000 0009", "0803 000 0009 ext 4", "12", None]
NAMES = ["Ada Obi", "Chidi Ade", "Dr Tunde Bello", "Sola Bello", "Femi 'Fem' Ojo", "()"]
ADDRESSES = ["12 Allen Avenue, Ikeja, Lagos 100281, Nigeria", "1 High St, London", "n/a", None]
PASSWORDS = [BCRYPT_HASH, BCRYPT_HASH[:-1] + "T", "plain", None]
DAYS = ["2010-04-05", "1850-01-01", None]

PERSON: Mapping[str, Sequence[Any]] = {
    "full_name": NAMES, "email": EMAILS, "phone": PHONES, "address": ADDRESSES, "password": PASSWORDS,
}  # fmt: skip
VALUES: Mapping[str, Mapping[str, Sequence[Any]]] = {
    "School": {
        "name": ["Green Hill School", "Lake School", " "],
        "code": ["GHS", "GHS\u200b", "HILL", " HILL", "LAKE", "TAKEN"],
        "country": ["NG", "Nigeria", "KE", "GB", None],
        "curriculum": ["Nigerian", "British", None],
        "settings": ['{"terms": 3}', "[]", None],
        "is_active": [True, False],
        "email": EMAILS, "phone": PHONES, "address": ADDRESSES,
        "admin_name": NAMES, "admin_email": EMAILS, "admin_phone": PHONES, "admin_password": PASSWORDS,
    },
    "Class": {
        "name": ["JSS 1A", "Year 10", "The Owls", "x" * 256],
        "academic_year": ["2024/2025", "2024/25", "2025/2026", "2025", None],
        "capacity": [30, -1, None],
    },
    "Subject": {"name": ["Mathematics", "Weaving", "Yoruba", " "], "code": ["WEAVING", "MTH", None], "category": ["Arts", "Golf", None]},
    "Teacher": {
        **PERSON, "skills": [["chess", "chess"], None], "salary": ["1000.50", "-1", None], "hired_at": DAYS, "gender": ["MALE", None],
        "employee_no": ["E1", None], "is_active": [True, False],
    },
    "Parent": {**PERSON, "relationship": ["Mum", "mother", "Father", "uncle", None], "alt_phone": PHONES, "occupation": ["Nurse", None]},
    "Student": {
        **PERSON, "admission_no": ["A1", "A1-2", "ADM-2", None], "status": ["ACTIVE", "GRADUATED"], "date_of_birth": DAYS,
        "blood_group": ["O+", None], "enrolled_at": DAYS,
    },
}  # fmt: skip
"""Values of V1's columns, few of each, so that many rows want the same."""

KEYS: Mapping[tuple[str, str], str] = {
    **{(table, "school_id"): "School" for table in ("Class", "Subject", "Teacher", "Parent", "Student")},
    ("Class", "class_teacher_id"): "Teacher",
    ("Student", "class_id"): "Class",
    ("Student", "parent_id"): "Parent",
}
LINKS = {"_ClassToTeacher": ("Class", "Teacher"), "_SubjectToTeacher": ("Subject", "Teacher"), "_ParentToStudent": ("Parent", "Student")}
PEOPLE = ("Teacher", "Parent", "Student")


def add_a_row(scene: Scene, picks: Picks) -> None:
    table = picks.of([*PEOPLE, "Class", "Subject", "School"])
    ids, schools = scene.ids(table), scene.ids("School")
    if table != "School" and not schools:
        return
    columns = {column: picks.of(values) for column, values in VALUES[table].items()}
    keys = {column: picks.of([None, *scene.ids(target)]) for (of, column), target in KEYS.items() if of == table and column != "school_id"}
    school = {} if table == "School" else {"school_id": picks.of(schools)}
    times = {"created_at": "2025-03-03 10:00", "updated_at": "2025-03-03 11:00"}
    scene.insert(scene.v1, table, {"id": max(ids, default=0) + 1, **REQUIRED[table], **columns, **keys, **school, **times})


def change_a_column(scene: Scene, picks: Picks) -> None:
    table = picks.of([*PEOPLE, "School", "Class", "Subject"])
    column = picks.of(list(VALUES[table]))
    _set(scene, picks, table, column, VALUES[table][column])


def change_a_key(scene: Scene, picks: Picks) -> None:
    table, column = picks.of(list(KEYS))
    targets = scene.ids(KEYS[table, column])
    _set(scene, picks, table, column, targets if column == "school_id" else [None, *targets])


def touch_a_row(scene: Scene, picks: Picks) -> None:
    table = picks.of(list(VALUES))
    _set(scene, picks, table, "id", [])


def swap_emails(scene: Scene, picks: Picks) -> None:
    people = [(table, v1_id) for table in PEOPLE for v1_id in scene.ids(table)]
    if not people:
        return
    pair = [picks.of(people), picks.of(people)]
    emails = [scene.v1.execute(f'SELECT "email" FROM "{table}" WHERE "id" = {v1_id}'.encode()).fetchone() for table, v1_id in pair]
    for (table, v1_id), email in zip(pair, reversed(emails), strict=True):
        assert email
        scene.execute(scene.v1, f'UPDATE "{table}" SET "email" = %s WHERE "id" = %s', email[0], v1_id)


def add_a_link(scene: Scene, picks: Picks) -> None:
    table = picks.of(list(LINKS))
    ends = [scene.ids(end) for end in LINKS[table]]
    if all(ends):
        scene.insert(scene.v1, table, {"A": picks.of(ends[0]), "B": picks.of(ends[1])})


def remove_a_link(scene: Scene, picks: Picks) -> None:
    table = picks.of(list(LINKS))
    if rows := scene.keys(scene.v1, table, "A", "B"):
        scene.execute(scene.v1, f'DELETE FROM "{table}" WHERE "A" = %s AND "B" = %s', *picks.of(rows))


def delete_a_row(scene: Scene, picks: Picks) -> None:
    """Deletes a row and whatever refers to it, as far as V1's keys let it go."""
    table = picks.of([*PEOPLE, "Class", "Subject", "School"])
    if ids := scene.ids(table):
        _delete(scene, table, picks.of(ids))


def _set(scene: Scene, picks: Picks, table: str, column: str, values: Sequence[Any]) -> None:
    """Sets a column of some row to another value, its time touched or not; with no values the time alone."""
    ids = scene.ids(table)
    touched = (
        picks.of(["", """, "updated_at" = "updated_at" + interval '1 day'"""])
        if values
        else ', "updated_at" = "updated_at" + interval \'1 day\''
    )
    if ids:
        v1_id = picks.of(ids)
        value = picks.of(values) if values else v1_id
        scene.execute(scene.v1, f'UPDATE "{table}" SET "{column}" = %s{touched} WHERE "id" = %s', value, v1_id)


def _delete(scene: Scene, table: str, v1_id: int) -> None:
    for (of, column), target in KEYS.items():
        if target != table:
            continue
        if column == "school_id":
            for (owned,) in scene.keys(scene.v1, of, where=f'"school_id" = {v1_id}'):
                _delete(scene, of, owned)
        else:
            scene.execute(scene.v1, f'UPDATE "{of}" SET "{column}" = NULL WHERE "{column}" = %s', v1_id)
    for link, ends in LINKS.items():
        for column, end in zip("AB", ends, strict=True):
            if end == table:
                scene.execute(scene.v1, f'DELETE FROM "{link}" WHERE "{column}" = %s', v1_id)
    scene.execute(scene.v1, f'DELETE FROM "{table}" WHERE "id" = %s', v1_id)
