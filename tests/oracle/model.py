"""What goes into the oracle and what comes out."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple

from tests.oracle.vocabulary import words

Row = dict[str, Any]
Tables = dict[str, list[Row]]

V2_TABLES = words(
    "School Address Class Subject User UserRole Teacher Parent Student TeacherClass TeacherSubject ParentSchool StudentParent Enrollment"
)
BOOKS = words("School Administrator Class Subject Teacher Parent Student _ClassToTeacher _SubjectToTeacher _ParentToStudent")
# In a first run no row is updated, unchanged or kept.
EMPTY_BOOK = {"read": 0, "inserted": 0, "merged": 0, "rejected": 0}


@dataclass(frozen=True)
class Held:
    """What V2 holds already that is not of V1."""

    emails: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    school_codes: frozenset[str] = frozenset()
    subject_codes: frozenset[str] = frozenset()
    admission_numbers: frozenset[tuple[str, str]] = frozenset()
    """Pairs of a V2 school's id and a number."""


@dataclass(frozen=True)
class OracleSettings:
    """The settings that show in the rows; `run_started_at` is naive UTC."""

    run_started_at: datetime
    default_country: str = "NG"
    placeholder_email_domain: str = "v1.invalid"
    password_policy: Literal["generate", "carry"] = "generate"


class Rejected(NamedTuple):
    """A V1 row that gives no V2 row, and why; `original` is the column's V1 value."""

    table: str
    v1_id: str
    column: str | None
    code: str
    check: str | None
    original: str | None = None


class Changed(NamedTuple):
    """A V1 value that was changed or dropped, and why."""

    table: str
    v1_id: str
    column: str
    code: str
    original: str | None


@dataclass
class OracleResult:
    """V2's rows by table, the password hashes that are carried by user id, the records and the books."""

    tables: Tables = field(default_factory=lambda: {table: [] for table in V2_TABLES})
    carried: dict[str, str] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)
    books: dict[str, dict[str, int]] = field(default_factory=lambda: {table: dict(EMPTY_BOOK) for table in BOOKS})

    def count(self, table: str, outcome: str) -> None:
        """Count a V1 row in its book."""
        self.books[table][outcome] += 1

    def insert(self, table: str, **row: Any) -> None:
        """Add a V2 row."""
        self.tables[table].append(row)

    def reject(self, rejection: Rejected) -> None:
        """Put a rejected row on record and in the books."""
        self.rejected.append(rejection)
        self.count(rejection.table, "rejected")

    def change(self, table: str, v1_id: int, column: str, code: str, original: Any) -> None:
        """Put a changed value on record."""
        self.changed.append(Changed(table, str(v1_id), column, code, as_text(original)))


def as_text(value: Any) -> str | None:
    """A V1 value as a record writes it: text as it is, a time in ISO 8601 with a blank."""
    if value is None:
        return None
    return value.isoformat(sep=" ") if isinstance(value, datetime) else str(value)


def by_id(rows: list[Row]) -> list[Row]:
    """The rows in V1's id order."""
    return sorted(rows, key=lambda row: int(row["id"]))
