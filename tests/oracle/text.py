"""Section 2: text."""

import unicodedata

BREAKING_CONTROLS = "\n\x0b\x0c\r\u0085\u2028\u2029"
BLANK_CONTROLS = "\t" + BREAKING_CONTROLS

JOINERS = "\u200c\u200d"
INVISIBLE = (
    {0x00AD, 0x061C, 0x180E, 0xFEFF}
    | set(range(0x200B, 0x2010))
    | set(range(0x202A, 0x202F))
    | set(range(0x2060, 0x2065))
    | set(range(0x2066, 0x206A))
    | set(range(0xFFF9, 0xFFFC))
)

NULL_WORDS = {"n/a", "na", "nil", "none", "null", "-", "--", ".", "?"}

LONGEST = 255


def cleaned(text: str | None) -> str | None:
    """The text that every other rule sees.

    "white-space controls (...) and every Unicode space become a blank; all other control characters and the
    invisible ones are dropped (...); runs of blanks become one; trim; NFC; empty becomes null."
    """
    if text is None:
        return None
    visible = _with_joiners_between_letters_only("".join(_visible(char) for char in text))
    blanks_joined = " ".join(word for word in visible.split(" ") if word)
    return unicodedata.normalize("NFC", blanks_joined) or None


def optional(text: str | None) -> str | None:
    """Clean optional text.

    "In e-mails, phones, addresses (part by part), skills and other optional text, but **not** in names,
    `School.code` and `School.country`, these (any case) are null too: `n/a na nil none null - -- . ?`."
    """
    clean = cleaned(text)
    return None if is_null_word(clean) else clean


def is_null_word(clean: str | None) -> bool:
    """Whether cleaned text is one of the null words, in any case."""
    return clean is not None and clean.lower() in NULL_WORDS


def is_too_long(text: str | None) -> bool:
    """Whether cleaned text is "longer than 255 characters"."""
    return len(cleaned(text) or "") > LONGEST


def _visible(char: str) -> str:
    """Make a blank of white space, nothing of what cannot be seen; the joiners have a rule of their own."""
    if char in BLANK_CONTROLS or unicodedata.category(char) == "Zs":
        return " "
    if char in JOINERS:
        return char
    if unicodedata.category(char) == "Cc" or ord(char) in INVISIBLE:
        return ""
    return char


def _with_joiners_between_letters_only(text: str) -> str:
    """ "(but U+200C and U+200D stay between two letters or marks beyond ASCII (...))"."""
    kept = ""
    for at, char in enumerate(text):
        if char in JOINERS:
            between = 0 < at < len(text) - 1 and _joinable(text[at - 1]) and _joinable(text[at + 1])
            kept += char if between else ""
        else:
            kept += char
    return kept


def _joinable(char: str) -> bool:
    return not char.isascii() and unicodedata.category(char)[0] in "LM"
