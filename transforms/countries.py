"""Finds the ISO 3166-1 country that a text names (mapping, section 6.1 and the country of section 8)."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

import polars as pl
import pycountry

from transforms.text import cleaned

OTHER_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
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
)
"""What people call a country beside the names that pycountry knows, and the country's alpha-2 code."""

WORLDWIDE: Final = frozenset({"US", "CA"})
"""Countries whose subdivision codes are at home in any address: `Atlanta, GA` is not in Gabon."""

ACCENT: Final = r"\p{M}"
BEYOND_ASCII: Final = r"[^\x00-\x7F]"


def school_country(text: pl.Expr, /) -> pl.Expr:
    """The alpha-2 code of the country that V1's `School.country` gives (mapping, section 8).

    The text is cleaned; it may be an alpha-2 or alpha-3 code in any case, or a name (by pycountry: name, official or
    common name; or of `OTHER_NAMES`), compared without case, accents, dots and a leading `the`. No subdivision stands
    in the way, and no word counts as "nothing": `NA` is Namibia. Null, empty text and what is no country become null.
    String in, String out. Idempotent.

    >>> schools = pl.DataFrame({"country": ["gha", "The Gambia", "na", "U.K.", "Atlantis", " "]})
    >>> schools.select(school_country(pl.col("country"))).to_series().to_list()
    ['GH', 'GM', 'NA', 'GB', None, None]
    """
    clean = cleaned(text)
    return pl.coalesce(_found(clean.str.to_lowercase(), _codes_in_lower_case()), _found(_folded(clean), _names()))


def address_country(part: pl.Expr, /, *, school_country: pl.Expr) -> pl.Expr:
    """The alpha-2 code of the country that a part of an address gives (mapping, section 6.1).

    A country is an alpha-2 or alpha-3 code in capitals that is the school's own, or no subdivision code of the
    school's country, of the US or of Canada; or a name, compared as `school_country` does, that is no name of a
    subdivision of the school's country. With `school_country` null only the US and Canada stand in the way of a code.
    A null part and what is no country become null. `part` is cleaned text, `school_country` an alpha-2 code; String
    out.

    >>> parts = pl.DataFrame({"part": ["Nigeria", "GH", "GA", "Niger"]})
    >>> parts.select(address_country(pl.col("part"), school_country=pl.lit("NG"))).to_series().to_list()
    ['NG', 'GH', None, None]
    """
    by_code, name = _found(part, _codes()), _folded(part)
    worldwide, local = _subdivision_codes()
    is_subdivision_code = part.is_in(worldwide) | _of_country(part, school_country).is_in(local)
    is_subdivision_name = _of_country(name, school_country).is_in(_subdivision_names())
    return pl.coalesce(
        pl.when((by_code == school_country) | ~is_subdivision_code).then(by_code),
        pl.when(~is_subdivision_name).then(_found(name, _names())),
    )


def _folded(name: pl.Expr) -> pl.Expr:
    """A name as names are compared: without case, accents, dots and a leading `the`."""
    lower_case = name.str.to_lowercase()
    odd = pl.when(lower_case.str.contains(BEYOND_ASCII)).then(lower_case)
    without_accents = odd.str.normalize("NFD").str.replace_all(ACCENT, "")
    plain = pl.coalesce(without_accents, lower_case)
    return plain.str.replace_all(".", "", literal=True).str.strip_chars(" ").str.strip_prefix("the ")


def _found(text: pl.Expr, alpha_2_codes: Mapping[str, str]) -> pl.Expr:
    return text.replace_strict(alpha_2_codes, default=None, return_dtype=pl.String)


def _of_country(subdivision: pl.Expr, country: pl.Expr) -> pl.Expr:
    """A subdivision's code as ISO 3166-2 writes it, `NG-LA`, and its name likewise: `NG-niger`. Of no country: bare."""
    return pl.concat_str(country, subdivision, separator="-", ignore_nulls=True)


@cache
def _codes() -> dict[str, str]:
    """The alpha-2 code of each alpha-2 and alpha-3 code."""
    return {code: country.alpha_2 for country in pycountry.countries for code in (country.alpha_2, country.alpha_3)}


@cache
def _codes_in_lower_case() -> dict[str, str]:
    return {code.lower(): alpha_2 for code, alpha_2 in _codes().items()}


@cache
def _names() -> dict[str, str]:
    """The alpha-2 code of each folded name."""
    by_pycountry = {
        name: country.alpha_2
        for country in pycountry.countries
        for field, name in country
        if field in {"name", "official_name", "common_name"}
    }
    names = by_pycountry | dict(OTHER_NAMES)
    return dict(zip(_all_folded(list(names)), names.values(), strict=True))


@cache
def _subdivision_codes() -> tuple[frozenset[str], frozenset[str]]:
    """The codes that look like a country's: bare those that count everywhere, `GA`, and all as ISO 3166-2: `NG-LA`."""
    countries = _codes()
    alike = [subdivision for subdivision in pycountry.subdivisions if subdivision.code.split("-")[1] in countries]
    worldwide = (subdivision.code.split("-")[1] for subdivision in alike if subdivision.country_code in WORLDWIDE)
    return frozenset(worldwide), frozenset(subdivision.code for subdivision in alike)


@cache
def _subdivision_names() -> frozenset[str]:
    """The folded names that are a country's too, each with the country that it is in: `NG-niger`."""
    # pycountry writes a name in a second language in brackets: `Wales [Cymru GB-CYM]`.
    names = _all_folded([subdivision.name.partition(" [")[0] for subdivision in pycountry.subdivisions])
    owners = [subdivision.country_code for subdivision in pycountry.subdivisions]
    countries = _names()
    return frozenset(f"{owner}-{name}" for owner, name in zip(owners, names, strict=True) if name in countries)


def _all_folded(names: list[str]) -> list[str]:
    return pl.select(_folded(pl.lit(pl.Series(names)))).to_series().to_list()
