"""updates/*.parquet ══▶ V2, for what may be there already: into a staging table, and from there over V2's rows or beside them.

```
updates ══COPY══▶ staged_<Table> ─┬─ V2 holds the key ──────▶ backup/<Table>.parquet, then UPDATE of what differs
                                  ├─ it does not ───────────▶ INSERT: a role, an address, an enrolment, a link
                                  └─ V2 has one of its own ─▶ left to V2
```

All in the run's transaction: a row that was edited since the run began stops it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import polars as pl

from checks.relations import PRIMARY_KEYS, UNIQUE_KEYS
from pipeline.errors import LoadError
from pipeline.postgres.ledger import ROW_TYPES
from pipeline.run import Run
from pipeline.stages.target import Target

JOINING: Final = ("UserRole", "Address", "Enrollment", "TeacherClass", "TeacherSubject", "StudentParent", "ParentSchool")
"""The tables whose rows may join an owner that V2 has. A row of another table that V2 lost was deleted on purpose."""

WITHDRAWN: Final = 'pg_temp."withdrawn_UserRole"'
"""The staging table of the roles to remove, for SQL."""

LEFT_ALONE: Final = {"User": ("passwordHash", "mustChangePassword")}
"""V2 table → columns in which null means: as V2 has it."""

READ_AS: Final = {"boolean": "boolean", "date": "date", "text[]": "text[]", "integer": "int4"}
"""The type of a V2 column → the type it is read back as; timestamps as timestamps, all others as text."""


def update(run: Run, target: Target, table: str, parts: list[Path], /) -> int:
    """Brings a table up to date with the rows of V1 rows that changed; gives how many there are.

    Raises:
        LoadError: A row was edited or deleted in V2 since the run began, or V2 refused one.
    """
    rows = pl.read_parquet(parts)
    columns, key = rows.columns, PRIMARY_KEYS[table]
    staged = _stage(target, table, rows, of=target.database.table(table))
    same_key = _equal(key)
    backup = target.query(
        f"SELECT {selected(target, table, prefix='held')} FROM {target.database.table(table)} AS held JOIN {staged} AS staged ON {same_key}"
    )
    _add_backup(run, table, backup)
    if table not in JOINING:
        _require_as_planned(run, table, backup, rows=rows.height)
    others = [name for name in columns if name not in key]
    if others and not backup.is_empty():
        new = {name: _new_value(table, name) for name in others}
        values = ", ".join(f'"{name}" = {value}' for name, value in new.items())
        differs = " OR ".join(f'held."{name}"::text IS DISTINCT FROM ({value})::text' for name, value in new.items())
        target.execute(
            f"UPDATE {target.database.table(table)} AS held SET {values} FROM {staged} AS staged WHERE {same_key} AND ({differs})"
        )
    if table in JOINING:
        _join(run, target, table, staged, columns)
    run.log.debug("rows brought up to date", table=table, rows=rows.height, held=backup.height)
    return rows.height


def withdraw(run: Run, target: Target, /) -> None:
    """Removes the roles that the migration wrote at schools that V1 no longer names for the person (mapping, section 10)."""
    roles = run.plan("withdrawn").select("id").collect()
    if roles.is_empty():
        return
    table = target.database.table("UserRole")
    staged = _stage(target, "UserRole", roles, of=table, staged=WITHDRAWN)
    is_withdrawn = f'"id" IN (SELECT "id" FROM {staged})'
    _add_backup(run, "UserRole", target.query(f"SELECT {selected(target, 'UserRole')} FROM {table} WHERE {is_withdrawn}"))
    target.execute(f"DELETE FROM {table} WHERE {is_withdrawn}")


def update_ledger(run: Run, target: Target, rows: pl.DataFrame, /) -> None:
    """Replaces the ledger's rows of V1 rows that changed."""
    if rows.is_empty():
        return
    staged = _stage(target, "row", rows, of='"migration"."row"')
    same_key = _equal(("v1_table", "v1_id"))
    columns = ", ".join(f'held."{name}"' for name in ROW_TYPES)
    _add_backup(run, "ledger", target.query(f'SELECT {columns} FROM "migration"."row" AS held JOIN {staged} AS staged ON {same_key}'))
    new = ", ".join(f'"{name}" = staged."{name}"' for name in rows.columns)
    target.execute(f'UPDATE "migration"."row" AS held SET {new} FROM {staged} AS staged WHERE {same_key}')


def updated(run: Run, table: str, /) -> pl.LazyFrame | None:
    """The rows that V2 holds after `update`, in columns of V2's; None where there are none."""
    parts = run.folder.parts("updates", table)
    if not parts:
        return None
    rows = pl.scan_parquet(parts)
    if left := run.facts["left_to_v2"].get(table):
        rows = rows.filter(~pl.col("id").is_in(left))
    backup = run.folder.backup(table)
    for name in LEFT_ALONE.get(table, ()):
        held = pl.scan_parquet(backup).select("id", pl.col(name).alias("held"))
        rows = rows.join(held, on="id", how="left").with_columns(pl.coalesce(name, "held").alias(name)).drop("held")
    return rows


def selected(target: Target, table: str, /, *, prefix: str | None = None) -> str:
    """All columns of a V2 table for a SELECT, each as a type that reads back what was written."""
    at = f"{prefix}." if prefix else ""
    return ", ".join(f'{at}"{name}"::{read_as(kind)} AS "{name}"' for name, kind in target.types[table].items())


def read_as(type_name: str, /) -> str:
    """The type that a column is read back as, for the name of its own."""
    return "timestamp" if type_name.startswith("timestamp") else READ_AS.get(type_name, "text")


def staged_name(table: str, /) -> str:
    """The staging table of a V2 table, for SQL; it ends with the transaction."""
    return f'pg_temp."staged_{table}"'


def _stage(target: Target, table: str, rows: pl.DataFrame, *, of: str, staged: str | None = None) -> str:
    """Makes a staging table like some columns of a table, fills it, and gives its name for SQL."""
    staged = staged or staged_name(table)
    columns = ", ".join(f'"{column}"' for column in rows.columns)
    plain = staged.removeprefix("pg_temp.")
    target.execute(f"CREATE TEMPORARY TABLE {plain} ON COMMIT DROP AS SELECT {columns} FROM {of} WHERE false")
    target.copy(rows, table, schema="pg_temp", name=plain.strip('"'))
    target.execute(f"ANALYZE {staged}")
    return staged


def _join(run: Run, target: Target, table: str, staged: str, columns: list[str]) -> None:
    """Inserts the staged rows that V2 does not hold, but for those in whose place it has one of its own making."""
    held = target.database.table(table)
    is_held = f"EXISTS (SELECT FROM {held} AS held WHERE {_equal(PRIMARY_KEYS[table])})"
    for unique in UNIQUE_KEYS:
        if unique.table == table and unique.columns != PRIMARY_KEYS[table]:
            is_taken = f"EXISTS (SELECT FROM {held} AS held WHERE {_equal(unique.columns)})"
            left = target.query(f'DELETE FROM {staged} AS staged WHERE NOT {is_held} AND {is_taken} RETURNING staged."id"::text AS "id"')
            run.facts["left_to_v2"][table] = run.facts["left_to_v2"].get(table, []) + left["id"].sort().to_list()
    names = ", ".join(f'"{name}"' for name in columns)
    target.execute(f"INSERT INTO {held} ({names}) SELECT {names} FROM {staged} AS staged WHERE NOT {is_held}")


def _require_as_planned(run: Run, table: str, backup: pl.DataFrame, *, rows: int) -> None:
    """Makes sure that nobody edited a row since the plan was made: V2's own edits are never overwritten."""
    before = run.before(table).collect()
    if "updatedAt" in before.columns:
        marks = before.select("id", planned=pl.col("updatedAt").cast(pl.Datetime("us")))
        moved = backup.select("id", pl.col("updatedAt").cast(pl.Datetime("us")).dt.truncate("1ms")).join(marks, on="id", how="left")
        edited = moved.filter(pl.col("updatedAt").ne_missing(pl.col("planned"))).height
    else:
        edited = 0
    if edited or backup.height != rows:
        raise LoadError(
            f"load of {table}: {edited or rows - backup.height} rows were edited or deleted in V2 since the run began.",
            next_step="V2 is as it was. Start a new run, which keeps those rows as they are.",
        )


def _add_backup(run: Run, table: str, rows: pl.DataFrame) -> None:
    path = run.folder.backup(table)
    if path.exists():
        rows = pl.concat([pl.read_parquet(path), rows])
    if not rows.is_empty():
        rows.write_parquet(path)


def _new_value(table: str, name: str) -> str:
    return f'coalesce(staged."{name}", held."{name}")' if name in LEFT_ALONE.get(table, ()) else f'staged."{name}"'


def _equal(columns: Sequence[str]) -> str:
    return " AND ".join(f'held."{name}" = staged."{name}"' for name in columns)
