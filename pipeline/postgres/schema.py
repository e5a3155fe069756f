"""Which tables, columns and enums a schema's SQL promises, and which of them a database lacks."""

import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from importlib.resources import files
from typing import Final, Literal, LiteralString

from psycopg import Connection
from psycopg.rows import tuple_row

TABLE: Final = re.compile(r'^CREATE TABLE "(?P<name>[^"]+)" \(\n(?P<body>.*?)\n\);', re.MULTILINE | re.DOTALL)
COLUMN: Final = re.compile(r'^ +"(?P<name>[^"]+)" (?P<type>.+?)(?: NOT NULL| DEFAULT .*)*,?$', re.MULTILINE)
ENUM: Final = re.compile(r'^CREATE TYPE "(?P<name>[^"]+)" AS ENUM \((?P<labels>.*)\);', re.MULTILINE)
LABEL: Final = re.compile(r"'([^']+)'")
"""The statements of Prisma's SQL, one clause a line, every name quoted."""

CATALOGUE_NAMES: Final = {
    "SERIAL": "integer",
    "DECIMAL": "numeric{}",
    "CHAR": "character{}",
    "TIMESTAMP": "timestamp{} without time zone",
}
"""Types that PostgreSQL's catalogue calls otherwise than Prisma does, with a place for the size in brackets."""

COLUMNS_OF_THE_DATABASE: Final = """
    SELECT relation.relname::text, attribute.attname::text
    FROM pg_catalog.pg_class relation
    JOIN pg_catalog.pg_namespace namespace ON namespace.oid = relation.relnamespace
    LEFT JOIN pg_catalog.pg_attribute attribute
        ON attribute.attrelid = relation.oid AND attribute.attnum > 0 AND NOT attribute.attisdropped
    WHERE namespace.nspname = current_schema() AND relation.relkind IN ('r', 'p', 'v', 'm', 'f')
"""
"""Of tables, partitioned and foreign ones, and views; a table without columns has one row, its column null."""

ENUMS_OF_THE_DATABASE: Final = """
    SELECT type.typname::text, label.enumlabel::text
    FROM pg_catalog.pg_type type
    JOIN pg_catalog.pg_namespace namespace ON namespace.oid = type.typnamespace
    LEFT JOIN pg_catalog.pg_enum label ON label.enumtypid = type.oid
    WHERE namespace.nspname = current_schema() AND type.typtype = 'e'
"""


def packaged_sql(name: Literal["v1", "v2"], /) -> str:
    """The SQL that makes the tables of V1 or V2, as Prisma writes it; part of this package."""
    return files("pipeline").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")


def expected_columns(sql_text: str, /) -> dict[str, dict[str, str]]:
    r"""The columns of every table that Prisma's SQL creates, in its order: table → column → type.

    A type is written as PostgreSQL's `format_type` writes it; an enum's name keeps its quotes.

    >>> expected_columns('CREATE TABLE "Teacher" (\n    "skills" TEXT[],\n    "salary" DECIMAL(12,2) NOT NULL\n);')
    {'Teacher': {'skills': 'text[]', 'salary': 'numeric(12,2)'}}
    """
    return {
        table["name"]: {column["name"]: _catalogue_type(column["type"]) for column in COLUMN.finditer(table["body"])}
        for table in TABLE.finditer(sql_text)
    }


def expected_enums(sql_text: str, /) -> dict[str, tuple[str, ...]]:
    r"""The labels of every enum that Prisma's SQL creates, in its order.

    >>> expected_enums("CREATE TYPE \"Gender\" AS ENUM ('MALE', 'FEMALE');")
    {'Gender': ('MALE', 'FEMALE')}
    """
    return {enum["name"]: tuple(LABEL.findall(enum["labels"])) for enum in ENUM.finditer(sql_text)}


def expected_objects(sql_text: str, /) -> list[str]:
    """All that Prisma's SQL creates, as `missing_objects` lists it where nothing is there."""
    return [*map(_enum_label, expected_enums(sql_text)), *expected_columns(sql_text)]


def missing_objects(connection: Connection[object], sql_text: str, /) -> list[str]:
    """What the SQL creates and the connection's current schema lacks: enums, then tables, in the order of the SQL.

    Written as `enum Name`, `enum Name.LABEL`, `Table` and `Table.column`; of a table or enum that is missing as a whole
    the columns and labels are not listed. What the database has beyond does not matter, nor do the columns' types: the
    loader casts to those it finds. Without a current schema all is missing. Reads the catalogue only, which needs no
    rights on the tables.
    """
    labels = {_enum_label(name): parts for name, parts in _present(connection, ENUMS_OF_THE_DATABASE).items()}
    expected_labels = {_enum_label(name): parts for name, parts in expected_enums(sql_text).items()}
    columns = _present(connection, COLUMNS_OF_THE_DATABASE)
    return [*_absent(expected_labels, labels), *_absent(expected_columns(sql_text), columns)]


def _catalogue_type(written: str) -> str:
    if written.startswith('"'):
        return written
    base, bracket, size = written.partition("(")
    return CATALOGUE_NAMES.get(base, base.lower() + "{}").format(bracket + size)


def _enum_label(name: str) -> str:
    return f"enum {name}"


def _present(connection: Connection[object], query: LiteralString) -> dict[str, set[str]]:
    present: dict[str, set[str]] = {}
    with connection.cursor(row_factory=tuple_row) as cursor:
        for name, part in cursor.execute(query):
            present.setdefault(name, set()).add(part)
    return present


def _absent(expected: Mapping[str, Iterable[str]], present: Mapping[str, AbstractSet[str]]) -> list[str]:
    absent = []
    for name, parts in expected.items():
        if name in present:
            absent += [f"{name}.{part}" for part in parts if part not in present[name]]
        else:
            absent.append(name)
    return absent
