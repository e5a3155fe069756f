from datetime import date, datetime
from typing import Any

import polars as pl
import pytest

from transforms import dates

RUN_STARTED_AT = datetime.fromisoformat("2025-06-01 10:00:00.123456")
RUN_START_IN_MILLISECONDS = datetime.fromisoformat("2025-06-01 10:00:00.123")
INFINITY = 2**63 - 1
MINUS_INFINITY = -(2**63)


def timestamps(*values: str | int | None) -> pl.Series:
    """Timestamps as PostgreSQL's binary format gives them: ±infinity are the ends of the dtype."""
    moments = [
        value if value is None or isinstance(value, int) else pl.Series([datetime.fromisoformat(value)]).to_physical().item()
        for value in values
    ]
    return pl.Series(moments, dtype=pl.Int64).cast(pl.Datetime("us"))


def judged_date(timestamp: str | int | None, not_after: date | None = None) -> tuple[date | None, bool]:
    judged = timestamps(timestamp).to_frame("at").select(judged=dates.plausible_date(pl.col("at"), not_after=not_after)).unnest("judged")
    value, is_implausible = judged.row(0)
    return value, is_implausible


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [
        (None, (None, False)),
        ("2012-05-04 23:59:59.999", (date(2012, 5, 4), False)),
        ("1969-12-31 23:59:59.999", (date(1969, 12, 31), False)),
        ("1900-01-01 00:00", (date(1900, 1, 1), False)),
        ("1899-12-31 23:59:59.999", (None, True)),
        ("2200-01-01 23:59", (date(2200, 1, 1), False)),
        ("2200-01-02 00:00", (None, True)),
        ("0001-01-01 00:00", (None, True)),
        (INFINITY, (None, True)),
        (MINUS_INFINITY, (None, True)),
    ],
)
def test_a_date_is_kept_if_it_lies_in_three_centuries(timestamp: str | int | None, expected: tuple[date | None, bool]) -> None:
    assert judged_date(timestamp) == expected


def test_nobody_is_born_after_the_day_of_the_run() -> None:
    assert judged_date("2025-06-01 23:59", not_after=date(2025, 6, 1)) == (date(2025, 6, 1), False)
    assert judged_date("2025-06-02 00:00", not_after=date(2025, 6, 1)) == (None, True)
    assert judged_date("2200-01-02 00:00", not_after=date(2300, 1, 1)) == (None, True)
    assert judged_date(None, not_after=date(2025, 6, 1)) == (None, False)


def judged_timestamps(created: str | int | None, updated: str | int | None) -> dict[str, Any]:
    rows = pl.DataFrame({"created": timestamps(created), "updated": timestamps(updated)})
    judge = dates.plausible_timestamps(pl.col("created"), pl.col("updated"), run_started_at=RUN_STARTED_AT)
    return rows.select(judged=judge).unnest("judged").row(0, named=True)


@pytest.mark.parametrize("implausible", [None, "1899-12-31 23:59:59.999", "2201-01-01", INFINITY, MINUS_INFINITY])
def test_an_implausible_timestamp_becomes_the_other_else_the_runs_start(implausible: str | int | None) -> None:
    kept = datetime.fromisoformat("2020-02-29 12:30:00.001")
    assert judged_timestamps(str(kept), implausible) == {
        "created_at": kept,
        "updated_at": kept,
        "created_implausible": False,
        "updated_implausible": True,
    }
    assert judged_timestamps(implausible, str(kept)) == {
        "created_at": kept,
        "updated_at": kept,
        "created_implausible": True,
        "updated_implausible": False,
    }
    assert judged_timestamps(implausible, implausible) == {
        "created_at": RUN_START_IN_MILLISECONDS,
        "updated_at": RUN_START_IN_MILLISECONDS,
        "created_implausible": True,
        "updated_implausible": True,
    }


def test_plausible_timestamps_carry_over_whatever_their_order() -> None:
    assert judged_timestamps("2200-12-31 23:59:59.999", "1900-01-01") == {
        "created_at": datetime.fromisoformat("2200-12-31 23:59:59.999"),
        "updated_at": datetime.fromisoformat("1900-01-01"),
        "created_implausible": False,
        "updated_implausible": False,
    }


@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
def test_empty_frames_have_the_dtypes_of_full_ones(engine: pl.Engine) -> None:
    rows = pl.LazyFrame(schema={"created": pl.Datetime("us"), "updated": pl.Datetime("us")})
    judge = dates.plausible_timestamps(pl.col("created"), pl.col("updated"), run_started_at=RUN_STARTED_AT)
    judged = rows.select(both=judge, day=dates.plausible_date(pl.col("created"))).collect(engine=engine)
    assert judged.unnest("both", "day").schema == {
        "created_at": pl.Datetime("us"),
        "updated_at": pl.Datetime("us"),
        "created_implausible": pl.Boolean,
        "updated_implausible": pl.Boolean,
        "value": pl.Date,
        "date_implausible": pl.Boolean,
    }
