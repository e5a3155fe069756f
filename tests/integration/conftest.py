"""Databases that are filled once and then copied: whole migrations that need not wait for the same rows again."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Protocol

import pytest

from pipeline.postgres.embedded import Server
from pipeline.postgres.schema import packaged_sql
from pipeline.sample import fill
from tests.integration.databases import Migrated, Pair, add, add_strangers, execute, migrated, set_up_v2, table_rows
from tests.integration.every_rule import V1_ROWS
from tests.integration.small_school import SMALL_SCHOOL
from tests.oracle.model import Row

SAMPLE_STUDENTS = 300

FURTHER_FLAWS = """
    UPDATE "Student" SET "date_of_birth" = 'infinity', "enrolled_at" = '-infinity' WHERE "id" = 7;
    UPDATE "Parent" SET "created_at" = 'infinity', "updated_at" = '-infinity' WHERE "id" = 9;
    UPDATE "School" SET "settings" = '{"fees": 12345678901234567890.10, "terms": [1, 2, 3]}' WHERE "id" = 1;
"""
"""What the sample has in larger numbers only."""


class CopyOf(Protocol):
    """Copies a database for one test and gives the copy's URL."""

    def __call__(self, name: str, fill: Callable[[str], None], /) -> str:
        """A copy of the database of this name, which `fill` fills once a session."""


@pytest.fixture(scope="session")
def filled_once(server: Server) -> Callable[[str, Callable[[str], None]], str]:
    """Gives the server's name of a database that is filled at its first use."""
    known: dict[str, str] = {}

    def filled(name: str, fill_it: Callable[[str], None]) -> str:
        if name not in known:
            made = server.create_database(f"filled_{name}")
            fill_it(server.url(made))
            known[name] = made
        return known[name]

    return filled


@pytest.fixture
def copy_of(server: Server, filled_once: Callable[[str, Callable[[str], None]], str], database_names: Iterator[str]) -> Iterator[CopyOf]:
    """Makes copies that are dropped after the test, whoever is still connected."""
    with ExitStack() as dropping:

        def copy(name: str, fill_it: Callable[[str], None], /) -> str:
            made = server.create_database(next(database_names), template=filled_once(name, fill_it))
            dropping.callback(server.drop_database, made)
            return server.url(made)

        yield copy


@pytest.fixture
def small(copy_of: CopyOf) -> Pair:
    """A school with one of everything in V1, and a V2 with its tables and reference rows."""
    return Pair(copy_of("small_v1", fill_small), copy_of("v2", set_up_v2))


@pytest.fixture(scope="session")
def fill_migrated(
    server: Server, filled_once: Callable[[str, Callable[[str], None]], str], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], None]:
    """Fills a database with the V2 that the small school became, passwords carried."""

    def fill_v2(url: str) -> None:
        set_up_v2(url)
        v1 = server.url(filled_once("small_v1", fill_small))
        migrated(Pair(v1, url), tmp_path_factory.mktemp("small"), password_policy="carry")

    return fill_v2


@pytest.fixture
def small_migrated(copy_of: CopyOf, fill_migrated: Callable[[str], None]) -> Pair:
    """A school with one of everything in V1, and what became of it in V2."""
    return Pair(copy_of("small_v1", fill_small), copy_of("small_v2", fill_migrated))


@pytest.fixture
def sample(copy_of: CopyOf) -> Pair:
    """A sample V1, and a V2 with its tables and reference rows."""
    return Pair(copy_of("sample_v1", fill_sample), copy_of("v2", set_up_v2))


@pytest.fixture
def every_rule(copy_of: CopyOf) -> Pair:
    """A V1 whose rows break every rule of the mapping, and a V2 with its tables and reference rows."""
    return Pair(copy_of("every_rule_v1", fill_with_every_rule), copy_of("v2", set_up_v2))


@pytest.fixture(scope="session")
def migrated_sample(
    server: Server, filled_once: Callable[[str, Callable[[str], None]], str], tmp_path_factory: pytest.TempPathFactory
) -> Migrated:
    """A sample that was migrated once a session, into a V2 in which strangers hold some of its addresses. Read it only, or copy it."""
    v1 = filled_once("sample_v1", fill_sample)
    pair = Pair(server.url(v1), server.url(server.create_database("migrated_v2", template=filled_once("v2", set_up_v2))))
    add_strangers(pair.v2, strangers_of(pair.v1))
    return migrated(pair, tmp_path_factory.mktemp("sample"))


def fill_small(url: str) -> None:
    """A school with one of everything."""
    execute(url, packaged_sql("v1"))
    add(url, SMALL_SCHOOL)


def fill_with_every_rule(url: str) -> None:
    """Rows that break every rule."""
    execute(url, packaged_sql("v1"))
    add(url, V1_ROWS)


def fill_sample(url: str) -> None:
    """A sample, and the flaws that it has in larger numbers only."""
    fill(url, students=SAMPLE_STUDENTS)
    execute(url, FURTHER_FLAWS)


def strangers_of(v1: str) -> list[Row]:
    """Users of V2 who hold addresses and numbers that V1's people want, written otherwise, and suffixed ones of them."""
    teachers = [row for row in table_rows(v1, "Teacher") if re.fullmatch(r"[a-z0-9._+-]+@[a-z0-9.-]+", row["email"] or "")]
    numbers = [row["phone"] for row in table_rows(v1, "Parent") if re.fullmatch(r"\+\d{10,}", row["phone"] or "")]
    first, second = (row["email"] for row in teachers[:2])
    return [
        {"email": first.upper(), "phone": numbers[0]},
        {"email": first.replace("@", "+2@").title()},
        {"email": second, "phone": f"{numbers[0]};ext=2"},
        {"email": "odin@v2.example", "phone": numbers[1]},
    ]
