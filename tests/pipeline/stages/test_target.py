"""A table read stretch by stretch: every row once, however many stretches there are."""

import itertools

import pytest

from pipeline.postgres.connect import Database
from pipeline.stages import target as module
from pipeline.stages.target import transaction

SCHOOLS = """
    INSERT INTO "School" ("id", "name", "code", "country", "updatedAt")
    SELECT 's' || number, repeat('Hill', 100), 'C' || number, 'NG', now() FROM generate_series(1, {0}) AS number
"""


@pytest.mark.parametrize(
    ("rows", "pages_at_once", "are_several"), [(0, 1, False), (1, 1, False), (100, 1, True), (100, 3, True), (100, 999, False)]
)
def test_all_rows_come_once(v2_url: str, monkeypatch: pytest.MonkeyPatch, rows: int, pages_at_once: int, are_several: bool) -> None:
    monkeypatch.setattr(module, "STRETCH_PAGES", pages_at_once)
    with transaction(Database.from_url("V2", v2_url)) as target:
        target.execute(SCHOOLS.format(rows))
        stretches = [stretch["id"].to_list() for stretch in target.stretches("School", '"id"')]
    assert sorted(itertools.chain.from_iterable(stretches)) == sorted(f"s{number}" for number in range(1, rows + 1))
    assert (len(stretches) > 1) == are_several


def test_a_row_that_was_made_again_comes_once(v2_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STRETCH_PAGES", 1)
    with transaction(Database.from_url("V2", v2_url)) as target:
        target.execute(SCHOOLS.format(100))
        target.execute("""UPDATE "School" SET "name" = 'Dale' WHERE "id" < 's5'""")
        found = list(target.stretches("School", '"id", "name"'))
    assert sum(stretch.height for stretch in found) == 100
