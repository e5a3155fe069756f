"""The lineage is complete, and true: change a column of V1, and those V2 columns change that it names, and no others."""

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pipeline.postgres.schema import expected_columns, packaged_sql
from pipeline.reference import reference_tables
from pipeline.steps import SOURCES, V2_TABLES
from tests.integration.rehearsal import rehearsed
from tests.oracle.values import v2_id
from transforms.lineage import (
    DROPPED,
    KINDS,
    LINEAGE,
    Origin,
    Writing,
    drawn_on,
    made_of,
    own_columns,
    referred_table,
    v1_columns,
    v1_table,
    writings_of,
)

V1 = expected_columns(packaged_sql("v1"))
V2 = expected_columns(packaged_sql("v2"))

Row = dict[str, Any]
Tables = dict[str, list[Row]]

STARTED_AT = datetime(2026, 9, 1)  # noqa: DTZ001 - UTC, as V2 keeps its times
EARLIER, LATER, LATEST = (datetime(year, 3, 1) for year in (2020, 2022, 2023))  # noqa: DTZ001
NEVER = datetime(1800, 1, 1)  # noqa: DTZ001
HASH, OTHER_HASH = (f"$2b$04${letter * 53}" for letter in "xy")
PHYSICS = v2_id("Subject:catalogue:PHYSICS")
REFERENCE = {table: rows.to_dicts() for table, rows in reference_tables().items()}
ROLE_CODES = {role["id"]: role["code"] for role in REFERENCE["Role"]}

FIRST_WORLD = 6000
"""Its four digits stand in no value that is not of the world's own."""


# Completeness


def test_every_kind_of_the_steps_has_its_lineage() -> None:
    assert set(KINDS) == {source.table for source in SOURCES}
    assert {kind: v1_table(kind) for kind in KINDS} == {source.table: source.v1_table for source in SOURCES}


@pytest.mark.parametrize("writing", LINEAGE, ids=lambda writing: f"{writing.kind} to {writing.table}")
def test_every_column_that_a_kind_writes_has_one_origin_in_v2s_order(writing: Writing) -> None:
    assert [origin.column for origin in writing.origins] == list(V2[writing.table])


def test_every_table_that_the_migration_writes_has_a_kind_that_writes_it_and_no_other_table_has() -> None:
    assert {writing.table for writing in LINEAGE} == set(V2_TABLES)
    assert all(any(writing.table == source.primary for writing in writings_of(source.table)) for source in SOURCES)


def test_every_column_of_v1_becomes_something_or_is_dropped_on_purpose() -> None:
    named = {name for writing in LINEAGE for origin in writing.origins for name in influences(writing, origin)}
    assert named.isdisjoint(DROPPED)
    assert named | set(DROPPED) == {f"{table}.{column}" for table, columns in V1.items() for column in columns}


def test_every_rule_cites_a_section_of_the_mapping() -> None:
    mapping = (Path(__file__).parents[2] / "docs" / "mapping.md").read_text(encoding="utf-8")
    sections = {int(number) for number in re.findall(r"^## (\d+)\.", mapping, re.MULTILINE)}
    assert {origin.section for writing in LINEAGE for origin in writing.origins} <= sections


# Questions


def test_a_column_becomes_what_its_own_row_makes_of_it_and_other_rows_draw_on_it() -> None:
    assert list(made_of("Teacher.phone")) == ["User.phone"]
    assert list(made_of("School.country")) == ["School.phone", "School.country", "Address.line1", *ADDRESS_REST, "User.phone"]
    assert list(drawn_on("School.country")) == ["Class.academicYear", "Parent.altPhone", "Enrollment.id", "Enrollment.academicYear"]
    assert not made_of("Subject.created_at")


ADDRESS_REST = ["Address.line2", "Address.city", "Address.state", "Address.postalCode", "Address.country"]


def test_a_kind_has_the_columns_of_its_own_row_only() -> None:
    assert own_columns("Administrator") == [
        "id", "admin_email", "admin_name", "code", "admin_phone", "country", "admin_password", "is_active", "created_at", "updated_at",
    ]  # fmt: skip
    assert not [name for name in own_columns("School") if name.startswith("admin_")]
    assert own_columns("Subject") == ["id", "category", "school_id", "code", "name", "created_at", "updated_at"]


def test_an_origin_names_its_sources_and_cites_its_rule() -> None:
    (user,) = (writing for writing in writings_of("Student") if writing.table == "User")
    phone = user.origin("phone")
    assert user.sources(phone) == ["Student.phone", "School.country"]
    assert phone.cited.startswith("mapping, section 5: ")
    with pytest.raises(KeyError):
        user.origin("altPhone")


# Truth: many small worlds of their own are migrated at once; in each but the first one value is another


class Perturbation(NamedTuple):
    """One value of one row of V1 that is another."""

    table: str
    row: int
    column: str
    value: Any

    @property
    def name(self) -> str:
        return f"{self.table}.{self.column}"


def base_world() -> Tables:
    """Two of everything that the rules tell apart: rows in order and rows that lack something, in a small world."""
    times = {"created_at": EARLIER, "updated_at": LATER}
    old, odd = {"created_at": NEVER, "updated_at": LATER}, {"created_at": EARLIER, "updated_at": NEVER}
    shared = {"email": "shared@w#.example", "phone": "0803 # 001", "password": HASH}
    nothing = {"email": None, "phone": None, "password": None}
    lines = ("9 Low Road, Block 2010, Minna, Niger", "Niger", "1 High Street, Ikeja, Lagos")
    school = {"logo_url": "a.png", "settings": "{}", "is_active": True, "admin_password": HASH, "admin_name": "Dr Ada Ngozi Obi Jr"}
    teacher = {
        "school_id": 1, "full_name": "Mrs Bola Ada van Berg PhD", "gender": "FEMALE", "date_of_birth": EARLIER, "employee_no": "E1",
        "qualification": "BEd", "skills": ["chess"], "salary": "10.00", "hired_at": LATER, "is_active": True,
    }  # fmt: skip
    parent = {
        "school_id": 1, "full_name": "Chief Ike Uche Eze II", "alt_phone": "0803 # 050", "occupation": "Smith", "relationship": "Mum",
        "is_active": True,
    }  # fmt: skip
    student = {
        "school_id": 1, "parent_id": 1, "full_name": "Miss Efe Ada Ojo V", "gender": "FEMALE", "date_of_birth": EARLIER,
        "blood_group": "A+", "status": "ACTIVE", "enrolled_at": LATER,
    }  # fmt: skip
    return {
        "School": [
            {
                "id": 1, "name": "Hill", "code": "w#a", "email": "office@w#.example", "phone": "0803 # 009", "country": "NG",
                "curriculum": "Nigerian", "admin_email": "shared@w#.example", "admin_phone": "0803 # 001",
                "address": lines[0], **school, **times,
            },
            {
                "id": 2, "name": None, "code": None, "email": None, "phone": None, "country": None, "curriculum": None,
                "admin_email": None, "admin_phone": None, "address": lines[1], **school, **old,
            },
            {
                "id": 3, "name": None, "code": "w#c", "email": None, "phone": None, "country": "KE", "curriculum": "American",
                "admin_email": None, "admin_phone": None, "address": lines[2], **school, **odd,
            },
        ],
        "Class": [
            {"id": 1, "school_id": 1, "name": "JSS 1A", "academic_year": "2024/2025", "capacity": 30, "class_teacher_id": 1, **times},
            {"id": 2, "school_id": 1, "name": "KG Blue", "academic_year": None, "capacity": 30, "class_teacher_id": None, **times},
            {"id": 3, "school_id": 1, "name": None, "academic_year": None, "capacity": None, "class_teacher_id": None, **old},
            {"id": 4, "school_id": 1, "name": "JSS 2", "academic_year": None, "capacity": None, "class_teacher_id": None, **odd},
        ],
        "Subject": [
            {"id": 1, "school_id": 1, "name": "Weaving", "code": "WV", "category": "Science", **times},
            {"id": 2, "school_id": 1, "name": "Weaving too", "code": "WV", "category": None, **times},
            {"id": 3, "school_id": 1, "name": "Pottery", "code": None, "category": None, **times},
            {"id": 4, "school_id": 1, "name": "!", "code": None, "category": None, **times},
            {"id": 5, "school_id": 1, "name": None, "code": "DY", "category": None, **times},
        ],
        "Teacher": [
            {"id": 1, "address": lines[0], **teacher, **shared, **times},
            {"id": 2, "address": lines[1], **teacher, **nothing, **old},
            {"id": 3, "address": lines[2], **teacher, **nothing, **odd},
        ],
        "Parent": [
            {"id": 1, "address": lines[0], **parent, **shared, **times},
            {"id": 2, "address": lines[1], **parent, **nothing, **old},
            {"id": 3, "address": lines[2], **parent, **nothing, **odd, "relationship": "Dad"},
        ],
        "Student": [
            {"id": 1, "class_id": 1, "admission_no": "A1", "address": lines[0], **student, **shared, **times},
            {"id": 2, "class_id": 2, "admission_no": "A1", "address": lines[1], **student, **nothing, **old},
            {"id": 3, "class_id": 3, "admission_no": None, "address": lines[2], **student, **nothing, **odd, "school_id": 3},
        ],
        "_ClassToTeacher": [{"A": 2, "B": 1}],
        "_SubjectToTeacher": [{"A": 1, "B": 1}, {"A": 2, "B": 2}],
        "_ParentToStudent": [{"A": 2, "B": 1}],
    }  # fmt: skip


OTHERS: dict[str, list[Any]] = {
    "id": [90],
    "name": ["Vale", "Grade 3 C"],
    "code": ["v#"],
    "email": ["other@w#.example", "Miss.Ojo@w#a.v1.invalid", None],
    "phone": ["0803 # 070", None],
    "address": ["4 Side Street, Annex, Abuja, Kogi, Ghana 200211", None],
    "country": ["KE"],
    "curriculum": ["American", "Kenyan"],
    "logo_url": ["b.png"],
    "settings": ['{"a": 1}'],
    "admin_name": ["Sir Femi Kunle Ajayi Esq"],
    "admin_email": ["head@w#.example"],
    "admin_phone": ["0803 # 071"],
    "admin_password": [OTHER_HASH, "plain"],
    "is_active": [False],
    "created_at": [LATEST],
    "updated_at": [LATEST],
    "school_id": [3],
    "academic_year": ["2030/2031"],
    "capacity": [40],
    "class_teacher_id": [3],
    "category": ["Arts"],
    "full_name": ["Sir Femi Kunle Ajayi Esq"],
    "password": [OTHER_HASH, "plain"],
    "gender": ["MALE"],
    "date_of_birth": [LATER],
    "employee_no": ["E2"],
    "qualification": ["MSc"],
    "skills": [["go"]],
    "salary": ["20.00"],
    "hired_at": [LATEST],
    "alt_phone": ["0803 # 072"],
    "occupation": ["Baker"],
    "relationship": ["Uncle"],
    "class_id": [2, 4],
    "parent_id": [3],
    "admission_no": ["A2"],
    "blood_group": ["B"],
    "status": ["GRADUATED"],
    "enrolled_at": [LATEST],
    "_ClassToTeacher.A": [4],
    "_ClassToTeacher.B": [2],
    "_SubjectToTeacher.A": [3],
    "_SubjectToTeacher.B": [3],
    "_ParentToStudent.A": [3],
    "_ParentToStudent.B": [2, 3],
}
"""V1 column → other values for it, none of which keeps a row out of V2."""

BASE = base_world()
BECOMES_A_CATALOGUE_SUBJECT = [Perturbation("Subject", 0, column, "Physics") for column in ("name", "code")]


def perturbations() -> Iterator[Perturbation]:
    for table, rows in BASE.items():
        for row, column in ((row, column) for row in range(len(rows)) for column in V1[table]):
            for value in OTHERS.get(f"{table}.{column}", OTHERS.get(column, [])):
                yield Perturbation(table, row, column, value)
    yield from BECOMES_A_CATALOGUE_SUBJECT


PERTURBATIONS = list(perturbations())


def world_of(number: int, perturbation: Perturbation | None) -> Tables:
    """A world whose ids, addresses and codes are its own."""
    world = base_world()
    if perturbation:
        world[perturbation.table][perturbation.row][perturbation.column] = perturbation.value
    return {table: [{name: own(number, name, value) for name, value in row.items()} for row in rows] for table, rows in world.items()}


def own(number: int, column: str, value: Any) -> Any:
    """A value of the base world, made a world's own."""
    if isinstance(value, str):
        return value.replace("#", str(number))
    is_id = column in {"id", "A", "B"} or column.endswith("_id")
    return number * 100 + value if is_id and value is not None else value


class Worlds:
    """Many worlds side by side, and what one migration made of them."""

    def __init__(self, worlds: list[Tables], v2: Tables, catalogued: set[str]) -> None:
        self.worlds, self.v2 = worlds, v2
        self.catalogued = catalogued
        """V1 ids of the subjects that the catalogue has."""
        ids = ((key, row["id"]) for world in worlds for table, keys in KEYS.items() for row in world[table] for key in keys)
        self.names = {v2_id(f"{key}:{v1_id}"): f"{key}:{v1_id}" for key, v1_id in ids}
        self.names |= {v2_id(key): self._named(key) for key in self._derived_keys(v2)}
        self.rows = {
            (writing.table, tuple(writing.keys)): {tuple(row[name] for name in writing.keys): row for row in v2[writing.table]}
            for writing in LINEAGE
        }

    def row(self, number: int, writing: Writing, place: int) -> Row | None:
        """The V2 row that a V1 row of a world gives, found by the lineage's keys, in a form in which all worlds are alike."""
        v1_row = self.worlds[number][v1_table(writing.kind)][place]
        keys = tuple(self._v2_id(number, writing.kind, template, v1_row) for template in writing.keys.values())
        found = self.rows[writing.table, tuple(writing.keys)].get(keys)
        return found and {name: self._alike(number, value) for name, value in found.items()}

    def rows_of(self, number: int, table: str) -> int:
        """How many V2 rows of a table are of a world."""
        own_key = f":{FIRST_WORLD + number}"
        return sum(any(own_key in self.names.get(value, "") for value in row.values() if isinstance(value, str)) for row in self.v2[table])

    def is_merged(self, number: int, writing: Writing, place: int) -> bool:
        """Whether the V1 row is a subject that the catalogue has."""
        return writing.kind == "Subject" and str(self.worlds[number]["Subject"][place]["id"]) in self.catalogued

    def _v2_id(self, number: int, kind: str, template: str, v1_row: Row) -> str:
        key, path = template.removesuffix("}").split("{")
        row, table, value = v1_row, v1_table(kind), None
        for column in path.split("."):
            value = row.get(column)
            table = referred_table(table, column) or table
            row = next((row for row in self.worlds[number][table] if row.get("id") == value), {})
        return PHYSICS if key == "Subject:" and str(value) in self.catalogued else v2_id(f"{key}{value}")

    def _derived_keys(self, v2: Tables) -> Iterator[str]:
        """The keys of the ids that are made of other V2 ids (mapping, section 1)."""
        for row in v2["Address"]:
            yield f"Address:user:{row['userId']}" if row["userId"] else f"Address:school:{row['schoolId']}"
        for row in v2["UserRole"]:
            yield f"UserRole:{row['userId']}:{ROLE_CODES[row['roleId']]}:{row['schoolId']}"
        for row in v2["Enrollment"]:
            yield f"Enrollment:{row['studentId']}:{row['academicYear']}"

    def _named(self, key: str) -> str:
        return ":".join(self.names.get(part, part) for part in key.split(":"))

    def _alike(self, number: int, value: Any) -> Any:
        return self.names.get(value, value).replace(str(FIRST_WORLD + number), "#") if isinstance(value, str) else value


KEYS = {
    "School": ["School", "User:admin"],
    "Class": ["Class"],
    "Subject": ["Subject"],
    "Teacher": ["Teacher", "User:teacher"],
    "Parent": ["Parent", "User:parent"],
    "Student": ["Student", "User:student"],
}
"""V1 table → the keys of the ids that its rows give (mapping, section 1)."""


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Worlds:
    """The base world, and one for each perturbation, migrated at once."""
    each = [world_of(FIRST_WORLD + number, perturbation) for number, perturbation in enumerate([None, *PERTURBATIONS])]
    v1 = {table: [row for world in each for row in world[table]] for table in V1}
    made = rehearsed(tmp_path_factory.mktemp("worlds"), v1, REFERENCE, started_at=STARTED_AT, password_policy="carry")
    assert made.findings == []
    left_out = {int(v1_id.split(":")[0]) // 100 - FIRST_WORLD for v1_id in made.rejected["v1_id"]}
    assert {PERTURBATIONS[number - 1].column for number in left_out} == {"id"}
    catalogued = set(made.changed.filter(code="subject_merged")["v1_id"])
    assert len(catalogued) == len(BECOMES_A_CATALOGUE_SUBJECT)
    return Worlds(each, {table: frame.to_dicts() for table, frame in made.tables.items()}, catalogued)


class Observed:
    """What the perturbations changed: the V1 columns whose change changed a V2 column, or made that there is a row, or none."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        """Kind, V2 table and column → V1 columns."""
        self.presence: dict[tuple[str, str], set[str]] = defaultdict(set)
        """Kind and V2 table → V1 columns."""


@pytest.fixture(scope="module")
def observed(worlds: Worlds) -> Observed:
    """What changed between the base world and each other."""
    found = Observed()
    for number, perturbation in enumerate(PERTURBATIONS, 1):
        for writing, place in comparable(perturbation):
            before, after = (worlds.row(world, writing, place) for world in (0, number))
            if before and after:
                for name in (name for name in V2[writing.table] if before[name] != after[name]):
                    found.values[writing.kind, writing.table, name].add(perturbation.name)
            elif (before or after) and not worlds.is_merged(number, writing, place):
                found.presence[writing.kind, writing.table].add(perturbation.name)
    return found


def comparable(perturbation: Perturbation) -> Iterator[tuple[Writing, int]]:
    """The writings and V1 rows that a perturbation may change. To those that refer to it, a row with another id is gone."""
    for writing in LINEAGE:
        table = v1_table(writing.kind)
        if perturbation.column != "id":
            yield from ((writing, place) for place in range(len(BASE[table])))
        elif perturbation.table == table:
            yield writing, perturbation.row


def influences(writing: Writing, origin: Origin) -> set[str]:
    """Every V1 column that the lineage names for a V2 column: those on the way to a value, too."""
    return {name for path in origin.paths for name in v1_columns(writing.kind, path)}


def rivals(origin: Origin, table: str) -> set[str]:
    """The V1 columns that V1 rows wish by, and that settle whose turn it is, where they compete for the values of a V2 column."""
    of_table = [writing for writing in LINEAGE if writing.table == table and origin.contest]
    wishes = {name for writing in of_table for name in influences(writing, writing.origin(str(origin.contest)))}
    return wishes | {f"{v1_table(writing.kind)}.id" for writing in of_table}


def test_every_row_of_v2_is_found_by_its_keys(worlds: Worlds) -> None:
    found: dict[str, set[str]] = defaultdict(set)
    for writing in LINEAGE:
        rows = (worlds.row(0, writing, place) for place in range(len(BASE[v1_table(writing.kind)])))
        found[writing.table].update(repr(row) for row in rows if row)
    assert {table: len(rows) for table, rows in found.items()} == {table: worlds.rows_of(0, table) for table in V2_TABLES}


@pytest.mark.parametrize("writing", LINEAGE, ids=lambda writing: f"{writing.kind} to {writing.table}")
def test_no_v1_column_changes_a_v2_column_whose_lineage_does_not_name_it(writing: Writing, observed: Observed) -> None:
    for origin in writing.origins:
        changed = observed.values[writing.kind, writing.table, origin.column]
        assert changed <= influences(writing, origin) | rivals(origin, writing.table), origin.column
    named = {name for origin in writing.origins for name in influences(writing, origin)}
    assert observed.presence[writing.kind, writing.table] <= named
    assert not observed.presence[writing.kind, writing.table] or writing.unless


@pytest.mark.parametrize("writing", LINEAGE, ids=lambda writing: f"{writing.kind} to {writing.table}")
def test_every_v1_column_that_a_lineage_names_can_change_the_v2_column(writing: Writing, observed: Observed) -> None:
    for origin in writing.origins:
        changed = observed.values[writing.kind, writing.table, origin.column]
        assert influences(writing, origin) <= changed | observed.presence[writing.kind, writing.table], origin.column
