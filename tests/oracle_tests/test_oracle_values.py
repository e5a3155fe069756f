"""The oracle's readings of single values, against the mapping's own examples."""

from datetime import datetime
from decimal import Decimal

import pytest

from tests.oracle import (
    academic_years,
    addresses,
    class_levels,
    countries,
    curricula,
    emails,
    names,
    passwords,
    phones,
    subjects,
    text,
    values,
)
from tests.oracle.reference import CURRICULA

CREATED_AT = datetime(2023, 9, 1)  # noqa: DTZ001 -- V1's times are naive UTC


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        (None, None),
        (" \t\u00a0\u200b", None),
        ("Ada\u2028\u3000Obi ", "Ada Obi"),
        ("A\u00adda\x00\x1f\ufeff", "Ada"),
        ("e\u0301", "é"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("a\u200cb \u200dب", "ab ب"),
        ("n/a", "n/a"),
    ],
)
def test_text_is_cleaned(raw: str | None, clean: str | None) -> None:
    assert text.cleaned(raw) == clean


@pytest.mark.parametrize("word", ["n/a", "NA", "Nil", "none", "NULL", "-", " -- ", ".", "?\u200b", ""])
def test_null_words_are_null_in_optional_text(word: str) -> None:
    assert text.optional(word) is None


@pytest.mark.parametrize(
    ("full_name", "parts"),
    [
        ("Ada Obi", (None, "Ada", None, "Obi", None)),
        ("Ada", (None, "Ada", None, None, None)),
        ("Mr & Mrs Obi", ("Mr & Mrs", "Obi", None, None, None)),
        ("MR. AND MRS. Ada Obi", ("Mr & Mrs", "Ada", None, "Obi", None)),
        ("Professor Engineer Ada Obi", ("Prof Engr", "Ada", None, "Obi", None)),
        ("Ada Obi, Ph.D., M.B.A.", (None, "Ada", None, "Obi", "PhD MBA")),
        ("Ada Obi V", (None, "Ada", None, "Obi", "V")),
        ("Mr Ada V", ("Mr", "Ada", None, "V", None)),
        ("Obi, Ada Ngozi Jr", (None, "Ada", "Ngozi", "Obi", "Jr")),
        ("Obi Jr, Dr Ada", ("Dr", "Ada", None, "Obi", "Jr")),
        ("Obi, Dr", ("Dr", "Obi", None, None, None)),
        ("Obi, Ada, Ngozi", (None, "Obi", "Ada", "Ngozi", None)),
        ("Mr Dr", ("Mr", "Dr", None, None, None)),
        ("reverend", (None, "Rev", None, None, None)),
        ("ii", (None, "II", None, None, None)),
        ("Dr PhD", ("Dr", "PhD", None, None, None)),
        ("Ada Bisi van der Berg", (None, "Ada", "Bisi", "van der Berg", None)),
        ("Van Berg Obi", (None, "Van", "Berg", "Obi", None)),
        ("ADA VAN DER BERG", (None, "Ada", None, "van der Berg", None)),
        ("mary-jane o'neil mcdonald", (None, "Mary-Jane", "O'Neil", "McDonald", None)),
        ("ST. CLAIR, ADA", (None, "Ada", None, "St. Clair", None)),
        ("ada VAN Berg", (None, "ada", None, "VAN Berg", None)),
        ("  ", (None, None, None, None, None)),
        (",", (None, None, None, None, None)),
    ],
)
def test_names_are_parsed(full_name: str, parts: tuple[str | None, ...]) -> None:
    name = names.parsed(full_name)
    assert tuple(name.values())[:5] == parts
    assert not name["nickname_dropped"]


@pytest.mark.parametrize("full_name", ["Ada (Bibi) Obi", 'Ada "Bibi" Obi', "Ada“Bibi”Obi", "Ada ((x) y) Obi"])
def test_nicknames_are_dropped(full_name: str) -> None:
    name = names.parsed(full_name)
    assert (name["first_name"], name["last_name"], name["nickname_dropped"]) == ("Ada", "Obi", True)


def test_an_unpaired_mark_stays() -> None:
    assert names.parsed("Ada (Obi")["last_name"] == "(Obi"


@pytest.mark.parametrize(
    ("email", "value", "extra"),
    [
        (None, None, False),
        ("mailto:Ada@X.org.", "ada@x.org", False),
        ("Ada Obi <ada@x.org>", "ada@x.org", False),
        ("ada@x.org;", "ada@x.org", False),
        ("ada@x.org; n/a", "ada@x.org", False),
        ("nobody, ada@x.org", "ada@x.org", True),
        ("ada@x.org / obi@x.org", "ada@x.org", True),
        ("ada@bücher.example", "ada@xn--bcher-kva.example", False),
        ("a/b@x.org", "a/b@x.org", False),
    ],
)
def test_emails_are_normalised(email: str | None, value: str | None, extra: bool) -> None:
    assert emails.normalised(email) == {"value": value, "email_invalid": False, "email_extra_dropped": extra}


@pytest.mark.parametrize(
    "email",
    ["ada obi@x.org", "ada@x", "ada@x.o", "a..b@x.org", "a.@x.org", "a@-x.org", "a@1.2.3.4", "x" * 65 + "@x.org"],
)
def test_invalid_emails_are_none(email: str) -> None:
    assert emails.normalised(email) == {"value": None, "email_invalid": True, "email_extra_dropped": False}


@pytest.mark.parametrize(
    ("first", "last", "code", "address"),
    [
        ("Ada", "O'Brien", "St. Mary's", "ada.obrien@st-mary-s.v1.invalid"),
        ("李", None, "GHS", "li@ghs.v1.invalid"),
        ("!", None, "!", "teacher@school7.v1.invalid"),
        ("a" * 63, "b", "c" * 70, f"{'a' * 63}@{'c' * 63}.v1.invalid"),
    ],
)
def test_addresses_are_made_up(first: str, last: str | None, code: str, address: str) -> None:
    assert emails.made_up(first, last, code, 7, "TEACHER", "v1.invalid") == address


def test_a_suffix_makes_room_for_itself() -> None:
    assert emails.suffixed("ada+x@x.org", 2) == "ada+x+2@x.org"
    assert emails.suffixed(f"{'a' * 64}@x.org", 12) == f"{'a' * 61}+12@x.org"


@pytest.mark.parametrize(
    ("phone", "value", "flags"),
    [
        (None, None, set()),
        ("-", None, set()),
        ("'0803 123 4567.0", "+2348031234567", set()),
        ("none or 08031234567", "+2348031234567", set()),
        ("12/08031234567", "+2348031234567", {"phone_extra_dropped"}),
        ("+2348031234567;ext=2", "+2348031234567", {"phone_extension_dropped"}),
        ("0803", None, {"phone_invalid"}),
    ],
)
def test_phones_become_e164(phone: str | None, value: str | None, flags: set[str]) -> None:
    number = phones.e164(phone, "NG")
    assert number["value"] == value
    assert {code for code, holds in number.items() if holds is True} == flags


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        (
            "12 Allen Avenue, Ikeja, Lagos 100281, Nigeria",
            ("12 Allen Avenue", None, "Ikeja", "Lagos", "100281", "NG"),
        ),
        ("1 Elm St, Atlanta, GA", ("1 Elm St", None, "Atlanta", "GA", None, "NG")),
        ("1 Kuta Road, Minna, Niger", ("1 Kuta Road", None, "Minna", "Niger", None, "NG")),
        ("Flat 2\n1 High St\nLondon SW1A 1AA\nUK", ("Flat 2", None, "1 High St", "London", "SW1A 1AA", "GB")),
        ("1 High St, Accra, Ghana 00233", ("1 High St", None, "Accra", None, "00233", "GH")),
        ("1 High St, Accra, Ghana, 00233", ("1 High St", None, "Accra", None, "00233", "GH")),
        ("a, b, c, d, e", ("a", "b, c", "d", "e", None, "NG")),
        ("100281", ("100281", None, None, None, None, "NG")),
        ("n/a, -", (None, None, None, None, None, None)),
        ("Nigeria", (None, None, None, None, None, None)),
    ],
)
def test_addresses_are_parsed(address: str, parts: tuple[str | None, ...]) -> None:
    assert tuple(addresses.parsed(address, "NG").values()) == parts


@pytest.mark.parametrize(
    ("country", "code"),
    [("na", "NA"), ("nga", "NG"), ("The Gambia", "GM"), ("U.K.", "GB"), ("turkiye", "TR"), ("n/a", None), ("ß", None)],
)
def test_a_schools_country(country: str, code: str | None) -> None:
    assert countries.school_country(country) == code


@pytest.mark.parametrize(
    ("curriculum", "code"),
    [("cambridge igcse", "CAMBRIDGE"), ("British/American", "AMERICAN"), ("IBO", None), (None, None), ("-", None)],
)
def test_a_curriculum_is_matched(curriculum: str | None, code: str | None) -> None:
    assert curricula.matched(curriculum, CURRICULA.items()) == code


@pytest.mark.parametrize(
    ("name", "curriculum", "level", "section"),
    [
        ("JSS 1A", None, "JSS1", "A"),
        ("Grade 4 Blue", None, "GRADE4", "Blue"),
        ("Primary 3 (B)", None, "PRIMARY3", "B"),
        ("Year 10", None, "YEAR10", None),
        ("grade-04", "KENYAN", "CBC_GRADE4", None),
        ("Form IIA", None, None, None),
        ("Form ii a", None, "FORM2", "a"),
        ("Pry. Twelve", None, "PRIMARY12", None),
        ("A-Level 2", None, "ALEVEL2", None),
        ("KG 1", "AMERICAN", "KINDERGARTEN", None),
        ("KG Red", None, "KINDERGARTEN", "Red"),
        ("KG 1", None, "KG1", None),
        ("KG", "GHANAIAN", None, None),
        ("Blue Room", None, None, None),
    ],
)
def test_class_levels_are_parsed(name: str, curriculum: str | None, level: str | None, section: str | None) -> None:
    assert class_levels.parsed(name, curriculum) == {"level_code": level, "section": section}


@pytest.mark.parametrize(
    ("year", "country", "normal"),
    [
        ("2024/25", "NG", "2024/2025"),
        ("2024-2025", "NG", "2024/2025"),
        ("2024–25", "KE", "2024/2025"),
        ("2024", "NG", "2024/2025"),
        ("2024", "KE", "2024"),
        ("2024/26", "NG", "2024/26"),
        (None, "NG", "2023/2024"),
        ("n/a", "KE", "2023"),
    ],
)
def test_academic_years_are_normalised(year: str | None, country: str, normal: str) -> None:
    assert academic_years.normalised(year, country, CREATED_AT) == normal


def test_the_school_year_starts_in_september() -> None:
    last_of_august = datetime(2023, 8, 31, 23, 59)  # noqa: DTZ001
    assert academic_years.normalised(None, "NG", last_of_august) == "2022/2023"


def test_subjects_are_folded_and_slugged() -> None:
    assert subjects.folded("Further-Mathematics (2)") == "furthermathematics2"
    assert subjects.slug("  Études & Français!") == "etudes-francais"


@pytest.mark.parametrize(
    ("hash_", "carried"),
    [
        ("$2a$10$" + "a" * 53, "$2a$10$" + "a" * 53),
        ("$2y$12$" + "a" * 53, "$2b$12$" + "a" * 53),
        ("$2x$10$" + "a" * 53, None),
        ("$2b$10$" + "a" * 52, None),
        (" $2b$10$" + "a" * 53, None),
        ("hunter2", None),
        (None, None),
    ],
)
def test_only_whole_bcrypt_hashes_are_carried(hash_: str | None, carried: str | None) -> None:
    assert passwords.carried(hash_) == carried


def test_small_values() -> None:
    assert values.relationship(" Mum ") == "MOTHER"
    assert values.relationship("neighbour") == values.relationship(None) == "OTHER"
    assert values.skills(["chess", None, " ", "n/a", "chess", "Chess"]) == ["chess", "Chess"]
    assert values.salary("NaN") is values.salary("-1") is values.salary(None) is None
    assert values.salary("10.50") == Decimal("10.50")
    assert values.settings('{"a": 1}') == '{"a": 1}'
    assert values.settings("[1]") == values.settings(None) == "{}"
