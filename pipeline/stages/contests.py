"""How contested what people wish for is: e-mails, phones, admission numbers and subject codes (mapping, sections 4, 5, 7 and 8)."""

import polars as pl

from transforms import claims

Contest = dict[str, int]
"""Counts of a contest, by name; of JSON's types."""


def contest(wishes: pl.LazyFrame, /, *, suffixed: int) -> Contest:
    """Counts for the report, over all of V1, whatever a run is about; no values.

    Args:
        wishes: A row for each that wishes: `wish` (null wishes for nothing) and `scope`, within which values contend.
        suffixed: How many rows got a value with a counter.

    Returns:
        `values`: how many values more than one row wishes for; `suffixed`: as given, be it for the sake of another row or of what V2
        holds; `largest_group`: how many rows wish for the most contested value, 0 where none is contested.
    """
    hashed = wishes.drop_nulls("wish").with_columns(wish_hash=claims.wish_hash())
    # Only what shares a hash is grouped by the values themselves: a few of very many.
    shared = claims.shared(hashed.select("wish_hash").collect(engine="streaming").to_series())
    groups = (
        hashed.join(shared.to_frame().lazy(), on="wish_hash", how="semi")
        .group_by("scope", "wish")
        .agg(rows=pl.len())
        .filter(pl.col("rows") > 1)
        .select(values=pl.len(), largest_group=pl.col("rows").max().fill_null(0))
        .collect(engine="streaming")
    )
    values, largest_group = groups.row(0)
    return {"values": values, "suffixed": suffixed, "largest_group": largest_group}
