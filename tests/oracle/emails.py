"""Section 4: e-mails."""

import re
from typing import TypedDict

import idna
from anyascii import anyascii

from tests.oracle.text import is_null_word, optional

LONGEST_LOCAL_PART = 64
LONGEST_ADDRESS = 254
LONGEST_LABEL = 63

LOCAL_PART = re.compile(r"[a-z0-9.!#$%&'*+/=?^_{|}~`-]{1,64}")
LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
NAMED_ADDRESS = re.compile(r"(?:[^<>@]*|[^<>,;]*)<([^<>]+)>[ .,;:]*")


class Email(TypedDict):
    """An address in its one spelling, or none, and what was lost."""

    value: str | None
    email_invalid: bool
    email_extra_dropped: bool


def normalised(email: str | None) -> Email:
    """The one valid address in V1's text: "the first valid one counts (`email_extra_dropped`)", "Anything else counts
    as missing (`email_invalid`)".
    """
    text = optional(email)
    if text is None:
        return {"value": None, "email_invalid": False, "email_extra_dropped": False}
    candidates = _candidates(text)
    first_valid = next((address for address in map(_valid, candidates) if address), None)
    return {
        "value": first_valid,
        "email_invalid": first_valid is None and bool(candidates),
        "email_extra_dropped": first_valid is not None and len(candidates) > 1,
    }


def made_up(first: str | None, last: str | None, school_code: str, school_id: int, user_type: str, domain: str) -> str:
    """ "`first.last@<code>.<placeholder domain>`. (...) A part that is empty falls out with its dot; nothing left → the
    user type's code in lower case; cut to 64, no dot last."
    """
    parts = [part for part in (_letters_and_digits(first), _letters_and_digits(last)) if part]
    local = ".".join(parts) or user_type.lower()
    return f"{local[:LONGEST_LOCAL_PART].rstrip('.')}@{_code_label(school_code, school_id)}.{domain}"


def suffixed(address: str, number: int) -> str:
    """ "`local+K@domain`"; "a local part that has a `+` gets another. Too long (64, or 254 in all): the local part is
    cut at its end to make room."
    """
    local, _, domain = address.rpartition("@")
    ending = f"+{number}"
    room = min(LONGEST_LOCAL_PART, LONGEST_ADDRESS - len(f"@{domain}")) - len(ending)
    return f"{local[: max(room, 0)]}{ending}@{domain}"


def _candidates(text: str) -> list[str]:
    """Treated pieces that count, in order.

    "If the whole is not one valid address, it is split at `,` and `;`, and at a blank or `/` only if then every piece
    holds an `@` (...); each piece is treated so again (...); pieces that are null words do not count."
    """
    whole = _treated(text)
    if _valid(whole):
        return [whole]
    pieces = _counting(re.split(r"[,;]", whole))
    for separator in " /":
        if pieces == [whole]:
            # The null word `n/a` has a slash of its own.
            listed = re.sub(r"(^|/) *n/a *(?=/|$)", r"\1", whole) if separator == "/" else whole
            apart = _counting(listed.split(separator))
            if all("@" in piece for piece in apart):
                pieces = apart
    if pieces == [whole]:
        return [whole]
    return [candidate for piece in pieces for candidate in _candidates(piece)]


def _counting(pieces: list[str]) -> list[str]:
    trimmed = (piece.strip(" ") for piece in pieces)
    return [piece for piece in trimmed if piece and not is_null_word(piece) and _treated(piece)]


def _treated(text: str) -> str:
    """ "Clean (section 2); drop a `mailto:`; `Name <a@b>` gives `a@b`; lower-case; strip `.,;:` at the ends."."""
    rest = _without_mailto(text.strip(" .,;:"))
    if named := NAMED_ADDRESS.fullmatch(rest):
        rest = _without_mailto(named[1].strip(" "))
    return rest.lower().strip(" .,;:")


def _without_mailto(text: str) -> str:
    return re.sub(r"^mailto:", "", text, flags=re.IGNORECASE | re.ASCII).strip(" ")


def _valid(address: str) -> str | None:
    """The address with its domain in ASCII if it is valid.

    "Valid: local part 1–64 of (...), no dot first, last or twice running; domain of two or more labels of 1–63
    `a-z 0-9 -`, no hyphen first or last, the last label alphabetic with ≥ 2 letters or an A-label; 254 characters in
    all."
    """
    if address.count("@") != 1:
        return None
    local, domain = address.split("@")
    if not LOCAL_PART.fullmatch(local) or local.startswith(".") or local.endswith(".") or ".." in local:
        return None
    ascii_domain = _ascii_domain(domain)
    labels = ascii_domain.split(".")
    if len(labels) < 2 or not all(LABEL.fullmatch(label) for label in labels):
        return None
    if not re.fullmatch(r"[a-z]{2,}", labels[-1]) and not _is_a_label(labels[-1]):
        return None
    whole = f"{local}@{ascii_domain}"
    return whole if len(whole) <= LONGEST_ADDRESS else None


def _ascii_domain(domain: str) -> str:
    """ "A domain that is not ASCII goes to its A-label form (IDNA 2008, UTS 46 non-transitional)."; none: empty."""
    if domain.isascii():
        return domain
    try:
        return idna.encode(domain, uts46=True, transitional=False).decode("ascii")
    except UnicodeError:
        return ""


def _is_a_label(label: str) -> bool:
    """Whether it is an A-label in the sense of RFC 5890: it stands for a Unicode label."""
    if not label.startswith("xn--"):
        return False
    try:
        idna.ulabel(label)
    except UnicodeError:
        return False
    return True


def _letters_and_digits(name: str | None) -> str:
    """ "Names and the school's code transliterated to ASCII (anyascii), lower-case, only `a-z0-9`"."""
    return re.sub(r"[^a-z0-9]", "", anyascii(name or "").lower())


def _code_label(school_code: str, school_id: int) -> str:
    """ "in the code every other run becomes one `-`, none at its ends, cut to 63, nothing left → `school<V1 id>`"."""
    label = re.sub(r"[^a-z0-9]+", "-", anyascii(school_code).lower()).strip("-")
    return label[:LONGEST_LABEL].strip("-") or f"school{school_id}"
