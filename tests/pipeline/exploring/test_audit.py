"""What became of V1's rows is found in the files alone, and files that contradict each other are found out."""

import shutil
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from pipeline.exploring.audit import FATES, FAULTS, NOTHING, books, changed_values, fates, reasons, values_of
from pipeline.operations.explain import explained
from pipeline.run import Run
from pipeline.run_folder import RunFolder
from tests.integration.every_rule import CHANGED, REJECTED
from tests.pipeline.exploring.conftest import History
from transforms.reasons import MEANINGS

RUNS = ("first", "second", "third")


@pytest.fixture
def copied(history: History, tmp_path: Path) -> Run:
    """The first run, in a folder that a test may spoil."""
    folder = tmp_path / history.first.folder.run_id
    shutil.copytree(history.first.folder.path, folder)
    return replace(history.first.run, folder=RunFolder(folder))


def run_of(history: History, which: str) -> Run:
    run: Run = getattr(history, which).run
    return run


def spoil(part: Path, rows: pl.DataFrame) -> None:
    rows.write_parquet(part)


@pytest.mark.parametrize("which", RUNS)
def test_the_books_found_in_the_files_are_those_that_the_run_told(history: History, which: str) -> None:
    told = getattr(history, which).report.books
    found = books(fates(run_of(history, which)))
    assert found["table"].to_list() == list(told)
    assert found.select("read", *FATES).rows() == [tuple(getattr(book, name) for name in ("read", *FATES)) for book in told.values()]
    assert found["balances"].all()
    assert not found.select(pl.sum_horizontal(FAULTS).sum()).item()


def test_the_history_has_rows_of_every_fate(history: History) -> None:
    found = pl.concat(fates(run_of(history, which)) for which in RUNS).collect()
    assert set(found["fate"]) == set(FATES)


def test_exactly_the_rows_that_break_a_rule_are_rejected(history: History) -> None:
    rejected = fates(history.first.run).filter(pl.col("fate") == "rejected").select("table", "v1_id").collect()
    assert sorted(rejected.rows()) == sorted((table, v1_id) for table, v1_id, *_ in REJECTED)


@pytest.mark.parametrize("table", ["School", "Class", "Teacher", "Parent", "Student", "TeacherClass", "StudentParent"])
def test_a_row_that_is_missing_in_what_was_written_is_lost(copied: Run, table: str) -> None:
    before = books(fates(copied))
    part = next(part for part in copied.folder.parts("v2", table) if pl.read_parquet(part).height)
    spoil(part, pl.read_parquet(part).clear())
    found = books(fates(copied))
    assert found["lost"].sum() > 0
    assert found.filter(~pl.col("balances")).height == 1
    assert found["read"].to_list() == before["read"].to_list()


def test_a_row_that_is_neither_written_nor_on_record_is_lost(copied: Run) -> None:
    rejected = pl.read_parquet(copied.folder.record("rejected"))
    spoil(copied.folder.record("rejected"), rejected.filter((pl.col("table") != "Parent") | (pl.col("v1_id") != "2")))
    found = fates(copied).filter(pl.col("fate") == "lost").collect()
    assert found.rows() == [("Parent", "2", "lost")]


def test_a_row_that_is_rejected_and_written_is_there_twice(copied: Run) -> None:
    rejected = pl.read_parquet(copied.folder.record("rejected"))
    added = rejected.head(1).with_columns(table=pl.lit("Student"), v1_id=pl.lit("1"))
    spoil(copied.folder.record("rejected"), pl.concat([rejected, added]))
    found = books(fates(copied)).filter(~pl.col("balances"))
    assert found.select("table", "twice").rows() == [("Student", 1)]


def test_reasons_are_counted_by_table(history: History) -> None:
    found = reasons(history.first.run)
    codes = {
        "rejected": [(table, code) for table, _, _, code, _ in REJECTED],
        "changed": [(table, code) for table, _, _, code in CHANGED],
    }
    assert found["values"].sum() >= len(REJECTED) + len(CHANGED)
    for record, code, meaning, table, values in found.iter_rows():
        assert meaning == MEANINGS[code]
        assert codes[record].count((table, code)) == values or (table, code) == ("Student", "email_generated")


def test_of_every_reason_there_are_examples_of_what_became_of_the_value(history: History) -> None:
    found = changed_values(history.first.run, per_code=100)
    assert set(found.select("table", "v1_id", "column", "code").rows()) >= CHANGED
    became = {(row["table"], row["v1_id"], row["column"]): row["became"] for row in found.iter_rows(named=True)}
    assert became["Teacher", "5", "phone"] == "User.phone: +2348031234567;ext=3"
    assert became["Teacher", "5", "salary"] == f"Teacher.salary: {NOTHING}"
    assert became["Teacher", "5", "date_of_birth"] == f"User.dateOfBirth: {NOTHING}"
    assert became["School", "2", "country"] == "School.country: NG"
    assert became["Student", "2", "admission_no"] == "Student.admissionNo: A1-2"
    assert became["Administrator", "6", "admin_name"] == (
        f"User.title: {NOTHING}; User.firstName: Ada; User.middleName: {NOTHING}; User.lastName: Obi; User.suffix: {NOTHING}"
    )
    assert became["Subject", "1", "name"] is None


def test_examples_are_no_more_than_asked_for(history: History) -> None:
    found = changed_values(history.first.run, per_code=2)
    assert found.group_by("code").len()["len"].max() == 2


def test_a_run_without_changes_has_no_examples(copied: Run) -> None:
    spoil(copied.folder.record("changed"), pl.read_parquet(copied.folder.record("changed")).clear())
    assert changed_values(copied).is_empty()


def test_the_values_of_a_row_are_told_with_their_rules(history: History) -> None:
    found = values_of(explained(history.runs, table="Teacher", v1_id="1"))
    assert {"User", "UserRole", "Teacher"} <= set(found["table"])
    phone = found.row(by_predicate=(pl.col("table") == "User") & (pl.col("column") == "phone"), named=True)
    assert phone["made of"] == "Teacher.phone, School.country"
    assert phone["section"] == 5
    secret = found.row(by_predicate=pl.col("column") == "passwordHash", named=True)
    assert not secret["value"].startswith("$2")


def test_a_rejected_row_has_no_values(history: History) -> None:
    assert values_of(explained(history.runs, table="Teacher", v1_id="2")).is_empty()
