"""`report`: a run's report again, with values for internal use, and what was touched since; from another process, with no database."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.commands.report import report
from pipeline.commands.terminal import Terminal
from pipeline.errors import RefusedError, UsageError, VerificationError
from pipeline.run import Run
from pipeline.stages.report import Report
from tests.pipeline.runs_to_tell import begun, ended, recorded

SECRET = "0803 unlisted"


class Called:
    """The command, and what it said."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, run: Run, /, **flags: bool) -> tuple[dict[str, Any], str]:
        try:
            report(run.settings, Terminal(as_json=True), run_id=None, **flags)
        finally:
            out, self.said = self._capsys.readouterr()
            self.document = json.loads(out) if out else {}
        return self.document, self.said


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Called:
    monkeypatch.setenv("COLUMNS", "200")
    return Called(capsys)


def test_it_writes_both_files_again_and_names_them(tmp_path: Path, call: Called) -> None:
    run = ended(tmp_path)
    run.folder.page.unlink()
    document, said = call(run)
    assert document == json.loads(run.folder.report.read_text(encoding="utf-8"))
    assert run.folder.page.exists()
    assert "report.html, for programs " in said
    assert not run.folder.page_with_values.exists()


def test_values_stand_in_a_page_of_their_own_only(tmp_path: Path, call: Called) -> None:
    run = ended(tmp_path)
    recorded(run, ("Student", "7", "phone_invalid", SECRET))
    document, said = call(run, with_values=True)
    assert SECRET in run.folder.page_with_values.read_text(encoding="utf-8")
    assert "internal use only" in said
    assert SECRET not in json.dumps(document) + said + run.folder.page.read_text(encoding="utf-8")


def test_of_an_untouched_run_the_check_says_so_and_writes_nothing(tmp_path: Path, call: Called) -> None:
    run = ended(tmp_path)
    run.folder.page.unlink()
    document, said = call(run, check=True)
    assert document == {
        "run": run.folder.run_id, "files": 2, "bytes": document["bytes"], "changed": [], "missing": [], "added": [], "handed_over": [],
    }  # fmt: skip
    assert document["bytes"] == sum(path.stat().st_size for path in run.folder.path.rglob("*.parquet"))
    assert "None was touched since." in said
    assert not run.folder.page.exists()


def test_what_was_touched_is_named_and_ends_with_an_error(tmp_path: Path, call: Called) -> None:
    run = ended(tmp_path)
    recorded(run, ("Student", "8", "phone_invalid", SECRET))
    run.folder.part("v1", "Student", 0).unlink()
    pl.DataFrame({"id": [7]}).write_parquet(run.folder.part("v1", "Student", 1))
    with pytest.raises(VerificationError, match="1 changed, 1 missing, 1 added") as refused:
        call(run, check=True)
    assert refused.value.exit_code == 7
    touched = {name: call.document[name] for name in ("changed", "missing", "added")}
    assert touched == {
        "changed": ["records/changed.parquet"],
        "missing": ["v1/Student/part-000.parquet"],
        "added": ["v1/Student/part-001.parquet"],
    }
    assert all(f"{kind}: {paths[0]}" in call.said for kind, paths in touched.items())


def test_to_write_the_report_again_hides_nothing(tmp_path: Path, call: Called) -> None:
    run = ended(tmp_path)
    recorded(run, ("Student", "8", "phone_invalid", SECRET))
    call(run)
    with pytest.raises(VerificationError, match="1 changed"):
        call(run, check=True)


def test_a_handover_that_was_deleted_as_it_should_be_is_no_harm(tmp_path: Path, call: Called) -> None:
    run = begun(tmp_path)
    handover = run.folder.handover(0, encrypted=False)
    handover.write_text('"user_id","email","password"\n', encoding="utf-8")
    Report(run, verdict="ok", exit_code=0).write()
    run.end("done")
    handover.unlink()
    document, said = call(run, check=True)
    assert document["handed_over"] == ["handover/part-000.csv"]
    assert "handed over: handover/part-000.csv" in said


def test_a_run_that_was_killed_has_nothing_to_check_against(tmp_path: Path, call: Called) -> None:
    run = begun(tmp_path)
    Report(run).write()  # of an attempt before
    run.write_manifest()
    assert run._lock
    run._lock.release()
    with pytest.raises(RefusedError, match="never came to its end"):
        call(run, check=True)


@pytest.mark.parametrize("check", [False, True])
def test_a_run_that_is_on_is_left_alone(tmp_path: Path, call: Called, check: bool) -> None:
    run = begun(tmp_path)
    with pytest.raises(RefusedError, match="is still running"):
        call(run, check=check)
    assert not run.folder.report.exists()


def test_check_and_values_do_not_go_together(tmp_path: Path, call: Called) -> None:
    with pytest.raises(UsageError):
        call(ended(tmp_path), check=True, with_values=True)
