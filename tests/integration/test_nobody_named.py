"""What a run tells of itself names nobody: no e-mail, phone, name, password or hash of V1 or V2 occurs in it."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.integration.databases import Migrated, handed_over, table_rows

PEOPLE = (("v1", "School"), ("v1", "Teacher"), ("v1", "Parent"), ("v1", "Student"), ("v2", "School"), ("v2", "User"), ("v2", "Parent"))
"""The tables of either database that hold personal data."""

SECRET = re.compile("name|email|phone|password", re.IGNORECASE)
"""What its columns are called."""

SHORTEST = 6
"""A shorter value (a title, `Ada`) may be part of a word that has nothing to do with it."""


@pytest.fixture(scope="module")
def personal(migrated_sample: Migrated) -> set[str]:
    """All personal data of both databases, and the passwords handed over."""
    values: set[str] = {row["password"] for row in handed_over(migrated_sample).values()}
    for side, table in PEOPLE:
        for row in table_rows(getattr(migrated_sample.pair, side), table):
            values |= {str(value) for column, value in row.items() if value and SECRET.search(column) and column != "mustChangePassword"}
    return {value for value in values if len(value.strip()) >= SHORTEST}


def told(values: Iterable[str], text: str) -> list[str]:
    return sorted(value for value in values if value in text)


def test_there_is_somebody_to_be_named(migrated_sample: Migrated, personal: set[str]) -> None:
    assert len(personal) > 1_000
    assert told(personal, next(migrated_sample.folder.path.glob("records/changed.csv")).read_text(encoding="utf-8-sig"))


@pytest.mark.parametrize("name", ["report.html", "report.json", "migration.log", "manifest.json"])
def test_the_files_that_are_shown_around_name_nobody(migrated_sample: Migrated, personal: set[str], name: str) -> None:
    text = Path(migrated_sample.folder.path, name).read_text(encoding="utf-8")
    assert len(text) > 1_000
    assert told(personal, text) == []


def test_the_terminal_names_nobody(migrated_sample: Migrated, personal: set[str]) -> None:
    assert "The books" in migrated_sample.terminal
    assert told(personal, migrated_sample.terminal) == []
