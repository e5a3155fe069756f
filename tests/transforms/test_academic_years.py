from datetime import datetime

import polars as pl
import pytest

from transforms import academic_years

SCHEMA = pl.Schema({"year": pl.String(), "country": pl.String(), "created_at": pl.Datetime("us")})


def normalised(text: str | None, country: str | None = "NG", created_at: str | None = "2023-03-01") -> str | None:
    created = None if created_at is None else datetime.fromisoformat(created_at)
    classes = pl.DataFrame({"year": [text], "country": [country], "created_at": [created]}, schema=SCHEMA)
    year = academic_years.normalised(pl.col("year"), country=pl.col("country"), created_at=pl.col("created_at"))
    [written] = classes.select(year).to_series()
    assert written is None or isinstance(written, str)
    return written


@pytest.mark.parametrize(
    "text",
    ["2024/25", "2024-2025", "2024–25", "2024", "2024/2025", "2024-25", "2024–2025", "2024 / 2025", " 2024 —25\u200b"],
)
def test_every_writing_of_an_academic_year_becomes_one(text: str) -> None:
    assert normalised(text) == "2024/2025"


@pytest.mark.parametrize("text", ["2024/26", "2024/2024", "2024-1925", "2024/2", "2024/25 Session", "24/25", "Term 1", "20245"])
def test_what_is_no_academic_year_stays_as_cleaned(text: str) -> None:
    assert normalised(f" {text}\t") == text
    assert normalised(text, "KE") == text


def test_a_century_may_end_within_an_academic_year() -> None:
    assert normalised("1999/00") == normalised("1999-2000") == "1999/2000"


@pytest.mark.parametrize("missing", [None, "", " ", "N/A", "-"])
def test_a_missing_year_is_the_school_year_of_the_classs_creation(missing: str | None) -> None:
    assert normalised(missing, created_at="2024-08-31 23:59:59.999") == "2023/2024"
    assert normalised(missing, created_at="2024-09-01") == "2024/2025"
    assert normalised(missing, created_at="2024-12-31") == "2024/2025"
    assert normalised(missing, created_at="2025-01-01") == "2024/2025"
    assert normalised(missing, country=None, created_at="2025-01-01") == "2024/2025"


@pytest.mark.parametrize("country", academic_years.CALENDAR_YEAR_COUNTRIES)
def test_where_the_school_year_is_the_calendar_year_a_single_one_stays(country: str) -> None:
    assert normalised("2024", country) == "2024"
    assert normalised("2024/25", country) == "2024/2025"
    assert normalised(None, country, "2024-08-31") == normalised(None, country, "2024-12-31") == "2024"


def test_a_year_is_known_without_the_time_of_creation() -> None:
    assert normalised("2024", created_at=None) == "2024/2025"
    assert normalised(None, created_at=None) is None


@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
def test_empty_frames_give_strings(engine: pl.Engine) -> None:
    year = academic_years.normalised(pl.col("year"), country=pl.col("country"), created_at=pl.col("created_at"))
    assert pl.LazyFrame(schema=SCHEMA).select(year.alias("year")).collect(engine=engine).schema == {"year": pl.String}
