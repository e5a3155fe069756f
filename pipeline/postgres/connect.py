"""Reaches the two databases, by psycopg and by ADBC, and turns what goes wrong there into errors of ours.

A message of a driver may quote a row or a password, so of a server's error only its kind and the names of table and constraint are
passed on.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

import psycopg
from adbc_driver_postgresql import dbapi

from pipeline.errors import ConnectionFailedError, DatabaseError, SettingsError

CONNECT_TIMEOUT_SECONDS: Final = 10
DEFAULT_PORT: Final = 5432
SSL_OPTIONS: Final = ("sslmode", "sslrootcert", "sslcert", "sslkey")
"""What of a URL's query libpq and connectorx understand; Prisma's own options (`connection_limit` …) are Prisma's."""


NAMED: Final = ("table", "column", "constraint")
"""What an error may name without giving a row away."""

CONNECTION_STATES: Final = ("08", "28", "3D", "53300", "57P")
"""SQLSTATEs, or their beginnings, of a connection that was refused or broke."""

CONNECTION_PROBLEMS: Final = (
    (
        "password authentication failed",
        "the server refuses the user or the password",
        "Check user and password in the settings.",
    ),
    ("no password supplied", "the server wants a password", "Set the password in the settings."),
    (
        "does not exist",
        "there is no such database or user",
        "Check the name of the database and of the user in the settings.",
    ),
    ("Connection refused", "no server answers there", "Check host and port in the settings, and that the server runs."),
    ("could not translate host name", "the host's name is not known", "Check the host in the settings."),
    ("Name or service not known", "the host's name is not known", "Check the host in the settings."),
    ("timeout", "no server answered in time", "Check host and port in the settings, and any firewall between."),
    (
        "too many",
        "the server has no connection left to give",
        "Close other connections, or raise the server's max_connections.",
    ),
)
"""A sign in the driver's message, the problem for people, and what to do."""


@dataclass(frozen=True, kw_only=True)
class Database:
    """Where one of the two databases is, and as whom it is entered."""

    label: Literal["V1", "V2"]
    host: str
    port: int = DEFAULT_PORT
    name: str
    user: str
    password: str = field(default="", repr=False)
    schema: str = "public"
    ssl: tuple[tuple[str, str], ...] = ()

    @classmethod
    def from_url(cls, label: Literal["V1", "V2"], url: str, /) -> "Database":
        """Reads a URL as Prisma writes it: `postgresql://user:password@host:5432/name?schema=public&sslmode=require`.

        Raises:
            SettingsError: No PostgreSQL URL, or one that names no host, user or database. The URL is not quoted.
        """
        variable = f"{label}_DATABASE_URL"
        try:
            parts = urlsplit(url)
            options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            host, port = options.get("host") or unquote(parts.hostname or ""), parts.port or DEFAULT_PORT
        except ValueError:
            parts, options, host, port = urlsplit(""), {}, "", DEFAULT_PORT
        name, user = unquote(parts.path.removeprefix("/")), unquote(parts.username or "")
        if parts.scheme not in {"postgresql", "postgres"} or not (host and name and user):
            raise SettingsError(
                f"{variable} is not a PostgreSQL URL that names a user, a host and a database.",
                next_step="Write it as postgresql://USER:PASSWORD@HOST:5432/NAME, special characters of the password percent-encoded.",
            )
        return cls(
            label=label,
            host=host,
            port=port,
            name=name,
            user=user,
            password=unquote(parts.password or ""),
            schema=options.get("schema", "public"),
            ssl=tuple((option, options[option]) for option in SSL_OPTIONS if option in options),
        )

    @property
    def url(self) -> str:
        """The URL with the password in it: for drivers only, never for people."""
        secret = f":{quote(self.password, safe='')}" if self.password else ""
        query = f"?{urlencode(self.ssl)}" if self.ssl else ""
        return (
            f"postgresql://{quote(self.user, safe='')}{secret}@{quote(self.host, safe='')}:{self.port}/{quote(self.name, safe='')}{query}"
        )

    @property
    def place(self) -> str:
        """Where it is, for people: `V1 (heimdall on db.example.org:5432)`."""
        return f"{self.label} ({self.name} on {self.host}:{self.port})"

    def table(self, name: str, /) -> str:
        """A table's name, qualified and quoted for SQL."""
        return f"{_quoted(self.schema)}.{_quoted(name)}"


@contextmanager
def connected(database: Database, /, *, read_only: bool = False) -> Iterator[psycopg.Connection]:
    """A psycopg connection in UTC, with the database's schema first in the search path; closed, and rolled back, at the end.

    Raises:
        ConnectionFailedError: No server answers, it refuses the user, or the connection broke.
        DatabaseError: The server refused a statement.
    """
    with mapped_errors(database):
        connection = psycopg.connect(
            database.url,
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            options=f"-c TimeZone=UTC -c search_path={_quoted(database.schema)}",
            application_name="school-migrator",
        )
        connection.read_only = read_only
        with connection:
            yield connection


@contextmanager
def bulk_connected(database: Database, /) -> Iterator[dbapi.Connection]:
    """An ADBC connection in UTC inside one transaction; rolled back at the end unless it was committed.

    Raises:
        ConnectionFailedError: No server answers, or the connection broke.
        DatabaseError: The server refused a statement.
    """
    with mapped_errors(database):
        connection = dbapi.connect(database.url)
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET TimeZone = 'UTC'")
                cursor.execute(f"SET search_path = {_quoted(database.schema)}")
            yield connection
        finally:
            connection.close()


@contextmanager
def mapped_errors(database: Database, /) -> Iterator[None]:
    """Turns errors of psycopg, ADBC and connectorx into ours, without the rows, statements and URLs that they quote.

    Raises:
        ConnectionFailedError: No server answers, it refuses the user, or the connection broke.
        DatabaseError: The server refused a statement.
    """
    try:
        yield
    except psycopg.Error as error:
        named = {name: value for name in NAMED if (value := getattr(error.diag, f"{name}_name"))}
        raise _mapped(database, error.sqlstate, str(error), named) from None
    except dbapi.Error as error:
        fields = {str(key, "ascii"): str(value, "utf-8", "replace") for key, value in error.details}
        named = {name: fields[key] for name in NAMED if (key := f"PG_DIAG_{name.upper()}_NAME") in fields}
        raise _mapped(database, error.sqlstate, str(error), named) from None


def _quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _mapped(database: Database, sqlstate: str | None, message: str, named: dict[str, str]) -> DatabaseError:
    if sqlstate is None or sqlstate.startswith(CONNECTION_STATES):
        for sign, problem, next_step in CONNECTION_PROBLEMS:
            if sign in message:
                return ConnectionFailedError(f"{database.place}: {problem}.", next_step=next_step)
        return ConnectionFailedError(
            f"{database.place} cannot be reached, or the connection broke.",
            next_step=f"Check that a PostgreSQL server runs there, that this machine reaches it, and the {database.label}_DB_* settings.",
        )
    about = "".join(f", {name} {value}" for name, value in named.items())
    try:
        kind = psycopg.errors.lookup(sqlstate).__name__
    except KeyError:
        kind = "error"
    return DatabaseError(
        f"{database.place} refused a statement: {kind} (SQLSTATE {sqlstate}){about}.",
        next_step="The server's log has the statement.",
    )
