"""Phone numbers: valid ones of the school's country, and how they were typed (mapping, section 5)."""

from typing import Final

import polars as pl

from pipeline.sample import lexicon
from pipeline.sample.chance import Dice
from pipeline.sample.forms import Forms, written

TYPED: Final[Forms] = {
    "{trunk}{a} {b} {c}": 2600,
    "{trunk}{n}": 2400,
    "+{code}{n}": 2200,
    "+{code} {a} {b} {c}": 1100,
    "{trunk}{a}-{b}-{c}": 300,
    "00{code}{n}": 200,
    "({trunk}{a}) {b}-{c}": 150,
    "+{code}-{a}-{b}-{c}": 100,
    "+{code} ({trunk}) {a} {b} {c}": 40,
    "{trunk}{a}.{b}.{c}": 60,
    "{code}{n}": 80,
    "{n}": 60,
    "tel:+{code}-{a}-{b}-{c}": 15,
    # From spreadsheets, and from a phone's list of contacts.
    "'{trunk}{n}": 60,
    "'+{code}{n}": 20,
    "{n}.0": 60,
    "{code}{n}.0": 15,
    "\u202a+{code} {a} {b} {c}\u202c": 40,
    "{trunk}{a}\u00a0{b}\u00a0{c}": 30,
    "{trunk}{a}\u2011{b}\u2011{c}": 20,
    " {trunk}{n}\t": 20,
    "+{eastern}": 20,
    # Several in one field.
    "{trunk}{n} / {trunk}{other}": 40,
    "{trunk}{n}/{trunk}{other}": 30,
    "{trunk}{n}, {trunk}{other}": 30,
    "{trunk}{n};+{code}{other}": 20,
    "{trunk}{n} or {trunk}{other}": 20,
    "12345 / {trunk}{n}": 15,
    "{nothing}, +{code}{n}": 12,
    # Extensions.
    "{trunk}{n} ext. 12": 25,
    "+{code}{n} x204": 20,
    "+{code}{n};ext=7": 20,
    "{trunk}{n} #3": 15,
    # Not valid.
    "{a}{b}": 30,
    "{trunk}{n}{c}": 20,
    "12345": 20,
    "0000000000": 20,
    "+999 12 345 678": 15,
    "{trunk}{a}-XXX-{c}": 15,
    "call the office": 15,
    "{trunk}{a} {b} O{c}": 15,
    # Nothing.
    "": 30,
    "{nothing}": 60,
    "0": 15,
}
"""How a number is typed, and what is typed in its place."""

ABROAD_PER_MILLE: Final = 20
"""Numbers of another country than the school's."""

EASTERN_DIGITS: Final = dict(zip("0123456789", "٠١٢٣٤٥٦٧٨٩", strict=True))


def number(dice: Dice, /, *, home: pl.Expr, purpose: str) -> pl.Expr:
    """A valid mobile number of a country, the digits after the calling code. String in, String out.

    Two rolls may give the same number; among a million people they seldom do.
    """
    beginning = lexicon.of_country("mobile").pick(dice.roll(f"{purpose}, its beginning"), group=home)
    digits = dice.below(10**8, purpose=purpose).cast(pl.String).str.zfill(8)
    length = home.replace_strict({code: country["digits"] for code, country in lexicon.countries().items()})
    return beginning + digits.str.slice(0, length - beginning.str.len_chars())


def typed(national: pl.Expr, /, *, dice: Dice, home: pl.Expr, purpose: str) -> pl.Expr:
    """The number as it was typed, now and then a foreign one. Null in, null or what people write in place of one out."""
    return (
        pl.when(dice.happens(ABROAD_PER_MILLE, purpose=f"{purpose} abroad") & national.is_not_null())
        .then(_abroad(dice, home=home, purpose=purpose))
        .otherwise(
            written(
                TYPED,
                dice=dice,
                purpose=f"form of the {purpose}",
                code=_calling_code(home),
                trunk=home.replace_strict({code: country["trunk"] for code, country in lexicon.countries().items()}),
                n=national,
                a=national.str.head(-7),
                b=national.str.slice(-7, 3),
                c=national.str.tail(4),
                other=number(dice, home=home, purpose=f"second {purpose}"),
                nothing=dice.one_of(lexicon.NOTHING, purpose=f"no {purpose}"),
                eastern=(_calling_code(home) + national).str.replace_many(EASTERN_DIGITS),
            )
        )
    )


def _abroad(dice: Dice, *, home: pl.Expr, purpose: str) -> pl.Expr:
    codes = list(lexicon.countries())
    elsewhere = home.replace_strict(codes, codes[1:] + codes[:1])
    return "+" + _calling_code(elsewhere) + number(dice, home=elsewhere, purpose=f"{purpose} from abroad")


def _calling_code(home: pl.Expr) -> pl.Expr:
    return home.replace_strict({code: country["calling_code"] for code, country in lexicon.countries().items()})
