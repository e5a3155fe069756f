"""A run that is killed at any point: V2 is as before or complete, and the run goes on to what it would have come to (issue 3)."""

import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from itertools import cycle
from pathlib import Path

import pytest

from pipeline.errors import RefusedError
from pipeline.postgres.embedded import Server
from tests.integration.conftest import fill_small
from tests.integration.cut_off import Cut, Left, Scene, Starter, assert_passwords_fit, held, left_in, starter
from tests.integration.databases import add, contents, execute, set_up_v2
from tests.integration.small_school import BCRYPT_HASH, SECOND_YEAR
from tests.oracle.values import v2_id

SHARES = 3
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
        return Scene(server, programs, own_v1, f"cut_{name}_v2", v2, tmp_path_factory.mktemp(name), {"PASSWORD_POLICY": policy})

    return {
        "first": scene("first", filled_once("small_v1", fill_small), filled_once("v2", set_up_v2), "generate"),
        "second": scene("second", filled_once("edited_v1", fill_edited_v1), filled_once("edited_v2", fill_edited_v2), "carry"),
    }


def load_of(scene: Scene) -> list[str]:
    """Every point of the load: its statements, and the backups that are written between them."""
    return [point for point in scene.points if point.startswith("load: ") and "manifest" not in point]


def cuts(scene: Scene, *, every: int, every_statement: int) -> list[Cut]:
    """Both sides of the commit and of every stage's end; of the load's points one of `every_statement`, of all else one of `every`.

    All that is not on its way to V2 yet when the load begins is of the same shape, whatever stopped the run before; so most of the
    attempts that are killed later are not the run's first.
    """
    points, load = scene.points, load_of(scene)
    chosen = [Cut(point, is_prepared=number % 16 > 0) for number, point in enumerate(load[::every_statement])]
    chosen += [Cut(point, "amid", is_prepared=True) for point in load if "backup/" in point][::4]
    chosen += [Cut(COMMIT, "before"), Cut(COMMIT, "after")]
    chosen += [Cut(point, "after") for point in points if ": once " in point]
    files = [point for point in points if ": file " in point and not point.startswith("load: ")]
    manifests = [point for point in files if "manifest" in point and point.endswith("#1")]
    others = [point for point in files if "manifest" not in point and "credentials: " not in point]
    secrets = [point for point in files if "manifest" not in point and "credentials: " in point]
    for kind, step in ((others, every), (secrets, max(every // 5, 1))):
        chosen += [Cut(point, moment) for point, moment in zip(kind[::step], cycle(("before", "amid", "after")), strict=False)]
    chosen += [Cut(point) for point in manifests[::5]] + [Cut(manifests[-1], "after")]
    statements = [point for point in points if ": SQL" in point and not point.startswith("load: ")]
    return chosen + [Cut(point, is_prepared=True) for point in statements[::every]]


@pytest.mark.parametrize("share", range(SHARES))
def test_a_first_run_killed_between_any_two_statements_or_files_goes_on(scenes: dict[str, Scene], share: int, tmp_path: Path) -> None:
    scene = scenes["first"]
    all_cuts = cuts(scene, every=10, every_statement=1)
    assert len(all_cuts) >= 60
    assert {cut.point.split(": ")[0] for cut in all_cuts} >= {"extract", "plan", "transform", "credentials", "load", "verify"}
    for number, cut in enumerate(all_cuts[share::SHARES]):
        assert_survived(scene, cut, made(tmp_path / str(number)))


@pytest.mark.parametrize("share", range(SHARES))
def test_a_later_run_killed_while_it_updates_goes_on(scenes: dict[str, Scene], share: int, tmp_path: Path) -> None:
    scene = scenes["second"]
    for number, cut in enumerate(cuts(scene, every=30, every_statement=8)[share::SHARES]):
        assert_survived(scene, cut, made(tmp_path / str(number)))


@pytest.mark.parametrize("share", range(SHARES))
def test_a_later_run_killed_at_every_statement_one_attempt_after_another_goes_on(
    scenes: dict[str, Scene], share: int, tmp_path: Path
) -> None:
    scene = scenes["second"]
    v2, killed = scene.restored(), left_in(scene.prepared)
    shutil.copytree(scene.prepared, tmp_path / "runs")
    for point in load_of(scene)[share::SHARES]:
        ended = scene.run(tmp_path, "--resume", "--force", point=point)
        assert ended.exit_code == -signal.SIGKILL, (point, ended)
        scene.wait_until_alone()
        assert contents(v2) == scene.contents, point
    assert_goes_on(scene, killed, v2, tmp_path)


def test_a_run_killed_in_every_stage_goes_on(scenes: dict[str, Scene], tmp_path: Path) -> None:
    scene = scenes["first"]
    v2, arguments = scene.restored(), ["--force"]
    for stage in ("extract", "plan", "transform", "credentials", "load", "verify"):
        ended = scene.run(tmp_path, *arguments, point=f"{stage}: file manifest.json #1", moment="after")
        assert ended.exit_code == -signal.SIGKILL, (stage, ended)
        scene.wait_until_alone()
        arguments = ["--resume", "--force"]
    assert contents(v2) == scene.contents
    assert_goes_on(scene, left_in(tmp_path / "runs"), v2, tmp_path)


def test_the_second_scene_has_all_that_a_later_run_does(scenes: dict[str, Scene]) -> None:
    report = scenes["second"].whole[1].report
    for what in ("inserted", "updated", "unchanged", "kept", "merged"):
        assert sum(book[what] for book in report["books"].values()), what
    assert {"kept_edited", "link_stale", "role_withdrawn"} <= report["changed"].keys()


# One point


def assert_survived(scene: Scene, cut: Cut, folder: Path) -> None:
    """Kills a run: V2 is as before or complete. Goes on: V2 is complete."""
    expected, _ = scene.whole
    before, v2 = scene.contents, scene.restored()
    if cut.is_prepared:
        shutil.copytree(scene.prepared, folder / "runs")
    ended = scene.run(folder, "--resume" if cut.is_prepared else "--force", "--force", point=cut.point, moment=cut.moment)
    assert ended.exit_code == -signal.SIGKILL, (cut, ended)
    scene.wait_until_alone()
    if scene.points.index(cut.point) >= scene.points.index(COMMIT) and cut != Cut(COMMIT, "before"):
        assert held(v2).rows == expected.rows, cut
    else:
        assert contents(v2) == before, cut
    killed = left_in(folder / "runs")
    if killed.manifest.get("state") == "running":
        assert_goes_on(scene, killed, v2, folder)
        return
    resumed = scene.run(folder, "--resume", "--force")
    assert resumed.exit_code == RefusedError.exit_code, (cut, resumed)
    assert ("is complete" if killed.manifest else "manifest.json cannot be read") in resumed.err
    if not killed.manifest:
        assert scene.run(folder, "--force").exit_code == 0
    assert_is_whole(scene, left_in(folder / "runs"), v2)


def assert_goes_on(scene: Scene, killed: Left, v2: str, folder: Path) -> None:
    """The run goes on without V1, if it had read that, and with the passwords that it had handed over."""
    done_blocks = killed.done_blocks()
    has_read = "extract" in killed.manifest["finished"]
    with scene.v1_closed() if has_read else nullcontext():
        resumed = scene.run(folder, "--resume", "--force")
    assert (resumed.exit_code, resumed.err) == (0, ""), resumed
    assert "Done: " in resumed.out
    left = left_in(folder / "runs")
    assert not has_read or left.manifest["snapshot"] == killed.manifest["snapshot"]
    assert done_blocks.items() <= left.done_blocks().items()
    assert_is_whole(scene, left, v2)


def assert_is_whole(scene: Scene, left: Left, v2: str) -> None:
    """V2, the books and the handover are what the run that nobody cut off made of them."""
    (expected, whole), now = scene.whole, held(v2)
    assert left.manifest["state"] == "done"
    assert now.rows == expected.rows
    assert now.without(left.credentials) == expected.without(whole.credentials)
    assert left.report == whole.report
    assert_passwords_fit(left, now.hashes)


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder
