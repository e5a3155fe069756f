"""What `passes` says of all rows at once, held against what pandera says of every row, and both against plain Python."""

import re

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from checks import rules
from checks.columns import UUID5, migrated_id, reference
from checks.rules import matching, passes, rule, unique
from checks.schemas import failures
from checks.v2 import COLUMNS, schema
from tests.checks.sound import sound_v2, uuid5

TEXTS = st.lists(st.sampled_from(["", "a", "A", "ab", "é", "\n", "a\n", "1"]) | st.none(), max_size=12)
SOUND_UUID = uuid5(7)


def texts(*values: str | None) -> pl.DataFrame:
    return pl.DataFrame({"text": values}, schema={"text": pl.String})


@given(TEXTS)
@example(["a"] * 20)
@example([None] * 20)
def test_all_match_at_once_if_every_one_does(values: list[str | None]) -> None:
    said = texts(*values).select(passes(matching("text", "word", "^[a-z]+$", meaning="a word"))).item()
    assert said is all(value is None or re.fullmatch("[a-z]+", value) is not None for value in values)


@given(TEXTS, st.integers(0, 12), st.integers(1, 4))
def test_one_that_does_not_match_is_seen_wherever_it_is(values: list[str | None], place: int, sample: int) -> None:
    words = [value if value in {"a", "ab"} else None for value in values]
    words.insert(min(place, len(words)), "1")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rules, "SAMPLE", sample)
        said = texts(*words).select(passes(matching("text", "word", "^[a-z]+$", meaning="a word"))).item()
    assert said is False


@given(TEXTS, TEXTS, st.booleans())
@example(["a", "A"], ["a", "a"], True)
@example(["a", None, None], ["a", "a", "a"], False)
def test_keys_are_distinct_at_once_if_every_one_is_alone(first: list[str | None], second: list[str | None], ignoring_case: bool) -> None:
    pairs = list(zip(first, second, strict=False))
    rows = pl.DataFrame(pairs, schema={"a": pl.String, "b": pl.String}, orient="row")
    for columns, keys in ((["a"], [(a,) for a, _ in pairs]), (["a", "b"], pairs)):
        given_keys = [
            tuple(value.lower() if ignoring_case else value for value in key if value is not None) for key in keys if None not in key
        ]
        said = rows.select(passes(unique(*columns, ignoring_case=ignoring_case))).item()
        assert said is (len(set(given_keys)) == len(given_keys))


@given(st.integers(0, 35), st.characters(max_codepoint=0x2FF), st.sampled_from(["replace", "insert", "delete"]), st.booleans())
@example(0, "A", "replace", False)
@example(9, "-", "replace", False)
@example(14, "4", "replace", False)
@example(19, "c", "replace", False)
def test_a_uuid_with_one_character_changed_is_one_at_once_if_the_regular_expression_finds_one(
    place: int, character: str, change: str, is_alone: bool
) -> None:
    tail = SOUND_UUID[place:] if change == "insert" else SOUND_UUID[place + 1 :]
    value = SOUND_UUID[:place] + ("" if change == "delete" else character) + tail
    rows = pl.DataFrame({"id": [value] if is_alone else [SOUND_UUID, None, value, uuid5(8)]})
    [check] = migrated_id("id").checks
    assert rows.select(passes(check)).item() is (re.fullmatch(UUID5.strip("^$"), value) is not None)


def test_digits_too_many_in_one_uuid_do_not_make_up_for_one_that_lacks_some() -> None:
    rows = pl.DataFrame({"id": [SOUND_UUID.replace("-", "a"), SOUND_UUID[:8] + "----" + SOUND_UUID[12:]]})
    [check] = migrated_id("id").checks
    assert rows.select(passes(check)).item() is False


@given(TEXTS)
def test_a_reference_is_filled_at_once_if_every_one_is(values: list[str | None]) -> None:
    [check] = reference("text").checks
    assert texts(*values).select(passes(check)).item() is ("" not in values)


def test_what_is_said_of_all_rows_is_never_null() -> None:
    check = rule("text_short", "text is short", pl.col("text").str.len_chars() < 4)
    assert texts(None, None).select(passes(check)).item() is True
    assert texts().select(passes(check)).item() is True


@pytest.mark.parametrize("table", COLUMNS)
def test_every_check_of_v2_says_of_broken_rows_at_once_what_it_says_row_by_row(table: str) -> None:
    asked = schema(table)
    sound = sound_v2(table)
    for column, dtype in sound.schema.items():
        for value in ("", " x", "x", None) if dtype == pl.String else (None,):
            rows = pl.concat([sound, sound.head(1).with_columns(pl.lit(value, dtype).alias(column))])
            failing = failures(rows, asked)
            checks = [check for there in asked.columns.values() for check in there.checks]
            assert {check.name for check in checks if not rows.select(passes(check)).item()} == {
                check.name for check in checks if check.name in failing
            }
