"""Finds the one e-mail address in what people typed, and makes up one where there is none (mapping, section 4)."""

import re
from typing import Final

import idna
import polars as pl

from transforms.ascii import letters_digits, slug
from transforms.sparse import changed_where
from transforms.text import NULL_WORD, NULL_WORDS, optional

LOCAL: Final = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
"""A dot-atom of RFC 5322; its length is checked apart."""

LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
"""A label of a host name, 1–63 characters (RFC 1123)."""

LETTERS: Final = "[a-z]{2,63}"
A_LABEL: Final = r"xn--[a-z0-9-]{0,58}[a-z0-9]"
"""The last label of a domain; one in the form of an A-label is for IDNA to judge."""

FOREIGN_DOMAIN: Final = r"^[^@]*@([^@]*[^\x00-\x7F][^@]*|[^@]*\.xn--[^@.]*)$"
"""A domain that IDNA must judge: beyond ASCII, or under a top-level domain that claims to be an A-label."""

MAX_LOCAL_CHARACTERS: Final = 64
MAX_LABEL_CHARACTERS: Final = 63
MAX_ADDRESS_CHARACTERS: Final = 254
"""Limits of RFC 5321, section 4.5.3.1, and RFC 1035, section 2.3.4."""

MAILTO: Final = r"(?i)(^|<) ?(?:mailto: ?)+"

NAME_AND_ADDRESS: Final = r"^(?:[^<>@]*|[^<>,;]*)<([^<>]*@[^<>]*)>[ .,;:]*$"
"""`Name <a@b>` (RFC 5322, section 3.4). A name that holds both an `@` and a comma is an address and a name."""

STRAY_MARKS: Final = " .,;:"

SINGLE: Final = "^[!-.0-9;=-~]+$"
"""A trimmed piece that is of ASCII and has no blank, `/`, `:` and `<`: nothing parts it, and nothing more is to be trimmed."""

VERDICT: Final = pl.Struct({"value": pl.String, "email_invalid": pl.Boolean, "email_extra_dropped": pl.Boolean})


def normalised(email: pl.Expr, /) -> pl.Expr:
    """The first valid address of a text, as V2 keeps it: lower case, domain in ASCII.

    Null, blank text and text of nothing but null words and stray punctuation are missing: null, and no flag is set.
    Without a valid address: null and `email_invalid`. More pieces than the one that counts: `email_extra_dropped`.

    What the rule leaves open: a `mailto:` is dropped at the start and after `<`, a name before `<…>` that holds an `@`
    as well as a comma or semicolon counts as a piece of its own, a blank and a `/` split a piece each for itself (`/`
    where blanks do not), and an address given twice is an extra one. Σ in a domain is lower-cased to σ wherever it
    stands, as UTS 46 does. A last label `xn--…` must be an A-label that IDNA 2008 can read.

    String in; struct of `value` (String), `email_invalid` and `email_extra_dropped` (Boolean, never null) out.
    Idempotent.

    >>> pl.select(normalised(pl.lit("Ada Obi <mailto:Ada@Müller.example>; n/a"))).item()["value"]
    'ada@xn--mller-kva.example'
    """
    return email.map_batches(_verdicts, return_dtype=VERDICT, is_elementwise=True)


def made_up(
    *,
    first: pl.Expr,
    last: pl.Expr,
    school_code: pl.Expr,
    school_id: pl.Expr,
    user_type: str | pl.Expr,
    domain: str,
) -> pl.Expr:
    """The placeholder address of a person without one: `first.last@<school's code>.<placeholder domain>`.

    Args:
        first: first name; null, or nothing left of it in ASCII: it falls out with its dot.
        last: last name; likewise.
        school_code: the school's cleaned V1 code; null, or nothing left of it in ASCII: `school<V1 id>` instead.
        school_id: the school's V1 id, an integer, never null.
        user_type: the user type's code, such as `TEACHER`, the local part where no name is left.
        domain: the placeholder domain, such as `v1.invalid`, as it is.

    Returns:
        String, null only where the school's id is needed and null.

    >>> ada = {"first": pl.lit("Adaeze Zoë"), "last": pl.lit("O’Brien"), "user_type": "TEACHER"}
    >>> pl.select(made_up(**ada, school_code=pl.lit("St. Mary’s"), school_id=pl.lit(7), domain="v1.invalid")).item()
    'adaezezoe.obrien@st-mary-s.v1.invalid'
    """
    kind = pl.lit(user_type) if isinstance(user_type, str) else user_type
    names = pl.concat_str(letters_digits(first), letters_digits(last), separator=".", ignore_nulls=True)
    local = names.replace("", None).fill_null(kind.str.to_lowercase())
    local = local.str.head(MAX_LOCAL_CHARACTERS).str.strip_chars_end(".")
    label = slug(school_code).str.head(MAX_LABEL_CHARACTERS).str.strip_chars_end("-")
    host = label.fill_null(pl.concat_str(pl.lit("school"), school_id.cast(pl.String)))
    return pl.concat_str(local, pl.lit("@"), host, pl.lit("."), pl.lit(domain))


def _verdicts(emails: pl.Series) -> pl.Series:
    is_plain = emails.to_frame("text").select(_is_address(pl.col("text"), last_label=LETTERS)).to_series()
    odd = (~is_plain).arg_true()
    found = _first_addresses(emails.gather(odd).to_frame("text"))
    value = emails.clone().scatter(odd, found["address"])
    pieces = is_plain.cast(pl.UInt32).fill_null(0).scatter(odd, found["pieces"])  # a plain text is a single one
    verdicts = {"value": value, "email_invalid": value.is_null() & (pieces > 0), "email_extra_dropped": value.is_not_null() & (pieces > 1)}
    return pl.DataFrame(verdicts).to_struct(emails.name)


def _first_addresses(texts: pl.DataFrame) -> pl.DataFrame:
    """Of each `text`, its first valid `address`, null if none is, and how many `pieces` it has that say anything."""
    pieces = _pieces(texts.unique()).group_by("text")
    found = pieces.agg(address=pl.col("address").drop_nulls().first(), pieces=pl.len())
    return texts.join(found, on="text", how="left", maintain_order="left").with_columns(pl.col("pieces").fill_null(0))


def _pieces(texts: pl.DataFrame) -> pl.DataFrame:
    """Of each `text`, in order, every `piece` that says anything, trimmed, and its `address`, null if it is not valid."""
    piece = pl.col("piece")
    listed = texts.with_columns(piece=_trimmed(pl.col("text")).str.replace_all(",", ";", literal=True).str.split(";"))
    listed = listed.explode("piece").with_columns(_trimmed(piece)).drop_nulls("piece").with_row_index("place")
    is_single = listed["piece"].str.contains(SINGLE)
    several = listed.filter(~is_single)
    # Blanks once more: a piece that is no list of addresses at its blanks may hold such lists between its slashes.
    for separator in (" ", "/", " "):
        several = several.with_columns(_parted(piece, separator)).explode("piece").with_columns(_trimmed(piece))
    pieces = pl.concat([listed.filter(is_single), several.drop_nulls("piece")]).sort("place", maintain_order=True)
    return pieces.with_columns(address=_address(piece))


def _trimmed(text: pl.Expr) -> pl.Expr:
    """A text, or a piece of one, without all that may stand around an address; null if it says nothing."""
    bare = optional(text).str.replace(MAILTO, "${1}").str.replace(NAME_AND_ADDRESS, "${1}")
    # UTS 46 makes σ of Σ; lower-casing would make ς of one that ends a word.
    lower = bare.str.replace_all("Σ", "σ", literal=True).str.to_lowercase()
    return lower.str.strip_chars(STRAY_MARKS).str.replace(NULL_WORD, "").replace("", None)


def _parted(piece: pl.Expr, separator: str) -> pl.Expr:
    """The parts of a piece that is no address, if then every one that says anything holds an `@`; else the piece: List(String)."""
    listed = piece
    if separator == "/":
        # The null word `n/a` has a slash of its own. Twice: of two in a row, the first match takes the slash between.
        for _ in range(2):
            listed = listed.str.replace_all("(?:^|/) *n/a *(?:/|$)", "/")
    nothing = rf" *(?i-u:{'|'.join(map(re.escape, NULL_WORDS))})? *"
    parts_without_at = listed.str.replace_all(f"[^{separator}]*@[^{separator}]*", "")
    all_hold_at = parts_without_at.str.contains(f"^(?:{nothing}{separator})*{nothing}$")  # `ada obi@x.org` is no `obi@x.org`
    splits = all_hold_at & _address(piece).is_null()
    return pl.when(splits).then(listed.str.split(separator)).otherwise(pl.concat_list(piece))


def _address(piece: pl.Expr) -> pl.Expr:
    """The piece, its domain in ASCII, if that is a valid address; else null."""
    return piece.map_batches(_addresses, return_dtype=pl.String, is_elementwise=True)


def _addresses(pieces: pl.Series) -> pl.Series:
    address = pl.col("address")
    is_address = _is_address(address, last_label=f"(?:{LETTERS}|{A_LABEL})")
    in_ascii = changed_where(pieces.str.contains(FOREIGN_DOMAIN), pieces, _with_ascii_domains)
    return in_ascii.to_frame("address").select(pl.when(is_address).then(address)).to_series()


def _is_address(text: pl.Expr, *, last_label: str) -> pl.Expr:
    """Whether a text in lower case is a valid address. Null stays null."""
    return (
        text.str.contains(rf"^{LOCAL}@(?:{LABEL}\.)+{last_label}$")
        & (text.str.find("@", literal=True) <= MAX_LOCAL_CHARACTERS)
        & (text.str.len_bytes() <= MAX_ADDRESS_CHARACTERS)
    )


def _with_ascii_domains(pieces: pl.Series) -> pl.Series:
    local_and_at, domains = pieces.str.extract("^([^@]*@)"), pieces.str.extract(FOREIGN_DOMAIN)
    # IDNA judges the few distinct domains beyond ASCII one by one: it knows no columns.
    distinct = domains.unique()
    judged = pl.Series([_ascii_domain(domain) for domain in distinct], dtype=pl.String)
    return local_and_at + domains.replace_strict(distinct, judged, return_dtype=pl.String)


def _ascii_domain(domain: str) -> str | None:
    """The domain with A-labels (IDNA 2008, UTS 46 non-transitional); None where IDNA knows no such domain."""
    try:
        encoded = domain if domain.isascii() else idna.encode(domain, uts46=True, std3_rules=True).decode()
        idna.ulabel(encoded.rpartition(".")[2])
    except UnicodeError:  # idna's errors are UnicodeErrors
        return None
    return encoded
