import os
import subprocess
import sys
from pathlib import Path

import pandera.polars as pa
import polars as pl
import pytest

from checks.columns import given, optional
from checks.rules import rule
from checks.schemas import Question, failures, findings, questions

PROJECT = Path(__file__).parents[2]

FAILING_ROWS = """
import polars as pl
from checks.v1 import judged_v1
from checks.v2 import judged_v2

parents = pl.DataFrame({"id": [7], "school_id": [1], "full_name": ["a" * 256], "is_active": [True]})
links = pl.DataFrame({"parentId": ["Ada"], "schoolId": [None]}, schema_overrides={"schoolId": pl.String})
print(judged_v1(parents, table="Parent")[0].height)
print(*(finding.check for finding in judged_v2(links, table="ParentSchool") if finding.failing))
"""

IS_SHORT = rule("text_short", "text is short", pl.col("text").str.len_chars() < 4)
SCHEMA = pa.DataFrameSchema({"text": given("text", pl.String(), IS_SHORT), "more": optional("more", pl.Int64())})


@pytest.mark.parametrize(
    "switches",
    [
        {},
        {"PANDERA_VALIDATION_ENABLED": "False"},
        {"PANDERA_VALIDATION_DEPTH": "SCHEMA_ONLY"},
        {"PANDERA_VALIDATION_ENABLED": "0", "PANDERA_VALIDATION_DEPTH": "DATA_ONLY"},
    ],
)
def test_no_switch_in_the_environment_turns_checks_off(switches: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FAILING_ROWS],
        cwd=PROJECT,
        env=os.environ | switches,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ["1", "parentId_uuid schoolId_required"]


def test_a_schema_asks_first_whether_a_value_is_given() -> None:
    assert questions(SCHEMA) == [
        Question("text", "text_required", "text is given"),
        Question("text", "text_short", "text is short"),
    ]


def test_failures_tell_the_rows_of_each_check_that_fails() -> None:
    rows = pl.DataFrame({"text": ["ok", None, "too long"], "more": [1, 2, None]})
    failing = failures(rows, SCHEMA)
    assert {check: rows.to_list() for check, rows in failing.items()} == {
        "text_required": [False, True, False],
        "text_short": [False, False, True],
    }


def test_sound_rows_fail_nothing() -> None:
    assert failures(pl.DataFrame({"text": ["ok"]}), SCHEMA) == {}


def test_columns_that_are_not_there_are_not_judged() -> None:
    rows = pl.DataFrame({"id": [7, 8]})
    failing = failures(rows, SCHEMA)
    assert failing == {}
    assert [finding.rows for finding in findings(rows, SCHEMA, failing, table="Text", key=["id"])] == [0, 0]


def test_a_check_that_cannot_be_made_is_no_silent_pass() -> None:
    rows = pl.DataFrame({"text": [55512345]})
    with pytest.raises(RuntimeError, match="a check of column text could not be made") as error:
        failures(rows, SCHEMA)
    assert "55512345" not in str(error.value)
    assert error.value.__cause__ is None
    assert error.value.__context__ is None


def test_a_frame_of_several_chunks_is_judged_as_one() -> None:
    chunk = pl.DataFrame({"text": ["ok", "too long"]})
    failing = failures(pl.concat([chunk, chunk], rechunk=False), SCHEMA)
    assert failing["text_short"].to_list() == [False, True, False, True]
