"""A program that sits at a terminal, and somebody who types."""

import os
import select
import subprocess
import sys
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

import pytest

PATIENCE_SECONDS = 60

TAKE_TERMINAL = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
"""So that Ctrl-C interrupts, and a hidden password is asked for at this terminal and no other."""


NOTHING = os.open(os.devnull, os.O_RDONLY)


class Keyboard(StringIO):
    """Standard input at a terminal, for a test in the same process."""

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return NOTHING  # which can always be read


def type_in(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Lets this process read what somebody types."""
    monkeypatch.setattr(sys, "stdin", Keyboard(text))


def at_terminal(code: str, *, typed: Mapping[str, str], environment: Mapping[str, str] | None = None) -> tuple[str, int]:
    """Runs Python code at a terminal of its own; gives all that the terminal shows, and the exit code.

    Args:
        code: What the interpreter executes, in the project's folder.
        typed: What the program asks → what is typed when it has asked.
        environment: Variables beside those of this process.
    """
    ours, theirs = os.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", TAKE_TERMINAL + code],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=Path(__file__).parents[3],
        env={**os.environ, "PYTHONPATH": ".", "TERM": "dumb", **(environment or {})},
        start_new_session=True,
    ) as program:
        os.close(theirs)
        shown, left = "", dict(typed)
        while more := _shown_next(ours):
            shown += more
            for question in [question for question in left if shown.endswith(question)]:
                os.write(ours, left.pop(question).encode())
        os.close(ours)  # which ends a program that waits for what nobody types
    return shown, program.returncode


def _shown_next(terminal: int) -> str:
    """What the terminal shows next, its line breaks as ours; nothing when the program has ended, or says no more for long."""
    ready, _, _ = select.select([terminal], [], [], PATIENCE_SECONDS)
    try:
        return os.read(terminal, 65_536).decode().replace("\r\n", "\n") if ready else ""
    except OSError:  # as Linux tells that nobody is at the other end
        return ""
