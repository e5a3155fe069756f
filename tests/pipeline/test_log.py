"""`migration.log`: a line per event, at the chosen level, of names and counts, and nothing shared with the process."""

import logging
import re
import stat
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from pipeline.errors import LoadError
from pipeline.log import Detail, LogLevel, RunLog, place

SECRET = "ada.obi@example.org"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "migration.log"


def messages(path: Path) -> list[str]:
    """The lines without their times."""
    return [line.split(" ", 1)[1] for line in path.read_text(encoding="utf-8").splitlines()]


def test_an_event_is_one_line_of_utc_time_level_event_and_details(path: Path) -> None:
    RunLog(path).info("stage finished", name="extract", rows=1284003, seconds=12.4)
    line = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO stage finished name=extract rows=1284003 seconds=12\.4\n"
    assert re.fullmatch(line, path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("detail", "written"),
    [
        (7, "7"),
        (0.5, "0.5"),
        (True, "true"),
        (None, "null"),
        ("_ClassToTeacher", "_ClassToTeacher"),
        ("V1 (heimdall on db:5432)", '"V1 (heimdall on db:5432)"'),
        ("", '""'),
        ("two\nlines rows=1", '"two\\nlines rows=1"'),
        ("a=b", '"a=b"'),
        ("\x1b[2J", '"\\u001b[2J"'),
        ("50%s", "50%s"),
        ("Zoë", '"Zoë"'),
    ],
)
def test_a_detail_is_written_so_that_it_can_be_told_from_the_next(path: Path, detail: Detail, written: str) -> None:
    RunLog(path).info("event", detail=detail)
    assert messages(path) == [f"INFO event detail={written}"]


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("DEBUG", ["DEBUG a", "INFO b", "WARNING c", "ERROR d"]),
        ("INFO", ["INFO b", "WARNING c", "ERROR d"]),
        ("WARNING", ["WARNING c", "ERROR d"]),
        ("ERROR", ["ERROR d"]),
    ],
)
def test_the_level_chooses(path: Path, level: LogLevel, expected: list[str]) -> None:
    log = RunLog(path, level=level)
    log.debug("a")
    log.info("b")
    log.warning("c")
    log.error("d")
    assert messages(path) == expected


def test_only_its_owner_reads_it_and_a_second_log_appends(path: Path) -> None:
    for event in ("run begun", "run resumed"):
        RunLog(path).info(event)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert messages(path) == ["INFO run begun", "INFO run resumed"]


def test_a_console_shows_the_same_lines_each_on_a_line_of_its_own(path: Path) -> None:
    screen = StringIO()
    log = RunLog(path, level="DEBUG", console=Console(file=screen, width=20))
    log.debug("part written", table="Student", part=12, markup="[red]x[/red]")
    assert screen.getvalue() == path.read_text(encoding="utf-8")


def test_an_error_of_the_tree_is_told_by_its_problem(path: Path) -> None:
    RunLog(path).failure(LoadError("load of User: refused.", next_step="See the server's log."))
    assert messages(path) == ['ERROR error type=LoadError problem="load of User: refused."']


def test_of_any_other_error_only_type_and_place_are_told(path: Path) -> None:
    with pytest.raises(ValueError, match="ada") as raised:
        int(SECRET)
    RunLog(path).failure(raised.value)
    (line,) = messages(path)
    assert re.fullmatch(r"ERROR error type=ValueError place=test_log\.py:\d+", line)
    assert SECRET not in path.read_text(encoding="utf-8")


def test_an_error_that_was_never_raised_has_no_place() -> None:
    assert place(ValueError()) is None


def test_a_log_without_a_file_or_a_console_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    RunLog().error("event")
    assert capfd.readouterr() == ("", "")


def test_a_log_that_cannot_be_written_ends_nothing_and_says_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    RunLog(tmp_path / "gone" / "migration.log").info("event")
    assert capfd.readouterr() == ("", "")


def test_the_process_s_loggers_know_nothing_of_it(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    known = set(logging.Logger.manager.loggerDict)
    RunLog(path).error("event")
    assert set(logging.Logger.manager.loggerDict) == known
    assert not caplog.records
