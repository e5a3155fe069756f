"""`verify-login EMAIL`: whether V2's sign-in would let somebody in with this e-mail address and password."""

import re
from dataclasses import dataclass
from typing import Any, Final

import bcrypt
import psycopg
from psycopg.rows import class_row, dict_row

from pipeline.commands.terminal import Terminal
from pipeline.errors import SchemaError, UsageError, VerificationError
from pipeline.postgres.connect import connected
from pipeline.settings import Settings
from pipeline.stages.setup import missing_schema
from transforms.passwords import BCRYPT_HASH

SIGN_IN_BYTES: Final = 72
"""What bcrypt takes of a password. V2's bcryptjs cuts a longer one there and says nothing; Python's bcrypt refuses it."""

USER: Final = """
    SELECT "id"::text AS id, "passwordHash" AS password_hash, "status"::text AS status, "mustChangePassword" AS must_change_password
    FROM "User" WHERE lower("email") = %(address)s ORDER BY "email" = %(address)s DESC, "id" LIMIT 1
"""
"""V2 holds addresses in lower case; of two that differ by case only, the one in lower case is meant."""

ACTIVE: Final = "ACTIVE"
"""The one status that V2 lets in."""

ROLES: Final = """
    SELECT role."code" AS role, school."code" AS school
    FROM "UserRole" AS held JOIN "Role" AS role ON role."id" = held."roleId" JOIN "School" AS school ON school."id" = held."schoolId"
    WHERE held."userId"::text = %s ORDER BY 1, 2
"""


@dataclass(frozen=True)
class _User:
    id: str
    password_hash: str
    status: str
    must_change_password: bool


def verify_login(settings: Settings, terminal: Terminal, /, *, email: str) -> dict[str, Any]:
    """Asks for the password, and says whether V2 lets its owner in, and as whom: by id, status and roles, never by name or address.

    The address is compared without case and without blanks around it. The password counts as it is typed: the first 72 bytes of
    it in UTF-8, as V2's bcryptjs has it. Nothing is written.

    Raises:
        UsageError: No address, or no password.
        ConnectionFailedError, DatabaseError: V2 cannot be reached, or refuses to be read.
        SchemaError: V2 lacks its tables.
        VerificationError: V2 does not let them in: no such user, another password or a hash that is not bcrypt's, which are
            not told apart; or a user who is not ACTIVE.
    """
    v2 = settings.database("V2")
    address = email.strip().lower()
    if not (address and address.isprintable()):
        raise UsageError("That is no e-mail address.", next_step="Name the one to sign in with: verify-login ada@school.example")
    password = terminal.password("Password: ")
    with connected(v2, read_only=True) as connection:
        if missing := missing_schema(connection):
            raise SchemaError(
                f"{v2.place} lacks {len(missing)} of V2's tables, columns and enums.",
                next_step="Is this the V2 database, and is the schema in the URL (?schema=) the right one?",
            )
        user = _user(connection, address)
        if user and not _is_password_of(user, password):
            user = None
        roles = _roles(connection, user) if user else []
    refusal = _refusal(user)
    answer = {
        "accepted": refusal is None,
        "user": user.id if user else None,
        "status": user.status if user else None,
        "must_change_password": user.must_change_password if user else None,
        "roles": roles,
    }
    if refusal:
        terminal.give(answer | {"problem": refusal.problem, "next_step": refusal.next_step, "exit_code": refusal.exit_code})
        raise refusal
    terminal.say(f"V2 lets user {answer['user']} in, who is {_listed(roles)}.")
    if answer["must_change_password"]:
        terminal.say("A new password must be chosen at once.")
    terminal.give(answer)
    return answer


def _user(connection: psycopg.Connection, address: str) -> _User | None:
    with connection.cursor(row_factory=class_row(_User)) as cursor:
        return cursor.execute(USER, {"address": address}).fetchone()


def _is_password_of(user: _User, password: str) -> bool:
    is_bcrypt = re.fullmatch(BCRYPT_HASH, user.password_hash) is not None
    return is_bcrypt and bcrypt.checkpw(password.encode()[:SIGN_IN_BYTES], user.password_hash.encode())


def _roles(connection: psycopg.Connection, user: _User) -> list[dict[str, str]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(ROLES, [user.id]).fetchall()


def _refusal(user: _User | None) -> VerificationError | None:
    """Why V2 does not let in the user whom address and password belong to; None where it does."""
    if user is None:
        return VerificationError(
            "V2 lets nobody in with this e-mail address and password.",
            next_step="Check both, that this is the V2 you mean, and that it keeps the user's password as a bcrypt hash.",
        )
    if user.status != ACTIVE:
        return VerificationError(
            f"V2 does not let user {user.id} in: address and password are right, but the status is {user.status}.",
            next_step=f"If that is not meant, set the user's status in V2 to {ACTIVE}.",
        )
    return None


def _listed(roles: list[dict[str, str]]) -> str:
    return ", ".join(f"{role['role']} at {role['school']}" for role in roles) or "nobody anywhere: the user has no role"
