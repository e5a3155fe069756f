"""Which of V1's rows a run is about: `--entities` and `--filter`, read and judged before any database is asked."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Final

import psycopg

from pipeline.errors import UsageError
from pipeline.postgres.schema import expected_columns, packaged_sql

if TYPE_CHECKING:
    from pipeline.postgres.condition import Condition

TABLES: Final = {
    "schools": ("School", "Class", "Subject"),
    "teachers": ("Teacher",),
    "parents": ("Parent",),
    "students": ("Student",),
}
"""Entity, in the order of the steps → its V1 tables. The administrators come with School; a link's row follows its two ends."""

PASSWORDS: Final = ("password", "admin_password")
"""Columns by which nothing is selected: the count of a condition would tell about a password."""

EVALUATION_ERRORS: Final = ("0A", "22", "42", "54")
"""Classes of SQLSTATEs: not supported, a value that cannot be, types that do not fit, too complex."""
ERRORS_OF_V1: Final = ("42501", "42P01", "42703")
"""No right to read, no such table, no such column: for these the condition is not to blame."""


@dataclass(frozen=True)
class Selection:
    """Which of V1's rows a run is about: those of some entities, and of these the ones for which a condition holds.

    The condition holds for every V1 table of the entities; for School, `school_id` means its `id`. Making a selection judges it.

    Raises:
        UsageError: The condition is not one harmless boolean expression (see `Condition`), asks for a password, or uses a column that
            one of the tables does not have.
    """

    entities: tuple[str, ...] = tuple(TABLES)
    """In the order of the steps."""
    condition: str | None = None
    """As the user wrote it. It may hold personal data: for the manifest, never for a log."""

    def __post_init__(self) -> None:
        if self._judged:
            self._require_columns(self._judged)

    @classmethod
    def parsed(cls, entities: str | None, condition: str | None, /) -> "Selection":
        """Reads the values of `--entities` and `--filter`; None is a flag that was not given.

        Entities are separated by commas; case, blanks and repetitions do not count.

        Raises:
            UsageError: An entity that is none, no entity at all, or a condition that cannot be meant.
        """
        if entities is None:
            return cls(condition=condition)
        named = {name.strip().lower() for name in entities.split(",")}
        if not named <= set(TABLES):
            raise UsageError(
                "--entities: a name is missing, or is none of V1's entities.",
                next_step=f"They are {', '.join(TABLES)}; separate several by commas.",
            )
        return cls(tuple(entity for entity in TABLES if entity in named), condition)

    @classmethod
    def from_document(cls, document: Mapping[str, Any], /) -> "Selection":
        """The selection that `as_document` told of.

        Raises:
            UsageError: The document was changed meanwhile to one that cannot be meant.
        """
        return cls.parsed(",".join(document["entities"]), document["filter"])

    def as_document(self) -> dict[str, Any]:
        """As JSON, for the manifest: `{"entities": ["schools", …], "filter": null}`."""
        return {"entities": list(self.entities), "filter": self.condition}

    @property
    def is_everything(self) -> bool:
        """Whether the run is about all of V1."""
        return self == Selection()

    def selects(self, step: str, /) -> bool:
        """Whether the run is about rows of a step: `schools`, `teachers`, `parents` or `students`."""
        return step in self.entities

    def sql(self, table: str, /, *, now: datetime) -> str | None:
        """The condition for a V1 table in PostgreSQL's SQL; a row for which it is null is not selected.

        None where there is none: without `--filter`, for link tables, and for tables of other entities, of which no row is selected.

        Args:
            table: V1's name of it.
            now: What `now()`, `current_date` and their like mean: UTC, without a time zone. The same for every table of a run.

        Raises:
            UsageError: The condition is nested too deeply.
        """
        if self._judged is None or table not in self._tables:
            return None
        return self._judged.sql(_columns(table), now=now)

    @cached_property
    def _judged(self) -> "Condition | None":
        if self.condition is None:
            return None
        from pipeline.postgres.condition import Condition  # noqa: PLC0415 - few runs have one, and its parser is a tenth of the start

        return Condition(self.condition, _boolean_columns())

    @cached_property
    def _tables(self) -> tuple[str, ...]:
        return tuple(table for entity in self.entities for table in TABLES[entity])

    def _require_columns(self, condition: "Condition") -> None:
        for column, place in condition.columns.items():
            if column in PASSWORDS:
                raise UsageError(f"--filter: {column}: rows are not selected by passwords.", next_step="Select by another column.")
            lacking = [table for table in self._tables if column not in _columns(table)]
            if lacking:
                is_known = any(column in _columns(table) for tables in TABLES.values() for table in tables)
                is_name = is_known or condition.is_bare(column)
                raise UsageError(
                    f"--filter: there is no column {column if is_name else f'of the name near character {place}'} in {', '.join(lacking)}.",
                    next_step=self._column_advice(condition),
                )

    def _column_advice(self, condition: "Condition") -> str:
        able = [entity for entity in self.entities if all(condition.columns.keys() <= _columns(table).keys() for table in TABLES[entity])]
        if able:
            return f"Select entities that have every column of the condition: --entities {','.join(able)}."
        shared = [column for column in _columns(self._tables[0]) if all(column in _columns(table) for table in self._tables)]
        return f"What is selected has these columns: {', '.join(shared)}. Texts stand in 'single quotes'."


@contextmanager
def evaluation_errors_mapped(table: str, /) -> Iterator[None]:
    """Turns PostgreSQL's refusal to evaluate a condition for a table into a `UsageError`, without the values that it quotes.

    Any other error of psycopg passes: a connection lost, a right missing.

    Raises:
        UsageError: A text compared with a number, a division by zero, a date that is none …
    """
    try:
        yield
    except psycopg.Error as error:
        sqlstate = error.sqlstate or ""
        if not sqlstate.startswith(EVALUATION_ERRORS) or sqlstate in ERRORS_OF_V1:
            raise
        raise UsageError(
            f"--filter cannot be evaluated for {table}: {type(error).__name__} (SQLSTATE {sqlstate}).",
            next_step="Compare each column with values of its own type, texts and dates in 'single quotes'.",
        ) from None


@cache
def _columns(table: str) -> Mapping[str, str]:
    """What a condition may call the columns of a V1 table → their names there."""
    columns = expected_columns(packaged_sql("v1"))[table]
    return {name: name for name in columns if name not in PASSWORDS} | ({"school_id": "id"} if table == "School" else {})


@cache
def _boolean_columns() -> frozenset[str]:
    columns = expected_columns(packaged_sql("v1"))
    return frozenset(name for table in columns.values() for name, kind in table.items() if kind == "boolean")
