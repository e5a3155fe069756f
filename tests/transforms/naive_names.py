"""Section 3 of the mapping, name by name and token by token: slow, and written without a look at the fast one."""

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from tests.transforms.test_text import naively_cleaned

TITLES = {
    **{
        kept.lower(): kept
        for kept in (
            *("Mr", "Mrs", "Ms", "Miss", "Mx", "Master", "Dr", "Prof", "Rev", "Sir", "Madam", "Engr", "Barr", "Arc", "Hon"),
            *("Elder", "Evang", "Chief", "Alhaji", "Alh", "Alhaja", "Hajia", "Hajiya", "Pastor", "Pst", "Imam", "Sheikh"),
            *("Mallam", "Bishop", "Deacon", "Deaconess"),
        )
    },
    "professor": "Prof",
    "reverend": "Rev",
    "engineer": "Engr",
    "barrister": "Barr",
}
SUFFIXES = {kept.lower(): kept for kept in ("Jr", "Sr", "II", "III", "IV", "V", "PhD", "MD", "Esq", "MBA", "MSc", "BSc")}
DOTTED_SUFFIXES = {"ph.d": "PhD", "m.d": "MD", "m.b.a": "MBA", "m.sc": "MSc", "b.sc": "BSc"}
PARTICLES = {
    *("van", "von", "der", "den", "de", "del", "della", "di", "da", "dos", "du", "la", "le", "bin", "bint", "binti"),
    *("ibn", "al", "el", "abu", "ter", "ten", "st"),
}


class Parts(NamedTuple):
    title: str | None = None
    first_name: str | None = None
    middle_name: str | None = None
    last_name: str | None = None
    suffix: str | None = None
    nickname_dropped: bool = False


def naively_parsed(full_name: str | None) -> Parts:
    text = naively_cleaned(full_name)
    if text is None:
        return Parts()
    bare = _without_nicknames(text)
    tokens = re.findall("[^ ,]+|,", bare)
    titles, tokens, suffixes = _without_titles_and_suffixes(tokens)

    last: list[str] | None = None
    if tokens.count(",") == 1:
        comma = tokens.index(",")
        titles_before, before, suffixes_before = _without_titles_and_suffixes(tokens[:comma])
        titles_after, after, suffixes_after = _without_titles_and_suffixes(tokens[comma + 1 :])
        titles += titles_before + titles_after
        suffixes = suffixes_before + suffixes_after + suffixes
        if before and after:
            last, tokens = before, after
        else:
            tokens = before + after
    tokens = [token for token in tokens if token != ","]

    if last is None:
        start = len(tokens) - 1
        while start > 1 and _is_particle(tokens[start - 1]):
            start -= 1
        tokens, last = (tokens[:start], tokens[start:]) if len(tokens) > 1 else (tokens, [])
    first, middle = tokens[:1], tokens[1:]

    if _is_in_one_case("".join(first + middle + last)):
        # Joined, since a sigma is a final one or not by what stands beside it.
        first, middle, last = (_capitalised(" ".join(part)).split(" ") for part in (first, middle, last))
        last = [_with_mc(token) for token in last]
        last = [
            token.lower() if _is_particle(token) and not _is_st(token) and place < len(last) - 1 else token
            for place, token in enumerate(last)
        ]
    if not first or not first[0]:
        if suffixes:
            first = [suffixes.pop()]
        elif titles:
            first = [titles.pop()]
            titles = titles[:-1] if titles[-1:] == ["&"] else titles
    return Parts(_joined(titles), _joined(first), _joined(middle), _joined(last), _joined(suffixes), bare != text)


def _joined(tokens: Iterable[str]) -> str | None:
    return unicodedata.normalize("NFC", " ".join(tokens)) or None


def _without_nicknames(text: str) -> str:
    while (shorter := re.sub(r"""\([^()]*\)|"[^"]*"|“[^“”]*”""", " ", text)) != text:
        text = shorter
    return text


def _without_titles_and_suffixes(tokens: list[str]) -> tuple[list[str], list[str], list[str]]:
    tokens = list(tokens)
    titles: list[str] = []
    suffixes: list[str] = []
    while tokens and _is_suffix(tokens):
        suffixes.insert(0, _kept_suffix(tokens.pop()) or "")
        if tokens and tokens[-1] == ",":
            tokens.pop()
    while tokens and _kept_title(tokens[0]):
        titles.append(_kept_title(tokens.pop(0)) or "")
        if len(tokens) > 1 and tokens[0].lower() in {"&", "and"} and _kept_title(tokens[1]):
            titles.append("&")
            tokens.pop(0)
    return titles, tokens, suffixes


def _kept_title(token: str) -> str | None:
    return TITLES.get(token.lower().removesuffix("."))


def _kept_suffix(token: str) -> str | None:
    key = token.lower().removesuffix(".")
    return SUFFIXES.get(key) or DOTTED_SUFFIXES.get(key)


def _is_suffix(tokens: list[str]) -> bool:
    *before, token = tokens
    kept = _kept_suffix(token)
    return kept is not None and (kept != "V" or _tokens_that_are_no_titles(before) >= 2)


def _tokens_that_are_no_titles(tokens: list[str]) -> int:
    count = 0
    for place, token in enumerate(tokens):
        around = tokens[place - 1 : place] + tokens[place + 1 : place + 2]
        joins_titles = token.lower() in {"&", "and"} and len(around) == 2 and all(map(_kept_title, around))
        count += not (token == "," or _kept_title(token) or joins_titles)
    return count


def _is_particle(token: str) -> bool:
    return token.replace(".", "").lower() in PARTICLES


def _is_st(token: str) -> bool:
    return token.replace(".", "").lower() == "st"


def _is_in_one_case(text: str) -> bool:
    categories = {unicodedata.category(char) for char in text}
    return "Lt" not in categories and ("Lu" in categories) != ("Ll" in categories)


def _capitalised(text: str) -> str:
    result = ""
    at_start = True
    for char in text.lower():
        if char in " -'’.":
            at_start = True
        elif at_start and unicodedata.category(char).startswith("L"):
            result += char.title()
            at_start = False
            continue
        result += char
    return result


def _with_mc(token: str) -> str:
    """`Mc` + letter, where the letters of a part begin with it."""
    parts = re.split("([-'’.])", token)
    for place, part in enumerate(parts):
        ahead = 0
        while ahead < len(part) and not unicodedata.category(part[ahead]).startswith("L"):
            ahead += 1
        after = part[ahead + 2 : ahead + 3]
        if part[ahead : ahead + 2] == "Mc" and after and unicodedata.category(after).startswith("L"):
            parts[place] = part[: ahead + 2] + after.title() + part[ahead + 3 :]
    return "".join(parts)
