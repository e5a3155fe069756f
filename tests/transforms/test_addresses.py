import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import polars as pl
import pycountry
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from transforms.addresses import FIELDS, parsed
from transforms.countries import OTHER_NAMES

LINE_BREAKS = "\n\r\x0b\x0c\x85\u2028\u2029"
INVISIBLE = {
    *"\u00ad\u061c\u180e\u200b\u200e\u200f\ufeff\ufff9\ufffa\ufffb",
    *map(chr, [*range(0x202A, 0x202F), *range(0x2060, 0x2065), *range(0x2066, 0x206A)]),
}
SCHEMA = {"address": pl.String, "country": pl.String}

Row = tuple[str | None, str | None]


class Address(NamedTuple):
    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None


NO_ADDRESS = Address()


def parse(address: str | None, *, country: str | None = "NG") -> Address:
    return parse_all([(address, country)])[0]


def parse_all(rows: Sequence[Row]) -> list[Address]:
    lines = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    addresses = lines.select(parsed(pl.col("address"), country=pl.col("country")).struct.unnest())
    return [Address(*row) for row in addresses.iter_rows()]


@pytest.mark.parametrize(
    ("address", "places"),
    [
        ("12 Allen Avenue", Address("12 Allen Avenue")),
        ("12 Allen Avenue, Ikeja", Address("12 Allen Avenue", city="Ikeja")),
        ("12 Allen Avenue, Ikeja, Lagos", Address("12 Allen Avenue", city="Ikeja", state="Lagos")),
        ("Flat 2, Rose House, 12 Allen Avenue, Ikeja, Lagos",
         Address("Flat 2", "Rose House, 12 Allen Avenue", "Ikeja", "Lagos")),
        ("Flat 2\n12 Allen Avenue\r\nIkeja\u2028Lagos", Address("Flat 2", "12 Allen Avenue", "Ikeja", "Lagos")),
        ("  12\u00a0Allen\tAvenue ,, N/A, - ,Ike\u200bja , ", Address("12 Allen Avenue", city="Ikeja")),
        ("na, none,nil,12 Allen Avenue,NULL,?", Address("12 Allen Avenue")),
        ("12 N/A Street, Nanaland", Address("12 N/A Street", city="Nanaland")),
    ],
)  # fmt: skip
def test_parts_are_split_cleaned_and_put_in_place(address: str, places: Address) -> None:
    assert parse(address) == places._replace(country="NG")


@pytest.mark.parametrize("address", [None, "", " ", ",", " ,\n, ", "n/a", "-, none", "\u200b", "na,na"])
def test_where_nothing_is_left_there_is_no_address(address: str | None) -> None:
    assert parse(address) == NO_ADDRESS


@pytest.mark.parametrize("address", ["Nigeria", "NG", "Ghana 00233", "Ghana, 00233", "N/A, Ghana", "\nNigeria,"])
def test_a_country_alone_is_no_address(address: str) -> None:
    assert parse(address) == NO_ADDRESS


@pytest.mark.parametrize(
    ("address", "school", "expected"),
    [
        ("12 Allen Avenue, Ikeja, Lagos 100281, Nigeria", "NG",
         Address("12 Allen Avenue", None, "Ikeja", "Lagos", "100281", "NG")),
        ("1 Main St, Accra, the Republic of Ghana", "NG", Address("1 Main St", city="Accra", country="GH")),
        ("1 Rue A, Abidjan, COTE D'IVOIRE.", "NG", Address("1 Rue A", city="Abidjan", country="CI")),
        ("5 Peachtree St, Atlanta, GA", "NG", Address("5 Peachtree St", city="Atlanta", state="GA", country="NG")),
        ("5 Peachtree St, Atlanta, Georgia", "US",
         Address("5 Peachtree St", city="Atlanta", state="Georgia", country="US")),
        ("5 Peachtree St, Atlanta, Georgia", "NG", Address("5 Peachtree St", city="Atlanta", country="GE")),
        ("4 Bosso Road, Minna, Niger", "NG", Address("4 Bosso Road", city="Minna", state="Niger", country="NG")),
        ("4 Bosso Road, Niamey, Niger", "GH", Address("4 Bosso Road", city="Niamey", country="NE")),
        ("1 Yonge St, Toronto, CA", "CA", Address("1 Yonge St", city="Toronto", country="CA")),
        ("1 Yonge St, Los Angeles, CA", "US", Address("1 Yonge St", city="Los Angeles", state="CA", country="US")),
        ("1 Sam Nujoma Ave, Windhoek, NA", "NA", Address("1 Sam Nujoma Ave", city="Windhoek", country="NA")),
        ("1 High St, Leeds, gb", "NG", Address("1 High St", city="Leeds", state="gb", country="NG")),
        ("1 High St, Ghana, Accra", "NG", Address("1 High St", city="Ghana", state="Accra", country="NG")),
        ("Nigeria, Nigeria", "NG", Address("Nigeria", country="NG")),
        ("1 High St", None, Address("1 High St")),
        ("1 High St, Kenya", None, Address("1 High St", country="KE")),
    ],
)  # fmt: skip
def test_the_last_part_may_be_the_country(address: str, school: str | None, expected: Address) -> None:
    assert parse(address, country=school) == expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("1 High St, Leeds, UK LS1 4AP", Address("1 High St", city="Leeds", postal_code="LS1 4AP", country="GB")),
        ("1 High St, Leeds, England, LS1 4AP", Address("1 High St", city="Leeds", postal_code="LS1 4AP", country="GB")),
        ("5 Main St, Reno, NV, USA 89501-1234", Address("5 Main St", None, "Reno", "NV", "89501-1234", "US")),
        ("1 Road, Nairobi, KEN, 00100", Address("1 Road", city="Nairobi", postal_code="00100", country="KE")),
        ("1 Road, Nairobi 00200, Kenya 00100",
         Address("1 Road", city="Nairobi 00200", postal_code="00100", country="KE")),
        ("1 Road, Nairobi, Kenya 00100, 00200",
         Address("1 Road", None, "Nairobi", "Kenya 00100", "00200", "NG")),
        ("1 Road, Minna, Niger 920001", Address("1 Road", None, "Minna", "Niger", "920001", "NG")),
        ("1 Road, Minna, Niger, 920001", Address("1 Road", None, "Minna", "Niger", "920001", "NG")),
        ("5 Peachtree St, Atlanta, GA 30303", Address("5 Peachtree St", None, "Atlanta", "GA", "30303", "NG")),
        ("GA 30303", Address("GA 30303", country="NG")),
    ],
)  # fmt: skip
def test_a_postal_code_that_stands_with_a_country_is_the_addresses(address: str, expected: Address) -> None:
    assert parse(address) == expected


@pytest.mark.parametrize(
    "code",
    ["1001", "10028", "100281", "1002812", "30303-1234", "M1 1AE", "B33 8TH", "CR2 6XH", "DN55 1PT", "W1A 0AX",
     "EC1A 1BB", "EC1A1BB", "ec1a 1bb", "GIR 0AA", "K1A 0B1", "K1A0B1", "k1a 0b1"],
)  # fmt: skip
@pytest.mark.parametrize(
    ("address", "places"),
    [
        ("1 Road, Ikeja, {}", Address("1 Road", city="Ikeja")),
        ("1 Road, Ikeja {}", Address("1 Road", city="Ikeja")),
        ("1 Road, {}", Address("1 Road")),
        ("1 Road, {}, Ikeja", Address("1 Road", city="Ikeja")),
        ("1 Road, Ikeja {}, Lagos", Address("1 Road", city="Ikeja", state="Lagos")),
        ("1 Road, Flat 1, Ikeja {}, Lagos, Nigeria", Address("1 Road", "Flat 1", "Ikeja", "Lagos")),
        ("1 Road, Ikeja, Nigeria {}", Address("1 Road", city="Ikeja")),
    ],
)
def test_a_postal_code_is_taken_out_of_the_last_two_parts(address: str, places: Address, code: str) -> None:
    assert parse(address.format(code)) == places._replace(postal_code=code, country="NG")


@pytest.mark.parametrize(
    "word",
    ["123", "12345678", "12345-123", "1234-5678", "12 34", "A1", "M1 1A", "ABC1 1AA", "K1A 0B", "١٠٠١", "B-1001",
     "1001."],
)  # fmt: skip
def test_what_is_no_postal_code_stays(word: str) -> None:
    assert parse(f"1 Road, Ikeja {word}") == Address("1 Road", city=f"Ikeja {word}", country="NG")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("100281", Address("100281")),
        ("PO Box 1234", Address("PO Box 1234")),
        ("PO Box 1234, Ikeja", Address("PO Box 1234", city="Ikeja")),
        ("PO Box 1234, Nigeria", Address("PO Box 1234")),
        ("1 Road, Yaba 1001, Ikeja, Lagos", Address("1 Road", "Yaba 1001", "Ikeja", "Lagos")),
        ("1 Road, Yaba 1001, Lagos 1002", Address("1 Road", city="Yaba 1001", state="Lagos", postal_code="1002")),
        ("1 Road, 1001, 1002", Address("1 Road", city="1001", postal_code="1002")),
        ("1 Road, Delhi - 110001", Address("1 Road", city="Delhi -", postal_code="110001")),
    ],
)
def test_a_postal_code_is_looked_for_in_the_last_part_then_the_one_before_never_the_first(address: str, expected: Address) -> None:
    assert parse(address) == expected._replace(country="NG")


# A slow, naive version of the rule, one address at a time.


def naive_parse(address: str | None, school: str | None) -> Address:
    typed_parts = re.split(f"[,{LINE_BREAKS}]", address or "")
    parts = [part for part in map(naive_clean, typed_parts) if part]
    parts, postal_code, found = naive_without_country(parts, school)
    if postal_code is None:
        parts, postal_code = naive_without_postal_code(parts)
    country = found or school
    match parts:
        case []:
            return NO_ADDRESS
        case [line1]:
            return Address(line1, None, None, None, postal_code, country)
        case [line1, city]:
            return Address(line1, None, city, None, postal_code, country)
        case [line1, *others, city, state]:
            return Address(line1, ", ".join(others) or None, city, state, postal_code, country)
    raise AssertionError(parts)


def naive_clean(part: str) -> str:
    blank_for_space = [" " if c in "\t" + LINE_BREAKS or unicodedata.category(c) == "Zs" else c for c in part]
    visible = "".join(c for c in blank_for_space if unicodedata.category(c) != "Cc" and c not in INVISIBLE)
    clean = unicodedata.normalize("NFC", re.sub(" +", " ", visible).strip(" "))
    return "" if clean.lower() in {"n/a", "na", "nil", "none", "null", "-", "--", ".", "?"} else clean


def naive_without_country(parts: list[str], school: str | None) -> tuple[list[str], str | None, str | None]:
    if len(parts) > 1 and is_postal_code(parts[-1]) and naive_country(parts[-2], school):
        return parts[:-2], parts[-1], naive_country(parts[-2], school)
    for rest, postal_code in naive_splits(parts[-1]) if parts else []:
        if country := naive_country(rest, school):
            return parts[:-1], postal_code, country
    return parts, None, None


def naive_without_postal_code(parts: list[str]) -> tuple[list[str], str | None]:
    for index in range(len(parts) - 1, max(len(parts) - 3, 0), -1):
        for rest, postal_code in naive_splits(parts[index]):
            if postal_code:
                return [*parts[:index], *([rest] if rest else []), *parts[index + 1 :]], postal_code
    return parts, None


def naive_splits(part: str) -> list[tuple[str, str | None]]:
    """The part without a postal code, and with each that may be taken off its end."""
    words = part.split(" ")
    taken_off = [(" ".join(words[:-count]), " ".join(words[-count:])) for count in (1, 2) if len(words) >= count]
    return [(part, None), *((rest, code) for rest, code in taken_off if is_postal_code(code))]


def is_postal_code(text: str) -> bool:
    shape = "".join("9" if c in "0123456789" else "A" if c.isascii() and c.isalpha() else c for c in text)
    british = {"A9 9AA", "A99 9AA", "AA9 9AA", "AA99 9AA", "A9A 9AA", "AA9A 9AA"}
    with_blank = british | {"A9A 9A9"}
    return (
        shape in with_blank | {shape.replace(" ", "") for shape in with_blank}
        or shape in {"9999", "99999", "999999", "9999999", "99999-9999"}
        or text.upper() in {"GIR 0AA", "GIR0AA"}
    )


@cache
def naive_country(part: str, school: str | None) -> str | None:
    own = {code for code in naive_codes() if naive_codes()[code] == school}
    if part in own:
        return school
    forbidden = {code for country in ("US", "CA", school) for code in naive_subdivision_codes(country)}
    if part in naive_codes() and part not in forbidden:
        return naive_codes()[part]
    if naive_fold(part) in naive_subdivision_names(school):
        return None
    return naive_names().get(naive_fold(part))


@cache
def naive_codes() -> dict[str, str]:
    return {code: country.alpha_2 for country in pycountry.countries for code in (country.alpha_2, country.alpha_3)}


@cache
def naive_names() -> dict[str, str]:
    names = {naive_fold(name): code for name, code in OTHER_NAMES.items()}
    for country in pycountry.countries:
        for field in ("name", "official_name", "common_name"):
            if hasattr(country, field):
                names[naive_fold(getattr(country, field))] = country.alpha_2
    return names


@cache
def naive_subdivision_codes(country: str | None) -> set[str]:
    return {sub.code[3:] for sub in pycountry.subdivisions if sub.country_code == country}


@cache
def naive_subdivision_names(country: str | None) -> set[str]:
    return {naive_fold(sub.name.split(" [")[0]) for sub in pycountry.subdivisions if sub.country_code == country}


def naive_fold(name: str) -> str:
    decomposed = unicodedata.normalize("NFD", name.lower())
    bare = "".join(c for c in decomposed if not unicodedata.category(c).startswith("M") and c != ".").strip()
    return bare.removeprefix("the ")


SCHOOL_COUNTRIES = ["NG", "GB", "US", "CA", "IN", "ZA", "GH", "KE", "AE", "GE", "NA", "LU", None]

STREETS = ["12 Allen Avenue", "Flat 2", "P.O. Box 12345", "Km 7 Ring Road", "Block B2 3rd", "10 Downing St."]
CITIES = ["Ikeja", "Lagos", "Minna", "Atlanta", "London", "St. Helens", "Cape Town", "São Paulo", "دبي", "Oyo State"]
OTHER_COUNTRY_FORMS = [
    "nigeria", "NIGERIA.", "The Gambia", "the u.s.a.", "U.K", "Co\u0302te d'Ivoire", "cote d'ivoire", "TÜRKİYE", "ng",
    "Gh", "G.H.", "the United Kingdom", "Republic of the Niger", "Virgin Islands, U.S.", "the", "The the Gambia",
]  # fmt: skip
POSTAL_CODES = [
    "123", "1001", "10028", "100281", "1002812", "12345678", "30303-1234", "30303-12", "M1 1AE", "SW1A 1AA", "sw1a1aa",
    "GIR 0AA", "W1A 0AX", "K1A 0B1", "k1a0b1", "K1A", "0B1", "1AA", "١٠٠١", "1001.",
]  # fmt: skip
NULL_WORDS = ["n/a", "NA", "Nil", "none", "NULL", "-", "--", ".", "?", ""]
DIRT = ["\u00a0", "\t", "\u200b", "\ufeff", "\u00ad", "  ", "\x00", "\u3000"]

words = st.one_of(
    st.sampled_from(STREETS),
    st.sampled_from(CITIES),
    st.sampled_from([*naive_codes(), *OTHER_NAMES, *OTHER_COUNTRY_FORMS]),
    st.sampled_from(["NG", "NGA", "GA", "CA", "NA", "KE", "GB", "ZA", "Nigeria", "Niger", "Georgia", "England", "Wales"]),
    st.sampled_from([country.name for country in pycountry.countries]),
    st.sampled_from([sub.code[3:] for sub in pycountry.subdivisions if sub.country_code in SCHOOL_COUNTRIES]),
    st.sampled_from([sub.name for sub in pycountry.subdivisions if sub.country_code in SCHOOL_COUNTRIES]),
    st.sampled_from(POSTAL_CODES),
    st.sampled_from(POSTAL_CODES),
    st.sampled_from(NULL_WORDS),
    st.sampled_from(DIRT),
)
parts = st.lists(words, min_size=1, max_size=3).map(" ".join)
separators = st.sampled_from([",", ", ", ", ", " , ", "\n", "\r\n", "\x0b", "\x85", "\u2029", ",,", ",\n"])
lines = st.lists(st.tuples(parts, separators), max_size=6).map(lambda pairs: "".join(sum(pairs, ()))) | parts
# The joiners U+200C and U+200D have a rule that is the text's own affair.
typed = st.text(st.characters(exclude_characters="\u200c\u200d", exclude_categories=["Cs"]), max_size=12)
rows = st.tuples(st.none() | lines | lines | lines | typed, st.sampled_from(SCHOOL_COUNTRIES))


@settings(max_examples=60)
@given(st.lists(rows, max_size=30))
def test_addresses_are_parsed_as_the_naive_version_does(addresses: list[Row]) -> None:
    assert parse_all(addresses) == [naive_parse(address, school) for address, school in addresses]


@settings(max_examples=25)
@given(st.lists(rows, max_size=30))
def test_an_address_has_a_first_line_or_nothing_and_no_part_is_empty(addresses: list[Row]) -> None:
    for address in parse_all(addresses):
        assert address == NO_ADDRESS or address.line1 is not None
        assert "" not in address


@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
@pytest.mark.parametrize("addresses", [[], [None, None], ["1 Road, Ikeja 1001, Ghana", None, "Nigeria", "1\n2\n3\n4"]])
def test_lazy_engines_and_chunks_do_not_show(addresses: list[str | None], engine: pl._typing.EngineType) -> None:
    whole = pl.DataFrame({"address": addresses}, schema={"address": pl.String})
    chunked = pl.concat([whole.head(1), whole.slice(1)], rechunk=False)
    places = parsed(pl.col("address"), country=pl.lit("NG")).alias("places")
    expected = whole.select(places)
    assert expected.schema == {"places": pl.Struct(dict.fromkeys(FIELDS, pl.String))}
    assert_frame_equal(chunked.lazy().select(places).collect(engine=engine), expected)
