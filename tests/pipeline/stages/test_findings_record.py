"""Findings of many parts: what is counted and what is on record."""

import stat
from contextlib import suppress
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from checks.findings import Finding
from pipeline.stages.findings_record import SCHEMA, FindingsRecord


def finding(check: str, *ids: str | None, rows: int = 10) -> Finding:
    return Finding("Teacher", check, "what it asks", rows, len(ids), ids=pl.Series(ids, dtype=pl.String) if ids else None)


def on_record(*rows: tuple[str, str, str | None]) -> pl.DataFrame:
    columns = [(database, "Teacher", check, row_id) for database, check, row_id in rows]
    return pl.DataFrame(columns, schema=SCHEMA, orient="row")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "findings.parquet"


def test_every_failing_row_of_every_part_is_on_record_and_every_check_is_counted(path: Path) -> None:
    with FindingsRecord(path, "v1") as record:
        record.add([finding("id_unique"), finding("name_length", "7", None)])
        record.add([finding("id_unique", "8"), finding("name_length", "9", rows=1)])
    expected = [("v1", "name_length", "7"), ("v1", "name_length", None), ("v1", "id_unique", "8"), ("v1", "name_length", "9")]
    assert_frame_equal(pl.read_parquet(path), on_record(*expected))
    counts = [(found["check"], found["rows"], found["failing"]) for found in record.document()]
    assert counts == [("id_unique", 20, 1), ("name_length", 11, 3)]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_where_nothing_fails_the_record_is_there_without_rows(path: Path) -> None:
    with FindingsRecord(path, "v1") as record:
        record.add([finding("id_unique")])
    assert_frame_equal(pl.read_parquet(path), SCHEMA.to_frame())


def test_the_other_database_s_findings_stay_however_often_one_is_judged_again(path: Path) -> None:
    with FindingsRecord(path, "v1") as record:
        record.add([finding("id_unique", "7")])
    for row_id in ("8", "9"):
        with FindingsRecord(path, "v2") as record:
            record.add([finding("email_valid", row_id)])
    assert_frame_equal(pl.read_parquet(path), on_record(("v1", "id_unique", "7"), ("v2", "email_valid", "9")))


def test_a_stage_that_fails_leaves_the_record_as_it_was(path: Path) -> None:
    with FindingsRecord(path, "v1") as record:
        record.add([finding("id_unique", "7")])
    before = path.read_bytes()
    with suppress(ZeroDivisionError), FindingsRecord(path, "v1") as record:
        record.add([finding("id_unique", "8")])
        raise ZeroDivisionError
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]
