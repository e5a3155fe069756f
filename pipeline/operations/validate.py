"""V2 as it is now ══ against ══ what a run wrote: every cell of every row, keys, and logins of the handover. Read only.

```
edited since  `updatedAt` is not what the run wrote, of the row or, where it has none, of its owner; or a later run wrote it again
differs       cells differ, and nothing tells of an edit: somebody wrote past the application, or something is broken
missing       the run wrote the row, and V2 does not hold it
extra         V2 holds a row that no run wrote, and that was not there before this one
```
"""

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

import bcrypt
import polars as pl

from checks.relations import FOREIGN_KEYS, PRIMARY_KEYS, ForeignKey
from pipeline.errors import SchemaError
from pipeline.operations.committed_run import later_keys, meant
from pipeline.operations.differences import Differences
from pipeline.postgres.catalogue import column_types
from pipeline.postgres.connect import Database, bulk_connected, connected
from pipeline.progress import Advance
from pipeline.run import Run
from pipeline.stages.keys import broken_keys
from pipeline.stages.slices import Slice, slices
from pipeline.stages.staging import read_as
from pipeline.stages.target import Target
from pipeline.steps import V2_TABLES

TRIED_LOGINS: Final = 20
"""How many passwords of the handover are tried against the hashes that V2 holds."""

USER_ID: Final = "^[0-9a-f-]{36}$"
"""What the handover calls a user; people open that file, so what it says is not trusted."""

MARK: Final = "updatedAt"

MARKED: Final = ("School", "User", "Class", "Teacher", "Parent", "Student")
"""The tables with a mark of later edits; a row of another follows its owners, which stand before it in the order of the tables."""

OWNERS: Final = {
    table: tuple(
        key
        for key in FOREIGN_KEYS
        if key.table == table and key.parent_table in MARKED and (key.table, key.column) != ("UserRole", "schoolId")
    )
    for table in V2_TABLES
    if table not in MARKED
}
"""V2 table without a mark → the keys that lead to its owners."""


@contextmanager
def reading(v2: Database, /) -> Iterator[Target]:
    """V2 at one instant, only ever read.

    Raises:
        ConnectionFailedError, DatabaseError: V2 cannot be reached, or refuses to be read.
    """
    with connected(v2, read_only=True) as connection:
        types = {table: column_types(connection, v2.table(table)) for table in V2_TABLES}
    with bulk_connected(v2) as bulk, ThreadPoolExecutor(1) as worker:
        target = Target(v2, bulk, worker, types, rows_before={})
        target.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        target.rows_before.update({table: target.count(table) for table in V2_TABLES})
        yield target


def compare(run: Run, target: Target, found: Differences, advance: Advance, /) -> None:
    """Compares V2 with all that a run wrote.

    Args:
        run: One that was committed to this V2.
        target: V2 as it is now.
        found: Takes what differs.
        advance: Called with the number of V2's rows that were looked at.

    Raises:
        SchemaError: V2 has lost a column that the run wrote.
    """
    edited: dict[str, pl.DataFrame] = {}
    later = later_keys(run, target)
    for table in V2_TABLES:
        expected = meant(run, table)
        moved = [pl.DataFrame(schema=dict.fromkeys(PRIMARY_KEYS[table], pl.String))]
        for part in slices(
            max(run.facts["written"].get(table, 0), target.rows_before[table]), slice_rows=run.settings.migration_batch_size
        ):
            is_within = part.holds(PRIMARY_KEYS[table][0])
            rows, again = expected.filter(is_within).collect(), later[table].filter(is_within).unique().collect()
            held = _held(target, table, rows, part)
            moved += [again, _moved(run, table, rows, held, part)]
            edited[table] = pl.concat(moved)
            _compare_rows(table, rows, held, edited, found)
            found.add(table, "extra", _extra(run, table, held.join(again, on=again.columns, how="anti"), rows, part))
            advance(held.height)
    for key, broken in broken_keys(target):
        found.keys[key] = broken
    _try_logins(run, target, edited["User"], found)


def _held(target: Target, table: str, rows: pl.DataFrame, part: Slice) -> pl.DataFrame:
    """What V2 holds in a slice, in the columns and dtypes of the run's rows."""
    types = target.types[table]
    if lost := [name for name in rows.columns if name not in types]:
        raise SchemaError(
            f"{target.database.place}: {table} has lost {', '.join(lost)}, which the run wrote.",
            next_step="V2's schema has changed since; what the run wrote there cannot be compared any more.",
        )
    shown = ", ".join(f'"{name}"::{read_as(types[name])} AS "{name}"' for name in rows.columns)
    condition = part.condition(PRIMARY_KEYS[table][0])
    held = target.query(f"SELECT {shown} FROM {target.database.table(table)} WHERE {condition}")
    return held.with_columns(pl.col(name).cast(dtype, strict=False) for name, dtype in rows.schema.items())


def _moved(run: Run, table: str, rows: pl.DataFrame, held: pl.DataFrame, part: Slice) -> pl.DataFrame:
    """The ids of V2's rows in a slice whose mark is not what the run left, in rows that it wrote or only found there."""
    if table not in MARKED:
        return held.select(PRIMARY_KEYS[table]).clear()
    written = rows.select("id", pl.col(MARK).cast(pl.Datetime("us")))
    before = run.before(table).filter(part.holds("id")).select("id", pl.col(MARK).cast(pl.Datetime("us"))).collect()
    left = pl.concat([written, before.join(written, on="id", how="anti")]).rename({MARK: "left"})
    marks = held.select("id", pl.col(MARK).cast(pl.Datetime("us")).dt.truncate("1ms")).join(left, on="id")
    return marks.filter(pl.col(MARK).ne_missing(pl.col("left"))).select("id")


def _compare_rows(table: str, rows: pl.DataFrame, held: pl.DataFrame, edited: dict[str, pl.DataFrame], found: Differences) -> None:
    """Tells what is missing, and which cells differ, of the run's rows in a slice."""
    key = list(PRIMARY_KEYS[table])
    columns = [name for name in rows.columns if name not in key]
    now = held.select(*key, pl.col(columns).name.suffix(" in V2"))
    both = rows.join(now, on=key, how="inner")
    found.rows += rows.height
    found.cells += rows.height * rows.width
    found.add(table, "missing", rows.join(now, on=key, how="anti"))
    different = {name: pl.col(name).ne_missing(pl.col(f"{name} in V2")) for name in columns}
    changed = both.filter(pl.any_horizontal(pl.lit(value=False), *different.values()))
    is_edited = _is_edited(table, changed, edited)
    for name, differs in different.items():
        found.add(table, "edited since", changed.filter(is_edited & differs), column=name)
        found.add(table, "differs", changed.filter(~is_edited & differs), column=name)


def _is_edited(table: str, rows: pl.DataFrame, edited: dict[str, pl.DataFrame]) -> pl.Series:
    """Which rows were edited since, they or their owners."""
    own = list(PRIMARY_KEYS[table])
    marks = [_is_in(rows.select(own), edited[table])]
    marks += [_is_in(rows.select(id=key.column), edited[key.parent_table]) for key in OWNERS.get(table, ())]
    return pl.select(pl.any_horizontal(marks)).to_series()


def _is_in(keys: pl.DataFrame, known: pl.DataFrame) -> pl.Series:
    marked = keys.join(known.unique().with_columns(is_known=pl.lit(value=True)), on=keys.columns, how="left", maintain_order="left")
    return marked["is_known"].fill_null(value=False)


def _extra(run: Run, table: str, held: pl.DataFrame, rows: pl.DataFrame, part: Slice) -> pl.DataFrame:
    """V2's rows in a slice that no run wrote and that were not there before this one, as far as its files can tell.

    Which roles, addresses and enrolments were there is not in the files; if there were any, only those of owners whom the run added
    can be told.
    """
    key = list(PRIMARY_KEYS[table])
    others = held.join(rows, on=key, how="anti")
    if run.folder.before(table).exists():
        before = run.before(table).filter(part.holds(key[0])).select(key).collect()
        return others.join(before, on=key, how="anti")
    if run.facts.get("rows_before", {}).get(table) == 0 or others.is_empty():
        return others
    return others.filter(pl.any_horizontal(_is_in(others.select(id=owner.column), _added(run, owner)) for owner in OWNERS[table]))


def _added(run: Run, owner: ForeignKey) -> pl.DataFrame:
    return run.v2(owner.parent_table).select("id").collect()


def _try_logins(run: Run, target: Target, edited: pl.DataFrame, found: Differences) -> None:
    """Tries some passwords of the handover, if it is there and not encrypted, as V2's sign-in would."""
    handover = run.folder.path / "handover"
    parts = sorted(handover.glob("part-*.csv"))
    if not parts:
        found.logins_note = "the handover is encrypted" if any(handover.glob("part-*.csv.age")) else "there is no handover file"
        return
    chance = secrets.SystemRandom()
    try:
        read = [pl.read_csv(part, infer_schema=False) for part in chance.sample(parts, min(TRIED_LOGINS, len(parts)))]
        offered = (
            pl.concat(frame.select("user_id", "password") for frame in read).filter(pl.col("user_id").str.contains(USER_ID)).drop_nulls()
        )
    except pl.exceptions.PolarsError:
        found.logins_note = "the handover was changed, and cannot be read"
        return
    users = offered[chance.sample(range(offered.height), min(TRIED_LOGINS, offered.height))]
    ids = ", ".join(f"'{user}'" for user in users["user_id"]) or "NULL"
    held = target.query(
        f'SELECT "id"::text AS "id", "passwordHash"::text AS "hash" FROM {target.database.table("User")} WHERE "id"::text IN ({ids})'
    )
    tried = users.join(held, left_on="user_id", right_on="id").join(edited, left_on="user_id", right_on="id", how="anti")
    found.logins = tried.height
    # bcrypt judges one password at a time; there are few.
    fits = [_fits(password, stored) for password, stored in tried.select("password", "hash").iter_rows()]
    found.add("User", "login fails", tried.select(id="user_id").filter(~pl.Series(fits, dtype=pl.Boolean)))


def _fits(password: str, stored: str) -> bool:
    try:
        return bcrypt.checkpw(password.encode(), stored.encode())
    except ValueError:  # no bcrypt hash
        return False
