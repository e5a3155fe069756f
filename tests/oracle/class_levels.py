"""Section 8: the level and section that a class's name tells."""

import re
import unicodedata
from typing import TypedDict

from tests.oracle.text import cleaned
from tests.oracle.vocabulary import words

# The mapping: "in a school of KENYAN: CBC_GRADEn" and the rules of KG are in the functions.
LEVEL_OF_PREFIX = {
    "nursery": "NURSERY",
    "nur": "NURSERY",
    "primary": "PRIMARY",
    "pry": "PRIMARY",
    "pri": "PRIMARY",
    "jss": "JSS",
    "js": "JSS",
    "sss": "SSS",
    "ss": "SSS",
    "basic": "BASIC",
    "shs": "SHS",
    "pp": "PP",
    "form": "FORM",
    "f": "FORM",
    "year": "YEAR",
    "yr": "YEAR",
    "y": "YEAR",
    "kg": "KG",
    "kindergarten": "KG",
    "grade": "GRADE",
    "gr": "GRADE",
    "stage": "STAGE",
    "igcse": "IGCSE",
    "a level": "ALEVEL",
    "a-level": "ALEVEL",
    "alevel": "ALEVEL",
    "pyp": "PYP",
    "myp": "MYP",
    "dp": "DP",
}
LONGEST_PREFIX_FIRST = sorted(LEVEL_OF_PREFIX, key=len, reverse=True)

ROMAN = {roman: number for number, roman in enumerate(words("i ii iii iv v vi vii viii ix x xi xii xiii"), start=1)}
WORDS = {word: number for number, word in enumerate(words("one two three four five six seven eight nine ten eleven twelve"), start=1)}
NUMBER = re.compile(
    "[ .-]*(?:(?P<digits>[0-9]+)|(?P<word>" + "|".join(sorted([*ROMAN, *WORDS], key=len, reverse=True)) + "))",
    re.IGNORECASE | re.ASCII,
)


BRACKETED = r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}"


class ClassLevel(TypedDict):
    """The level's code before V2 is asked whether it has such a level, and the section."""

    level_code: str | None
    section: str | None


def parsed(name: str | None, curriculum_code: str | None) -> ClassLevel:
    """ "Level and section from it: a prefix of the table, blanks, dots or hyphens, a number (01 is 1), a Roman one
    I–XIII or a word One–Twelve that ends a word, then the section (...). Any case."
    """
    clean = cleaned(name) or ""
    for prefix in LONGEST_PREFIX_FIRST:
        if not _begins_with(clean, prefix):
            continue
        rest = clean[len(prefix) :]
        numbered = _number_and_rest(rest)
        if numbered is not None:
            number, section = numbered
            return {
                "level_code": _numbered_level(LEVEL_OF_PREFIX[prefix], number, curriculum_code),
                "section": _section(section),
            }
        if LEVEL_OF_PREFIX[prefix] == "KG" and _ends_a_word(rest) and curriculum_code in {"AMERICAN", None}:
            # The mapping: "in a school of AMERICAN always, of no known curriculum without a number: KINDERGARTEN"
            return {"level_code": "KINDERGARTEN", "section": _section(rest)}
    return {"level_code": None, "section": None}


def _begins_with(name: str, prefix: str) -> bool:
    # Only ASCII letters have another case here: `ſ` and the Kelvin sign are no `s` and no `k`.
    start = name[: len(prefix)]
    return start.isascii() and start.lower() == prefix


def _number_and_rest(rest: str) -> tuple[int, str] | None:
    found = NUMBER.match(rest)
    if found is None:
        return None
    after = rest[found.end() :]
    if found["digits"]:
        return int(found["digits"]), after
    if not _ends_a_word(after):
        return None
    word = found["word"].lower()
    return ROMAN.get(word) or WORDS[word], after


def _ends_a_word(after: str) -> bool:
    """Whether a word is over where `after` begins."""
    return not after or not (after[0] == "_" or unicodedata.category(after[0])[0] in "LMN")


def _numbered_level(level: str, number: int, curriculum_code: str | None) -> str:
    if level == "KG" and curriculum_code == "AMERICAN":
        return "KINDERGARTEN"
    if level == "GRADE" and curriculum_code == "KENYAN":
        return f"CBC_GRADE{number}"
    return f"{level}{number}"


def _section(left: str) -> str | None:
    """ "what is left without brackets and punctuation around it, as typed, null if nothing".

    Brackets that stand around a part of it only are no brackets around it: `B (Boys)` stays.
    """
    while left and _is_around(left[0]):
        if (paired := re.match(BRACKETED, left)) and not all(map(_is_around, left[paired.end() :])):
            break
        left = left[1:]
    while left and _is_around(left[-1]):
        if (paired := re.search(f"(?:{BRACKETED})$", left)) and not all(map(_is_around, left[: paired.start()])):
            break
        left = left[:-1]
    return left or None


def _is_around(char: str) -> bool:
    return char in " $<=>^`|~" or unicodedata.category(char).startswith("P")
