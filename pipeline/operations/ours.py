"""The rows of V2 that a run wrote, found again: temporary tables of the transaction that takes the run back.

```
v2, updates ──▶ meant_<Table> ─┐
                               ├─ V2 still holds it ──▶ ours_<Table>: key and references, `was_there`, `stays`
backup ───────▶ former_<Table> ┘
```

`was_there`: V2 held the row before the run, which changed it. `stays`: why the row is left as it is; null of one that is taken back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import polars as pl

from checks.relations import FOREIGN_KEYS, PRIMARY_KEYS
from pipeline.operations.committed_run import meant
from pipeline.progress import Advance
from pipeline.run import Run
from pipeline.stages.slices import slices
from pipeline.stages.target import Target
from pipeline.steps import V2_TABLES

REFERENCES: Final = """
    SELECT space.nspname::text AS child_schema, child.relname::text AS child,
        ARRAY(
            SELECT attribute.attname::text FROM unnest(key.conkey) WITH ORDINALITY AS part (number, position)
            JOIN pg_attribute AS attribute ON attribute.attrelid = key.conrelid AND attribute.attnum = part.number ORDER BY part.position
        ) AS columns,
        parent.relname::text AS parent,
        ARRAY(
            SELECT attribute.attname::text FROM unnest(key.confkey) WITH ORDINALITY AS part (number, position)
            JOIN pg_attribute AS attribute ON attribute.attrelid = key.confrelid AND attribute.attnum = part.number ORDER BY part.position
        ) AS parent_columns
    FROM pg_constraint AS key
    JOIN pg_class AS child ON child.oid = key.conrelid
    JOIN pg_namespace AS space ON space.oid = child.relnamespace
    JOIN pg_class AS parent ON parent.oid = key.confrelid
    WHERE key.contype = 'f' AND key.conparentid = 0 AND parent.relnamespace = current_schema()::regnamespace
"""
"""Every foreign key that leads to a table of V2's schema, from whatever schema; of a partitioned table the whole one's."""


class Reference(NamedTuple):
    """Columns of one table that lead to a row of another."""

    child: str
    """The table's name for SQL."""
    table: str | None
    """Its name, if it is one of those that the migration writes."""
    columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...]


@dataclass(frozen=True)
class Ours:
    """Of which tables there are temporary ones, and all that leads to their rows."""

    columns: dict[str, tuple[str, ...]]
    """V2 table of which the run wrote rows, in the order of V2's foreign keys → the columns that it wrote."""
    former: dict[str, tuple[str, ...]]
    """V2 table of which the run changed or withdrew rows → the columns of its `former_` table."""
    references: tuple[Reference, ...]

    @property
    def tables(self) -> tuple[str, ...]:
        """The V2 tables that have an `ours_` table, in the order of V2's foreign keys."""
        return tuple(self.columns)


def find_ours(run: Run, target: Target, advance: Advance, /) -> Ours:
    """Makes the temporary tables, and marks as `edited` what is no longer as the run wrote it.

    A row that is gone, or is again as it was before the run, is none of ours any more.

    Args:
        run: One that was committed to this V2.
        target: The transaction in which it is to be taken back.
        advance: Called with the number of the run's rows that were looked at.
    """
    references = _references(target)
    columns: dict[str, tuple[str, ...]] = {}
    former: dict[str, tuple[str, ...]] = {}
    for table in V2_TABLES:
        rows = meant(run, table)
        names = rows.collect_schema().names()
        written = run.facts["written"].get(table, 0)
        if written:
            columns[table] = tuple(names)
            _stage(run, target, table, rows, f"meant_{table}", rows=written, advance=advance)
        if run.folder.backup(table).exists():
            backup = pl.scan_parquet(run.folder.backup(table))
            # A role that the run withdrew comes back whole; of all else only what it changed.
            wanted = target.types[table] if table == "UserRole" else names
            former[table] = tuple(name for name in backup.collect_schema().names() if name in wanted)
            _stage(run, target, table, backup.select(former[table]), f"former_{table}", rows=written)
        if written:
            _find(target, table, names, references, was_changed=table in former)
    return Ours(columns, former, references)


def temporary(kind: str, table: str, /) -> str:
    """The temporary table of a V2 table, for SQL."""
    return f"pg_temp.{quoted(f'{kind}_{table}')}"


def listed(columns: Sequence[str], /, *, of: str | None = None) -> str:
    """Columns for SQL."""
    return ", ".join(f"{of}.{quoted(name)}" if of else quoted(name) for name in columns)


def same_key(table: str, one: str, other: str, /) -> str:
    """That two rows of a V2 table are one and the same, by its key, in SQL."""
    return " AND ".join(f"{one}.{quoted(name)} = {other}.{quoted(name)}" for name in PRIMARY_KEYS[table])


def differs(target: Target, table: str, columns: Sequence[str], one: str, other: str, /) -> str:
    """That two rows of a V2 table differ in some of the columns, in SQL."""
    types = target.types[table]
    # Of all types that V2 may have, only json knows no equality.
    casts = {name: "::text" if types[name] == "json" else "" for name in columns if name not in PRIMARY_KEYS[table]}
    cells = [f"{one}.{quoted(name)}{cast} IS DISTINCT FROM {other}.{quoted(name)}{cast}" for name, cast in casts.items()]
    return f"({' OR '.join(cells)})" if cells else "false"


def quoted(identifier: str, /) -> str:
    """An identifier for SQL."""
    return '"' + identifier.replace('"', '""') + '"'


def _references(target: Target) -> tuple[Reference, ...]:
    """All that leads to a row that the migration may have written, by V2's catalogue, and by the mapping where V2 lost a key."""
    schema = target.database.schema
    found = {
        Reference(
            f"{quoted(child_schema)}.{quoted(child)}",
            child if child_schema == schema and child in V2_TABLES else None,
            tuple(columns),
            parent,
            tuple(parent_columns),
        )
        for child_schema, child, columns, parent, parent_columns in target.query(REFERENCES).iter_rows()
        if parent in V2_TABLES
    }
    mapped = {Reference(target.database.table(key.table), key.table, (key.column,), key.parent_table, ("id",)) for key in FOREIGN_KEYS}
    return tuple(sorted((found | {key for key in mapped if key.parent in V2_TABLES}), key=lambda key: (key.parent, key.child, key.columns)))


def _stage(
    run: Run, target: Target, table: str, frame: pl.LazyFrame, name: str, *, rows: int, advance: Advance | None = None
) -> None:  # fmt: skip
    """Makes a temporary table like some columns of a V2 table, and copies the run's rows there, slice by slice."""
    columns = listed(frame.collect_schema().names())
    target.execute(
        f"CREATE TEMPORARY TABLE {quoted(name)} ON COMMIT DROP AS SELECT {columns} FROM {target.database.table(table)} WHERE false"
    )
    for part in slices(rows, slice_rows=run.settings.migration_batch_size):
        piece = frame.filter(part.holds(PRIMARY_KEYS[table][0])).collect()
        if not piece.is_empty():
            target.copy(piece, table, schema="pg_temp", name=name)
        if advance:
            advance(piece.height)
    target.execute(f"ANALYZE pg_temp.{quoted(name)}")


def _find(target: Target, table: str, columns: Sequence[str], references: Sequence[Reference], *, was_changed: bool) -> None:
    """Makes `ours_<Table>`."""
    needed = dict.fromkeys(PRIMARY_KEYS[table])
    for reference in references:
        needed |= dict.fromkeys(reference.columns if reference.table == table else ())
        needed |= dict.fromkeys(reference.parent_columns if reference.parent == table else ())
    key = quoted(PRIMARY_KEYS[table][0])
    former = f"LEFT JOIN {temporary('former', table)} AS former ON {same_key(table, 'former', 'held')}" if was_changed else ""
    was_there = f"former.{key} IS NOT NULL" if was_changed else "false"
    is_restored = f"{was_there} AND NOT {differs(target, table, columns, 'held', 'former')}" if was_changed else "false"
    target.execute(
        f"CREATE TEMPORARY TABLE {quoted(f'ours_{table}')} ON COMMIT DROP AS SELECT {listed(list(needed), of='held')}, "
        f"{was_there} AS was_there, CASE WHEN {differs(target, table, columns, 'held', 'meant')} THEN 'edited' END::text AS stays "
        f"FROM {target.database.table(table)} AS held JOIN {temporary('meant', table)} AS meant ON {same_key(table, 'held', 'meant')} "
        f"{former} WHERE NOT ({is_restored})"
    )
    target.execute(f"CREATE INDEX ON {temporary('ours', table)} ({listed(PRIMARY_KEYS[table])})")
    target.execute(f"ANALYZE {temporary('ours', table)}")
