"""Ctrl-C, and what else ends a process, anywhere: V2 is as before, and the run goes on where it was (issue 3)."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from pipeline.errors import INTERRUPTED_EXIT_CODE
from pipeline.postgres.embedded import Server
from tests.integration.conftest import fill_small
from tests.integration.cut_off import Attempt, Scene, Starter, held, left_in, starter, wait_for
from tests.integration.databases import contents, execute, set_up_v2
from tests.pipeline.commands.pseudo_terminal import at_terminal

STATEMENT_SECONDS = 15
"""How long a statement takes that somebody does not want to wait for."""

DELAY = f"""
    CREATE FUNCTION delay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep({STATEMENT_SECONDS}); RETURN NEW; END $$;
    CREATE TRIGGER delaying BEFORE INSERT ON "Teacher" FOR EACH ROW EXECUTE FUNCTION delay();
"""

NO_DELAY = 'DROP TRIGGER delaying ON "Teacher"; DROP FUNCTION delay()'


@pytest.fixture(scope="module")
def programs() -> Iterator[Starter]:
    with starter() as started:
        yield started


@pytest.fixture(scope="module")
def scene(
    server: Server,
    programs: Starter,
    filled_once: Callable[[str, Callable[[str], None]], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Scene:
    """A first run, in which everybody gets a new password."""
    v1, v2 = filled_once("small_v1", fill_small), filled_once("v2", set_up_v2)
    return Scene(server, programs, v1, "interrupted_v2", v2, tmp_path_factory.mktemp("scene"), {"PASSWORD_POLICY": "generate"})


def assert_goes_on(scene: Scene, folder: Path, v2: str) -> None:
    resumed = scene.run(folder, "--resume", "--force")
    assert (resumed.exit_code, resumed.err) == (0, "")
    assert held(v2).rows == scene.whole[0].rows
    assert left_in(folder / "runs").report == scene.whole[1].report


def assert_interrupted(attempt: Attempt, runs: Path) -> None:
    """It says so, to people and to programs, and in its folder."""
    ended = attempt.wait()
    assert ended.exit_code == INTERRUPTED_EXIT_CODE, ended
    assert ended.err.startswith("Error: Interrupted.\n")
    assert "Traceback" not in ended.err
    left = left_in(runs)
    assert left.manifest["state"] == "interrupted"
    report = json.loads(left.folder.report.read_text(encoding="utf-8"))
    assert (report["verdict"], report["exit_code"], report["stages"][-1]["state"]) == ("interrupted", INTERRUPTED_EXIT_CODE, "failed")


def running(v2: str) -> bool:
    """Whether the delayed statement is under way."""
    with psycopg.connect(v2) as connection:
        row = connection.execute(
            """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"""
        ).fetchone()
        return row == (1,)


@pytest.mark.parametrize(
    "point",
    [
        "extract: batch of v1/Teacher/part-000.tmp #1",
        "plan: file plan/Class.parquet #1",
        "transform: file v2/User/part-004.parquet #1",
        "credentials: file handover 2 #1",
        "load: COPY Teacher #1",
        'verify: SQL SELECT count(*) AS rows FROM "public"."Teacher" #1',
    ],
)
def test_ctrl_c_in_any_stage_leaves_v2_as_it_was_and_the_run_to_be_gone_on_with(scene: Scene, point: str, tmp_path: Path) -> None:
    before, v2 = scene.contents, scene.restored()
    attempt = scene.start(tmp_path, "--force", point=point, harm="hold")
    attempt.wait_until_held()
    os.kill(attempt.process, signal.SIGINT)
    assert_interrupted(attempt, tmp_path / "runs")
    assert contents(v2) == before
    assert_goes_on(scene, tmp_path, v2)


def test_ctrl_c_does_not_wait_for_the_statement_that_the_server_is_at(scene: Scene, tmp_path: Path) -> None:
    v2 = scene.restored()
    execute(v2, DELAY)
    before = contents(v2)
    attempt = scene.start(tmp_path, "--force")
    wait_for(lambda: running(v2))
    pressed = time.monotonic()
    os.kill(attempt.process, signal.SIGINT)
    assert_interrupted(attempt, tmp_path / "runs")
    assert time.monotonic() - pressed < STATEMENT_SECONDS - 2
    assert contents(v2) == before
    execute(v2, NO_DELAY)
    assert_goes_on(scene, tmp_path, v2)


def test_ctrl_c_at_the_commit_comes_too_late(scene: Scene, tmp_path: Path) -> None:
    v2 = scene.restored()
    attempt = scene.start(tmp_path, "--force", point="behind verify: COMMIT #1", harm="hold")
    attempt.wait_until_held()
    os.kill(attempt.process, signal.SIGINT)
    attempt.let_go()
    ended = attempt.wait()
    assert (ended.exit_code, ended.err) == (0, "")
    assert held(v2).rows == scene.whole[0].rows
    assert left_in(tmp_path / "runs").report == scene.whole[1].report


def test_ctrl_c_at_the_question_is_an_answer_too(scene: Scene, tmp_path: Path) -> None:
    before, v2 = scene.contents, scene.restored()
    shown, exit_code = at_terminal(
        "from pipeline.cli import main; main([])", typed={"[y/N] ": "\x03"}, environment=scene.environment(tmp_path)
    )
    assert exit_code == INTERRUPTED_EXIT_CODE
    assert "Error: Interrupted.\n" in shown
    assert "Traceback" not in shown
    assert contents(v2) == before
    assert left_in(tmp_path / "runs").manifest["state"] == "interrupted"
    assert_goes_on(scene, tmp_path, v2)


@pytest.mark.parametrize(
    ("point", "sent"),
    [
        ("extract: batch of v1/Teacher/part-000.tmp #1", signal.SIGTERM),
        ("credentials: file handover 2 #1", signal.SIGHUP),
        ("load: COPY Teacher #1", signal.SIGTERM),
    ],
)
def test_another_signal_ends_the_run_like_a_kill(scene: Scene, point: str, sent: signal.Signals, tmp_path: Path) -> None:
    before, v2 = scene.contents, scene.restored()
    attempt = scene.start(tmp_path, "--force", point=point, harm="hold")
    attempt.wait_until_held()
    os.kill(attempt.process, sent)
    assert attempt.wait().exit_code == -sent
    scene.wait_until_alone()
    assert contents(v2) == before
    assert left_in(tmp_path / "runs").manifest["state"] == "running"
    assert_goes_on(scene, tmp_path, v2)


def test_a_run_that_is_killed_while_the_server_works_is_gone_on_with_when_the_server_is_done(scene: Scene, tmp_path: Path) -> None:
    v2 = scene.restored()
    execute(v2, DELAY.replace(str(STATEMENT_SECONDS), "5"))
    attempt = scene.start(tmp_path, "--force")
    wait_for(lambda: running(v2))
    os.kill(attempt.process, signal.SIGKILL)
    assert attempt.wait().exit_code == -signal.SIGKILL
    assert running(v2)
    resumed = scene.run(tmp_path, "--resume", "--force")
    assert (resumed.exit_code, resumed.err) == (0, "")
    assert held(v2).rows == scene.whole[0].rows
