"""Records and spreadsheets of a folder: what a person who opens them finds, and what no program carries out."""

import csv
import os
import stat
import time
from datetime import datetime
from io import StringIO
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.run_folder import RunFolder
from pipeline.stages.record_files import original_values, write_private, write_record, write_spreadsheets
from transforms.records import SCHEMA


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path, started_at=datetime.fromisoformat("2026-11-22T10:15:00"))


def records(*originals: str | None, code: str = "phone_invalid") -> pl.LazyFrame:
    rows = [("Student", str(number), "phone", code, None, original) for number, original in enumerate(originals, 1)]
    return pl.LazyFrame(rows, schema=SCHEMA, orient="row")


def cells(path: Path) -> list[list[str]]:
    return list(csv.reader(StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


# Records


def test_a_record_names_its_run_in_every_row(folder: RunFolder) -> None:
    write_record(folder, "changed", records("a", None))
    written = pl.read_parquet(folder.record("changed"))
    assert written.columns == [*SCHEMA.names(), "run"]
    assert written["run"].to_list() == [folder.run_id] * 2
    assert stat.S_IMODE(folder.record("changed").stat().st_mode) == 0o600


def test_a_record_that_cannot_be_written_leaves_the_one_before(folder: RunFolder) -> None:
    write_record(folder, "changed", records("a"))
    before = folder.record("changed").read_bytes()
    with pytest.raises(pl.exceptions.PolarsError):
        write_record(folder, "changed", records("a").select(pl.col("original").cast(pl.Int64)))
    assert folder.record("changed").read_bytes() == before
    assert [path.name for path in folder.record("changed").parent.iterdir()] == ["changed.parquet"]


# Spreadsheets


def test_a_spreadsheet_has_every_row_and_cell_of_its_record_in_the_order_of_the_ids(folder: RunFolder) -> None:
    values = ["Ọ̀kẹ́", 'say "no"', "a,b;c", "two\nlines", "", None, *"ghij"]
    write_record(folder, "changed", pl.concat([records(*values[7:]).with_columns(v1_id=pl.lit("70")), records(*values[:7])]))
    write_record(folder, "rejected", records().select(pl.all()))
    write_spreadsheets(folder)
    content = folder.spreadsheet("changed").read_bytes()
    assert content.startswith(b'\xef\xbb\xbf"table",')
    assert content.replace(b"\r\n", b"").count(b"\r") == 0
    header, *rows = cells(folder.spreadsheet("changed"))
    assert header == [*SCHEMA.names(), "run"]
    assert [row[1] for row in rows] == [*"1234567", "70", "70", "70"]
    assert [row[5] for row in rows[:7]] == [value or "" for value in values[:7]]
    assert len(cells(folder.spreadsheet("rejected"))) == 1
    assert not folder.spreadsheet("findings").exists()
    assert stat.S_IMODE(folder.spreadsheet("changed").stat().st_mode) == 0o600


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_a_cell_that_begins_like_a_formula_is_text(folder: RunFolder, begins: str) -> None:
    harmful = f"{begins}cmd|' /C calc'!A0"
    write_record(folder, "changed", records(harmful, f"x{harmful}", begins))
    write_spreadsheets(folder)
    assert [row[5] for row in cells(folder.spreadsheet("changed"))[1:]] == [f"'{harmful}", f"x{harmful}", f"'{begins}"]


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1, max_size=5))
def test_no_cell_of_any_text_begins_like_a_formula_and_none_is_lost(tmp_path_factory: pytest.TempPathFactory, values: list[str]) -> None:
    folder = RunFolder.create(tmp_path_factory.mktemp("runs"), started_at=datetime.fromisoformat("2026-11-22T10:15:00"))
    write_record(folder, "changed", records(*values))
    write_spreadsheets(folder)
    read = [row[5] for row in cells(folder.spreadsheet("changed"))[1:]]
    assert [cell if cell in values else cell.removeprefix("'") for cell in read] == values
    assert not [cell for cell in read if cell[:1] in {*"=+-@\t\r\n＝＋－＠"} - {""}]


def test_a_spreadsheet_that_somebody_works_in_stays_until_there_is_a_newer_record(folder: RunFolder) -> None:
    write_record(folder, "changed", records("a"))
    write_spreadsheets(folder)
    folder.spreadsheet("changed").write_text("my notes", encoding="utf-8")
    write_spreadsheets(folder)
    assert folder.spreadsheet("changed").read_text(encoding="utf-8") == "my notes"
    write_record(folder, "changed", records("a", "b"))
    later = time.time_ns() + 10**9
    os.utime(folder.record("changed"), ns=(later, later))
    write_spreadsheets(folder)
    assert len(cells(folder.spreadsheet("changed"))) == 3


def test_findings_are_ordered_by_check_and_id(folder: RunFolder) -> None:
    rows = [("v2", "User", "email_valid", "b"), ("v1", "Student", "name_length", "10"), ("v1", "Student", "name_length", "9")]
    pl.DataFrame(rows, schema=["database", "table", "check", "id"], orient="row").write_parquet(folder.record("findings"))
    write_spreadsheets(folder)
    assert [row[3] for row in cells(folder.spreadsheet("findings"))[1:]] == ["9", "10", "b"]


# Values for the page, and the page itself


def test_of_each_code_a_few_original_values_are_given(folder: RunFolder) -> None:
    write_record(folder, "rejected", records("x" * 300, code="row_invalid"))
    write_record(folder, "changed", pl.concat([records(None, *"abcdefgh"), records(None, code="email_generated")]))
    found = original_values(folder)
    assert found.keys() == {"row_invalid", "phone_invalid"}
    assert [record["original"] for record in found["phone_invalid"]] == [*"abcde"]
    assert found["row_invalid"] == [{"table": "Student", "v1_id": "1", "column": "phone", "original": "x" * 300}]


def test_of_a_run_that_recorded_nothing_no_value_is_given(folder: RunFolder) -> None:
    assert original_values(folder) == {}


def test_a_private_text_is_its_owner_s_only(folder: RunFolder) -> None:
    write_private(folder.page, "Ọ̀kẹ́")
    assert folder.page.read_text(encoding="utf-8") == "Ọ̀kẹ́"
    assert stat.S_IMODE(folder.page.stat().st_mode) == 0o600
