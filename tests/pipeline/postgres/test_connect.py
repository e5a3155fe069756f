"""Reaching a database: URLs as Prisma writes them, sessions, and every driver's errors as ours without a word of the rows."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Literal

import psycopg
import pyarrow as pa
import pytest
from adbc_driver_manager import AdbcStatusCode
from adbc_driver_postgresql import dbapi
from hypothesis import given
from hypothesis import strategies as st
from psycopg import conninfo

from pipeline.errors import ConnectionFailedError, DatabaseError, MigratorError, SettingsError
from pipeline.postgres.connect import Database, bulk_connected, connected, mapped_errors, mapped_read_errors
from pipeline.postgres.embedded import Server
from pipeline.postgres.snapshot import exported
from tests.conftest import MakeDatabase
from tests.pipeline.conftest import Clerk

ROW = "ada@green-hill.example"
"""What stands in a row, and never in a message."""

TABLES = f"""
    CREATE TABLE "User" ("id" INT PRIMARY KEY, "email" TEXT NOT NULL UNIQUE, "age" INT CHECK ("age" > 0));
    INSERT INTO "User" VALUES (1, '{ROW}', 40);
"""

PLACES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)


# URLs


def v1(**parts: Any) -> Database:
    return Database(label="V1", **{"host": "db.example.org", "name": "heimdall", "user": "reader", **parts})


@pytest.mark.parametrize(
    ("url", "database"),
    [
        ("postgresql://reader@db.example.org/heimdall", v1()),
        ("postgres://reader:pw@db.example.org:5433/heimdall", v1(password="pw", port=5433)),
        ("postgresql://reader@db.example.org/heimdall?schema=school", v1(schema="school")),
        ("postgresql://reader@db.example.org/heimdall?schema=", v1()),
        ("postgresql://reader@db.example.org/heimdall?sslmode=require", v1(ssl=(("sslmode", "require"),))),
        (
            "postgresql://reader@db.example.org/heimdall?connection_limit=5&pool_timeout=10&pgbouncer=true&sslaccept=strict&schema=a",
            v1(schema="a"),
        ),
        ("postgresql://re%40der:p%2Fw%3A%25+@db.example.org/heim%20dall", v1(user="re@der", password="p/w:%+", name="heim dall")),
        ("postgresql://reader@localhost/heimdall?host=/var/run/postgresql", v1(host="/var/run/postgresql")),
        ("postgresql://reader@/heimdall?host=%2Fvar%2FRun", v1(host="/var/Run")),
        ("postgresql://reader@%2FUsers%2FAda%2Fsockets:5433/heimdall", v1(host="/Users/Ada/sockets", port=5433)),
        ("postgresql://reader:p%40ss@[::1]:5433/heimdall", v1(host="::1", password="p@ss", port=5433)),
        (
            "postgresql://reader@db.example.org/heimdall?sslmode=require&sslcert=/ca.pem",
            v1(ssl=(("sslmode", "require"), ("sslrootcert", "/ca.pem"))),
        ),
        (
            "postgresql://reader@db.example.org/heimdall?sslrootcert=/ca.pem&sslcert=/me.pem&sslkey=/me.key",
            v1(ssl=(("sslrootcert", "/ca.pem"), ("sslcert", "/me.pem"), ("sslkey", "/me.key"))),
        ),
    ],
)
def test_a_url_is_read_as_prisma_writes_it(url: str, database: Database) -> None:
    assert Database.from_url("V1", url) == database


@pytest.mark.parametrize(
    "url",
    [
        "",
        "heimdall",
        "mysql://reader:s3cret@db.example.org/heimdall",
        "postgresql://db.example.org/heimdall",
        "postgresql://reader:s3cret@/heimdall",
        "postgresql://reader:s3cret@db.example.org",
        "postgresql://reader:s3cret@db.example.org:99999/heimdall",
        "postgresql://reader:s3cret@db.example.org:port/heimdall",
        "postgresql://reader:s3c/ret@db.example.org/heimdall",
        "postgresql://reader:s3cret@[::1/heimdall",
        "postgresql://reader:s3cret@db.example.org/heimdall?sslmode=verify-full",
        "postgresql://reader:s3cret@db.example.org/heimdall?sslmode=s3cret",
    ],
)
def test_a_url_that_cannot_be_used_is_refused_and_not_quoted(url: str) -> None:
    with pytest.raises(SettingsError, match="V2_DATABASE_URL") as refused:
        Database.from_url("V2", url)
    assert "s3c" not in str(refused.value)
    assert refused.value.exit_code == 3


@given(host=st.text("aZ9.-_/ :", min_size=1).filter(str.strip), user=PLACES, password=PLACES | st.just(""), name=PLACES)
def test_whatever_the_parts_a_url_of_them_means_them_again(host: str, user: str, password: str, name: str) -> None:
    database = v1(host=host, port=6543, user=user, password=password, name=name, ssl=(("sslmode", "require"), ("sslrootcert", "/c a.pem")))
    assert Database.from_url("V1", database.url) == database
    expected = {"host": host, "port": "6543", "user": user, "dbname": name, "sslmode": "require", "sslrootcert": "/c a.pem"}
    assert conninfo.conninfo_to_dict(database.url) == expected | ({"password": password} if password else {})


def test_the_password_stands_in_the_url_for_drivers_and_nowhere_else() -> None:
    database = v1(password="s3cret")
    assert "s3cret" in database.url
    assert "s3cret" not in repr(database)
    assert database.place == "V1 (heimdall on db.example.org:5432)"


def test_a_table_is_named_with_its_schema_and_quoted() -> None:
    assert v1(schema='odd "one"').table("User") == '"odd ""one"""."User"'


# Sessions


@pytest.fixture
def database(make_database: MakeDatabase) -> Database:
    """A database with one user in it."""
    return Database.from_url("V2", make_database(TABLES))


def in_schema(url: str, schema: str) -> Database:
    return replace(Database.from_url("V2", url), schema=schema)


def bulk_answer(connection: dbapi.Connection, query: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()[0]


SESSION = "SELECT current_schema()::text, current_setting('TimeZone')"


@pytest.mark.parametrize("schema", ["odin", "Odin", "two words", 'a "b" \\c\\', "a, b"])
def test_a_session_is_in_utc_and_in_the_database_s_schema(schema: str, make_database: MakeDatabase) -> None:
    quoted = schema.replace('"', '""')
    url = make_database(f'CREATE SCHEMA "{quoted}"')
    with connected(in_schema(url, schema)) as connection:
        assert connection.execute(SESSION).fetchone() == (schema, "UTC")
    with bulk_connected(in_schema(url, schema)) as bulk:
        assert bulk_answer(bulk, SESSION) == (schema, "UTC")


def test_a_session_s_work_stays_if_its_block_ends_well_and_only_then(database: Database) -> None:
    def failing() -> None:
        with connected(database) as connection:
            connection.execute("""UPDATE "User" SET "age" = 99""")
            raise KeyError

    with connected(database) as connection:
        connection.execute("""UPDATE "User" SET "age" = 50""")
    with pytest.raises(KeyError):
        failing()
    with connected(database) as another:
        assert another.execute("""SELECT "age" FROM "User" """).fetchone() == (50,)
    assert connection.closed


def test_a_read_only_session_cannot_write(database: Database) -> None:
    with pytest.raises(DatabaseError, match="ReadOnlySqlTransaction"), connected(database, read_only=True) as connection:
        connection.execute("""DELETE FROM "User" """)


def test_a_bulk_session_s_work_is_rolled_back_unless_it_was_committed(database: Database) -> None:
    for is_committed in (False, True):
        with bulk_connected(database) as connection:
            with connection.cursor() as cursor:
                cursor.execute("""UPDATE "User" SET "age" = 41""")
            if is_committed:
                connection.commit()
        with connected(database) as another:
            assert another.execute("""SELECT "age" FROM "User" """).fetchone() == (41 if is_committed else 40,)


def test_text_is_the_same_in_a_database_of_another_encoding(server: Server) -> None:
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LOCALE_PROVIDER libc LOCALE 'C'")
    try:
        database = Database.from_url("V2", server.url("latin"))
        with connected(database) as connection:
            connection.execute('CREATE TABLE "T" ("name" TEXT)')
        with bulk_connected(database) as bulk:
            with bulk.cursor() as cursor:
                cursor.adbc_ingest("T", pa.table({"name": ["Zoë"]}), mode="append")
            assert bulk_answer(bulk, """SELECT "name" FROM "T" """) == ("Zoë",)
            bulk.commit()
        with connected(database) as connection:
            assert connection.execute("""SELECT "name", octet_length("name") FROM "T" """).fetchone() == ("Zoë", 3)
    finally:
        server.drop_database("latin")


# Errors of a statement


def by_psycopg(database: Database, statement: str) -> None:
    with connected(database) as connection:
        connection.execute(statement.encode())


def by_adbc(database: Database, statement: str) -> None:
    with bulk_connected(database) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        cursor.fetchall()


def by_connectorx(database: Database, statement: str) -> None:
    with exported(database) as snapshot:
        list(snapshot.stream(statement, batch_rows=10))


def copied(database: Database, **columns: pa.Array) -> None:
    with bulk_connected(database) as connection, connection.cursor() as cursor:
        cursor.adbc_ingest("User", pa.table(columns), mode="append")


def assert_silent(error: MigratorError, database: Database) -> None:
    """Neither the message nor what hangs on it quotes a row, a statement, a password or a URL."""
    for secret in (ROW, database.password, database.url, "SELECT", "INSERT"):
        assert not secret or secret not in str(error)
    assert error.__cause__ is None
    assert error.__suppress_context__


by_each_driver = pytest.mark.parametrize("ask", [by_psycopg, by_adbc, by_connectorx])


@by_each_driver
@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("""SELECT "email"::int FROM "User" """, "InvalidTextRepresentation"),
        ("""SELECT 1 / ("age" - 40) FROM "User" """, "DivisionByZero"),
        ("SELECT * FROM nowhere", "UndefinedTable|a statement failed"),
        (f"SELECT '{ROW}' FROM", "SyntaxError|a statement failed"),
        ("SELECT no_function()", "UndefinedFunction|a statement failed"),
    ],
)
def test_a_refused_statement_is_a_database_error_without_a_word_of_the_row(
    ask: Callable[[Database, str], None], statement: str, said: str, database: Database
) -> None:
    with pytest.raises(DatabaseError, match=said) as refused:
        ask(database, statement)
    assert not isinstance(refused.value, ConnectionFailedError)
    assert refused.value.problem.startswith(database.place)
    assert_silent(refused.value, database)


@pytest.mark.parametrize("ask", [by_psycopg, by_adbc])
@pytest.mark.parametrize(
    ("values", "said"),
    [
        (f"2, '{ROW}', 1", r"UniqueViolation \(SQLSTATE 23505\), table User, constraint User_email_key"),
        ("2, NULL, 1", r"NotNullViolation \(SQLSTATE 23502\), table User, column email"),
        (f"2, '{ROW}2', -1", r"CheckViolation \(SQLSTATE 23514\), table User, constraint User_age_check"),
    ],
)
def test_a_broken_constraint_is_named_and_the_row_that_broke_it_is_not(
    ask: Callable[[Database, str], None], values: str, said: str, database: Database
) -> None:
    with pytest.raises(DatabaseError, match=said) as refused:
        ask(database, f"""INSERT INTO "User" VALUES ({values})""")
    assert_silent(refused.value, database)


def test_a_copy_that_breaks_a_constraint_names_it_and_no_row(database: Database) -> None:
    with pytest.raises(DatabaseError, match=r"UniqueViolation .* table User, constraint User_email_key") as refused:
        copied(database, id=pa.array([2], pa.int32()), email=pa.array([ROW]))
    assert_silent(refused.value, database)


@pytest.mark.parametrize(
    "columns",
    [
        {"id": pa.array([{"of": ROW}])},
        {"nickname": pa.array([ROW])},
        {"id": pa.array([2], pa.int64()), "email": pa.array([ROW])},
    ],
)
def test_a_copy_that_the_driver_cannot_do_is_no_broken_connection(columns: dict[str, pa.Array], database: Database) -> None:
    with pytest.raises(DatabaseError) as refused:
        copied(database, **columns)
    assert type(refused.value) is DatabaseError
    assert_silent(refused.value, database)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT interval '1 day'",
        "SELECT ARRAY[1]::oid[]",
        "SELECT '{{a,b},{c,d}}'::text[]",
        "SELECT timestamp '294000-01-01'",
    ],
)
def test_a_panic_of_connectorx_is_a_database_error(query: str, database: Database) -> None:
    with pytest.raises(DatabaseError, match="value or type") as refused:
        by_connectorx(database, query)
    assert type(refused.value) is DatabaseError
    assert_silent(refused.value, database)


@by_each_driver
def test_a_missing_right_is_said_with_the_table_where_the_driver_says_it(
    ask: Callable[[Database, str], None], database: Database, clerk: Clerk
) -> None:
    with pytest.raises(DatabaseError, match="InsufficientPrivilege") as refused:
        ask(clerk.at(database), """SELECT "email" FROM "User" """)
    if ask is not by_connectorx:
        assert refused.value.problem.endswith(", permission denied for table User.")


@by_each_driver
def test_a_statement_that_was_cancelled_is_no_broken_connection(ask: Callable[[Database, str], None], database: Database) -> None:
    with pytest.raises(DatabaseError, match="QueryCanceled") as refused:
        ask(database, "SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(5)::text")
    assert not isinstance(refused.value, ConnectionFailedError)


@by_each_driver
def test_a_connection_that_the_server_ends_is_lost(ask: Callable[[Database, str], None], database: Database) -> None:
    with pytest.raises(ConnectionFailedError, match="connection broke") as lost:
        ask(database, "SELECT pg_terminate_backend(pg_backend_pid())")
    assert_silent(lost.value, database)


# Errors of every class


SERVER_ERRORS: list[type[psycopg.Error]] = [
    error for error in vars(psycopg.errors).values() if isinstance(error, type) and issubclass(error, psycopg.Error) and error.sqlstate
]
"""Every error that a server can send, as psycopg names it."""


def test_no_error_of_a_server_escapes() -> None:
    assert len(SERVER_ERRORS) > 200
    for error in SERVER_ERRORS:
        with pytest.raises(DatabaseError) as mapped, mapped_errors(v1()):
            raise error(f"about {ROW}")
        assert_silent(mapped.value, v1())
        if not isinstance(mapped.value, ConnectionFailedError):
            assert f"{error.__name__} (SQLSTATE {error.sqlstate})" in mapped.value.problem


@pytest.mark.parametrize(
    ("error", "is_lost"),
    [
        (psycopg.Error, False),
        (psycopg.InterfaceError, False),
        (psycopg.DataError, False),
        (psycopg.ProgrammingError, False),
        (psycopg.NotSupportedError, False),
        (psycopg.OperationalError, True),
        (psycopg.errors.ConnectionTimeout, True),
    ],
)
def test_no_error_of_psycopg_itself_escapes(error: type[psycopg.Error], is_lost: bool) -> None:
    with pytest.raises(DatabaseError) as mapped, mapped_errors(v1()):
        raise error(f"about {ROW}")
    assert isinstance(mapped.value, ConnectionFailedError) is is_lost
    assert_silent(mapped.value, v1())


@pytest.mark.parametrize("sqlstate", [None, "23505", "57P01", "XX999"])
@pytest.mark.parametrize(
    "error",
    [
        dbapi.Error, dbapi.InterfaceError, dbapi.DataError, dbapi.OperationalError, dbapi.IntegrityError, dbapi.InternalError,
        dbapi.ProgrammingError, dbapi.NotSupportedError,
    ],
)  # fmt: skip
def test_no_error_of_adbc_escapes(error: type[dbapi.Error], sqlstate: str | None) -> None:
    status = {} if error is dbapi.NotSupportedError else {"status_code": AdbcStatusCode.UNKNOWN}  # that one has but one
    with pytest.raises(DatabaseError) as mapped, mapped_errors(v1()):
        raise error(f"about {ROW}", **status, sqlstate=sqlstate, details=[(b"PG_DIAG_TABLE_NAME", b"User")])
    is_lost = sqlstate == "57P01" or (sqlstate is None and error is dbapi.OperationalError)
    assert isinstance(mapped.value, ConnectionFailedError) is is_lost
    assert_silent(mapped.value, v1())


@pytest.mark.parametrize(
    ("said", "is_lost"),
    [
        (f'db error: ERROR: relation "{ROW}" does not exist', False),
        ("timed out waiting for connection: error performing TLS handshake: server does not support TLS", True),
        ("error communicating with the server: Connection reset by peer (os error 104)", True),
    ],
)
def test_no_error_of_connectorx_escapes(said: str, is_lost: bool) -> None:
    with pytest.raises(DatabaseError) as mapped, mapped_read_errors(v1()):
        raise RuntimeError(said)
    assert isinstance(mapped.value, ConnectionFailedError) is is_lost
    assert_silent(mapped.value, v1())


@pytest.mark.parametrize("error", [ValueError, RuntimeError, KeyboardInterrupt, SettingsError("a", next_step="b"), GeneratorExit])
def test_what_is_no_driver_s_error_passes_unchanged(error: Any) -> None:
    with pytest.raises(BaseException) as passed, mapped_errors(v1()):  # noqa: PT011 - which one is asked below
        raise error
    assert passed.value is error or type(passed.value) is error


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, GeneratorExit])
def test_what_is_not_connectorx_s_passes_unchanged_while_reading(error: type[BaseException]) -> None:
    with pytest.raises(error), mapped_read_errors(v1()):
        raise error


# Connections that do not come about


def entered(database: Database) -> None:
    with connected(database):
        pass


def bulk_entered(database: Database) -> None:
    with bulk_connected(database):
        pass


either_way = pytest.mark.parametrize("enter", [entered, bulk_entered])

Enter = Callable[[Database], None]


@either_way
def test_a_wrong_password_is_said_and_not_quoted(enter: Enter, server: Server) -> None:
    if not server.is_embedded:
        pytest.skip("another server may trust everybody")
    database = replace(Database.from_url("V2", server.url("postgres")), password="not-the-password")
    with pytest.raises(ConnectionFailedError, match="refuses the user or the password") as refused:
        enter(database)
    assert_silent(refused.value, database)


@either_way
def test_an_unknown_database_is_said(enter: Enter, server: Server) -> None:
    with pytest.raises(ConnectionFailedError, match="no such database or user"):
        enter(Database.from_url("V1", server.url("nowhere")))


@either_way
def test_a_port_where_nobody_listens_is_said_at_once(enter: Enter) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        database = v1(host="127.0.0.1", port=free.getsockname()[1], password="s3cret")
        with pytest.raises(ConnectionFailedError, match="no server answers there") as refused:
            enter(database)
    assert_silent(refused.value, database)


@either_way
def test_a_host_that_is_unknown_is_said(enter: Enter) -> None:
    with pytest.raises(ConnectionFailedError, match="host's name is not known"):
        enter(v1(host="nowhere.invalid", ssl=(("sslmode", "disable"),)))


@either_way
def test_a_folder_without_a_socket_is_said(enter: Enter) -> None:
    with pytest.raises(ConnectionFailedError, match="cannot be reached"):
        enter(v1(host="/nowhere"))


@contextmanager
def server_that_says(reply: bytes) -> Iterator[int]:
    """A server that answers every newcomer with these bytes and hangs up; gives its port."""

    def answer() -> None:
        while True:
            try:
                visitor, _ = listening.accept()
            except OSError:
                return
            with visitor:
                visitor.recv(4096)
                visitor.sendall(reply)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        answering = threading.Thread(target=answer, daemon=True)
        answering.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        answering.join()


def fatal(sqlstate: str, message: str) -> bytes:
    """PostgreSQL's message of an error."""
    fields = b"SFATAL\0VFATAL\0" + f"C{sqlstate}\0M{message}\0\0".encode()
    return b"E" + (len(fields) + 4).to_bytes(4, "big") + fields


@either_way
@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (fatal("53300", "sorry, too many clients already"), "no connection left to give"),
        (fatal("57P03", "the database system is starting up"), "cannot be reached"),
        (fatal("28000", f'no pg_hba.conf entry for host "10.0.0.7", user "{ROW}"'), "pg_hba.conf lets nobody in"),
        (fatal("28P01", "Passwort-Authentifizierung fehlgeschlagen"), "cannot be reached"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "cannot be reached"),
        (b"", "cannot be reached"),
    ],
)
def test_a_server_that_turns_newcomers_away_is_told_from_one_that_is_not_there(reply: bytes, said: str, enter: Enter) -> None:
    with server_that_says(reply) as port:
        database = v1(host="127.0.0.1", port=port, password="s3cret", ssl=(("sslmode", "disable"),))
        with pytest.raises(ConnectionFailedError, match=said) as refused:
            enter(database)
    assert_silent(refused.value, database)


def test_a_pooler_is_told_by_its_refusal_of_startup_options() -> None:
    with server_that_says(fatal("08P01", "unsupported startup parameter in options: search_path")) as port:
        database = v1(host="127.0.0.1", port=port, password="s3cret", ssl=(("sslmode", "disable"),))
        with pytest.raises(ConnectionFailedError, match="pooler") as refused:
            entered(database)  # ADBC sends no options
    assert_silent(refused.value, database)


def test_every_message_names_the_database_and_a_next_step() -> None:
    label: Literal["V1", "V2"]
    for label in ("V1", "V2"):
        database = Database(label=label, host="h", name="n", user="u")
        with pytest.raises(ConnectionFailedError) as lost, mapped_errors(database):
            raise psycopg.OperationalError("gone")
        assert re.match(rf"{label} \(n on h:5432\) ", lost.value.problem)
        assert f"{label}_DB_*" in lost.value.next_step
