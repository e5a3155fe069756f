"""Runs in sequence over V1s and V2s that are edited in between: V2, the books and the records are the naive migration's every time."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.postgres.embedded import Server
from pipeline.postgres.schema import packaged_sql
from tests.integration.databases import Pair, add, add_strangers, contents, execute, set_up_v2
from tests.integration.edits import Edit, Part, apply, edits, parts
from tests.integration.sequences import Play, copies, run_part, v2_tables, without_passwords
from tests.integration.small_school import SECOND_YEAR, SMALL_SCHOOL

SEQUENCES = int(os.environ.get("SEQUENCES", "10"))
"""How many sequences to try: each is several whole runs."""
UNHURRIED = [HealthCheck.too_slow, HealthCheck.data_too_large]

STRANGERS = [{"email": "Tunde+2@GHS.example"}, {"email": "somebody@v2.example", "phone": "+2348030000009"}]

Round = tuple[list[Edit], Part]

EVERYTHING = Part()


def fill_two_schools(url: str) -> None:
    """Two schools, with some who want the same addresses, and links of every kind."""
    execute(url, packaged_sql("v1"))
    add(url, {table: SMALL_SCHOOL.get(table, []) + SECOND_YEAR.get(table, []) for table in [*SMALL_SCHOOL, *SECOND_YEAR]})


def fill_with_strangers(url: str) -> None:
    """V2 with its reference rows and two users of its own."""
    set_up_v2(url)
    add_strangers(url, STRANGERS)


@pytest.fixture(scope="module")
def two_schools(
    server: Server, filled_once: Callable[[str, Callable[[str], None]], str], database_names: Iterator[str]
) -> Callable[[], AbstractContextManager[tuple[Pair, Path]]]:
    """Gives copies of two schools in V1 and of a V2 with strangers: many a test, for each of its examples."""
    v1, v2 = filled_once("two_schools", fill_two_schools), filled_once("v2_with_strangers", fill_with_strangers)
    return lambda: copies(server, v1, v2, database_names)


@settings(max_examples=SEQUENCES, suppress_health_check=UNHURRIED)
@given(first=parts(), rounds=st.lists(st.tuples(st.lists(edits(), min_size=1, max_size=8), parts()), min_size=1, max_size=3))
def test_every_run_does_what_the_naive_migration_does(
    two_schools: Callable[[], AbstractContextManager[tuple[Pair, Path]]], first: Part, rounds: list[Round]
) -> None:
    with two_schools() as (pair, runs):
        play = Play(pair, runs)
        play.run(first)
        for edits_in_between, part in rounds:
            play.edit(edits_in_between)
            play.run(part)
        play.run(EVERYTHING)
        before = contents(pair.v2)
        play.run(EVERYTHING)
        assert contents(pair.v2) == before


@settings(max_examples=SEQUENCES, suppress_health_check=UNHURRIED)
@given(split=st.lists(parts(), min_size=1, max_size=4), changes=st.lists(edits(), max_size=4))
def test_parts_in_any_order_end_as_one_run_does(
    two_schools: Callable[[], AbstractContextManager[tuple[Pair, Path]]], split: list[Part], changes: list[Edit]
) -> None:
    with two_schools() as (pair, runs), two_schools() as (at_once, runs_at_once):
        for each in (pair, at_once):
            apply(changes, each)
        for part in [*split, EVERYTHING]:
            run_part(pair, runs, replace(part, policy="generate"))
        run_part(at_once, runs_at_once, EVERYTHING)
        assert without_passwords(v2_tables(pair.v2)) == without_passwords(v2_tables(at_once.v2))
