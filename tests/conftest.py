"""A real PostgreSQL for every test that wants one, and a database of its own for each."""

import hashlib
import itertools
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import hypothesis
import psycopg
import pytest

from pipeline.postgres.embedded import Server, embedded_server

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell has what runs in its background ignore Ctrl-C, and all that this starts

SQL_FOLDER = Path(__file__).parents[1] / "pipeline" / "sql"

hypothesis.settings.register_profile(
    "here",
    deadline=None,
    max_examples=50,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],  # the machine may be busy
)
hypothesis.settings.register_profile("ci", hypothesis.settings.get_profile("here"), derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")


class MakeDatabase(Protocol):
    """Makes a database for one test and gives its URL."""

    def __call__(self, sql: str | None = None, /) -> str:
        """An empty database, or one that holds what `sql` makes: run once a session, then copied."""


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One server per pytest process, chosen like the demo's: DEMO_PG_URL, DEMO_PG_BIN, the wheel, a local one."""
    bin_folder = os.environ.get("DEMO_PG_BIN")
    with embedded_server(
        existing_url=os.environ.get("DEMO_PG_URL"),
        bin_folder=Path(bin_folder) if bin_folder else None,
        settings={"autovacuum": "off"},  # as the only thing that would happen by itself
    ) as running:
        yield running


@pytest.fixture(scope="session")
def template_of(server: Server) -> Callable[[str], str]:
    """Gives the database that a text of SQL makes, made once: for copying only, since a copy needs it without users."""
    templates: dict[str, str] = {}

    def template(sql: str) -> str:
        if sql not in templates:
            name = server.create_database(f"template_{hashlib.sha256(sql.encode()).hexdigest()[:12]}")
            with psycopg.connect(server.url(name)) as connection:
                connection.execute(sql.encode())
            templates[sql] = name
        return templates[sql]

    return template


@pytest.fixture(scope="session")
def database_names() -> Iterator[str]:
    """A new name for each database of this process."""
    return (f"test_{number}" for number in itertools.count(1))


@pytest.fixture
def make_database(server: Server, template_of: Callable[[str], str], database_names: Iterator[str]) -> Iterator[MakeDatabase]:
    """Makes databases that are dropped after the test, whoever is still connected."""
    with ExitStack() as dropping:

        def make(sql: str | None = None, /) -> str:
            name = server.create_database(next(database_names), template=template_of(sql) if sql else None)
            dropping.callback(server.drop_database, name)
            return server.url(name)

        yield make


@pytest.fixture
def v1_url(make_database: MakeDatabase) -> str:
    """A V1 database: all tables, no rows."""
    return make_database((SQL_FOLDER / "v1.sql").read_text(encoding="utf-8"))


@pytest.fixture
def v2_url(make_database: MakeDatabase) -> str:
    """A V2 database: all tables, no rows, not even reference data."""
    return make_database((SQL_FOLDER / "v2.sql").read_text(encoding="utf-8"))
