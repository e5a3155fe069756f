"""The words by which a name is told apart, and the patterns that find them (mapping, section 3, rules 2, 3 and 5).

All patterns but `HAS_A_ROLE` want one blank between tokens, and each comma as a token of its own.
"""

import re
from typing import Final

TITLES: Final = (
    "mr|mrs|ms|miss|mx|master|dr|prof|professor|rev|reverend|sir|madam|engr|engineer|barr|barrister|arc|hon|elder|evang"
    "|chief|alhaji|alh|alhaja|hajia|hajiya|pastor|pst|imam|sheikh|mallam|bishop|deacon|deaconess"
)
"""What may stand before a name, one or more."""

SUFFIXES: Final = "jr|sr|ii|iii|iv|v|phd|md|esq|mba|msc|bsc"
"""What may stand after a name, one or more."""

DOTTED_SUFFIXES: Final = r"ph\.d|m\.d|m\.b\.a|m\.sc|b\.sc"
"""The suffixes that may hold dots; a last dot they all may have."""

LOWER_PARTICLES: Final = "van|von|der|den|de|del|della|di|da|dos|du|la|le|bin|bint|binti|ibn|al|el|abu|ter|ten"
"""What belongs to the last name that it stands before; rule 6 writes it in lower case."""

PARTICLES: Final = f"{LOWER_PARTICLES}|st"
"""All that belongs to the last name that it stands before."""

KEPT_TITLES: Final = {"Professor": "Prof", "Reverend": "Rev", "Engineer": "Engr", "Barrister": "Barr", "And": "&"}
"""What is kept in another form than capitalised."""

KEPT_SUFFIXES: Final = {
    "Iii": "III",  # before `Ii`: the first that fits is taken
    "Ii": "II",
    "Iv": "IV",
    "Phd": "PhD",
    "Md": "MD",
    "Mba": "MBA",
    "Msc": "MSc",
    "Bsc": "BSc",
}
"""What is kept in another form than capitalised."""


def _in_any_case(words: str) -> str:
    """ASCII letters only: to Unicode `ſ` is an `s`."""
    return f"(?i-u:{words})"


def _with_any_dots(words: str) -> str:
    return r"\.*" + _in_any_case(re.sub("([a-z])", r"\1\.*", words))


_TITLE: Final = rf"{_in_any_case(TITLES)}\.?"
_TITLES: Final = rf"{_TITLE}(?:(?: {_in_any_case('&|and')})? {_TITLE})*"
_SUFFIX: Final = rf"{_in_any_case(f'{SUFFIXES}|{DOTTED_SUFFIXES}')}\.?"
_UNCOUNTED: Final = rf"(?:(?:{_TITLES}|,) )*"

LEADING_TITLES: Final = rf"^{_TITLES}(?: |$)"
"""The titles at the beginning, each `&` or `and` between two of them, and the blank after them."""

TRAILING_SUFFIXES: Final = rf"(?:(?:^|(?: ,)? ){_SUFFIX})+$"
"""The suffixes at the end, each with the comma and the blank before it."""

EARLY_V: Final = rf"^({_UNCOUNTED}(?:[^ ]+ )?{_UNCOUNTED})({_in_any_case('v')}\.?(?: |$))"
"""A `v` before which stands at most one token that is no title (two groups: what is before it, and it)."""

LAST_NAME: Final = rf"(?: {_with_any_dots(PARTICLES)})* [^ ]+$"
"""The last of several tokens and the particles directly before it, never the first token."""

LOWER_PARTICLE: Final = rf"^{_with_any_dots(LOWER_PARTICLES)}$"
"""A token that is such a particle."""

PARTICLE_AHEAD: Final = rf"(?:^| ){_with_any_dots(LOWER_PARTICLES)} "
"""Such a particle before another token."""

HAS_A_ROLE: Final = rf"^{_TITLE}(?: |$)|(?:^| ){_in_any_case(SUFFIXES)}\.?$| {_in_any_case(PARTICLES)}\.? "
"""Whether a word of a name may be a title, a suffix or a particle, if none has a dot inside."""
