"""The disk that the run's folder is on: files written whole or not at all, and what to say when it takes no more."""

import errno
import json
import math
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from pipeline.errors import MigratorError, StorageError
from pipeline.run_folder import PRIVATE_FILE

REFUSALS: Final = {
    errno.ENOSPC: "is full",
    errno.EDQUOT: "is full: the user's quota is used up",
    errno.EROFS: "is read-only",
    errno.EACCES: "may not be written",
    errno.EPERM: "may not be written",
    errno.EIO: "is failing: an input or output error",
}
"""What an operating system says of a disk that takes no more → what it means, as it is said of "the disk of FOLDER"."""

FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})

IN_TEXT: Final = re.compile(r"\((?:os error|errno) (\d+)\)|\[errno (\d+)\]", re.IGNORECASE)
"""How Polars (`(os error 28)`) and Arrow (`[errno 28]`) quote the operating system; neither always sets `errno`."""

UNTOLD: Final = "Invalid thrift: transport error"
"""What Polars says where the end of a Parquet file cannot be written; it does not say why."""

SCANT_BYTES: Final = 2**20
"""With less room than this on the disk, that is why."""


@contextmanager
def mapped_storage_errors(folder: Path, /, *, is_begun: bool = True) -> Iterator[None]:
    """Turns what Python, Arrow and Polars raise over a disk that takes no more into the tree's error; all else passes as it is.

    For what comes before V2's commit only: V2 is as it was, the message says.

    Args:
        folder: The run's folder; its free space is told, and its name is what `--resume` wants.
        is_begun: Whether there is a run to go on with: its manifest is written.

    Raises:
        StorageError: The disk is full, over quota, read-only, forbidden or failing.
    """
    try:
        yield
    except (MigratorError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # panics of Polars derive from BaseException
        number = _error_number(error, folder)
        if number not in REFUSALS:
            raise
        space = _free_space(folder) if number in FULL else ""
        then = f"go on where the run stopped: --resume {folder.name}" if is_begun else "start again."
        raise StorageError(
            f"The disk of {folder} {REFUSALS[number]}{space}.", next_step=f"V2 is as it was. Put that right, then {then}"
        ) from None


def write_json(path: Path, document: dict[str, Any], /) -> None:
    """Writes a JSON file readable by its owner only, whole or not at all: the file that was there stays where this one cannot be.

    Raises:
        OSError: It cannot be written; nothing is left of it.
        TypeError: The document holds what JSON cannot.
    """
    unfinished = path.with_suffix(".json.tmp")
    try:
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE), "w", encoding="utf-8") as file:  # noqa: PTH123 - a descriptor with a mode
            file.write(json.dumps(document, indent=2, ensure_ascii=False))
            file.write("\n")
        unfinished.replace(path)
    except BaseException:
        with suppress(OSError):  # or it would hide why
            unfinished.unlink(missing_ok=True)
        raise


def _error_number(error: BaseException, folder: Path) -> int | None:
    """The operating system's number of an error, by its attribute, in its text, or by the room that is left."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    if UNTOLD in str(error) and _free_bytes(folder) < SCANT_BYTES:
        return errno.ENOSPC
    quoted = IN_TEXT.search(str(error))
    return int(quoted[1] or quoted[2]) if quoted else None


def _free_space(folder: Path) -> str:
    """` (0.3 MB free)`; nothing where that cannot be told."""
    free = _free_bytes(folder)
    return f" ({free / 1e6:,.1f} MB free)" if math.isfinite(free) else ""


def _free_bytes(folder: Path) -> float:
    """Infinitely many where that cannot be told."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return math.inf
