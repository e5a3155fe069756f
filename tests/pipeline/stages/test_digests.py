"""The digests of a run's files: which files have one, and what is told of those that were touched."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from pipeline.run_folder import RunFolder
from pipeline.stages.digests import Touched, digests, touched


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """A run that came to its end."""
    folder = RunFolder.create(tmp_path, started_at=datetime.fromisoformat("2026-11-22T10:15:00"))
    for number in (0, 1):
        pl.DataFrame({"id": range(number + 2)}).write_parquet(folder.part("v1", "Student", number))
    pl.DataFrame({"id": ["7"]}).write_parquet(folder.record("rejected"))
    folder.handover(0, encrypted=False).write_bytes(b'"user_id","email","password"\r\n"7","a@x.ng","secret"\r\n')
    folder.handover(1, encrypted=True).write_bytes(b"age-encryption.org/v1")
    for other in ("manifest.json", "report.html", "records/rejected.csv", "v1/Student/part-002.tmp"):
        (folder.path / other).write_text("{}", encoding="utf-8")
    return folder


def test_every_parquet_and_handover_file_has_a_digest_and_nothing_else(folder: RunFolder) -> None:
    found = digests(folder)
    assert [(file["path"], file["rows"]) for file in found] == [
        ("handover/part-000.csv", 1),
        ("handover/part-001.csv.age", None),
        ("records/rejected.parquet", 1),
        ("v1/Student/part-000.parquet", 2),
        ("v1/Student/part-001.parquet", 3),
    ]
    for file in found:
        content = (folder.path / file["path"]).read_bytes()
        assert (file["bytes"], file["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())


def test_a_file_that_was_cut_off_has_a_digest_and_no_rows(folder: RunFolder) -> None:
    part = folder.part("v1", "Student", 1)
    part.write_bytes(part.read_bytes()[:-7])
    assert digests(folder)[-1]["rows"] is None


def test_what_validate_and_rollback_add_later_is_not_the_run_s(folder: RunFolder) -> None:
    before = digests(folder)
    for later in ("differences-20261122T101500Z", "rollback_kept"):
        pl.DataFrame({"id": ["7"]}).write_parquet(folder.path / "records" / f"{later}.parquet")
    assert digests(folder) == before


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


PART = "v1/Student/part-001.parquet"


@pytest.mark.parametrize(
    ("touch", "expected"),
    [
        (lambda _: None, Touched([], [], [], [])),
        (lambda path: flip(path / PART), Touched([PART], [], [], [])),
        (lambda path: (path / PART).unlink(), Touched([], [PART], [], [])),
        (lambda path: (path / PART).rename(path / "backup.parquet"), Touched([], [PART], ["backup.parquet"], [])),
        (lambda path: flip(path / "handover/part-000.csv"), Touched(["handover/part-000.csv"], [], [], [])),
        (lambda path: (path / "handover/part-000.csv").unlink(), Touched([], [], [], ["handover/part-000.csv"])),
    ],
    ids=["nothing", "a bit", "deleted", "renamed", "a password", "handed over"],
)
def test_what_was_touched_is_told(folder: RunFolder, touch: Callable[[Path], None], expected: Touched) -> None:
    recorded = digests(folder)
    touch(folder.path)
    found = touched(recorded, digests(folder))
    assert found == expected
    assert bool(found) == bool(expected.changed or expected.missing or expected.added)
