"""The digests of a run's files, taken when it ends; and what was touched since."""

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.run_folder import RunFolder

COVERED: Final = ("**/*.parquet", "handover/part-*.csv", "handover/part-*.csv.age")
"""The files of a run that have digests. Spreadsheets have none: they are for people to work in, and their records are covered."""

WRITTEN_LATER: Final = ("records/differences-*.parquet", "records/rollback_kept.parquet")
"""What `validate` and `rollback` add to a run that has ended."""

HANDED_OVER: Final = "handover/*"
"""What is to be deleted once it was handed over: that it is gone is no harm."""


@dataclass(frozen=True)
class Touched:
    """The files of a run that are not as they were when it ended, by their paths in its folder."""

    changed: list[str]
    missing: list[str]
    added: list[str]
    handed_over: list[str]
    """Files of the handover that are gone, as they should be."""

    def __bool__(self) -> bool:
        """Whether anything was touched that should not have been."""
        return bool(self.changed or self.missing or self.added)


def digests(folder: RunFolder, /) -> list[dict[str, Any]]:
    """Every Parquet file and handover file of a run, in the order of their names.

    Of each its `path` in the run's folder, its `rows` (None of a file that does not tell: an encrypted one, or one that was cut off), its
    `bytes` and its `sha256`. SHA-256 takes a core about a second for a gigabyte; all cores work on it.

    Raises:
        OSError: A file cannot be read.
    """
    paths = {path for pattern in COVERED for path in folder.path.glob(pattern) if path.is_file()}
    return digests_of(folder.path, (path for path in paths if not _matches(_name(folder.path, path), WRITTEN_LATER)))


def digests_of(folder: Path, paths: Iterable[Path], /) -> list[dict[str, Any]]:
    """Files in a folder, in the order of their names, as `digests` tells of them."""
    with ThreadPoolExecutor(os.cpu_count()) as cores:
        return list(cores.map(partial(_digest, folder), sorted(paths)))


def touched(recorded: Sequence[Mapping[str, Any]], found: Sequence[Mapping[str, Any]], /) -> Touched:
    """Compares what `digests` gave when the run ended with what it gives now."""
    before, now = ({file["path"]: file["sha256"] for file in files} for files in (recorded, found))
    gone = [path for path in before if path not in now]
    return Touched(
        changed=[path for path, digest in before.items() if path in now and now[path] != digest],
        missing=[path for path in gone if not fnmatchcase(path, HANDED_OVER)],
        added=[path for path in now if path not in before],
        handed_over=[path for path in gone if fnmatchcase(path, HANDED_OVER)],
    )


def _digest(folder: Path, path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"path": _name(folder, path), "rows": _rows(path), "bytes": path.stat().st_size, "sha256": digest}


def _rows(path: Path) -> int | None:
    if path.suffix == ".parquet":
        try:
            return int(pq.read_metadata(path).num_rows)
        except (pa.ArrowException, OSError):  # Arrow's word for a broken footer; that the file can be read is known
            return None
    if path.suffix == ".csv":
        with path.open("rb") as file:
            return sum(1 for _ in file) - 1  # the header; no value has a line break
    return None


def _name(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix()


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
