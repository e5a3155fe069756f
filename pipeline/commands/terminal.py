"""Where a command speaks: people's text on one side, one JSON document on the other."""

import getpass
import json
import select
import signal
import sys
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from rich.console import Console

from pipeline.errors import RefusedError, UsageError
from pipeline.progress import Progress

LOOK_SECONDS: Final = 0.1
"""How often a waiting terminal looks whether Ctrl-C was pressed."""


@dataclass
class Terminal:
    """The terminal of one command. With `as_json` people's text goes to standard error."""

    as_json: bool = False
    has_given: bool = field(init=False, default=False)
    """Whether the one JSON document is printed."""

    @cached_property
    def console(self) -> Console:
        """Where people's text goes."""
        return Console(stderr=self.as_json)

    @property
    def progress(self) -> Progress:
        """Shows stages on this terminal."""
        return Progress(self.console)

    def say(self, text: str, /) -> None:
        """Prints a line for people."""
        self.console.print(text, highlight=False, soft_wrap=True, markup=False)

    def give(self, document: dict[str, Any], /) -> None:
        """Prints the command's one JSON document, if that is wanted."""
        if self.as_json and not self.has_given:
            self.has_given = True
            json.dump(document, sys.stdout, indent=2, ensure_ascii=False)
            sys.stdout.write("\n")

    def complain(self, problem: str, next_step: str, /, *, exit_code: int) -> None:
        """Tells on standard error what went wrong and what to do; a program that waits for JSON gets it as JSON, too."""
        sys.stderr.write(f"Error: {problem}\n{next_step}\n")
        self.give({"problem": problem, "next_step": next_step, "exit_code": exit_code})

    def require_answerable(self, *, force: bool) -> None:
        """Refuses to begin what could not be confirmed.

        Raises:
            RefusedError: Standard input is no terminal, and there is no `--force`.
        """
        if not force and not _is_attended():
            raise RefusedError(
                "A run asks before it writes, and here is nobody to ask.",
                next_step="Add --force, or run it in a terminal.",
            )

    def confirm(self, question: str, /) -> None:
        """Asks for a yes, where somebody sees it: on standard error if standard output goes elsewhere.

        Raises:
            RefusedError: The answer was not yes.
        """
        if self._answer(f"{question} [y/N] ").lower() not in {"y", "yes"}:
            raise RefusedError("Not confirmed; nothing was written.", next_step="Run it again, and answer y.")

    def require_typed(self, word: str, question: str, /) -> None:
        """Asks for a word that only somebody types who means it; no flag and no file answers in their place.

        Raises:
            RefusedError: Standard input is no terminal, or something else was typed.
        """
        if not _is_attended():
            raise RefusedError(
                "This is confirmed by typing, and here is nobody to type.",
                next_step="Run it in a terminal; no flag answers for you.",
            )
        if self._answer(question) != word:
            raise RefusedError(
                "Something else was typed; nothing was changed.", next_step="Run it again, and type the name as it is shown."
            )

    def password(self, prompt: str, /) -> str:
        """A password: typed unseen at a terminal, else the first line of standard input, without its line break.

        Raises:
            UsageError: There is none, or it is no text.
        """
        try:
            if _is_attended():
                _hear_interrupts()
                password = getpass.getpass(prompt)
            else:
                password = sys.stdin.readline().removesuffix("\n").removesuffix("\r") if sys.stdin else ""
            password.encode()
        except EOFError:
            password = ""
        except UnicodeError:  # which quotes what was typed
            raise UsageError("The password is no text that this terminal's encoding knows.", next_step="Send it as UTF-8.") from None
        if not password:
            raise UsageError(
                "There is no password to check.", next_step="Type it when asked, or send it as the first line of standard input."
            )
        return password

    def _answer(self, question: str) -> str:
        """What somebody types, without the blanks around it; the question is asked where they see it."""
        _hear_interrupts()
        screen = sys.stdout if sys.stdout.isatty() and not self.as_json else sys.stderr
        screen.write(question)
        screen.flush()
        while not select.select([sys.stdin], [], [], LOOK_SECONDS)[0]:
            pass  # a Ctrl-C just before a read that waits would be heard only behind it
        return sys.stdin.readline().strip()


def _is_attended() -> bool:
    """Whether somebody sits at standard input; one that is closed is no terminal."""
    return bool(sys.stdin and sys.stdin.isatty())


def _hear_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # Polars' own lets a reading terminal sleep on
