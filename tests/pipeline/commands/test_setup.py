"""`setup`, and `setup --clean`: V2 is emptied only for somebody at a terminal who types its name."""

import json
import sys
from collections.abc import Iterator
from io import StringIO
from textwrap import dedent

import psycopg
import pytest

from pipeline.commands import setup as module
from pipeline.commands.setup import setup
from pipeline.commands.terminal import Terminal
from pipeline.errors import ConnectionFailedError, MigratorError, RefusedError, SchemaError, SettingsError
from pipeline.postgres.connect import Database
from pipeline.postgres.embedded import Server
from pipeline.postgres.ledger import Lock, exclusive
from pipeline.settings import Settings, read_settings
from pipeline.stages.setup import set_up
from tests.conftest import MakeDatabase
from tests.pipeline.commands.pseudo_terminal import at_terminal, type_in

pytestmark = pytest.mark.usefixtures("nothing_set", "_own_interruption")

SCHOOL = """INSERT INTO "School" ("id", "name", "code", "country", "updatedAt") VALUES ('s', 'Green Hill', 'GH', 'NG', '2024-01-01')"""

SETUP_CLEAN = dedent(
    """
    import sys
    from pipeline.commands.setup import setup
    from pipeline.commands.terminal import Terminal
    from pipeline.errors import MigratorError
    from pipeline.settings import read_settings
    try:
        setup(read_settings(), Terminal(), clean=True)
    except MigratorError as error:
        print(error.problem)
        sys.exit(error.exit_code)
    """
)


@pytest.fixture(scope="module")
def in_use(server: Server) -> Iterator[str]:
    """The server's name of a V2 with reference rows and a school, to be copied."""
    name = server.create_database("v2_to_clean")
    with psycopg.connect(server.url(name)) as connection:
        set_up(connection)
        connection.execute(SCHOOL)
    yield name
    server.drop_database(name)


@pytest.fixture
def v2(in_use: str, server: Server, database_names: Iterator[str]) -> Iterator[Database]:
    """A copy of it."""
    name = server.create_database(next(database_names), template=in_use)
    yield Database.from_url("V2", server.url(name))
    server.drop_database(name)


def settings(v2: str, **more: str) -> Settings:
    return read_settings(v2_database_url=v2, **more)


def schools(database: Database) -> int:
    with psycopg.connect(database.url) as connection:
        row = connection.execute('SELECT count(*) FROM "School"').fetchone()
    return int(row[0]) if row else 0


# Setting up


def test_an_empty_database_is_set_up_and_told(make_database: MakeDatabase, capsys: pytest.CaptureFixture[str]) -> None:
    url = make_database()
    summary = setup(settings(url), Terminal(as_json=True))
    out, err = capsys.readouterr()
    assert json.loads(out) == {
        "tables_created": 24,
        "written": summary.written,
        "already_there": dict.fromkeys(summary.written, 0),
        "left_out": dict.fromkeys(summary.written, 0),
        "deleted": {},
    }
    assert (
        err
        == f"{Database.from_url('V2', url).place}: 24 tables made, {sum(summary.written.values())} reference rows written, 0 were there.\n"
    )


def test_without_clean_nothing_is_deleted(v2: Database) -> None:
    assert setup(settings(v2.url), Terminal()).deleted == {}
    assert schools(v2) == 1


# Cleaning


def test_who_types_the_name_gets_an_empty_v2(v2: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    type_in(monkeypatch, f"{v2.name}\n")
    summary = setup(settings(v2.url), Terminal(as_json=True), clean=True)
    out, err = capsys.readouterr()
    assert summary.deleted["School"] == 1
    assert json.loads(out)["deleted"] == summary.deleted
    assert schools(v2) == 0
    shown, _, after = err.partition(f"To delete them for good, type the database's name, {v2.name}: ")
    assert f"{v2.place}: to be deleted, {sum(summary.deleted.values()):,} rows." in shown
    assert all(table in shown for table in summary.deleted)
    assert f"{sum(summary.deleted.values()):,} rows deleted, the tables were there" in after


def test_at_a_real_terminal_the_name_is_asked_for(v2: Database) -> None:
    question = f"type the database's name, {v2.name}: "
    for typed, exit_code, left in (("another\n", 8, 1), ("\x04", 8, 1), (f"{v2.name}\n", 0, 0)):
        shown, ended = at_terminal(SETUP_CLEAN, typed={question: typed}, environment={"V2_DATABASE_URL": v2.url})
        assert (ended, schools(v2)) == (exit_code, left), shown
        assert "School" in shown.partition(question)[0]


@pytest.mark.parametrize("typed", ["", "\n", "y\n", "yes\n", "--force\n", "V2\n", "public\n"])
def test_who_types_anything_else_changes_nothing(typed: str, v2: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    type_in(monkeypatch, typed)
    with pytest.raises(RefusedError, match="nothing was changed"):
        setup(settings(v2.url), Terminal(), clean=True)
    assert schools(v2) == 1


def test_a_name_that_no_terminal_sends_is_refused(v2: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for stdin in (StringIO(f"{v2.name}\n"), None):
        monkeypatch.setattr(sys, "stdin", stdin)
        with pytest.raises(RefusedError, match="nobody to type") as refused:
            setup(settings(v2.url), Terminal(), clean=True)
        assert refused.value.exit_code == 8
    assert schools(v2) == 1


def test_where_there_is_nothing_to_delete_nobody_is_asked(make_database: MakeDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    summary = setup(settings(make_database()), Terminal(), clean=True)
    assert (summary.tables_created, summary.deleted) == (24, {})


# What stands against it


def test_v1_s_database_is_never_emptied(v2: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    type_in(monkeypatch, f"{v2.name}\n")
    parts = {"v1_db_host": v2.host, "v1_db_port": str(v2.port), "v1_db_name": v2.name, "v1_db_user": "reader"}
    for v1 in ({"v1_database_url": v2.url}, {"v1_database_url": v2.prisma_url.replace("schema=public", "schema=heimdall")}, parts):
        with pytest.raises(RefusedError, match="one database in the settings"):
            setup(settings(v2.url, **v1), Terminal(), clean=True)
    assert schools(v2) == 1


def test_another_v1_does_not_matter_and_need_not_answer(v2: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    type_in(monkeypatch, f"{v2.name}\n")
    setup(settings(v2.url, v1_database_url=f"postgresql://u@127.0.0.1:1/{v2.name}"), Terminal(), clean=True)
    assert schools(v2) == 0


def test_while_a_run_is_in_progress_nothing_is_deleted(v2: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    type_in(monkeypatch, f"{v2.name}\n")
    with exclusive(v2), pytest.raises(RefusedError, match="another run of the migration holds it"):
        setup(settings(v2.url), Terminal(), clean=True)
    assert schools(v2) == 1


def test_no_run_begins_while_somebody_is_asked(v2: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def typed_meanwhile(*_: object) -> None:
        with pytest.raises(RefusedError, match="another run"), exclusive(v2):
            pass

    monkeypatch.setattr(Terminal, "require_typed", typed_meanwhile)
    setup(settings(v2.url), Terminal(), clean=True)
    assert schools(v2) == 0


def test_a_lock_that_was_lost_meanwhile_brings_everything_back(v2: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(_: Lock) -> None:
        raise ConnectionFailedError("It broke.", next_step="Start again.")

    monkeypatch.setattr(Lock, "require_held", lost)
    type_in(monkeypatch, f"{v2.name}\n")
    with pytest.raises(ConnectionFailedError):
        setup(settings(v2.url), Terminal(), clean=True)
    assert schools(v2) == 1


@pytest.mark.parametrize("damage", ['DROP TABLE "Enrollment"', 'CREATE TABLE "Invoice" ("id" TEXT REFERENCES "School")'])
def test_who_would_be_asked_in_vain_is_not_asked(damage: str, v2: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with psycopg.connect(v2.url) as connection:
        connection.execute(damage.encode())
    monkeypatch.setattr(Terminal, "require_typed", lambda *_: pytest.fail("asked"))
    with pytest.raises(SchemaError):
        setup(settings(v2.url), Terminal(), clean=True)
    assert schools(v2) == 1


def test_what_fails_afterwards_leaves_v2_as_it_was(v2: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(_: object) -> None:
        raise MigratorError("It went wrong.", next_step="Do this.")

    monkeypatch.setattr("pipeline.stages.clean.set_up", failing)
    type_in(monkeypatch, f"{v2.name}\n")
    with pytest.raises(MigratorError, match="It went wrong"):
        setup(settings(v2.url), Terminal(), clean=True)
    assert schools(v2) == 1


def test_without_settings_of_v2_nothing_happens() -> None:
    with pytest.raises(SettingsError):
        module.setup(read_settings(), Terminal(), clean=True)
