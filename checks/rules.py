"""What may be asked of a column: pandera checks, each with a name and a meaning in plain words."""

from collections.abc import Iterable
from typing import Final

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

CLEAN: Final = r"^[^\s\p{Cc}](?:[^\p{Cc}]*[^\s\p{Cc}])?$"
"""Text that is not empty, has no blank at either end, and no control character anywhere."""


def rule(name: str, meaning: str, is_sound: pl.Expr, /) -> pa.Check:
    """A check that an expression makes: Boolean over the whole frame, null where there is nothing to judge.

    No failing value is kept in what pandera raises: values are personal data.
    """

    def sound(frame: PolarsData) -> pl.LazyFrame:
        return frame.lazyframe.select(is_sound).collect(engine="in-memory").lazy()  # once: pandera asks for it twice

    return pa.Check(sound, name=name, description=meaning, n_failure_cases=0)


def matching(column: str, suffix: str, pattern: str, /, *, meaning: str) -> pa.Check:
    """Text that a regular expression (Rust's dialect) finds something in; `<column>_<suffix>`. Null passes."""
    return rule(f"{column}_{suffix}", f"{column} is {meaning}", pl.col(column).str.contains(pattern))


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
    values = (pl.col(column).str.to_lowercase() if ignoring_case else pl.col(column) for column in columns)
    is_sound = pl.struct(values).map_batches(_are_alone, return_dtype=pl.Boolean)
    case = " (upper and lower case alike)" if ignoring_case else ""
    return rule(f"{'_'.join(columns)}_unique", f"no two rows have the same {' and '.join(columns)}{case}", is_sound)


def _are_alone(keys: pl.Series) -> pl.Series:
    """Whether no other row has the same key; a key with a null in it is alone."""
    rows = keys.struct.unnest()
    given = rows.drop_nulls()
    # Keys whose hashes are all distinct are so themselves; to hash them is far cheaper than to compare them.
    if given.hash_rows().n_unique() == given.height:
        return pl.Series([True]).new_from_index(0, rows.height)
    return rows.select(pl.struct(pl.all()).is_unique() | pl.any_horizontal(pl.all().is_null())).to_series()
