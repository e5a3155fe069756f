"""Keys that V2 lost are asked for by SQL; those that it has are its own affair."""

from collections.abc import Iterator

import polars as pl
import psycopg
import pytest

from pipeline.postgres.connect import Database
from pipeline.stages.keys import broken_keys
from pipeline.stages.target import Target, transaction

SCHOOL = """INSERT INTO "School" ("id", "name", "code", "country", "updatedAt") VALUES ('{0}', 'Hill', '{1}', 'NG', now())"""
CLASS = """INSERT INTO "Class" ("id", "schoolId", "name", "academicYear", "updatedAt") VALUES ('{0}', '{1}', 'JSS 1', '2024', now())"""


@pytest.fixture
def lost(v2_url: str) -> Iterator[Target]:
    """A V2 without two of its keys."""
    with psycopg.connect(v2_url) as connection:
        connection.execute('ALTER TABLE "Class" DROP CONSTRAINT "Class_schoolId_fkey"')
        connection.execute('DROP INDEX "School_code_key"')
    with transaction(Database.from_url("V2", v2_url)) as target:
        yield target


def test_an_empty_v2_breaks_no_key(lost: Target) -> None:
    assert list(broken_keys(lost)) == []


def test_rows_that_keep_a_lost_key_are_sound(lost: Target) -> None:
    lost.execute(SCHOOL.format("s1", "A"))
    lost.execute(SCHOOL.format("s2", "B"))
    lost.execute(CLASS.format("c1", "s1"))
    assert list(broken_keys(lost)) == []


def test_rows_that_break_a_lost_key_are_counted(lost: Target) -> None:
    lost.execute(SCHOOL.format("s1", "A"))
    lost.execute(SCHOOL.format("s2", "A"))
    lost.execute(CLASS.format("c1", "nowhere"))
    lost.execute(CLASS.format("c2", "nowhere"))
    assert list(broken_keys(lost)) == [("School.code unique", 2), ("Class.schoolId in School", 2)]


def test_a_whole_v2_sees_to_its_keys_itself(v2_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    with transaction(Database.from_url("V2", v2_url)) as target:
        query = Target.query

        def noted(self: Target, statement: str) -> pl.DataFrame:
            asked.append(statement)
            return query(self, statement)

        monkeypatch.setattr(Target, "query", noted)
        assert list(broken_keys(target)) == []
    assert len(asked) == 2
