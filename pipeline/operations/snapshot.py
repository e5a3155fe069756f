"""V1 or V2 ══▶ FOLDER/<Table>/part-000.parquet, FOLDER/manifest.json: every table of a database, all at one instant.

```
before/                             mode 0700: it holds personal data, password columns as they are
├── manifest.json                   the instant, and of each table its columns, rows and files, with a SHA-256 each
├── Teacher/part-000.parquet        in the order of the primary key
└── odd%2Fname/part-000.parquet     what a file's name cannot hold is percent-encoded (RFC 3986)
```
"""

import hashlib
import json
import os
import platform
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pyarrow as pa
from psycopg import sql

from pipeline.errors import DatabaseError, MigratorError, RefusedError, SchemaError, StorageError, UsageError
from pipeline.manifest import PROGRAM
from pipeline.postgres.connect import Database
from pipeline.postgres.snapshot import Snapshot, exported
from pipeline.postgres.tables import Column, Table, comment, tables
from pipeline.progress import Advance, Progress
from pipeline.run_folder import PRIVATE_FOLDER
from pipeline.stages.parquet import in_parts, write_stream
from pipeline.storage import write_json

WITHIN_ARROW: Final = "CASE WHEN {0} > '262142-12-31' THEN 'infinity' ELSE {0}::timestamp END"
WITHIN_ARROW_UTC: Final = "CASE WHEN {0} > '262142-12-31' THEN 'infinity' ELSE {0} END"
"""PostgreSQL's calendar ends after the reader's, whose first and last instant stand for -infinity and infinity."""

READ_AS: Final = {
    "boolean": ("{0}", pa.bool_()),
    "smallint": ("{0}", pa.int16()),
    "integer": ("{0}", pa.int32()),
    "bigint": ("{0}", pa.int64()),
    "real": ("{0}", pa.float32()),
    "double precision": ("{0}", pa.float64()),
    "bytea": ("{0}", pa.large_binary()),
    "character": ("{0}", pa.string()),  # as text it would lose the blanks at its end
    "date": (WITHIN_ARROW, pa.date32()),
    "timestamp without time zone": (WITHIN_ARROW, pa.timestamp("us")),
    "timestamp with time zone": (WITHIN_ARROW_UTC, pa.timestamp("us", tz="UTC")),
}
"""The type of a column → how it is read, and as what."""

AS_TEXT: Final = ("{0}::text", pa.string())
"""All others: text, enums, uuid; JSON and numerics, which are exact so, NaN included; and what has no place in Arrow."""

AS_LIST: Final = (
    "CASE WHEN array_ndims({0}) > 1 THEN ARRAY(SELECT jsonb_array_elements_text(to_jsonb({0}))) ELSE {0}::text[] END",
    pa.large_list(pa.string()),
)
"""Arrays: lists of their elements' texts; in one of more dimensions each element is the JSON of all that is below it."""

STREAM_ROWS: Final = 65_536
"""Rows that come over the wire at once; a part is made of many."""


def take_snapshot(database: Database, folder: Path, progress: Progress, /, *, part_rows: int) -> dict[str, Any]:
    """Writes every table of the database's schema into a folder, whole or not at all, and gives the manifest.

    Null is null, an empty text an empty text. A comment of a table or column is in its file's metadata (`comment`), as is a
    column's type (`postgresql_type`). Views, foreign tables and other schemas are left out; so are the rows of a table that has
    no column, though they are counted.

    Args:
        database: Only ever read.
        folder: Not there yet, or empty. Mode 0700, its files 0600.
        progress: Shows the rows, of all tables together.
        part_rows: Rows of a file; 1 or more.

    Raises:
        UsageError: The folder holds something, or cannot be made.
        ConnectionFailedError, DatabaseError: The database cannot be reached, or refuses to show a table, or some of its rows.
        SchemaError: There is no table to read.
        StorageError: The folder's disk takes no more.
    """
    with _whole(folder) as unfinished, exported(database) as source:
        found = _readable_tables(source)
        counts = {table.name: _count(source, table) for table in found}
        folders = folder_names(list(counts))
        described = {}
        with progress.stage("snapshot", total=sum(counts.values())) as advance:
            for table in found:
                files = _write_table(source, table, unfinished / folders[table.name], advance, part_rows=part_rows) if table.columns else []
                rows = sum(file["rows"] for file in files)
                if table.columns and rows != counts[table.name]:
                    raise MigratorError(
                        f"snapshot: {rows} rows of {database.label}'s {table.name} came, {counts[table.name]} are there.",
                        next_step="Nothing was kept. Start again; if this comes back, report it.",
                    )
                described[table.name] = _described(table, counts[table.name], files)
        manifest = _manifest(source, described)
        write_json(unfinished / "manifest.json", manifest)
    return manifest


def recorded_files(folder: Path, /) -> list[dict[str, Any]] | None:
    """The files of a snapshot, as its manifest tells of them: `path`, `rows`, `bytes`, `sha256`; None where the folder holds none.

    Raises:
        RefusedError: The manifest cannot be read.
    """
    try:
        manifest = json.loads((folder / "manifest.json").read_bytes())
        tables = manifest.get("tables")
        return None if tables is None else [file for table in tables.values() for file in table["files"]]
    except (OSError, ValueError, LookupError, AttributeError, TypeError):
        raise RefusedError(
            f"{folder}: its manifest.json cannot be read.", next_step="Is it a snapshot's folder? Take it from a backup, then."
        ) from None


def folder_names(names: list[str], /) -> dict[str, str]:
    """A folder for each table, safe on any file system: percent-encoded, and no two that differ by case only.

    >>> folder_names(["Teacher", "a/b.c", "teacher"])
    {'Teacher': 'Teacher', 'a/b.c': 'a%2Fb%2Ec', 'teacher': 'teacher~2'}
    """
    taken: Counter[str] = Counter()
    folders = {}
    for name in names:
        encoded = quote(name, safe="").replace(".", "%2E").replace("~", "%7E")
        taken[encoded.lower()] += 1
        number = taken[encoded.lower()]
        folders[name] = encoded if number == 1 else f"{encoded}~{number}"
    return folders


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """A folder beside the wanted one, which takes its place where the block ends well, and is deleted where it does not."""
    wanted = folder.resolve()
    try:
        if wanted.exists() and (any(wanted.iterdir()) or wanted.is_mount() or wanted == Path.cwd()):
            raise UsageError(
                f"snapshot: {folder} is in use: it holds something, is a mount, or is the working folder.",
                next_step="Name a folder that is not there yet.",
            )
        wanted.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=f"{wanted.name}.", suffix=".tmp", dir=wanted.parent))
    except OSError as error:
        raise UsageError(f"snapshot: {folder} cannot be made ({error.strerror}).", next_step="Name a folder that can be written.") from None
    try:
        yield unfinished
        unfinished.replace(wanted)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else "for a reason unknown"
        raise StorageError(
            f"snapshot: {folder} cannot be written ({reason}).", next_step="Nothing was kept. Make room there, or name another folder."
        ) from None
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _readable_tables(source: Snapshot) -> list[Table]:
    """All tables of the schema, every row of which the user sees."""
    place, user, schema = source.database.place, source.database.user, source.database.schema
    found = tables(source.connection)
    if not found:
        raise SchemaError(
            f"{place} has no tables in the schema {schema}, or the user {user} may not use it.",
            next_step="Is this the right database, and is the schema in the URL (?schema=) the right one?",
        )
    if denied := [table.name for table in found if not table.may_select]:
        raise DatabaseError(
            f"{place}: the user {user} may not SELECT in {', '.join(denied)}.",
            next_step=f'As the tables\' owner: GRANT SELECT ON ALL TABLES IN SCHEMA "{schema}" TO "{user}".',
        )
    if filtered := [table.name for table in found if table.is_filtered]:
        raise DatabaseError(
            f"{place}: row-level security hides rows from the user {user} in {', '.join(filtered)}.",
            next_step=f'Use the tables\' owner, or as a superuser: ALTER ROLE "{user}" BYPASSRLS.',
        )
    return found


def _rows_of(source: Snapshot, table: Table) -> sql.Composed:
    """The table in a FROM; of one that others inherit from, its own rows only, for theirs come with them."""
    only = sql.SQL("" if table.is_partitioned else "ONLY ")
    return only + sql.Identifier(source.database.schema, table.name)


def _count(source: Snapshot, table: Table) -> int:
    row = source.connection.execute(sql.SQL("SELECT count(*) FROM {}").format(_rows_of(source, table))).fetchone()
    return int(row[0]) if row else 0


def _write_table(source: Snapshot, table: Table, folder: Path, advance: Advance, *, part_rows: int) -> list[dict[str, Any]]:
    """Writes a table's parts, and says of each its path in the snapshot's folder, its rows, bytes and SHA-256."""
    folder.mkdir(mode=PRIVATE_FOLDER)
    schema = _arrow_schema(table)
    # Beyond the ends of Arrow's dates there is nothing that a cast could lose.
    batches = (batch.cast(schema, safe=False) for batch in source.stream(_query(source, table), batch_rows=min(STREAM_ROWS, part_rows)))
    files = []
    for number, part in enumerate(in_parts(batches, part_rows)):
        path = folder / f"part-{number:03d}.parquet"
        rows = write_stream(path, part, advance)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        files.append({"path": f"{folder.name}/{path.name}", "rows": rows, "bytes": path.stat().st_size, "sha256": digest})
    return files


def _query(source: Snapshot, table: Table) -> str:
    selected = sql.SQL(", ").join(
        sql.SQL("{} AS {}").format(sql.SQL(_reading(column)[0]).format(sql.Identifier(column.name)), sql.Identifier(column.name))
        for column in table.columns
    )
    query = sql.SQL("SELECT {} FROM {} AS origin").format(selected, _rows_of(source, table))
    if table.key:  # by the columns themselves, which have an index, and not by what they are read as
        query += sql.SQL(" ORDER BY {}").format(sql.SQL(", ").join(sql.Identifier("origin", name) for name in table.key))
    return query.as_string(source.connection)


def _arrow_schema(table: Table) -> pa.Schema:
    return table.annotated(pa.schema([pa.field(column.name, _reading(column)[1]) for column in table.columns]))


def _reading(column: Column) -> tuple[str, pa.DataType]:
    return AS_LIST if column.base_type.endswith("[]") else READ_AS.get(column.base_type, AS_TEXT)


def _described(table: Table, rows: int, files: list[dict[str, Any]]) -> dict[str, Any]:
    columns = [
        {"name": column.name, "type": column.type, "nullable": column.is_nullable, **comment(column.comment)} for column in table.columns
    ]
    return {"rows": rows, "key": list(table.key), **comment(table.comment), "columns": columns, "files": files}


def _manifest(source: Snapshot, described: dict[str, Any]) -> dict[str, Any]:
    return {
        "side": source.database.label.lower(),
        "database": source.database.place,
        "schema": source.database.schema,
        "snapshot": {"id": source.id, "taken_at": f"{source.taken_at.isoformat(timespec='milliseconds')}Z"},
        "rows": sum(table["rows"] for table in described.values()),
        "bytes": sum(file["bytes"] for table in described.values() for file in table["files"]),
        "versions": {
            "school-migrator": PROGRAM,
            "postgresql": source.connection.info.parameter_status("server_version"),
            "python": platform.python_version(),
            **{library: version(library) for library in ("connectorx", "pyarrow")},
        },
        "tables": described,
    }
