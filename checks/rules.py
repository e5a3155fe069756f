"""What may be asked of a column: pandera checks, each with a name and a meaning in plain words."""

from collections.abc import Iterable
from typing import Final

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

CLEAN: Final = r"^[^\s\p{Cc}](?:[^\p{Cc}]*[^\s\p{Cc}])?$"
"""Text that is not empty, has no blank at either end, and no control character anywhere."""

AT_ONCE: Final = "at_once"
"""Where a check of pandera keeps what tells of all rows at once."""

SAMPLE: Final = 10_000
"""How many values tell whether many of a column are the same."""


def rule(name: str, meaning: str, is_sound: pl.Expr, /, *, are_sound: pl.Expr | None = None) -> pa.Check:
    """A check that an expression makes: Boolean over the whole frame, null where there is nothing to judge.

    No failing value is kept in what pandera raises: values are personal data.

    Args:
        name: The check's name.
        meaning: What it asks, in plain words.
        is_sound: Boolean for every row; null passes.
        are_sound: One Boolean for all rows: true only if no row fails, never null. For what can be told of all at less cost
            than row by row.
    """

    def sound(frame: PolarsData) -> pl.LazyFrame:
        return frame.lazyframe.select(is_sound).collect(engine="in-memory").lazy()  # once: pandera asks for it twice

    def sound_at_once() -> pl.Expr:  # not the expression itself: pandera copies what it is given, which Polars' do not all bear
        return is_sound.all() if are_sound is None else are_sound

    return pa.Check(sound, name=name, description=meaning, n_failure_cases=0, statistics={AT_ONCE: sound_at_once})


def passes(check: pa.Check, /) -> pl.Expr:
    """One Boolean for all rows of a frame: true only if no row fails a check that `rule` made, never null."""
    known = check.statistics or {}
    at_once: pl.Expr = known[AT_ONCE]()
    return at_once


def matching(column: str, suffix: str, pattern: str, /, *, meaning: str) -> pa.Check:
    """Text that a regular expression (Rust's dialect) finds something in; `<column>_<suffix>`. Null passes."""
    text = pl.col(column)
    are_sound = text.map_batches(_to_judge, return_dtype=pl.String).str.contains(pattern).all()
    return rule(f"{column}_{suffix}", f"{column} is {meaning}", text.str.contains(pattern), are_sound=are_sound)


def clean(column: str, /) -> pa.Check:
    """Text that was cleaned (mapping, section 2), as far as its ends and controls tell. Null passes."""
    meaning = "not empty, without blanks at its ends and without control characters"
    return matching(column, "clean", CLEAN, meaning=meaning)


def at_most(column: str, characters: int, /, *, name: str | None = None) -> pa.Check:
    """Text of at most so many characters, which Unicode code points are meant by. Null passes."""
    meaning = f"{column} has at most {characters} characters"
    return rule(name or f"{column}_length", meaning, pl.col(column).str.len_chars() <= characters)


def one_of(column: str, values: Iterable[str], /) -> pa.Check:
    """One of the values of an enum. Null passes."""
    known = list(values)
    return rule(f"{column}_known", f"{column} is one of {', '.join(known)}", pl.col(column).is_in(known))


def plausible(column: str, meaning: str, is_sound: pl.Expr, /) -> pa.Check:
    """A number or a date within bounds. Null passes where the expression is null."""
    return rule(f"{column}_plausible", f"{column} is {meaning}", is_sound)


def unique(*columns: str, ignoring_case: bool = False) -> pa.Check:
    """A value, or a combination of values, that no other row has. Rows with a null in it pass, as in SQL."""
    values = [pl.col(column).str.to_lowercase() if ignoring_case else pl.col(column) for column in columns]
    key = pl.struct(values)
    is_given = pl.all_horizontal(value.is_not_null() for value in values)
    case = " (upper and lower case alike)" if ignoring_case else ""
    return rule(
        f"{'_'.join(columns)}_unique",
        f"no two rows have the same {' and '.join(columns)}{case}",
        key.is_unique() | ~is_given,
        are_sound=key.map_batches(_are_distinct, return_dtype=pl.Boolean, returns_scalar=True),
    )


def _to_judge(values: pl.Series) -> pl.Series:
    """The values that a frame's depend on: without nulls, and each once where many are the same."""
    given = values.drop_nulls()
    sample = given.head(SAMPLE)
    return given.unique() if sample.n_unique() * 2 < sample.len() else given


def _are_distinct(keys: pl.Series) -> pl.Series:
    """Whether no two keys have the same hash, and so none are the same; keys with a null in them aside."""
    given = keys.struct.unnest().drop_nulls()
    hashes = given.hash_rows() if given.width > 1 else given.to_series().hash()
    in_order = hashes.sort(multithreaded=False)  # of what is in order the distinct ones are counted at far less cost
    return pl.Series([in_order.n_unique() == in_order.len()])
