import polars as pl
import pytest
from polars.testing import assert_frame_equal, assert_series_equal

from transforms.sparse import by_distinct, changed_where, on_given

SHOUTED = on_given(pl.col("word"), lambda words: words.str.to_uppercase(), dtype=pl.String)


def test_only_given_values_reach_the_slow_way() -> None:
    seen: list[pl.Series] = []

    def observed(words: pl.Series) -> pl.Series:
        seen.append(words)
        return words.str.len_chars().cast(pl.Int64)

    words = pl.DataFrame({"word": [None, "ada", None, "", "obi", None]})
    assert words.select(on_given(pl.col("word"), observed, dtype=pl.Int64)).to_series().to_list() == [None, 3, None, 0, 3, None]
    assert_series_equal(seen[0], pl.Series("word", ["ada", "", "obi"]))


@pytest.mark.parametrize("words", [[], [None], [None, None]])
def test_without_a_given_value_the_slow_way_is_not_taken(words: list[None]) -> None:
    def refused(words: pl.Series) -> pl.Series:
        raise AssertionError(words)

    dtype = pl.Struct({"value": pl.String, "odd": pl.Boolean})
    typed = pl.DataFrame({"word": words}, schema={"word": pl.String})
    assert_series_equal(typed.select(on_given(pl.col("word"), refused, dtype=dtype))["word"], pl.Series("word", words, dtype))


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_chunks_and_engines_do_not_show(rows: int) -> None:
    words = pl.DataFrame({"word": [None, "ada", "obi", None, None, "chi"]})
    chunks = pl.concat([words.slice(start, rows) for start in range(0, 6, rows)], rechunk=False)
    assert_frame_equal(chunks.select(SHOUTED), words.select(SHOUTED))
    assert_frame_equal(chunks.lazy().select(SHOUTED).collect(engine="streaming"), words.select(SHOUTED))


def test_only_values_where_the_condition_is_true_are_changed() -> None:
    seen: list[pl.Series] = []

    def observed(words: pl.Series) -> pl.Series:
        seen.append(words)
        return words.replace({"ada": None, "obi": "a name too long to be stored inside a view"})

    words = pl.Series("word", ["ada", "obi", None, "chi", "ada"])
    changed = changed_where(pl.Series([True, True, None, None, False]), words, observed)
    assert_series_equal(changed, pl.Series("word", [None, "a name too long to be stored inside a view", None, "chi", "ada"]))
    assert_series_equal(seen[0], pl.Series("word", ["ada", "obi"]))
    assert words.to_list() == ["ada", "obi", None, "chi", "ada"]


@pytest.mark.parametrize("condition", [[False, False], [None, None], []])
def test_where_no_condition_is_true_nothing_is_changed(condition: list[bool | None]) -> None:
    def refused(words: pl.Series) -> pl.Series:
        raise AssertionError(words)

    words = pl.Series("word", ["ada", "obi"][: len(condition)], pl.String)
    assert_series_equal(changed_where(pl.Series(condition, dtype=pl.Boolean), words, refused), words)


@pytest.mark.parametrize("words", [[], ["ada"], ["ada", "obi", "ada", "", "obi"]])
def test_each_distinct_value_is_changed_once(words: list[str]) -> None:
    seen: list[str] = []

    def observed(some: pl.Series) -> pl.Series:
        seen.extend(some)
        return some.str.to_uppercase()

    typed = pl.Series("word", words, pl.String)
    assert_series_equal(by_distinct(typed, observed), pl.Series("word", [word.upper() for word in words], pl.String))
    assert sorted(seen) == sorted(set(words))
