"""Sections 1, 2, 7 and 8: ids, times, dates, amounts and the few words with a fixed meaning."""

import json
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import NAMESPACE_URL, uuid5

from tests.oracle.text import optional
from tests.oracle.vocabulary import words

NAMESPACE = uuid5(NAMESPACE_URL, "urn:odin:v2")

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2200, 1, 1)

RELATIONSHIPS = {
    "FATHER": {"father", "dad", "daddy", "papa"},
    "MOTHER": {"mother", "mum", "mom", "mummy", "mama"},
    "GUARDIAN": set(words("guardian uncle aunt grandparent grandmother grandfather brother sister sponsor")),
}


class Times(NamedTuple):
    """V2's `createdAt` and `updatedAt`."""

    created_at: datetime
    updated_at: datetime


def v2_id(key: str) -> str:
    """ "Every V2 id is a UUIDv5 (RFC 9562) in lower-case text (...) over a key"."""
    return str(uuid5(NAMESPACE, key))


def timestamps(created_at: datetime, updated_at: datetime, run_started_at: datetime) -> Times:
    """ "one that is not between the years 1900 and 2200 becomes the other, else the run's start"."""
    fallback = next((other for other in (created_at, updated_at) if is_plausible(other)), run_started_at)
    return Times(
        created_at if is_plausible(created_at) else fallback,
        updated_at if is_plausible(updated_at) else fallback,
    )


def is_plausible(timestamp: datetime) -> bool:
    """Whether it is "between the years 1900 and 2200", both included."""
    return 1900 <= timestamp.year <= 2200


def plausible_day(timestamp: datetime | None, *, latest: date = LAST_DAY) -> date | None:
    """ "the date part; not between 1900-01-01 and 2200-01-01 (...) → null"; a birth has a `latest` day."""
    day = timestamp.date() if timestamp else None
    return day if day and FIRST_DAY <= day <= min(latest, LAST_DAY) else None


def salary(text: str | None) -> Decimal | None:
    """ "salary < 0 or NaN → null"."""
    amount = None if text is None else Decimal(text)
    return None if amount is None or amount.is_nan() or amount < 0 else amount


def skills(entries: list[str | None] | None) -> list[str]:
    """ "null → `{}`; cleaned; empty and repeated entries dropped, order kept"."""
    kept: list[str] = []
    for entry in entries or []:
        skill = optional(entry)
        if skill and skill not in kept:
            kept.append(skill)
    return kept


def relationship(text: str | None) -> str:
    """ "the parent's text: father dad daddy papa → FATHER; (...) anything else, or none → OTHER"."""
    word = (optional(text) or "").lower()
    return next((meaning for meaning, words in RELATIONSHIPS.items() if word in words), "OTHER")


def settings(text: str | None) -> str:
    """ "a JSON object as it is; anything else → `{}`"."""
    try:
        # Numbers stay text: jsonb allows more digits than Python converts.
        value = json.loads(text or "{}", parse_int=str, parse_float=str, parse_constant=_refused)
    except ValueError:
        return "{}"
    return text if text and isinstance(value, dict) else "{}"


def _refused(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
