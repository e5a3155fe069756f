"""Tells V1's passwords that V2 can go on using (mapping, section 9)."""

from typing import Final

import polars as pl

BCRYPT_HASH: Final = r"^\$2[aby]\$(?:0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}$"
"""All 60 characters: version, cost (bcrypt's 4–31), 22 of salt and 31 of hash."""


def carried(password: pl.Expr, /) -> pl.Expr:
    """A full bcrypt hash byte for byte, but for `$2y$`, which is written `$2b$`; null for anything else.

    `$2y$` is PHP's name for `$2b$`; node's bcrypt refuses it. Nothing is trimmed: a blank at an end makes it no hash.
    Null stays null. String in, String out. Idempotent.

    >>> pl.select(carried(pl.lit("$2y$10$" + 53 * "a"))).item()[:7]
    '$2b$10$'
    """
    return pl.when(password.str.contains(BCRYPT_HASH)).then(password.str.replace("^[$]2y", "$$2b"))
