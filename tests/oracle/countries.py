"""Section 6.1: what is a country, in an address and in `School.country`."""

import unicodedata
from functools import cache

import pycountry

from tests.oracle.text import cleaned

OTHER_NAMES = {
    "UK": "GB",
    "Great Britain": "GB",
    "England": "GB",
    "Scotland": "GB",
    "Wales": "GB",
    "Northern Ireland": "GB",
    "USA": "US",
    "America": "US",
    "Ivory Coast": "CI",
    "Russia": "RU",
    "Turkey": "TR",
    "Gambia": "GM",
    "DR Congo": "CD",
    "DRC": "CD",
    "Congo": "CG",
    "Cape Verde": "CV",
    "Swaziland": "SZ",
    "South Korea": "KR",
    "North Korea": "KP",
    "Brunei": "BN",
    "Palestine": "PS",
    "Vatican": "VA",
    "Vatican City": "VA",
}


def school_country(text: str | None) -> str | None:
    """The alpha-2 code of a V1 school's country; null where it is missing or no country.

    "as in section 6.1 (codes in any case, no subdivision rule; NA is Namibia)".
    """
    clean = cleaned(text)
    if clean is None:
        return None
    # Only ASCII has another case here: `ß` in capitals is not South Sudan.
    code = _codes().get(clean.upper()) if clean.isascii() else None
    return code or _names().get(folded(clean))


def address_country(part: str, school: str) -> str | None:
    """The alpha-2 code if an address part is a country, seen from a school in the country `school`.

    "A country is: an ISO 3166-1 alpha-2 or alpha-3 code in capitals that is the school's own, or no subdivision code
    of the school's country, of the US or of Canada (...); or a name (...); a name that is also a subdivision's of the
    school's country is none".
    """
    by_code = _codes().get(part)
    if by_code is not None and (by_code == school or part not in _subdivision_codes(school)):
        return by_code
    name = folded(part)
    return None if name in _subdivision_names(school) else _names().get(name)


def folded(name: str) -> str:
    """ "compared without case, accents, dots and a leading `the`"."""
    decomposed = unicodedata.normalize("NFD", name)
    bare = "".join(char for char in decomposed if not unicodedata.category(char).startswith("M"))
    return bare.casefold().replace(".", "").strip(" ").removeprefix("the ").strip(" ")


@cache
def _codes() -> dict[str, str]:
    codes = {}
    for country in pycountry.countries:
        codes[country.alpha_2] = country.alpha_2
        codes[country.alpha_3] = country.alpha_2
    return codes


@cache
def _names() -> dict[str, str]:
    """ "a name by pycountry (name, official, common) or of this list"."""
    names = {}
    for country in pycountry.countries:
        for attribute in ("name", "official_name", "common_name"):
            if name := getattr(country, attribute, None):
                names[folded(name)] = country.alpha_2
    for name, code in OTHER_NAMES.items():
        names[folded(name)] = code
    return names


@cache
def _subdivision_codes(school: str) -> set[str]:
    return {subdivision.code.split("-", 1)[1] for subdivision in pycountry.subdivisions if subdivision.country_code in {school, "US", "CA"}}


@cache
def _subdivision_names(school: str) -> set[str]:
    return {folded(subdivision.name.split(" [")[0]) for subdivision in pycountry.subdivisions if subdivision.country_code == school}
