import re
import unicodedata
from typing import Any, NamedTuple

import idna
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from transforms import emails

LONGEST_LOCAL = "a" * 64
LONGEST_DOMAIN = ".".join(["b" * 63, "c" * 63, "d" * 58, "co"])  # 189: with the longest local part and the @, 254


class Verdict(NamedTuple):
    value: str | None
    email_invalid: bool = False
    email_extra_dropped: bool = False


MISSING = Verdict(None)
INVALID = Verdict(None, email_invalid=True)


def verdicts(values: list[str | None]) -> list[Verdict]:
    texts = pl.DataFrame({"email": values}, schema={"email": pl.String})
    judged = texts.select(emails.normalised(pl.col("email"))).unnest("email")
    return [Verdict(*row) for row in judged.iter_rows()]


def first_of_several(value: str) -> Verdict:
    return Verdict(value, email_extra_dropped=True)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("ada@x.org", Verdict("ada@x.org")),
        # Missing, which is nothing to put on record.
        (None, MISSING),
        ("", MISSING),
        (" \t\u200b", MISSING),
        ("N/A", MISSING),
        ("nil.", MISSING),
        (";", MISSING),
        ("/", MISSING),
        ("mailto:", MISSING),
        ("n/a, -; none", MISSING),
        # Clean, drop `mailto:`, take what is in `<…>`, lower-case, strip `.,;:`.
        (" ADA@X.Org\u00a0", Verdict("ada@x.org")),
        ("ada\u200b@x.org", Verdict("ada@x.org")),
        ("mailto:ada@x.org", Verdict("ada@x.org")),
        ("MailTo: ada@x.org", Verdict("ada@x.org")),
        ("Ada Obi <ada@x.org>", Verdict("ada@x.org")),
        ("<ada@x.org>", Verdict("ada@x.org")),
        ("Ada <mailto:ada@x.org>", Verdict("ada@x.org")),
        ('"Obi, Ada" <Ada@X.org>;', Verdict("ada@x.org")),
        ("ada@y.org <ada@x.org>", Verdict("ada@x.org")),
        (".ada@x.org.", Verdict("ada@x.org")),
        (":ada@x.org,;", Verdict("ada@x.org")),
        ("; mailto:ada@x.org ;", Verdict("ada@x.org")),
        # Several: the first valid one counts.
        ("ada@x.org, obi@y.org", first_of_several("ada@x.org")),
        ("ada@x.org;obi@y.org", first_of_several("ada@x.org")),
        ("ada@x.org obi@y.org", first_of_several("ada@x.org")),
        ("ada@x.org/obi@y.org", first_of_several("ada@x.org")),
        ("ada@x.org / obi@y.org", first_of_several("ada@x.org")),
        ("ada@x, obi@y.org", first_of_several("obi@y.org")),
        ("ada obi@x.org; eze@y.org", first_of_several("eze@y.org")),
        ("Ada <ada@x.org>, Obi <obi@y.org>", first_of_several("ada@x.org")),
        ("Ada <ada@x.org> / Obi <obi@y.org>", first_of_several("ada@x.org")),
        ("eze@z.org, Ada <ada@x.org>", first_of_several("eze@z.org")),
        ("Ada <ada@x.org, obi@y.org>", first_of_several("ada@x.org")),
        ("a@x.org b@x.org / c@x.org d@x.org", first_of_several("a@x.org")),
        ("a/b@x.org c@y.org", first_of_several("a/b@x.org")),
        ("a@x.org b/c@y.org", first_of_several("a@x.org")),
        # Pieces that say nothing do not count.
        ("ada@x.org, n/a", Verdict("ada@x.org")),
        ("ada@x.org; ; -", Verdict("ada@x.org")),
        ("none, ada@x.org", Verdict("ada@x.org")),
        ("ada@x.org/", Verdict("ada@x.org")),
        # A blank or a `/` parts nothing unless every part that counts holds an `@`.
        ("ada obi@x.org", INVALID),
        ("na obi@x.org", Verdict("obi@x.org")),
        ("ada / obi@x.org", INVALID),
        ("ada/obi@x.org", Verdict("ada/obi@x.org")),
        ("/ada@mün.de", Verdict("/ada@xn--mn-xka.de")),
        ("/ ada@x.org /", Verdict("ada@x.org")),
        # Local part.
        ("a.!#$%&'*+/=?^_{|}~-`9@x.org", Verdict("a.!#$%&'*+/=?^_{|}~-`9@x.org")),
        ("a..b@x.org", INVALID),
        ("a.@x.org", INVALID),
        ("@x.org", INVALID),
        ("ada", INVALID),
        ("ad(a@x.org", INVALID),
        ("zoë@x.org", INVALID),
        ("a@b@x.org", INVALID),
        ("a@b@mün.de", INVALID),
        (f"{LONGEST_LOCAL}@x.org", Verdict(f"{LONGEST_LOCAL}@x.org")),
        (f"a{LONGEST_LOCAL}@x.org", INVALID),
        # Domain.
        ("ada@localhost", INVALID),
        ("ada@x.o", INVALID),
        ("ada@x.or9", INVALID),
        ("ada@127.0.0.1", INVALID),
        ("ada@-x.org", INVALID),
        ("ada@x-.org", INVALID),
        ("ada@x..org", INVALID),
        ("ada@x_y.org", INVALID),
        ("ada@9.a-b.org", Verdict("ada@9.a-b.org")),
        (f"ada@{'b' * 63}.org", Verdict(f"ada@{'b' * 63}.org")),
        (f"ada@{'b' * 64}.org", INVALID),
        (f"ada@x.{'b' * 64}", INVALID),
        (f"{LONGEST_LOCAL}@{LONGEST_DOMAIN}", Verdict(f"{LONGEST_LOCAL}@{LONGEST_DOMAIN}")),
        (f"{LONGEST_LOCAL}@b.{LONGEST_DOMAIN}", INVALID),
        # A-labels.
        ("ada@münchen.de", Verdict("ada@xn--mnchen-3ya.de")),
        ("ADA@MÜNCHEN.DE, x", first_of_several("ada@xn--mnchen-3ya.de")),
        ("ada@straße.de", Verdict("ada@xn--strae-oqa.de")),
        ("ada@ΣΑΣ.gr", Verdict("ada@xn--mxa9ab.gr")),
        ("ada@пример.рф", Verdict("ada@xn--e1afmkfd.xn--p1ai")),
        ("ada@例え。テスト", Verdict("ada@xn--r8jz45g.xn--zckzah")),
        ("ada@x.xn--p1ai", Verdict("ada@x.xn--p1ai")),
        ("ada@x.xn--a", INVALID),
        ("ada@x.xn--", INVALID),
        ("ada@x！y.org", INVALID),
        ("ada@♥.", INVALID),
        (f"ada@{'ü' * 63}.de", INVALID),
    ],
)
def test_an_email_becomes_what_the_mapping_says(typed: str | None, expected: Verdict) -> None:
    assert verdicts([typed]) == [expected]


# The rule once more, one text at a time.

NULL_WORDS = {"n/a", "na", "nil", "none", "null", "-", "--", ".", "?", ""}
ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"


def naive_trimmed(text: str) -> str:
    text = " ".join(unicodedata.normalize("NFC", text).split())
    text = re.sub(r"(^|<) ?(mailto: ?)+", r"\1", text, count=1, flags=re.IGNORECASE)
    bracketed = re.fullmatch(r"([^<>]*)<([^<>]*@[^<>]*)>[ .,;:]*", text)
    if bracketed and not ("@" in bracketed[1] and re.search("[,;]", bracketed[1])):
        text = bracketed[2]
    if text in NULL_WORDS:
        return ""
    trimmed = text.lower().strip(" .,;:")
    return trimmed if trimmed == text else naive_trimmed(trimmed)


def naive_address(text: str) -> str | None:
    local, _, domain = text.partition("@")
    if not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True, std3_rules=True).decode()
        except idna.IDNAError:
            return None
    labels = domain.split(".")
    valid = (
        re.fullmatch(rf"{ATOM}(\.{ATOM})*", local)
        and len(local) <= 64
        and len(labels) >= 2
        and all(re.fullmatch("[a-z0-9-]{1,63}", label) and label.strip("-") == label for label in labels)
        and (re.fullmatch("[a-z]{2,}", labels[-1]) or labels[-1].startswith("xn--"))
        and len(f"{local}@{domain}") <= 254
    )
    return f"{local}@{domain}" if valid else None


def naive_pieces(text: str) -> list[str]:
    text = naive_trimmed(text)
    if naive_address(text):
        return [text]
    for separator in "[,;]", " ", "/":
        # The null word `n/a` has a slash of its own.
        listed = re.sub(r"(^|/) *n/a *(?=/|$)", r"\1", text) if separator == "/" else text
        parts = [part for part in re.split(separator, listed) if part.strip()]
        if parts != [text] and (separator == "[,;]" or all("@" in part or part.strip() in NULL_WORDS for part in parts)):
            return [piece for part in parts for piece in naive_pieces(part)]
    return [text]


def naive_verdict(text: str | None) -> Verdict:
    pieces = naive_pieces(text or "")
    valid = [address for address in map(naive_address, pieces) if address]
    if not valid:
        return INVALID if pieces else MISSING
    return Verdict(valid[0], email_extra_dropped=len(pieces) > 1)


FRAGMENTS = [
    *[
        "ada",
        "obi",
        "x.org",
        "@",
        "ada@x.org",
        "OBI@Y.ORG",
        "münchen.de",
        "a@mün.de",
        " ",
        " ",
        ",",
        ";",
        "/",
        ".",
        ":",
    ],
    *["-", "<", ">", "<ada@x.org>", "mailto:", "n/a", "none", "\u00a0", "+", "..", "(", "é"],
]
TYPED = st.lists(st.sampled_from(FRAGMENTS), max_size=9).map("".join)
COLUMNS = st.lists(st.none() | TYPED, max_size=8)


@given(COLUMNS)
def test_columns_are_judged_as_the_naive_rule_judges_each_text(values: list[str | None]) -> None:
    assert verdicts(values) == [naive_verdict(value) for value in values]


@given(COLUMNS)
def test_a_normalised_email_stays_as_it_is(values: list[str | None]) -> None:
    once = [verdict.value for verdict in verdicts(values)]
    assert verdicts(once) == [Verdict(value) for value in once]


@given(st.text(max_size=20))
@example("ada@x.org\n")
def test_any_text_gives_flags_that_are_never_null_and_fit_the_value(text: str) -> None:
    [verdict] = verdicts([text])
    assert None not in verdict[1:]
    assert not (verdict.email_invalid and (verdict.value or verdict.email_extra_dropped))


@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
def test_engine_chunks_and_row_order_do_not_show(engine: pl.Engine) -> None:
    typed = pl.DataFrame({"email": ["ada@x.org", None, "Ada <a@x.org>; b", "x", "-", "a@mün.de"] * 3})
    chunks = pl.concat([typed[:7], typed[7:]], rechunk=False)
    judged = chunks.lazy().select("email", judged=emails.normalised(pl.col("email")))
    expected = typed.reverse().select("email", judged=emails.normalised(pl.col("email"))).reverse()
    assert_frame_equal(judged.collect(engine=engine), expected)


@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
def test_empty_and_all_null_columns_give_no_address_and_no_flag(engine: pl.Engine) -> None:
    for values in ([], [None, None]):
        typed = pl.LazyFrame({"email": values}, schema={"email": pl.String})
        judged = typed.select(emails.normalised(pl.col("email"))).collect(engine=engine)
        assert judged.schema == {"email": emails.VERDICT}
        assert judged.unnest("email").rows() == [MISSING for _ in values]


def placeholder(**parts: Any) -> str:
    person = {"first": "Ada", "last": "Obi", "school_code": "KC", "school_id": 7, "user_type": "PARENT"} | parts
    columns = pl.DataFrame(
        {name: [value] for name, value in person.items()},
        schema={name: pl.Int32 if name == "school_id" else pl.String for name in person},
    )
    expressions = {name: pl.col(name) for name in person}
    address = columns.select(emails.made_up(**expressions, domain="v1.invalid")).item()
    assert isinstance(address, str)
    return address


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({}, "ada.obi@kc.v1.invalid"),
        ({"first": "Zoë-Ann", "last": "O’Brien Jr"}, "zoeann.obrienjr@kc.v1.invalid"),
        ({"last": None}, "ada@kc.v1.invalid"),
        ({"first": "…"}, "obi@kc.v1.invalid"),
        ({"first": "?", "last": None}, "parent@kc.v1.invalid"),
        ({"first": None, "last": None, "user_type": "ADMIN"}, "admin@kc.v1.invalid"),
        ({"first": "a" * 70}, f"{'a' * 64}@kc.v1.invalid"),
        ({"first": "a" * 63}, f"{'a' * 63}@kc.v1.invalid"),
        ({"first": "a" * 62}, f"{'a' * 62}.o@kc.v1.invalid"),
        ({"school_code": " St. Mary's — Ikeja "}, "ada.obi@st-mary-s-ikeja.v1.invalid"),
        ({"school_code": None}, "ada.obi@school7.v1.invalid"),
        ({"school_code": "***"}, "ada.obi@school7.v1.invalid"),
        ({"school_code": "k" * 70}, f"ada.obi@{'k' * 63}.v1.invalid"),
        ({"school_code": "k" * 62 + " c"}, f"ada.obi@{'k' * 62}.v1.invalid"),
    ],
)
def test_a_missing_email_is_made_up_of_name_and_school(parts: dict[str, str | None], expected: str) -> None:
    assert placeholder(**parts) == expected


@given(st.none() | st.text(max_size=80), st.none() | st.text(max_size=80), st.none() | st.text(max_size=80))
def test_a_made_up_email_is_valid(first: str | None, last: str | None, school_code: str | None) -> None:
    address = placeholder(first=first, last=last, school_code=school_code)
    assert verdicts([address]) == [Verdict(address)]


def test_a_user_type_may_be_one_for_all_rows() -> None:
    people = pl.DataFrame({"first": [None, "Ada"], "id": [1, 2]}, schema={"first": pl.String, "id": pl.Int32})
    made_up = emails.made_up(
        first=pl.col("first"),
        last=pl.lit(None, dtype=pl.String),
        school_code=pl.lit(None, dtype=pl.String),
        school_id=pl.col("id"),
        user_type="STUDENT",
        domain="v1.invalid",
    )
    assert people.select(made_up).to_series().to_list() == ["student@school1.v1.invalid", "ada@school2.v1.invalid"]
