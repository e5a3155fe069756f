"""`manifest.json`: what it holds comes back as it was, and what is no manifest is refused."""

import json
import tomllib
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import RefusedError
from pipeline.manifest import PROGRAM, Manifest, SelectionRecord, StageRecord, versions
from pipeline.run_folder import RunFolder

STARTED_AT = datetime(2026, 11, 22, 10, 15, 7, 123000)  # noqa: DTZ001 - UTC, as runs keep their times


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path, started_at=STARTED_AT)


@pytest.fixture
def manifest(folder: RunFolder) -> Manifest:
    return Manifest(
        run=folder.run_id,
        state="interrupted",
        pid=4711,
        started_at=STARTED_AT,
        finished_at=STARTED_AT.replace(microsecond=0),
        dry_run=True,
        settings={"bcrypt_cost": 10, "handover_recipient": None, "max_rejected_percent": 0.5},
        versions=versions(),
        selection=SelectionRecord(["schools"], "name = 'Zoë'"),
        databases={"v1": "V1 (heimdall on db:5432)"},
        facts={"snapshot": {"id": "00000003-1"}, "read": {"School": 3}},
        finished=["extract"],
        stages=[StageRecord("extract", "done", 3, 3, "rows", 0.25), StageRecord("credentials", "failed", 1, 2, "users", 1.5)],
    )


def document(folder: RunFolder) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(folder.manifest.read_text(encoding="utf-8"))
    return read


def test_what_was_written_is_read_back(folder: RunFolder, manifest: Manifest) -> None:
    manifest.write(folder)
    assert Manifest.read(folder) == manifest


def test_people_and_programs_read_times_in_utc_and_the_snapshot_at_the_top(folder: RunFolder, manifest: Manifest) -> None:
    manifest.write(folder)
    found = document(folder)
    assert (found["started_at"], found["finished_at"]) == ("2026-11-22T10:15:07.123Z", "2026-11-22T10:15:07.000Z")
    assert found["snapshot"] == found["facts"]["snapshot"] == {"id": "00000003-1"}
    assert found["selection"] == {"entities": ["schools"], "filter": "name = 'Zoë'"}
    assert found["stages"][1] == {"name": "credentials", "state": "failed", "rows": 1, "total": 2, "unit": "users", "seconds": 1.5}


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'{"run": "20261122T101507Z-3f9a"}', b"\xff", b'{"run": 7}'],
    ids=["empty", "cut off", "a list", "null", "of an earlier version", "no UTF-8", "of other types"],
)
def test_what_is_no_manifest_is_refused_and_not_quoted(folder: RunFolder, content: bytes) -> None:
    folder.manifest.write_bytes(content)
    with pytest.raises(RefusedError, match=f"Run {folder.run_id}: its manifest.json cannot be read") as refused:
        Manifest.read(folder)
    assert refused.value.__cause__ is None
    assert refused.value.exit_code == 8


def test_a_missing_manifest_is_refused(folder: RunFolder) -> None:
    with pytest.raises(RefusedError):
        Manifest.read(folder)


def test_the_program_s_version_is_that_of_pyproject_toml() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == PROGRAM


def test_versions_name_the_program_python_and_what_the_result_rests_on() -> None:
    assert versions()["program"] == PROGRAM
    assert versions()["polars"] == version("polars")
    assert {"python", "phonenumbers", "pycountry", "anyascii", "idna", "polars-hash", "bcrypt"} <= set(versions())
