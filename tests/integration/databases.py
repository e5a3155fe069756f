"""Whole migrations between two real databases: fills V1, runs the program, and tells all that V2 holds."""

import csv
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.datetime import TimestampLoader
from rich.console import Console

from pipeline.migrate import migrate
from pipeline.postgres.connect import Database, connected
from pipeline.postgres.schema import expected_columns, packaged_sql
from pipeline.progress import Progress
from pipeline.reference import reference_tables
from pipeline.run import Run
from pipeline.run_folder import RunFolder
from pipeline.selection import Selection
from pipeline.settings import Settings
from pipeline.stages.report import Report
from pipeline.stages.setup import set_up
from tests.oracle.migrate import migrate as migrate_naively
from tests.oracle.model import Held, OracleResult, OracleSettings, Row, Tables

PROGRAM = Path(__file__).parents[2] / "run_migration.py"
PROGRAM_TIMEOUT_SECONDS = 120

REQUIRED: Mapping[str, Row] = {
    "School": {"name": "Green Hill School", "admin_name": "Ngozi Eze"},
    "Class": {"school_id": 1, "name": "JSS 1A"},
    "Subject": {"school_id": 1},
    "Teacher": {"school_id": 1, "full_name": "Tunde Bello"},
    "Parent": {"school_id": 1, "full_name": "Bola Ade"},
    "Student": {"school_id": 1, "full_name": "Chidi Ade"},
}
"""What a V1 row needs beside its times, where a test does not say."""


class InfiniteTimestampLoader(TimestampLoader):
    """Loads PostgreSQL's infinities as the ends of Python's calendar, which psycopg refuses to."""

    def load(self, data: Any) -> datetime:
        text = bytes(data)
        if text in {b"infinity", b"-infinity"}:
            return datetime.max if text == b"infinity" else datetime.min  # noqa: DTZ901 - V1's times have no zone
        return super().load(data)


@dataclass(frozen=True)
class Pair:
    """A V1 and a V2, by their URLs."""

    v1: str
    v2: str


@dataclass(frozen=True)
class Migrated:
    """A migration that was run inside this process."""

    pair: Pair
    run: Run
    report: Report
    terminal: str
    """All that it said to people."""

    @property
    def folder(self) -> RunFolder:
        return self.run.folder


# V1 and V2 before a run


def add(url: str, rows: Mapping[str, list[Row]]) -> None:
    """Inserts V1 rows; what they must have and do not say is made up."""
    with psycopg.connect(url) as connection:
        connection.execute("SET session_replication_role = replica")  # rows may come before those that they refer to
        for table, row in ((table, row) for table, table_rows in rows.items() for row in table_rows):
            times: Row = {} if table.startswith("_") else {"created_at": "2024-01-10 08:00", "updated_at": "2024-02-20 09:30:00.125"}
            insert(connection, table, {**REQUIRED.get(table, {}), **times, **row})


def insert(connection: psycopg.Connection, table: str, row: Row) -> None:
    """Inserts one row into any table."""
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, row)), sql.SQL(", ").join(sql.Placeholder() * len(row))
    )
    connection.execute(statement, list(row.values()))


def add_strangers(url: str, users: list[Row]) -> None:
    """Inserts users into V2 who never were in V1; of each an `email`, and whatever else counts."""
    with psycopg.connect(url) as connection:
        for number, user in enumerate(users):
            needed = {"id": f"stranger-{user['email']}-{number}", "passwordHash": "none", "firstName": "Stranger"}
            types = connection.execute("""SELECT "id" FROM "UserType" WHERE "code" = 'PARENT'""").fetchone()
            assert types
            insert(connection, "User", {**needed, "userTypeId": types[0], "updatedAt": "2023-05-05", **user})


def execute(url: str, statement: str) -> None:
    """Executes SQL, committed."""
    with psycopg.connect(url) as connection:
        connection.execute(statement.encode())


def set_up_v2(url: str) -> None:
    """Gives V2 its tables and reference rows."""
    with connected(Database.from_url("V2", url)) as connection:
        set_up(connection)


# Runs


def settings_for(runs: Path, **changes: Any) -> Settings:
    """Settings for quick runs: no `.env`, the least bcrypt cost, any number of rejections."""
    settings = Settings(_env_file=None, runs_dir=runs, max_rejected_percent=100)  # type: ignore[call-arg]  # pydantic-settings takes it
    return settings.model_copy(update={"bcrypt_cost": 4, **changes})


def migrated(
    pair: Pair,
    runs: Path,
    *,
    confirm: Callable[[], None] = lambda: None,
    progress: Callable[[Console], Progress] = Progress,
    selection: Selection | None = None,
    **changes: Any,
) -> Migrated:
    """Migrates inside this process."""
    terminal = StringIO()
    console = Console(file=terminal, width=200)
    run = Run.begin(settings_for(runs, **changes), progress(console), selection)
    databases = Database.from_url("V1", pair.v1), Database.from_url("V2", pair.v2)
    report = Report(run)
    migrate(report, *databases, confirm=confirm)
    report.show(console)
    return Migrated(pair, run, report, terminal.getvalue())


def environment_of(pair: Pair, **more: str) -> dict[str, str]:
    """What a user would have set."""
    path = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    return {**path, "V1_DATABASE_URL": pair.v1, "V2_DATABASE_URL": pair.v2, "PASSWORD_POLICY": "carry", **more}


def run_program(folder: Path, *arguments: str, environment: Mapping[str, str], sent: str = "") -> "subprocess.CompletedProcess[str]":
    """Runs the program as a user would, from a folder of their own and without a terminal; `sent` comes by standard input."""
    return subprocess.run(
        [sys.executable, str(PROGRAM), *arguments],
        cwd=folder,
        env=dict(environment),
        input=sent,
        capture_output=True,
        encoding="utf-8",
        timeout=PROGRAM_TIMEOUT_SECONDS,
        check=False,
    )


def run_folder_in(folder: Path) -> RunFolder:
    """The folder of the one run that was begun there."""
    (found,) = (folder / "runs").iterdir()
    return RunFolder(found)


# V1 and V2 after a run


def contents(url: str) -> dict[str, list[str]]:
    """All that a database holds: every row of every table with the transaction that wrote it, every constraint, index and trigger.

    Equal before and after means: not even an update that changed nothing, nor one that was taken back.
    """
    with psycopg.connect(url) as connection:
        names = connection.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        held = {
            f"{schema}.{table}": _column(
                connection, sql.SQL("SELECT xmin::text || ' ' || t::text FROM {} AS t").format(sql.Identifier(schema, table))
            )
            for schema, table in names
        }
        held["schemas"] = _column(connection, sql.SQL("SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_'"))
        held["indexes"] = _column(connection, sql.SQL("SELECT indexdef FROM pg_indexes WHERE schemaname !~ '^(pg_|information)'"))
        held["constraints"] = _column(connection, sql.SQL("SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint"))
        held["triggers"] = _column(connection, sql.SQL("SELECT pg_get_triggerdef(oid) || tgenabled::text FROM pg_trigger"))
        return held


def table_rows(url: str, table: str) -> list[Row]:
    """The rows of a table, by column."""
    with psycopg.connect(url) as connection, connection.cursor(row_factory=dict_row) as cursor:
        cursor.adapters.register_loader("timestamp", InfiniteTimestampLoader)
        cursor.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(sql.Identifier(table)))
        names = [column.name for column in cursor.description or []]
        # JSON as text, for the sake of every digit.
        columns = sql.SQL(", ").join(
            sql.SQL("{0}::text AS {0}" if name == "settings" else "{}").format(sql.Identifier(name)) for name in names
        )
        return cursor.execute(sql.SQL("SELECT {} FROM {}").format(columns, sql.Identifier(table))).fetchall()


def v2_rows(url: str) -> dict[str, list[str]]:
    """Every row that the migration wrote or could have, as text in an order of its own, without password hashes."""
    rows = {}
    for table in expected_columns(packaged_sql("v2")):
        rows[table] = sorted(repr({name: value for name, value in row.items() if name != "passwordHash"}) for row in table_rows(url, table))
    return rows


def users(url: str) -> dict[str, Row]:
    """V2's users, by e-mail address."""
    return {row["email"]: row for row in table_rows(url, "User")}


def expected_by_oracle(v1: str, held: Held, *, run: Run) -> OracleResult:
    """What the naive migration makes of a V1 as it is in the database now."""
    rows: Tables = {table: table_rows(v1, table) for table in expected_columns(packaged_sql("v1"))}
    for teacher in rows["Teacher"]:
        teacher["salary"] = None if teacher["salary"] is None else str(teacher["salary"])
    reference: Tables = {table: frame.to_dicts() for table, frame in reference_tables().items()}
    settings = OracleSettings(
        run.started_at,
        default_country=run.settings.default_country,
        placeholder_email_domain=run.settings.placeholder_email_domain,
        password_policy=run.settings.password_policy,
    )
    return migrate_naively(rows, reference, held, settings)


def handed_over(migrated: Migrated) -> dict[str, dict[str, str]]:
    """The handover file's rows by user id."""
    rows = {}
    for part in sorted((migrated.folder.path / "handover").iterdir()):
        assert stat.S_IMODE(part.stat().st_mode) == 0o600
        with part.open(encoding="utf-8", newline="") as file:
            rows.update({row["user_id"]: row for row in csv.DictReader(file)})
    return rows


def records(folder: RunFolder) -> set[tuple[str, str, str | None, str, str | None]]:
    """Every record of a run: table, V1 id, column, code, check."""
    both = [pl.read_parquet(folder.record(name)) for name in ("rejected", "changed")]
    return set(pl.concat(both, how="diagonal").select("table", "v1_id", "column", "code", "check").iter_rows())


def _column(connection: psycopg.Connection, query: sql.SQL | sql.Composed) -> list[str]:
    return sorted(row[0] for row in connection.execute(query))
