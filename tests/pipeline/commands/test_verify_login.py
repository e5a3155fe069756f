"""`verify-login`: lets in whom V2 lets in, and tells nobody's address, name, password or hash."""

import json
import sys
from collections.abc import Callable, Iterator
from io import StringIO
from textwrap import dedent
from typing import Any

import bcrypt
import psycopg
import pytest

from pipeline.commands.terminal import Terminal
from pipeline.commands.verify_login import verify_login
from pipeline.errors import DatabaseError, SchemaError, SettingsError, UsageError, VerificationError
from pipeline.postgres.connect import Database
from pipeline.postgres.embedded import Server
from pipeline.settings import read_settings
from pipeline.stages.setup import set_up
from tests.conftest import MakeDatabase
from tests.pipeline.commands.pseudo_terminal import at_terminal
from tests.pipeline.conftest import Clerk

pytestmark = pytest.mark.usefixtures("nothing_set")

LONG = "ü" * 36 + "never looked at"
"""36 letters of two bytes, and what is beyond 72 bytes."""


def hashed(password: str, *, version: str = "2b") -> str:
    made = bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(4)).decode()
    return f"${version}{made[3:]}"


USERS = {
    "ada": ("ada@x.org", hashed("geheim"), "ACTIVE", True),
    "bob": ("Bob@X.org", hashed("geheim", version="2a"), "ACTIVE", False),
    "eve": ("eve@x.org", hashed("geheim"), "INACTIVE", False),
    "php": ("php@x.org", hashed("geheim", version="2y"), "ACTIVE", False),
    "odd": ("odd@x.org", "geheim", "ACTIVE", False),
    "new": ("new@x.org", hashed("geheim", version="2x"), "ACTIVE", False),
    "old": ("ADA@x.org", hashed("another"), "ACTIVE", False),
    "long": ("long@x.org", hashed(LONG), "ACTIVE", False),
}
"""Id → address, hash, status, must change the password."""

ROWS = """
    INSERT INTO "School" ("id", "name", "code", "country", "updatedAt")
        VALUES ('1', 'Green Hill', 'GH', 'NG', '2024-01-01'), ('2', 'Blue Hill', 'BH', 'NG', '2024-01-01');
    INSERT INTO "UserRole" ("id", "userId", "roleId", "schoolId")
        SELECT role."code" || school."id", 'ada', role."id", school."id" FROM "Role" AS role, "School" AS school
        WHERE (role."code", school."code") IN (('TEACHER', 'GH'), ('PARENT', 'GH'), ('PARENT', 'BH'));
"""

ADA = {
    "accepted": True,
    "user": "ada",
    "status": "ACTIVE",
    "must_change_password": True,
    "roles": [
        {"role": "PARENT", "school": "BH"},
        {"role": "PARENT", "school": "GH"},
        {"role": "TEACHER", "school": "GH"},
    ],
}

NOBODY = "V2 lets nobody in with this e-mail address and password."


@pytest.fixture(scope="module")
def url(server: Server) -> Iterator[str]:
    """A V2 with a few users. Only ever read."""
    name = server.create_database("v2_of_logins")
    with psycopg.connect(server.url(name)) as connection:
        set_up(connection)
        for user, (email, password_hash, status, must_change) in USERS.items():
            connection.execute(
                """
                INSERT INTO "User" ("id", "userTypeId", "email", "passwordHash", "status", "mustChangePassword", "firstName", "updatedAt")
                SELECT %s, "id", %s, %s, %s::"UserStatus", %s, 'Secretname', '2024-01-01' FROM "UserType" WHERE "code" = 'TEACHER'
                """,
                [user, email, password_hash, status, must_change],
            )
        connection.execute(ROWS)
    yield server.url(name)
    server.drop_database(name)


SignIn = Callable[..., dict[str, Any]]


@pytest.fixture
def sign_in(url: str, monkeypatch: pytest.MonkeyPatch) -> SignIn:
    """Signs in with a password from standard input; the database may be entered otherwise."""

    def signed_in(email: str, password: str, *, as_json: bool = False, database: str = url) -> dict[str, Any]:
        monkeypatch.setattr(sys, "stdin", StringIO(password))
        return verify_login(read_settings(v2_database_url=database), Terminal(as_json=as_json), email=email)

    return signed_in


# Who is let in


def test_the_right_password_lets_in_and_tells_as_whom(sign_in: SignIn, capsys: pytest.CaptureFixture[str]) -> None:
    assert sign_in("ada@x.org", "geheim\n", as_json=True) == ADA
    out, err = capsys.readouterr()
    assert json.loads(out) == ADA
    assert err == ("V2 lets user ada in, who is PARENT at BH, PARENT at GH, TEACHER at GH.\nA new password must be chosen at once.\n")


@pytest.mark.parametrize(
    ("email", "user"),
    [(" ADA@X.org ", "ada"), ("bob@x.org", "bob"), ("BOB@X.ORG", "bob"), ("php@x.org", "php")],
)
def test_the_address_is_compared_without_case(email: str, user: str, sign_in: SignIn) -> None:
    assert sign_in(email, "geheim")["user"] == user


def test_who_has_no_role_is_let_in_all_the_same(sign_in: SignIn, capsys: pytest.CaptureFixture[str]) -> None:
    assert sign_in("bob@x.org", "geheim\n")["roles"] == []
    assert capsys.readouterr().out == "V2 lets user bob in, who is nobody anywhere: the user has no role.\n"


@pytest.mark.parametrize("password", [LONG, "ü" * 36, LONG + "!"])
def test_beyond_72_bytes_a_password_is_not_looked_at(password: str, sign_in: SignIn) -> None:
    assert sign_in("long@x.org", password)["accepted"]


def test_within_72_bytes_every_byte_counts(sign_in: SignIn) -> None:
    with pytest.raises(VerificationError):
        sign_in("long@x.org", "ü" * 35)


# Who is not


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ada@x.org", "wrong"),
        ("ada@x.org", "geheim "),
        ("ada@x.org", " geheim"),
        ("ada@x.org", "Geheim"),
        ("ada@x.org", "another"),
        ("eve@x.org", "wrong"),
        ("odd@x.org", "geheim"),
        ("new@x.org", "geheim"),
        ("nobody@x.org", "geheim"),
        ("%@x.org", "geheim"),
        ("ada@x.org' OR true --", "geheim"),
    ],
)
def test_all_others_are_refused_alike(email: str, password: str, sign_in: SignIn, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(VerificationError) as refused:
        sign_in(email, password, as_json=True)
    assert (refused.value.problem, refused.value.exit_code) == (NOBODY, 7)
    assert json.loads(capsys.readouterr().out) == {
        "accepted": False,
        "user": None,
        "status": None,
        "must_change_password": None,
        "roles": [],
        "problem": NOBODY,
        "next_step": refused.value.next_step,
        "exit_code": 7,
    }


def test_who_is_inactive_is_told_so(sign_in: SignIn, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(VerificationError, match=r"user eve in: .* status is INACTIVE") as refused:
        sign_in("eve@x.org", "geheim", as_json=True)
    assert refused.value.exit_code == 7
    answer = json.loads(capsys.readouterr().out)
    assert (answer["accepted"], answer["user"], answer["status"]) == (False, "eve", "INACTIVE")


# Secrets


@pytest.mark.parametrize(
    ("email", "password"), [("ada@x.org", "geheim"), ("ada@x.org", "gehejm"), ("eve@x.org", "geheim"), ("odd@x.org", "geheim")]
)
@pytest.mark.parametrize("as_json", [True, False])
def test_nothing_secret_is_told(email: str, password: str, as_json: bool, sign_in: SignIn, capsys: pytest.CaptureFixture[str]) -> None:
    told = ""
    try:
        sign_in(email, password, as_json=as_json)
    except VerificationError as error:
        told = str(error)
    told += "".join(capsys.readouterr())
    for secret in (email, password, "Secretname", "$2", "geheim"):
        assert secret not in told


# What cannot be meant


@pytest.mark.parametrize("password", ["", "\n", "\ngeheim\n"])
def test_without_a_password_nothing_is_checked(password: str, sign_in: SignIn) -> None:
    with pytest.raises(UsageError, match="no password"):
        sign_in("ada@x.org", password)


@pytest.mark.parametrize("email", ["", "  ", "ada\0@x.org", "ada\udcff@x.org"])
def test_an_address_that_is_none_is_wrong_usage(email: str, sign_in: SignIn) -> None:
    with pytest.raises(UsageError, match="no e-mail address"):
        sign_in(email, "geheim")


def test_without_settings_of_v2_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Terminal, "password", lambda *_: pytest.fail("asked"))
    with pytest.raises(SettingsError):
        verify_login(read_settings(), Terminal(), email="ada@x.org")


def test_a_database_that_is_no_v2_is_told(sign_in: SignIn, make_database: MakeDatabase) -> None:
    with pytest.raises(SchemaError, match="V2's tables"):
        sign_in("ada@x.org", "geheim", database=make_database())


def test_who_may_not_read_v2_is_told(sign_in: SignIn, url: str, clerk: Clerk) -> None:
    with pytest.raises(DatabaseError, match="permission denied for table User"):
        sign_in("ada@x.org", "geheim", database=clerk.at(Database.from_url("V2", url)).url)


# At a terminal


def test_at_a_terminal_the_password_is_asked_for_unseen(url: str) -> None:
    code = dedent(
        """
        from pipeline.commands.terminal import Terminal
        from pipeline.commands.verify_login import verify_login
        from pipeline.settings import read_settings
        verify_login(read_settings(), Terminal(), email="ada@x.org")
        """
    )
    shown, exit_code = at_terminal(code, typed={"Password: ": "geheim\n"}, environment={"V2_DATABASE_URL": url})
    assert exit_code == 0
    assert shown.startswith("Password: \nV2 lets user ada in")
