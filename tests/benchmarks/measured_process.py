"""Runs a program as a process of its own, and tells its seconds and the most memory that it held.

Run as a script, this module is the one that starts the program and waits for it: Linux counts the memory of whoever starts a
process among the process's own peak, and a bare interpreter has next to none. Hence nothing but the standard library here.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Usage:
    """What a process took: wall and processor seconds, the peak of its resident memory, and how it ended."""

    exit_code: int
    seconds: float
    cpu_seconds: float
    peak_bytes: int


def run_measured(command: Sequence[str], /, *, environment: Mapping[str, str], folder: Path) -> Usage:
    """Runs a command in a folder, which gets what it says: `stdout` and `stderr`."""
    launched = subprocess.run(
        [sys.executable, "-I", "-S", __file__, *command], cwd=folder, env=dict(environment), stdout=subprocess.PIPE, check=True
    )
    return Usage(**json.loads(launched.stdout))


def _launch(command: Sequence[str]) -> Usage:
    with Path("stdout").open("wb") as stdout, Path("stderr").open("wb") as stderr:
        started = time.monotonic()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
    peak_bytes = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return Usage(os.waitstatus_to_exitcode(status), seconds, used.ru_utime + used.ru_stime, peak_bytes)


if __name__ == "__main__":
    json.dump(asdict(_launch(sys.argv[1:])), sys.stdout)
