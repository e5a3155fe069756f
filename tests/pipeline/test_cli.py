"""The command line without a database: what each flag does, and how every ending becomes a message and an exit code."""

import json
import os
import re
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from pipeline import cli, errors
from pipeline.commands.terminal import Terminal
from pipeline.errors import MigratorError
from pipeline.selection import Selection
from pipeline.settings import Settings

PROGRAM = Path(__file__).parents[2] / "run_migration.py"
ROW = "ada@green-hill.example"

pytestmark = pytest.mark.usefixtures("nothing_set")


class Ended:
    """How the command line ended."""

    def __init__(self, exit_code: int, out: str, err: str) -> None:
        self.exit_code, self.out, self.err = exit_code, out, err


Program = Callable[..., Ended]


@pytest.fixture
def program(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Program]:
    """Runs the command line in this process, without a terminal."""
    monkeypatch.setattr(sys, "stdin", StringIO())
    before = os.umask(0o022)

    def run(*arguments: str) -> Ended:
        with pytest.raises(SystemExit) as ending:
            cli.main(list(arguments))
        out, err = capsys.readouterr()
        code = ending.value.code
        assert isinstance(code, int)
        return Ended(code, out, err)

    yield run
    os.umask(before)


@pytest.fixture
def closed_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@pytest.fixture
def _databases_out_of_reach(nothing_set: None, closed_port: int, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001 - before it
    """Two databases in the settings, on a port where nobody listens."""
    for label in ("V1", "V2"):
        monkeypatch.setenv(f"{label}_DATABASE_URL", f"postgresql://ada:s3cret@127.0.0.1:{closed_port}/school")


def assert_complaint(ended: Ended, exit_code: int, said: str) -> None:
    """Two parts on standard error, the problem and what to do, and no trace of calls."""
    assert ended.exit_code == exit_code
    assert re.search(rf"^Error: .*{said}.*\n.+", ended.err, re.MULTILINE)
    assert "Traceback" not in ended.err
    assert "s3cret" not in ended.out + ended.err


# Wrong usage


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--nonsense"], "No such option.*--nonsense"),
        (["nonsense"], "No such command.*nonsense"),
        (["--batch-size", "0"], "--batch-size"),
        (["--batch-size", "many"], "--batch-size"),
        (["--batch-size"], "--batch-size"),
        (["--passwords", "keep"], "--passwords"),
        (["sample", "--students", "0"], "--students"),
        (["demo", "--students", "-1"], "--students"),
        (["setup", "--nonsense"], "--nonsense"),
        (["setup", "further"], "further"),
        (["--json", "setup"], "before a command"),
        (["--dry-run", "demo"], "before a command"),
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(arguments: list[str], said: str, program: Program, tmp_path: Path) -> None:
    ended = program(*arguments)
    assert_complaint(ended, 2, said)
    assert "--help" in ended.err
    assert ended.out == "" or "--json" in arguments
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [[], ["setup"], ["sample"], ["demo"]])
def test_help_is_there_for_every_command(command: list[str], program: Program) -> None:
    ended = program(*command, "--help")
    assert ended.exit_code == 0
    assert "--json" in ended.out
    assert ended.err == ""


def test_help_lists_flags_and_commands(program: Program) -> None:
    listed = program("--help").out
    for name in ("--dry-run", "--force", "--passwords", "--batch-size", "--json", "setup", "sample", "demo"):
        assert name in listed


# Settings


@pytest.mark.parametrize(
    ("arguments", "label"), [(["--force"], "V1"), ([], "V1"), (["--dry-run"], "V1"), (["setup"], "V2"), (["sample"], "V1")]
)
def test_without_an_env_file_the_settings_that_are_missing_are_named(
    arguments: list[str], label: str, program: Program, tmp_path: Path
) -> None:
    ended = program(*arguments)
    assert_complaint(ended, 3, f"Where {label} is, is not set: {label}_DB_HOST, {label}_DB_NAME, {label}_DB_USER missing")
    assert ".env.example" in ended.err
    assert list(tmp_path.iterdir()) == []


def test_a_setting_that_cannot_be_meant_is_named(program: Program, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("BCRYPT_COST=4\nV2_DB_PORT=s3cret\n", encoding="utf-8")
    assert_complaint(program("--force"), 3, "V2_DB_PORT: .*; BCRYPT_COST: ")


def test_a_url_that_is_none_is_not_quoted(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("V1_DATABASE_URL", "mysql://ada:s3cret@db.example.org/school")
    assert_complaint(program("--force"), 3, "V1_DATABASE_URL is not a PostgreSQL URL")


# Refusals, and databases that are not there


@pytest.mark.usefixtures("_databases_out_of_reach")
def test_without_a_terminal_and_without_force_nothing_is_begun(program: Program, tmp_path: Path) -> None:
    assert_complaint(program(), 8, "nobody to ask")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("_databases_out_of_reach")
@pytest.mark.parametrize("arguments", [["--force"], ["--dry-run"], ["--force", "--json"], ["setup"], ["sample"]])
def test_a_database_that_is_not_there_is_said(arguments: list[str], program: Program) -> None:
    assert_complaint(program(*arguments), 4, "no server answers there")


@pytest.mark.usefixtures("_databases_out_of_reach")
def test_a_run_that_fails_leaves_its_report(program: Program, tmp_path: Path) -> None:
    ended = program("--force")
    (folder,) = (tmp_path / "runs").iterdir()
    assert "V2 is as it was" in ended.out
    assert f"Run folder: runs/{folder.name}\n" in ended.out
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert (report["run"], report["verdict"], report["exit_code"]) == (folder.name, "failed", 4)
    assert report["folder"] == f"runs/{folder.name}"
    assert "s3cret" not in (folder / "report.json").read_text(encoding="utf-8") + (folder / "manifest.json").read_text(encoding="utf-8")


@pytest.mark.usefixtures("_databases_out_of_reach")
def test_a_run_that_fails_gives_its_report_to_programs(program: Program) -> None:
    report = json.loads(program("--force", "--json").out)
    assert (report["verdict"], report["exit_code"]) == ("failed", 4)
    assert "no server answers there" in report["problem"]


@pytest.mark.parametrize(("arguments", "exit_code"), [(["setup", "--json"], 3), (["sample", "--json"], 3), (["--json"], 3)])
def test_programs_that_wait_for_json_get_an_error_as_json(arguments: list[str], exit_code: int, program: Program) -> None:
    ended = program(*arguments)
    told = json.loads(ended.out)
    assert told["exit_code"] == ended.exit_code == exit_code
    assert ended.err == f"Error: {told['problem']}\n{told['next_step']}\n"


@pytest.mark.usefixtures("_databases_out_of_reach")
def test_only_its_owner_reads_what_a_run_wrote(program: Program, tmp_path: Path) -> None:
    program("--force")
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "runs").rglob("*")}
    assert len(modes) >= 3
    assert not any(mode & 0o077 for mode in modes.values())


@pytest.mark.usefixtures("_databases_out_of_reach")
def test_a_runs_folder_that_cannot_be_made_is_a_setting_s_fault(program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "occupied").touch()
    monkeypatch.setenv("RUNS_DIR", "occupied")
    assert_complaint(program("--force"), 3, "RUNS_DIR")


# Every ending


def ending(error: BaseException) -> Callable[..., None]:
    """A command that ends so."""

    def command(*_: object, **__: object) -> None:
        raise error

    return command


TREE = [error for error in vars(errors).values() if isinstance(error, type) and issubclass(error, MigratorError)]

EXIT_CODES = {
    "MigratorError": 1,
    "StorageError": 1,
    "UsageError": 2,
    "SettingsError": 3,
    "DatabaseError": 4,
    "ConnectionFailedError": 4,
    "SchemaError": 4,
    "CheckError": 5,
    "LoadError": 6,
    "VerificationError": 7,
    "RefusedError": 8,
}


@pytest.mark.parametrize("error", TREE)
def test_every_error_of_the_tree_has_its_exit_code(error: type[MigratorError], program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "setup", ending(error("It went wrong.", next_step="Do this.")))
    ended = program("setup")
    assert ended.exit_code == EXIT_CODES[error.__name__]
    assert (ended.out, ended.err) == ("", "Error: It went wrong.\nDo this.\n")


def test_the_tree_has_no_other_errors() -> None:
    assert {error.__name__ for error in TREE} == set(EXIT_CODES)


def test_an_interruption_is_said(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "setup", ending(KeyboardInterrupt()))
    assert_complaint(program("setup"), 130, "Interrupted")


class PanicException(BaseException):
    """What a panic in Rust becomes."""


@pytest.mark.parametrize("error", [ValueError(f"about {ROW}"), OSError(f"about {ROW}"), PanicException(f"about {ROW}")])
def test_of_what_nobody_foresaw_only_kind_and_place_are_printed(
    error: BaseException, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "setup", ending(error))
    ended = program("setup")
    assert_complaint(ended, 1, rf"Unexpected {type(error).__name__} in test_cli\.py, line \d+")
    assert ROW not in ended.out + ended.err


# What the flags do


ASKED = (
    "analyze", "demo", "explain", "report", "resume_migration", "rollback", "run_migration", "sample", "setup", "snapshot", "status",
    "validate", "verify_login",
)  # fmt: skip

PLAIN_RUN = {"force": False, "verbose": False, "skip_validation": False}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What a command was asked for, in place of doing it: its settings, whether it is to give JSON, and its other arguments."""
    told: dict[str, Any] = {}

    def note(settings: Settings, terminal: Terminal, **further: Any) -> None:
        told.update(settings=settings, as_json=terminal.as_json, **further)

    def note_folder(settings: Settings, terminal: Terminal, **further: Any) -> None:
        note(settings, terminal, **{name: str(value) if isinstance(value, Path) else value for name, value in further.items()})

    for command in ASKED:
        monkeypatch.setattr(cli, command, note_folder)
    return told


def test_without_flags_a_migration_asks_and_goes_by_the_settings(program: Program, asked: dict[str, Any]) -> None:
    assert program().exit_code == 0
    assert asked == {"settings": Settings(), "as_json": False, "selection": Selection(), **PLAIN_RUN}


def test_flags_change_the_settings_of_a_migration(program: Program, asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIGRATION_BATCH_SIZE", "5")
    program("--dry-run", "--force", "--passwords", "carry", "--batch-size", "7", "--json")
    assert (asked["force"], asked["as_json"]) == (True, True)
    assert asked["settings"] == Settings(dry_run=True, password_policy="carry", migration_batch_size=7)


def test_flags_that_are_not_given_leave_the_settings(program: Program, asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"DRY_RUN": "true", "PASSWORD_POLICY": "carry", "MIGRATION_BATCH_SIZE": "5"}.items():
        monkeypatch.setenv(name, value)
    program()
    assert asked["settings"] == Settings(dry_run=True, password_policy="carry", migration_batch_size=5)


@pytest.mark.parametrize(
    ("arguments", "further"),
    [
        (["--force", "--verbose", "--skip-validation"], {"selection": Selection(), **dict.fromkeys(PLAIN_RUN, True)}),
        (["--entities", "teachers,schools"], {"selection": Selection(("schools", "teachers")), **PLAIN_RUN}),
        (["--filter", "school_id = 1"], {"selection": Selection(condition="school_id = 1"), **PLAIN_RUN}),
        (["--resume"], {"run_id": None, **PLAIN_RUN}),
        (["--resume", "20261122T101500Z-3f9a", "--force"], {"run_id": "20261122T101500Z-3f9a", **PLAIN_RUN, "force": True}),
        (["--status"], {}),
        (["--status", "--json"], {"as_json": True}),
        (["--validate"], {"run_id": None}),
        (["setup"], {"clean": False}),
        (["setup", "--json", "--clean"], {"as_json": True, "clean": True}),
        (["analyze"], {"compare_counts": False}),
        (["analyze", "--compare-counts"], {"compare_counts": True}),
        (["status"], {}),
        (["validate"], {"run_id": None}),
        (["validate", "20261122T101500Z-3f9a"], {"run_id": "20261122T101500Z-3f9a"}),
        (["report"], {"run_id": None, "check": False, "with_values": False}),
        (["report", "20261122T101500Z-3f9a", "--check"], {"run_id": "20261122T101500Z-3f9a", "check": True, "with_values": False}),
        (["report", "--with-values"], {"run_id": None, "check": False, "with_values": True}),
        (["snapshot", "v2", "folder"], {"side": "v2", "folder": "folder"}),
        (["rollback", "20261122T101500Z-3f9a"], {"run_id": "20261122T101500Z-3f9a", "force": False}),
        (["explain", "Teacher", "17"], {"table": "Teacher", "v1_id": "17"}),
        (["verify-login", "ada@x.example"], {"email": "ada@x.example"}),
        (["sample"], {"students": 1000}),
        (["sample", "--students", "7", "--json"], {"students": 7, "as_json": True}),
        (["demo"], {"students": 1000, "keep": False}),
        (["demo", "--students", "7", "--keep"], {"students": 7, "keep": True}),
    ],
)
def test_every_command_is_asked_for_what_its_flags_say(
    arguments: list[str], further: dict[str, Any], program: Program, asked: dict[str, Any]
) -> None:
    assert program(*arguments).exit_code == 0
    assert asked == {"settings": Settings(), "as_json": False} | further


def test_the_demo_may_carry_passwords(program: Program, asked: dict[str, Any]) -> None:
    program("demo", "--passwords", "carry")
    assert asked["settings"] == Settings(password_policy="carry")


# The program itself


def started(*arguments: str, redirected: str = "</dev/null") -> Ended:
    """The program as the shell runs it, with standard input redirected so."""
    line = ["sh", "-c", f'exec "$@" {redirected}', "sh", sys.executable, str(PROGRAM), *arguments]
    ended = subprocess.run(line, capture_output=True, text=True, check=False)
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def test_the_program_ends_with_the_exit_code_and_no_trace() -> None:
    assert_complaint(started("--nonsense"), 2, "No such option")


@pytest.mark.usefixtures("_databases_out_of_reach")
def test_a_closed_standard_input_is_refused() -> None:
    assert_complaint(started(redirected="<&-"), 8, "nobody to ask")
