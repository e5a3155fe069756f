"""v2/User ══▶ credentials/*.parquet, handover/*.csv: a password and a bcrypt hash for everybody who carries none over from V1.

Block by block; a block whose credentials are there is done and stays as it is.
"""

import csv
import io
import os
import secrets
import string
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Final

import bcrypt
import polars as pl
import pyrage

from pipeline.progress import Advance
from pipeline.run import Run
from pipeline.run_folder import PRIVATE_FILE

PASSWORD_LENGTH: Final = 12
CONFUSABLE: Final = "0O1lI"
ALPHABET: Final = "".join(sorted(set(string.ascii_letters + string.digits) - set(CONFUSABLE)))
"""The 57 letters and digits that cannot be taken for one another (mapping, section 9)."""

BLOCK_USERS: Final = 2_000
REMEMBERED_LOGINS: Final = 5
"""How many of a block's new passwords are kept in memory, for the verification to try."""


def credentials(run: Run, /) -> None:
    """Makes the missing passwords and their hashes, on all cores, and writes the handover file beside them.

    The passwords of a dry run will never let anybody in: it hands none over.
    """
    missing = pl.col("passwordHash").is_null()
    total = run.v2("User").select(missing.sum()).collect().item()
    with run.stage("credentials", total=total, unit="users") as advance, ThreadPoolExecutor(os.cpu_count()) as cores:
        for number, users in enumerate(_blocks(run)):
            path = run.folder.credentials(number)
            if path.exists():
                advance(users.height)
            else:
                passwords = [generated_password() for _ in range(users.height)]
                hashes = _hashes(cores, passwords, cost=run.settings.bcrypt_cost, advance=advance)
                if not run.settings.dry_run:
                    _write_handover(run, number, users.with_columns(password=pl.Series(passwords, dtype=pl.String)))
                _write_whole(path, users.select("id", passwordHash=pl.Series(hashes, dtype=pl.String)))
                sample = secrets.SystemRandom().sample(range(users.height), min(REMEMBERED_LOGINS, users.height))
                run.log.debug("block hashed", block=number, users=users.height)
                run.new_logins.update({users["id"][row]: passwords[row] for row in sample})


def generated_password() -> str:
    """A new password: 12 characters, at least one upper-case letter, one lower-case letter and one digit among them."""
    while True:
        password = "".join(secrets.choice(ALPHABET) for _ in range(PASSWORD_LENGTH))
        if any(map(str.isupper, password)) and any(map(str.islower, password)) and any(map(str.isdigit, password)):
            return password


def hashed(password: str, /, *, cost: int) -> str:
    """The bcrypt hash of a password, with a salt of its own: `$2b$…`, 60 characters."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(cost)).decode()


def _hashes(cores: ThreadPoolExecutor, passwords: list[str], *, cost: int, advance: Advance) -> list[str]:
    """The hashes of a block; bcrypt takes one password at a time, but lets go of the interpreter, so threads use every core."""
    hashing = [cores.submit(hashed, password, cost=cost) for password in passwords]
    try:
        for _ in as_completed(hashing):
            advance(1)
    except BaseException:
        cores.shutdown(cancel_futures=True)  # or Ctrl-C would wait for the whole block
        raise
    return [done.result() for done in hashing]


def _blocks(run: Run) -> Iterator[pl.DataFrame]:
    for part in run.folder.parts("v2", "User"):
        users = pl.scan_parquet(part).filter(pl.col("passwordHash").is_null()).select("id", "email").collect()
        yield from users.iter_slices(BLOCK_USERS)


def _write_handover(run: Run, number: int, users: pl.DataFrame) -> None:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(["user_id", "email", "password"])
    writer.writerows(users.iter_rows())
    content = text.getvalue().encode()
    recipient = run.settings.handover_recipient
    if recipient is not None:
        content = pyrage.encrypt(content, [pyrage.x25519.Recipient.from_str(recipient)])
    path = run.folder.handover(number, encrypted=recipient is not None)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE), "wb") as file:  # noqa: PTH123 - a descriptor with a mode
        file.write(content)


def _write_whole(path: Path, rows: pl.DataFrame) -> None:
    unfinished = path.with_suffix(".tmp")
    rows.write_parquet(unfinished)
    unfinished.replace(path)
