"""Section 8: how subjects and their categories are compared, and a subject's slug."""

import re
import unicodedata

from anyascii import anyascii

from tests.oracle.text import cleaned


def folded(text: str | None) -> str:
    """ "*folded* = lower case, letters and digits only."; nothing: empty."""
    lower = (cleaned(text) or "").lower()
    return "".join(char for char in lower if unicodedata.category(char)[0] == "L" or unicodedata.category(char) == "Nd")


def slug(name: str | None) -> str:
    """ "the name's slug (anyascii, lower-case, other runs → one `-`, none at the ends)"; nothing: empty."""
    return re.sub(r"[^a-z0-9]+", "-", anyascii(cleaned(name) or "").lower()).strip("-")
