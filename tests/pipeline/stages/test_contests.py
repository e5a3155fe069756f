"""How contested wishes are: counts by a case that can be counted by hand."""

import polars as pl

from pipeline.stages.contests import contest

WISHES = pl.DataFrame(
    {"scope": ["a", "a", "a", "b", "b", "b", "b"], "wish": ["1", "1", "2", "1", "3", "3", None]},
)


def test_values_are_contested_within_their_scope() -> None:
    assert contest(WISHES, suffixed=2) == {"values": 2, "suffixed": 2, "largest_group": 2}


def test_the_largest_group_is_counted_in_rows() -> None:
    everybody = WISHES.with_columns(scope=pl.lit(""))
    assert contest(everybody, suffixed=2) == {"values": 2, "suffixed": 2, "largest_group": 3}


def test_of_nothing_nothing_is_contested() -> None:
    assert contest(WISHES.clear(), suffixed=0) == {"values": 0, "suffixed": 0, "largest_group": 0}


def test_rows_that_wish_for_nothing_contest_nothing() -> None:
    assert contest(WISHES.with_columns(wish=pl.lit(None, dtype=pl.String)), suffixed=0)["values"] == 0
