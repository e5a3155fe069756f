"""Checksums of tables: the same for the same rows, however they come, and another for any others."""

from datetime import date
from typing import Any

import polars as pl
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pipeline.stages.checksum import Checksum, checksum

SCHEMA = pl.Schema({"id": pl.String(), "name": pl.String(), "place": pl.String(), "born": pl.Date(), "is_active": pl.Boolean()})
TEXTS = st.none() | st.sampled_from(["", "a", "b", "ab", "ä", "null"])
ROWS = st.lists(
    st.tuples(st.sampled_from(["1", "2", "12"]), TEXTS, TEXTS, st.none() | st.just(date(2000, 1, 1)), st.none() | st.booleans()), max_size=6
)


def summed(rows: list[tuple[Any, ...]]) -> Checksum:
    return checksum(pl.DataFrame(rows, schema=SCHEMA, orient="row").to_arrow(), key=["id"])


@given(rows=ROWS, data=st.data())
def test_neither_order_nor_cuts_show(rows: list[tuple[Any, ...]], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(rows))
    cut = data.draw(st.integers(0, len(rows)))
    assert summed(shuffled[:cut]) + summed(shuffled[cut:]) == summed(rows)


@given(rows=ROWS, others=ROWS)
def test_other_rows_have_another_checksum(rows: list[tuple[Any, ...]], others: list[tuple[Any, ...]]) -> None:
    are_same = sorted(map(repr, rows)) == sorted(map(repr, others))
    assert (summed(rows) == summed(others)) == are_same


def test_values_that_change_places_show() -> None:
    rows, exchanged = (summed([("1", one, "x", None, None), ("2", other, "x", None, None)]) for one, other in (("a", "b"), ("b", "a")))
    assert rows != exchanged


def test_of_nothing_there_is_a_checksum_too() -> None:
    assert summed([]) == Checksum(0, 0) == Checksum()


def test_rows_that_are_not_hashed_are_counted() -> None:
    skills = pa.table({"id": pa.array(["1"], pa.large_string()), "skills": pa.array([["Chess"]], pa.large_list(pa.large_string()))})
    not_hashed = checksum(skills, key=["id"])
    assert not_hashed == Checksum(1, None)
    assert not_hashed + summed([("1", None, None, None, None)]) == Checksum(2, None)
