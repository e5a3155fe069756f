"""Addresses, each typed in one line (mapping, section 6)."""

from typing import Final

import polars as pl

from pipeline.sample import lexicon
from pipeline.sample.chance import Dice
from pipeline.sample.forms import Forms, written

TYPED: Final[Forms] = {
    "{number} {street}, {city}": 2300,
    "{number} {street}, {area}, {city}, {state}": 2200,
    "{number} {street}, {city}, {state} {postal}": 900,
    "{number} {street}, {city}, {state} {postal}, {country}": 900,
    "{number} {street}, {area}, {city}, {state}, {postal}, {country}": 500,
    "{number} {street}": 800,
    "{area}, {number} {street}, {area}, {city}, {state}": 120,
    "{number} {street}, {city} {postal}": 300,
    "{number} {street}, {city}, {state}, {country} {postal}": 80,
    "{number} {street}, {city}, {country}, {postal}": 80,
    "{postal} {city}": 40,
    "{number} {street}, {city}, {country}": 300,
    # Line breaks and dirt.
    "{number} {street}\n{city}\n{state}": 80,
    "{number} {street}\r\n{area}\r\n{city}, {state} {postal}\r\n{country}": 60,
    "{number} {street},, {city} , {state},": 60,
    "  {number}\t{street} ,\u00a0{city}": 40,
    "{number} {street}, n/a, {city}, -, {state}": 40,
    "{number} {street}\u200b, {CITY}, {STATE}": 30,
    # No address.
    "{nowhere}": 140,
    None: 940,
}
"""How an address is typed, and what is typed in its place."""

ELSEWHERE_EVERY: Final = 30
"""One address of so many is of elsewhere and tests a rule of its own, each in turn."""


def typed(dice: Dice, /, *, home: pl.Expr) -> pl.Expr:
    """An address of a country, seldom of another one, as it was typed; null where nothing was. String in, String out."""
    turn = pl.col(dice.key).cast(pl.UInt64)
    elsewhere = lexicon.elsewhere().pick(turn // ELSEWHERE_EVERY, group=pl.lit("addresses"))
    return pl.when(turn % ELSEWHERE_EVERY == 0).then(elsewhere).otherwise(_at_home(dice, home=home))


def _at_home(dice: Dice, *, home: pl.Expr) -> pl.Expr:
    place = lexicon.of_country("places").pick(dice.roll("place"), group=home).str.split_exact("|", 2)
    city, state, postal = (place.struct.field(f"field_{part}") for part in range(3))
    return written(
        TYPED,
        dice=dice,
        purpose="form of the address",
        number=dice.below(240, purpose="house number") + 1,
        street=lexicon.of_country("streets").pick(dice.roll("street"), group=home),
        area=lexicon.of_country("areas").pick(dice.roll("area"), group=home),
        city=city,
        state=state,
        CITY=city.str.to_uppercase(),
        STATE=state.str.to_uppercase(),
        postal=postal,
        country=lexicon.of_country("spellings").pick(dice.roll("country in the address"), group=home),
        nowhere=lexicon.elsewhere().pick(dice.roll("nowhere"), group=pl.lit("nowhere")),
    )
