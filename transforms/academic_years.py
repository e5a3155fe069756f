"""Writes academic years in one form (mapping, section 8)."""

from typing import Final

import polars as pl

from transforms.text import optional

CALENDAR_YEAR_COUNTRIES: Final = (
    *("KE", "UG", "TZ", "RW", "ZM", "ZW", "MW", "ZA", "NA", "BW", "LS", "SZ"),
    *("AU", "NZ", "SG", "MY", "BR", "AR", "CL", "PE"),
)
"""Countries (ISO 3166-1 alpha-2) whose school year is the calendar year."""

FIRST_MONTH: Final = 9
"""Elsewhere a school year begins on 1 September."""

YEARS: Final = r"^(?<first>[0-9]{4})(?: ?[/\p{Pd}] ?(?<second>[0-9]{2}|[0-9]{4}))?$"


def normalised(text: pl.Expr, /, *, country: pl.Expr, created_at: pl.Expr) -> pl.Expr:
    """The academic year as `2024/2025`, or `2024` in a country whose school year is the calendar year.

    Two years, the second the one after the first, in two digits or four, with a slash or any dash between, blanks around
    it or none, give `2024/2025` everywhere. A single year gives that too, and stays as it is where the school year is the
    calendar year. Any other text stays as cleaned. Null, blank text and null words: the school year in which the class
    was created.

    Args:
        text: String, as typed.
        country: the school's, an ISO 3166-1 alpha-2 code; null counts as one with school years from September.
        created_at: Datetime, UTC without a time zone.

    Returns:
        String, null only where `created_at` is needed and null.

    >>> country, created_at = pl.lit("NG"), pl.lit("2024-10-01").str.to_datetime()
    >>> pl.select(normalised(pl.lit("2024-25"), country=country, created_at=created_at)).item()
    '2024/2025'
    """
    given = optional(text)
    years = given.str.extract_groups(YEARS).struct
    first, second = years.field("first"), years.field("second")
    following = (first.cast(pl.Int32) + 1).cast(pl.String).str.zfill(4)
    has_calendar_years = country.is_in(CALENDAR_YEAR_COUNTRIES).fill_null(value=False)
    written = (
        pl.when(second.is_null() & has_calendar_years)
        .then(first)
        .when(second.is_null() | following.str.ends_with(second))
        .then(first + "/" + following)
    )
    calendar_year = created_at.dt.year()
    school_year = calendar_year - (created_at.dt.month() < FIRST_MONTH).cast(pl.Int32)
    of_creation = (
        pl.when(has_calendar_years).then(calendar_year.cast(pl.String)).otherwise(pl.format("{}/{}", school_year, school_year + 1))
    )
    return pl.coalesce(written, given, of_creation)
