import sys
import unicodedata
from itertools import product

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from transforms.text import NULL_WORDS, cleaned, is_null_word, optional

ASSIGNED = [
    char
    for char in map(chr, range(sys.maxunicode + 1))
    if unicodedata.category(char) not in {"Cn", "Co", "Cs"} and not unicodedata.name(char, "").startswith(("CJK", "HANGUL"))
]
"""All characters that this Python knows too, but for the long rows of equals."""

DROPPED = {
    *map(chr, (0xAD, 0x61C, 0x180E, 0x200B, 0x200E, 0x200F, 0xFEFF)),
    *map(chr, range(0x202A, 0x202F)),
    *map(chr, range(0x2060, 0x2065)),
    *map(chr, range(0x2066, 0x206A)),
    *map(chr, range(0xFFF9, 0xFFFC)),
}
DIRT = [" ", "  ", "\t", "\n", "\r\n", "\x0b", "\x0c", "\x85", "\u2028", "\xa0", "\u202f", "\u3000", "\0", "\x7f", "\x9f", *DROPPED]

texts = st.lists(
    st.sampled_from([*DIRT, "\u200c", "\u200d", "a", "É", "e", "\u0301", "م", "ی", "क", "्", "\u212a", "7", "-", "."]), max_size=8
).map("".join)


def naively_cleaned(text: str | None) -> str | None:
    """Section 2 of the mapping, character by character."""
    if text is None:
        return None
    visible = ""
    for char in text:
        if char in "\t\n\v\f\r\x85\u2028\u2029" or unicodedata.category(char) == "Zs":
            visible += " "
        elif unicodedata.category(char) != "Cc" and char not in DROPPED:
            visible += char
    visible = unicodedata.normalize("NFC", visible)
    kept = ""
    for before, char, after in zip(" " + visible, visible, visible[1:] + " ", strict=False):
        if char not in "\u200c\u200d" or (_is_word_part_beyond_ascii(before) and _is_word_part_beyond_ascii(after)):
            kept += char
    return unicodedata.normalize("NFC", " ".join(filter(None, kept.split(" ")))) or None


def _is_word_part_beyond_ascii(char: str) -> bool:
    return char > "\x7f" and unicodedata.category(char)[0] in "LM"


def clean(values: list[str | None]) -> list[str | None]:
    return pl.DataFrame({"text": values}, schema={"text": pl.String}).select(cleaned(pl.col("text"))).to_series().to_list()


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("Ada Obi", "Ada Obi"),
        ("  Ada\t\u00a0\nObi ", "Ada Obi"),
        ("Ada\u200bObi", "AdaObi"),
        ("Ada\0Obi", "AdaObi"),
        ("Ada\u2003\u2029Obi", "Ada Obi"),
        ("Jose\u0301", "José"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("क्\u200dष", "क्\u200dष"),
        ("می\u200c خواهم", "می خواهم"),
        ("\u200cمی\u200c\u200cخ\u200d", "میخ"),
        ("ب\u200cپ\u200cت\u200cث", "ب\u200cپ\u200cت\u200cث"),
        ("A\u200cb", "Ab"),
        ("é\u200ca", "éa"),
        ("\u212a\u200c\u212a", "KK"),
        ("n/a", "n/a"),
        ("", None),
        (" \u200b\n", None),
        (None, None),
    ],
)
def test_text_is_cleaned_as_the_mapping_says(typed: str | None, expected: str | None) -> None:
    assert clean([typed]) == [expected]


@pytest.mark.parametrize("template", ["{}", "a{}b", "a {} b", "م{}م"])
def test_every_character_of_unicode_is_kept_or_dropped_as_by_a_naive_loop(template: str) -> None:
    typed: list[str | None] = [template.format(char) for char in ASSIGNED]
    assert clean(typed) == [naively_cleaned(text) for text in typed]


@given(st.lists(st.none() | texts, max_size=20))
@settings(max_examples=200)
def test_cleaning_agrees_with_a_naive_loop(typed: list[str | None]) -> None:
    assert clean(typed) == [naively_cleaned(text) for text in typed]


@given(texts)
@example("\u212a\u200c\u212a")
def test_cleaning_twice_changes_nothing_more(typed: str) -> None:
    once = clean([typed])
    assert clean(once) == once


@pytest.mark.parametrize(
    "word", [spelling for word in NULL_WORDS for spelling in sorted({word, word.upper(), word.title(), f" {word}\u200b"})]
)
def test_a_null_word_is_null_where_text_is_optional_and_only_there(word: str) -> None:
    typed = pl.DataFrame({"text": [word]})
    result = typed.select(optional=optional(pl.col("text")), cleaned=cleaned(pl.col("text")))
    assert result.row(0) == (None, word.strip(" \u200b"))


@pytest.mark.parametrize("word", ["na na", "n/a.", "---", "nada", "..", "0", "ſ", "NİL"])
def test_other_short_words_are_no_null_words(word: str) -> None:
    typed = pl.DataFrame({"text": [word]})
    assert typed.select(optional(pl.col("text")), judged=is_null_word(pl.col("text"))).row(0) == (word, False)


@given(st.lists(st.none() | texts, max_size=20), st.integers(1, 7))
def test_chunks_and_engines_do_not_show(typed: list[str | None], rows: int) -> None:
    whole = pl.DataFrame({"text": typed}, schema={"text": pl.String})
    expected = whole.select(cleaned(pl.col("text")))
    chunks = pl.concat([whole.slice(start, rows) for start in range(0, len(typed), rows)] or [whole], rechunk=False)
    assert_frame_equal(chunks.select(cleaned(pl.col("text"))), expected)
    assert_frame_equal(chunks.lazy().select(cleaned(pl.col("text"))).collect(engine="streaming"), expected)


@pytest.mark.parametrize("values", [[], [None, None]])
def test_columns_without_a_value_stay_so(values: list[None]) -> None:
    typed = pl.DataFrame({"text": values}, schema={"text": pl.String})
    assert_frame_equal(typed.select(cleaned(pl.col("text"))), typed)
    assert_frame_equal(typed.select(optional(pl.col("text"))), typed)


def test_all_pairs_of_dirt_around_a_word_are_cleaned_away() -> None:
    spaces = [char for char in DIRT if char not in DROPPED]
    assert set(clean([f"{before}Ada{after}" for before, after in product(spaces, DROPPED)])) == {"Ada"}
