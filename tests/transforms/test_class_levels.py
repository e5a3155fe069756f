import re
from itertools import product

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from transforms import class_levels


def parsed(name: str | None, curriculum: str | None = "NIGERIAN") -> tuple[str | None, str | None]:
    classes = pl.DataFrame({"name": [name], "curriculum": [curriculum]}, schema=dict.fromkeys(("name", "curriculum"), pl.String))
    [level, section] = classes.select(parsed=class_levels.parsed(pl.col("name"), curriculum=pl.col("curriculum"))).unnest("parsed").row(0)
    return level, section


@pytest.mark.parametrize(
    ("name", "level", "section"),
    [
        (None, None, None),
        (" ", None, None),
        ("JSS 1A", "JSS1", "A"),
        ("Grade 4 Blue", "GRADE4", "Blue"),
        ("Primary 3 (B)", "PRIMARY3", "B"),
        ("Year 10", "YEAR10", None),
        # Any case; blanks, dots, hyphens or nothing between.
        ("jss1a", "JSS1", "a"),
        ("PRY. 5", "PRIMARY5", None),
        ("Pri-2", "PRIMARY2", None),
        ("Year – 7 – Red", "YEAR7", "Red"),
        ("SS\u00a0.- 2", "SSS2", None),
        ("Yr\t9", "YEAR9", None),
        # Numbers: 01 is 1, Roman, words.
        ("Primary 01", "PRIMARY1", None),
        ("Basic 007 Gold", "BASIC7", "Gold"),
        ("Year 0", "YEAR0", None),
        ("Form IV", "FORM4", None),
        ("SS ii B", "SSS2", "B"),
        ("SSIII", "SSS3", None),
        ("JSS One", "JSS1", None),
        ("Basic twelve-C", "BASIC12", "C"),
        ("Stage XIII", "STAGE13", None),
        ("Stage XIV", None, None),
        ("JSS IA", None, None),
        ("JSS Oneness", None, None),
        ("JSS Thirteen", None, None),
        # Prefixes: the longest wins, and all of them need a number.
        ("Nursery 2", "NURSERY2", None),
        ("Nur 2", "NURSERY2", None),
        ("JS 3", "JSS3", None),
        ("SSS 1 Science", "SSS1", "Science"),
        ("SHS 2", "SHS2", None),
        ("PP1", "PP1", None),
        ("F5", "FORM5", None),
        ("Y13", "YEAR13", None),
        ("Gr. 9", "GRADE9", None),
        ("IGCSE 2", "IGCSE2", None),
        ("A Level 1", "ALEVEL1", None),
        ("A-LEVEL 2", "ALEVEL2", None),
        ("Alevel2 Physics", "ALEVEL2", "Physics"),
        ("PYP 6", "PYP6", None),
        ("MYP 5", "MYP5", None),
        ("DP 2", "DP2", None),
        ("Form Master", None, None),
        ("Primary", None, None),
        ("Year Group 3", None, None),
        ("Preschool 1", None, None),
        ("The Primary 3", None, None),
        # The section, as typed, without what stands around it.
        ("JSS 2 [Gold]", "JSS2", "Gold"),
        ("JSS 2 - “Gold Fish”", "JSS2", "Gold Fish"),
        ("JSS 2 | C.", "JSS2", "C"),
        ("JSS 2 ()", "JSS2", None),
        ("JSS 2 A&B", "JSS2", "A&B"),
        ("JSS 2 B (Boys)", "JSS2", "B (Boys)"),
        ("JSS 2 (Boys) B.", "JSS2", "(Boys) B"),
        ("JSS 2 (A) (Boys)", "JSS2", "(A) (Boys)"),
        ("JSS 2 (A", "JSS2", "A"),
        ("JSS 2 Ọ̀ṣun", "JSS2", "Ọ̀ṣun"),
        ("Year 9 ★", "YEAR9", "★"),
    ],
)
def test_a_class_name_gives_level_and_section(name: str | None, level: str | None, section: str | None) -> None:
    assert parsed(name) == (level, section)


@pytest.mark.parametrize(
    ("name", "curriculum", "level", "section"),
    [
        ("Grade 4", "KENYAN", "CBC_GRADE4", None),
        ("gr 4 East", "KENYAN", "CBC_GRADE4", "East"),
        ("Grade", "KENYAN", None, None),
        ("Grade 4", "AMERICAN", "GRADE4", None),
        ("Grade 4", None, "GRADE4", None),
        ("Form 2", "KENYAN", "FORM2", None),
        ("KG 2", "GHANAIAN", "KG2", None),
        ("Kindergarten One (A)", "GHANAIAN", "KG1", "A"),
        ("KG", "GHANAIAN", None, None),
        ("KG Blue", "NIGERIAN", None, None),
        ("KG 2", None, "KG2", None),
        ("Kindergarten", None, "KINDERGARTEN", None),
        ("KG - Blue", None, "KINDERGARTEN", "Blue"),
        ("KGB", None, None, None),
        ("Kindergarten", "AMERICAN", "KINDERGARTEN", None),
        ("Kindergarten B", "AMERICAN", "KINDERGARTEN", "B"),
        ("KG 2", "AMERICAN", "KINDERGARTEN", None),
        ("KG2 Blue", "AMERICAN", "KINDERGARTEN", "Blue"),
    ],
)
def test_the_schools_curriculum_decides_on_grades_and_kindergartens(
    name: str, curriculum: str | None, level: str | None, section: str | None
) -> None:
    assert parsed(name, curriculum) == (level, section)


def test_every_number_may_be_spelt_in_digits_roman_or_words() -> None:
    for number, (roman, word) in enumerate(zip(class_levels.ROMAN, class_levels.WORDS, strict=False), start=1):
        for spelt, separator in product((str(number), f"0{number}", roman, roman.lower(), word, word.title()), (" ", "", ". ", "-")):
            assert parsed(f"Year{separator}{spelt} X") == (f"YEAR{number}", "X")


@given(
    st.lists(
        st.sampled_from([*class_levels.STEMS, *class_levels.NUMBERS, " ", "-", ".", "(", ")", "01", "12", "A", "Blue", "é", "'"]),
        max_size=7,
    ).map("".join),
    st.sampled_from([None, "AMERICAN", "KENYAN", "NIGERIAN"]),
)
def test_a_level_is_a_stem_and_a_number_and_a_section_has_no_edges(name: str, curriculum: str | None) -> None:
    level, section = parsed(name, curriculum)
    assert level is None or level == "KINDERGARTEN" or re.fullmatch("(CBC_)?[A-Z]+[0-9]+", level)
    assert section is None or (level is not None and section in " ".join(name.split()) and section.strip(" -.'") == section)


@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
def test_engine_and_empty_frames_do_not_matter(engine: pl.Engine) -> None:
    classes = pl.DataFrame({"name": ["JSS 1A", None, "KG"] * 5, "curriculum": ["NIGERIAN", None, None] * 5})
    level = class_levels.parsed(pl.col("name"), curriculum=pl.col("curriculum")).alias("level")
    for frame in (classes, classes.clear()):
        assert_frame_equal(frame.lazy().select(level).collect(engine=engine), frame.select(level))
    assert classes.clear().select(level).schema == {"level": pl.Struct({"level": pl.String, "section": pl.String})}
