"""The mapping's lineage as data: for each kind of V1 row the V2 columns that it becomes, what they are made of, and by which rule.

```
Teacher ─▶ User        phone  ◀─ Teacher.phone, School.country   mapping, section 5: the first valid number in E.164 …
        ─▶ UserRole    …
        ─▶ Address     …
        ─▶ Teacher     …
```

It tells of the values of V1 rows that go to V2; why a row does not go is told by its reason code (`transforms.reasons`).
"""

from typing import Final

from transforms.lineage.links import LINK_WRITINGS
from transforms.lineage.origins import Origin, Writing, referred_table, v1_columns, v1_table
from transforms.lineage.people import ADMINISTRATOR_WRITINGS, PARENT_WRITINGS, STUDENT_WRITINGS, TEACHER_WRITINGS
from transforms.lineage.schools import CLASS_WRITINGS, SCHOOL_WRITINGS, SUBJECT_WRITINGS
from transforms.tables import kinds

__all__ = [
    "DROPPED", "KINDS", "LINEAGE", "Origin", "Writing", "drawn_on", "made_of", "own_columns", "referred_table", "sources_of", "v1_columns",
    "v1_table", "writings_of",
]  # fmt: skip

LINEAGE: Final[tuple[Writing, ...]] = (
    *SCHOOL_WRITINGS,
    *ADMINISTRATOR_WRITINGS,
    *CLASS_WRITINGS,
    *SUBJECT_WRITINGS,
    *TEACHER_WRITINGS,
    *PARENT_WRITINGS,
    *STUDENT_WRITINGS,
    *LINK_WRITINGS,
)
"""Every kind's writings, in the order of the steps; the link tables last."""

KINDS: Final = tuple(dict.fromkeys(writing.kind for writing in LINEAGE))
"""The kinds of V1 rows, as books and records name them."""

DROPPED: Final = dict.fromkeys(("Subject.created_at", "Subject.updated_at"), "V2's Subject has no timestamps (mapping, section 1)")
"""V1 columns that are dropped on purpose → why."""


ADMINISTRATORS_OWN: Final = frozenset(f"School.{name}" for name in kinds.ADMINISTRATOR.renamed)
"""What a School row holds of its administrator alone."""


def writings_of(kind: str, /) -> list[Writing]:
    """What V1 rows of a kind give, by V2 table."""
    return [writing for writing in LINEAGE if writing.kind == kind]


def own_columns(kind: str, /) -> list[str]:
    """The columns of a kind's own V1 row, without the table's name: what is made of them or drawn on, and those dropped on purpose."""
    table = v1_table(kind)
    used = [path.split(".")[0] for writing in writings_of(kind) for origin in writing.origins for path in origin.paths]
    drawn = [source for writing in LINEAGE for origin in writing.origins for source in writing.sources(origin) if kind == table]
    named = [name.split(".")[1] for name in (*drawn, *DROPPED) if name.split(".")[0] == table and name not in ADMINISTRATORS_OWN]
    return list(dict.fromkeys((*used, *named)))


def made_of(v1_column: str, /) -> dict[str, None]:
    """The V2 columns that a V1 column becomes, by the rows of its own table: `Teacher.phone` → `User.phone`."""
    return _destinations(v1_column, own=True)


def drawn_on(v1_column: str, /) -> dict[str, None]:
    """The V2 columns for which other V1 rows draw on it, beyond `made_of`: `School.country` → `Class.academicYear`."""
    return {name: None for name in _destinations(v1_column, own=False) if name not in made_of(v1_column)}


def sources_of(v2_column: str, /) -> list[str]:
    """The V1 columns that a V2 column is made of, by whatever kind of V1 row: `Teacher.address` …, of `Address.city`."""
    of_column = [(writing, origin) for writing in LINEAGE for origin in writing.origins if f"{writing.table}.{origin.column}" == v2_column]
    return list(dict.fromkeys(source for writing, origin in of_column for source in writing.sources(origin)))


def _destinations(v1_column: str, *, own: bool) -> dict[str, None]:
    return {
        f"{writing.table}.{origin.column}": None
        for writing in LINEAGE
        for origin in writing.origins
        for path in origin.paths
        if ("." not in path) == own and v1_columns(writing.kind, path)[-1] == v1_column
    }
