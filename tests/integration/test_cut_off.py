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
from tests.integration.cutting import MOMENTS
from tests.integration.databases import contents, set_up_v2
from tests.integration.later_year import fill_later_v1, later_v2

SHARES = 3
"""The points of a scene are shared among so many tests, which run beside each other."""

COMMIT = "behind verify: COMMIT #1"


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

    def scene(name: str, v1: str, v2: str, policy: str) -> Scene:
        own_v1 = server.create_database(f"cut_{name}_v1", template=v1)
        return Scene(server, programs, own_v1, f"cut_{name}_v2", v2, tmp_path_factory.mktemp(name), {"PASSWORD_POLICY": policy})

    return {
        "first": scene("first", filled_once("small_v1", fill_small), filled_once("v2", set_up_v2), "generate"),
        "later": scene("later", filled_once("later_v1", fill_later_v1), filled_once("later_v2", later_v2(fill_migrated)), "carry"),
    }


def load_of(scene: Scene) -> list[str]:
    """Every point of the load: its statements, and the backups that are written between them."""
    return [point for point in scene.points if point.startswith("load: ") and "manifest" not in point]


def spread(points: list[str]) -> list[Cut]:
    """Before, amid and after in turn."""
    return [Cut(point, moment) for point, moment in zip(points, cycle(MOMENTS), strict=False)]


def cuts_of_a_first_run(scene: Scene) -> list[Cut]:
    """Every stage's end, both sides of the commit, and a fixed spread of all else.

    Most attempts that are killed late are not their run's first: what stopped the one before does not show when the load begins.
    """
    points, load = scene.points, load_of(scene)
    files = [point for point in points if ": file " in point and not point.startswith("load: ")]
    manifests = [point for point in files if "manifest" in point and point.endswith("#1")]
    credentials = [point for point in files if "manifest" not in point and "credentials: " in point]
    others = [point for point in files if "manifest" not in point and "credentials: " not in point]
    statements = [point for point in points if ": SQL" in point and not point.startswith("load: ")]
    return [
        *(Cut(point, "after") for point in points if ": once " in point),
        *(Cut(point) for point in manifests[::6]),
        *spread(others[::16]),
        *spread(credentials[::3]),
        Cut(load[2]),
        *(Cut(point, is_prepared=True) for point in load[3::5]),
        *(Cut(point, is_prepared=True) for point in statements[::16]),
        Cut(COMMIT, "before"),
        Cut(COMMIT, "after"),
        Cut(manifests[-1], "after"),
    ]


def cuts_of_a_later_run(scene: Scene) -> list[Cut]:
    """A spread of what only a later run does: updates, and the backups before them."""
    load = load_of(scene)
    return [
        *spread([point for point in scene.points if ": file updates/" in point][::8]),
        *(Cut(point, "amid", is_prepared=True) for point in load if "backup/" in point and "unfinished" not in point),
        *(Cut(point, is_prepared=True) for point in load[::16]),
        Cut(COMMIT, "before", is_prepared=True),
        Cut(COMMIT, "after", is_prepared=True),
    ]


@pytest.mark.parametrize("share", range(SHARES))
def test_a_first_run_killed_anywhere_goes_on(scenes: dict[str, Scene], share: int, tmp_path: Path) -> None:
    scene = scenes["first"]
    cuts = cuts_of_a_first_run(scene)
    assert len(cuts) >= 30
    assert {cut.point.split(": ")[0] for cut in cuts} >= {"extract", "plan", "transform", "credentials", "load", "verify"}
    for number, cut in enumerate(cuts[share::SHARES]):
        assert_survived(scene, cut, made(tmp_path / str(number)))


@pytest.mark.parametrize("share", range(SHARES))
def test_a_later_run_killed_while_it_updates_goes_on(scenes: dict[str, Scene], share: int, tmp_path: Path) -> None:
    scene = scenes["later"]
    cuts = cuts_of_a_later_run(scene)
    assert len(cuts) >= 20
    for number, cut in enumerate(cuts[share::SHARES]):
        assert_survived(scene, cut, made(tmp_path / str(number)))


@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("name", ["first", "later"])
def test_a_run_killed_between_any_two_statements_of_the_load_goes_on(
    scenes: dict[str, Scene], name: str, share: int, tmp_path: Path
) -> None:
    scene = scenes[name]
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


def test_the_later_scene_has_all_that_a_later_run_does(scenes: dict[str, Scene]) -> None:
    report = scenes["later"].whole[1].report
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
    if scene.points.index(cut.point) >= scene.points.index(COMMIT) and (cut.point, cut.moment) != (COMMIT, "before"):
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
        shutil.rmtree(killed.folder.path)  # whose name may sort behind one of the same second
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
