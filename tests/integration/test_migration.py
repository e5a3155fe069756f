"""Whole migrations from one real database to another, judged by reading V2 back, by the naive migration, and by the run's own papers."""

import json
import os
import re
import secrets
import signal
import stat
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import bcrypt
import polars as pl
import psycopg
import pytest
from psycopg import sql
from rich.console import Console

from checks.relations import PRIMARY_KEYS
from pipeline.postgres.embedded import embedded_server
from pipeline.postgres.schema import expected_columns, packaged_sql
from pipeline.progress import Advance, Progress
from pipeline.sample.passwords import plain_of
from pipeline.steps import V2_TABLES
from tests.conftest import MakeDatabase
from tests.integration.conftest import CopyOf, fill_small, strangers_of
from tests.integration.databases import (
    Migrated,
    Pair,
    add,
    add_strangers,
    contents,
    execute,
    expected_by_oracle,
    handed_over,
    migrated,
    records,
    run_program,
    set_up_v2,
    table_rows,
    users,
    v2_rows,
)
from tests.oracle.model import Held, OracleResult, Row

POSTGRESQL_15 = Path("/usr/lib/postgresql/15/bin")
"""Where Debian puts it."""

PERSONAL = {
    *("name", "full_name", "email", "phone", "alt_phone", "password", "address", "admission_no", "employee_no"),
    *("firstName", "middleName", "lastName", "passwordHash"),
}
"""Columns of V1, of V2's users and of the handover file that tell of a person; of a school its name and address, too."""


@pytest.fixture(scope="module")
def oracle(migrated_sample: Migrated) -> OracleResult:
    """What the naive migration makes of the sample, in a V2 with the same strangers."""
    strangers = strangers_of(migrated_sample.pair.v1)
    held = Held(
        emails=frozenset(row["email"] for row in strangers), phones=frozenset(row["phone"] for row in strangers if row.get("phone"))
    )
    return expected_by_oracle(migrated_sample.pair.v1, held, run=migrated_sample.run)


@pytest.fixture(scope="module")
def report(migrated_sample: Migrated) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(migrated_sample.folder.report.read_text())
    return document


def by_key(table: str, rows: list[Row]) -> dict[tuple[str, ...], Row]:
    keyed = {tuple(row[name] for name in PRIMARY_KEYS[table]): row for row in rows}
    assert len(keyed) == len(rows)
    return keyed


def plain(value: Any) -> Any:
    """An id as text, a time as UTC without a zone, whatever the types of the database."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    return str(value) if isinstance(value, UUID) else value


def assert_v2_is(expected: OracleResult, pair: Pair, *, strangers: int = 0) -> None:
    """Every cell of every row, as another driver reads it back; password hashes aside."""
    for table in V2_TABLES:
        actual = [row for row in table_rows(pair.v2, table) if table != "Subject" or row["schoolId"]]
        own = {tuple(map(str, key)): row for key, row in by_key(table, actual).items() if not str(key[0]).startswith("stranger")}
        assert len(actual) - len(own) == (strangers if table == "User" else 0)
        for row in own.values():
            row.pop("passwordHash", None)
            row.update({name: plain(value) for name, value in row.items()})
        assert own == by_key(table, expected.tables[table]), table


# What V2 holds


def test_every_cell_of_v2_is_what_the_naive_migration_says(migrated_sample: Migrated, oracle: OracleResult) -> None:
    assert_v2_is(oracle, migrated_sample.pair, strangers=len(strangers_of(migrated_sample.pair.v1)))


def test_every_account_opens_with_the_password_of_the_handover_file_and_no_other_s(migrated_sample: Migrated) -> None:
    users = {row["id"]: row for row in table_rows(migrated_sample.pair.v2, "User") if not row["id"].startswith("stranger")}
    passwords = handed_over(migrated_sample)
    assert passwords.keys() == users.keys()
    for user_id, user in users.items():
        assert passwords[user_id]["email"] == user["email"]
        assert bcrypt.checkpw(passwords[user_id]["password"].encode(), user["passwordHash"].encode())
        assert user["mustChangePassword"]
    assert len({row["password"] for row in passwords.values()}) == len(users)
    assert len({user["passwordHash"][:29] for user in users.values()}) == len(users), "a salt of its own"
    assert stat.S_IMODE(migrated_sample.folder.path.stat().st_mode) == 0o700


def test_carried_hashes_open_with_v1_s_passwords_and_only_the_others_are_new(sample: Pair, tmp_path: Path) -> None:
    done = migrated(sample, tmp_path, password_policy="carry")
    expected = expected_by_oracle(sample.v1, Held(), run=done.run)
    assert_v2_is(expected, sample)
    passwords = handed_over(done)
    users = {row["id"]: row for row in table_rows(sample.v2, "User")}
    assert passwords.keys() == users.keys() - expected.carried.keys()
    assert {"$2a$", "$2b$"} == {hash_[:4] for hash_ in expected.carried.values()}
    for user_id, user in users.items():
        carried = expected.carried.get(user_id)
        assert user["mustChangePassword"] == (carried is None)
        assert carried is None or user["passwordHash"] == carried
        password = plain_of(carried) if carried else passwords[user_id]["password"]
        assert password
        assert bcrypt.checkpw(password.encode(), user["passwordHash"].encode())


# What the run says of itself


def test_every_rejected_row_and_changed_value_is_on_record(migrated_sample: Migrated, oracle: OracleResult) -> None:
    assert records(migrated_sample.folder) == {
        *((row.table, row.v1_id, row.column, row.code, row.check) for row in oracle.rejected),
        *((row.table, row.v1_id, row.column, row.code, None) for row in oracle.changed),
    }
    for name in ("rejected", "changed"):
        kept = pl.read_parquet(migrated_sample.folder.path / "records" / f"{name}.parquet")
        assert kept["run"].unique().to_list() == [migrated_sample.folder.run_id]


def test_the_report_has_the_books_and_every_field_of_the_contract(
    migrated_sample: Migrated, report: dict[str, Any], oracle: OracleResult
) -> None:
    assert report["run"] == migrated_sample.folder.run_id
    assert (report["verdict"], report["exit_code"], report["dry_run"]) == ("ok", 0, False)
    assert report["seconds"] > 0
    assert report["peak_memory_bytes"] > 50_000_000
    empty = dict.fromkeys(("read", "inserted", "updated", "unchanged", "kept", "merged", "rejected"), 0)
    assert report["books"] == {table: empty | book for table, book in oracle.books.items()}
    assert report["written"] == {table: len(rows) for table, rows in oracle.tables.items()}
    assert report["rejected"] == Counter(row.code for row in oracle.rejected)
    assert report["changed"] == Counter(row.code for row in oracle.changed)
    rows = sum(map(len, oracle.tables.values()))
    assert report["verification"] == {
        "rows": rows,
        "cells": sum(len(row) for table in oracle.tables.values() for row in table) + len(oracle.tables["User"]),
        "differences": 0,
        "logins": 20,
    }
    assert [(stage["name"], stage["state"]) for stage in report["stages"]] == [
        (name, "done") for name in ("extract", "plan", "transform", "credentials", "load", "verify")
    ]
    assert all(stage["seconds"] >= 0 and stage["rows"] > 0 for stage in report["stages"])
    assert Path(report["folder"]).resolve() == migrated_sample.folder.path.resolve()


def test_neither_report_nor_manifest_nor_terminal_names_anybody(migrated_sample: Migrated) -> None:
    folder, pair = migrated_sample.folder, migrated_sample.pair
    said = f"{folder.report.read_text()}\n{folder.manifest.read_text()}\n{migrated_sample.terminal}"
    rows = [*table_rows(pair.v2, "User"), *handed_over(migrated_sample).values()]
    rows += [row for table in ("School", "Teacher", "Parent", "Student") for row in table_rows(pair.v1, table)]
    personal = {str(value) for row in rows for name, value in row.items() if name.removeprefix("admin_") in PERSONAL}
    assert len(personal) > 1500
    assert [value for value in personal if len(value) >= 5 and value in said] == []


# What must not show


class Meddling(Progress):
    """Does something of its own as soon as a stage has done its first rows."""

    def __init__(self, console: Console, /, *, stage: str, action: Callable[[], None]) -> None:
        super().__init__(console)
        self._stage, self._action = stage, action
        self.is_done = False

    @contextmanager
    def stage(self, name: str, /, *, total: int, unit: str = "rows") -> Iterator[Advance]:
        with super().stage(name, total=total, unit=unit) as advance:

            def advance_and_meddle(rows: int) -> None:
                advance(rows)
                if name == self._stage and not self.is_done:
                    self.is_done = True
                    self._action()

            yield advance_and_meddle


def test_v1_is_read_as_it_was_at_one_instant_whatever_is_written_meanwhile(small: Pair, copy_of: CopyOf, tmp_path: Path) -> None:
    def write() -> None:
        execute(small.v1, """DELETE FROM "_ParentToStudent"; UPDATE "Student" SET "full_name" = 'Somebody Else', "parent_id" = NULL""")
        add(small.v1, {"Student": [{"id": 2, "class_id": 1}], "Parent": [{"id": 2, "email": "new@x.example"}]})

    undisturbed = Pair(copy_of("small_v1", fill_small), copy_of("v2", set_up_v2))
    migrated(undisturbed, tmp_path)
    disturbed = migrated(small, tmp_path, progress=partial(Meddling, stage="extract", action=write))
    assert len(table_rows(small.v1, "Student")) == 2
    assert disturbed.report.books["Student"].read == 1
    assert v2_rows(small.v2) == v2_rows(undisturbed.v2)


def test_ctrl_c_is_heard_again_after_the_commit(small: Pair, tmp_path: Path) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert migrated(small, tmp_path).report.is_committed
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_others_may_write_to_v2_meanwhile(small: Pair, tmp_path: Path) -> None:
    newcomer = partial(add_strangers, small.v2, [{"email": "newcomer@v2.example"}])
    done = migrated(small, tmp_path, progress=partial(Meddling, stage="load", action=newcomer))
    assert done.report.verdict == "ok"
    assert "newcomer@v2.example" in users(small.v2)


def shuffled(url: str) -> None:
    """Writes every row of V1 anew, in another order."""
    with psycopg.connect(url) as connection:
        connection.execute("SET session_replication_role = replica")  # a teacher may come before the school
        for table in expected_columns(packaged_sql("v1")):
            name = sql.Identifier(table)
            for statement in (
                "CREATE TEMP TABLE moved ON COMMIT DROP AS SELECT * FROM {}",
                "DELETE FROM {}",
                "INSERT INTO {} SELECT * FROM moved ORDER BY md5(moved::text)",
                "DROP TABLE moved",
            ):
                connection.execute(sql.SQL(statement).format(name))


def test_neither_row_order_nor_batch_size_shows_in_v2(every_rule: Pair, copy_of: CopyOf, tmp_path: Path) -> None:
    plain = migrated(every_rule, tmp_path)
    assert_v2_is(expected_by_oracle(every_rule.v1, Held(), run=plain.run), every_rule)
    order = [row["id"] for row in table_rows(every_rule.v1, "Teacher")]
    shuffled(every_rule.v1)
    assert [row["id"] for row in table_rows(every_rule.v1, "Teacher")] != order
    for batch_rows in (1, 7):
        other = Pair(every_rule.v1, copy_of("v2", set_up_v2))
        assert records(migrated(other, tmp_path, migration_batch_size=batch_rows).folder) == records(plain.folder)
        assert v2_rows(other.v2) == v2_rows(every_rule.v2)


# Other databases


def test_a_v2_with_types_of_its_own_holds_the_same(small: Pair, make_database: MakeDatabase, tmp_path: Path) -> None:
    own = {r'("id"|"\w+Id") TEXT': r"\1 UUID", r"TIMESTAMP\(3\)": "TIMESTAMPTZ", r'"email" TEXT': '"email" VARCHAR(254)',
           r"DECIMAL\(12,2\)": "DECIMAL(14,4)", r'"capacity" INTEGER': '"capacity" BIGINT'}  # fmt: skip
    v2_sql = packaged_sql("v2")
    for prisma_s, another in own.items():
        v2_sql = re.sub(prisma_s, another, v2_sql)
    pair = Pair(small.v1, make_database(v2_sql))
    set_up_v2(pair.v2)
    done = migrated(pair, tmp_path)
    assert_v2_is(expected_by_oracle(pair.v1, Held(), run=done.run), pair)
    before = contents(pair.v2)
    migrated(pair, tmp_path)
    assert contents(pair.v2) == before


def test_an_env_file_and_the_least_rights_are_enough(small: Pair, make_database: MakeDatabase, tmp_path: Path) -> None:
    home, v2 = urlsplit(small.v1), urlsplit(make_database("CREATE SCHEMA odin"))
    reader, writer = (f"{name}_{secrets.token_hex(4)}" for name in ("v1 reader", "v2_writer"))
    (tmp_path / ".env").write_text(
        f"HEIMDALL_DB_HOST={home.hostname}\nHEIMDALL_DB_PORT={home.port}\nHEIMDALL_DB_NAME={home.path[1:]}\n"
        f"HEIMDALL_DB_USER='{reader}'\nHEIMDALL_DB_PASSWORD='p@ss/w:r d%?#&é'\nPASSWORD_POLICY=carry\n"
        f"V2_DATABASE_URL=postgresql://{writer}:x%20y@{v2.hostname}:{v2.port}{v2.path}?schema=odin&connection_limit=5\n",
        encoding="utf-8",
    )
    try:
        execute(
            small.v1,
            f"""CREATE ROLE "{reader}" LOGIN PASSWORD 'p@ss/w:r d%?#&é'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO "{reader}" """,
        )
        execute(
            v2.geturl(),
            f"""CREATE ROLE "{writer}" LOGIN PASSWORD 'x y'; GRANT USAGE, CREATE ON SCHEMA odin TO "{writer}";
                GRANT CREATE ON DATABASE "{v2.path[1:]}" TO "{writer}" """,
        )
        for arguments, says in ((["setup"], "24 tables made"), (["--force"], "Done: 21 rows are in V2.")):
            ran = run_program(tmp_path, *arguments, environment={"PATH": os.environ["PATH"]})
            assert (ran.returncode, ran.stderr) == (0, "")
            assert says in ran.stdout
    finally:
        execute(small.v1, f'DROP OWNED BY "{reader}"; DROP ROLE "{reader}"')
        execute(v2.geturl(), f'DROP OWNED BY "{writer}" CASCADE; DROP ROLE "{writer}"')


@pytest.mark.skipif(not POSTGRESQL_15.is_dir(), reason=f"there is no PostgreSQL 15 in {POSTGRESQL_15}")
def test_postgresql_15_will_do_on_both_sides(tmp_path: Path) -> None:
    with embedded_server(bin_folder=POSTGRESQL_15) as server:
        pair = Pair(server.url(server.create_database("v1")), server.url(server.create_database("v2")))
        fill_small(pair.v1)
        set_up_v2(pair.v2)
        done = migrated(pair, tmp_path)
        assert_v2_is(expected_by_oracle(pair.v1, Held(), run=done.run), pair)
