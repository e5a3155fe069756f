from hashlib import blake2b

import polars as pl
import pytest
from polars.testing import assert_series_equal

from pipeline.sample.chance import FIRST_MIX, GOLDEN_GAMMA, SECOND_MIX, Dice

ROWS = pl.DataFrame({"id": pl.int_range(1, 10_001, eager=True)})


def splitmix64(state: int) -> int:
    """The published algorithm in Python's unbounded integers."""
    word = (1 << 64) - 1
    bits = state & word
    bits = (bits ^ (bits >> 30)) * FIRST_MIX & word
    bits = (bits ^ (bits >> 27)) * SECOND_MIX & word
    return bits ^ (bits >> 31)


def test_rolls_are_splitmix64_of_key_and_salt() -> None:
    salt = int.from_bytes(blake2b(b"7:Student:gender", digest_size=8).digest())
    rolled = ROWS.head(50).select(Dice(7, "Student").roll("gender")).to_series().to_list()
    assert rolled == [splitmix64(key * GOLDEN_GAMMA + salt) for key in range(1, 51)]


def test_a_row_rolls_the_same_in_a_table_of_any_size_and_order() -> None:
    roll = Dice(1, "Student").roll("first name").alias("roll")
    whole = ROWS.with_columns(roll)
    part = ROWS.filter(pl.col("id") % 7 == 3).reverse().with_columns(roll)
    assert_series_equal(part.sort("id")["roll"], whole.filter(pl.col("id") % 7 == 3)["roll"])


@pytest.mark.parametrize("other", [Dice(2, "Student"), Dice(1, "Parent")])
def test_another_seed_or_table_rolls_otherwise(other: Dice) -> None:
    rolls = ROWS.select(one=Dice(1, "Student").roll("x"), other=other.roll("x"))
    assert rolls.filter(pl.col("one") == pl.col("other")).is_empty()


def test_numbers_below_a_limit_are_spread_evenly() -> None:
    counts = ROWS.select(Dice(1, "T").below(10, purpose="digit").alias("digit")).to_series().value_counts()
    assert sorted(counts["digit"]) == list(range(10))
    assert counts["count"].is_between(850, 1150).all()


def test_two_purposes_are_independent() -> None:
    both = ROWS.select(Dice(1, "T").happens(100, purpose="one").alias("one"), Dice(1, "T").happens(100, purpose="two").alias("two"))
    assert 60 < both.filter(pl.col("one") & pl.col("two")).height < 140


def test_no_rows_roll_nothing() -> None:
    assert ROWS.head(0).select(Dice(1, "T").one_of(["a", None], purpose="x").alias("word")).schema == {"word": pl.String}
