"""The server stops, or the connection breaks, in the middle of a run: V2 is as before or complete, and the run goes on (issue 3)."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from pipeline.postgres.embedded import Server
from pipeline.postgres.ledger import LOCK_KEY
from tests.integration.breaking_proxy import Loss, breaking_proxy
from tests.integration.conftest import fill_small
from tests.integration.cut_off import Ended, Scene, Starter, held, left_in, starter
from tests.integration.databases import contents, set_up_v2
from tests.integration.restartable import Restartable, restartable_server

COMMIT = "behind verify: COMMIT #1"

HOLDER = """
    SELECT activity.pid || ', since ' || to_char(activity.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC'
    FROM pg_locks AS lock JOIN pg_stat_activity AS activity USING (pid)
    WHERE lock.locktype = 'advisory' AND activity.datname = current_database() AND (classid::bigint << 32 | objid::bigint) = %s
"""


@pytest.fixture(scope="module")
def programs() -> Iterator[Starter]:
    with starter() as started:
        yield started


@pytest.fixture(scope="module")
def own_server() -> Iterator[Restartable]:
    bin_folder = os.environ.get("DEMO_PG_BIN")
    with restartable_server(Path(bin_folder) if bin_folder else None) as running:
        yield running


@pytest.fixture(scope="module")
def own(own_server: Restartable, programs: Starter, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """A first run on a server that may be stopped."""
    server = own_server.server
    v1, v2 = (server.create_database(name) for name in ("small_v1", "empty_v2"))
    fill_small(server.url(v1))
    set_up_v2(server.url(v2))
    return Scene(server, programs, v1, "lost_v2", v2, tmp_path_factory.mktemp("own"), {"PASSWORD_POLICY": "generate"})


@pytest.fixture(scope="module")
def shared(
    server: Server,
    programs: Starter,
    filled_once: Callable[[str, Callable[[str], None]], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Scene:
    """A first run on the server of all tests, whose connections may break."""
    v1, v2 = filled_once("small_v1", fill_small), filled_once("v2", set_up_v2)
    return Scene(server, programs, v1, "broken_v2", v2, tmp_path_factory.mktemp("shared"), {"PASSWORD_POLICY": "carry"})


def assert_lost(ended: Ended, *exit_codes: int) -> None:
    """The run ended with a message for people, which ends in what to do next."""
    assert ended.exit_code in exit_codes, ended
    assert ended.err.startswith("Error: ")
    assert "cannot be reached, or the connection broke" in ended.err or "no server answers" in ended.err
    assert "Traceback" not in ended.err
    assert "V2 is as it was" in ended.out


def assert_goes_on(scene: Scene, folder: Path, v2: str) -> None:
    resumed = scene.run(folder, "--resume", "--force")
    assert (resumed.exit_code, resumed.err) == (0, "")
    assert held(v2).rows == scene.whole[0].rows
    assert left_in(folder / "runs").report == scene.whole[1].report


@pytest.mark.parametrize(
    "point",
    [
        "begin: once extract #1",
        "extract: batch of before/ledger.tmp #1",
        "transform: file v2/Student/part-008.parquet #1",
        "credentials: file handover 2 #1",
        "load: COPY Teacher #1",
        'verify: SQL SELECT count(*) AS rows FROM "public"."Teacher" #1',
    ],
)
def test_a_server_that_stops_at_once_is_told_of_and_the_run_goes_on_when_it_is_back(
    own: Scene, own_server: Restartable, point: str, tmp_path: Path
) -> None:
    before, v2 = own.contents, own.restored()
    attempt = own.start(tmp_path, "--force", point=point, harm="hold")
    attempt.wait_until_held()
    own_server.stop()
    attempt.let_go()
    ended = attempt.wait()
    again = own.run(tmp_path, "--resume", "--force")
    own_server.start()
    assert_lost(ended, 4)
    assert_lost(again, 4)
    assert contents(v2) == before
    assert_goes_on(own, tmp_path, v2)
    assert left_in(tmp_path / "runs").passwords.keys() == left_in(tmp_path / "runs").credentials.keys()


def test_a_server_that_was_away_for_a_moment_has_lost_the_lock_so_nothing_is_written(
    own: Scene, own_server: Restartable, tmp_path: Path
) -> None:
    before, v2 = own.contents, own.restored()
    attempt = own.start(tmp_path, "--force", point="credentials: file handover 2 #1", harm="hold")
    attempt.wait_until_held()
    own_server.stop()
    own_server.start()
    attempt.let_go()
    assert_lost(attempt.wait(), 4)
    assert contents(v2) == before
    assert_goes_on(own, tmp_path, v2)


def test_a_server_that_stops_behind_the_commit_does_not_make_the_run_fail(own: Scene, own_server: Restartable, tmp_path: Path) -> None:
    v2 = own.restored()
    attempt = own.start(tmp_path, "--force", point=COMMIT, moment="after", harm="hold")
    attempt.wait_until_held()
    own_server.stop()
    attempt.let_go()
    ended = attempt.wait()
    own_server.start()
    assert held(v2).rows == own.whole[0].rows
    assert (ended.exit_code, ended.err) == (0, "")
    assert "Done: " in ended.out
    assert left_in(tmp_path / "runs").report == own.whole[1].report


def broken_run(scene: Scene, folder: Path, loss: Loss) -> tuple[Ended, Ended]:
    """A run whose connection breaks at its commit, and what happens when it is resumed, the same way."""
    address = urlsplit(scene.pair.v2)
    assert address.hostname
    assert address.port
    with breaking_proxy(address.hostname, address.port, loss) as proxy:
        environment = scene.environment(folder)
        environment["V2_DATABASE_URL"] = scene.pair.v2.replace(f":{address.port}/", f":{proxy.port}/")
        ended = scene.starter.run(folder, "--force", environment=environment)
        assert proxy.has_broken
        proxy.loss = "answer"
        return ended, scene.starter.run(folder, "--resume", "--force", environment=environment)


def test_a_connection_that_breaks_before_the_commit_arrives_fails_the_run(shared: Scene, tmp_path: Path) -> None:
    v2 = shared.restored()
    ended, resumed = broken_run(shared, tmp_path, "commit")
    assert_lost(ended, 4)
    assert (resumed.exit_code, resumed.err) == (0, "")
    assert held(v2).rows == shared.whole[0].rows


def test_a_connection_that_breaks_behind_the_commit_is_no_failure_since_the_ledger_knows(shared: Scene, tmp_path: Path) -> None:
    v2 = shared.restored()
    ended, resumed = broken_run(shared, tmp_path, "answer")
    assert (ended.exit_code, ended.err) == (0, "")
    assert "Done: " in ended.out
    assert resumed.exit_code == 8
    assert "is complete" in resumed.err
    assert held(v2).rows == shared.whole[0].rows
    assert left_in(tmp_path / "runs").report == shared.whole[1].report


def test_where_nobody_can_tell_whether_the_commit_arrived_the_run_says_so_and_resuming_tells(shared: Scene, tmp_path: Path) -> None:
    v2 = shared.restored()
    ended, resumed = broken_run(shared, tmp_path, "answer and server")
    assert ended.exit_code == 4
    assert "whether V2 holds the run is not known" in ended.err
    assert "--resume" in ended.err
    assert "V2 is as it was" not in ended.out + ended.err
    assert (resumed.exit_code, resumed.err) == (0, "")
    assert "Done: " in resumed.out
    assert held(v2).rows == shared.whole[0].rows
    assert left_in(tmp_path / "runs").report == shared.whole[1].report


def test_a_second_run_is_told_who_holds_v2_and_since_when(shared: Scene, tmp_path: Path) -> None:
    v2 = shared.restored()
    first = shared.start(tmp_path, "--force", point="load: COPY Teacher #1", harm="hold")
    first.wait_until_held()
    (tmp_path / "second").mkdir()
    with psycopg.connect(v2) as connection:
        holder = connection.execute(HOLDER, [LOCK_KEY]).fetchone()
    second = shared.run(tmp_path / "second", "--force")
    resumed = shared.starter.run(tmp_path / "second", "--resume", "--force", environment=shared.environment(tmp_path))
    first.let_go()
    assert first.wait().exit_code == 0
    assert holder
    assert second.exit_code == 8
    assert f"another run of the migration holds it (server process {holder[0]})" in second.err
    assert resumed.exit_code == 8
    assert "is still running" in resumed.err
    assert held(v2).rows == shared.whole[0].rows
