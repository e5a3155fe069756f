"""Section 8: the curriculum that a school's text names."""

import re
from collections.abc import Iterable

from tests.oracle.text import optional


def matched(text: str | None, curricula: Iterable[tuple[str, str]]) -> str | None:
    """The code of the curriculum, from (code, name) pairs.

    "the curriculum whose code or name stands in the V1 text as whole words, any case; several: the longest hit, then
    code order; text but no hit → null".
    """
    clean = optional(text) or ""
    hits = [(-len(words), code) for code, name in curricula for words in (code, name) if _stands_in(words, clean)]
    return min(hits)[1] if hits else None


def _stands_in(words: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text, re.IGNORECASE) is not None
