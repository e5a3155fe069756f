"""The program as a user runs it, without and at a terminal; every word that it prints or writes is looked at."""

import csv
import json
import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import psycopg

from pipeline.run_folder import RunFolder
from tests.integration.databases import PROGRAM, Pair, environment_of, run_program, table_rows
from tests.oracle.model import Row
from tests.pipeline.commands.pseudo_terminal import TAKE_TERMINAL

WIDTH = 80
"""Characters of a line, on the smallest of terminals."""

PATIENCE_SECONDS = 60

PEOPLE = (("v1", "School"), ("v1", "Teacher"), ("v1", "Parent"), ("v1", "Student"), ("v2", "User"))
"""The tables of either database that are about somebody."""

PERSONAL = re.compile("name|email|phone|password|address", re.IGNORECASE)
"""What their columns of personal data are called."""

NAMES = frozenset({"full_name", "admin_name", "firstName", "middleName", "lastName"})
"""Those of which every word counts."""

URL = re.compile(r"postgresql://\S+")

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass(frozen=True)
class Ended:
    """How the program ended."""

    exit_code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on standard output."""
        document: dict[str, Any] = json.loads(self.out)
        return document


@dataclass
class Shell:
    """A user at work in a folder, with V1 and V2 in the environment."""

    pair: Pair
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str, ends_with: int = 0, sent: str = "", **environment: str) -> Ended:
        """Runs the program, and wants of it what every command promises.

        Args:
            arguments: Command and flags.
            ends_with: The exit code.
            sent: What comes by standard input, which is no terminal.
            environment: Settings beside those of `self`.
        """
        settings = environment_of(self.pair, COLUMNS=str(WIDTH), **{**self.environment, **environment})
        ran = run_program(self.folder, *arguments, environment=settings, sent=sent)
        ended = Ended(ran.returncode, ran.stdout, ran.stderr)
        assert ended.exit_code == ends_with, f"{arguments}: {ended.out}{ended.err}"
        self._require_told(ended, as_json="--json" in arguments)
        self.require_nobody_named(ended.out + ended.err, but_by_name="explain" in arguments)
        return ended

    @property
    def runs(self) -> list[RunFolder]:
        """The runs that were begun here, newest first."""
        return RunFolder.all(self.folder / "runs")

    @property
    def run(self) -> RunFolder:
        """The newest run."""
        return self.runs[0]

    def require_nobody_named(self, text: str, *, but_by_name: bool = False) -> None:
        """Makes sure that a text holds nothing of anybody's; with `but_by_name` at least no password and no hash."""
        secrets = self._secrets()
        named = secrets if but_by_name else secrets | self._people()
        found = [word for word in named if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text)]
        assert found == []

    def require_nobody_named_in_files(self) -> None:
        """Makes sure of it for what a run writes for everybody."""
        for run in self.runs:
            for path in (run.log, run.manifest, run.report):
                if path.exists():
                    self.require_nobody_named(path.read_text(encoding="utf-8"))

    def _require_told(self, ended: Ended, *, as_json: bool) -> None:
        assert "Traceback" not in ended.out + ended.err
        tables = [line for line in (ended.out + ended.err).splitlines() if "│" in line]
        assert [line for line in tables if len(line) > WIDTH] == []
        if ended.exit_code:
            assert re.search(r"(^|\n)Error: .+\n.+\n$", ended.err), ended.err
        elif not as_json:
            assert ended.err == ""
        if as_json:
            assert isinstance(ended.document, dict)
        elif ended.exit_code:
            assert not ended.out.startswith("{")

    def _people(self) -> set[str]:
        """Every name, address and number of the two databases; of a person's name every word, too."""
        texts = {(name, text) for row in self._rows() for name, text in row.items() if PERSONAL.search(name) and isinstance(text, str)}
        words = {word for name, text in texts for word in (text.split() if name in NAMES else [])}
        return {text for text in {text for _, text in texts} | words if len(text) > 2}

    def _secrets(self) -> set[str]:
        """Every password and hash there is, those that were handed over and those of the databases among them."""
        kept = {text for row in self._rows() for name, text in row.items() if "password" in name.lower() and isinstance(text, str)}
        handed = {row["password"] for run in self.runs for row in _handed_over(run)}
        entry = {url.split("@")[0].rpartition(":")[2] for url in (self.pair.v1, self.pair.v2)}
        return {text for text in kept | handed | entry if len(text) > 2}

    def _rows(self) -> Iterator[Row]:
        for side, table in PEOPLE:
            with suppress(psycopg.errors.UndefinedTable):  # as before `setup`
                yield from table_rows(getattr(self.pair, side), table)


class AtTerminal:
    """The program at a terminal of its own, which is as wide as `WIDTH`, and somebody who reads and types."""

    def __init__(self, shell: Shell, *arguments: str, **environment: str) -> None:
        self._shell = shell
        self._ours, theirs = os.openpty()
        code = (
            f"{TAKE_TERMINAL}import runpy, sys; sys.argv = {[str(PROGRAM), *arguments]!r}; runpy.run_path(sys.argv[0], run_name='__main__')"
        )
        settings = environment_of(shell.pair, COLUMNS=str(WIDTH), TERM="xterm", **{**shell.environment, **environment})
        self._program = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=shell.folder,
            env={**settings, "PYTHONPATH": str(PROGRAM.parent)},
            start_new_session=True,
        )
        os.close(theirs)
        self.shown = ""
        """All that the terminal showed so far, without colours and movements."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._program.kill()
        self._program.wait()
        os.close(self._ours)

    def read_until(self, text: str) -> None:
        """Waits until the terminal shows a text."""
        while text not in self.shown:
            more = self._next()
            assert more, f"the program ended before it said {text}: {self.shown}"

    def type(self, text: str) -> None:
        """Types at the program; `\\x03` is Ctrl-C."""
        os.write(self._ours, text.encode())

    def interrupt(self) -> None:
        """Sends what Ctrl-C sends."""
        self._program.send_signal(signal.SIGINT)

    def end(self, *, ends_with: int, with_urls: bool = False) -> str:
        """Waits for the program's end; gives all that it showed, in which only `with_urls` a URL may hold its password."""
        while self._next():
            pass
        with suppress(subprocess.TimeoutExpired):
            self._program.wait(PATIENCE_SECONDS)
        assert self._program.returncode == ends_with, self.shown
        assert "Traceback" not in self.shown
        self._shell.require_nobody_named(URL.sub("", self.shown) if with_urls else self.shown)
        return self.shown

    def _next(self) -> str:
        """What is shown next; nothing when the program has ended, or says no more for long."""
        ready, _, _ = select.select([self._ours], [], [], PATIENCE_SECONDS)
        try:
            more = os.read(self._ours, 65_536).decode(errors="replace") if ready else ""
        except OSError:  # as Linux tells that nobody is at the other end
            return ""
        self.shown = ESCAPES.sub("", self.shown + more.replace("\r\n", "\n"))
        return more


def _handed_over(run: RunFolder) -> Iterator[dict[str, str]]:
    for part in sorted((run.path / "handover").glob("part-*.csv")):
        with part.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)
