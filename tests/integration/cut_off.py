"""Runs of the program that come to harm on their way, and what is left of them: processes forked from `cutting`, told where to end."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.integration.cutting import HELD, LET_GO, POINTS, Harm, Moment, Order, told

ROOT: Final = Path(__file__).parents[2]
RUN_SECONDS: Final = 90.0
"""How long a run may take on a busy machine; one that waits for ever fails its test then."""


@dataclass(frozen=True)
class Ended:
    """How a process ended."""

    exit_code: int
    """Negative: the signal that ended it."""
    out: str
    err: str


@dataclass(frozen=True)
class Attempt:
    """A process that runs the program."""

    starter: "Starter"
    process: int
    folder: Path

    def wait(self) -> Ended:
        """Waits for its end."""
        exit_code = self.starter.asked({"wait": self.process, "seconds": RUN_SECONDS})
        out, err = (Path(self.folder, name).read_text(encoding="utf-8", errors="replace") for name in ("out", "err"))
        assert exit_code is not None, f"the run did not end in {RUN_SECONDS:g} s: {err}"
        return Ended(exit_code, out, err)

    def wait_until_held(self) -> None:
        """Waits until it stands at its point."""
        given_up_at = time.monotonic() + RUN_SECONDS
        while not Path(self.folder, HELD).exists():
            assert time.monotonic() < given_up_at, Path(self.folder, "err").read_text(encoding="utf-8")
            time.sleep(0.005)

    def let_go(self) -> None:
        """Lets it go on from its point."""
        Path(self.folder, LET_GO).touch()


@dataclass(frozen=True)
class Starter:
    """The process that the others are forked from."""

    process: "subprocess.Popen[str]"

    def start(
        self,
        folder: Path,
        *arguments: str,
        environment: Mapping[str, str],
        point: str = "",
        moment: Moment = "before",
        harm: Harm = "kill",
    ) -> Attempt:
        """Starts the program in a working folder of its own."""
        folder.mkdir(exist_ok=True)
        order = Order(str(folder), list(arguments), dict(environment), point, moment, harm)
        return Attempt(self, self.asked(json.loads(told(order))), folder)

    def run(self, folder: Path, *arguments: str, environment: Mapping[str, str], **harm: Any) -> Ended:
        """Runs the program to its end."""
        return self.start(folder, *arguments, environment=environment, **harm).wait()

    def asked(self, question: dict[str, Any]) -> Any:
        """What the process answers."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{json.dumps(question)}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


@contextmanager
def starter() -> Iterator[Starter]:
    """A process to fork from, which ends with the block."""
    command = [sys.executable, "-m", "tests.integration.cutting"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8") as process:
        try:
            yield Starter(process)
        finally:
            process.send_signal(signal.SIGTERM)


def points_of(folder: Path) -> list[str]:
    """The points that a run in this working folder came to, in order."""
    names: list[str] = json.loads(Path(folder, POINTS).read_text(encoding="utf-8"))
    return names
