"""V2's keys, inside the transaction that wrote its rows: what the server enforces is trusted, the rest is counted by SQL."""

from collections.abc import Iterator
from typing import Any, Final

from checks.relations import FOREIGN_KEYS, UNIQUE_KEYS, ForeignKey, UniqueKey
from pipeline.stages.target import Target

UNIQUE_INDEXES: Final = """
    SELECT relation.relname::text AS table_name, array_agg(attribute.attname::text) AS columns
    FROM pg_index AS key
    JOIN pg_class AS relation ON relation.oid = key.indrelid
    JOIN pg_attribute AS attribute ON attribute.attrelid = key.indrelid AND attribute.attnum = ANY (key.indkey)
    WHERE relation.relnamespace = current_schema()::regnamespace
      AND key.indisunique AND key.indisvalid AND key.indpred IS NULL AND key.indexprs IS NULL
    GROUP BY key.indexrelid, relation.relname
"""

FOREIGN_KEY_CONSTRAINTS: Final = """
    SELECT child.relname::text AS table_name, attribute.attname::text AS column_name, parent.relname::text AS parent_table
    FROM pg_constraint AS key
    JOIN pg_class AS child ON child.oid = key.conrelid
    JOIN pg_class AS parent ON parent.oid = key.confrelid
    JOIN pg_attribute AS attribute ON attribute.attrelid = key.conrelid AND attribute.attnum = key.conkey[1]
    WHERE child.relnamespace = current_schema()::regnamespace
      AND key.contype = 'f' AND key.convalidated AND cardinality(key.conkey) = 1
"""


def broken_keys(target: Target, /) -> Iterator[tuple[str, int]]:
    """The keys of the mapping that V2's rows break, where V2 itself does not see to them: the key, and how many rows.

    V2 has them all if Prisma made it; a database that lost an index or a foreign key is asked row by row.
    """
    indexes = {(table, frozenset(columns)) for table, columns in _rows(target, UNIQUE_INDEXES)}
    for unique in UNIQUE_KEYS:
        if (unique.table, frozenset(unique.columns)) not in indexes and (rows := _repeated(target, unique)):
            yield f"{unique.table}.{'+'.join(unique.columns)} unique", rows
    constraints = {ForeignKey(*row) for row in _rows(target, FOREIGN_KEY_CONSTRAINTS)}
    for key in FOREIGN_KEYS:
        if key not in constraints and (rows := _dangling(target, key)):
            yield f"{key.table}.{key.column} in {key.parent_table}", rows


def _repeated(target: Target, key: UniqueKey) -> int:
    columns = ", ".join(f'"{column}"' for column in key.columns)
    given = " AND ".join(f'"{column}" IS NOT NULL' for column in key.columns)
    groups = f"SELECT count(*) AS rows FROM {target.database.table(key.table)} WHERE {given} GROUP BY {columns} HAVING count(*) > 1"
    return int(target.query(f"SELECT coalesce(sum(rows), 0)::bigint AS rows FROM ({groups}) AS repeated").item())


def _dangling(target: Target, key: ForeignKey) -> int:
    child, parent = target.database.table(key.table), target.database.table(key.parent_table)
    there = f'SELECT FROM {parent} AS parent WHERE parent."id" = child."{key.column}"'
    return int(
        target.query(
            f'SELECT count(*) AS rows FROM {child} AS child WHERE child."{key.column}" IS NOT NULL AND NOT EXISTS ({there})'
        ).item()
    )


def _rows(target: Target, query: str) -> list[tuple[Any, ...]]:
    return target.query(query).rows()
