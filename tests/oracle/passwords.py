"""Section 9: which V1 passwords can be carried."""

import re

# The cost is a power of two from 4 to 31; 22 characters of salt, 31 of hash.
BCRYPT = re.compile(r"\$2[aby]\$(?:0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}")


def carried(hash_: str | None) -> str | None:
    """ "V1 bcrypt hash (`$2a$ $2b$ $2y$`, the full 60 characters) (...): kept byte for byte, `$2y$` written as
    `$2b$`"; null for anything else. "Passwords (...) are not text": nothing is cleaned.
    """
    if hash_ is None or not BCRYPT.fullmatch(hash_):
        return None
    return "$2b$" + hash_.removeprefix("$2y$") if hash_.startswith("$2y$") else hash_
