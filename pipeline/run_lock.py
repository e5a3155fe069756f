"""The lock of a run's folder: held by the process that works on the run, and gone with it, even after kill -9."""

import fcntl
import os
import time
import weakref
from pathlib import Path
from typing import Final

from pipeline.errors import RefusedError, SettingsError

LOCK_MODE: Final = 0o600

PATIENCE_SECONDS: Final = 0.5
"""How long a holder is borne with: somebody who only looks holds the lock for a moment, too."""


class RunLock:
    """The lock, held until it is released or this object is gone."""

    def __init__(self, path: Path, /) -> None:
        """Takes the lock.

        Args:
            path: A file in the run's folder; made if it is not there.

        Raises:
            RefusedError: Another process, or another run of this one, holds it.
            SettingsError: The file system has no locks.
            OSError: The file cannot be made.
        """
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, LOCK_MODE)
        self.release = weakref.finalize(self, os.close, descriptor)
        """Gives the lock back; a second time it does nothing."""
        given_up_at = time.monotonic() + PATIENCE_SECONDS
        while not _taken(descriptor, fcntl.LOCK_EX, path):
            if time.monotonic() > given_up_at:
                self.release()
                raise RefusedError(
                    f"Run {path.parent.name} is still running.", next_step="Wait for it to end; `status` shows how far it is."
                )
            time.sleep(PATIENCE_SECONDS / 10)


def is_held(path: Path, /) -> bool:
    """Whether anybody holds the lock of this file; nobody does where it is not there, or not for us to read."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        return not _taken(descriptor, fcntl.LOCK_SH, path)
    finally:
        os.close(descriptor)


def _taken(descriptor: int, kind: int, path: Path) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise SettingsError(
            f"RUNS_DIR: no file can be locked in {path.parent} ({error.strerror}).", next_step="Name a folder on another file system."
        ) from None
    return True
