import polars as pl

from pipeline.sample.chance import Dice
from pipeline.sample.forms import written

ROWS = pl.DataFrame({"id": pl.int_range(20_000, eager=True), "name": "Ada"})


def test_each_form_is_as_frequent_as_its_weight() -> None:
    text = written({"{name}": 90, "{name} Obi": 9, None: 1}, dice=Dice(0, "T"), purpose="x", name=pl.col("name"))
    counts = dict(ROWS.select(text.alias("text")).to_series().value_counts().iter_rows())
    assert counts.keys() == {"Ada", "Ada Obi", None}
    assert abs(counts["Ada Obi"] - 1800) < 200
    assert abs(counts[None] - 200) < 60


def test_what_stands_around_the_fields_stays_as_it_is() -> None:
    text = written({'"{name}", {name}\u200b\t$1': 1}, dice=Dice(0, "T"), purpose="x", name=pl.col("name"))
    assert ROWS.head(1).select(text).item() == '"Ada", Ada\u200b\t$1'


def test_a_form_without_fields_is_written_even_where_the_fields_are_null() -> None:
    text = written({"n/a": 1}, dice=Dice(0, "T"), purpose="x", name=pl.lit(None, dtype=pl.String))
    assert ROWS.head(2).select(text).to_series().to_list() == ["n/a", "n/a"]


def test_the_engine_does_not_show() -> None:
    text = written({"{name}": 1, "{name}{id}": 1}, dice=Dice(0, "T"), purpose="x", name=pl.col("name"), id=pl.col("id"))
    lazy = ROWS.lazy().with_columns(text=text)
    assert lazy.collect().equals(lazy.collect(engine="streaming"))
