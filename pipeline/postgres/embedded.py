"""A PostgreSQL for the demo and the tests: private, on the loopback only, gone with the process that wanted it.

Never for data that matter: what makes a crash survivable is switched off for speed.
"""

import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlencode

import psycopg
from psycopg import conninfo, sql

from pipeline.errors import ConnectionFailedError, DatabaseError, SettingsError
from pipeline.postgres import embedded_watcher
from pipeline.postgres.binaries import find_binaries
from pipeline.postgres.embedded_watcher import Order, Reply

SUPERUSER: Final = "postgres"

SETTINGS: Final[Mapping[str, str]] = {
    # Nothing has to survive a crash.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # The least log: rows copied into a table of the same transaction are not logged at all, nor indexes made there.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "1h",
    "shared_buffers": "256MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
"""For loading in bulk on a small machine."""

CHILD_ENVIRONMENT: Final = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP")
"""All that the server is told of this process's environment, which may hold passwords."""

CONNECT_TIMEOUT_SECONDS: Final = 10

STOP_TIMEOUT_SECONDS: Final = 2 * embedded_watcher.STOP_TIMEOUT_SECONDS


@dataclass(frozen=True)
class Server:
    """A server to make databases on: a private one, or one that was there before."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    is_embedded: bool
    maintenance_database: str = "postgres"
    """Where to be connected while databases are made and dropped."""
    parameters: str = field(default="", repr=False)
    """What else every URL says, such as `sslmode=require`."""
    keep_databases: bool = False
    """Whether an existing server keeps what was made on it. A private one keeps nothing."""
    _closing: ExitStack = field(default_factory=ExitStack, repr=False, compare=False)

    def url(self, database: str) -> str:
        """The address of one of its databases, password included, every part percent-encoded (RFC 3986).

        >>> Server("::1", 5432, "ada", "p@ss/word", is_embedded=False).url("my school")
        'postgresql://ada:p%40ss%2Fword@[::1]:5432/my%20school'
        """
        login = ":".join(quote(part, safe="") for part in (self.user, self.password) if part)
        host = f"[{self.host}]" if ":" in self.host else quote(self.host, safe="")
        address = f"postgresql://{login}@{host}:{self.port}/{quote(database, safe='')}"
        return f"{address}?{self.parameters}" if self.parameters else address

    def create_database(self, name: str, *, template: str | None = None) -> str:
        """Makes a database and gives its name; on an existing server `name` gets a random end, so as to take nobody's.

        Args:
            name: What to call it. At most 54 bytes, as PostgreSQL cuts names at 63.
            template: A database to copy, to which nobody is connected; without it an empty one in UTF-8.

        Raises:
            DatabaseError: The name is taken, the template in use, or the user may not make databases.
        """
        unique_name = name if self.is_embedded else f"{name}_{secrets.token_hex(4)}"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} ENCODING 'UTF8'").format(
            sql.Identifier(unique_name), sql.Identifier(template or "template0")
        )
        self._administer(statement, f"Database {unique_name} could not be made")
        if not self.is_embedded and not self.keep_databases:
            self._closing.callback(self.drop_database, unique_name)
        return unique_name

    def drop_database(self, name: str) -> None:
        """Drops a database and ends all connections to it. One that does not exist is no error.

        Raises:
            DatabaseError: The user may not drop it.
        """
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        self._administer(statement, f"Database {name} could not be dropped")

    def stop(self) -> None:
        """Ends a private server with all that it holds; on an existing one drops what was made, unless that is kept.

        A second call does nothing.
        """
        self._closing.close()

    def _administer(self, statement: sql.Composed, problem: str) -> None:
        with _connected(self.url(self.maintenance_database), f"server {self.host}:{self.port}") as connection:
            try:
                connection.execute(statement)
            except psycopg.Error as error:
                next_step = "See that the user may make databases (CREATEDB) and that nobody uses the template."
                raise DatabaseError(f"{problem}: {error.diag.message_primary or error}", next_step=next_step) from None


@contextmanager
def embedded_server(
    *,
    existing_url: str | None = None,
    bin_folder: Path | None = None,
    settings: Mapping[str, str] | None = None,
    keep_databases: bool = False,
    start_timeout_seconds: float = 60.0,
) -> Iterator[Server]:
    """A server for the length of a `with`: an existing one, or a private one from the first binaries found.

    The private one ends with the block, and as surely when this process crashes or is killed.

    Args:
        existing_url: A server to make databases on (`DEMO_PG_URL`). Nothing is started then.
        bin_folder: Where `initdb` and `postgres` are (`DEMO_PG_BIN`); without it see `find_binaries`.
        settings: Server settings by name, over those of `SETTINGS`. An existing server keeps its own.
        keep_databases: Whether an existing server keeps the databases that were made on it.
        start_timeout_seconds: How long the private server may take until it is ready.

    Raises:
        SettingsError: `existing_url` or `bin_folder` is not what it should be.
        ConnectionFailedError: The existing server does not let us in.
        DatabaseError: There are no binaries, or the private server does not start.
    """
    if existing_url:
        server = _existing(existing_url, keep_databases=keep_databases)
    else:
        server = _start(find_binaries(bin_folder), {**SETTINGS, **(settings or {})}, start_timeout_seconds)
    try:
        yield server
    finally:
        server.stop()


def _existing(url: str, *, keep_databases: bool) -> Server:
    try:
        parameters = conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        # Without its cause, which quotes from the URL.
        raise SettingsError(
            "DEMO_PG_URL is not the address of a PostgreSQL server.",
            next_step="Write it as postgresql://user:password@host:5432/postgres, with %40 for an @ in the password, "
            "and without Prisma's ?schema=.",
        ) from None
    with _connected(url, "DEMO_PG_URL") as connection:
        info = connection.info
        for known in ("host", "hostaddr", "port", "user", "password", "dbname"):
            parameters.pop(known, None)
        return Server(
            host=info.host,
            port=info.port,
            user=info.user,
            password=info.password,
            is_embedded=False,
            maintenance_database=info.dbname,
            parameters=urlencode(parameters, quote_via=quote),
            keep_databases=keep_databases,
        )


@contextmanager
def _connected(url: str, whose: str) -> Iterator[psycopg.Connection]:
    try:
        connection = psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_TIMEOUT_SECONDS)
    except psycopg.OperationalError as error:
        next_step = "See that it runs, and that host, port, user, password and database are right."
        raise ConnectionFailedError(f"{whose}: no connection: {error}", next_step=next_step) from None
    with connection:
        yield connection


def _start(bin_folder: Path, settings: dict[str, str], start_timeout_seconds: float) -> Server:
    order = Order(str(bin_folder), SUPERUSER, secrets.token_urlsafe(24), settings, start_timeout_seconds)
    with ExitStack() as closing:
        watcher = _start_watcher()
        closing.callback(_stop_watcher, watcher)
        reply = _ordered(watcher, order)
        if reply.port is None:
            raise DatabaseError(
                f"PostgreSQL from {bin_folder} did not start: {reply.problem}.\n{reply.log}".rstrip(),
                next_step="Set DEMO_PG_BIN to another installation's programs, or DEMO_PG_URL to a server that runs.",
            )
        return Server(
            host=embedded_watcher.HOST,
            port=reply.port,
            user=order.user,
            password=order.password,
            is_embedded=True,
            parameters="sslmode=disable",  # the loopback needs none, and a PGSSLMODE in the environment may ask for it
            _closing=closing.pop_all(),
        )


def _start_watcher() -> "subprocess.Popen[str]":
    return subprocess.Popen(  # noqa: S603  # this Python and a file of this package
        [sys.executable, "-I", "-S", "-X", "utf8", embedded_watcher.__file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        cwd=tempfile.gettempdir(),
        env={name: os.environ[name] for name in CHILD_ENVIRONMENT if name in os.environ},
        # Out of reach of a Ctrl-C at the terminal, which is for this process to answer.
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )


def _ordered(watcher: "subprocess.Popen[str]", order: Order) -> Reply:
    assert watcher.stdin and watcher.stdout  # noqa: S101, PT018  # for the type checker: both are pipes
    with suppress(BrokenPipeError):  # it ended already; that there is no answer says so
        watcher.stdin.write(json.dumps(asdict(order)) + "\n")
        watcher.stdin.flush()
    answer = watcher.stdout.readline()
    return Reply(**json.loads(answer)) if answer else Reply(problem="its watcher ended without a word")


def _stop_watcher(watcher: "subprocess.Popen[str]") -> None:
    """Says so, rather than only close the pipe: a process forked from this one may hold the pipe open too."""
    try:
        watcher.communicate("\n", timeout=STOP_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        watcher.kill()
        watcher.communicate()
