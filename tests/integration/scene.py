"""Both databases while they are edited, and the choices that an edit makes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

import psycopg
from psycopg import sql

from tests.integration.databases import Pair, insert
from tests.oracle.model import Row

Value = TypeVar("Value")


@dataclass
class Picks:
    """The choices of one edit, made by numbers that shrink."""

    numbers: Sequence[int]
    used: int = 0

    def of(self, values: Sequence[Value]) -> Value:
        """One of the values; with smaller numbers the first ones."""
        number = self.numbers[self.used % len(self.numbers)]
        self.used += 1
        return values[number % len(values)]


@dataclass
class Scene:
    """Both databases while an edit is made, and the statements that made it."""

    v1: psycopg.Connection
    v2: psycopg.Connection
    statements: list[str] = field(default_factory=list)

    def execute(self, connection: psycopg.Connection, statement: str, *values: Any) -> None:
        """Executes a statement with `%s` for its values and notes it, unless the database will not have it."""
        with suppress(psycopg.IntegrityError), connection.transaction():
            done = connection.execute(statement.encode(), values).rowcount
            if done:
                self.statements.append(f"{statement}; -- {values}")

    def insert(self, connection: psycopg.Connection, table: str, row: Row) -> None:
        """Inserts a row, unless the database will not have it."""
        with suppress(psycopg.IntegrityError), connection.transaction():
            insert(connection, table, row)
            self.statements.append(f"INSERT {table} {row}")

    def keys(self, connection: psycopg.Connection, table: str, *columns: str, where: str = "true") -> list[tuple[Any, ...]]:
        """The keys of a table's rows, in order."""
        names = sql.SQL(", ").join(map(sql.Identifier, columns or ("id",)))
        query = sql.SQL("SELECT {0} FROM {1} WHERE {2} ORDER BY {0}").format(names, sql.Identifier(table), sql.SQL(where))
        return connection.execute(query).fetchall()

    def ids(self, table: str) -> list[int]:
        """The ids of a V1 table's rows."""
        return [row[0] for row in self.keys(self.v1, table)]


@contextmanager
def scene_of(pair: Pair) -> Iterator[Scene]:
    """Connects to both databases; what was done is committed at the end."""
    with psycopg.connect(pair.v1) as v1, psycopg.connect(pair.v2) as v2:
        yield Scene(v1, v2)
