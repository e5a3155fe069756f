"""Writes text of any script in ASCII, for addresses and codes that only know ASCII (mapping, sections 4 and 8)."""

from typing import Final

import polars as pl
from anyascii import anyascii

from transforms.sparse import on_given

ASCII: Final = r"^[\x00-\x7F]*$"
BEYOND_ASCII: Final = r"[^\x00-\x7F]"


def transliterated(text: pl.Expr, /) -> pl.Expr:
    """Text in ASCII, as `anyascii.anyascii` writes it.

    Null stays null; what ASCII has nothing for falls out, so text may become empty. String in, String out. Idempotent.

    >>> pl.select(transliterated(pl.lit("Zoë Łukasz 北京"))).item()
    'Zoe Lukasz BeiJing'
    """
    plain = text.str.contains(ASCII)
    return pl.when(plain).then(text).otherwise(on_given(pl.when(~plain).then(text), _by_character, dtype=pl.String))


def slug(text: pl.Expr, /) -> pl.Expr:
    """Transliterated text in lower case, every run of anything but `a-z0-9` one `-`, none at the ends.

    Null stays null; text of which nothing is left becomes null. String in, String out. Idempotent.

    >>> pl.select(slug(pl.lit(" Économie & Gestion! "))).item()
    'economie-gestion'
    """
    lower = transliterated(text).str.to_lowercase()
    return lower.str.replace_all("[^a-z0-9]+", "-").str.strip_chars("-").replace("", None)


def letters_digits(text: pl.Expr, /) -> pl.Expr:
    """Transliterated text in lower case, of which only `a-z0-9` stay.

    Null stays null; text of which nothing is left becomes null. String in, String out. Idempotent.

    >>> pl.select(letters_digits(pl.lit("O’Brien-Ngọc"))).item()
    'obrienngoc'
    """
    lower = transliterated(text).str.to_lowercase()
    return lower.str.replace_all("[^a-z0-9]+", "").replace("", None)


def _by_character(foreign: pl.Series) -> pl.Series:
    # anyascii reads each character by itself, so it need see each distinct one only once.
    characters = foreign.str.extract_all(BEYOND_ASCII).explode().unique().drop_nulls()
    written = pl.Series([anyascii(character) for character in characters], dtype=pl.String)
    return foreign.str.replace_many(characters.implode(), written.implode())
