"""V1 ══▶ v1/*.parquet: every table, all at one instant; and what of V2 the plan must respect ══▶ before/*.parquet."""

from typing import Final

import pyarrow as pa
from psycopg import sql

from checks.relations import PRIMARY_KEYS
from pipeline.errors import DatabaseError, MigratorError, SchemaError
from pipeline.postgres import ledger
from pipeline.postgres.connect import Database, mapped_errors
from pipeline.postgres.schema import expected_columns, missing_objects, packaged_sql
from pipeline.postgres.snapshot import Snapshot, exported
from pipeline.postgres.tables import Table
from pipeline.postgres.tables import tables as tables_of
from pipeline.progress import Advance
from pipeline.run import Run
from pipeline.selection import evaluation_errors_mapped
from pipeline.stages.parquet import in_parts, write_stream
from pipeline.stages.setup import missing_reference, missing_schema
from pipeline.stages.unchanged import state_query, take_over
from pipeline.steps import V2_TABLES

READ_AS: Final = {
    "integer": "{}::int8",
    "jsonb": "{}::text",
    "numeric(12,2)": "{}::text",
    # PostgreSQL's calendar ends after Arrow's; what is beyond is beyond every plausible year.
    "timestamp(3) without time zone": "CASE WHEN {0}::timestamp > '262142-12-31' THEN 'infinity' ELSE {0}::timestamp(3) END",
    "text[]": "CASE WHEN array_ndims({0}) > 1 THEN ARRAY(SELECT unnest({0}))::text[] ELSE {0}::text[] END",
    "boolean": "{}::boolean",
}
"""The type of a V1 column → how it is read; all others as text. JSON and numerics are exact as text, NaN included."""

BEFORE: Final = {
    "UserType": ("id", "code"),
    "Role": ("id", "code"),
    "Curriculum": ("id", "code", "name"),
    "ClassLevel": ("id", "code"),
    "SubjectCategory": ("id", "code", "name"),
    "Subject": ("id", "code", "name", "schoolId"),
    "School": ("id", "code", "updatedAt"),
    "Class": ("id", "updatedAt"),
    "User": ("id", "email", "phone", "updatedAt"),
    "Teacher": ("id", "updatedAt"),
    "Parent": ("id", "updatedAt"),
    "Student": ("id", "schoolId", "admissionNo", "updatedAt"),
    "TeacherClass": (*PRIMARY_KEYS["TeacherClass"], "isClassTeacher"),
    "TeacherSubject": PRIMARY_KEYS["TeacherSubject"],
    "StudentParent": (*PRIMARY_KEYS["StudentParent"], "relationship", "isPrimary"),
    "ParentSchool": PRIMARY_KEYS["ParentSchool"],
}
"""V2 table → the columns that the plan must know: reference rows, ids that are there, values that are taken, marks of later edits."""

JUDGING: Final = ("UserType", "Role", "Curriculum", "ClassLevel", "SubjectCategory", "Subject", "School")
"""Those of them whose rows a row of V1 may be rejected or merged for. They are small."""

BEFORE_AS: Final = {
    "updatedAt": "date_trunc('milliseconds', {}::timestamp)",
    "isClassTeacher": "{}::boolean",
    "isPrimary": "{}::boolean",
}
"""How a column of V2 is read; all others as text."""

HAS_KEY: Final = """
    SELECT EXISTS (
        SELECT FROM pg_index AS key JOIN pg_attribute AS attribute ON attribute.attrelid = key.indrelid AND attribute.attname = 'id'
        WHERE key.indrelid = %s::regclass AND key.indisunique AND key.indnkeyatts = 1 AND key.indkey[0] = attribute.attnum
          AND key.indpred IS NULL
    )
"""
"""Whether a table has a unique key on its column id."""

NAMES_SHOWN: Final = 12
"""How many missing things an error lists."""

STREAM_ROWS: Final = 65_536
"""Rows that come over the wire at once; a part is made of many."""


def extract(run: Run, v1: Database, v2: Database, /) -> None:
    """Reads all of V1 at one snapshot, and V2's state at another, into the run's folder; of V2 not much if V1 is unchanged.

    Raises:
        SchemaError: A table or column of V1, or of V2, or V2's reference data is missing.
        ConnectionFailedError, DatabaseError: A database cannot be reached, or refuses to be read.
    """
    run.folder.clear("v1", "before", "plan", "v2", "updates", "records")
    with exported(v1) as source, exported(v2) as target:
        with mapped_errors(v1):
            _require_v1(source)
        _require_v2(target)
        _select(run, source)
        run.facts["latest_run"] = ledger.latest_run(target.connection)
        run.facts["snapshot"] = {"id": source.id, "taken_at": f"{source.taken_at.isoformat(timespec='milliseconds')}Z"}
        tables = expected_columns(packaged_sql("v1"))
        with mapped_errors(v1):
            run.facts["read"] = counts = {table: _count(source, table) for table in tables}
            described = {table.name: table for table in tables_of(source.connection)}
        with run.stage("extract", total=sum(counts.values())) as advance:
            for table in JUDGING:
                _extract_before(run, target, table)
            for table, columns in tables.items():
                rows = _extract_table(run, source, table, columns, advance, described.get(table))
                if rows != counts[table]:
                    raise MigratorError(
                        f"extract: {rows} rows of V1's {table} came, {counts[table]} are there.",
                        next_step="Nothing was written. Start the run again; if this comes back, report it.",
                    )
            if take_over(run, state=_state(target)):
                return
            for table in (table for table in BEFORE if table not in JUDGING):
                _extract_before(run, target, table)
            query = ledger.rows_query(target.connection)
            write_stream(run.folder.before("ledger"), target.stream(query, batch_rows=STREAM_ROWS), compression="lz4")


def _select(run: Run, source: Snapshot) -> None:
    """Writes the ids of the rows that the run's filter selects: for every table that it is about."""
    for table in expected_columns(packaged_sql("v1")):
        condition = run.selection.sql(table, now=run.started_at)
        if condition is not None:
            rows = f"FROM {source.database.table(table)} WHERE {condition}"
            with mapped_errors(source.database), evaluation_errors_mapped(table):
                source.connection.execute(f"SELECT count(*) {rows}".encode())
            write_stream(run.folder.selected(table), source.stream(f'SELECT "id"::int8 AS "id" {rows}', batch_rows=STREAM_ROWS))


def _extract_table(
    run: Run, source: Snapshot, table: str, columns: dict[str, str], advance: Advance, described: Table | None
) -> int:  # fmt: skip
    """Writes a table's parts, in the order of its key; gives its rows. V1's comments and types are metadata, but for those of a view."""
    selected = ", ".join(READ_AS.get(kind, "{}::text").format(f'"{name}"') + f' AS "{name}"' for name, kind in columns.items())
    key = '"id"' if "id" in columns else '"A", "B"'
    query = f"SELECT {selected} FROM {source.database.table(table)} ORDER BY {key}"
    part_rows = run.settings.migration_batch_size
    read = source.stream(query, batch_rows=min(STREAM_ROWS, part_rows))
    batches = (pa.RecordBatch.from_arrays(batch.columns, schema=described.annotated(batch.schema)) for batch in read) if described else read
    rows = 0
    for number, part in enumerate(in_parts(batches, part_rows)):
        rows += write_stream(run.folder.part("v1", table, number), part, advance)
        run.log.debug("part read", table=table, part=number, rows_so_far=rows)
    return rows


def _extract_before(run: Run, target: Snapshot, table: str) -> None:
    """Writes what the plan must know of a V2 table."""
    query = f"SELECT {_listed(BEFORE[table])} FROM {target.database.table(table)}"
    write_stream(run.folder.before(table), target.stream(query, batch_rows=STREAM_ROWS), compression="lz4")


def _state(target: Snapshot) -> str | None:
    if not ledger.is_there(target.connection):
        return None
    row = target.connection.execute(state_query(target.database.table).encode()).fetchone()
    return str(row[0]) if row else None


def _count(source: Snapshot, table: str) -> int:
    row = source.connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(source.database.schema, table))).fetchone()
    return int(row[0]) if row else 0


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(BEFORE_AS.get(name, "{}::text").format(f'"{name}"') + f' AS "{name}"' for name in names)


def _require_v1(source: Snapshot) -> None:
    missing = [name for name in missing_objects(source.connection, packaged_sql("v1")) if not name.startswith("enum ")]
    if missing:
        raise SchemaError(
            f"{source.database.place} lacks what the migration reads: {_some(missing)}.",
            next_step="Is this the V1 database, and is the schema in the URL (?schema=) the right one?",
        )
    tables = expected_columns(packaged_sql("v1"))
    _require_rights(source, "SELECT", list(tables))
    _require_all_rows_shown(source, list(tables))
    keyless = [
        table
        for table, columns in tables.items()
        if "id" in columns and not source.connection.execute(HAS_KEY, [source.database.table(table)]).fetchone()[0]  # type: ignore[index]  # a row always
    ]
    if keyless:
        raise SchemaError(
            f"{source.database.place} has no unique key on id in {_some(keyless)}.",
            next_step="The migration tells rows apart by their id: give each table its primary key back.",
        )


def _require_v2(target: Snapshot) -> None:
    if missing := missing_schema(target.connection):
        raise SchemaError(
            f"{target.database.place} lacks tables or columns: {_some(missing)}.",
            next_step="On an empty database, `python run_migration.py setup` makes them; otherwise bring V2's schema up to date.",
        )
    if missing := missing_reference(target.connection):
        raise SchemaError(
            f"{target.database.place} lacks reference data: {_some(missing)}.",
            next_step="Run `python run_migration.py setup` first.",
        )
    _require_rights(target, "SELECT", list(BEFORE))
    _require_rights(target, "INSERT", list(V2_TABLES))
    if ledger.is_there(target.connection):  # so rows may have to be brought up to date
        _require_rights(target, "UPDATE", list(V2_TABLES))
        _require_rights(target, "DELETE", ["UserRole"])
    if not ledger.can_be_kept(target.connection):
        raise DatabaseError(
            f'{target.database.place}: the user {target.database.user} may not create the schema "migration", where the ledger is kept.',
            next_step=f'As its owner: GRANT CREATE ON DATABASE "{target.database.name}" TO "{target.database.user}".',
        )


def _require_all_rows_shown(source: Snapshot, tables: list[str]) -> None:
    """Row-level security would leave rows out, without a word."""
    query = "SELECT row_security_active(%s)"
    hiding = [table for table in tables if source.connection.execute(query, [source.database.table(table)]).fetchone()[0]]  # type: ignore[index]  # a row always
    if hiding:
        place, user = source.database.place, source.database.user
        raise DatabaseError(
            f"{place}: row-level security hides rows of {_some(hiding)} from the user {user}.",
            next_step=f'Connect as the tables\' owner, or: ALTER ROLE "{user}" BYPASSRLS.',
        )


def _require_rights(database: Snapshot, right: str, tables: list[str]) -> None:
    """Asks now, not after hours of hashing, whether the user may do what the run will do."""
    denied = [
        table
        for table in tables
        if not database.connection.execute("SELECT has_table_privilege(%s, %s)", [database.database.table(table), right]).fetchone()[0]  # type: ignore[index]  # a row always
    ]
    if denied:
        place, user = database.database.place, database.database.user
        raise DatabaseError(
            f"{place}: the user {user} may not {right} in {_some(denied)}.",
            next_step=f'As the tables\' owner: GRANT {right} ON ALL TABLES IN SCHEMA "{database.database.schema}" TO "{user}".',
        )


def _some(names: list[str]) -> str:
    """The first few names, and how many more there are."""
    more = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
