"""Section 5: phones → E.164."""

import re
from typing import TypedDict

import phonenumbers

from tests.oracle.text import optional

SEPARATOR = re.compile(r"[/,]|;(?!ext=)|\bor\b", re.IGNORECASE)


class Phone(TypedDict):
    """A number in E.164, or none, and what was lost."""

    value: str | None
    phone_invalid: bool
    phone_extra_dropped: bool
    phone_extension_dropped: bool


def e164(phone: str | None, region: str | None) -> Phone:
    """ "Clean; several numbers (split at `/` `,` `;` or the word `or`; an RFC 3966 `;ext=` is not a split): (...); the
    first valid one counts (`phone_extra_dropped`). None valid → null (`phone_invalid`); an extension is dropped
    (`phone_extension_dropped`)."
    """
    text = optional(phone)
    pieces = [piece for piece in map(_bare, SEPARATOR.split(text)) if piece] if text else []
    first_valid = next((number for number in (_valid(piece, region) for piece in pieces) if number), None)
    if first_valid is None:
        return {
            "value": None,
            "phone_invalid": bool(pieces),
            "phone_extra_dropped": False,
            "phone_extension_dropped": False,
        }
    return {
        "value": phonenumbers.format_number(first_valid, phonenumbers.PhoneNumberFormat.E164),
        "phone_invalid": False,
        "phone_extra_dropped": len(pieces) > 1,
        "phone_extension_dropped": bool(first_valid.extension),
    }


def suffixed(number: str, counter: int) -> str:
    """ "later claimants get `<E.164>;ext=K`"."""
    return f"{number};ext={counter}"


def _bare(piece: str) -> str | None:
    """ "of each, a leading `'` and a trailing `.0` go (spreadsheets)"; a piece that then says nothing is none."""
    return optional((optional(piece) or "").removeprefix("'").removesuffix(".0"))


def _valid(piece: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    """ "then as `phonenumbers.parse(value, region)` + `is_valid_number` + `E164` say"."""
    try:
        number = phonenumbers.parse(piece, region)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None
