"""The report of a run, from its folder alone: what it holds, what stays when it is written again, and what does not end a run."""

import json
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it has no types
import pytest
from rich.console import Console

from pipeline.manifest import Manifest, RunState
from pipeline.run import Run
from pipeline.run_folder import RunFolder
from pipeline.selection import Selection
from pipeline.stages import report as module
from pipeline.stages.report import SCHEMA_VERSION, Report, report_schema
from tests.pipeline.runs_to_tell import begun, ended, recorded

VALIDATOR = jsonschema.Draft202012Validator(report_schema())


def past(run: Run) -> Report:
    """The report of a run, as another process finds it."""
    folder = RunFolder(run.folder.path)
    return Report.reopened(Run.past(folder, Manifest.read(folder), run.settings, run.progress))


def read(run: Run) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(run.folder.report.read_text(encoding="utf-8"))
    return document


# The schema


def parts(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object and every property that the schema describes, by its path."""
    for name, part in schema.get("properties", {}).items():
        yield f"{path}/{name}", part
        yield from parts(part, f"{path}/{name}")
    for name, part in schema.get("$defs", {}).items():
        yield from parts(part, f"{path}#{name}")


def test_the_schema_is_one_and_its_urn_has_its_version() -> None:
    schema = report_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"urn:school-migrator:report:{SCHEMA_VERSION}"
    assert schema["properties"]["schema_version"] == {"description": "The version of this schema.", "const": SCHEMA_VERSION}


def test_the_schema_tells_in_words_what_everything_is_and_allows_nothing_else() -> None:
    described = dict(parts(report_schema()))
    assert len(described) > 60
    versions = {"/versions/program", "/versions/python"}
    assert [path for path, part in described.items() if "description" not in part and path not in versions] == []
    open_objects = [
        path for path, part in described.items() if part.get("type") == "object" and part.get("additionalProperties", True) is True
    ]
    assert open_objects == []
    assert report_schema()["additionalProperties"] is False
    assert report_schema()["required"] == list(report_schema()["properties"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"verdict": "fine"},
        {"exit_code": 0},
        {"schema_version": 2},
        {"state": "done"},
        {"started_at": "2026-11-22 10:15:00"},
        {"written": {"User": -1}},
        {"changed": {"Phone Invalid": 1}},
        {"files": [{"path": "../other", "rows": 1, "bytes": 1, "sha256": "0" * 64}]},
        {"filter": "name = 'Ada'"},
    ],
    ids=str,
)
def test_the_schema_refuses_what_no_report_says(tmp_path: Path, wrong: dict[str, Any]) -> None:
    document = Report(begun(tmp_path)).document()
    VALIDATOR.validate(document)
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(document | wrong)


# What it holds


def test_a_run_that_hardly_began_has_a_whole_report(tmp_path: Path) -> None:
    run = begun(tmp_path, Selection(("schools",), "name = 'Ada'"), default_country="KE")
    report = Report(run, exit_code=4, problem="no server answers there", next_step="Is it up?")
    report.write()
    document = read(run)
    VALIDATOR.validate(document)
    assert (document["problem"], document["next_step"], document["state"]) == ("no server answers there", "Is it up?", "failed")
    assert document["databases"] == {"v1": "V1 (one)", "v2": "V2 (two)"}
    assert document["selection"] == {"entities": ["schools"], "filtered": True}
    assert "Ada" not in run.folder.report.read_text(encoding="utf-8") + run.folder.page.read_text(encoding="utf-8")
    assert document["settings"]["default_country"] == "KE"
    assert document["versions"]["python"]
    assert (document["snapshot"], document["files"], document["books"], document["contested"]) == (None, [], {}, {})
    assert document["started_at"] <= document["finished_at"]


def test_examples_are_the_first_rows_of_each_code_and_meanings_those_of_the_codes_there_are(tmp_path: Path) -> None:
    run = begun(tmp_path)
    ids = [*"12", "30", "4", "5", "100", "4"]
    recorded(run, *[("Student", v1_id, "phone_invalid", "x") for v1_id in ids], ("Parent", "9", "email_invalid", "x"))
    document = Report(run).document()
    VALIDATOR.validate(document)
    assert document["examples"] == {
        "rejected": {},
        "changed": {"email_invalid": ["Parent 9"], "phone_invalid": [f"Student {v1_id}" for v1_id in ("1", "2", "4", "5", "30")]},
    }
    assert document["changed"] == {"email_invalid": 1, "phone_invalid": 7}
    assert list(document["meanings"]) == ["email_invalid", "phone_invalid"]


def test_a_stage_has_a_rate_where_there_is_something_to_measure(tmp_path: Path) -> None:
    run = begun(tmp_path)
    for name, rows in (("extract", 500), ("plan", 0)):
        with run.stage(name, total=rows) as advance:
            advance(rows)
    run.stages[0].seconds = 0.25
    document = Report(run).document()
    VALIDATOR.validate(document)
    assert [stage["rows_per_second"] for stage in document["stages"]] == [2000, None]


def test_all_files_have_their_digests_in_report_and_manifest(tmp_path: Path) -> None:
    run = ended(tmp_path)
    document = read(run)
    VALIDATOR.validate(document)
    assert [file["path"] for file in document["files"]] == ["records/changed.parquet", "v1/Student/part-000.parquet"]
    assert json.loads(run.folder.manifest.read_text(encoding="utf-8"))["facts"]["files"] == document["files"]


# Written again


def test_written_again_it_is_the_same_to_the_byte_whatever_was_touched_since(tmp_path: Path) -> None:
    run = ended(tmp_path)
    before = run.folder.report.read_bytes()
    (run.folder.path / "v1/Student/part-000.parquet").unlink()
    run.folder.page.unlink()
    past(run).write()
    assert run.folder.report.read_bytes() == before
    assert run.folder.page.exists()


@pytest.mark.parametrize("left", [None, "{", "[]"])
def test_a_report_that_is_gone_is_written_from_the_rest(tmp_path: Path, left: str | None) -> None:
    run = ended(tmp_path)
    digests = read(run)["files"]
    run.folder.report.unlink()
    if left is not None:
        run.folder.report.write_text(left, encoding="utf-8")
    past(run).write()
    document = read(run)
    VALIDATOR.validate(document)
    assert (document["verdict"], document["exit_code"], document["files"]) == ("ok", 0, digests)
    assert document["peak_memory_bytes"] is None


def test_of_a_run_that_was_killed_it_says_so_and_does_not_repeat_what_an_earlier_attempt_said(tmp_path: Path) -> None:
    run = begun(tmp_path)
    Report(run, exit_code=6, problem="load failed").write()
    run.write_manifest()
    past(run).write()
    document = read(run)
    VALIDATOR.validate(document)
    assert (document["verdict"], document["exit_code"], document["problem"]) == ("interrupted", 130, None)
    assert (document["finished_at"], document["peak_memory_bytes"]) == (None, None)


@pytest.mark.parametrize("state", ["done", "rolled back"])
def test_a_run_that_was_taken_back_is_told_as_such(tmp_path: Path, state: RunState) -> None:
    run = ended(tmp_path)
    run.end(state)
    document = past(run).document()
    VALIDATOR.validate(document)
    assert (document["verdict"], document["state"]) == ("ok", state)


# What does not end a run


class Panic(BaseException):
    """What a library written in Rust raises."""


@pytest.mark.parametrize("error", [RuntimeError("Ada Obi"), Panic("Ada Obi"), KeyboardInterrupt()], ids=repr)
def test_a_page_that_cannot_be_drawn_is_told_and_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def draw(*_: Any, **__: Any) -> str:
        raise error

    monkeypatch.setattr(module, "report_page", draw)
    run = begun(tmp_path)
    report = Report(run)
    report.write()
    VALIDATOR.validate(read(run))
    assert not run.folder.page.exists()
    told = StringIO()
    report.show(Console(file=told, width=200))
    name = type(error).__name__
    assert f"report.html could not be made ({name}); try again: report {run.folder.run_id}." in told.getvalue()
    log = run.folder.log.read_text(encoding="utf-8")
    assert re.search(rf"WARNING report incomplete lacks=report.html type={name} place=test_report.py:\d+", log)
    assert "Ada" not in told.getvalue() + log


def test_spreadsheets_that_cannot_be_written_are_told_and_end_nothing(tmp_path: Path) -> None:
    run = begun(tmp_path)
    recorded(run, ("Student", "7", "phone_invalid", "none"))
    spreadsheet = run.folder.spreadsheet("changed")
    spreadsheet.with_name(f"{spreadsheet.name}.tmp").mkdir()
    report = Report(run)
    report.write()
    VALIDATOR.validate(read(run))
    assert run.folder.page.exists()
    assert [line.split(" could ")[0] for line in report.unwritten] == ["the spreadsheets of records"]
