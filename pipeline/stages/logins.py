"""Proof that the new passwords let their owners in: some of them are tried against the hashes that V2 holds."""

import secrets
from typing import Final

import bcrypt
import polars as pl

from pipeline.run import Run
from pipeline.stages.target import Target

TRIED_LOGINS: Final = 20
"""How many passwords are tried."""


def remembered(run: Run, /) -> pl.DataFrame:
    """Some new passwords that this process made: `id` (a user's), `password`."""
    logins = pl.DataFrame(
        {"id": list(run.new_logins), "password": list(run.new_logins.values())}, schema=dict.fromkeys(("id", "password"), pl.String)
    )
    return _some(logins)


def handed_over(run: Run, /) -> pl.DataFrame:
    """Some passwords of the handover, in the same form; none where it is encrypted, or not there."""
    parts = sorted((run.folder.path / "handover").glob("part-*.csv"))
    chosen = secrets.SystemRandom().sample(parts, min(TRIED_LOGINS, len(parts)))
    read = [pl.read_csv(part, columns=["user_id", "password"], infer_schema=False).rename({"user_id": "id"}) for part in chosen]
    return _some(pl.concat([remembered(run).clear(), *read]))


def failing(target: Target, logins: pl.DataFrame, /) -> pl.DataFrame:
    """The users (`id`) whom V2 does not hold, or holds with the hash of another password."""
    if logins.is_empty():
        return logins.select("id")
    ids = ", ".join(f"'{user}'" for user in logins["id"])
    query = f'SELECT "id"::text AS "id", "passwordHash"::text AS "hash" FROM {target.database.table("User")} WHERE "id"::text IN ({ids})'
    tried = logins.join(target.query(query), on="id", how="left")
    # bcrypt judges one password at a time; there are few.
    fits = [_fits(password, stored) for password, stored in tried.select("password", "hash").iter_rows()]
    return tried.select("id").filter(~pl.Series(fits, dtype=pl.Boolean))


def _some(logins: pl.DataFrame) -> pl.DataFrame:
    return logins[secrets.SystemRandom().sample(range(logins.height), min(TRIED_LOGINS, logins.height))]


def _fits(password: str, stored: str | None) -> bool:
    try:
        return stored is not None and bcrypt.checkpw(password.encode(), stored.encode())
    except ValueError:  # no bcrypt hash
        return False
