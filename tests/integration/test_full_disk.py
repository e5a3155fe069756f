"""The disk of the run's folder is full: the run says so, V2 is as it was, and with room it goes on (issue 3)."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from pipeline.postgres.embedded import Server
from pipeline.run_folder import RunFolder
from tests.integration.cut_off import Ended, Scene, Starter, held, left_in, starter
from tests.integration.cutting import FILLER
from tests.integration.databases import contents
from tests.integration.later_year import fill_later_v1, later_v2

DISK_BYTES: Final = 16 * 2**20

MOUNTING: Final = 'mount -t tmpfs -o size="$1" none "$0" && shift && exec "$@"'
"""Of a shell: its name is the folder, then come the disk's size and the command to run there."""


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a small disk is, for processes that are told of it."""
    return tmp_path_factory.mktemp("disk")


@pytest.fixture(scope="module")
def programs(disk: Path) -> Iterator[Starter]:
    """Processes in a world of their own, with a small disk."""
    unshare = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]
    mounted = [*unshare, "sh", "-c", MOUNTING, str(disk), str(DISK_BYTES)]
    if not shutil.which("unshare") or subprocess.run([*mounted, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine mounts no small disk for a test: it needs Linux, and root or user namespaces")
    with starter(*mounted) as started:
        yield started


@pytest.fixture(scope="module")
def scene(
    server: Server,
    programs: Starter,
    filled_once: Callable[[str, Callable[[str], None]], str],
    fill_migrated: Callable[[str], None],
    tmp_path_factory: pytest.TempPathFactory,
) -> Scene:
    """A run that adds, updates, withdraws and backs up."""
    v1, v2 = filled_once("later_v1", fill_later_v1), filled_once("later_v2", later_v2(fill_migrated))
    return Scene(server, programs, v1, "full_v2", v2, tmp_path_factory.mktemp("full"), {"PASSWORD_POLICY": "carry"})


@pytest.fixture
def runs(programs: Starter, disk: Path) -> Iterator[Path]:
    """The disk, as others than those processes see it."""
    seen = Path(f"/proc/{programs.process.pid}/root") / disk.relative_to("/")
    yield seen
    for left in seen.iterdir():
        shutil.rmtree(left) if left.is_dir() else left.unlink()


def fill(runs: Path, *, room: int) -> None:
    """Leaves only so many bytes of the disk."""
    with (runs / FILLER).open("wb") as filler:
        filler.truncate(0)
        for _ in range((shutil.disk_usage(runs).free - room) // 4096):
            filler.write(bytes(4096))


def run(scene: Scene, disk: Path, folder: Path, *arguments: str, **harm: str) -> Ended:
    environment = {**scene.environment(folder), "RUNS_DIR": str(disk)}
    return scene.starter.run(folder, *arguments, environment=environment, **harm)


def assert_full(ended: Ended, disk: Path) -> None:
    assert ended.exit_code == 1, ended
    assert ended.err.startswith(f"Error: The disk of {disk}")
    assert " is full (0.0 MB free).\nV2 is as it was. " in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    "point",
    [
        "extract: batch of v1/Teacher/part-000.tmp #1",
        "plan: file plan/Class.parquet #1",
        "transform: file v2/User/part-004.parquet #1",
        "credentials: file handover 1 #1",
        "load: file backup/School.parquet #1",
        "load: file backup/ledger.parquet #1",
    ],
)
def test_a_disk_that_fills_up_ends_the_run_which_goes_on_when_there_is_room(
    scene: Scene, disk: Path, runs: Path, tmp_path: Path, point: str
) -> None:
    before, v2 = scene.contents, scene.restored()
    ended = run(scene, disk, tmp_path, "--force", point=point, harm="fill")
    assert_full(ended, disk)
    assert f"--resume {RunFolder.all(runs)[0].run_id}" in ended.err
    assert_full(run(scene, disk, tmp_path, "--resume", "--force"), disk)
    assert contents(v2) == before
    (runs / FILLER).unlink()
    assert_goes_on(scene, disk, runs, tmp_path, v2)


@pytest.mark.parametrize("share", [0.02, 0.2, 0.4, 0.6])
def test_a_disk_too_small_ends_the_run_which_goes_on_when_there_is_room(
    scene: Scene, disk: Path, runs: Path, tmp_path: Path, share: float
) -> None:
    whole = scene.whole[1].folder.path
    needed = sum(-(-path.stat().st_size // 4096) * 4096 for path in whole.rglob("*") if path.is_file())
    before, v2 = scene.contents, scene.restored()
    fill(runs, room=int(share * needed))
    assert_full(run(scene, disk, tmp_path, "--force"), disk)
    assert contents(v2) == before
    (runs / FILLER).unlink()
    assert_goes_on(scene, disk, runs, tmp_path, v2)


def test_a_disk_without_room_for_a_run_to_begin_is_told_of(scene: Scene, disk: Path, runs: Path, tmp_path: Path) -> None:
    before, v2 = scene.contents, scene.restored()
    fill(runs, room=0)
    ended = run(scene, disk, tmp_path, "--force")
    assert_full(ended, disk)
    assert "start again" in ended.err
    assert contents(v2) == before
    (runs / FILLER).unlink()
    assert run(scene, disk, tmp_path, "--resume", "--force").exit_code == 8
    assert run(scene, disk, tmp_path, "--force").exit_code == 0
    assert held(v2).rows == scene.whole[0].rows


def test_a_disk_that_fills_up_behind_the_commit_keeps_only_the_report_from_being_written(
    scene: Scene, disk: Path, runs: Path, tmp_path: Path
) -> None:
    v2 = scene.restored()
    ended = run(scene, disk, tmp_path, "--force", point="behind verify: COMMIT #1", moment="after", harm="fill")
    assert ended.exit_code == 1, ended
    assert "The run is done, but the disk of" in ended.err
    assert "V2 is as it was" not in ended.out + ended.err
    assert held(v2).rows == scene.whole[0].rows
    (runs / FILLER).unlink()
    assert_goes_on(scene, disk, runs, tmp_path, v2)


def assert_goes_on(scene: Scene, disk: Path, runs: Path, folder: Path, v2: str) -> None:
    """With room the run comes to what it would have come to."""
    resumed = run(scene, disk, folder, "--resume", "--force")
    assert (resumed.exit_code, resumed.err) == (0, "")
    assert held(v2).rows == scene.whole[0].rows
    assert left_in(runs).report == scene.whole[1].report
