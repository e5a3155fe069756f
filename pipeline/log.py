"""`migration.log`: one line per event of a run, with counts, names and codes; never a row's values.

```
2026-11-22T10:15:07.123Z INFO stage finished name=extract rows=1284003 seconds=12.4
```
"""

import json
import logging
import os
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from rich.console import Console
from rich.text import Text

from pipeline.errors import MigratorError
from pipeline.run_folder import PRIVATE_FILE

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]

Detail = str | int | float | bool | None
"""What an event may tell: counts, seconds, names of tables, stages and codes, ids of runs."""

BARE: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.,:;/@+%$#")
"""Characters of a value that stands without quotation marks."""


class RunLog:
    """The events of one run. Nothing of it is shared: no logger of the process knows of it, and it holds no file open."""

    def __init__(self, path: Path | None = None, /, *, level: LogLevel = "INFO", console: Console | None = None) -> None:
        """Appends events from `level` up to the file at `path`, and shows the same lines on `console`, where these are given."""
        self._logger = logging.Logger("migration", level)  # noqa: LOG001 - the run's own, not the process's
        self._logger.addHandler(logging.NullHandler())  # without any, `logging` prints by itself
        if path is not None:
            self._logger.addHandler(_Appending(path))
        if console is not None:
            self._logger.addHandler(_Showing(console))

    def debug(self, event: str, /, **details: Detail) -> None:
        """Tells of what only somebody who looks for a fault wants to know: parts, statements."""
        self._tell(logging.DEBUG, event, details)

    def info(self, event: str, /, **details: Detail) -> None:
        """Tells of what happened as it should."""
        self._tell(logging.INFO, event, details)

    def warning(self, event: str, /, **details: Detail) -> None:
        """Tells of what did not, and did not end the run."""
        self._tell(logging.WARNING, event, details)

    def error(self, event: str, /, **details: Detail) -> None:
        """Tells of what ended the run."""
        self._tell(logging.ERROR, event, details)

    def failure(self, error: BaseException, /) -> None:
        """Tells of an error: the problem of one of the tree, of any other, whose message may quote a row, its type and place only."""
        details: dict[str, Detail] = {"type": type(error).__name__, "place": place(error)}
        if isinstance(error, MigratorError):
            details = {"type": type(error).__name__, "problem": error.problem}
        self._tell(logging.ERROR, "error", details)

    def _tell(self, level: int, event: str, details: dict[str, Detail]) -> None:
        self._logger.log(level, " ".join([event, *(f"{name}={_written(detail)}" for name, detail in details.items())]))


def place(error: BaseException, /) -> str | None:
    """Where an error was raised, `load.py:123`; null if it never was."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else None


def _written(detail: Detail) -> str:
    if isinstance(detail, str):
        return detail if detail and set(detail) <= BARE else json.dumps(detail, ensure_ascii=False)
    return json.dumps(detail)


def _line(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC).replace(tzinfo=None)
    return f"{at.isoformat(timespec='milliseconds')}Z {record.levelname} {record.getMessage()}"


class _Appending(logging.Handler):
    """Appends each line by itself, so that it is in the file whatever becomes of the process next."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def emit(self, record: logging.LogRecord) -> None:
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE_FILE)
            try:
                os.write(descriptor, f"{_line(record)}\n".encode())
            finally:
                os.close(descriptor)
        except OSError:
            return  # a line that finds no room on the disk does not end a run


class _Showing(logging.Handler):
    """Shows each line, above the progress bar of the same console if there is one."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        self._console.print(Text(_line(record), style="dim"), soft_wrap=True)
