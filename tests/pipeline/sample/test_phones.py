import phonenumbers
import polars as pl

from pipeline.sample import lexicon, phones
from pipeline.sample.chance import Dice

HOMES = list(lexicon.countries())


def test_numbers_are_valid_in_their_country() -> None:
    rows = pl.DataFrame({"id": range(4_000)}).with_columns(home=(pl.col("id") % len(HOMES)).replace_strict(range(len(HOMES)), HOMES))
    numbers = rows.with_columns(number=phones.number(Dice(0, "T"), home=pl.col("home"), purpose="phone"))
    invalid = [
        (home, number)
        for home, number in numbers.select("home", "number").unique().iter_rows()
        if not phonenumbers.is_valid_number_for_region(phonenumbers.parse(number, home), home)
    ]
    assert invalid == []


def test_most_of_what_is_typed_is_that_number_to_phonenumbers() -> None:
    rows = pl.DataFrame({"id": range(2_000), "home": "KE", "number": "722123456"})
    typed = rows.select(phones.typed(pl.col("number"), dice=Dice(0, "T"), home=pl.col("home"), purpose="phone"))
    read = [national_number(text) for text in typed.to_series()]
    assert 0.85 < read.count(722123456) / len(read) < 0.95


def national_number(text: str) -> int | None:
    try:
        return phonenumbers.parse(text, "KE").national_number
    except phonenumbers.NumberParseException:
        return None
