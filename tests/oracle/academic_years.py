"""Section 8: academic years."""

import re
from datetime import datetime

from tests.oracle.text import optional
from tests.oracle.vocabulary import words

CALENDAR_YEAR_COUNTRIES = set(words("KE UG TZ RW ZM ZW MW ZA NA BW LS SZ AU NZ SG MY BR AR CL PE"))

YEARS = re.compile(r"([0-9]{4})(?: *[/‐‑‒–—―-] *([0-9]{4}|[0-9]{2}))?")


def normalised(text: str | None, country: str, created_at: datetime) -> str:
    """The academic year of a class of a school in `country`, created at `created_at` (UTC).

    "cleaned; `2024/25`, `2024-2025`, `2024–25`, `2024` → `2024/2025` (if the second year is the next one; else kept as
    cleaned)".
    """
    clean = optional(text)
    by_calendar = country in CALENDAR_YEAR_COUNTRIES
    if clean is None:
        return str(created_at.year) if by_calendar else _school_year(created_at)
    years = YEARS.fullmatch(clean)
    if years is None:
        return clean
    first, second = years[1], years[2]
    if second is None and by_calendar:
        # The mapping: "In a school of a country whose school year is the calendar year (...), `2024` stays `2024`"
        return clean
    following = f"{int(first) + 1:04}"
    if second in {None, following, following[-2:]}:
        return f"{first}/{following}"
    return clean


def _school_year(created_at: datetime) -> str:
    """ "missing → the school year (from 1 September, UTC) in which the class was created"."""
    starts = created_at.year if created_at.month >= 9 else created_at.year - 1
    return f"{starts}/{starts + 1}"
