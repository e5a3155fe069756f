"""E-mail addresses: each person's own, those that people share, and how they were typed (mapping, section 4).

All domains are reserved for examples and tests (RFC 2606, RFC 6761), so that no letter ever reaches a stranger.
"""

from typing import Final

import polars as pl

from pipeline.sample import lexicon
from pipeline.sample.chance import Dice
from pipeline.sample.forms import Forms, written

PROVIDERS: Final = ("example.com", "example.org", "example.net", "mail.example", "post.example", "inbox.test")

OWN: Final[Forms] = {
    "{first}.{last}{number}@{domain}": 600,
    "{first}{number}@{domain}": 150,
    "{last}_{first}{number}@{domain}": 120,
    "{first}-{last}.{number}@{domain}": 80,
    "{first}.{last}{number}+school@{domain}": 30,
    "{first}'{last}{number}@{domain}": 5,
}
"""The number is the row's id, which makes every address of a kind of people its own."""

TYPED: Final[Forms] = {
    "{email}": 9200,
    # Still the same address.
    "{EMAIL}": 110,
    "{Email}": 100,
    " {email} ": 60,
    "{email}\t": 15,
    "\u200b{email}": 15,
    "{email}\u00a0": 15,
    "mailto:{email}": 30,
    "MAILTO:{email}": 15,
    "{first} {last} <{email}>": 40,
    '"{last}, {first}" <{email}>': 15,
    "<{email}>": 15,
    "{email}.": 15,
    "{email};": 15,
    ",{email}": 15,
    # Several in one field.
    "{email}, {second}": 20,
    "{email};{second}": 20,
    "{email} / {second}": 15,
    "{email} {second}": 15,
    "{nothing}, {email}": 15,
    "{first} at home, {email}": 15,
    "{first} <{email}>, {last} <{second}>": 15,
    # Domains that are not ASCII (UTS 46, non-transitional).
    "{local}@müller.example": 15,
    "{local}@STRAßE.example": 15,
    "{local}@例え.example": 15,
    "{local}@مثال.example": 15,
    # Nothing.
    "": 40,
    "  ": 15,
    "{nothing}": 100,
    # Not valid.
    "{local}": 30,
    "{local}@": 15,
    "@{domain}": 15,
    "{local}@localhost": 15,
    "{local}@@{domain}": 15,
    "{local}(at){domain}": 15,
    "{first} {local}@{domain}": 15,
    ".{local}@{domain}": 15,
    "{local}..x@{domain}": 15,
    "{local}@under_score.example": 15,
    "{local}@-hyphen.example": 15,
    "{local}@192.0.2.7": 15,
    "é{local}@{domain}": 15,
    "{local}@a-label-that-is-longer-than-the-sixty-three-octets-which-rfc-1035-allows.example": 12,
    "a-local-part-that-is-longer-than-the-sixty-four-octets-of-rfc-5321-{local}@{domain}": 15,
    "{local}@{domain}, {local}": 12,
    # A local part so long that a suffix makes it too long: shared, so one of the two must be cut.
    "a.local.part.that.fills.all.of.the.sixty-four.octets.of.rfc.5321@{domain}": 12,
}
"""How an address is typed, and what is typed in its place."""


def own(dice: Dice, /, *, domain: pl.Expr) -> pl.Expr:
    """The person's own address, in the form in which it would be compared. Needs `identity`'s columns. String out."""
    return written(
        OWN,
        dice=dice,
        purpose="own e-mail",
        first=_slug("first"),
        last=_slug("last"),
        number=pl.col(dice.key),
        domain=domain,
    )


def provider(dice: Dice, /) -> pl.Expr:
    """The domain of a mail provider. String out."""
    return dice.one_of(PROVIDERS, purpose="provider")


def typed(email: pl.Expr, /, *, dice: Dice) -> pl.Expr:
    """The address as it was typed. Null in, null or what people write in place of an address out. Needs `identity`'s columns."""
    at = email.str.split_exact("@", 1)
    return written(
        TYPED,
        dice=dice,
        purpose="form of the e-mail",
        email=email,
        EMAIL=email.str.to_uppercase(),
        Email=pl.concat_str(email.str.slice(0, 1).str.to_uppercase(), email.str.slice(1)),
        local=at.struct.field("field_0"),
        domain=at.struct.field("field_1"),
        first=pl.col("first"),
        last=pl.col("last"),
        nothing=dice.one_of(lexicon.NOTHING, purpose="no e-mail"),
        second=pl.concat_str(_slug("first"), pl.lit("."), dice.roll("second e-mail"), pl.lit("@second.example")),
    )


def suffixed(email: pl.Expr, /) -> pl.Expr:
    """The address that a second claimant of this one would get, were it free. String out."""
    return email.str.replace("@", "+2@", literal=True)


def _slug(part: str) -> pl.Expr:
    return pl.col(part).replace_strict(lexicon.slugs(), return_dtype=pl.String)
