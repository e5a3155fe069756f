"""Runs in sequence beside the naive oracle: plays them, and compares V2, the books and the records after each."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal
from uuid import UUID

import polars as pl

from pipeline.postgres.embedded import Server
from pipeline.postgres.schema import expected_columns, packaged_sql
from pipeline.selection import Selection
from tests.integration.databases import Migrated, Pair, execute, migrated, table_rows
from tests.integration.edits import Edit, Part, apply
from tests.oracle.later_model import GENERATED, PRIMARY_KEYS, LaterRun, Memory
from tests.oracle.model import OracleSettings, Row, Tables
from tests.oracle.rerun import rerun

REPORTED = ("kept_edited", "gone_from_v1", "link_stale", "role_withdrawn")
"""The codes of section 10."""

Holders = dict[str, str]
"""E-mails in lower case and numbers, and the ids of the users who hold them."""


@contextmanager
def copies(server: Server, v1: str, v2: str, names: Iterator[str]) -> Iterator[tuple[Pair, Path]]:
    """Copies of two of the server's databases and a folder for runs, for as long as an example lasts."""
    made = [server.create_database(next(names), template=template) for template in (v1, v2)]
    try:
        with TemporaryDirectory() as folder:
            yield Pair(*map(server.url, made)), Path(folder)
    finally:
        for name in made:
            server.drop_database(name)


@dataclass
class Play:
    """Runs over one pair of databases, each compared with what the oracle says."""

    pair: Pair
    runs: Path
    memory: Memory = field(default_factory=Memory)
    told: list[str] = field(default_factory=list)
    """What happened so far, for whoever reads a failure."""

    def edit(self, edits: Sequence[Edit]) -> None:
        """Makes edits in both databases."""
        self.told += apply(edits, self.pair)

    def execute(self, label: Literal["v1", "v2"], statement: str) -> None:
        """Executes SQL in one of the databases."""
        self.told.append(f"{label}: {statement}")
        execute(self.pair.v1 if label == "v1" else self.pair.v2, statement)

    def run(self, part: Part) -> Migrated:
        """Runs a part of V1, and compares."""
        self.told.append(f"RUN {part}")
        v1, before = v1_rows(self.pair.v1), v2_tables(self.pair.v2)
        done = run_part(self.pair, self.runs, part)
        after = v2_tables(self.pair.v2)
        settings = OracleSettings(done.run.started_at, password_policy=part.policy)
        expected = rerun(v1, before, self.memory, part.chosen, settings)
        self.memory = expected.remembered
        story = "\n".join(self.told)
        assert_v2_is(expected, before, after, story)
        assert_books_are(expected, done, story)
        assert_nothing_changes_hands(before, after, story)
        return done


def run_part(pair: Pair, runs: Path, part: Part) -> Migrated:
    """Runs a part of V1."""
    return migrated(pair, runs, selection=Selection(part.entities, part.condition or None), password_policy=part.policy)


def v1_rows(url: str) -> Tables:
    """V1 as extract reads it: numerics as text."""
    rows: Tables = {table: table_rows(url, table) for table in expected_columns(packaged_sql("v1"))}
    for teacher in rows["Teacher"]:
        teacher["salary"] = None if teacher["salary"] is None else str(teacher["salary"])
    return rows


def v2_tables(url: str) -> Tables:
    """V2 with ids as text and times as UTC without a zone."""
    return {
        table: [{column: _plain(value) for column, value in row.items()} for row in table_rows(url, table)]
        for table in expected_columns(packaged_sql("v2"))
    }


def assert_v2_is(expected: LaterRun, before: Tables, after: Tables, story: str) -> None:
    """Every cell of every row; of a generated password, that it is a new one."""
    for table, rows in after.items():
        actual = {_key(table, row): row for row in rows}
        wanted = {_key(table, row): row for row in expected.after.rows(table)}
        assert actual.keys() == wanted.keys(), (
            f"{table}: (is, by the oracle) {actual.keys() - wanted.keys()}, {wanted.keys() - actual.keys()}\n{story}"
        )
        for key, row in actual.items():
            differing = {
                column: (value, wanted[key][column])
                for column, value in row.items()
                if value != wanted[key][column] and not (wanted[key][column] == GENERATED and value.startswith("$2b$"))
            }
            assert not differing, f"{table} {key}: (is, by the oracle) {differing}\n{story}"
    hashes = [row["passwordHash"] for tables in (before, after) for row in tables["User"]]
    generated = {row["id"] for row in expected.after.rows("User") if row["passwordHash"] == GENERATED}
    assert all(Counter(hashes)[row["passwordHash"]] == 1 for row in after["User"] if row["id"] in generated)


def assert_books_are(expected: LaterRun, done: Migrated, story: str) -> None:
    """The books balance; every count in them, and of section 10's codes, is the oracle's."""
    assert all(book.balances for book in done.report.books.values()), story
    counts = {table: Counter(asdict(book)) for table, book in done.report.books.items()}
    codes = Counter(pl.read_parquet(done.folder.record("changed"))["code"].to_list())
    counts["codes"] = Counter({code: codes[code] for code in REPORTED})
    wanted = {**expected.books, "codes": expected.reports}
    differing = {name: (dict(+count), dict(+wanted[name])) for name, count in counts.items() if +count != +wanted[name]}
    assert not differing, f"(is, by the oracle) {differing}\n{story}"


def assert_nothing_changes_hands(before: Tables, after: Tables, story: str) -> None:
    """What somebody held when the run began is nobody else's when it ends; what was nobody's may be given."""
    was, is_now = holders(before), holders(after)
    changed_hands = {value for value, user in is_now.items() if was.get(value, user) != user}
    assert not changed_hands, f"{changed_hands}\n{story}"


def holders(tables: Tables) -> Holders:
    """Who holds which address and number."""
    return {value.lower(): row["id"] for row in tables["User"] for value in (row["email"], row["phone"]) if value}


def without_passwords(tables: Tables) -> dict[str, list[str]]:
    """V2 as text in an order of its own, without what chance makes."""
    return {
        table: sorted(repr({column: value for column, value in row.items() if column != "passwordHash"}) for row in rows)
        for table, rows in tables.items()
    }


def _key(table: str, row: Row) -> tuple[str, ...]:
    return tuple(row[column] for column in PRIMARY_KEYS.get(table, ("id",)))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    return str(value) if isinstance(value, UUID) else value
