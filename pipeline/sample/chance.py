"""Rolls dice that fall the same way for ever: pure integer arithmetic over a row's id, no random generator, no library's hash."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

import polars as pl

GOLDEN_GAMMA: Final[int] = 0x9E3779B97F4A7C15
FIRST_MIX: Final[int] = 0xBF58476D1CE4E5B9
SECOND_MIX: Final[int] = 0x94D049BB133111EB


@dataclass(frozen=True)
class Dice:
    """One table's dice. A roll depends on the seed, the table, the row's key and what the roll is for, and on nothing else.

    Hence the same row gets the same words whatever the size of the table, and two rolls for different purposes are independent.
    """

    seed: int
    table: str
    key: str = "id"

    def roll(self, purpose: str, /) -> pl.Expr:
        """64 bits for each row: SplitMix64 (Steele, Lea, Flood 2014) of the key column. Any integer in, UInt64 out.

        >>> rows = pl.DataFrame({"id": [1, 2]})
        >>> rows.select(Dice(0, "Student").roll("gender")).to_series().to_list()
        [3293689136044778971, 17582092481599350591]
        """
        salt = int.from_bytes(blake2b(f"{self.seed}:{self.table}:{purpose}".encode(), digest_size=8).digest())
        bits = pl.col(self.key).cast(pl.UInt64) * _word(GOLDEN_GAMMA) + _word(salt)
        bits = (bits ^ (bits // _word(1 << 30))) * _word(FIRST_MIX)
        bits = (bits ^ (bits // _word(1 << 27))) * _word(SECOND_MIX)
        return bits ^ (bits // _word(1 << 31))

    def below(self, limit: int, /, *, purpose: str) -> pl.Expr:
        """A number of 0 … limit - 1 for each row, all as likely as each other. Int64 out."""
        return (self.roll(purpose) % _word(limit)).cast(pl.Int64)

    def happens(self, per_mille: int, /, *, purpose: str) -> pl.Expr:
        """Whether so rare a thing befalls the row. Boolean out, never null."""
        return self.below(1000, purpose=purpose) < per_mille

    def one_of(self, words: Sequence[str | None], /, *, purpose: str) -> pl.Expr:
        """One of the words for each row; a word that stands several times is so many times as likely. String out."""
        return self.below(len(words), purpose=purpose).replace_strict(range(len(words)), words, return_dtype=pl.String)


def _word(value: int) -> pl.Expr:
    # Multiplication must wrap around at 64 bits, so no operand may be of another type.
    return pl.lit(value, dtype=pl.UInt64)
