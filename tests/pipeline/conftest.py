"""A machine on which nothing is set, and an ordinary user of the server who may do nothing."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from pydantic import AliasChoices

from pipeline.postgres.connect import Database
from pipeline.postgres.embedded import Server
from pipeline.settings import Settings


@dataclass(frozen=True)
class Clerk:
    """A user who may sign in, and by default no more."""

    name: str
    password: str

    def at(self, database: Database, /) -> Database:
        """The database as this user enters it."""
        return replace(database, user=self.name, password=self.password)


@pytest.fixture(scope="session")
def clerk(server: Server) -> Iterator[Clerk]:
    """A user without rights; whatever a test grants goes with the test's database."""
    clerk = Clerk(f"clerk_{secrets.token_hex(4)}", secrets.token_hex(8))
    with psycopg.connect(server.url(server.maintenance_database), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(clerk.name), clerk.password))
        yield clerk
        connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(clerk.name)))


@pytest.fixture
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty working folder, and none of the settings in the environment."""
    monkeypatch.chdir(tmp_path)
    for name, field in Settings.model_fields.items():
        choices = field.validation_alias.choices if isinstance(field.validation_alias, AliasChoices) else [name]
        for choice in choices:
            monkeypatch.delenv(str(choice).upper(), raising=False)
