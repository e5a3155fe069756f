import re
from collections.abc import Iterable, Sequence
from functools import cache
from importlib import import_module
from random import Random
from typing import Any

import phonenumbers
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat
from polars.testing import assert_frame_equal

from transforms import phone_reading
from transforms.phone_patterns import KINDS, NumberingPlan, calling_code, plan_of_region, plans_under
from transforms.phones import VERDICT, e164
from transforms.text import NULL_WORDS, optional

Verdict = tuple[str | None, bool, bool, bool]
Dialled = tuple[str | None, str | None]

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
UNKNOWN_REGIONS = (None, "", "AN", "XX", "ZZ", "001", "ng")
CALLING_CODES = [str(code) for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE]
NOTHING = (None, False, False, False)


def verdicts(dialled: Iterable[Dialled]) -> list[Verdict]:
    phones = pl.DataFrame(list(dialled), {"phone": pl.String, "country": pl.String}, orient="row")
    return phones.select(e164(pl.col("phone"), region=pl.col("country")).alias("verdict")).unnest("verdict").rows()


def naive_verdicts(dialled: Sequence[Dialled]) -> list[Verdict]:
    """Section 5 of the mapping, number by number; but section 2, which has tests of its own, as the transforms do it."""
    cleaned = pl.Series([phone for phone, _ in dialled], dtype=pl.String).to_frame("phone").select(optional(pl.col("phone")))
    return [naive_verdict(phone, region) for phone, (_, region) in zip(cleaned["phone"], dialled, strict=True)]


def naive_verdict(phone: str | None, region: str | None) -> Verdict:
    split = re.split(r"[/,]|;(?!ext=)|\bor\b", phone or "", flags=re.IGNORECASE)
    bare = [piece.strip(" ").removeprefix("'").removesuffix(".0").strip(" ") for piece in split]
    pieces = [piece for piece in bare if piece and piece.lower() not in NULL_WORDS]
    for piece in pieces:
        try:
            number = phonenumbers.parse(piece, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            value = phonenumbers.format_number(number, PhoneNumberFormat.E164)
            return value, False, len(pieces) > 1, bool(number.extension)
    return None, bool(pieces), False, False


def assert_as_the_library_says(dialled: Sequence[Dialled]) -> None:
    compared = zip(dialled, verdicts(dialled), naive_verdicts(dialled), strict=True)
    assert [(*phone, got, wanted) for phone, got, wanted in compared if got != wanted] == []


@pytest.fixture(autouse=True)
def _without_shortcut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the patterns would not be asked at all about the few numbers of a test."""
    monkeypatch.setattr(phone_reading, "FEW", 0)


@pytest.mark.parametrize(
    ("phone", "region", "value"),
    [
        ("08031234567", "NG", "+2348031234567"),
        ("0803 123 4567", "NG", "+2348031234567"),
        ("(0803) 123-4567", "NG", "+2348031234567"),
        ("0803.123.4567", "NG", "+2348031234567"),
        ("0803–123–4567", "NG", "+2348031234567"),
        ("\u00a00803\u00a0123\u200b 4567\t", "NG", "+2348031234567"),
        ("8031234567", "NG", "+2348031234567"),
        ("2348031234567", "NG", "+2348031234567"),
        ("+234 803 123 4567", "GB", "+2348031234567"),
        ("+234 (0) 803 123 4567", "NG", "+2348031234567"),
        ("(+234) 803 123 4567", "NG", "+2348031234567"),
        ("tel:+234-803-123-4567", None, "+2348031234567"),
        ("Mobile: 0803 123 4567", "NG", "+2348031234567"),
        ("00442079460018", "KE", None),
        ("000442079460018", "KE", "+442079460018"),
        ("00442079460018", "GH", "+442079460018"),
        ("011 44 20 7946 0018", "US", "+442079460018"),
        ("+44 (0)20 7946 0018", "US", "+442079460018"),
        ("(604) 555-0123", "US", "+16045550123"),
        ("604 555 0123", "CA", "+16045550123"),
        ("1-800-FLOWERS", "US", "+18003569377"),
        ("٠٨٠٣١٢٣٤٥٦٧", "NG", "+2348031234567"),
        ("06 698 12345", "VA", "+390669812345"),
        ("0236618300", "IT", "+390236618300"),
        ("011 15-2345-6789", "AR", "+5491123456789"),
        ("044 229 1234567", "MX", None),
        ("+800 1234 5678", "NG", "+80012345678"),
        ("+999 1234 5678", "NG", None),
        ("+008031234567", "NG", None),
        ("12345", "NG", None),
        ("no phone", "NG", None),
        ("08031234567" * 30, "NG", None),
    ],
)
def test_a_number_is_what_the_library_makes_of_it(phone: str, region: str | None, value: str | None) -> None:
    assert verdicts([(phone, region)]) == [(value, value is None, False, False)]
    assert_as_the_library_says([(phone, region)])


@pytest.mark.parametrize("phone", [None, "", " ", "\u200b", "n/a", "NIL", "-", "?", "'", "'-", ".0", " / ", "-/ none;", "or"])
def test_a_text_that_says_nothing_is_null_and_not_invalid(phone: str | None) -> None:
    assert verdicts([(phone, "NG")]) == [NOTHING]


@pytest.mark.parametrize(
    ("phone", "value"),
    [("'08031234567", "+2348031234567"), ("2348031234567.0", "+2348031234567"), (" '8031234567.0 ", "+2348031234567")],
)
def test_what_spreadsheets_leave_goes(phone: str, value: str) -> None:
    assert verdicts([(phone, "NG")]) == [(value, False, False, False)]


@pytest.mark.parametrize(
    ("phone", "value", "extra"),
    [
        ("08031234567/08051234567", "+2348031234567", True),
        ("08031234567, 08051234567", "+2348031234567", True),
        ("08031234567;08051234567", "+2348031234567", True),
        ("08031234567 or 08051234567", "+2348031234567", True),
        ("08031234567 OR '08051234567.0", "+2348031234567", True),
        ("0803 / 08051234567", "+2348051234567", True),
        ("'08031234567.0 / 0803", "+2348031234567", True),
        ("none / '08051234567.0", "+2348051234567", False),
        ("/ 08051234567 /", "+2348051234567", False),
        ("08031234567 / -", "+2348031234567", False),
        ("Victor 08031234567", "+2348031234567", False),
    ],
)
def test_the_first_valid_number_counts_and_the_others_are_told(phone: str, value: str, *, extra: bool) -> None:
    assert verdicts([(phone, "NG")]) == [(value, False, extra, False)]
    assert_as_the_library_says([(phone, "NG")])


def test_several_numbers_of_which_none_is_valid_are_invalid_once() -> None:
    assert verdicts([("0803 / 0805", "NG"), ("12 or 13, 14", "NG")]) == [(None, True, False, False)] * 2


@pytest.mark.parametrize(
    "extension",
    ["x12", " x 12", " ext. 12", " EXT 12", " extension: 12", " extn12", ";ext=12", ";EXT=12", " # 12", " anexo 12", " доб. 12"],
)
def test_the_extension_of_the_number_kept_is_dropped_and_told(extension: str) -> None:
    texts = [(f"0803 123 4567{extension}", "NG"), (f"0803{extension} / 08051234567", "NG"), (f"0803/08051234567{extension}", "NG")]
    assert verdicts(texts) == [
        ("+2348031234567", False, False, True),
        ("+2348051234567", False, True, False),
        ("+2348051234567", False, True, True),
    ]


@pytest.mark.parametrize("region", UNKNOWN_REGIONS)
def test_without_a_known_region_only_international_writings_are_valid(region: str | None) -> None:
    texts = [("08031234567", region), ("2348031234567", region), ("+2348031234567", region), ("(+234) 803 123 4567 x1", region)]
    values = [value for value, *_ in verdicts(texts)]
    assert values == [None, None, "+2348031234567", "+2348031234567"]
    assert_as_the_library_says(texts)


@pytest.mark.parametrize("few", [0, 50])
def test_example_numbers_of_every_region_and_kind_read_as_the_library_reads_them(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phone_reading, "FEW", few)
    random = Random(few)
    dialled: list[Dialled] = []
    for number, region in example_numbers():
        dialled += [(text, region) for text in writings(number, region)]
        dialled += [(text, random.choice([*REGIONS, *UNKNOWN_REGIONS])) for text in writings(number, region)[few // 10 :: 4]]
    assert len(dialled) > 30_000
    assert_as_the_library_says(dialled)


@cache
def example_numbers() -> list[tuple[phonenumbers.PhoneNumber, str | None]]:
    by_kind = [
        (phonenumbers.example_number_for_type(region, kind), region) for region in REGIONS for kind in phonenumbers.PhoneNumberType.values()
    ]
    invalid = [(phonenumbers.invalid_example_number(region), region) for region in REGIONS]
    of_no_region = [(phonenumbers.example_number_for_non_geo_entity(code), None) for code in phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS]
    return [(number, region) for number, region in [*by_kind, *invalid, *of_no_region] if number is not None]


def writings(number: phonenumbers.PhoneNumber, region: str | None) -> list[str]:
    """How people might write a number that they know."""
    code, national = str(number.country_code), phonenumbers.national_significant_number(number)
    prefix = phonenumbers.ndd_prefix_for_region(region, strip_non_digits=True) if region else None
    formats = (PhoneNumberFormat.E164, PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.NATIONAL, PhoneNumberFormat.RFC3966)
    return [
        *(phonenumbers.format_number(number, form) for form in formats),
        national,
        f"0{national}",
        f"{prefix or 1}{national}",
        f"{code}{national}",
        f"{code}{prefix or 0}{national}",
        f"+{code} (0) {national}",
        f"+{code}{prefix or 0}{national}",
        *(f"{exit_prefix}{code}{national}" for exit_prefix in ("00", "000", "009", "011", "+00", "++")),
        f"+{national}",
        f"{national}1",
        national[:-1],
        f"'{national}.0",
        f"{national};ext=7",
    ]


def test_random_numbers_of_all_regions_read_as_the_library_reads_them() -> None:
    random = Random(20_240_901)
    numbers = [(phonenumbers.national_significant_number(number), region) for number, region in example_numbers()]
    assert_as_the_library_says([random_dialled(random, numbers) for _ in range(150_000)])


def random_dialled(random: Random, numbers: Sequence[tuple[str, str | None]]) -> Dialled:
    """Random digits, or a known number with a few digits changed, and some prefix before it."""
    national, region = random.choice(numbers)
    if random.random() < 0.2:
        region = random.choice([*REGIONS, *UNKNOWN_REGIONS])
    if random.random() < 0.4:
        national = "".join(random.choices("0123456789", k=random.randint(1, 17)))
    for _ in range(random.randint(0, 2)):
        place = random.randint(0, len(national))
        national = national[:place] + random.choice(["", "0", "1", "5", "8", " ", "-", ".", "(", ") ", "/", "x"]) + national[place + 1 :]
    code = str(phonenumbers.country_code_for_region(region or "ZZ"))  # 0 where there is none
    if random.random() < 0.2:
        code = random.choice(CALLING_CODES)
    prefix = random.choice(["", "", "0", "1", "8", "+", code, f"+{code}", f"+{code}", f"00{code}", f"011{code}", f"{code}0", f"+{code}0"])
    return prefix + national, region


regions = st.sampled_from([*REGIONS, *UNKNOWN_REGIONS])
digits = st.text("0123456789", min_size=1, max_size=17)
codes = st.sampled_from(["", "0", "00", "+", *(f"+{code}" for code in CALLING_CODES), *CALLING_CODES])
characters = [*"0123456789+ ()-./;,'x~#*[]_:٣７＋－–öſ", "\u2060", "\u00a0", "\u0301", "\n"]
words = [
    "00",
    "234",
    "+234",
    "803",
    "1234567",
    " or ",
    "OR",
    ";ext=",
    "ext. ",
    "extension",
    "tel:",
    ";phone-context=",
    ";isub=",
    "n/a",
    "nil",
    ".0",
]
tokens = st.sampled_from([*characters, *words])


@settings(max_examples=60)
@given(st.lists(st.tuples(st.builds(str.__add__, codes, digits), regions), max_size=60))
def test_digit_strings_read_as_the_library_reads_them(dialled: list[Dialled]) -> None:
    assert_as_the_library_says(dialled)


@settings(max_examples=150)
@example([("08031234567 extenſion 5", "NG"), ("x0803 123 4567 x5", "NG"), ("08031234567.0)", "NG"), ("0803.1234567.0.", "NG")])
@example([("tel:8031234567;phone-context=+234", "GB"), ("+4420 7946 0018;isub=1", "GB"), ("0803 123 4567" + " " * 240 + "8", "NG")])
@given(st.lists(st.tuples(st.lists(tokens, max_size=14).map("".join), st.sampled_from(["NG", "GB", "US", "BR", "XX", None])), max_size=40))
def test_any_text_reads_as_the_library_reads_it(dialled: list[Dialled]) -> None:
    assert_as_the_library_says(dialled)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.lists(tokens, max_size=14).map("".join), regions), max_size=30))
def test_a_number_in_e164_stays_as_it_is(dialled: list[Dialled]) -> None:
    values = [value for value, *_ in verdicts(dialled)]
    again = verdicts([(value, region) for value, (_, region) in zip(values, dialled, strict=True)])
    assert again == [(value, False, False, False) for value in values]


@pytest.mark.parametrize("phones", [[], [None], [None, None, None]])
def test_empty_and_null_columns_give_the_same_struct(phones: list[None]) -> None:
    frame = pl.DataFrame({"phone": phones, "country": ["NG"] * len(phones)}, schema={"phone": pl.String, "country": pl.String})
    found = frame.select(verdict=e164(pl.col("phone"), region=pl.col("country")))
    assert found.schema == {"verdict": VERDICT}
    assert found.unnest("verdict").rows() == [NOTHING] * len(phones)


@pytest.mark.parametrize("few", [0, 3, 50])
def test_engine_chunks_order_and_shortcut_do_not_show(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(5)
    numbers = [(phonenumbers.national_significant_number(number), region) for number, region in example_numbers()]
    dialled = [*(random_dialled(random, numbers) for _ in range(3_000)), (None, "NG"), ("0803/0805 123 4567 x2", "NG")]
    phones = pl.DataFrame(dialled, {"phone": pl.String, "country": pl.String}, orient="row").with_row_index("id")
    verdict = e164(pl.col("phone"), region=pl.col("country")).alias("verdict")
    wanted = phones.select("id", verdict)

    monkeypatch.setattr(phone_reading, "FEW", few)
    assert_frame_equal(phones.lazy().select("id", verdict).collect(engine="streaming"), wanted)
    assert_frame_equal(phones.sample(fraction=1, shuffle=True, seed=1).select("id", verdict).sort("id"), wanted)
    assert_frame_equal(pl.concat([phones[:7], phones[7:1_000], phones[1_000:]], rechunk=False).select("id", verdict), wanted)


def test_the_patterns_of_a_kind_imply_the_lengths_that_the_library_asks_for_beside_them() -> None:
    for region in (*REGIONS, *map(str, phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS)):
        metadata: Any = phonenumbers.PhoneMetadata.metadata_for_region(region)
        if metadata is None:
            metadata = phonenumbers.PhoneMetadata.metadata_for_nongeo_region(int(region))
        general = set(metadata.general_desc.possible_length)
        for kind in filter(None, (getattr(metadata, name) for name in KINDS)):
            if kind.national_number_pattern:
                pattern = import_module("re._parser").parse(kind.national_number_pattern)
                assert matching_lengths(pattern) <= set(kind.possible_length) <= general, (region, kind)


def matching_lengths(pattern: Any) -> set[int]:
    """The lengths of all strings that a parsed pattern matches."""
    lengths = {0}
    for operator, operand in pattern:
        match str(operator):
            case "LITERAL" | "IN":
                part = {1}
            case "BRANCH":
                part = set().union(*map(matching_lengths, operand[1]))
            case "SUBPATTERN":
                part = matching_lengths(operand[-1])
            case "MAX_REPEAT":
                fewest, most, repeated = operand
                part, longer = set(), {0}
                for times in range(most + 1):
                    part |= longer if times >= fewest else set()
                    longer = {before + more for before in longer for more in matching_lengths(repeated)}
        lengths = {before + after for before in lengths for after in part}
    return lengths


def test_every_region_has_the_plan_of_its_calling_code() -> None:
    for region in REGIONS:
        plan = plan_of_region(region)
        assert isinstance(plan, NumberingPlan)
        assert plan.calling_code == str(phonenumbers.country_code_for_region(region))
        assert [plan.region for plan in plans_under(plan.calling_code)] == list(
            phonenumbers.region_codes_for_country_code(int(plan.calling_code))
        )
    assert [plan_of_region(region) for region in UNKNOWN_REGIONS] == [None] * len(UNKNOWN_REGIONS)


def test_every_calling_code_is_found_before_any_digits() -> None:
    calls = pl.DataFrame([(code, f"{code}{digit}99") for code in CALLING_CODES for digit in range(10)], ["code", "digits"], orient="row")
    found = calls.select("code", calling_code(pl.col("digits")).alias("found"))
    assert found["found"].to_list() == found["code"].to_list()
    assert pl.select(calling_code(pl.lit("0448"))).item() is None
