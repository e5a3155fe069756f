"""Where a live database drifted from the schema that the mapping expects, and what that means for a run."""

from dataclasses import dataclass, field
from typing import Final, Literal

import psycopg
from psycopg.rows import tuple_row

from pipeline.postgres.catalogue import ARROW_TYPES
from pipeline.postgres.schema import ENUMS_OF_THE_DATABASE, expected_columns, expected_enums, packaged_sql
from pipeline.postgres.tables import Column, Table, tables
from pipeline.steps import V2_TABLES

Label = Literal["V1", "V2"]
Kind = Literal["missing", "differs", "extra", "unreadable", "filtered"]
Thing = Literal["table", "column", "enum", "label"]

PRISMAS_OWN: Final = "_prisma_migrations"
"""Prisma's list of what it did to the database; no drift, and nothing to migrate."""

REQUIRED: Final = """
    SELECT relation.relname::text, attribute.attname::text
    FROM pg_catalog.pg_class AS relation
    JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = relation.relnamespace
    JOIN pg_catalog.pg_attribute AS attribute ON attribute.attrelid = relation.oid
    WHERE namespace.nspname = current_schema() AND attribute.attnum > 0 AND NOT attribute.attisdropped
      AND attribute.attnotnull AND NOT attribute.atthasdef AND attribute.attidentity = ''
"""
"""Columns that a row cannot do without."""

STOPS: Final = {"V1": "a run stops before it reads", "V2": "a run stops before it writes"}

CONSEQUENCES: Final[dict[tuple[Label, Kind, Thing], str]] = {
    ("V1", "missing", "table"): STOPS["V1"],
    ("V1", "missing", "column"): STOPS["V1"],
    ("V1", "missing", "enum"): "none: enums are read as text",
    ("V1", "missing", "label"): "none: enums are read as text",
    ("V1", "differs", "column"): "cast to the expected type as it is read",
    ("V1", "extra", "table"): "not migrated",
    ("V1", "extra", "column"): "not migrated",
    ("V1", "extra", "enum"): "none",
    ("V1", "extra", "label"): "rows with it are rejected (row_invalid)",
    ("V1", "unreadable", "table"): f"{STOPS['V1']}: no right to SELECT",
    ("V1", "filtered", "table"): "row-level security may hide rows from this user",
    ("V2", "missing", "table"): STOPS["V2"],
    ("V2", "missing", "column"): STOPS["V2"],
    ("V2", "missing", "enum"): STOPS["V2"],
    ("V2", "missing", "label"): STOPS["V2"],
    ("V2", "differs", "column"): "cast as it is written",
    ("V2", "extra", "table"): "left alone",
    ("V2", "extra", "column"): "left as V2 fills it",
    ("V2", "extra", "enum"): "left alone",
    ("V2", "extra", "label"): "left alone",
    ("V2", "unreadable", "table"): "not counted: no right to SELECT",
    ("V2", "filtered", "table"): "row-level security may hide rows from this user",
}

UNFILLED: Final = "loading fails: it is required, and has no default"
UNFILLED_REFERENCE: Final = "`setup` fails: it is required, and has no default"
UNCASTABLE: Final = "loading stops: nothing can be cast to that type"


@dataclass(frozen=True)
class Drift:
    """One thing that is not as the mapping expects it."""

    database: Label
    kind: Kind
    name: str
    """`Teacher`, `Teacher.skills`, `enum Gender`, `enum Gender.OTHER`."""
    expected: str | None
    """The type, of a column."""
    found: str | None
    consequence: str


@dataclass(frozen=True)
class Catalogue:
    """What a database has in its schema, by its catalogue."""

    label: Label
    tables: dict[str, Table]
    enums: dict[str, tuple[str, ...]] = field(default_factory=dict)
    required: frozenset[tuple[str, str]] = frozenset()
    """Table and column of those that a row cannot do without: not nullable, and without a default."""

    @property
    def expected(self) -> dict[str, dict[str, str]]:
        """The tables, columns and types that the mapping expects."""
        return expected_columns(packaged_sql("v1" if self.label == "V1" else "v2"))

    @property
    def is_empty(self) -> bool:
        """Whether nothing is there of what the mapping expects."""
        return self.tables.keys().isdisjoint(self.expected)


def catalogue(connection: psycopg.Connection, label: Label, /) -> Catalogue:
    """What there is in the connection's current schema; Prisma's own table is left out."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        required = frozenset(cursor.execute(REQUIRED).fetchall())
        enums: dict[str, tuple[str, ...]] = {}
        for name, enum_label in cursor.execute(ENUMS_OF_THE_DATABASE).fetchall():
            enums[name] = (*enums.get(name, ()), *([enum_label] if enum_label is not None else []))
    there = {table.name: table for table in tables(connection) if table.name != PRISMAS_OWN}
    return Catalogue(label, there, enums, required)


def drift(found: Catalogue, /) -> list[Drift]:
    """All that is missing, of another type, beyond what the mapping expects, or not to be read; in the order of the schema."""
    return [*_of_tables(found), *_of_enums(found)]


def _of_tables(found: Catalogue) -> list[Drift]:
    drifts = []
    for name, columns in found.expected.items():
        if name in found.tables:
            drifts += _of_columns(found, found.tables[name], columns)
        else:
            drifts.append(_drift(found.label, "missing", "table", name))
    drifts += [_drift(found.label, "extra", "table", name) for name in found.tables if name not in found.expected]
    for name in found.expected.keys() & found.tables.keys():
        if not found.tables[name].may_select:
            drifts.append(_drift(found.label, "unreadable", "table", name))
        elif found.tables[name].is_filtered:
            drifts.append(_drift(found.label, "filtered", "table", name))
    return drifts


def _of_columns(found: Catalogue, table: Table, expected: dict[str, str]) -> list[Drift]:
    drifts = []
    there = {column.name: column for column in table.columns}
    for name, kind in expected.items():
        place = f"{table.name}.{name}"
        if name not in there:
            drifts.append(_drift(found.label, "missing", "column", place, expected=kind))
        elif there[name].type != kind:
            consequence = UNCASTABLE if found.label == "V2" and table.name in V2_TABLES and not _is_castable(there[name]) else None
            drifts.append(_drift(found.label, "differs", "column", place, kind, there[name].type, consequence))
    for column in there.values():
        if column.name not in expected:
            unfilled = UNFILLED if table.name in V2_TABLES else UNFILLED_REFERENCE
            consequence = unfilled if found.label == "V2" and (table.name, column.name) in found.required else None
            place = f"{table.name}.{column.name}"
            drifts.append(_drift(found.label, "extra", "column", place, found=column.type, consequence=consequence))
    return drifts


def _of_enums(found: Catalogue) -> list[Drift]:
    expected = expected_enums(packaged_sql("v1" if found.label == "V1" else "v2"))
    drifts = []
    for name, labels in expected.items():
        if name not in found.enums:
            drifts.append(_drift(found.label, "missing", "enum", f"enum {name}"))
            continue
        drifts += [_drift(found.label, "missing", "label", f"enum {name}.{label}") for label in labels if label not in found.enums[name]]
        drifts += [_drift(found.label, "extra", "label", f"enum {name}.{label}") for label in found.enums[name] if label not in labels]
    return drifts + [_drift(found.label, "extra", "enum", f"enum {name}") for name in found.enums if name not in expected]


def _is_castable(column: Column) -> bool:
    """Whether the loader knows the column's type; an enum it writes as text."""
    return column.base_type in ARROW_TYPES or column.base_type.startswith('"')


def _drift(
    label: Label, kind: Kind, thing: Thing, name: str, expected: str | None = None, found: str | None = None, consequence: str | None = None
) -> Drift:
    return Drift(label, kind, name, expected, found, consequence or CONSEQUENCES[label, kind, thing])
