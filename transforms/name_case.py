"""Gives a name that was typed in one case the case that names have (mapping, section 3, rule 6)."""

from typing import Final

import polars as pl

from transforms.name_tokens import LOWER_PARTICLE, PARTICLE_AHEAD
from transforms.sparse import by_distinct, on_given

UPPER: Final = r"[\p{Lu}\p{Lt}]"
LOWER: Final = r"[\p{Ll}\p{Lt}]"
"""Letters by case; a digraph of which only one half is a capital (U+01C5 …) is both."""

AFTER_MC: Final = "\x01"
"""Stands between `Mc` and a capital for a while: a control, so no cleaned text can hold it."""

BREAKS: Final = rf" \-'’.{AFTER_MC}"
"""What the parts of a name stand between: the inside of a character class."""

LETTERS: Final = rf"^[\p{{L}}{BREAKS}]*$"
"""A name without marks, digits and symbols: its parts are what Polars' title case takes for words."""

MC: Final = rf"((?:^|[{BREAKS}])[^\p{{L}}{BREAKS}]*mc)(\p{{L}})"
"""`mc` as the first letters of a part, and the letter after it."""


def is_in_one_case(text: pl.Expr, /) -> pl.Expr:
    """Whether a text has capitals and no small letters, or small letters and no capitals.

    False where no letter has a case, as in Arabic. Null stays null. String in, Boolean out.
    """
    return text.str.contains(UPPER) ^ text.str.contains(LOWER)


def capitalised(name: pl.Expr, /) -> pl.Expr:
    """A name whose tokens, and parts after `-`, `'`, `’` or `.`, have their first letter upper and the rest lower.

    Unicode's default casing, whatever the language: an upper first letter is the titlecase one (`ﬁ` gives `Fi`),
    a sigma that ends a word is `ς`. Null stays null. String in, String out, in NFC.

    >>> pl.select(capitalised(pl.lit("ANNE-MARIE O'NEILL"))).item()
    "Anne-Marie O'Neill"
    """
    return on_given(name, lambda names: by_distinct(names, _capitalised), dtype=pl.String)


def capitalised_last_name(last_name: pl.Expr, /) -> pl.Expr:
    """A last name, capitalised, with `McX` for `Mc` and a letter; particles (not `St`) before its last token are lower.

    Null stays null. String in, String out, in NFC.

    >>> names = pl.Series("name", ["VAN DER BERG", "mcdonald", "ST. JOHN"]).to_frame()
    >>> names.select(capitalised_last_name(pl.col("name"))).to_series().to_list()
    ['van der Berg', 'McDonald', 'St. John']
    """
    return on_given(last_name, lambda names: by_distinct(names, _capitalised_last_name), dtype=pl.String)


def _capitalised(names: pl.Series) -> pl.Series:
    lower = pl.col("lower")
    by_parts = on_given(pl.when(~pl.col("is_plain")).then(lower), _capitalised_by_parts, dtype=pl.String)
    return (
        names.str.to_lowercase()
        .alias("lower")
        .to_frame()
        .with_columns(is_plain=lower.str.contains(LETTERS))
        .select(pl.when("is_plain").then(lower.str.to_titlecase()).otherwise(by_parts).str.normalize("NFC"))
        .to_series()
    )


def _capitalised_by_parts(lower: pl.Series) -> pl.Series:
    part = pl.element()
    ahead = part.str.extract(r"^(\P{L}*)")
    letters = part.str.strip_prefix(ahead)
    capital = ahead + letters.str.head(1).str.to_titlecase() + letters.str.slice(1)
    return lower.str.extract_all(rf"[{BREAKS}]|[^{BREAKS}]+").list.eval(capital).list.join("")


def _capitalised_last_name(names: pl.Series) -> pl.Series:
    broken = names.str.to_lowercase().str.replace_all(MC, f"${{1}}{AFTER_MC}${{2}}")
    name = pl.col("name")
    with_particles = pl.when(name.str.contains(PARTICLE_AHEAD)).then(name)
    return (
        _capitalised(broken)
        .str.replace_all(AFTER_MC, "", literal=True)
        .alias("name")
        .to_frame()
        .select(pl.coalesce(on_given(with_particles, _with_lower_particles, dtype=pl.String), name))
        .to_series()
    )


def _with_lower_particles(names: pl.Series) -> pl.Series:
    last_token = names.str.extract("( [^ ]+)$")
    token = pl.element()
    lowered = pl.when(token.str.contains(LOWER_PARTICLE)).then(token.str.to_lowercase()).otherwise(token)
    return names.str.strip_suffix(last_token).str.split(" ").list.eval(lowered).list.join(" ") + last_token
