"""A run that is killed at any point: V2 is as before or complete, and the run goes on to what it would have come to (issue 3)."""

import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from pipeline.postgres.embedded import Server
from tests.integration.conftest import fill_small
from tests.integration.cut_off import Cut, Left, Scene, Starter, assert_passwords_fit, held, left_in, starter
from tests.integration.databases import add, contents, execute, set_up_v2
from tests.integration.small_school import BCRYPT_HASH, SECOND_YEAR
from tests.oracle.values import v2_id

SHARES = 6
"""The points of a scene are shared among so many tests, which run beside each other."""

COMMIT = "behind verify: COMMIT #1"

V1_EDITED = """
    UPDATE "School" SET "name" = 'Green Valley School' WHERE "id" = 1;
    UPDATE "Class" SET "name" = 'JSS 2C', "class_teacher_id" = 1 WHERE "id" = 2;
    UPDATE "Teacher" SET "school_id" = 2, "full_name" = 'Tunde Bello-Ojo', "phone" = '0803 000 0077' WHERE "id" = 1;
    UPDATE "Parent" SET "full_name" = 'Bola Ade-Ojo' WHERE "id" = 1;
    UPDATE "Student" SET "blood_group" = 'AB', "address" = '1 Broad Street, Lagos', "parent_id" = 2 WHERE "id" = 1;
    UPDATE "Teacher" SET "password" = '{hash}' WHERE "id" <> 3;
    UPDATE "Parent" SET "password" = '{hash}';
    UPDATE "Student" SET "password" = '{hash}' WHERE "id" <> 3;
    DELETE FROM "_SubjectToTeacher" WHERE "A" = 2 AND "B" = 1;
"""

V2_EDITED = """UPDATE "User" SET "firstName" = 'Ngozika', "updatedAt" = '2030-01-01 08:00' WHERE "id" = '{admin}'"""


@pytest.fixture(scope="module")
def programs() -> Iterator[Starter]:
    with starter() as started:
        yield started


@pytest.fixture(scope="module")
def scenes(
    server: Server,
    programs: Starter,
    filled_once: Callable[[str, Callable[[str], None]], str],
    fill_migrated: Callable[[str], None],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Scene]:
    """A first run, in which everybody gets a new password; and a second one after edits on both sides, which carries most."""

    def fill_edited_v1(url: str) -> None:
        fill_small(url)
        add(url, SECOND_YEAR)
        execute(url, V1_EDITED.format(hash=BCRYPT_HASH))

    def fill_edited_v2(url: str) -> None:
        fill_migrated(url)
        execute(url, V2_EDITED.format(admin=v2_id("User:admin:1")))

    def scene(name: str, v1: str, v2: str, policy: str) -> Scene:
        own_v1 = server.create_database(f"cut_{name}_v1", template=v1)
        return Scene(
            server, programs, own_v1, f"cut_{name}_v2", v2, tmp_path_factory.mktemp(name), {"PASSWORD_POLICY": policy}
        )

    return {
        "first": scene("first", filled_once("small_v1", fill_small), filled_once("v2", set_up_v2), "generate"),
        "second": scene("second", filled_once("edited_v1", fill_edited_v1), filled_once("edited_v2", fill_edited_v2), "carry"),
    }


def cuts(points: list[str]) -> list[Cut]:
    """Every statement of the load and of the commit, both sides of every stage's end, and a fixed spread of all else."""
    load = [point for point in points if point.startswith("load: ") and "manifest" not in point]
    chosen = [Cut(point, is_prepared=number % 10 > 0) for number, point in enumerate(load)]
    chosen += [Cut(point, "amid", is_prepared=True) for point in load if "backup/" in point][::3]
    chosen += [Cut(COMMIT, "before"), Cut(COMMIT, "after")]
    chosen += [Cut(point, "after") for point in points if ": once " in point]
    files = [point for point in points if "file " in point and not point.startswith("load: ")]
    manifests = [point for point in files if "manifest" in point and point.endswith("#1")]
    others = [point for point in files if "manifest" not in point and "credentials" not in point]
    chosen += [Cut(point, moment) for point, moment in zip(others[::9], ("before", "amid", "after") * len(others), strict=False)]
    chosen += [Cut(point) for point in manifests[::3]] + [Cut(manifests[-1], "after")]
    secrets = [point for point in files if "credentials/" in point or "handover" in point]
    chosen += [Cut(point, moment) for point, moment in zip(secrets[::2], ("before", "amid", "after") * len(secrets), strict=False)]
    statements = [point for point in points if "SQL" in point and not point.startswith("load: ")]
    return chosen + [Cut(point, is_prepared=True) for point in statements[::6]]


@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("name", ["first", "second"])
def test_a_killed_run_leaves_v2_as_before_or_complete_and_goes_on(
    scenes: dict[str, Scene], name: str, share: int, tmp_path: Path
) -> None:
    scene = scenes[name]
    for number, cut in enumerate(cuts(scene.points)[share::SHARES]):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert_survived(scene, cut, folder)


def assert_survived(scene: Scene, cut: Cut, folder: Path) -> None:
    expected, whole = scene.whole
    before = scene.contents
    v2 = scene.restored()
    killed = kill(scene, cut, folder)
    committed = scene.points.index(COMMIT)
    here = scene.points.index(cut.point)
    is_committed = here > committed or (here == committed and cut.moment == "after")
    if is_committed:
        assert held(v2).rows == expected.rows, cut
    else:
        assert contents(v2) == before, cut
    done_blocks = killed.done_blocks()
    has_read = "extract" in killed.manifest.get("finished", [])
    with scene.v1_closed() if has_read else nullcontext():
        resumed = scene.run(folder, "--resume", "--force")
    left = left_in(folder / "runs")
    if killed.manifest.get("state", "done") == "done":
        assert resumed.exit_code == 8, (cut, resumed)
        assert ("is complete" if killed.manifest else "manifest.json cannot be read") in resumed.err, cut
    else:
        assert (resumed.exit_code, resumed.err) == (0, ""), (cut, resumed)
        assert "Done: " in resumed.out
    if not killed.manifest:
        assert scene.run(folder, "--force").exit_code == 0
        left = left_in(folder / "runs")
    assert left.manifest["state"] == "done"
    assert not has_read or left.manifest["snapshot"] == killed.manifest["snapshot"], cut
    after = held(v2)
    assert after.rows == expected.rows, cut
    assert {user: kept for user, kept in after.hashes.items() if user not in left.credentials} == {
        user: kept for user, kept in expected.hashes.items() if user not in whole.credentials
    }, cut
    assert left.report == whole.report, cut
    assert done_blocks.items() <= left.done_blocks().items(), cut
    assert_passwords_fit(left, after.hashes)


def kill(scene: Scene, cut: Cut, folder: Path) -> Left:
    """Kills a run, and gives what it left."""
    if cut.is_prepared:
        shutil.copytree(scene.prepared, folder / "runs")
    ended = scene.run(folder, "--resume" if cut.is_prepared else "--force", "--force", point=cut.point, moment=cut.moment)
    assert ended.exit_code == -signal.SIGKILL, (cut, ended)
    scene.wait_until_alone()
    return left_in(folder / "runs")
