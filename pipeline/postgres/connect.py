"""Reaches the two databases, by psycopg and by ADBC, and turns what goes wrong there into errors of ours.

A message of a driver may quote a row or a password, so of a server's error only its kind and the names of table and constraint are
passed on.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlencode, urlsplit

import psycopg
from adbc_driver_postgresql import dbapi

from pipeline.errors import ConnectionFailedError, DatabaseError, SettingsError

CONNECT_TIMEOUT_SECONDS: Final = 10
UNHEARD: Final = logging.NullHandler()
"""For psycopg's warnings, which would else be printed: they quote what the server said of a connection that broke."""
DEFAULT_PORT: Final = 5432
SSL_OPTIONS: Final = ("sslmode", "sslrootcert", "sslcert", "sslkey")
"""What of a URL's query libpq and connectorx understand; Prisma's own options (`connection_limit` …) are Prisma's."""

SSL_MODES: Final = ("disable", "prefer", "require")
"""Prisma's. connectorx knows no others, and `verify-full` must not quietly become less on the connections that read."""

NAMED: Final = ("table", "column", "constraint")
"""What an error may name without giving a row away."""

CONNECTION_STATES: Final = ("08", "28", "3D", "53300", "57P")
"""SQLSTATEs, or their beginnings, of a connection that was refused or broke."""

PERMISSION_DENIED: Final = "42501"
"""The one SQLSTATE whose message is passed on: it names the table or schema, and nothing else does."""

PANIC: Final = "PanicException"
"""What a panic of connectorx is called in Python; it derives from `BaseException`, and its class cannot be imported."""

PANIC_STATE: Final = re.compile(r"code: SqlState\(E(?P<sqlstate>[0-9A-Z]{5})\)")
"""A server's error in the text of a panic."""

LOST_WHILE_READING: Final = (
    "timed out waiting for connection",
    "error communicating with the server",
    "connection closed",
    "kind: Closed",
    "kind: Io",
)
"""Signs, in what connectorx says, of a connection that was refused or broke."""

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
        "unsupported startup parameter",
        "a pooler stands before the server",
        "Connect to the server itself: a pooler cannot hold a snapshot or a lock for a whole run.",
    ),
    ("does not support SSL", "the server does not speak TLS", "Enable TLS there, or change sslmode in the URL."),
    ("certificate", "the certificate does not pass", "Check sslmode and sslrootcert in the URL."),
    (
        "pg_hba.conf",
        "the server's pg_hba.conf lets nobody in from here as that user",
        "Ask the server's administrator for an entry.",
    ),
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

        A folder of sockets is named as `?host=`, or percent-encoded in the place of the host. `sslcert` without `sslkey` is
        Prisma's name for the certificate that the server's is judged by, libpq's `sslrootcert`.

        Raises:
            SettingsError: No PostgreSQL URL, one that names no host, user or database, or an `sslmode` beyond Prisma's. The URL is
                not quoted.
        """
        variable = f"{label}_DATABASE_URL"
        try:
            parts = urlsplit(url)
            options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            host, port = options.get("host") or _host(parts), parts.port or DEFAULT_PORT
        except ValueError:
            parts, options, host, port = urlsplit(""), {}, "", DEFAULT_PORT
        name, user = unquote(parts.path.removeprefix("/")), unquote(parts.username or "")
        if parts.scheme not in {"postgresql", "postgres"} or not (host and name and user):
            raise SettingsError(
                f"{variable} is not a PostgreSQL URL that names a user, a host and a database.",
                next_step="Write it as postgresql://USER:PASSWORD@HOST:5432/NAME, special characters of the password percent-encoded.",
            )
        if options.get("sslmode", SSL_MODES[0]) not in SSL_MODES:
            raise SettingsError(
                f"{variable}: sslmode is none of {', '.join(SSL_MODES)}.",
                next_step="To have the server's certificate verified, set sslmode=require and sslrootcert=FILE.",
            )
        if "sslcert" in options and "sslkey" not in options:
            options.setdefault("sslrootcert", options.pop("sslcert"))
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
        query = f"?{urlencode(self.ssl, quote_via=quote)}" if self.ssl else ""
        return (
            f"postgresql://{quote(self.user, safe='')}{secret}@{quote(self.host, safe='')}:{self.port}/{quote(self.name, safe='')}{query}"
        )

    @property
    def prisma_url(self) -> str:
        """The URL as Prisma writes it, with the schema; for drivers only, never for people."""
        return f"{self.url}{'&' if self.ssl else '?'}{urlencode({'schema': self.schema})}"

    @property
    def place(self) -> str:
        """Where it is, for people: `V1 (heimdall on db.example.org:5432)`."""
        return f"{self.label} ({self.name} on {self.host}:{self.port})"

    def table(self, name: str, /) -> str:
        """A table's name, qualified and quoted for SQL."""
        return f"{_quoted(self.schema)}.{_quoted(name)}"


@contextmanager
def connected(database: Database, /, *, read_only: bool = False) -> Iterator[psycopg.Connection]:
    """A psycopg connection in UTC, in the database's schema; closed at the end, its work committed unless the block raised.

    Raises:
        ConnectionFailedError: No server answers, it refuses the user, or the connection broke.
        DatabaseError: The server refused a statement.
    """
    logging.getLogger("psycopg").addHandler(UNHEARD)
    with mapped_errors(database):
        connection = psycopg.connect(
            database.url,
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            options=f"-c TimeZone=UTC -c search_path={_escaped(_quoted(database.schema))}",
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
                cursor.execute("SET client_encoding = 'UTF8'")  # what Arrow's strings are, whatever the database keeps
                cursor.execute(f"SET search_path = {_quoted(database.schema)}")
            yield connection
        finally:
            connection.close()


@contextmanager
def mapped_errors(database: Database, /) -> Iterator[None]:
    """Turns errors of psycopg and ADBC into ours, without the rows, statements and URLs that they quote.

    Raises:
        ConnectionFailedError: No server answers, it refuses the user, or the connection broke.
        DatabaseError: The server refused a statement, or the driver could not do what was asked.
    """
    try:
        yield
    except psycopg.Error as error:
        named = {name: value for name in NAMED if (value := getattr(error.diag, f"{name}_name"))}
        is_lost = _is_lost(error.sqlstate, otherwise=isinstance(error, psycopg.OperationalError))
        raise _mapped(database, error.sqlstate, str(error), named, error.diag.message_primary, is_lost=is_lost) from None
    except dbapi.Error as error:
        fields = {str(key, "ascii"): str(value, "utf-8", "replace") for key, value in error.details}
        named = {name: fields[key] for name in NAMED if (key := f"PG_DIAG_{name.upper()}_NAME") in fields}
        is_lost = _is_lost(error.sqlstate, otherwise=isinstance(error, dbapi.OperationalError))
        raise _mapped(database, error.sqlstate, str(error), named, fields.get("PG_DIAG_MESSAGE_PRIMARY"), is_lost=is_lost) from None


@contextmanager
def mapped_read_errors(database: Database, /) -> Iterator[None]:
    """Turns errors and panics of connectorx into ours; only for blocks that call nothing else, for its errors have no class of their own.

    Raises:
        ConnectionFailedError: The connection was refused, or broke.
        DatabaseError: The server refused the query, or gave a value or type that connectorx cannot read.
    """
    try:
        yield
    except BaseException as error:
        if not (isinstance(error, RuntimeError) or type(error).__name__ == PANIC):
            raise
        message = str(error)
        found = PANIC_STATE.search(message)
        sqlstate = found["sqlstate"] if found else None
        is_lost = _is_lost(sqlstate, otherwise=any(sign in message for sign in LOST_WHILE_READING))
        raise _mapped(database, sqlstate, message, {}, None, is_lost=is_lost) from None


def _host(parts: SplitResult) -> str:
    """The host as it is written: `hostname` is lower case, and a folder of sockets is not."""
    address = parts.netloc.rpartition("@")[2]
    if address.startswith("["):
        return parts.hostname or ""
    return unquote(address.partition(":")[0])


def _quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _escaped(value: str) -> str:
    """A value for libpq's `options`, which are cut at blanks."""
    return re.sub(r"([\\\s])", r"\\\1", value)


def _is_lost(sqlstate: str | None, *, otherwise: bool) -> bool:
    """Whether a connection was refused or broke; `otherwise`: what is true if the server gave no SQLSTATE."""
    return sqlstate.startswith(CONNECTION_STATES) if sqlstate else otherwise


def _mapped(
    database: Database, sqlstate: str | None, message: str, named: dict[str, str], primary: str | None, *, is_lost: bool
) -> DatabaseError:
    if is_lost:
        for sign, problem, next_step in CONNECTION_PROBLEMS:
            if sign in message:
                return ConnectionFailedError(f"{database.place}: {problem}.", next_step=next_step)
        return ConnectionFailedError(
            f"{database.place} cannot be reached, or the connection broke.",
            next_step=f"Check that a PostgreSQL server runs there, that this machine reaches it, and the {database.label}_DB_* settings.",
        )
    if sqlstate is None:
        return DatabaseError(
            f"{database.place}: a statement failed, or a value or type came that cannot be read.",
            next_step="The server's log may have the statement. Is the schema the one that the migration knows?",
        )
    about = "".join(f", {name} {value}" for name, value in named.items())
    if sqlstate == PERMISSION_DENIED and primary:
        about += f", {primary}"
    try:
        kind = psycopg.errors.lookup(sqlstate).__name__
    except KeyError:
        kind = "error"
    return DatabaseError(
        f"{database.place} refused a statement: {kind} (SQLSTATE {sqlstate}){about}.",
        next_step="The server's log has the statement.",
    )
