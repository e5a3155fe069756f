"""How contested what people wish for is: e-mails, phones, admission numbers and subject codes (mapping, sections 4, 5, 7 and 8)."""

import polars as pl

Contest = dict[str, int]
"""Counts of a contest, by name; of JSON's types."""


def contest(rivals: pl.DataFrame, /, *, suffixed: int) -> Contest:
    """Counts for the report, over all of V1, whatever a run is about; no values.

    Args:
        rivals: `scope`, within which values contend, and `wish`, of the rows that may share theirs; null wishes for nothing.
        suffixed: How many rows got a value with a counter.

    Returns:
        `values`: how many values more than one row wishes for; `suffixed`: as given, be it for the sake of another row or of what V2
        holds; `largest_group`: how many rows wish for the most contested value, 0 where none is contested.
    """
    groups = rivals.drop_nulls("wish").group_by("scope", "wish").agg(rows=pl.len()).filter(pl.col("rows") > 1)
    values, largest_group = groups.select(values=pl.len(), largest_group=pl.col("rows").max().fill_null(0)).row(0)
    return {"values": values, "suffixed": suffixed, "largest_group": largest_group}
