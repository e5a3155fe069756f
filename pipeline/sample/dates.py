"""Dates and times, with the ones that nobody can have meant (mapping, sections 1 and 7).

V1's `infinity` is in no frame: no driver carries it. `fill` writes it afterwards.
"""

from collections.abc import Mapping
from datetime import datetime
from itertools import accumulate
from typing import Final

import polars as pl

from pipeline.sample.chance import Dice

EXTREMES: Final[Mapping[datetime | None, int]] = {
    datetime.fromisoformat("0001-01-01"): 2,
    datetime.fromisoformat("1899-12-31T23:59:59.999"): 2,
    datetime.fromisoformat("2201-01-01"): 2,
    datetime.fromisoformat("9999-12-31"): 2,
    # The first and the last that are plausible.
    datetime.fromisoformat("1900-01-01"): 1,
    datetime.fromisoformat("2200-01-01"): 1,
}
"""Too early or too late for anything, or nearly so, in ‰."""

UNBORN: Final[Mapping[datetime | None, int]] = {
    datetime.fromisoformat("2099-05-05"): 4,
    datetime.fromisoformat("2199-12-31"): 2,
    None: 80,
}
"""Births after any run of the migration, and births that nobody told, in ‰."""

OPENED: Final = datetime.fromisoformat("2015-09-01")
"""The day on which the platform had its first row."""

MILLISECONDS_PER_DAY: Final = 86_400_000


def moment(dice: Dice, /, *, earliest: datetime, days: int, purpose: str) -> pl.Expr:
    """A moment within so many days from the earliest on. Datetime in µs without a zone, in whole milliseconds as V1 keeps them."""
    past = dice.below(days * MILLISECONDS_PER_DAY, purpose=purpose)
    return (pl.lit(earliest) + pl.duration(milliseconds=past)).cast(pl.Datetime("us"))


def with_slips(plain: pl.Expr, slips: Mapping[datetime | None, int], /, *, dice: Dice, purpose: str) -> pl.Expr:
    """The moment, or for so many ‰ of the rows one of the slips in its place. Datetime in µs in and out."""
    lot = dice.below(1000, purpose=f"slip of the {purpose}")
    slipped = plain
    for slip, bound in reversed(list(zip(slips, accumulate(slips.values()), strict=True))):
        slipped = pl.when(lot < bound).then(pl.lit(slip, dtype=pl.Datetime("us"))).otherwise(slipped)
    return slipped


def row_times(dice: Dice, /) -> dict[str, pl.Expr]:
    """When a row was made and last changed: `created_at` and `updated_at`, one or both of them implausible now and then."""
    made = moment(dice, earliest=OPENED, days=3300, purpose="created")
    changed = made + pl.duration(milliseconds=dice.below(200 * MILLISECONDS_PER_DAY, purpose="updated"))
    return {
        "created_at": with_slips(made, EXTREMES, dice=dice, purpose="row's times"),
        # The lot that slipped above slips again in one of two rows, as whoever broke the one broke the other.
        "updated_at": pl.when(dice.happens(500, purpose="both times"))
        .then(with_slips(changed, EXTREMES, dice=dice, purpose="row's times"))
        .otherwise(with_slips(changed, EXTREMES, dice=dice, purpose="last change")),
    }


def birth(dice: Dice, /, *, since: datetime, years: int) -> pl.Expr:
    """A date of birth within so many years from a date on; seldom an impossible one, or null. Datetime in µs."""
    plain = moment(dice, earliest=since, days=365 * years, purpose="birth").dt.truncate("1d")
    return with_slips(plain, {**EXTREMES, **UNBORN}, dice=dice, purpose="birth")
