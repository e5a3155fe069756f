"""Finds the curriculum that a school means (mapping, section 8)."""

import re

import polars as pl

from transforms.text import optional


def matched(text: pl.Expr, /, *, curricula: pl.DataFrame) -> pl.Expr:
    r"""The code of the curriculum whose code or name stands in the text as whole words, in any case.

    Of several the longest hit counts, then the code that comes first. Null, blank text, a null word and text without a
    hit give null. A word is what a regular expression's `\b` bounds: letters, marks, digits and `_`.

    Args:
        text: String, as typed.
        curricula: one row a curriculum, with the Strings `code` and `name`, neither null.

    >>> curricula = pl.DataFrame({"code": ["BRITISH", "CAMBRIDGE"], "name": ["British", "Cambridge"]})
    >>> pl.select(matched(pl.lit("British (Cambridge IGCSE)"), curricula=curricula)).item()
    'CAMBRIDGE'
    """
    clean = optional(text)
    terms = {(term.lower(), code) for code, name in curricula.select("code", "name").rows() for term in (code, name)}
    best_first = sorted(terms, key=lambda term: (-len(term[0]), term[1]))
    hits = [pl.when(_has_words(clean, term)).then(pl.lit(code)) for term, code in best_first]
    return pl.coalesce(*hits, pl.lit(None, dtype=pl.String))


def _has_words(text: pl.Expr, term: str) -> pl.Expr:
    return text.str.contains(rf"(?i)(?:^|\W){re.escape(term)}(?:\W|$)")
