"""Checksums of tables: the same for the same rows, however they come, and another for any others."""

from datetime import date
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from pipeline.stages.checksum import Checksum, checksum

SCHEMA = pl.Schema({"id": pl.String(), "name": pl.String(), "skills": pl.List(pl.String()), "born": pl.Date(), "is_active": pl.Boolean()})
TEXTS = st.none() | st.sampled_from(["", "a", "b", "ab", "ä", "null"])
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["1", "2", "12"]),
        TEXTS,
        st.none() | st.lists(TEXTS, max_size=2),
        st.none() | st.just(date(2000, 1, 1)),
        st.none() | st.booleans(),
    ),
    max_size=6,
)


def frame(rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


@given(rows=ROWS, data=st.data())
def test_neither_order_nor_cuts_show(rows: list[tuple[Any, ...]], data: st.DataObject) -> None:
    shuffled = frame(data.draw(st.permutations(rows)))
    cut = data.draw(st.integers(0, len(rows)))
    assert checksum(shuffled[:cut]) + checksum(shuffled[cut:]) == checksum(frame(rows))


@given(rows=ROWS, others=ROWS)
def test_other_rows_have_another_checksum(rows: list[tuple[Any, ...]], others: list[tuple[Any, ...]]) -> None:
    are_same = sorted(map(repr, rows)) == sorted(map(repr, others))
    assert (checksum(frame(rows)) == checksum(frame(others))) == are_same


def test_of_nothing_there_is_a_checksum_too() -> None:
    assert checksum(frame([])) == Checksum(0, 0) == Checksum()
