"""Progress: one line for each stage, lines now and then where there is no terminal, a bar where there is one."""

import re
from collections.abc import Iterator
from io import StringIO
from types import SimpleNamespace

import pytest
from rich.console import Console

from pipeline.log import RunLog
from pipeline.progress import Progress


@pytest.fixture
def screen() -> StringIO:
    return StringIO()


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """The clock of the module: one entry, the time."""
    now = [0.0]
    monkeypatch.setattr("pipeline.progress.time", SimpleNamespace(monotonic=lambda: now[0]))
    yield now
    monkeypatch.undo()


def plain(screen: StringIO) -> Progress:
    return Progress(Console(file=screen, width=100))


def test_a_stage_ends_with_one_line_of_rows_and_seconds(screen: StringIO, seconds: list[float]) -> None:
    with plain(screen).stage("extract", total=1234567) as advance:
        advance(1234567)
        seconds[0] = 2.5
    assert screen.getvalue().split() == ["extract", "1,234,567", "rows", "2.5", "s"]


def test_without_a_terminal_a_line_comes_every_ten_seconds_with_the_time_left(screen: StringIO, seconds: list[float]) -> None:
    with plain(screen).stage("load", total=100, unit="users") as advance:
        for now in (1.0, 10.0, 15.0, 20.0):
            seconds[0] = now
            advance(10)
    first, second, last = screen.getvalue().splitlines()
    assert first.split() == ["load", "20", "of", "100", "users,", "40", "s", "left"]
    assert second.split() == ["load", "40", "of", "100", "users,", "30", "s", "left"]
    assert last.split() == ["load", "40", "users", "20.0", "s"]


def test_a_stage_without_rows_says_so(screen: StringIO) -> None:
    with plain(screen).stage("credentials", total=0, unit="users") as advance:
        advance(0)
    assert screen.getvalue().split()[:3] == ["credentials", "0", "users"]


def test_a_slow_stage_that_has_done_nothing_yet_goes_on(screen: StringIO, seconds: list[float]) -> None:
    with plain(screen).stage("extract", total=100) as advance:
        seconds[0] = 60.0
        advance(0)
        advance(100)
    assert "100 rows" in screen.getvalue()


def test_more_rows_than_were_foreseen_do_no_harm(screen: StringIO, seconds: list[float]) -> None:
    with plain(screen).stage("plan", total=1) as advance:
        seconds[0] = 60.0
        advance(2)
    assert screen.getvalue().split() == ["plan", "2", "rows", "60.0", "s"]


def test_a_stage_that_fails_has_no_line(screen: StringIO) -> None:
    def failing() -> None:
        with plain(screen).stage("load", total=1):
            raise KeyError

    with pytest.raises(KeyError):
        failing()
    assert screen.getvalue() == ""


def test_a_terminal_shows_a_bar_and_keeps_the_last_line_only(screen: StringIO) -> None:
    console = Console(file=screen, width=100, force_terminal=True, color_system=None)
    with Progress(console).stage("extract", total=10) as advance:
        advance(4)
        advance(6)
    assert "100% 10 rows" in screen.getvalue()
    last_line = screen.getvalue().rpartition("\x1b[2K")[2]  # what follows the last erased line
    assert last_line.split()[:3] == ["extract", "10", "rows"]


def test_the_line_of_a_large_stage_is_short_enough_for_a_narrow_terminal(screen: StringIO) -> None:
    console = Console(file=screen, width=200, force_terminal=True, color_system=None)
    with Progress(console).stage("credentials", total=50_000_000) as advance:
        advance(49_999_999)
    lines = re.split(r"\x1b\[[0-9?]*[A-Za-z]|[\r\n]", screen.getvalue())
    assert max(len(line.rstrip()) for line in lines) <= 64


@pytest.mark.parametrize("width", [69, 50, 44])
def test_in_a_narrow_terminal_the_line_stays_one_and_keeps_rows_and_time(width: int, screen: StringIO) -> None:
    console = Console(file=screen, width=width, force_terminal=True, color_system=None)
    with Progress(console).stage("transform", total=5_000_000) as advance:
        advance(1_150_000)
    lines = [line.rstrip() for line in re.split(r"\x1b\[[0-9?]*[A-Za-z]|[\r\n]", screen.getvalue()) if line.strip()]
    assert any(line.split()[:4] == ["transform", "23%", "1,150,000", "rows"] for line in lines)
    assert all(line.startswith("transform") for line in lines), "nothing is on a line of its own"


def test_a_log_line_of_a_verbose_run_stands_above_the_bar_and_stays(screen: StringIO) -> None:
    console = Console(file=screen, width=100, force_terminal=True, color_system=None)
    with Progress(console).stage("extract", total=10) as advance:
        advance(4)
        RunLog(level="DEBUG", console=console).debug("part written", table="Student")
        advance(6)
    before, found, after = screen.getvalue().partition("DEBUG part written table=Student\n")
    assert found
    assert before.rstrip(" ").rpartition("\x1b[2K")[2].count("\n") == 0, "the bar was erased first"
    assert "100% 10 rows" in after
