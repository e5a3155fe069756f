"""V1's passwords: bcrypt hashes of all three versions, and what was stored before there were any (mapping, section 9)."""

from base64 import b64encode
from functools import cache
from hashlib import blake2b, md5
from typing import Final, NamedTuple

import bcrypt
import polars as pl

from pipeline.sample.chance import Dice
from pipeline.sample.forms import Forms, written

KNOWN_PASSWORDS: Final = 300
"""So many different ones; people share them, salts included, as hashing takes its time."""

COST: Final = 4
"""The least that bcrypt allows, about 1 ms a hash: these passwords guard nothing."""

STORED: Final[Forms] = {
    "$2b${rest}": 3600,
    "$2a${rest}": 2400,
    "$2y${rest}": 1500,
    "{md5}": 800,
    "{MD5}": 100,
    "{plain}": 600,
    None: 500,
    "": 120,
    "  ": 20,
    # Almost a hash.
    "$2b${truncated}": 120,
    "$2b${rest}\n": 30,
    " $2a${rest}": 30,
    "$2x${rest}": 30,
    "$2b${rest}$": 30,
    "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b4dWRWJTmaaJObG": 30,
}
"""What V1 holds: `rest` is all of a hash but its version."""

STANDARD_ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
BCRYPT_ALPHABET: Final = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
"""Base64 as RFC 4648 writes it, and as bcrypt does."""


class Password(NamedTuple):
    """A password and its two digests, the bcrypt hash without its version (`$2b$`)."""

    plain: str
    bcrypt_rest: str
    md5: str


def stored(dice: Dice, /) -> pl.Expr:
    """A password as V1 holds it, of whatever kind. String out, or null."""
    number = dice.below(KNOWN_PASSWORDS, purpose="password")
    plain, bcrypt_rest, md5_hex = (number.replace_strict(range(KNOWN_PASSWORDS), column) for column in zip(*known_passwords(), strict=True))
    return written(
        STORED,
        dice=dice,
        purpose="kind of password",
        plain=plain,
        rest=bcrypt_rest,
        truncated=bcrypt_rest.str.head(-1),
        md5=md5_hex,
        MD5=md5_hex.str.to_uppercase(),
    )


@cache
def known_passwords() -> tuple[Password, ...]:
    """All passwords that sample people have; the same on every machine, salts included."""
    return tuple(_password(number) for number in range(KNOWN_PASSWORDS))


def plain_of(bcrypt_hash: str, /) -> str | None:
    """The password behind a sample's bcrypt hash, whichever its version; None for anything else.

    >>> plain_of("$2y$" + known_passwords()[7].bcrypt_rest)
    'heimdall-007'
    """
    if bcrypt_hash[:4] not in {"$2a$", "$2b$", "$2y$"}:
        return None
    return {password.bcrypt_rest: password.plain for password in known_passwords()}.get(bcrypt_hash[4:])


def _password(number: int) -> Password:
    # Every tenth is not ASCII: a login must encode it as UTF-8 to get in.
    plain = f"hëimdåll-{number:03}" if number % 10 == 0 else f"heimdall-{number:03}"
    salt = b64encode(blake2b(plain.encode(), digest_size=16).digest()).rstrip(b"=")
    settings = b"$2b$%02d$" % COST + salt.translate(bytes.maketrans(STANDARD_ALPHABET, BCRYPT_ALPHABET))
    hashed = bcrypt.hashpw(plain.encode(), settings).decode()
    return Password(plain, hashed.removeprefix("$2b$"), md5(plain.encode(), usedforsecurity=False).hexdigest())
