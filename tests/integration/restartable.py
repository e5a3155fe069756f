"""A PostgreSQL server that a test may stop as an accident would, and start again on what is left of it."""

import os
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg

from pipeline.postgres.embedded import Server, embedded_server

SURVIVING: Final = {"autovacuum": "off", "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "wal_level": "replica"}
"""What a server of the tests does without, and one that is to come back as it was does not."""

SECONDS: Final = 60


@dataclass(frozen=True)
class Restartable:
    """A private server, and the folder that it lives in."""

    server: Server
    data: Path

    def stop(self) -> None:
        """Stops it at once: no connection is told, nothing is written that was not."""
        self._control("stop", "--mode=immediate")

    def start(self) -> None:
        """Starts it at the same port, on the same data, from which it recovers."""
        self._control("restart", "--wait", f"--log={self.data.parent / 'restarted.log'}")

    def is_running(self) -> bool:
        """Whether it was started and not stopped since."""
        return Path(self.data, "postmaster.pid").exists()

    def _control(self, *arguments: str) -> None:
        programs = Path(shlex.split(Path(self.data, "postmaster.opts").read_text(encoding="utf-8"))[0]).parent
        owner = self.data.stat()
        other: dict[str, object] = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if owner.st_uid != os.geteuid() else {}
        subprocess.run(  # type: ignore[call-overload]  # keywords by name
            [programs / "pg_ctl", *arguments, "--silent", f"--pgdata={self.data}"],
            cwd="/",
            check=True,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=SECONDS,
            **other,
        )


@contextmanager
def restartable_server(bin_folder: Path | None) -> Iterator[Restartable]:
    """A private server that loses nothing of what was committed."""
    with embedded_server(bin_folder=bin_folder, settings=SURVIVING) as server:
        with psycopg.connect(server.url(server.maintenance_database)) as connection:
            (data,) = connection.execute("SHOW data_directory").fetchone() or ("",)
        restartable = Restartable(server, Path(data))
        try:
            yield restartable
        finally:
            if restartable.is_running():  # the launcher knows only the one that it started itself
                restartable.stop()
