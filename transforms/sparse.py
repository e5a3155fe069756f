"""Spares a column the slow way that only few of its rows need."""

from collections.abc import Callable

import polars as pl


def on_given(values: pl.Expr, slow: Callable[[pl.Series], pl.Series], /, *, dtype: pl.DataType | type[pl.DataType]) -> pl.Expr:
    """What `slow` makes of the values that are not null; null where they are.

    Polars' string functions take some hundredths of a second for a million nulls, too: `slow` never sees them. It
    gets a Series without nulls, not an empty one, and must give as many values, of the dtype, each made of its own
    value alone.

    >>> shouted = on_given(pl.col("word"), lambda words: words.str.to_uppercase(), dtype=pl.String)
    >>> pl.DataFrame({"word": [None, "ada", None]}).select(shouted).to_series().to_list()
    [None, 'ADA', None]
    """

    def spread(column: pl.Series) -> pl.Series:
        given = column.is_not_null()
        if not given.any():
            return pl.Series(column.name, [None], dtype).new_from_index(0, len(column))
        place_among_given = given.cast(pl.Int64).cum_sum() - 1
        results = slow(column.filter(given))
        return results.gather(place_among_given.set(~given, None)).alias(column.name)

    return values.map_batches(spread, return_dtype=dtype, is_elementwise=True)


def changed_where(condition: pl.Series, values: pl.Series, change: Callable[[pl.Series], pl.Series], /) -> pl.Series:
    """What `change` makes of the values where the condition is true; the values themselves where it is false or null.

    `change` sees no other values. It gets a Series that is not empty, and must give as many values, of the same dtype,
    each made of its own value alone.

    >>> words = pl.Series("word", ["ada", None, "Obi"])
    >>> changed_where(words.str.starts_with("a"), words, lambda some: some.str.to_uppercase()).to_list()
    ['ADA', None, 'Obi']
    """
    rows = condition.arg_true()
    if rows.is_empty():
        return values
    return values.clone().scatter(rows, change(values.gather(rows)))  # a clone, as `scatter` writes in place


def by_distinct(values: pl.Series, change: Callable[[pl.Series], pl.Series], /) -> pl.Series:
    """What `change` makes of values, none of which is null. It sees each distinct one once, in any order.

    It must give as many values as it gets, each made of its own value alone.

    >>> by_distinct(pl.Series("word", ["ada", "obi", "ada"]), lambda words: words.str.to_uppercase()).to_list()
    ['ADA', 'OBI', 'ADA']
    """
    distinct = values.unique()
    return values.replace_strict(distinct, change(distinct))
