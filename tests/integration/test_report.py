"""What real runs tell of themselves, however they ended: `report.json` by its schema, findings, spreadsheets and digests of their files."""

import csv
import json
from collections import Counter
from io import StringIO
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it has no types
import polars as pl
import pytest

from checks.v1 import COLUMNS
from pipeline.errors import CheckError, ConnectionFailedError, VerificationError
from pipeline.run_folder import RunFolder
from pipeline.stages.digests import digests
from pipeline.stages.report import report_schema
from tests.integration.databases import Migrated, Pair, add, execute, migrated, table_rows

VALIDATOR = jsonschema.Draft202012Validator(report_schema())

NOBODY = "postgresql://nobody@127.0.0.1:1/nothing"

SHOUTING = """
    CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN NEW."lastName" := upper(NEW."lastName"); RETURN NEW; END $$;
    CREATE TRIGGER shouting BEFORE INSERT ON "User" FOR EACH ROW EXECUTE FUNCTION shout();
"""


def told(folder: RunFolder) -> dict[str, Any]:
    """The report of a run, which its schema allows."""
    document: dict[str, Any] = json.loads(folder.report.read_text(encoding="utf-8"))
    VALIDATOR.validate(document)
    assert folder.page.exists()
    assert document["files"] == digests(folder)
    assert {file["path"] for file in document["files"]} >= {
        path.relative_to(folder.path).as_posix() for path in folder.path.rglob("*.parquet")
    }
    return document


def told_of_the_one_run_in(runs: Path) -> dict[str, Any]:
    [folder] = RunFolder.all(runs)
    return told(folder)


@pytest.fixture(scope="module")
def document(migrated_sample: Migrated) -> dict[str, Any]:
    return told(migrated_sample.folder)


# However it ended


def test_a_first_run_tells_all(migrated_sample: Migrated, document: dict[str, Any]) -> None:
    read = {table: len(table_rows(migrated_sample.pair.v1, table)) for table in document["read"]}
    assert document["read"] == read
    assert (document["state"], document["withdrawn"], document["snapshot"]) == ("done", 0, migrated_sample.run.facts["snapshot"])
    assert document["meanings"].keys() == document["rejected"].keys() | document["changed"].keys()
    assert {name: examples.keys() for name, examples in document["examples"].items()} == {
        name: document[name].keys() for name in ("rejected", "changed")
    }
    assert {finding["table"] for finding in document["checks"]["v1"]} == COLUMNS.keys()
    handover = [file for file in document["files"] if file["path"].startswith("handover/")]
    assert sum(file["rows"] for file in handover) == document["written"]["User"]


def test_a_dry_run_and_a_later_run_tell_all(small: Pair, tmp_path: Path) -> None:
    dry = told(migrated(small, tmp_path / "dry", dry_run=True).folder)
    assert (dry["verdict"], dry["dry_run"], dry["state"]) == ("ok", True, "done")
    assert [file for file in dry["files"] if file["path"].startswith("handover/")] == []
    migrated(small, tmp_path)
    execute(small.v1, """UPDATE "Teacher" SET "full_name" = 'Tunde Okoro'""")
    later = told(migrated(small, tmp_path).folder)
    assert {table: book["updated"] for table, book in later["books"].items() if book["updated"]} == {"Teacher": 1}
    assert any(file["path"].startswith("backup/") and file["rows"] for file in later["files"])


def test_a_run_that_hardly_began_tells_why(small: Pair, tmp_path: Path) -> None:
    with pytest.raises(ConnectionFailedError):
        migrated(Pair(small.v1, NOBODY), tmp_path)
    document = told_of_the_one_run_in(tmp_path)
    assert (document["verdict"], document["exit_code"], document["files"], document["stages"]) == ("failed", 4, [], [])


def test_an_interrupted_run_tells_how_far_it_came(small: Pair, tmp_path: Path) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        migrated(small, tmp_path, confirm=interrupt)
    document = told_of_the_one_run_in(tmp_path)
    assert (document["verdict"], document["exit_code"]) == ("interrupted", 130)
    assert [stage["name"] for stage in document["stages"]] == ["extract", "plan", "transform"]
    assert document["contested"].keys() == {"email", "phone", "admission_no", "subject_code"}


def test_a_run_that_the_checks_stop_tells_all_that_they_found(every_rule: Pair, tmp_path: Path) -> None:
    with pytest.raises(CheckError):
        migrated(every_rule, tmp_path, max_rejected_percent=0)
    document = told_of_the_one_run_in(tmp_path)
    assert (document["verdict"], document["exit_code"]) == ("failed", 5)
    assert "MAX_REJECTED_PERCENT" in document["problem"]
    assert sum(document["rejected"].values()) == sum(book["rejected"] for book in document["books"].values())


def test_a_run_that_finds_differences_tells_how_many(small: Pair, tmp_path: Path) -> None:
    execute(small.v2, SHOUTING)
    with pytest.raises(VerificationError):
        migrated(small, tmp_path)
    document = told_of_the_one_run_in(tmp_path)
    assert (document["verdict"], document["exit_code"], document["verification"]["differences"]) == ("differences", 7, 4)


# What the checks found


def test_every_failing_row_of_every_check_is_on_record(every_rule: Pair, tmp_path: Path) -> None:
    long = "x" * 300
    add(every_rule.v1, {"Student": [{"id": 70, "full_name": long, "admission_no": long}]})
    done = migrated(every_rule, tmp_path)
    document = told(done.folder)
    failing = {
        (database, finding["table"], finding["check"]): finding["failing"]
        for database, findings in document["checks"].items()
        for finding in findings
        if finding["failing"]
    }
    record = pl.read_parquet(done.folder.record("findings"))
    assert Counter(record.select("database", "table", "check").iter_rows()) == failing
    of_student = record.filter((pl.col("table") == "Student") & (pl.col("id") == "70"))
    assert of_student["check"].to_list() == ["full_name_length", "admission_no_length"]
    rejected = pl.read_parquet(done.folder.record("rejected")).filter(code="row_invalid", table="Student", v1_id="70")
    assert rejected["check"].to_list() == ["full_name_length"], "one reason is enough to leave a row out"
    invalid = pl.read_parquet(done.folder.record("rejected")).filter(code="row_invalid")
    assert set(invalid.select("table", "v1_id").iter_rows()) == set(record.select("table", "id").iter_rows())


def test_the_spreadsheets_have_every_row_of_their_records(migrated_sample: Migrated) -> None:
    for name in ("rejected", "changed", "findings"):
        text = migrated_sample.folder.spreadsheet(name).read_bytes().decode("utf-8-sig")
        rows = list(csv.reader(StringIO(text, newline="")))
        record = pl.read_parquet(migrated_sample.folder.record(name))
        assert rows[0] == record.columns
        expected = Counter(tuple(cell or "" for cell in row) for row in record.iter_rows())
        harmless = Counter(tuple(f"'{cell}" if cell[:1] in {*"=+-@\t\r\n"} - {""} else cell for cell in row) for row in expected.elements())
        assert Counter(map(tuple, rows[1:])) == harmless, name


# What is contested


def test_what_several_rows_wish_for_is_counted(small: Pair, tmp_path: Path) -> None:
    same = {"email": "same@x.example", "phone": "0803 111 2222"}
    add(
        small.v1,
        {
            "Teacher": [{"id": number, **same} for number in (50, 51, 52)],
            "Parent": [{"id": 50, "email": "SAME@x.example"}],
            "Student": [{"id": number, "admission_no": "A-50", "email": f"{number}@x.example"} for number in (50, 51)],
            "Subject": [{"id": number, "name": f"Juggling {number}", "code": "JUG"} for number in (50, 51)],
        },
    )
    document = told(migrated(small, tmp_path, password_policy="carry").folder)
    assert document["contested"] == {
        "email": {"values": 1, "suffixed": 3, "largest_group": 4},
        "phone": {"values": 2, "suffixed": 3, "largest_group": 3},  # one number is a parent's and a child's
        "admission_no": {"values": 1, "suffixed": 1, "largest_group": 2},
        "subject_code": {"values": 1, "suffixed": 1, "largest_group": 2},
    }
