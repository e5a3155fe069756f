"""Section 6: one line → line1, line2, city, state, postal code, country."""

import re
from typing import TypedDict

from tests.oracle.countries import address_country
from tests.oracle.text import BREAKING_CONTROLS, optional

POSTAL_CODE = re.compile(
    r"[0-9]{4,7}"
    r"|[0-9]{5}-[0-9]{4}"
    # Royal Mail: area, district; sector, unit. By its shape, as people mistype letters.
    r"|(?:[A-Z]{1,2}[0-9][0-9A-Z]?|GIR) ?[0-9][A-Z]{2}"
    r"|[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9]",
    re.IGNORECASE | re.ASCII,
)


class Address(TypedDict):
    """The columns of an Address row; no `line1`: there is none."""

    line1: str | None
    line2: str | None
    city: str | None
    state: str | None
    postal_code: str | None
    country: str | None


def parsed(address: str | None, country: str) -> Address:
    """The parts of a V1 address of a school in `country`: "Nothing left → no Address row" (every field null)."""
    parts = _parts(address or "")
    parts, found_country, postal_code = _without_country(parts, country)
    if postal_code is None:
        parts, postal_code = _without_postal_code(parts)
    if not parts:
        return {"line1": None, "line2": None, "city": None, "state": None, "postal_code": None, "country": None}
    # The mapping: "the first part is line1. Two: line1, city. Three or more: the last is state, the one before it
    # city, all between line1 and city, joined by `, `, line2."
    line1, *others = parts
    state = others.pop() if len(others) >= 2 else None
    city = others.pop() if others else None
    return {
        "line1": line1,
        "line2": ", ".join(others) or None,
        "city": city,
        "state": state,
        "postal_code": postal_code,
        "country": found_country or country,
    }


def _parts(address: str) -> list[str]:
    """ "Split at commas and line breaks; clean each part; drop empty ones."."""
    pieces = re.split(f"[,{BREAKING_CONTROLS}]", address)
    return [part for part in map(optional, pieces) if part]


def _without_country(parts: list[str], school: str) -> tuple[list[str], str | None, str | None]:
    """ "The last part, if it is a country (a postal code at its end, or standing as the part after it, set aside) →
    `country`". The postal code that was set aside is the address's; there is no other to look for.
    """
    if parts and (found := address_country(parts[-1], school)):
        return parts[:-1], found, None
    if parts:
        for rest, postal_code in _with_postal_code_last(parts[-1]):
            if found := address_country(rest, school):
                return parts[:-1], found, postal_code
    if len(parts) >= 2 and POSTAL_CODE.fullmatch(parts[-1]) and (found := address_country(parts[-2], school)):
        return parts[:-2], found, parts[-1]
    return parts, None, None


def _without_postal_code(parts: list[str]) -> tuple[list[str], str | None]:
    """ "looked for in the last part left and then the one before it, never in the first part: the whole part, or its
    last word, or last two words, being 4–7 digits, a ZIP+4, or a UK or Canadian code → `postalCode`, the rest of the
    part stays."
    """
    for at in (len(parts) - 1, len(parts) - 2):
        if at < 1:
            continue
        if POSTAL_CODE.fullmatch(parts[at]):
            return [*parts[:at], *parts[at + 1 :]], parts[at]
        for rest, postal_code in _with_postal_code_last(parts[at]):
            return [*parts[:at], rest, *parts[at + 1 :]], postal_code
    return parts, None


def _with_postal_code_last(part: str) -> list[tuple[str, str]]:
    """The ways to read a part as something and then a postal code of one or two words."""
    words = part.split(" ")
    ways = [(" ".join(words[:-count]), " ".join(words[-count:])) for count in (1, 2) if len(words) > count]
    return [(rest, ending) for rest, ending in ways if POSTAL_CODE.fullmatch(ending)]
