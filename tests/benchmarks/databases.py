"""The databases of a benchmark: V1s that are filled once, and V2s that are copies of one that is set up."""

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from pipeline.postgres.connect import Database, connected
from pipeline.postgres.embedded import Server
from pipeline.stages.setup import set_up
from pipeline.steps import V2_TABLES
from tests.benchmarks.ours import fill_v1
from transforms.passwords import BCRYPT_HASH

HASH = "$2b$10$" + 53 * "a"

PASSWORDS = {"School": "admin_password", "Teacher": "password", "Parent": "password", "Student": "password"}

REFERENCE_ROWS = {"Subject": '"schoolId" IS NULL'}
"""What tells a reference row in a table that the migration writes."""


@dataclass(frozen=True)
class Databases:
    """Makes databases on one server."""

    server: Server
    template: str
    """The name of a V2 that is set up, and has nobody in it."""
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @classmethod
    def on(cls, server: Server, /) -> "Databases":
        """The first of them is V2's template."""
        template = server.create_database("v2_template")
        with connected(Database.from_url("V2", server.url(template))) as connection:
            set_up(connection)
        return cls(server, template)

    @contextmanager
    def v1(self, *, students: int, folder: Path) -> Iterator[str]:
        """A V1 with sample data in which everybody has a bcrypt hash; gives its URL."""
        with self._database(f"v1_{students}") as url:
            fill_v1(url, students=students, folder=folder)
            _give_everybody_a_hash(url)
            yield url

    @contextmanager
    def empty_v2(self) -> Iterator[str]:
        """A V2 that is set up, with nobody in it; gives its URL. What was written before is on disk then, and burdens nobody."""
        with self._database(f"v2_{next(self._numbers)}", template=self.template) as url:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("CHECKPOINT")
            os.sync()  # files of the run before, too: half a million students are a gigabyte
            yield url

    @contextmanager
    def empty(self) -> Iterator[str]:
        """A database without a table; gives its URL."""
        with self._database(f"empty_{next(self._numbers)}") as url:
            yield url

    @contextmanager
    def _database(self, name: str, *, template: str | None = None) -> Iterator[str]:
        made = self.server.create_database(name, template=template)
        try:
            yield self.server.url(made)
        finally:
            self.server.drop_database(made)


def migrated_rows(table: str, /) -> sql.Composed:
    """A query for all rows of a V2 table that are no reference rows."""
    return sql.SQL("SELECT * FROM {} WHERE NOT ({})").format(sql.Identifier(table), sql.SQL(REFERENCE_ROWS.get(table, "false")))


def row_counts(v2_url: str, /) -> dict[str, int]:
    """How many rows each V2 table holds that a migration wrote."""
    with psycopg.connect(v2_url) as connection:
        counted = {
            table: connection.execute(sql.SQL("SELECT count(*) FROM ({}) AS rows").format(migrated_rows(table))).fetchone()
            for table in V2_TABLES
        }
    return {table: int(row[0]) for table, row in counted.items() if row}


def _give_everybody_a_hash(v1_url: str) -> None:
    """So that no bcrypt is measured where rows are to be; then the tables are as tidy as if they had been written so."""
    with psycopg.connect(v1_url, autocommit=True) as connection:
        for table, column in PASSWORDS.items():
            names = {"table": sql.Identifier(table), "column": sql.Identifier(column)}
            change = sql.SQL("UPDATE {table} SET {column} = %s WHERE {column} IS NULL OR {column} !~ %s").format(**names)
            connection.execute(change, [HASH, BCRYPT_HASH])
            connection.execute(sql.SQL("VACUUM FULL {table}").format(**names))
        connection.execute("VACUUM ANALYZE")  # or the server would set about the new rows by itself, while somebody is measured
