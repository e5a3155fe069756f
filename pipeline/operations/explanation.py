"""What is told of one row of V1: what became of it, why, and which V2 rows were made of it by which rules."""

from dataclasses import dataclass, field
from typing import Any, Final, Literal

Row = dict[str, Any]
State = Literal["inserted", "updated", "unchanged", "kept", "merged", "rejected", "not selected"]

STATES: Final[dict[State, str]] = {
    "inserted": "V2 did not have it",
    "updated": "it had changed in V1 since V2 was given it",
    "unchanged": "V2 was given it already, as V1 has it",
    "kept": "it had changed in V1, but V2's rows were edited in V2, and stay as they are",
    "merged": "another row of V1 gives the same pair",
    "rejected": "it cannot go to V2",
    "not selected": "the run was about other rows",
}
"""What may become of a row → why."""

WRITTEN: Final = frozenset({"inserted", "updated"})


@dataclass(frozen=True)
class Value:
    """A value of a V2 row, and where it comes from."""

    column: str
    value: Any
    """As V2 was given it; of a secret whether it is set."""
    meaning: str | None
    """The code of the row that the value refers to, where it has one."""
    sources: tuple[str, ...]
    """The V1 columns that it is made of."""
    section: int
    """Of the mapping."""
    rule: str


@dataclass(frozen=True)
class V2Row:
    """A row of V2 that was made of the V1 row."""

    table: str
    how: Literal["inserted", "updated"]
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Change:
    """A value that was changed or dropped on the way, or what a run found of the row."""

    column: str | None
    code: str
    meaning: str
    original: str | None
    detail: str | None
    """Of `kept_edited`: the V2 tables of the rows that were edited."""


@dataclass(frozen=True)
class Rejection:
    """Why a row cannot go to V2."""

    code: str
    meaning: str
    column: str | None
    check: str | None
    check_meaning: str | None


@dataclass(frozen=True)
class RunNote:
    """A run, as far as the explanation needs it."""

    run: str
    state: str
    dry_run: bool
    databases: dict[str, str] = field(default_factory=dict)

    @property
    def has_written(self) -> bool:
        """Whether V2 has what the run wrote."""
        return self.state == "done" and not self.dry_run


@dataclass(frozen=True)
class Explanation:
    """What became of a row of V1."""

    table: str
    """The kind of V1 row: a V1 table, or `Administrator`."""
    v1_id: str
    run: RunNote
    """The newest run that read the row."""
    state: State
    """What became of it there."""
    v1: Row
    """Its columns and values; of a secret whether it is set."""
    rejection: Rejection | None
    merged_with: str | None
    """The code of the catalogue's subject that it is."""
    gone_in: str | None
    """The newest run of the same V1, if that did not find the row any more."""
    ledger_run: str | None
    """The run that had written the row before `run`, by V2's ledger; its folder may be gone."""
    written_by: RunNote | None
    """The run that wrote the V2 rows below, or was to: `run`, or an earlier one; None where none is known."""
    changes: tuple[Change, ...]
    """As the runs that are named here have them on record."""
    rows: tuple[V2Row, ...]
    absent: dict[str, str]
    """V2 tables that have no row of it → why."""
