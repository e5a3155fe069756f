"""v2/*.parquet, updates/*.parquet, backup/*.parquet ══▶ V2: takes back what a run wrote, in one transaction.

```
ours_<Table> ─┬─ stays ──────────────▶ kept, and listed
              ├─ was there before ───▶ restored from the backup
              └─ the run added it ───▶ deleted
roles that the run withdrew ─────────▶ inserted again, where the person was not edited since
ledger ──────────────────────────────▶ as before the run, but for the V1 rows of what stays
```
"""

from dataclasses import dataclass
from typing import Final

import polars as pl

from checks.relations import PRIMARY_KEYS
from pipeline.errors import VerificationError
from pipeline.operations.committed_run import IN_PART, standing
from pipeline.operations.ours import Ours, differs, find_ours, listed, quoted, same_key, temporary
from pipeline.operations.staying import settle
from pipeline.progress import Advance
from pipeline.run import Run
from pipeline.stages.target import Target
from pipeline.steps import V2_TABLES
from transforms.tables import departures

KEPT_SCHEMA: Final = pl.Schema({"table": pl.String(), "id": pl.String(), "reason": pl.String()})

DROP_EMPTY_LEDGER: Final = """
    DO $$
    BEGIN
        IF NOT EXISTS (SELECT FROM "migration"."row") AND NOT EXISTS (SELECT FROM "migration"."run") THEN
            DROP TABLE "migration"."row", "migration"."run";
            DROP SCHEMA "migration";
        END IF;
    EXCEPTION WHEN dependent_objects_still_exist OR insufficient_privilege THEN
        NULL;
    END
    $$
"""
"""So that V2 is as it was before the first run; what others keep in the schema keeps it, and with it the empty tables."""


@dataclass(frozen=True)
class TakingBack:
    """What is to be taken back, and what stays."""

    deleted: dict[str, int]
    """V2 table → rows that the run added, and that go."""
    restored: dict[str, int]
    """V2 table → rows that the run changed or withdrew, and that will be again as they were."""
    kept: pl.DataFrame
    """What stays as it is: `table`, `id` (of a link both, joined by a colon), `reason`; by table and id."""
    returned: int
    """How many of the restored rows are roles that the run had withdrawn."""
    ours: Ours
    others_before: dict[str, int]
    """Tables that the migration does not write, and from which a foreign key leads to those that it does: name for SQL → rows."""

    @property
    def rows(self) -> int:
        """How many rows of V2 change."""
        return sum(self.deleted.values()) + sum(self.restored.values())


def plan_rollback(run: Run, target: Target, advance: Advance, /) -> TakingBack:
    """Finds out what can be taken back. V2 is only read, and temporary tables are written.

    Args:
        run: One that was committed to this V2.
        target: The transaction in which it is to be taken back.
        advance: Called with the number of the run's rows that were looked at.

    Raises:
        DatabaseError: A table that refers to V2's cannot be read, so nobody knows what hangs on a row.
    """
    target.execute("SET LOCAL idle_in_transaction_session_timeout = 0")  # somebody may have to think before they confirm
    target.execute("SET LOCAL row_security = off")  # a row that is hidden from us must be an error, not a row that nobody refers to
    ours = find_ours(run, target, advance)
    settle(run, target, ours)
    kept = [_kept(target, table) for table in ours.tables]
    returned = 0
    if "UserRole" in ours.former:
        kept.append(_stage_returning(run, target, ours))
        returned = _count(target, temporary("returning", "UserRole"))
    counts = {table: _counts(target, table) for table in ours.tables}
    restored = {table: rows for table, (_, rows) in counts.items()}
    if returned:
        restored["UserRole"] = restored.get("UserRole", 0) + returned
    others = {reference.child for reference in ours.references if reference.table is None}
    return TakingBack(
        {table: rows for table, (rows, _) in counts.items() if rows},
        {table: rows for table, rows in restored.items() if rows},
        pl.concat([pl.DataFrame(schema=KEPT_SCHEMA), *kept]),
        returned,
        ours,
        {name: _count(target, name) for name in sorted(others)},
    )


def take_back(run: Run, target: Target, planned: TakingBack, advance: Advance, /) -> None:
    """Takes back what was planned, rows and ledger, and makes sure that nothing else went. The transaction is not committed.

    Raises:
        LoadError: V2 refused a statement, or a row was written to since the transaction began.
        VerificationError: V2 does not hold what it should.
    """
    ours = planned.ours
    for table in (table for table in ours.tables if planned.restored.get(table)):
        _restore(target, ours, table)
    if planned.returned:
        names = listed(ours.former["UserRole"])
        returning = f"SELECT {names} FROM {temporary('returning', 'UserRole')}"
        target.execute(f"INSERT INTO {target.database.table('UserRole')} ({names}) {returning}")
    advance(sum(planned.restored.values()))
    for table in reversed(ours.tables):
        target.execute(
            f"DELETE FROM {target.database.table(table)} AS held USING {temporary('ours', table)} AS ours "
            f"WHERE {same_key(table, 'held', 'ours')} AND ours.stays IS NULL AND NOT ours.was_there"
        )
        advance(planned.deleted.get(table, 0))
    target.execute("SET CONSTRAINTS ALL IMMEDIATE")
    _require_taken_back(target, planned)
    _take_back_ledger(run, target, planned.kept)


def _stage_returning(run: Run, target: Target, ours: Ours) -> pl.DataFrame:
    """Makes `returning_UserRole`: the roles that the run withdrew and that can be given back; gives those that stay withdrawn.

    A role stays withdrawn where its person stays as the run left them. One that V2 has given back itself, or whose person or school
    is gone, is nobody's any more.
    """
    held = target.database.table("UserRole")
    target.execute(f'CREATE TEMPORARY TABLE "withdrawn_UserRole" ON COMMIT DROP AS SELECT "id" FROM {held} WHERE false')
    withdrawn = run.plan("withdrawn").select("id").unique().collect()
    target.copy(withdrawn, "UserRole", schema="pg_temp", name="withdrawn_UserRole")
    same_grant = " AND ".join(f'held."{name}" = former."{name}"' for name in ("userId", "roleId", "schoolId"))
    parents = (("User", "userId"), ("Role", "roleId"), ("School", "schoolId"))
    there = " AND ".join(
        f'EXISTS (SELECT FROM {target.database.table(parent)} AS parent WHERE parent."id" = former."{column}")'
        for parent, column in parents
    )
    gone = (
        f'FROM {temporary("former", "UserRole")} AS former WHERE "id" IN (SELECT "id" FROM {temporary("withdrawn", "UserRole")}) '
        f'AND NOT EXISTS (SELECT FROM {held} AS held WHERE held."id" = former."id" OR ({same_grant})) AND {there}'
    )
    staying = f'SELECT "id" FROM {temporary("ours", "User")} WHERE stays IS NOT NULL'
    stays = f'"userId" IN ({staying})' if "User" in ours.tables else "false"
    target.execute(f'CREATE TEMPORARY TABLE "returning_UserRole" ON COMMIT DROP AS SELECT former.* {gone} AND NOT {stays}')
    return target.query(f'SELECT \'UserRole\' AS "table", "id"::text AS "id", \'belongs\' AS reason {gone} AND {stays} ORDER BY "id"').cast(
        KEPT_SCHEMA
    )


def _kept(target: Target, table: str) -> pl.DataFrame:
    key = " || ':' || ".join(f"{quoted(name)}::text" for name in PRIMARY_KEYS[table])
    return target.query(
        f'SELECT \'{table}\' AS "table", {key} AS "id", stays AS reason FROM {temporary("ours", table)} WHERE stays IS NOT NULL ORDER BY 2'
    ).cast(KEPT_SCHEMA)


def _counts(target: Target, table: str) -> tuple[int, int]:
    """How many rows of a table are to be deleted, and how many restored."""
    counted = target.query(
        "SELECT count(*) FILTER (WHERE NOT was_there) AS deleted, count(*) FILTER (WHERE was_there) AS restored "
        f"FROM {temporary('ours', table)} WHERE stays IS NULL"
    )
    return int(counted["deleted"].item()), int(counted["restored"].item())


def _restore(target: Target, ours: Ours, table: str) -> None:
    names = [name for name in ours.columns[table] if name not in PRIMARY_KEYS[table]]
    former = ", ".join(f"{quoted(name)} = former.{quoted(name)}" for name in names)
    target.execute(f"UPDATE {target.database.table(table)} AS held SET {former} {_restored(table)} AND {same_key(table, 'held', 'former')}")


def _restored(table: str) -> str:
    return (
        f"FROM {temporary('former', table)} AS former JOIN {temporary('ours', table)} AS ours ON {same_key(table, 'former', 'ours')} "
        "WHERE ours.stays IS NULL"
    )


def _require_taken_back(target: Target, planned: TakingBack) -> None:
    """Makes sure that what was planned happened, and nothing more: no cascade, no trigger took a row that was not meant."""
    differences = {}
    for table in V2_TABLES:
        before = target.rows_before[table]
        returned = planned.returned if table == "UserRole" else 0
        differences[f"{table} rows"] = abs(target.count(table) - (before - planned.deleted.get(table, 0) + returned))
    for name, before in planned.others_before.items():
        differences[f"{name} rows"] = abs(_count(target, name) - before)
    for table in (table for table in planned.ours.former if table in planned.ours.tables):
        held, is_same = target.database.table(table), same_key(table, "held", "former")
        is_other = differs(target, table, planned.ours.columns[table], "held", "former")
        differences[f"{table} restored"] = _count(
            target,
            f"(SELECT former.* {_restored(table)} AND NOT EXISTS (SELECT FROM {held} AS held WHERE {is_same} AND NOT {is_other})) AS lost",
        )
    if found := {place: rows for place, rows in differences.items() if rows}:
        listing = ", ".join(f"{place} ({rows})" for place, rows in found.items())
        raise VerificationError(
            f"rollback: V2 does not hold what it should: {listing}.",
            next_step="Nothing was taken back. Usual causes: a trigger or rule that changes or deletes rows.",
        )


def _take_back_ledger(run: Run, target: Target, kept: pl.DataFrame) -> None:
    """Puts the ledger back, but for the V1 rows whose V2 rows stay; the run's own row goes if nothing stays."""
    is_ours = f"\"run_id\" = '{run.folder.run_id}'"
    rows = target.query(f'SELECT "v1_table", "v1_id", "digest" FROM "migration"."row" WHERE {is_ours}')
    same_row = 'staying."v1_table" = held."v1_table" AND staying."v1_id" = held."v1_id"'
    target.execute('CREATE TEMPORARY TABLE "staying_row" ON COMMIT DROP AS SELECT "v1_table", "v1_id" FROM "migration"."row" WHERE false')
    staying = _staying(run, rows, kept)
    if not staying.is_empty():
        target.copy(staying, "row", schema="pg_temp", name="staying_row")
    stays = f'EXISTS (SELECT FROM pg_temp."staying_row" AS staying WHERE {same_row})'
    target.execute(f'DELETE FROM "migration"."row" AS held WHERE {is_ours} AND NOT {stays}')
    backup = run.folder.backup("ledger")
    if backup.exists():
        former = pl.read_parquet(backup)
        names = listed(former.columns)
        target.execute(f'CREATE TEMPORARY TABLE "former_row" ON COMMIT DROP AS SELECT {names} FROM "migration"."row" WHERE false')
        target.copy(former, "row", schema="pg_temp", name="former_row")
        is_there = 'held."v1_table" = former."v1_table" AND held."v1_id" = former."v1_id"'
        target.execute(
            f'INSERT INTO "migration"."row" ({names}) SELECT {names} FROM pg_temp."former_row" AS former '
            f'WHERE NOT EXISTS (SELECT FROM "migration"."row" AS held WHERE {is_there})'
        )
    of_run = f"\"id\" = '{run.folder.run_id}'"
    if kept.is_empty():
        target.execute(f'DELETE FROM "migration"."run" WHERE {of_run}')
        target.execute(DROP_EMPTY_LEDGER)
    else:
        target.execute(f'UPDATE "migration"."run" SET "state" = \'{IN_PART}\' WHERE {of_run}')


def _staying(run: Run, ledger_rows: pl.DataFrame, kept: pl.DataFrame) -> pl.DataFrame:
    """The rows of the ledger that stay: `v1_table`, `v1_id`; with any of them the notes, which tell of earlier runs."""
    if kept.is_empty():
        return ledger_rows.select("v1_table", "v1_id").clear()
    notes = ledger_rows.filter(pl.col("digest") == departures.NOTE).select("v1_table", "v1_id")
    frames = [notes]
    for table, rows in standing(run, ledger_rows.lazy()).items():
        ids = kept.lazy().filter(pl.col("table") == table).select("id")
        keyed = rows.select("v1_table", "v1_id", id=pl.concat_str(PRIMARY_KEYS[table], separator=":"))
        frames.append(keyed.join(ids, on="id", how="semi").select("v1_table", "v1_id").collect())
    return pl.concat(frames).unique()


def _count(target: Target, rows: str) -> int:
    """How many rows a table, or a query with a name, has."""
    return int(target.query(f"SELECT count(*) AS rows FROM {rows}").item())
