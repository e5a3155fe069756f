from collections.abc import Sequence

import polars as pl
import pycountry
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_series_equal

from transforms.countries import OTHER_NAMES, address_country, school_country

COUNTRIES = list(pycountry.countries)


def of_schools(texts: Sequence[str | None]) -> list[str | None]:
    schools = pl.DataFrame({"country": texts}, schema={"country": pl.String})
    return schools.select(school_country(pl.col("country"))).to_series().to_list()


def in_address(part: str | None, *, school: str | None) -> str | None:
    addresses = pl.DataFrame({"part": [part], "school": [school]}, schema={"part": pl.String, "school": pl.String})
    found: str | None = addresses.select(address_country(pl.col("part"), school_country=pl.col("school"))).item()
    return found


@pytest.mark.parametrize("field", ["alpha_2", "alpha_3", "name", "official_name", "common_name"])
@pytest.mark.parametrize("typed_as", [str, str.lower, str.upper, str.swapcase])
def test_every_code_and_name_of_iso_3166_is_read_in_any_case(field: str, typed_as: type[str]) -> None:
    named = [country for country in COUNTRIES if hasattr(country, field)]
    typed = [typed_as(getattr(country, field)) for country in named]
    assert of_schools(typed) == [country.alpha_2 for country in named]


def test_every_other_name_is_read() -> None:
    assert of_schools(list(OTHER_NAMES)) == list(OTHER_NAMES.values())


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("U.K.", "GB"),
        ("the u.s.a", "US"),
        ("Cote d'Ivoire", "CI"),
        ("CÔTE D'IVOIRE", "CI"),
        ("Co\u0302te d'Ivoire", "CI"),
        ("TÜRKİYE", "TR"),
        ("Turkiye", "TR"),
        ("São Tomé and Príncipe", "ST"),
        ("Sao Tome And Principe", "ST"),
        ("Åland Islands", "AX"),
        ("aland islands", "AX"),
        ("The Gambia", "GM"),
        ("THE UNITED KINGDOM", "GB"),
        ("  South\u00a0Africa\n", "ZA"),
        ("Nig\u200beria", "NG"),
        ("Nigeria.", "NG"),
        ("Nigeria .", "NG"),
        ("Bolivia, Plurinational State of", "BO"),
        ("Congo, The Democratic Republic of the", "CD"),
    ],
)
def test_a_name_is_read_without_case_accents_dots_and_a_leading_the(text: str, country: str) -> None:
    assert of_schools([text]) == [country]


def test_na_is_namibia() -> None:
    assert of_schools(["NA", "na", " Na "]) == ["NA", "NA", "NA"]


def test_no_subdivision_stands_in_the_way_of_a_schools_country() -> None:
    assert of_schools(["GA", "Georgia", "Niger", "England", "ca"]) == ["GA", "GE", "NE", "GB", "CA"]


@pytest.mark.parametrize("text", [None, "", "  ", "\u200b", "N/A", "none", ".", "Atlantis", "N.G.", "UKK", "Niger State", "ß", "the", "EU"])
def test_a_text_that_is_no_country_becomes_null(text: str | None) -> None:
    assert of_schools([text]) == [None]


@given(st.lists(st.none() | st.text() | st.sampled_from(["ng", "UK", "The Gambia", "Perú"]), max_size=8))
def test_reading_a_schools_country_is_idempotent(texts: list[str | None]) -> None:
    once = of_schools(texts)
    assert of_schools(once) == once


def test_a_countrys_own_codes_stand_in_its_addresses() -> None:
    codes = [(code, country.alpha_2) for country in COUNTRIES for code in (country.alpha_2, country.alpha_3)]
    addresses = pl.DataFrame(codes, schema=["part", "school"], orient="row")
    found = addresses.select(address_country(pl.col("part"), school_country=pl.col("school"))).to_series()
    assert_series_equal(found, addresses["school"], check_names=False)


@pytest.mark.parametrize(
    ("part", "school", "country"),
    [
        ("GA", "NG", None),  # Georgia, the state
        ("GA", "GA", "GA"),  # Gabon, at home
        ("GAB", "NG", "GA"),
        ("CA", "US", None),  # California
        ("CA", "CA", "CA"),
        ("NL", "GB", None),  # Newfoundland and Labrador
        ("NL", "NL", "NL"),
        ("KE", "NG", None),  # Kebbi
        ("KE", "GB", "KE"),
        ("ZA", "NG", None),  # Zamfara
        ("ZA", "GH", "ZA"),
        ("NI", "NG", None),  # Niger, the state, not Nicaragua
        ("SOM", "GB", None),  # Somerset
        ("SOM", "KE", "SO"),
        ("NE", None, None),  # Nebraska
        ("KE", None, "KE"),
        ("gh", "NG", None),
        ("Gh", "NG", None),
        ("G.H.", "NG", None),
        ("UK", "NG", "GB"),
        ("uk", "NG", "GB"),
        ("UK", "IN", "GB"),
    ],
)
def test_a_code_in_an_address_must_be_in_capitals_and_no_subdivisions(part: str, school: str | None, country: str | None) -> None:
    assert in_address(part, school=school) == country


@pytest.mark.parametrize(
    ("part", "school", "country"),
    [
        ("Niger", "NG", None),
        ("NIGER.", "NG", None),
        ("Republic of the Niger", "NG", "NE"),
        ("Niger", "GH", "NE"),
        ("Niger", None, "NE"),
        ("Georgia", "US", None),
        ("Georgia", "NG", "GE"),
        ("Mexico", "MX", None),
        ("England", "GB", None),
        ("Wales", "GB", None),
        ("wales", "NG", "GB"),
        ("the gambia", "GH", "GM"),
        ("Lagos", "NG", None),
        (None, "NG", None),
        (None, None, None),
    ],
)
def test_a_name_in_an_address_must_be_no_subdivisions_of_the_schools_country(
    part: str | None, school: str | None, country: str | None
) -> None:
    assert in_address(part, school=school) == country


@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
@pytest.mark.parametrize("texts", [[], [None, None], ["NG", None, "Côte d'Ivoire", "GA", "Niger"]])
def test_both_readings_are_the_same_lazy_and_eager(texts: list[str | None], engine: pl._typing.EngineType) -> None:
    schools = pl.DataFrame({"country": texts}, schema={"country": pl.String})
    for reading in (school_country(pl.col("country")), address_country(pl.col("country"), school_country=pl.lit("NG"))):
        lazy = schools.lazy().select(reading).collect(engine=engine).to_series()
        assert_series_equal(lazy, schools.select(reading).to_series())
        assert lazy.dtype == pl.String
