"""What happens in V1 and V2 between two runs: random edits that Hypothesis can shrink, and random parts of V1 to run."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeVar

import psycopg
from hypothesis import strategies as st
from psycopg import sql

from tests.integration.databases import REQUIRED, Pair, insert
from tests.integration.small_school import BCRYPT_HASH
from tests.oracle.later_model import ENTITY_OF, PRIMARY_KEYS, Chosen
from tests.oracle.model import Row
from tests.oracle.values import v2_id

Value = TypeVar("Value")

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
V1_VALUES: Mapping[str, Mapping[str, Sequence[Any]]] = {
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

V1_KEYS: Mapping[tuple[str, str], str] = {
    **{(table, "school_id"): "School" for table in ("Class", "Subject", "Teacher", "Parent", "Student")},
    ("Class", "class_teacher_id"): "Teacher",
    ("Student", "class_id"): "Class",
    ("Student", "parent_id"): "Parent",
}
V1_LINKS = {"_ClassToTeacher": ("Class", "Teacher"), "_SubjectToTeacher": ("Subject", "Teacher"), "_ParentToStudent": ("Parent", "Student")}
V1_PEOPLE = ("Teacher", "Parent", "Student")

V2_VALUES: Mapping[str, Mapping[str, Sequence[Any]]] = {
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
V2_DELETED = ("User", "Teacher", "Parent", "Student", "UserRole", "Address", "Enrollment", "Class", "Subject", "School", *LINKS)

EDITED_BY = "interval '1000 days'"
"""How far an edit moves `updatedAt`, so that one can be told and undone."""


@dataclass
class Picks:
    """The choices of one edit, made by numbers that shrink."""

    numbers: Sequence[int]
    used: int = 0

    def of(self, values: Sequence[Value]) -> Value:
        """One of the values; with smaller numbers the first ones."""
        number = self.numbers[self.used % len(self.numbers)]
        self.used += 1
        return values[number % len(values)]


@dataclass
class Scene:
    """Both databases while an edit is made, and the statements that made it."""

    v1: psycopg.Connection
    v2: psycopg.Connection
    statements: list[str] = field(default_factory=list)

    def execute(self, connection: psycopg.Connection, statement: str, *values: Any) -> None:
        """Executes a statement with `%s` for its values and notes it, unless the database will not have it."""
        with suppress(psycopg.IntegrityError), connection.transaction():
            done = connection.execute(statement.encode(), values).rowcount
            if done:
                self.statements.append(f"{statement}; -- {values}")

    def insert(self, connection: psycopg.Connection, table: str, row: Row) -> None:
        """Inserts a row, unless the database will not have it."""
        with suppress(psycopg.IntegrityError), connection.transaction():
            insert(connection, table, row)
            self.statements.append(f"INSERT {table} {row}")

    def keys(self, connection: psycopg.Connection, table: str, *columns: str, where: str = "true") -> list[tuple[Any, ...]]:
        """The keys of a table's rows, in order."""
        names = sql.SQL(", ").join(map(sql.Identifier, columns or ("id",)))
        query = sql.SQL("SELECT {0} FROM {1} WHERE {2} ORDER BY {0}").format(names, sql.Identifier(table), sql.SQL(where))
        return connection.execute(query).fetchall()

    def ids(self, table: str) -> list[int]:
        """The ids of a V1 table's rows."""
        return [row[0] for row in self.keys(self.v1, table)]


# Edits of V1


def add_a_row(scene: Scene, picks: Picks) -> None:
    table = picks.of([*V1_PEOPLE, "Class", "Subject", "School"])
    ids, schools = scene.ids(table), scene.ids("School")
    columns = {column: picks.of(values) for column, values in V1_VALUES[table].items()}
    keys = {
        column: picks.of([None, *scene.ids(target)]) for (of, column), target in V1_KEYS.items() if of == table and column != "school_id"
    }
    school = {} if table == "School" else {"school_id": picks.of(schools)}
    times = {"created_at": "2025-03-03 10:00", "updated_at": "2025-03-03 11:00"}
    if table == "School" or schools:
        scene.insert(scene.v1, table, {"id": max(ids, default=0) + 1, **REQUIRED[table], **columns, **keys, **school, **times})


def change_a_column(scene: Scene, picks: Picks) -> None:
    table = picks.of([*V1_PEOPLE, "School", "Class", "Subject"])
    column = picks.of(list(V1_VALUES[table]))
    _set(scene, picks, table, column, V1_VALUES[table][column])


def change_a_key(scene: Scene, picks: Picks) -> None:
    table, column = picks.of(list(V1_KEYS))
    targets = scene.ids(V1_KEYS[table, column])
    _set(scene, picks, table, column, targets if column == "school_id" else [None, *targets])


def touch_a_row(scene: Scene, picks: Picks) -> None:
    table = picks.of(list(V1_VALUES))
    _set(scene, picks, table, "id", [])


def swap_emails(scene: Scene, picks: Picks) -> None:
    people = [(table, v1_id) for table in V1_PEOPLE for v1_id in scene.ids(table)]
    if not people:
        return
    pair = [picks.of(people), picks.of(people)]
    emails = [scene.v1.execute(f'SELECT "email" FROM "{table}" WHERE "id" = {v1_id}'.encode()).fetchone() for table, v1_id in pair]
    for (table, v1_id), email in zip(pair, reversed(emails), strict=True):
        assert email
        scene.execute(scene.v1, f'UPDATE "{table}" SET "email" = %s WHERE "id" = %s', email[0], v1_id)


def add_a_link(scene: Scene, picks: Picks) -> None:
    table = picks.of(list(V1_LINKS))
    ends = [scene.ids(end) for end in V1_LINKS[table]]
    if all(ends):
        scene.insert(scene.v1, table, {"A": picks.of(ends[0]), "B": picks.of(ends[1])})


def remove_a_link(scene: Scene, picks: Picks) -> None:
    table = picks.of(list(V1_LINKS))
    if rows := scene.keys(scene.v1, table, "A", "B"):
        scene.execute(scene.v1, f'DELETE FROM "{table}" WHERE "A" = %s AND "B" = %s', *picks.of(rows))


def delete_a_row(scene: Scene, picks: Picks) -> None:
    """Deletes a row and whatever refers to it, as far as V1's keys let it go."""
    table = picks.of([*V1_PEOPLE, "Class", "Subject", "School"])
    if ids := scene.ids(table):
        _delete(scene, table, picks.of(ids))


# Edits of V2


def edit_a_row(scene: Scene, picks: Picks) -> None:
    """Changes a row as an application does: `updatedAt` moves."""
    table = picks.of(["User", "Teacher", "Student", "Parent", "School", "Class"])
    column = picks.of(list(V2_VALUES[table]))
    if keys := scene.keys(scene.v2, table):
        scene.execute(
            scene.v2,
            f'UPDATE "{table}" SET "{column}" = %s, "updatedAt" = "updatedAt" + {EDITED_BY} WHERE "id" = %s',
            picks.of(V2_VALUES[table][column]),
            picks.of(keys)[0],
        )


def undo_an_edit(scene: Scene, picks: Picks) -> None:
    """Takes an edit back, as a restored backup would."""
    edited = """ "updatedAt" > '2026-06-01' """
    rows = [(table, *key) for table in V2_VALUES for key in scene.keys(scene.v2, table, where=edited)]
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
        row = {"name": "Stranger School", "code": picks.of(["LAKE", "TAKEN", "HILL"]), "country": "NG", "createdAt": "2023-05-05", "updatedAt": "2023-05-05"}
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
    more: Mapping[str, Row] = {
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


def delete_in_v2(scene: Scene, picks: Picks) -> None:
    """Deletes a row and what goes with it, if V2's keys let it go; reference rows stay."""
    table = picks.of(V2_DELETED)
    columns = PRIMARY_KEYS.get(table, ("id",))
    own = '"schoolId" IS NOT NULL' if table == "Subject" else "true"
    if keys := scene.keys(scene.v2, table, *columns, where=own):
        condition = " AND ".join(f'"{column}" = %s' for column in columns)
        scene.execute(scene.v2, f'DELETE FROM "{table}" WHERE {condition}', *picks.of(keys))


EDITS: Mapping[str, Callable[[Scene, Picks], None]] = {
    edit.__name__: edit
    for edit in (
        change_a_column, change_a_key, add_a_row, touch_a_row, swap_emails, add_a_link, remove_a_link, delete_a_row,
        edit_a_row, undo_an_edit, change_a_password, add_a_stranger, make_by_hand, delete_in_v2,
    )
}  # fmt: skip


@dataclass(frozen=True)
class Edit:
    """One edit, by its name and its choices."""

    name: str
    numbers: tuple[int, ...]


def apply(edits: Sequence[Edit], pair: Pair) -> list[str]:
    """Makes the edits, and tells them as statements."""
    with _scene(pair) as scene:
        for edit in edits:
            EDITS[edit.name](scene, Picks(edit.numbers))
    return scene.statements


@contextmanager
def _scene(pair: Pair) -> Iterator[Scene]:
    with psycopg.connect(pair.v1) as v1, psycopg.connect(pair.v2) as v2:
        yield Scene(v1, v2)


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
    for (of, column), target in V1_KEYS.items():
        if target != table:
            continue
        if column == "school_id":
            for (owned,) in scene.keys(scene.v1, of, where=f'"school_id" = {v1_id}'):
                _delete(scene, of, owned)
        else:
            scene.execute(scene.v1, f'UPDATE "{of}" SET "{column}" = NULL WHERE "{column}" = %s', v1_id)
    for link, ends in V1_LINKS.items():
        for column, end in zip("AB", ends, strict=True):
            if end == table:
                scene.execute(scene.v1, f'DELETE FROM "{link}" WHERE "{column}" = %s', v1_id)
    scene.execute(scene.v1, f'DELETE FROM "{table}" WHERE "id" = %s', v1_id)


# Parts of V1 to run


def _school_of(table: str, row: Row) -> Any:
    return row["id" if table == "School" else "school_id"]


CONDITIONS: Mapping[str, Callable[[str, Row], bool]] = {
    "": lambda _table, _row: True,
    "school_id IN (1, 2)": lambda table, row: _school_of(table, row) in {1, 2},
    "school_id = 2": lambda table, row: _school_of(table, row) == 2,
    "id <= 1": lambda _table, row: bool(row["id"] <= 1),
    "created_at > '2025-01-01'": lambda _table, row: bool(row["created_at"] > datetime(2025, 1, 1)),  # noqa: DTZ001 - V1's times have no zone
    "updated_at < '2025-01-01' OR school_id <> 1": lambda table, row: bool(
        row["updated_at"] < datetime(2025, 1, 1) or _school_of(table, row) != 1  # noqa: DTZ001
    ),
}
"""Conditions of `--filter`, and what each means of a V1 table's row."""


@dataclass(frozen=True)
class Part:
    """A part of V1 that a run is to move, and how it treats passwords."""

    entities: tuple[str, ...] = tuple(dict.fromkeys(ENTITY_OF.values()))
    condition: str = ""
    policy: Literal["generate", "carry"] = "generate"

    @property
    def chosen(self) -> Chosen:
        """The same for the oracle."""
        return Chosen(frozenset(self.entities), CONDITIONS[self.condition])


def edits() -> st.SearchStrategy[Edit]:
    """Edits of every kind."""
    return st.builds(Edit, st.sampled_from(list(EDITS)), st.tuples(*[st.integers(0, 11)] * 5))


def parts() -> st.SearchStrategy[Part]:
    """Everything, or some entities, or some rows."""
    steps = list(dict.fromkeys(ENTITY_OF.values()))
    some = st.lists(st.sampled_from(steps), min_size=1, unique=True).map(lambda chosen: tuple(step for step in steps if step in chosen))
    entities = st.one_of(st.just(tuple(steps)), some)
    return st.builds(Part, entities, st.sampled_from([*[""] * 3, *CONDITIONS]), st.sampled_from(["generate", "carry"]))
