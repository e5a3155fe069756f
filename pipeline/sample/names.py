"""People's names: who someone is, and how it was typed into one field (mapping, section 3)."""

from typing import Final

import polars as pl

from pipeline.sample import lexicon
from pipeline.sample.chance import Dice
from pipeline.sample.forms import Forms, written

ANYONE: Final[Forms] = {
    "{first} {last}": 4600,
    "{first} {middle} {last}": 2100,
    "{first} {initial}. {last}": 160,
    "{initial}.{initial}. {last}": 30,
    "{first} {last}-{other}": 130,
    # Case.
    "{FIRST} {LAST}": 330,
    "{FIRST} {MIDDLE} {LAST}": 130,
    "{LAST} {first}": 60,
    "{INITIAL}.{INITIAL}. {LAST}": 15,
    "{lower_first} {lower_last}": 180,
    "{lower_first} {lower_last}-{lower_other}": 20,
    # Particles, beside those that last names have of their own.
    "{first} {particle} {last}": 40,
    "{first} {middle} {particle} {last}": 30,
    "{FIRST} {PARTICLE} {LAST}": 30,
    "{lower_first} {lower_particle} {lower_last}": 25,
    "{lower_first} mc{lower_last}": 15,
    # The last name first.
    "{last}, {first}": 250,
    "{last}, {first} {middle}": 120,
    "{LAST}, {FIRST}": 60,
    "{last}, {title} {first}": 30,
    "{last} {suffix}, {first}": 15,
    "{last},": 15,
    ", {first}": 15,
    "{first}, {middle}, {last}": 15,
    # Nicknames.
    "{first} ({nickname}) {last}": 60,
    '{first} "{nickname}" {last}': 40,
    "{first} “{nickname}” {last}": 30,
    "{first} ({nickname} {last}": 15,
    '{first} {nickname}" {last}': 15,
    # Suffixes.
    "{first} {last} {suffix}": 70,
    "{first} {last}, {suffix}": 50,
    "{first} {last} V": 15,
    "{first} V": 15,
    "Mr {first} V": 15,
    # Little of a name.
    "{first}": 90,
    "{LAST}": 20,
    "{title} {last}": 40,
    "{title}": 15,
    "{suffix}": 12,
    "N/A": 12,
    "-": 12,
    # Titles.
    "{title} {first} {last}": 150,
    "{title} {FIRST} {LAST}": 30,
    # Dirt (section 2).
    " {first}  {last} ": 50,
    "{first}{gap}{last}": 100,
    "{first} {last}{gap}\n": 20,
    "{first}{mark} {last}": 80,
    "{mark}{first} {split_last}": 40,
    "\u202b{first} {last}\u202c": 15,
    "{decomposed_first} {decomposed_last}": 40,
    "{joined}": 15,
    # No name at all, or far too much of one: rejected.
    "": 20,
    "   ": 12,
    "\u200b": 12,
    " , ": 12,
    "({nickname})": 12,
    lexicon.LONG: 12,
}
"""How anyone's name is typed."""

GROWN_UP: Final[Forms] = {
    "{title} {first} {middle} {last}": 500,
    "{title} {honour} {first} {last}": 200,
    "{honour} ({title}) {first} {last}": 60,
    "{title} {first} {last} {suffix}, {other_suffix}": 40,
    "{honour} {first} {last} ({suffix})": 15,
    "{honour} {last} {suffix} {other_suffix}": 20,
    "{honour}": 15,
}
"""How grown-ups' names are typed besides."""

COUPLE: Final[Forms] = {
    "Mr & Mrs {last}": 120,
    "Mr. and Mrs. {first} {last}": 80,
    "MR/MRS {LAST}": 30,
    "Dr & Mr {first} and {middle} {last}": 30,
}
"""How a father and a mother share one row."""

STUDENT_FORMS: Final[Forms] = ANYONE
TEACHER_FORMS: Final[Forms] = {**ANYONE, **GROWN_UP, "{title} {first} {last}": 1800}
PARENT_FORMS: Final[Forms] = {**ANYONE, **GROWN_UP, **COUPLE, "{title} {first} {last}": 900}

TITLES: Final = {
    "FEMALE": ["Mrs", "Mrs.", "Miss", "Ms", "Ms.", "MRS", "mrs", "Madam", "Mx"],
    "MALE": ["Mr", "Mr.", "MR", "mr", "Mr .", "Master", "Sir"],
}

HONOURS: Final = {
    "FEMALE": [
        *("Dr", "Dr.", "Prof.", "Professor", "Chief", "Engr.", "Barr.", "Alhaja", "Hajia", "Hajiya", "Evang.", "Deaconess", "Pst."),
        *("Rev.", "Hon.", "Arc.", "Elder", "Dr. Prof.", "Reverend Dr", "Barrister"),
    ],
    "MALE": [
        *("Dr", "Dr.", "Prof.", "Professor", "Chief", "Engr", "Engineer", "Barr", "Barrister", "Alhaji", "ALH.", "Pastor", "Pst"),
        *("Imam", "Sheikh", "Mallam", "Bishop", "Deacon", "Rev.", "Reverend", "Hon", "Elder", "Evang", "Arc.", "Prof. Chief", "Rev. Dr."),
    ],
}  # fmt: skip
"""Every title that is known to the mapping, in the ways in which it is typed."""


SUFFIXES: Final = (
    *("Jr", "Jr.", "JR", "jr.", "Sr.", "Sr", "II", "ii", "III", "IV", "PhD", "Ph.D.", "PHD", "phd", "MD", "M.D.", "Esq.", "Esq"),
    *("ESQ", "MBA", "M.B.A.", "MSc", "M.Sc.", "MSC", "BSc", "B.Sc.", "Bsc"),
)

PARTICLES: Final = (
    *("van", "van der", "Van Den", "von", "de", "de la", "De", "del", "della", "di", "da", "dos", "du", "le", "bin", "bint"),
    *("binti", "ibn", "al", "Al", "el", "abu", "ter", "ten", "St", "St."),
)

GAPS: Final = ("\t", "\n", "\x0b", "\x0c", "\r", "\x85", "\u2028", "\u2029", "\u00a0", "\u2003", "\u202f", "\u3000", "\u1680")
"""What may stand where a blank should (section 2)."""

MARKS: Final = (
    *("\x01", "\x1f", "\x7f", "\x9d", "\u00ad", "\u061c", "\u180e", "\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\u202a"),
    *("\u202e", "\u2060", "\u2064", "\u2066", "\u2069", "\ufeff", "\ufff9", "\ufffb"),
)
"""What nobody sees, and the mapping drops (section 2)."""

JOINED: Final = ("علی\u200cرضا کریمی\u200cنژاد", "नंदिनी क्ष\u200dीरसागर", "فاطمه محمودی\u200cراد")
"""Persian and Indic names that need what joins their letters or keeps them apart: there the mapping keeps it (section 2)."""


def identity(dice: Dice, /, *, culture: pl.Expr, gender: pl.Expr) -> dict[str, pl.Expr]:
    """Who someone is: `first`, `middle`, `other`, `nickname` and `last`. String in, String out."""
    who = pl.concat_str(culture, gender, separator="/")
    first, last = lexicon.first_names(), lexicon.last_names()
    return {
        "first": first.pick(dice.roll("first name"), group=who),
        "middle": first.pick(dice.roll("middle name"), group=who),
        "nickname": first.pick(dice.roll("nickname"), group=who),
        "last": last.pick(dice.roll("last name"), group=culture),
        "other": last.pick(dice.roll("other last name"), group=culture),
    }


def full_name(forms: Forms, /, *, dice: Dice, gender: pl.Expr) -> pl.Expr:
    """The person of the columns that `identity` made, as typed into one field. String out; null where a part is."""
    parts = {part: pl.col(part) for part in ("first", "middle", "last", "other", "nickname")}
    parts |= {"initial": pl.col("middle").str.slice(0, 1), "particle": dice.one_of(PARTICLES, purpose="particle")}
    first, last = parts["first"], parts["last"]
    return written(
        forms,
        dice=dice,
        purpose="form of the name",
        **parts,
        **{part.upper(): name.str.to_uppercase() for part, name in parts.items()},
        **{f"lower_{part}": name.str.to_lowercase() for part, name in parts.items()},
        decomposed_first=first.str.normalize("NFD"),
        decomposed_last=last.str.normalize("NFD"),
        split_last=pl.concat_str(last.str.slice(0, 2), dice.one_of(MARKS, purpose="mark in the name"), last.str.slice(2)),
        joined=dice.one_of(JOINED, purpose="joined name"),
        gap=dice.one_of(GAPS, purpose="gap"),
        mark=dice.one_of(MARKS, purpose="mark"),
        suffix=dice.one_of(SUFFIXES, purpose="suffix"),
        other_suffix=dice.one_of(SUFFIXES, purpose="other suffix"),
        title=lexicon.WordLists.of(TITLES).pick(dice.roll("title"), group=gender),
        honour=lexicon.WordLists.of(HONOURS).pick(dice.roll("honour"), group=gender),
    )
