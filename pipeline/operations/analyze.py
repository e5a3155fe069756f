"""Looks at the two live databases, and writes nothing: what is there, what maps to what, what has no place in V2, and how much of it.

```
V1 ──catalogue, counts──┐                      ┌─ drift      where a database is not as the mapping expects
                        ├─ lineage, expected ──┼─ losses     what of V1 has no place in V2, and how many values
V2 ──catalogue, counts──┘                      ├─ coverage   what has one, in percent
                                               └─ counts     what V2 has from the migration, by the ledger
```
"""

from dataclasses import asdict, dataclass
from typing import Any, Final

import psycopg
from psycopg import sql

from pipeline.errors import SchemaError
from pipeline.operations.drift import Catalogue, Drift, Label, catalogue, drift
from pipeline.postgres import ledger
from pipeline.postgres.connect import Database, mapped_errors
from pipeline.postgres.snapshot import Snapshot, exported
from pipeline.postgres.tables import Table
from pipeline.progress import Advance, Progress
from pipeline.steps import V2_TABLES
from transforms.lineage import DROPPED, KINDS, LINEAGE, drawn_on, made_of, sources_of, v1_table
from transforms.tables.departures import NOTE

LEDGER_ROWS: Final = 'SELECT "v1_table", count(*) FROM "migration"."row" WHERE "digest" <> %s GROUP BY "v1_table"'
"""By kind of V1 row; notes stand for no row."""

BEYOND: Final = "the mapping knows no such {}"


@dataclass(frozen=True)
class ColumnSurvey:
    """A column as it is."""

    name: str
    type: str
    values: int | None
    """How many are not null; None where that was not asked, or may not be."""


@dataclass(frozen=True)
class TableSurvey:
    """A table as it is."""

    name: str
    rows: int | None
    """None where the user may not read it."""
    columns: tuple[ColumnSurvey, ...]
    is_expected: bool
    """Whether the mapping knows it."""


@dataclass(frozen=True)
class Survey:
    """A database as it is, and where it drifted."""

    label: Label
    place: str
    is_empty: bool
    """Whether it has none of the tables that the mapping expects."""
    tables: tuple[TableSurvey, ...]
    """In the order of the schema that the mapping expects; what is beyond it last."""
    drift: tuple[Drift, ...]

    def has(self, table: str, /) -> bool:
        """Whether the table is there."""
        return any(found.name == table for found in self.tables)

    def rows(self, table: str, /) -> int | None:
        """The rows of a table; None where it is not there, or may not be read."""
        return next((found.rows for found in self.tables if found.name == table), None)


@dataclass(frozen=True)
class Loss:
    """A column of V1 without a place in V2."""

    name: str
    values: int | None
    """How many are not null, and would be lost; None where the user may not read the table."""
    is_on_purpose: bool
    reason: str


@dataclass(frozen=True)
class Coverage:
    """How many of some columns or values have a place."""

    total: int
    with_a_place: int

    @property
    def percent(self) -> float | None:
        """0 to 100; None of nothing."""
        return round(100 * self.with_a_place / self.total, 2) if self.total else None


@dataclass(frozen=True)
class Count:
    """Rows on one side, and those that the ledger tells of on the other."""

    rows: int | None
    """None where the table is not there, or may not be read."""
    migrated: int | None
    """None where the ledger cannot tell: rows that several kinds of V1 rows give, or not every one of a kind."""

    @property
    def difference(self) -> int | None:
        """Rows beyond those that the ledger tells of; negative where it tells of more."""
        return None if self.rows is None or self.migrated is None else self.rows - self.migrated


@dataclass(frozen=True)
class Counts:
    """V1's rows by kind, and V2's by table, beside what the ledger says was migrated."""

    v1: dict[str, Count]
    v2: dict[str, Count]


@dataclass(frozen=True)
class Analysis:
    """What the two databases are to each other."""

    v1: Survey
    v2: Survey
    losses: tuple[Loss, ...]
    columns: Coverage
    """Of V1's columns."""
    values: Coverage
    """Of V1's values that are not null, as far as they may be read."""
    counts: Counts | None
    """None where they were not asked for."""

    def document(self) -> dict[str, Any]:
        """All of it for programs: names and counts only, no personal data."""
        return {
            "v1": _database_document(self.v1),
            "v2": _database_document(self.v2),
            "mapping": [
                {
                    "kind": writing.kind,
                    "v2": f"{writing.table}.{origin.column}",
                    "v1": writing.sources(origin),
                    "section": origin.section,
                    "rule": origin.rule,
                }
                for writing in LINEAGE
                for origin in writing.origins
            ],
            "lost": [asdict(loss) for loss in self.losses],
            "drift": [asdict(found) for found in (*self.v1.drift, *self.v2.drift)],
            "coverage": {
                name: asdict(coverage) | {"percent": coverage.percent}
                for name, coverage in (("columns", self.columns), ("values", self.values))
            },
            "counts": self.counts
            and {
                side: {name: asdict(count) | {"difference": count.difference} for name, count in counts.items()}
                for side, counts in (("v1", self.counts.v1), ("v2", self.counts.v2))
            },
        }


def analyzed(v1: Database, v2: Database, progress: Progress, /, *, compare_counts: bool) -> Analysis:
    """Surveys both databases, each at one instant of its own, and compares them with each other and with the mapping.

    Rows and values are counted, not estimated. Prisma's own table, views, foreign tables and other schemas are left out. What is missing
    or may not be read is told as drift.

    Raises:
        ConnectionFailedError, DatabaseError: A database cannot be reached, or refuses to be read.
        SchemaError: It has no schema of the name that the settings ask for.
    """
    with exported(v1) as source, exported(v2) as target:
        of_v1, of_v2 = _catalogue(source, "V1"), _catalogue(target, "V2")
        with progress.stage("analyze", total=len(of_v1.tables) + len(of_v2.tables), unit="tables") as advance:
            v1_survey = _survey(source, of_v1, advance, with_values=True)
            v2_survey = _survey(target, of_v2, advance, with_values=False)
        migrated = _migrated(target) if compare_counts else None
    return Analysis(
        v1_survey,
        v2_survey,
        losses=_losses(v1_survey),
        columns=_coverage(dict.fromkeys(_values(v1_survey), 1)),
        values=_coverage(_values(v1_survey)),
        counts=None if migrated is None else _counts(v1_survey, v2_survey, migrated),
    )


def _catalogue(at: Snapshot, label: Label) -> Catalogue:
    with mapped_errors(at.database):
        row = at.connection.execute("SELECT current_schema()").fetchone()
        if row is None or row[0] is None:
            raise SchemaError(
                f'{at.database.place} has no schema "{at.database.schema}" that the user {at.database.user} may use.',
                next_step=f"Correct ?schema= in {label}_DATABASE_URL, or GRANT USAGE ON SCHEMA to that user.",
            )
        return catalogue(at.connection, label)


def _survey(at: Snapshot, found: Catalogue, advance: Advance, *, with_values: bool) -> Survey:
    surveyed = {}
    for name, table in found.tables.items():
        with mapped_errors(at.database):
            rows, values = _counted(at.connection, at.database, table, with_values=with_values)
        columns = tuple(ColumnSurvey(column.name, column.type, values.get(column.name)) for column in table.columns)
        surveyed[name] = TableSurvey(name, rows, columns, is_expected=name in found.expected)
        advance(1)
    in_order = [name for name in (*found.expected, *found.tables) if name in surveyed]
    return Survey(
        found.label,
        at.database.place,
        is_empty=found.is_empty,
        tables=tuple(surveyed[name] for name in dict.fromkeys(in_order)),
        drift=tuple(drift(found)),
    )


def _counted(connection: psycopg.Connection, database: Database, table: Table, *, with_values: bool) -> tuple[int | None, dict[str, int]]:
    """A table's rows and, if asked for, its columns' values that are not null; None and nothing where it may not be read."""
    if not table.may_select:
        return None, {}
    names = [column.name for column in table.columns] if with_values else []
    counted = [sql.SQL("count(*)"), *(sql.SQL("count({})").format(sql.Identifier(name)) for name in names)]
    query = sql.SQL("SELECT {} FROM {}").format(sql.SQL(", ").join(counted), sql.Identifier(database.schema, table.name))
    row = connection.execute(query).fetchone()
    rows, *values = row or (0,)
    return rows, dict(zip(names, values, strict=True))


def _values(v1: Survey) -> dict[str, int]:
    """Every column of V1 → its values that are not null, 0 where they may not be read."""
    return {f"{table.name}.{column.name}": column.values or 0 for table in v1.tables for column in table.columns}


def _coverage(weights: dict[str, int]) -> Coverage:
    placed = {name: weight for name, weight in weights.items() if _has_a_place(name)}
    return Coverage(sum(weights.values()), sum(placed.values()))


def _has_a_place(v1_column: str) -> bool:
    return bool(made_of(v1_column) or drawn_on(v1_column))


def _losses(v1: Survey) -> tuple[Loss, ...]:
    losses = []
    for table in v1.tables:
        for column in table.columns:
            name = f"{table.name}.{column.name}"
            if not _has_a_place(name):
                reason = DROPPED.get(name) or BEYOND.format("column" if table.is_expected else "table")
                losses.append(Loss(name, column.values, name in DROPPED, reason))
    return tuple(losses)


def _migrated(target: Snapshot) -> dict[str, int]:
    """The V1 rows that V2 holds, by kind; none where there is no ledger."""
    with mapped_errors(target.database):
        if not ledger.is_there(target.connection):
            return {}
        return dict(target.connection.execute(LEDGER_ROWS, [NOTE]).fetchall())


def _counts(v1: Survey, v2: Survey, migrated: dict[str, int]) -> Counts:
    return Counts(
        v1={kind: Count(v1.rows(v1_table(kind)), migrated.get(kind, 0)) for kind in KINDS},
        v2={table: Count(v2.rows(table), _given(table, migrated)) for table in V2_TABLES},
    )


def _given(table: str, migrated: dict[str, int]) -> int | None:
    """How many rows of a V2 table the ledger's rows gave; None where one does not always give one."""
    writings = [writing for writing in LINEAGE if writing.table == table]
    return None if any(writing.unless for writing in writings) else sum(migrated.get(writing.kind, 0) for writing in writings)


def _database_document(survey: Survey) -> dict[str, Any]:
    return {
        "place": survey.place,
        "is_empty": survey.is_empty,
        "tables": {table.name: _table_document(survey.label, table) for table in survey.tables},
    }


def _table_document(label: Label, table: TableSurvey) -> dict[str, Any]:
    columns = {}
    for column in table.columns:
        name = f"{table.name}.{column.name}"
        if label == "V1":
            columns[column.name] = {
                "type": column.type,
                "values": column.values,
                "becomes": list(made_of(name)),
                "drawn_on_by": list(drawn_on(name)),
            }
        else:
            columns[column.name] = {"type": column.type, "from": sources_of(name)}
    return {"rows": table.rows, "is_expected": table.is_expected, "columns": columns}
