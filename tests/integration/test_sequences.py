"""Runs in sequence over V1s and V2s that are edited in between: V2, the books and the records are the naive migration's every time."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipeline.postgres.embedded import Server
from pipeline.postgres.schema import packaged_sql
from tests.integration.databases import Pair, add, add_strangers, contents, execute, set_up_v2
from tests.integration.edits import Edit, Part, apply, edits, parts
from tests.integration.scripts import EVERYTHING, SCRIPTS, Step
from tests.integration.sequences import Play, copies, run_part, v2_tables, without_passwords
from tests.integration.small_school import SECOND_YEAR, SMALL_SCHOOL

SEQUENCES = int(os.environ.get("SEQUENCES", "6"))
"""How many random sequences to try; each is several whole runs."""

random_sequences = settings(
    max_examples=SEQUENCES,
    # A failure tells its whole story; to shrink it would take minutes.
    phases=[phase for phase in Phase if phase is not Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

STRANGERS = [{"email": "Tunde+2@GHS.example"}, {"email": "somebody@v2.example", "phone": "+2348030000009"}]

A_YEAR_IN_V1 = """
    UPDATE "Teacher" SET "updated_at" = "updated_at" + interval '1 day', "email" = (
        SELECT "email" FROM "Teacher" AS "next" WHERE "next"."id" = "Teacher"."id" + 1
    ) WHERE "id" % 3 = 0;
    UPDATE "Student" SET "phone" = (SELECT "phone" FROM "Parent" WHERE "Parent"."id" = "Student"."id") WHERE "id" % 4 = 0;
    UPDATE "Student" SET "school_id" = (SELECT min("id") FROM "School") WHERE "id" % 7 = 0;
    UPDATE "Student" SET "class_id" = (SELECT max("id") FROM "Class"), "parent_id" = (SELECT max("id") FROM "Parent") WHERE "id" % 5 = 0;
    UPDATE "Student" SET "admission_no" = 'SAME' WHERE "id" % 11 = 0;
    UPDATE "Parent" SET "school_id" = (SELECT max("id") FROM "School"), "relationship" = 'uncle' WHERE "id" % 6 = 0;
    UPDATE "Class" SET "academic_year" = '2031/2032', "class_teacher_id" = (SELECT max("id") FROM "Teacher") WHERE "id" % 2 = 0;
    UPDATE "School" SET "country" = 'KE', "code" = "code" || '-2' WHERE "id" = 2;
    UPDATE "Subject" SET "name" = 'Physics' WHERE "id" % 5 = 0;
    DELETE FROM "_ParentToStudent" WHERE "A" % 4 = 1;
    DELETE FROM "_SubjectToTeacher" WHERE "B" % 4 = 1;
"""
A_YEAR_IN_V2 = """
    UPDATE "User" SET "firstName" = 'Edited', "updatedAt" = "updatedAt" + interval '1000 days' WHERE "id" < '2';
    UPDATE "Student" SET "bloodGroup" = 'O', "updatedAt" = "updatedAt" + interval '1000 days' WHERE "id" > 'e';
    UPDATE "User" SET "mustChangePassword" = false WHERE "id" BETWEEN '4' AND '7';
    DELETE FROM "User" WHERE "id" > 'f8';
    DELETE FROM "Address" WHERE "id" > 'e';
    DELETE FROM "StudentParent" WHERE "studentId" > 'd';
"""

Round = tuple[list[Edit], Part]
TwoSchools = Callable[[], AbstractContextManager[tuple[Pair, Path]]]


def fill_two_schools(url: str) -> None:
    """Two schools, with some who want the same addresses, and links of every kind."""
    execute(url, packaged_sql("v1"))
    add(url, {table: SMALL_SCHOOL[table] + SECOND_YEAR.get(table, []) for table in SMALL_SCHOOL})


def fill_with_strangers(url: str) -> None:
    """V2 with its reference rows and two users of its own."""
    set_up_v2(url)
    add_strangers(url, STRANGERS)


@pytest.fixture(scope="module")
def two_schools(server: Server, filled_once: Callable[[str, Callable[[str], None]], str], database_names: Iterator[str]) -> TwoSchools:
    """Gives copies of two schools in V1 and of a V2 with strangers, as often as a test has examples."""
    v1, v2 = filled_once("two_schools", fill_two_schools), filled_once("v2_with_strangers", fill_with_strangers)
    return lambda: copies(server, v1, v2, database_names)


def finish(play: Play) -> None:
    """Ends with a run over everything, after which another one writes nothing."""
    play.run(EVERYTHING)
    before = contents(play.pair.v2)
    play.run(EVERYTHING)
    assert contents(play.pair.v2) == before


@random_sequences
@given(first=parts(), rounds=st.lists(st.tuples(st.lists(edits(), min_size=3, max_size=20), parts()), min_size=1, max_size=3))
def test_every_run_does_what_the_naive_migration_does(two_schools: TwoSchools, first: Part, rounds: list[Round]) -> None:
    with two_schools() as (pair, runs):
        play = Play(pair, runs)
        play.run(first)
        for edits_in_between, part in rounds:
            play.edit(edits_in_between)
            play.run(part)
        finish(play)


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=list(SCRIPTS))
def test_what_chance_seldom_makes_is_done_as_the_naive_migration_does_it(two_schools: TwoSchools, script: Sequence[Step]) -> None:
    with two_schools() as (pair, runs):
        play = Play(pair, runs)
        for step in [EVERYTHING, *script]:
            if isinstance(step, Part):
                play.run(step)
            else:
                play.execute(*step)
        finish(play)


@pytest.mark.parametrize("databases", ["sample", "every_rule"])
def test_a_year_of_changes_to_many_rows_is_moved_as_the_naive_migration_does(
    databases: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    play = Play(request.getfixturevalue(databases), tmp_path)
    play.run(Part(policy="carry"))
    play.execute("v1", A_YEAR_IN_V1)
    play.execute("v2", A_YEAR_IN_V2)
    play.run(Part(("teachers", "students"), "school_id = 2", "carry"))
    play.run(Part(policy="carry"))
    finish(play)


@random_sequences
@given(split=st.lists(parts(), min_size=1, max_size=4), changes=st.lists(edits(), max_size=8))
def test_parts_in_any_order_end_as_one_run_does(two_schools: TwoSchools, split: list[Part], changes: list[Edit]) -> None:
    with two_schools() as (pair, runs), two_schools() as (at_once, runs_at_once):
        for each in (pair, at_once):
            apply(changes, each)
        for part in [*split, EVERYTHING]:
            run_part(pair, runs, replace(part, policy="generate"))
        run_part(at_once, runs_at_once, EVERYTHING)
        assert without_passwords(v2_tables(pair.v2)) == without_passwords(v2_tables(at_once.v2))
