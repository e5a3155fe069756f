"""The folder of a run: where everything lies, and that only its owner reads it."""

import os
import re
import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from pipeline.run_folder import RunFolder, part_number

STARTED_AT = datetime(2026, 11, 22, 10, 15, 7, 123000)  # noqa: DTZ001 - UTC, as runs keep their times


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path / "runs", started_at=STARTED_AT)


@pytest.fixture(params=[0o000, 0o022, 0o077])
def _umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_folder_is_named_for_the_utc_time_and_four_hexadecimal_digits(folder: RunFolder) -> None:
    assert re.fullmatch(r"20261122T101507Z-[0-9a-f]{4}", folder.run_id)
    assert folder.path.name == folder.run_id


@pytest.mark.usefixtures("_umask")
def test_only_its_owner_reads_it_whatever_the_umask(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path / "runs", started_at=STARTED_AT)
    assert mode(folder.path) == 0o700
    for path in (folder.part("v1", "Student", 0), folder.plan("claims"), folder.credentials(0), folder.handover(0, encrypted=False)):
        assert mode(path.parent) == 0o700


def test_runs_of_the_same_second_have_folders_of_their_own(tmp_path: Path) -> None:
    folders = {RunFolder.create(tmp_path, started_at=STARTED_AT).path for _ in range(20)}
    assert len(folders) == 20


def test_the_folder_of_all_runs_may_be_missing_or_there(tmp_path: Path) -> None:
    runs = tmp_path / "far" / "away"
    first, second = (RunFolder.create(runs, started_at=STARTED_AT) for _ in range(2))
    assert {first.path, second.path} == set(runs.iterdir())


def test_everything_lies_where_the_documentation_says(folder: RunFolder) -> None:
    paths = (
        folder.manifest,
        folder.report,
        folder.part("v1", "Student", 0),
        folder.part("v2", "User", 12),
        folder.part("plan/people", "Student", 3),
        folder.before("User"),
        folder.plan("claims"),
        folder.record("rejected"),
        folder.record("changed"),
        folder.credentials(0),
        folder.handover(0, encrypted=False),
        folder.handover(0, encrypted=True),
    )
    assert [str(path.relative_to(folder.path)) for path in paths] == [
        "manifest.json",
        "report.json",
        "v1/Student/part-000.parquet",
        "v2/User/part-012.parquet",
        "plan/people/Student/part-003.parquet",
        "before/User.parquet",
        "plan/claims.parquet",
        "records/rejected.parquet",
        "records/changed.parquet",
        "credentials/part-000.parquet",
        "handover/part-000.csv",
        "handover/part-000.csv.age",
    ]
    assert all(path.parent.is_dir() and not path.exists() for path in paths)


def test_parts_come_in_the_order_of_their_numbers_past_a_thousand(folder: RunFolder) -> None:
    numbers = [1000, 2, 999, 0, 10_000]
    for number in numbers:
        folder.part("v1", "Student", number).touch()
    assert [part_number(part) for part in folder.parts("v1", "Student")] == sorted(numbers)


def test_a_part_that_was_not_finished_is_none(folder: RunFolder) -> None:
    folder.part("v1", "Student", 0).with_suffix(".tmp").touch()
    assert folder.parts("v1", "Student") == []


def test_a_table_without_a_folder_has_no_parts(folder: RunFolder) -> None:
    assert folder.parts("v2", "Student") == []


@pytest.mark.parametrize(("name", "number"), [("part-000.parquet", 0), ("part-1234.parquet", 1234), ("part-007.csv.age", 7)])
def test_a_part_s_number_stands_in_its_name(name: str, number: int) -> None:
    assert part_number(Path("handover") / name) == number
