"""Finds V2's catalogue subject and category that a V1 subject means (mapping, section 8)."""

import polars as pl

from transforms.text import cleaned, optional


def folded(text: pl.Expr, /) -> pl.Expr:
    """Text in lower case, of which only letters and digits (of any script) stay.

    Null stays null; text of which nothing is left becomes null. String in, String out. Idempotent.

    >>> pl.select(folded(pl.lit("Further Maths (II)"))).item()
    'furthermathsii'
    """
    return cleaned(text).str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]", "").replace("", None)


def catalogue_match(name: pl.Expr, code: pl.Expr, /, *, catalogue: pl.DataFrame) -> pl.Expr:
    """The id of the catalogue subject that a V1 subject is: by its name, else by its code; null if it is none.

    Equal are a V1 text and a catalogue subject's code or name, both folded. Null, text without a letter or digit, and a
    null word for a code are equal to nothing.

    Args:
        name: V1's, as typed.
        code: V1's, as typed.
        catalogue: one row a catalogue subject: `id`, `code` and `name`, Strings.

    Returns:
        String, the `id`.

    >>> catalogue = pl.DataFrame({"id": ["a"], "code": ["FURTHER_MATHEMATICS"], "name": ["Further Mathematics"]})
    >>> pl.select(catalogue_match(pl.lit("Maths 2"), pl.lit("further mathematics"), catalogue=catalogue)).item()
    'a'
    """
    return pl.coalesce(_match(folded(name), catalogue), _match(folded(optional(code)), catalogue))


def category_match(text: pl.Expr, /, *, categories: pl.DataFrame) -> pl.Expr:
    """The id of the subject category whose code or name a V1 text is, both folded; null if it is none.

    Null, null words and text without a letter or digit are equal to nothing.

    Args:
        text: V1's category, as typed.
        categories: one row a category: `id`, `code` and `name`, Strings.

    Returns:
        String, the `id`.

    >>> categories = pl.DataFrame({"id": ["s"], "code": ["SCIENCE"], "name": ["Sciences"]})
    >>> pl.select(category_match(pl.lit("sciences"), categories=categories)).item()
    's'
    """
    return _match(folded(optional(text)), categories)


def _match(folded_text: pl.Expr, known: pl.DataFrame) -> pl.Expr:
    """The id of the known row that has the text for its folded code or name; of several a code first, then by code."""
    by_code = known.select("id", "code", text=folded(pl.col("code")), is_name=pl.lit(value=False))
    by_name = known.select("id", "code", text=folded(pl.col("name")), is_name=pl.lit(value=True))
    terms = pl.concat([by_code, by_name]).drop_nulls("text").sort("is_name", "code").unique("text", keep="first", maintain_order=True)
    return folded_text.replace_strict(terms["text"], terms["id"], default=None, return_dtype=pl.String)
