"""Which tables a database has, whatever the migration expects: their columns, keys and comments, by its catalogue."""

from dataclasses import dataclass
from typing import Final

import psycopg
import pyarrow as pa
from psycopg.rows import tuple_row

TABLES: Final = """
    SELECT
        relation.oid, relation.relname::text, relation.relkind = 'p', obj_description(relation.oid, 'pg_class'),
        has_table_privilege(relation.oid, 'SELECT'), row_security_active(relation.oid),
        ARRAY(
            SELECT attribute.attname::text
            FROM pg_catalog.pg_index AS key, unnest(key.indkey::int2[]) WITH ORDINALITY AS part (number, position)
            JOIN pg_catalog.pg_attribute AS attribute ON attribute.attnum = part.number
            WHERE key.indrelid = relation.oid AND key.indisprimary AND attribute.attrelid = relation.oid
            ORDER BY part.position
        )
    FROM pg_catalog.pg_class AS relation JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = relation.relnamespace
    WHERE namespace.nspname = current_schema() AND relation.relkind IN ('r', 'p') AND NOT relation.relispartition
    ORDER BY relation.relname COLLATE "C"
"""
"""Of a partitioned table the whole and not its partitions; no views and no foreign tables, whose rows are kept elsewhere."""

COLUMNS: Final = """
    SELECT
        attribute.attname::text, format_type(attribute.atttypid, attribute.atttypmod), format_type(attribute.atttypid, NULL),
        NOT attribute.attnotnull, col_description(attribute.attrelid, attribute.attnum)
    FROM pg_catalog.pg_attribute AS attribute
    WHERE attribute.attrelid = %s AND attribute.attnum > 0 AND NOT attribute.attisdropped
    ORDER BY attribute.attnum
"""


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    name: str
    type: str
    """As PostgreSQL writes it: `numeric(12,2)`."""
    base_type: str
    """Without its size: `numeric`."""
    is_nullable: bool
    comment: str | None


@dataclass(frozen=True)
class Table:
    """A table, and whether the user sees its rows."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    """The columns of its primary key, in the key's order; empty without one."""
    comment: str | None
    is_partitioned: bool
    may_select: bool
    is_filtered: bool
    """Row-level security may hide rows from this user, without an error."""

    def annotated(self, schema: pa.Schema, /) -> pa.Schema:
        """An Arrow schema of some of its columns, with what people wrote about them as metadata.

        `comment` of the table and of its columns, where there is one; `postgresql_type` of each column.
        """
        columns = {column.name: column for column in self.columns}
        fields = [
            field.with_metadata({"postgresql_type": columns[field.name].type, **comment(columns[field.name].comment)}) for field in schema
        ]
        return pa.schema(fields, metadata=comment(self.comment))


def comment(text: str | None, /) -> dict[str, str]:
    """A comment as metadata has it: not at all where there is none."""
    return {} if text is None else {"comment": text}


def tables(connection: psycopg.Connection, /) -> list[Table]:
    """The tables of the connection's current schema, by name; none where there is no such schema, or the user may not use it."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        found = cursor.execute(TABLES).fetchall()
        return [
            Table(
                name,
                tuple(Column(*column) for column in cursor.execute(COLUMNS, [oid]).fetchall()),
                key=tuple(key),
                comment=comment,
                is_partitioned=is_partitioned,
                may_select=may_select,
                is_filtered=is_filtered,
            )
            for oid, name, is_partitioned, comment, may_select, is_filtered, key in found
        ]
