r"""What text looks like, without what it says: as people typed it, before any rule of the mapping.

A shape tells no personal data: `Aa Aa`, `+999 999 999 9999`.
"""

from typing import Final

import polars as pl

from transforms.passwords import carried
from transforms.phone_patterns import calling_code
from transforms.text import cleaned, optional

MD5: Final = "^[0-9a-fA-F]{32}$"

EXTENSION: Final = r"(?i)(?:;ext=|\bext\b\.?|\bx) ?[0-9]"
SEVERAL: Final = r"(?i)[/,;]|\bor\b"
WORDS: Final = {1: "one word", 2: "two words", 3: "three words"}

INTERNATIONAL: Final = r"^'? ?\(?\+"


def shape(text: pl.Expr, /) -> pl.Expr:
    """Each capital `A`, each small letter `a`, each letter without case `x`, each digit `9`; all else stays.

    Cleaned first; null and blank text give null. String in, String out.

    >>> pl.select(shape(pl.lit(" 0803 123-4567 ext. 9"))).item()
    '9999 999-9999 aaa. 9'
    """
    return (
        cleaned(text)
        .str.replace_all(r"[\p{Lu}\p{Lt}]", "A")
        .str.replace_all(r"\p{Ll}", "a")
        .str.replace_all(r"[\p{L}--[Aa]]", "x")
        .str.replace_all(r"\p{N}", "9")
        .str.replace_all(r"\p{M}", "")
    )


def name_shape(name: pl.Expr, /) -> pl.Expr:
    """The shape of a name, in which letters of one kind in a row are one.

    Null and blank text give null. String in, String out.

    >>> pl.select(name_shape(pl.lit("OKAFOR, Dr. Ngozi (Gogo)"))).item()
    'A, Aa. Aa (Aa)'
    """
    runs = shape(name)
    for letter in "Aax9":
        runs = runs.str.replace_all(f"{letter}+", letter)
    return runs


def name_writing(name: pl.Expr, /) -> pl.Expr:
    """How a name is written: `in capitals`, `with a comma`, `two words` and the like.

    The first that holds of: no letter, a comma, brackets or quotes, a digit, letters without case alone, capitals alone, small letters
    alone, a dot; else how many words. Null and blank text give null. String in, String out.

    >>> names = pl.DataFrame({"name": ["ADA OBI", "Obi, Ada", "Ada (Addy) Obi", "Dr. Ada Obi", "Ada Ngozi Obi", "-"]})
    >>> names.select(name_writing(pl.col("name"))).to_series().to_list()
    ['in capitals', 'with a comma', 'with brackets or quotes', 'with a dot', 'three words', 'no letter in it']
    """
    typed = cleaned(name)
    words = (typed.str.count_matches(" ", literal=True) + 1).replace_strict(WORDS, default="four words or more", return_dtype=pl.String)
    has_capitals, has_small_letters = typed.str.contains(r"[\p{Lu}\p{Lt}]"), typed.str.contains(r"\p{Ll}")
    return (
        pl.when(~typed.str.contains(r"\p{L}"))
        .then(pl.lit("no letter in it"))
        .when(typed.str.contains(",", literal=True))
        .then(pl.lit("with a comma"))
        .when(typed.str.contains(r"""[()"“”]"""))
        .then(pl.lit("with brackets or quotes"))
        .when(typed.str.contains(r"\p{N}"))
        .then(pl.lit("with a digit"))
        .when(~has_capitals & ~has_small_letters)
        .then(pl.lit("in letters without case"))
        .when(~has_small_letters)
        .then(pl.lit("in capitals"))
        .when(~has_capitals)
        .then(pl.lit("in small letters"))
        .when(typed.str.contains(".", literal=True))
        .then(pl.lit("with a dot"))
        .when(typed.is_not_null())
        .then(words)
    )


def phone_writing(phone: pl.Expr, /) -> pl.Expr:
    """How a phone number is written: `+234 …` (by its country), `0…, 11 digits`, `several numbers` and the like.

    The first that holds of: an extension, several numbers, letters, `+`, `00`, one zero in front, other digits, no digit.
    Null, blank text and null words (mapping, section 2) give null. Whether the number is valid is not asked. String in, String out.

    >>> phones = pl.DataFrame({"phone": ["+234 803 123 4567", "0803-123-4567", "0803 123 4567 / 0805 765 4321", "call me", "n/a"]})
    >>> phones.select(phone_writing(pl.col("phone"))).to_series().to_list()
    ['+234 …', '0…, 11 digits', 'several numbers', 'with letters', None]
    """
    typed = optional(phone)
    digits = typed.str.replace_all("[^0-9]", "")
    length = digits.str.len_chars()
    return (
        pl.when(typed.str.contains(EXTENSION))
        .then(pl.lit("with an extension"))
        .when(typed.str.contains(SEVERAL))
        .then(pl.lit("several numbers"))
        .when(typed.str.contains(r"\p{L}"))
        .then(pl.lit("with letters"))
        .when(typed.str.contains(INTERNATIONAL))
        .then(pl.coalesce(pl.format("+{} …", calling_code(digits)), pl.lit("+ and no country's code")))
        .when(digits.str.starts_with("00"))
        .then(pl.lit("00…"))
        .when(digits.str.starts_with("0"))
        .then(pl.format("0…, {} digits", length))
        .when(length > 0)
        .then(pl.format("{} digits, no zero in front", length))
        .when(typed.is_not_null())
        .then(pl.lit("no digit in it"))
    )


def password_kind(password: pl.Expr, /) -> pl.Expr:
    """What V1 keeps of a password: `bcrypt` (mapping, section 9: a hash that can be carried over), `MD5`, `plain text`, `none`.

    Null and empty are `none`. String in, String out, never null.

    >>> pl.select(password_kind(pl.lit("letmein"))).item()
    'plain text'
    """
    return (
        pl.when(carried(password).is_not_null())
        .then(pl.lit("bcrypt"))
        .when(password.str.contains(MD5))
        .then(pl.lit("MD5"))
        .when(password.fill_null("") == "")
        .then(pl.lit("none"))
        .otherwise(pl.lit("plain text"))
    )
