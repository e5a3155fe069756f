"""The words that samples are made of: read from the TOML files beside this module, picked by dice."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import polars as pl
from anyascii import anyascii

LONG: Final[str] = "Long " * 60 + "Word"
"""A text that no name of V2 may be: more than 255 characters."""

NOTHING: Final = ("n/a", "N/A", "na", "NA", "nil", "NIL", "None", "none", "null", "NULL", "-", "--", ".", "?")
"""What people type where they have nothing to say (mapping, section 2)."""

CULTURES: Final[tuple[str, ...]] = (
    *("afrikaans", "akan", "american", "arabic", "british", "celtic", "chinese", "devanagari", "french"),
    *("german", "gulf", "hausa", "igbo", "indian", "kenyan", "nguni", "yoruba"),
)


@dataclass(frozen=True)
class WordLists:
    """Lists of words, one per group, from which rows pick: the group is a column, and so is the number."""

    words: pl.Series
    starts: Mapping[str, int]
    counts: Mapping[str, int]

    @classmethod
    def of(cls, lists: Mapping[str, Sequence[str | None]], /) -> "WordLists":
        """The lists, laid one behind another. A list may hold null, for what is not written at all."""
        starts: dict[str, int] = {}
        words: list[str | None] = []
        for group, listed in lists.items():
            starts[group] = len(words)
            words += listed
        return cls(pl.Series(words, dtype=pl.String), starts, {group: len(listed) for group, listed in lists.items()})

    def pick(self, number: pl.Expr, /, *, group: pl.Expr) -> pl.Expr:
        """The word of the group at that number, counted round and round. UInt64 and String in, String out.

        >>> fruit = WordLists.of({"red": ["cherry"], "green": ["apple", "lime"]})
        >>> pl.select(fruit.pick(pl.lit(3, dtype=pl.UInt64), group=pl.lit("green"))).item()
        'lime'
        """
        start = group.replace_strict(self.starts, return_dtype=pl.UInt64)
        count = group.replace_strict(self.counts, return_dtype=pl.UInt64)
        places = pl.int_range(len(self.words), dtype=pl.UInt64, eager=True)
        return (start + number % count).replace_strict(places, self.words, return_dtype=pl.String)


@cache
def first_names() -> WordLists:
    """First names by `<culture>/<gender>`."""
    return WordLists.of(
        {f"{culture}/{gender.upper()}": _listed(names(culture)[gender]) for culture in CULTURES for gender in ("female", "male")}
    )


@cache
def last_names() -> WordLists:
    """Last names by culture."""
    return WordLists.of({culture: _listed(names(culture)["last"]) for culture in CULTURES})


@cache
def names(culture: str, /) -> Mapping[str, str]:
    """A culture's names, as their file holds them: `female`, `male` and `last`, separated by commas."""
    return _toml(f"names/{culture}.toml")


@cache
def slugs() -> Mapping[str, str]:
    """For each name, what stands for it in an e-mail address: `Adébáyọ̀` → `adebayo`."""
    return {name: slug(name) for lists in (first_names(), last_names()) for name in lists.words}


def slug(text: str, /) -> str:
    """A text in lower-case ASCII letters and digits only.

    >>> slug("Ó Súilleabháin")
    'osuilleabhain'
    """
    return re.sub("[^a-z0-9]", "", anyascii(text).lower())


@cache
def countries() -> Mapping[str, Mapping[str, Any]]:
    """What the schools of each country write, by ISO 3166-1 alpha-2 code."""
    return _toml("countries.toml")


@cache
def of_country(kind: str, /) -> WordLists:
    """One kind of a country's words (`streets`, `cultures`, …) by the country's code."""
    return WordLists.of({code: country[kind] for code, country in countries().items()})


@cache
def elsewhere() -> WordLists:
    """Whole addresses of other countries (`addresses`), and what is none at all (`nowhere`)."""
    return WordLists.of(_toml("elsewhere.toml"))


@cache
def subjects() -> WordLists:
    """Subjects as `name|code|category`: those that catalogues hold (`known`), and schools' `own`."""
    return WordLists.of(_toml("subjects.toml"))


@cache
def class_names() -> WordLists:
    """Class names that test a rule (`odd`), and the `sections` of ordinary ones."""
    return WordLists.of(_toml("class_names.toml"))


@cache
def trial_schools() -> tuple[Mapping[str, Any], ...]:
    """The platform's first schools, each with flaws of its own: columns of V1's School, `home` and `closed`."""
    return tuple(_toml("trial_schools.toml")["school"])


def _toml(name: str) -> Mapping[str, Any]:
    return tomllib.loads(files(__package__).joinpath("words", name).read_text(encoding="utf-8").replace("{long}", LONG))


def _listed(text: str) -> list[str]:
    return [word.strip() for word in text.split(",")]
