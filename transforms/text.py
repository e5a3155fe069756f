"""Cleans free text as people typed, pasted and imported it (mapping, section 2)."""

import re

import polars as pl

from transforms.sparse import changed_where

LATIN = r"\x{C0}-\x{24F}\x{1E00}-\x{1EFF}"
"""Latin letters with their marks, each one character: what stands in such ranges is in NFC already."""

PLAIN = rf"^[!-~{LATIN}]+(?: [!-~{LATIN}]+)*$"
"""Visible ASCII and Latin letters with single blanks between: clean already, as nearly all text is, and so spared the slow way."""

WHITE_SPACE = r"[\t\n\x0B\x0C\r\x{85}\x{2028}\x{2029}\p{Zs}--[ ]]"
"""White-space controls and every Unicode space but the blank itself: each becomes a blank."""

INVISIBLE = (
    r"[\p{Cc}\x{AD}\x{61C}\x{180E}\x{200B}\x{200E}\x{200F}\x{202A}-\x{202E}\x{2060}-\x{2064}\x{2066}-\x{2069}\x{FEFF}"
    r"\x{FFF9}-\x{FFFB}]"
)
"""Other controls and invisible marks, dropped. U+200C and U+200D have a rule of their own."""

JOINERS = {"\u200c": "\x01", "\u200d": "\x02"}
"""Zero-width (non-)joiner, and the stand-in of one that stays: a control, so no cleaned text can hold it."""

JOINER = f"[{''.join(JOINERS)}]"

UNTIDY = rf"^ |  | $|{WHITE_SPACE}|{INVISIBLE}|{JOINER}"
"""A blank too many, or what is not to stay: text without any has nothing but NFC to come into."""

LETTER_BEYOND_ASCII = r"[[\p{L}\p{M}]--\x00-\x7F]"

LINE_BREAK = r"\r\n|[\n\x0B\x0C\r\x{85}\x{2028}\x{2029}]"

NULL_WORDS = ("n/a", "na", "nil", "none", "null", "-", "--", ".", "?")
"""What people type where they have nothing to say; compared in lower case."""

NULL_WORD = rf"^(?i-u:{'|'.join(map(re.escape, NULL_WORDS))})$"


def cleaned(text: pl.Expr, /) -> pl.Expr:
    r"""Text with one blank between words, nothing invisible in it, in NFC.

    Null and text of nothing but blanks and invisible marks become null. String in, String out. Idempotent.

    >>> pl.select(cleaned(pl.lit("  Ada\u00a0\t Obi\u200b "))).item()
    'Ada Obi'
    """
    return text.map_batches(_cleaned, return_dtype=pl.String, is_elementwise=True)


def optional(text: pl.Expr, /) -> pl.Expr:
    """Cleaned text, in which a word that only says "nothing" (`n/a`, `nil`, `-` …) is null too.

    For e-mails, phones, parts of addresses, skills and other optional text; never for names, `School.code` and
    `School.country`. String in, String out. Idempotent.

    >>> pl.Series(["N/A", " Lagos "]).to_frame("city").select(optional(pl.col("city"))).to_series().to_list()
    [None, 'Lagos']
    """
    # Not when-then, which would clean twice: Polars evaluates an expression as often as it is named.
    return cleaned(text).str.replace(NULL_WORD, "").replace("", None)


def is_null_word(text: pl.Expr, /) -> pl.Expr:
    """Whether a cleaned text is a word that only says "nothing". Null stays null. String in, Boolean out."""
    return text.str.contains(NULL_WORD)


def _cleaned(text: pl.Series) -> pl.Series:
    return changed_where(~text.str.contains(PLAIN), text, _in_nfc)


def _in_nfc(text: pl.Series) -> pl.Series:
    return changed_where(text.str.contains(UNTIDY), text, _tidied).str.normalize("NFC").replace("", None)


def _tidied(text: pl.Series) -> pl.Series:
    # In NFC before the joiners are judged, too: it takes some letters beyond ASCII into it (the Kelvin sign).
    visible = text.str.replace_all(WHITE_SPACE, " ").str.replace_all(INVISIBLE, "").str.normalize("NFC")
    return _without_stray_joiners(visible).str.replace_all(" {2,}", " ").str.strip_chars(" ")


def _without_stray_joiners(text: pl.Series) -> pl.Series:
    """Drops U+200C and U+200D but where they stand between two letters or marks beyond ASCII."""
    if not text.str.contains(JOINER).any():
        return text
    for joiner, stand_in in JOINERS.items():
        between = f"({LETTER_BEYOND_ASCII}){joiner}({LETTER_BEYOND_ASCII})"
        # Twice: a letter between two joiners belongs to both, and matches do not overlap.
        for _ in range(2):
            text = text.str.replace_all(between, f"${{1}}{stand_in}${{2}}")
    return text.str.replace_all(JOINER, "").str.replace_many(list(JOINERS.values()), list(JOINERS))
