"""What goes into a later run of the oracle and what comes out: V2 as it is, what the migration remembers, what is selected."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from tests.oracle.model import BOOKS, OracleSettings, Row, Tables
from tests.oracle.schools import School
from tests.oracle.values import v2_id
from tests.oracle.vocabulary import words

Pair = tuple[str, str, str]
"""A row of a link table of V2: the table, and the two ids of its key in the order of V2's columns."""

PRIMARY_KEYS: Mapping[str, tuple[str, ...]] = {
    "TeacherClass": ("teacherId", "classId"),
    "TeacherSubject": ("teacherId", "subjectId"),
    "ParentSchool": ("parentId", "schoolId"),
    "StudentParent": ("studentId", "parentId"),
    "RolePermission": ("roleId", "permissionId"),
}
"""Those that are not `id`."""

ENTITY_OF: Mapping[str, str] = {
    **dict.fromkeys(words("School Administrator Class Subject"), "schools"),
    **dict.fromkeys(words("Teacher _ClassToTeacher _SubjectToTeacher"), "teachers"),
    "Parent": "parents",
    **dict.fromkeys(words("Student _ParentToStudent"), "students"),
}
"""The step that reads a V1 table (section 1)."""

ENDS: Mapping[str, tuple[str, str]] = {
    "_ClassToTeacher": ("Class", "Teacher"),
    "_SubjectToTeacher": ("Subject", "Teacher"),
    "_ParentToStudent": ("Parent", "Student"),
}
"""The V1 tables that a link table's `A` and `B` refer to."""

GENERATED = "a new hash of a generated password"

Outcome = Literal["inserted", "updated", "unchanged", "kept", "merged", "rejected"]


class Store:
    """V2's rows, by table and primary key."""

    def __init__(self, tables: Mapping[str, Iterable[Row]]) -> None:
        self.tables: dict[str, dict[tuple[str, ...], Row]] = {}
        for table, rows in tables.items():
            self.tables[table] = {}
            for row in rows:
                self.put(table, **row)

    def get(self, table: str, *key: str) -> Row | None:
        """The row of this key, or none."""
        return self.tables[table].get(key)

    def put(self, table: str, **row: Any) -> None:
        """Inserts the row, or changes those columns of the one that is there."""
        key = tuple(row[column] for column in PRIMARY_KEYS.get(table, ("id",)))
        self.tables[table][key] = {**self.tables[table].get(key, {}), **row}

    def remove(self, table: str, *key: str) -> None:
        """Deletes the row of this key."""
        del self.tables[table][key]

    def matching(self, table: str, **columns: Any) -> list[Row]:
        """The rows that hold these values."""
        return [row for row in self.rows(table) if all(row[column] == value for column, value in columns.items())]

    def rows(self, table: str) -> list[Row]:
        """All rows of a table."""
        return list(self.tables[table].values())


@dataclass(frozen=True)
class Remembered:
    """What the migration knows of a V1 row that it brought to V2."""

    made_from: tuple[Any, ...]
    """All that its V2 rows are made from: a digest, naively."""
    updated_at: datetime | None = None
    """The `updatedAt` that its V2 rows were given."""
    school_id: int | None = None
    link_id: int | None = None
    """The V1 id of a class's teacher or a student's first contact."""
    is_kept: bool = False
    """A V2 row of it had been edited when V1 changed."""


@dataclass
class Memory:
    """All that the migration remembers of earlier runs: V1 rows by table and id, and the links that it wrote."""

    rows: dict[tuple[str, str], Remembered] = field(default_factory=dict)
    pairs: set[Pair] = field(default_factory=set)


@dataclass(frozen=True)
class Chosen:
    """What a run is to move: entities, and the condition as a predicate over a V1 table's name and row."""

    entities: frozenset[str] = frozenset(ENTITY_OF.values())
    meets: Callable[[str, Row], bool] = lambda _table, _row: True


@dataclass
class LaterRun:
    """A later run, while the oracle works on it and when it is done."""

    v1: Tables
    before: Store
    memory: Memory
    """What was remembered when the run began."""
    chosen: Chosen
    settings: OracleSettings
    after: Store = field(init=False)
    remembered: Memory = field(init=False)
    """What is remembered when the run is done."""
    books: dict[str, Counter[str]] = field(default_factory=lambda: {table: Counter() for table in BOOKS})
    reports: Counter[str] = field(default_factory=Counter)
    """How many rows have `kept_edited`, `gone_from_v1`, `link_stale`, `role_withdrawn`."""
    written: set[tuple[str, str]] = field(default_factory=set)
    """The V1 rows of which this run writes, table and id."""
    rejected: set[tuple[str, str]] = field(default_factory=set)
    """The V1 rows that give nothing now, selected or not."""
    schools: dict[int, School] = field(default_factory=dict)
    """The V1 schools; none is rejected that V2 has from an earlier run: its people, classes and subjects have a school."""

    def __post_init__(self) -> None:
        self.after = deepcopy(self.before)
        self.remembered = deepcopy(self.memory)
        self.by_id = {table: {row["id"]: row for row in rows} for table, rows in self.v1.items() if not table.startswith("_")}

    def is_chosen(self, table: str, row: Row) -> bool:
        """ "link rows are selected if their step's entity is selected and, with a filter, at least one of their two ends
        meets it"; an administrator goes with its school."""
        if ENTITY_OF[table] not in self.chosen.entities:
            return False
        if table in ENDS:
            ends = zip(ENDS[table], (row["A"], row["B"]), strict=True)
            # The condition is one on the tables of the selected entities: an end in another table cannot meet it.
            return any(ENTITY_OF[end] in self.chosen.entities and self.chosen.meets(end, self.by_id[end][v1_id]) for end, v1_id in ends)
        return self.chosen.meets("School" if table == "Administrator" else table, row)

    def count(self, table: str, row: Row, outcome: Outcome) -> None:
        """ "books hold only rows of selected entities that meet the filter"."""
        if self.is_chosen(table, row):
            self.books[table]["read"] += 1
            self.books[table][outcome] += 1
            if outcome == "kept":
                self.reports["kept_edited"] += 1

    def reject(self, table: str, row: Row) -> None:
        """ "rejected rows change nothing in V2, are in the books as rejected, and leave the ledger as it was"."""
        self.rejected.add((table, id_text(row)))
        self.count(table, row, "rejected")

    def outcome(self, table: str, row: Row, made_from: tuple[Any, ...], *, is_edited: bool) -> Outcome:
        """What becomes of a V1 row that is not rejected; it is `written` if the run writes anything of it, and in the books."""
        if not self.is_chosen(table, row):
            return "unchanged"
        known = self.memory.rows.get((table, id_text(row)))
        outcome: Outcome = "updated"
        if known is None:
            outcome = "inserted"
        elif is_edited and (known.made_from != made_from or known.is_kept):
            outcome = "kept"
        elif known.made_from == made_from and not known.is_kept:
            outcome = "unchanged"
        # "such a later run writes nothing for it"
        if known is None or (outcome != "unchanged" and not (outcome == "kept" and known.made_from == made_from)):
            self.written.add((table, id_text(row)))
        self.count(table, row, outcome)
        return outcome

    def is_written(self, table: str, v1_id: int | str) -> bool:
        """Whether this run writes anything of a V1 row."""
        return (table, str(v1_id)) in self.written

    def is_new(self, table: str, v1_id: int | str) -> bool:
        """Whether a V1 row comes to V2 in this run."""
        return self.is_written(table, v1_id) and (table, str(v1_id)) not in self.memory.rows

    def is_there(self, table: str, v1_id: int | None) -> bool:
        """Whether V2 has the row of this V1 id when the run is done."""
        return v1_id is not None and self.after.get(table, v2_id(f"{table}:{v1_id}")) is not None

    def was_edited(self, v2_table: str, key: str, v1_table: str, v1_id: int | str) -> bool:
        """Whether a V2 row that the migration wrote is no longer as it wrote it, or no longer there."""
        known, row = self.memory.rows.get((v1_table, str(v1_id))), self.before.get(v2_table, key)
        return known is not None and (row is None or row["updatedAt"] != known.updated_at)


def id_text(row: Row) -> str:
    """A V1 row's id as the books know it."""
    return str(row["id"]) if "id" in row else f"{row['A']}:{row['B']}"
