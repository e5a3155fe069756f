"""Section 3: a person's name → title, first, middle and last name, suffix."""

import re
import unicodedata
from typing import TypedDict

from tests.oracle.text import cleaned
from tests.oracle.vocabulary import words

SUFFIXES = {
    "jr": "Jr",
    "sr": "Sr",
    "ii": "II",
    "iii": "III",
    "iv": "IV",
    "v": "V",
    "phd": "PhD",
    "md": "MD",
    "esq": "Esq",
    "mba": "MBA",
    "msc": "MSc",
    "bsc": "BSc",
}
# The mapping: "inner dots only in `Ph.D. M.D. M.B.A. M.Sc. B.Sc.`"
DOTTED_SUFFIXES = {"ph.d": "PhD", "m.d": "MD", "m.b.a": "MBA", "m.sc": "MSc", "b.sc": "BSc"}

TITLES = set(
    words(
        "mr mrs ms miss mx master dr prof professor rev reverend sir madam engr engineer barr barrister arc "
        "hon elder evang chief alhaji alh alhaja hajia hajiya pastor pst imam sheikh mallam bishop deacon "
        "deaconess"
    )
)
SHORTER_TITLES = {"professor": "Prof", "reverend": "Rev", "engineer": "Engr", "barrister": "Barr"}

PARTICLES = set(words("van von der den de del della di da dos du la le bin bint binti ibn al el abu ter ten st"))

NICKNAME = re.compile(r'\([^()]*\)|"[^"]*"|“[^“”]*”')


class Name(TypedDict):
    """What a full name gives; no `first_name`: the row is rejected (`name_missing`)."""

    title: str | None
    first_name: str | None
    middle_name: str | None
    last_name: str | None
    suffix: str | None
    nickname_dropped: bool


def parsed(full_name: str | None) -> Name:
    """The parts of a raw V1 name, by the six rules of section 3 "in this order"."""
    text, nickname_dropped = _without_nicknames(cleaned(full_name) or "")
    # A comma is a token of its own from here on.
    tokens, suffixes = _without_suffixes(text.replace(",", " , ").split())
    tokens, titles = _without_titles(tokens)

    left: list[str] = []
    if tokens.count(",") == 1:
        left, more_titles, more_suffixes = _without_titles_and_suffixes(tokens[: tokens.index(",")])
        right, still_more_titles, still_more_suffixes = _without_titles_and_suffixes(tokens[tokens.index(",") + 1 :])
        titles = titles + more_titles + still_more_titles
        suffixes = more_suffixes + still_more_suffixes + suffixes
    else:
        right = [token for token in tokens if token != ","]

    if left and right:
        first, middle, last = right[:1], right[1:], left
    else:
        first, middle, last = _by_position(left + right)

    first, middle, last = _in_proper_case(first, middle, last)
    if not first:
        first, titles, suffixes = _first_name_of_what_is_left(titles, suffixes)
    return {
        "title": _joined(titles),
        "first_name": _joined(first),
        "middle_name": _joined(middle),
        "last_name": _joined(last),
        "suffix": _joined(suffixes),
        "nickname_dropped": nickname_dropped,
    }


def _without_nicknames(text: str) -> tuple[str, bool]:
    """ "Text in round brackets, `"…"` or `“…”` is a nickname: taken out, a blank in its place (...). An unpaired
    mark stays." Once more until none is left: brackets may stand in brackets.
    """
    rest = text
    while (shorter := NICKNAME.sub(" ", rest)) != rest:
        rest = shorter
    return rest, rest != text


def _without_suffixes(tokens: list[str]) -> tuple[list[str], list[str]]:
    """ "Trailing suffix tokens (...; a comma before them allowed) (...). One or more; kept in the form (...)"."""
    rest = list(tokens)
    suffixes: list[str] = []
    while rest and (suffix := _suffix(rest[-1], rest[:-1])):
        suffixes.insert(0, suffix)
        rest.pop()
        if rest and rest[-1] == ",":
            rest.pop()
    return rest, suffixes


def _suffix(token: str, before: list[str]) -> str | None:
    """The kept form of a suffix token: "case and a final dot ignored"."""
    plain = token.lower().removesuffix(".")
    if plain == "v":
        # The mapping: "`v` counts only after two tokens that are no titles."
        untitled, _ = _without_titles(before)
        names = [token for token in untitled if token != "," and not _is_title(token)]
        return "V" if len(names) >= 2 else None
    return SUFFIXES.get(plain) or DOTTED_SUFFIXES.get(plain)


def _without_titles(tokens: list[str]) -> tuple[list[str], list[str]]:
    """ "Leading title tokens (...). One or more; `&` or `and` between two titles belongs to them (`Mr & Mrs`); kept
    capitalised, no dots, joined by a blank, `professor→Prof`, (...) and `and→&`."
    """
    titles: list[str] = []
    at = 0
    while at < len(tokens):
        if _is_title(tokens[at]):
            titles.append(_kept_title(tokens[at]))
            at += 1
        elif titles and tokens[at].lower() in {"&", "and"} and _is_title(" ".join(tokens[at + 1 : at + 2])):
            titles.append("&")
            at += 1
        else:
            break
    return tokens[at:], titles


def _is_title(token: str) -> bool:
    return token.lower().removesuffix(".") in TITLES


def _kept_title(token: str) -> str:
    plain = token.lower().removesuffix(".")
    return SHORTER_TITLES.get(plain, plain.capitalize())


def _without_titles_and_suffixes(side: list[str]) -> tuple[list[str], list[str], list[str]]:
    """ "rules 2 and 3 apply once more to either side"."""
    rest, suffixes = _without_suffixes(side)
    rest, titles = _without_titles(rest)
    return rest, titles, suffixes


def _first_name_of_what_is_left(titles: list[str], suffixes: list[str]) -> tuple[list[str], list[str], list[str]]:
    """ "A title or suffix that is all there is left is the first name (of several, the last one), as it is kept."

    An `&` that then stands between no two titles belongs to none.
    """
    if suffixes:
        return suffixes[-1:], titles, suffixes[:-1]
    others = titles[:-1]
    return titles[-1:], others[:-1] if others[-1:] == ["&"] else others, suffixes


def _by_position(tokens: list[str]) -> tuple[list[str], list[str], list[str]]:
    """ "Tokens: one → first. Two → first, last. More → the first token is first; last is the last token together with
    the run of particles directly before it (...; never the first token); what is between is middle."
    """
    last_from = len(tokens) - 1
    while last_from > 1 and _is_particle(tokens[last_from - 1]):
        last_from -= 1
    last_from = max(last_from, 1)
    return tokens[:1], tokens[1:last_from], tokens[last_from:]


def _is_particle(token: str) -> bool:
    """ "any case, dots ignored"."""
    return token.lower().replace(".", "") in PARTICLES


def _in_proper_case(first: list[str], middle: list[str], last: list[str]) -> tuple[list[str], list[str], list[str]]:
    """ "Case, only if the name (without titles and suffixes) has letters of one case only: each token, and each part
    after `-`, `'`, `’` or `.`, gets its first letter upper and the rest lower; particles that stand before the last
    token of a last name are lower (but `St`); in a last name `Mc` + letter gives `McX`."
    """
    cases = {unicodedata.category(char) for token in first + middle + last for char in token} & {"Lu", "Ll", "Lt"}
    if cases not in ({"Lu"}, {"Ll"}):
        return first, middle, last
    proper_last: list[str] = []
    for at, token in enumerate(last):
        is_st = token.lower().replace(".", "") == "st"
        if at < len(last) - 1 and _is_particle(token) and not is_st:
            proper_last.append(token.lower())
        else:
            proper_last.append(_with_mc(_capitalised(token)))
    return [_capitalised(token) for token in first], [_capitalised(token) for token in middle], proper_last


def _capitalised(token: str) -> str:
    return "".join(_capitalised_part(part) for part in re.split(r"([-'’.])", token))


def _capitalised_part(part: str) -> str:
    for at, char in enumerate(part):
        if _is_letter(char):
            before = part[:at]
            # The whole part is lowered, for a Greek sigma at its end looks back at the letter before it.
            return before + char.title() + part.lower()[len(before.lower() + char.lower()) :]
    return part


def _with_mc(token: str) -> str:
    parts = re.split(r"([-'’.])", token)
    return "".join(_with_mc_in_part(part) for part in parts)


def _with_mc_in_part(part: str) -> str:
    for at, char in enumerate(part):
        if _is_letter(char):
            follows = part[at + 2 : at + 3]
            if part[at : at + 2] == "Mc" and follows and _is_letter(follows):
                return part[: at + 2] + follows.upper() + part[at + 3 :]
            return part
    return part


def _is_letter(char: str) -> bool:
    return unicodedata.category(char).startswith("L")


def _joined(tokens: list[str]) -> str | None:
    return unicodedata.normalize("NFC", " ".join(tokens)) or None
