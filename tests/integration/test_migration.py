"""Whole migrations from one real database to another, judged by reading V2 back, by the naive migration, and by the run's own papers."""

import json
import stat
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

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
from tests.integration.conftest import CopyOf, fill_small, strangers_of
from tests.integration.databases import (
    Migrated,
    Pair,
    add,
    contents,
    execute,
    expected_by_oracle,
    handed_over,
    migrated,
    records,
    set_up_v2,
    table_rows,
    v2_rows,
)
from tests.oracle.model import Held, OracleResult, Row

POSTGRESQL_15 = Path("/usr/lib/postgresql/15/bin")
"""Where Debian puts it."""


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


def assert_v2_is(expected: OracleResult, pair: Pair, *, strangers: int = 0) -> None:
    """Every cell of every row, as another driver reads it back; password hashes aside."""
    for table in V2_TABLES:
        actual = [row for row in table_rows(pair.v2, table) if table != "Subject" or row["schoolId"]]
        own = {key: row for key, row in by_key(table, actual).items() if not key[0].startswith("stranger")}
        assert len(actual) - len(own) == (strangers if table == "User" else 0)
        for row in own.values():
            row.pop("passwordHash", None)
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
    said = "\n".join((folder.report.read_text(), folder.manifest.read_text(), migrated_sample.terminal))
    personal = {str(value) for rows in (table_rows(pair.v2, "User"), handed_over(migrated_sample).values()) for row in rows
                for name, value in row.items() if name in {"email", "phone", "passwordHash", "password", "firstName", "middleName", "lastName"}}  # fmt: skip
    for table in ("School", "Teacher", "Parent", "Student"):
        for row in table_rows(pair.v1, table):
            personal |= {str(value) for name, value in row.items()
                         if name.removeprefix("admin_") in {"full_name", "email", "phone", "alt_phone", "password", "address", "admission_no"}}  # fmt: skip
    assert len(personal) > 1500
    assert [value for value in personal if len(value) >= 5 and value in said] == []


# What must not show


class Meddling(Progress):
    """Writes to V1 as soon as the first table was read."""

    def __init__(self, console: Console, /, *, v1: str) -> None:
        super().__init__(console)
        self.v1 = v1
        self.is_done = False

    @contextmanager
    def stage(self, name: str, /, *, total: int, unit: str = "rows") -> Iterator[Advance]:
        with super().stage(name, total=total, unit=unit) as advance:

            def advance_and_meddle(rows: int) -> None:
                advance(rows)
                if not self.is_done:
                    self.is_done = True
                    execute(
                        self.v1,
                        """DELETE FROM "_ParentToStudent"; UPDATE "Student" SET "full_name" = 'Somebody Else', "parent_id" = NULL""",
                    )
                    add(self.v1, {"Student": [{"id": 2, "class_id": 1}], "Parent": [{"id": 2, "email": "new@x.example"}]})

            yield advance_and_meddle


def test_v1_is_read_as_it_was_at_one_instant_whatever_is_written_meanwhile(small: Pair, copy_of: CopyOf, tmp_path: Path) -> None:
    undisturbed = Pair(copy_of("small_v1", fill_small), copy_of("v2", set_up_v2))
    migrated(undisturbed, tmp_path)
    meddled = migrated(small, tmp_path, progress=partial(Meddling, v1=small.v1))
    assert meddled.report.books["Student"].read == 1
    assert len(table_rows(small.v1, "Student")) == 2
    assert v2_rows(small.v2) == v2_rows(undisturbed.v2)


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


# Another PostgreSQL


@pytest.mark.skipif(not POSTGRESQL_15.is_dir(), reason=f"there is no PostgreSQL 15 in {POSTGRESQL_15}")
def test_postgresql_15_will_do_on_both_sides(tmp_path: Path) -> None:
    with embedded_server(bin_folder=POSTGRESQL_15) as server:
        pair = Pair(server.url(server.create_database("v1")), server.url(server.create_database("v2")))
        fill_small(pair.v1)
        set_up_v2(pair.v2)
        first = migrated(pair, tmp_path)
        assert_v2_is(expected_by_oracle(pair.v1, Held(), run=first.run), pair)
        before = contents(pair.v2)
        assert not any(migrated(pair, tmp_path).run.facts["written"].values())
        assert contents(pair.v2) == before
