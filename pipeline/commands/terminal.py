"""Where a command speaks: people's text on one side, one JSON document on the other."""

import json
import signal
import sys
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from rich.console import Console

from pipeline.errors import RefusedError
from pipeline.progress import Progress


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
        if not force and not (sys.stdin and sys.stdin.isatty()):
            raise RefusedError(
                "A run asks before it writes, and here is nobody to ask.",
                next_step="Add --force, or run it in a terminal.",
            )

    def confirm(self, question: str, /) -> None:
        """Asks for a yes, where somebody sees it: on standard error if standard output goes elsewhere.

        Raises:
            RefusedError: The answer was not yes.
        """
        signal.signal(signal.SIGINT, signal.default_int_handler)  # Polars' own lets a reading terminal sleep on
        screen = sys.stdout if sys.stdout.isatty() and not self.as_json else sys.stderr
        screen.write(f"{question} [y/N] ")
        screen.flush()
        if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
            raise RefusedError("Not confirmed; nothing was written.", next_step="Run it again, and answer y.")
