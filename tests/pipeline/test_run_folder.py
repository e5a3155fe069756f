"""The folder of a run: where everything lies, and that only its owner reads it."""

import os
import re
import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from pipeline.errors import RefusedError
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
        folder.log,
        folder.lock,
        folder.part("v1", "Student", 0),
        folder.part("v2", "User", 12),
        folder.part("plan/people", "Student", 3),
        folder.before("User"),
        folder.plan("claims"),
        folder.selected("Student"),
        folder.part("updates", "User", 0),
        folder.backup("ledger"),
        folder.record("rejected"),
        folder.record("changed"),
        folder.credentials(0),
        folder.handover(0, encrypted=False),
        folder.handover(0, encrypted=True),
    )
    assert [str(path.relative_to(folder.path)) for path in paths] == [
        "manifest.json",
        "report.json",
        "migration.log",
        "lock",
        "v1/Student/part-000.parquet",
        "v2/User/part-012.parquet",
        "plan/people/Student/part-003.parquet",
        "before/User.parquet",
        "plan/claims.parquet",
        "plan/selected/Student.parquet",
        "updates/User/part-000.parquet",
        "backup/ledger.parquet",
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


# All runs


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Three runs, and what else may lie beside them."""
    for name in (
        "20261122T101507Z-3f9a",
        "20251122T101507Z-ffff",
        "20261122T101508Z-0000",
        "notes",
        ".git",
        "20261122T101507Z-3f9",
        "2026",
    ):
        (tmp_path / name).mkdir()
    (tmp_path / "20261122T101509Z-aaaa").touch()
    return tmp_path


def test_all_runs_are_listed_newest_first_and_nothing_else(runs: Path) -> None:
    ids = [folder.run_id for folder in RunFolder.all(runs)]
    assert ids == ["20261122T101508Z-0000", "20261122T101507Z-3f9a", "20251122T101507Z-ffff"]


def test_where_no_run_was_there_are_none(tmp_path: Path) -> None:
    assert RunFolder.all(tmp_path) == []
    assert RunFolder.all(tmp_path / "missing") == []


@pytest.mark.parametrize(
    ("asked", "found"), [(None, "20261122T101508Z-0000"), ("20251122T101507Z-ffff", "20251122T101507Z-ffff")], ids=["newest", "named"]
)
def test_a_run_is_found_by_its_id_and_the_newest_without_one(runs: Path, asked: str | None, found: str) -> None:
    assert RunFolder.find(runs, asked) == RunFolder(runs / found)


@pytest.mark.parametrize(
    "name",
    ["20261122T101507Z-3f9b", "notes", "", ".", "..", "../20261122T101507Z-3f9a", "20261122T101507Z-3f9a/v1", "/", "\x1b[2J", "*"],
)
def test_a_name_that_is_no_run_s_is_refused_and_leads_nowhere_else(runs: Path, name: str) -> None:
    with pytest.raises(RefusedError, match=f"There is no run .*in {runs}") as refused:
        RunFolder.find(runs, name)
    assert refused.value.exit_code == 8
    assert "\x1b" not in refused.value.problem


def test_without_any_run_none_is_found(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="There is no run in "):
        RunFolder.find(tmp_path, None)


# Places


def test_clearing_a_place_empties_it_of_all_that_lies_there_and_of_nothing_else(folder: RunFolder) -> None:
    for area in ("v1", "v2"):
        folder.part(area, "Student", 0).touch()
    folder.part("v2", "Student", 1).with_suffix(".tmp").touch()
    folder.part("plan/changed", "Student", 0).touch()
    folder.plan("claims").touch()
    folder.clear("v2", "plan/changed", "updates")
    assert folder.parts("v2", "Student") == folder.parts("plan/changed", "Student") == []
    assert [path.exists() for path in (folder.path / "v2", folder.plan("claims"), folder.part("v1", "Student", 0))] == [False, True, True]


def test_a_cleared_place_can_be_filled_again(folder: RunFolder) -> None:
    folder.clear("credentials")
    folder.credentials(0).touch()
    folder.clear("credentials")
    assert not folder.credentials(0).exists()
