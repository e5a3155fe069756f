"""The catalogue of subjects, as the migration looks V1's subjects up in it."""

import re

import polars as pl
import pytest

from pipeline.reference.subjects import subject_categories, subjects

NAMED_BY_THE_MAPPING = [
    "ENGLISH_LANGUAGE", "MATHEMATICS", "FURTHER_MATHEMATICS", "PHYSICS", "CHEMISTRY", "BIOLOGY", "ECONOMICS",
    "GEOGRAPHY", "HISTORY", "LITERATURE", "COMPUTER_SCIENCE",
]  # fmt: skip


def folded(text: str) -> str:
    return re.sub("[^a-z0-9]", "", text.lower())


def test_categories_are_those_of_the_mapping() -> None:
    assert subject_categories()["code"].to_list() == [
        "LANGUAGES", "MATHEMATICS", "SCIENCE", "HUMANITIES", "ARTS",
        "TECHNICAL", "BUSINESS", "RELIGION", "PHYSICAL", "GENERAL",
    ]  # fmt: skip


def test_catalogue_is_large_enough_and_belongs_to_no_school() -> None:
    assert subjects().height >= 40
    assert subjects()["schoolId"].is_null().all()
    assert set(NAMED_BY_THE_MAPPING) <= set(subjects()["code"])


def test_every_category_has_subjects() -> None:
    assert set(subjects()["categoryId"]) == set(subject_categories()["id"])


@pytest.mark.parametrize("rows", [subjects(), subject_categories()], ids=["subjects", "categories"])
def test_no_two_rows_share_a_folded_code_or_name(rows: pl.DataFrame) -> None:
    pairs = rows.select("code", "name").rows()
    ways_to_find = [way for code, name in pairs for way in {folded(code), folded(name)}]
    assert len(ways_to_find) == len(set(ways_to_find))
    assert all(ways_to_find)


def test_no_folded_code_or_name_is_so_short_that_a_school_may_mean_another_subject() -> None:
    ways_to_find = [folded(way) for row in subjects().select("code", "name").rows() for way in row]
    assert min(map(len, ways_to_find)) >= 3
