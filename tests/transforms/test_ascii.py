import polars as pl
import pytest
from anyascii import anyascii
from hypothesis import given
from hypothesis import strategies as st

from transforms import ascii as in_ascii

TEXTS = st.lists(st.none() | st.text(max_size=12) | st.text(alphabet="aZ9 -'ëßŁ北ع", max_size=12), max_size=8)


def column(values: list[str | None]) -> pl.DataFrame:
    return pl.DataFrame({"text": values}, schema={"text": pl.String})


def results(expression: pl.Expr, values: list[str | None]) -> list[str | None]:
    return column(values).select(expression).to_series().to_list()


@given(TEXTS)
def test_transliteration_is_what_anyascii_says_of_the_whole_text(values: list[str | None]) -> None:
    expected = [value if value is None else anyascii(value) for value in values]
    assert results(in_ascii.transliterated(pl.col("text")), values) == expected


@pytest.mark.parametrize(
    ("text", "slug", "letters_digits"),
    [
        (None, None, None),
        ("", None, None),
        ("--", None, None),
        ("\U000f0000", None, None),  # nothing in ASCII stands for a character of private use
        ("St. Mary's", "st-mary-s", "stmarys"),
        ("ÉCOLE  d’Été", "ecole-d-ete", "ecoledete"),
        ("-KC/01-", "kc-01", "kc01"),
        ("Ọlájídé", "olajide", "olajide"),
        ("王小明", "wangxiaoming", "wangxiaoming"),
    ],
)
def test_only_small_letters_and_digits_of_ascii_are_left(text: str | None, slug: str | None, letters_digits: str | None) -> None:
    assert results(in_ascii.slug(pl.col("text")), [text]) == [slug]
    assert results(in_ascii.letters_digits(pl.col("text")), [text]) == [letters_digits]


@given(TEXTS)
def test_writing_in_ascii_twice_is_writing_once(values: list[str | None]) -> None:
    for write in (in_ascii.transliterated, in_ascii.slug, in_ascii.letters_digits):
        once = results(write(pl.col("text")), values)
        assert results(write(pl.col("text")), once) == once


@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
def test_empty_and_all_null_columns_stay_so(engine: pl.Engine) -> None:
    empty: list[list[str | None]] = [[], [None, None]]
    for values in empty:
        written = column(values).lazy().select(in_ascii.slug(pl.col("text"))).collect(engine=engine)
        assert written.to_series().to_list() == values
        assert written.schema == {"text": pl.String}
