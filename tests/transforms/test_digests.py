"""Digests of rows: equal for equal rows, and for no others."""

from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from transforms.digests import digest, row_digest

SCHEMA = pl.Schema(
    {"name": pl.String(), "skills": pl.List(pl.String()), "code": pl.String(), "seen": pl.Datetime("us"), "is_active": pl.Boolean()}
)
TEXTS = (
    st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=3) | st.sampled_from(["", "\1", "\2", "\3", "a\1b"])
)
ROWS = st.tuples(
    TEXTS,
    st.none() | st.lists(TEXTS, max_size=3),
    TEXTS,
    st.none() | st.integers(-5, 5),
    st.none() | st.booleans(),
)


def digest_of(row: tuple[Any, ...]) -> str:
    frame = pl.DataFrame([row], schema={**SCHEMA, "seen": pl.Int64()}, orient="row").cast({"seen": pl.Datetime("us")})
    found = frame.select(row_digest(SCHEMA.names())).item()
    assert isinstance(found, str)
    return found


@given(row=ROWS, other=ROWS)
def test_rows_have_the_same_digest_if_they_are_the_same(row: tuple[Any, ...], other: tuple[Any, ...]) -> None:
    assert (digest_of(row) == digest_of(other)) == (row == other)


@given(row=ROWS, data=st.data())
def test_a_change_of_one_value_shows(row: tuple[Any, ...], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(row) - 1))
    other = data.draw(ROWS)
    changed = (*row[:place], other[place], *row[place + 1 :])
    assert (digest_of(row) == digest_of(changed)) == (row == changed)


def test_values_do_not_run_into_each_other() -> None:
    pairs = [("a", "b"), ("ab", ""), ("", "ab"), (None, "ab"), ("ab", None), ("a\1b", ""), ("", "")]
    frame = pl.DataFrame(pairs, schema={"a": pl.String(), "b": pl.String()}, orient="row")
    assert frame.select(digest(pl.col("a"), pl.col("b"))).to_series().n_unique() == len(pairs)


def test_what_is_drawn_on_counts() -> None:
    frame = pl.DataFrame({"a": ["x", "x", "x"], "country": ["NG", "GH", None]})
    assert frame.select(row_digest(["a"], country=pl.col("country"))).to_series().n_unique() == 3
