"""What differs: counts and a few ids in memory, every id on record, and no record where nothing differs."""

from pathlib import Path

import polars as pl
import pytest

from pipeline.operations.differences import IDS_SHOWN, SCHEMA, Differences


def users(count: int) -> pl.DataFrame:
    return pl.DataFrame({"id": [f"u{number:02}" for number in reversed(range(count))], "email": ["a@b.example"] * count})


def test_nothing_leaves_no_record(tmp_path: Path) -> None:
    with Differences(tmp_path / "differences.parquet") as found:
        found.add("User", "missing", users(0))
    assert not found
    assert list(tmp_path.iterdir()) == []


def test_counts_ids_and_the_record_tell_the_same(tmp_path: Path) -> None:
    path = tmp_path / "differences.parquet"
    with Differences(path) as found:
        found.add("User", "differs", users(7), column="email")
        found.add("User", "differs", users(8), column="phone")
        found.add("User", "missing", users(1))
        found.add("TeacherClass", "extra", pl.DataFrame({"teacherId": ["t"], "classId": ["c"]}))
    assert found
    assert found.counts == {
        "differs": {"User": {"email": 7, "phone": 8}},
        "missing": {"User": {None: 1}},
        "extra": {"TeacherClass": {None: 1}},
    }
    assert found.examples["differs"] == {"User": [f"u{number:02}" for number in range(IDS_SHOWN)]}
    assert found.examples["extra"] == {"TeacherClass": ["t:c"]}
    record = pl.read_parquet(path)
    assert record.schema == SCHEMA
    assert record.height == 17
    assert record.filter(pl.col("column").is_null()).rows() == [("User", "u00", "missing", None), ("TeacherClass", "t:c", "extra", None)]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_key_that_is_broken_is_a_difference_without_a_record(tmp_path: Path) -> None:
    with Differences(tmp_path / "differences.parquet") as found:
        found.keys["School.code unique"] = 2
    assert found
    assert list(tmp_path.iterdir()) == []


def test_a_comparison_that_fails_leaves_no_record(tmp_path: Path) -> None:
    def compared() -> None:
        with Differences(tmp_path / "differences.parquet") as found:
            found.add("User", "missing", users(3))
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        compared()
    assert list(tmp_path.iterdir()) == []
