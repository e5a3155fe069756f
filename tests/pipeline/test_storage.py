"""A disk that takes no more: told as what it is, whoever met it first, and the file that was there stays."""

import errno
import json
import os
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import StringIO
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from pipeline.errors import CheckError, LoadError, MigratorError, StorageError
from pipeline.progress import Progress
from pipeline.run import Run
from pipeline.settings import Settings
from pipeline.storage import mapped_storage_errors, write_json

ROWS = pl.DataFrame({"id": range(300_000)})


class PanicError(BaseException):
    """As panics of Polars are: no `Exception`."""


def with_python(path: Path) -> None:
    path.write_bytes(b"x" * 1_000_000)


def with_arrow(path: Path) -> None:
    table = ROWS.to_arrow()
    with pq.ParquetWriter(path, table.schema) as writer:
        writer.write_table(table)


def with_polars(path: Path) -> None:
    ROWS.write_parquet(path)


def with_polars_streaming(path: Path) -> None:
    ROWS.lazy().sink_parquet(path)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of its own, of 256 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if shutil.which("mount") is None or os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder], check=False, capture_output=True)
    if mounted.returncode:
        pytest.skip("a small disk cannot be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder: Path) -> Path:
    """Fills a disk to the last byte."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(b"x" * 4096):
            pass
    return ballast


# What is mapped


@pytest.mark.parametrize("write", [with_python, with_arrow, with_polars, with_polars_streaming])
def test_a_full_disk_is_told_as_one_whoever_writes(small_disk: Path, write: Callable[[Path], None]) -> None:
    with (
        pytest.raises(StorageError, match=rf"^The disk of {small_disk} is full \([0-9,.]+ MB free\)\.") as full,
        mapped_storage_errors(small_disk),
    ):
        write(small_disk / "part-000.parquet")
    assert full.value.exit_code == 1
    assert full.value.__cause__ is None
    assert full.value.next_step == f"V2 is as it was. Put that right, then go on where the run stopped: --resume {small_disk.name}"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "is full ("),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "is full: the user's quota is used up ("),
        (OSError(errno.EROFS, "Read-only file system"), "is read-only."),
        (PermissionError(errno.EACCES, "Permission denied"), "may not be written."),
        (OSError(errno.EIO, "Input/output error"), "is failing: an input or output error."),
        (OSError("No space left on device (os error 28)"), "is full ("),
        (pa.ArrowException("Error writing bytes to file. Detail: [errno 28] No space left on device"), "is full ("),
        (pl.exceptions.ComputeError("parquet: underlying IO error: No space left on device (os error 28)"), "is full ("),
        (PanicError("called `Result::unwrap()` on an `Err` value: Read-only file system (os error 30)"), "is read-only."),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_each_way_of_saying_it_is_understood(tmp_path: Path, error: BaseException, told: str) -> None:
    with pytest.raises(StorageError) as mapped, mapped_storage_errors(tmp_path):
        raise error
    assert mapped.value.problem.startswith(f"The disk of {tmp_path} {told}")


@pytest.mark.parametrize(
    "error",
    [
        LoadError("V2's server: No space left on device (os error 28)", next_step=""),
        CheckError("checks", next_step=""),
        FileNotFoundError(errno.ENOENT, "No such file or directory"),
        ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"),
        pl.exceptions.ComputeError("parquet: File out of specification"),
        ValueError("28"),
        KeyboardInterrupt(),
        SystemExit(1),
        PanicError("index out of bounds"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_every_other_error_passes_as_it_is(tmp_path: Path, error: BaseException) -> None:
    with pytest.raises(type(error)) as passed, mapped_storage_errors(tmp_path):
        raise error
    assert passed.value is error


def test_the_end_of_a_parquet_file_that_is_not_written_is_told_by_the_room_there_is(small_disk: Path, tmp_path: Path) -> None:
    untold = pl.exceptions.ComputeError("parquet: File out of specification: Invalid thrift: transport error")
    with pytest.raises(pl.exceptions.ComputeError), mapped_storage_errors(tmp_path):
        raise untold
    fill(small_disk)
    with pytest.raises(StorageError, match=r"is full \(0\.0 MB free\)"), mapped_storage_errors(small_disk):
        raise untold


def test_a_run_that_has_not_begun_is_to_be_started_again_and_a_folder_that_is_gone_has_no_space(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    with pytest.raises(StorageError) as full, mapped_storage_errors(folder, is_begun=False):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert (full.value.problem, full.value.next_step) == (
        f"The disk of {folder} is full.",
        "V2 is as it was. Put that right, then start again.",
    )


def test_it_is_an_error_of_the_tree_that_nobody_foresaw() -> None:
    assert StorageError.exit_code == MigratorError.exit_code == 1


# Files written whole or not at all


def test_a_json_file_is_readable_by_its_owner_only_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    for document in ({"first": 1}, {"name": "Zoë"}):
        write_json(path, document)
        assert json.loads(path.read_text(encoding="utf-8")) == document
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_json_file_that_cannot_be_written_whole_leaves_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    write_json(path, {"first": 1})
    with pytest.raises(TypeError):
        write_json(path, {"second": object()})
    assert json.loads(path.read_text(encoding="utf-8")) == {"first": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_a_json_file_that_finds_no_room_leaves_the_one_before(small_disk: Path) -> None:
    path = small_disk / "report.json"
    write_json(path, {"first": 1})
    ballast = fill(small_disk)
    with pytest.raises(OSError, match="No space left"):
        write_json(path, {"second": "x" * 10_000})
    assert json.loads(path.read_text(encoding="utf-8")) == {"first": 1}
    assert sorted(small_disk.iterdir()) == [ballast, path]


# A run whose disk fills up


@pytest.mark.parametrize("write", [with_python, with_arrow, with_polars, with_polars_streaming])
def test_a_run_whose_disk_fills_up_says_so_and_can_be_gone_on_with(small_disk: Path, write: Callable[[Path], None]) -> None:
    settings = Settings(_env_file=None, runs_dir=small_disk / "runs")  # type: ignore[call-arg]  # pydantic takes it
    progress = Progress(Console(file=StringIO()))
    run = Run.begin(settings, progress)

    def extract(run: Run) -> None:
        with run.stage("extract", total=1):
            run.facts["read"] = {"Student": 1}

    def plan(run: Run) -> None:
        with run.stage("plan", total=1):
            write(run.folder.plan("claims"))

    run.once(extract)
    with pytest.raises(StorageError, match="is full") as full, mapped_storage_errors(run.folder.path):
        run.once(plan)
    run.end("failed", exit_code=full.value.exit_code, error=full.value)

    run.folder.clear("plan")
    resumed = Run.resumed(run.folder, settings, progress)
    assert (resumed.finished, resumed.facts) == (["extract"], {"read": {"Student": 1}})


def test_what_the_manifest_has_no_room_for_is_done_again(small_disk: Path) -> None:
    settings = Settings(_env_file=None, runs_dir=small_disk / "runs")  # type: ignore[call-arg]  # pydantic takes it
    progress = Progress(Console(file=StringIO()))
    run = Run.begin(settings, progress)

    def plan(run: Run) -> None:
        with run.stage("plan", total=1):
            fill(run.folder.path)
            run.facts["planned"] = "x" * 10_000

    run.once(plan)
    run.end("done")
    (run.folder.path / "ballast").unlink()
    assert Run.resumed(run.folder, settings, progress).finished == []


def test_a_run_that_finds_its_disk_full_says_so(small_disk: Path) -> None:
    fill(small_disk)
    settings = Settings(_env_file=None, runs_dir=small_disk / "runs")  # type: ignore[call-arg]  # pydantic takes it
    with pytest.raises(StorageError, match="is full") as full:
        Run.begin(settings, Progress(Console(file=StringIO())))
    assert full.value.next_step.endswith("start again.")
