"""Who wanted the same address, and who got it: out of a run's plan (mapping, sections 4 and 5)."""

from typing import Literal

import polars as pl

from pipeline.run import Run
from transforms.tables import kinds


def contested_grants(run: Run, column: Literal["email", "phone"], /) -> pl.DataFrame:
    """Every claim on an address that several people wanted, or that V2 held already. Personal data.

    Args:
        run: Its plan is read.
        column: Which address.

    Returns:
        `wanted`: the address, as V2 has it; `people`: how many of V1's claim it; `in_v2`: whether V2 held it before the run; `kind` and
        `v1_id` of the claimant; `got`: the address that the claimant was given; `kept`: whether that is the one wanted. Ordered by how many
        want it, then by address, then in claim order. Who is condemned (V1 alone keeps the row out) claims nothing.
    """
    claimants = pl.concat(
        run.people(kind.table).filter(~pl.col("is_condemned")).select("turn", "v1_id", kind=pl.lit(kind.table), wanted=f"wished_{column}")
        for kind in kinds.KINDS
    )
    held = run.before("User").select(wanted=pl.col(column).str.to_lowercase(), in_v2=pl.lit(value=True)).unique().drop_nulls()
    return (
        claimants.drop_nulls("wanted")
        .with_columns(people=pl.len().over("wanted"))
        .join(held, on="wanted", how="left")
        .with_columns(pl.col("in_v2").fill_null(value=False))
        .filter((pl.col("people") > 1) | pl.col("in_v2"))
        .join(run.plan("claims").select("turn", f"granted_{column}"), on="turn", how="left")
        .with_columns(got=pl.coalesce(f"granted_{column}", "wanted"))
        .sort("people", "wanted", "turn", descending=[True, False, False])
        .select("wanted", "people", "in_v2", "kind", "v1_id", "got", kept=pl.col("got") == pl.col("wanted"))
        .collect()
    )
