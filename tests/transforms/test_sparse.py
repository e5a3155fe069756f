import polars as pl
import pytest
from polars.testing import assert_frame_equal, assert_series_equal

from transforms.sparse import on_given

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
