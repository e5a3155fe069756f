"""How contested what people wish for is: e-mails, phones, admission numbers and subject codes (mapping, sections 4, 5, 7 and 8)."""

import polars as pl


def contest(wishes: pl.LazyFrame, granted: pl.LazyFrame, /) -> dict[str, int]:
    """Counts for the report, over all of V1, whatever a run is about; no values.

    Args:
        wishes: A row for each that wishes: `wish` (null wishes for nothing) and `scope`, within which values contend.
        granted: A row for each that was granted a value: `suffixed` (Boolean; null counts as false).

    Returns:
        `values`: how many values more than one row wishes for; `suffixed`: how many rows got one with a counter, be it for the sake of
        another row or of what V2 holds; `largest_group`: how many rows wish for the most contested value, 0 where none is contested.
    """
    groups = wishes.drop_nulls("wish").group_by("scope", "wish").agg(rows=pl.len()).filter(pl.col("rows") > 1)
    shared, counted = pl.collect_all(
        [
            groups.select(values=pl.len(), largest_group=pl.col("rows").max().fill_null(0)),
            granted.select(suffixed=pl.col("suffixed").sum()),
        ],
        engine="streaming",
    )
    values, largest_group = shared.row(0)
    return {"values": values, "suffixed": counted.item(), "largest_group": largest_group}
