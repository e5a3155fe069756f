"""Reads level and section from a class's name (mapping, section 8)."""

from typing import Final

import polars as pl

from transforms.text import cleaned

STEMS: Final = {
    "NURSERY": "NURSERY",
    "NUR": "NURSERY",
    "PRIMARY": "PRIMARY",
    "PRY": "PRIMARY",
    "PRI": "PRIMARY",
    "JSS": "JSS",
    "JS": "JSS",
    "SSS": "SSS",
    "SS": "SSS",
    "BASIC": "BASIC",
    "SHS": "SHS",
    "PP": "PP",
    "FORM": "FORM",
    "F": "FORM",
    "YEAR": "YEAR",
    "YR": "YEAR",
    "Y": "YEAR",
    "KG": "KG",
    "KINDERGARTEN": "KG",
    "GRADE": "GRADE",
    "GR": "GRADE",
    "STAGE": "STAGE",
    "IGCSE": "IGCSE",
    "A LEVEL": "ALEVEL",
    "A-LEVEL": "ALEVEL",
    "ALEVEL": "ALEVEL",
    "PYP": "PYP",
    "MYP": "MYP",
    "DP": "DP",
}
"""The prefix of a V1 name, in capitals, and the level code's letters."""

ROMAN: Final = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII")
WORDS: Final = (
    *("ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX"),
    *("SEVEN", "EIGHT", "NINE", "TEN", "ELEVEN", "TWELVE"),
)
NUMBERS: Final = {spelt: str(number) for numerals in (ROMAN, WORDS) for number, spelt in enumerate(numerals, start=1)}

CLASS_NAME: Final = (
    rf"(?i)^(?<prefix>{'|'.join(sorted(STEMS, key=len, reverse=True))})"
    rf"(?:[ .\p{{Pd}}]*(?:0*(?<digits>[0-9]+)|(?<spelt>{'|'.join(sorted(NUMBERS, key=len, reverse=True))})\b)|\b)"
    r"(?<rest>.*)$"
)
"""The longest prefix, a number if there is one, the rest. Roman numerals and words, unlike digits, must end a word."""

EDGE: Final = r"[\s\p{P}$<=>^`|~]"
LETTER: Final = r"[^\s\p{P}$<=>^`|~]"
"""Blanks, brackets and punctuation (Unicode's category P, and ASCII's symbols but the plus: `A+` stays as it is); anything else."""

IN_BRACKETS: Final = r"(?:\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\})"

SECTION: Final = rf"^{EDGE}*?({IN_BRACKETS}.*?(?:{LETTER}|{IN_BRACKETS})|{LETTER}(?:.*?(?:{LETTER}|{IN_BRACKETS}))?){EDGE}*$"
"""What stands between the edges. Brackets go where they stand around all of it: `(B)` is `B`, but `B (Boys)` stays."""


def parsed(name: pl.Expr, /, *, curriculum: pl.Expr) -> pl.Expr:
    """The code of the class level that a class's name begins with, and the section that the rest of the name is.

    A prefix of the table, blanks, dots and dashes of any kind or none, then a number, in any case. A number goes on into
    the section without a blank (`JSS1A`); a Roman one or a word must end a word, but may follow the prefix at once
    (`SSII`). Brackets within a section stay as typed (`4 Blue (Boys)` gives `Blue (Boys)`). A kindergarten's number, if a
    curriculum leaves it out of the level, is not in the section either. No level, null and blank text: both are null, as
    a section tells nothing without its level.

    Whether V2 has such a level is for the caller to see, who nulls both where it has none.

    Args:
        name: String, as typed.
        curriculum: the school's, a V2 code; null where it is not known.

    Returns:
        Struct of `level` and `section`, Strings.

    >>> pl.select(parsed(pl.lit("Primary 03 (B)"), curriculum=pl.lit("NIGERIAN"))).item()
    {'level': 'PRIMARY3', 'section': 'B'}
    """
    parts = cleaned(name).str.extract_groups(CLASS_NAME).struct
    spelt_out = parts.field("spelt").str.to_uppercase().replace_strict(NUMBERS, default=None, return_dtype=pl.String)
    number = pl.coalesce(parts.field("digits"), spelt_out)
    stem = parts.field("prefix").str.to_uppercase().replace_strict(STEMS, default=None, return_dtype=pl.String)
    is_without_number = curriculum.eq_missing("AMERICAN") | (curriculum.is_null() & number.is_null())
    level = (
        pl.when((stem == "KG") & is_without_number)
        .then(pl.lit("KINDERGARTEN"))
        .when((stem == "GRADE") & (curriculum == "KENYAN"))
        .then("CBC_GRADE" + number)
        .otherwise(stem + number)
    )
    section = parts.field("rest").str.extract(SECTION)
    return pl.struct(level=level, section=pl.when(level.is_not_null()).then(section))
