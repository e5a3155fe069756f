"""Keeps dates and timestamps that can be true (mapping, sections 1 and 7)."""

from datetime import date, datetime
from typing import Final

import polars as pl

FIRST_DATE: Final = date(1900, 1, 1)
LAST_DATE: Final = date(2200, 1, 1)

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2200


def plausible_date(timestamp: pl.Expr, /, *, not_after: date | None = None) -> pl.Expr:
    """The date part of a timestamp, if it lies between 1900-01-01 and 2200-01-01, both included.

    Null stays null and is not implausible; an implausible one, ±infinity (the ends of the dtype) included, becomes null.

    Args:
        timestamp: Datetime, UTC without a time zone.
        not_after: the last plausible date, itself included: for a birth, the UTC day on which the run began.

    Returns:
        Struct of `value` (Date) and `date_implausible` (Boolean, never null).

    >>> pl.select(plausible_date(pl.lit("2012-05-04 23:30").str.to_datetime())).item()
    {'value': datetime.date(2012, 5, 4), 'date_implausible': False}
    """
    last = LAST_DATE if not_after is None else min(LAST_DATE, not_after)
    day = timestamp.dt.date()
    is_plausible = day.is_between(FIRST_DATE, last)
    return pl.struct(
        value=pl.when(is_plausible).then(day),
        date_implausible=~is_plausible.fill_null(value=True),
    )


def plausible_timestamps(created_at: pl.Expr, updated_at: pl.Expr, /, *, run_started_at: datetime) -> pl.Expr:
    """When a row was made and last changed; an implausible one of the two becomes the other, else the run's start.

    Plausible is what lies in the years 1900 to 2200, both included; null and ±infinity (the ends of the dtype) do not.

    Args:
        created_at: Datetime, UTC without a time zone.
        updated_at: likewise.
        run_started_at: UTC without a time zone; its microseconds are cut off, as V2's columns hold milliseconds.

    Returns:
        Struct of `created_at` and `updated_at` (Datetime in microseconds, never null), `created_implausible` and
        `updated_implausible` (Boolean, never null).

    >>> forever, made = pl.lit(2**63 - 1).cast(pl.Datetime("us")), pl.lit("2024-09-01 08:00").str.to_datetime()
    >>> times = plausible_timestamps(made, forever, run_started_at=datetime.fromisoformat("2025-01-01"))
    >>> pl.select(times.struct.field("updated_at", "updated_implausible")).row(0)
    (datetime.datetime(2024, 9, 1, 8, 0), True)
    """
    created, updated = created_at.cast(pl.Datetime("us")), updated_at.cast(pl.Datetime("us"))
    run_start = pl.lit(run_started_at, dtype=pl.Datetime("us")).dt.truncate("1ms")
    is_created_plausible, is_updated_plausible = _is_plausible(created), _is_plausible(updated)
    known_created, known_updated = pl.when(is_created_plausible).then(created), pl.when(is_updated_plausible).then(updated)
    return pl.struct(
        created_at=pl.coalesce(known_created, known_updated, run_start),
        updated_at=pl.coalesce(known_updated, known_created, run_start),
        created_implausible=~is_created_plausible,
        updated_implausible=~is_updated_plausible,
    )


def _is_plausible(timestamp: pl.Expr) -> pl.Expr:
    return timestamp.dt.year().is_between(FIRST_YEAR, LAST_YEAR).fill_null(value=False)
