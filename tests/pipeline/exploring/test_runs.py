"""There is always a run to look at."""

from pathlib import Path

import pytest

from pipeline.errors import RefusedError
from pipeline.exploring.audit import books, fates
from pipeline.exploring.runs import about, is_demonstration, run_or_demo
from pipeline.postgres.embedded import Server
from tests.pipeline.exploring.conftest import History


@pytest.fixture
def runs_dir(history: History, nothing_set: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001  # it comes first
    """`RUNS_DIR` names the folder of the history's runs, and nothing else is set."""
    monkeypatch.setenv("RUNS_DIR", str(history.runs))


@pytest.mark.usefixtures("runs_dir")
def test_it_is_the_newest_in_runs_dir(history: History) -> None:
    run = run_or_demo()
    assert run.folder == history.third.folder
    assert run.settings.dry_run
    assert not is_demonstration(run)


@pytest.mark.usefixtures("runs_dir")
def test_or_the_one_that_is_named(history: History) -> None:
    run = run_or_demo(history.first.folder.run_id)
    assert run.folder == history.first.folder
    assert run.settings.default_country == "NG"


@pytest.mark.usefixtures("runs_dir")
def test_a_run_that_is_not_there_is_refused() -> None:
    with pytest.raises(RefusedError):
        run_or_demo("20201122T101500Z-0000")


@pytest.mark.usefixtures("nothing_set")
def test_without_one_a_demonstration_is_made_elsewhere(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DEMO_PG_URL", server.url(server.maintenance_database))
    run = run_or_demo(students=10)
    assert is_demonstration(run)
    assert run.state == "done"
    assert books(fates(run))["balances"].all()
    assert list(tmp_path.iterdir()) == []
    assert "".join(capsys.readouterr()) == ""


@pytest.mark.usefixtures("runs_dir")
def test_what_run_it_is_is_told_without_secrets(history: History) -> None:
    told = dict(about(run_or_demo(history.first.folder.run_id)).iter_rows())
    assert told["run"] == history.first.folder.run_id
    assert told["people"].startswith("real")
    assert "V1" not in told  # this one was not told where V1 is
    assert about(history.third.run).filter(fact="state")["value"].item().endswith("nothing of it is in V2")
