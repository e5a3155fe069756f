"""Text is told by its shape, never by what it says."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.exploring.shapes import name_shape, name_writing, password_kind, phone_writing, shape
from tests.integration.small_school import BCRYPT_HASH


def of(text: str | None) -> pl.Expr:
    return pl.lit(text, dtype=pl.String)


@pytest.mark.parametrize(
    ("name", "writing"),
    [
        ("Ada", "one word"),
        ("Ada Obi", "two words"),
        ("Ada Ngozi Obi", "three words"),
        ("Ada Ngozi Chi Obi", "four words or more"),
        ("ADA OBI", "in capitals"),
        ("ada obi", "in small letters"),
        ("Obi, Ada", "with a comma"),
        ("OBI, ADA", "with a comma"),
        ('Ada "Ace" Obi', "with brackets or quotes"),
        ("Dr. Ada Obi", "with a dot"),
        ("Ada Obi 2", "with a digit"),
        ("王小明", "in letters without case"),
        (" - ", "no letter in it"),
        (" ", None),
        (None, None),
    ],
)
def test_how_a_name_is_written(name: str | None, writing: str | None) -> None:
    assert pl.select(name_writing(of(name))).item() == writing


@pytest.mark.parametrize(
    ("phone", "writing"),
    [
        ("+234 803 123 4567", "+234 …"),
        ("'+1 404 650 0228", "+1 …"),
        ("(+44) 20 7946 0018", "+44 …"),
        ("+999 1234", "+ and no country's code"),
        ("00234 803 123 4567", "00…"),
        ("0803-123-4567", "0…, 11 digits"),
        ("803 123 4567", "10 digits, no zero in front"),
        ("0803 123 4567 / 0805 765 4321", "several numbers"),
        ("0803 123 4567 or 0805 765 4321", "several numbers"),
        ("0803 123 4567 ext. 9", "with an extension"),
        ("+2348031234567;ext=2", "with an extension"),
        ("call me", "with letters"),
        ("()", "no digit in it"),
        ("n/a", None),
        (None, None),
    ],
)
def test_how_a_phone_number_is_written(phone: str | None, writing: str | None) -> None:
    assert pl.select(phone_writing(of(phone))).item() == writing


@pytest.mark.parametrize(
    ("password", "kind"),
    [
        (BCRYPT_HASH, "bcrypt"),
        ("5f4dcc3b5aa765d61d8327deb882cf99", "MD5"),
        ("letmein", "plain text"),
        (" ", "plain text"),
        ("", "none"),
        (None, "none"),
    ],
)
def test_what_v1_keeps_of_a_password(password: str | None, kind: str) -> None:
    assert pl.select(password_kind(of(password))).item() == kind


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Ngọzi Ǆemal", "Aaaaa Aaaaa"), ("٠٨٠٣", "9999"), ("ᾈδᾱ", "Aaa"), ("王 Obi-2", "x Aaa-9"), ("\u200b ", None), (None, None)],
)
def test_a_shape_has_a_letter_for_a_letter(text: str | None, expected: str | None) -> None:
    assert pl.select(shape(of(text))).item() == expected


@given(st.text())
def test_no_letter_or_digit_of_a_text_is_in_its_shape(text: str) -> None:
    for made in (shape, name_shape):
        said = {character for character in pl.select(made(of(text))).item() or "" if character.isalnum()}
        assert said <= set("Aax9")
