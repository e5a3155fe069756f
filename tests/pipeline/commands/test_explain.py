"""`explain` on the terminal: the row, what became of it and by which rules, in words that fit how the run ended."""

import dataclasses
import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from pipeline.commands.explain import explain
from pipeline.commands.terminal import Terminal
from pipeline.errors import RefusedError
from pipeline.operations.explain import SET
from pipeline.operations.explanation import Change, Explanation, Rejection, RunNote, V2Row, Value
from tests.integration.databases import settings_for

RUN = RunNote("20261122T101500Z-3f9a", "done", dry_run=False, databases={"v1": "V1 (heimdall on db:5432)", "v2": "V2 (odin on db:5432)"})
EARLIER = RunNote("20261121T101500Z-aaaa", "done", dry_run=False)

TEACHER = Explanation(
    "Teacher",
    "17",
    RUN,
    "inserted",
    v1={"id": 17, "full_name": "Ada\u200b [red]Obi", "password": SET, "skills": ["go", None], "is_active": True, "phone": None},
    rejection=None,
    merged_with=None,
    gone_in=None,
    ledger_run=None,
    written_by=RUN,
    changes=(Change("full_name", "nickname_dropped", "a nickname was taken out of the name", 'Ada "Ace" Obi', None),),
    rows=(
        V2Row(
            "User",
            "inserted",
            (
                Value("userTypeId", "3003bc35", "TEACHER", (), 7, "the user type TEACHER"),
                Value("phone", None, None, ("Teacher.phone", "School.country"), 5, "the first valid number"),
                Value("createdAt", datetime(2024, 1, 10, 8, 0, 0, 125_000), None, ("Teacher.created_at",), 1, "as it is"),  # noqa: DTZ001 - V2's have none
                Value("salary", Decimal("10.50"), None, ("Teacher.salary",), 2, "as it is"),
            ),
        ),
    ),
    absent={"Address": "the line holds no address"},
)

Said = Callable[..., str]


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Said:
    """What the command says of an explanation, blanks run together."""

    def say(explanation: Explanation = TEACHER, /, *, width: int = 100, **changes: Any) -> str:
        monkeypatch.setattr("pipeline.commands.explain.explained", lambda *_, **__: dataclasses.replace(explanation, **changes))
        out = StringIO()
        terminal = Terminal()
        terminal.console = Console(file=out, width=width)
        explain(settings_for(Path("runs")), terminal, table="Teacher", v1_id="17")
        return "\n".join(" ".join(line.split()) for line in out.getvalue().splitlines())

    return say


def test_the_row_its_changes_and_each_value_with_its_rule_are_told(said: Said) -> None:
    text = said()
    assert "Teacher 17: inserted. V2 did not have it." in text
    assert "Run 20261122T101500Z-3f9a, V1 (heimdall on db:5432) to V2 (odin on db:5432): done." in text
    for line in (
        "skills │ go, –",
        "is_active │ true",
        "password │ (set)",
        'full_name │ nickname_dropped │ Ada "Ace" Obi │ a nickname was taken out of the name',
        "userTypeId │ 3003bc35 (TEACHER) │ the user type TEACHER (section 7)",
        "phone │ – │ phone, School.country: the first valid number (section 5)",
        "createdAt │ 2024-01-10 08:00:00.125 │ created_at: as it is (section 1)",
        "No row in V2's Address: the line holds no address, or V2 had it already.",
    ):
        assert line in text


def test_invisible_characters_are_written_out_and_marks_of_the_terminal_are_none(said: Said) -> None:
    assert "full_name │ Ada\\u200b [red]Obi" in said()
    assert "phone │ \\x1b[31m" in said(v1={"phone": "\x1b[31m"})


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (RUN, "inserted"),
        (dataclasses.replace(RUN, dry_run=True), "was to be inserted"),
        (dataclasses.replace(RUN, state="failed"), "was to be inserted"),
        (dataclasses.replace(RUN, state="running"), "was to be inserted"),
        (dataclasses.replace(RUN, state="rolled back"), "inserted, and taken back"),
    ],
)
def test_a_run_that_left_nothing_in_v2_is_not_said_to_have_written(said: Said, run: RunNote, expected: str) -> None:
    assert f"Teacher 17: {expected}. " in said(run=run, written_by=run)


def test_the_run_that_wrote_a_row_is_named_be_its_folder_there_or_not(said: Said) -> None:
    assert "Written by" not in said()
    text = said(state="unchanged", written_by=EARLIER, ledger_run=EARLIER.run)
    assert "Teacher 17: unchanged. V2 was given it already, as V1 has it." in text
    assert "Written by run 20261121T101500Z-aaaa: done." in text
    text = said(state="unchanged", written_by=None, ledger_run=EARLIER.run)
    assert "Written by run 20261121T101500Z-aaaa, whose folder is not there." in text


def test_a_rejected_row_has_its_reason_and_where_to_go_on(said: Said) -> None:
    missing = Rejection("school_missing", "its school is not in V2", "school_id", None, None)
    text = said(state="rejected", rejection=missing, written_by=None, rows=(), v1={"id": 17, "school_id": 3})
    assert (
        "Teacher 17: rejected. It cannot go to V2: school_missing, its school is not in V2, by its school_id. Go on with: explain School 3"
    ) in text
    invalid = Rejection(
        "row_invalid", "a check of V1 failed; the record names it", "name", "name_length", "name has at most 255 characters"
    )
    text = said(state="rejected", rejection=invalid, written_by=None, rows=())
    assert "row_invalid, name has at most 255 characters (check name_length)." in text


def test_what_it_was_merged_with_and_that_it_is_gone_is_told(said: Said) -> None:
    assert "Subject 1: merged. It is the catalogue's subject PHYSICS." in said(
        table="Subject", v1_id="1", state="merged", merged_with="PHYSICS"
    )
    assert "_ClassToTeacher 1:1: merged. Another row of V1 gives the same pair." in said(
        table="_ClassToTeacher", v1_id="1:1", state="merged"
    )
    assert "Run 20261123T000000Z-bbbb did not find it in V1 any more; what V2 has of it stays." in said(gone_in="20261123T000000Z-bbbb")


def test_a_program_gets_one_document_in_jsons_types(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("pipeline.commands.explain.explained", lambda *_, **__: TEACHER)
    explain(settings_for(Path("runs")), Terminal(as_json=True), table="Teacher", v1_id="17")
    document = json.loads(capsys.readouterr().out)
    assert (document["table"], document["state"], document["meaning"]) == ("Teacher", "inserted", "V2 did not have it")
    values = {value["column"]: value for value in document["rows"][0]["values"]}
    assert values["createdAt"]["value"] == "2024-01-10T08:00:00.125000"
    assert values["salary"]["value"] == "10.50"
    assert values["phone"] == {
        "column": "phone", "value": None, "meaning": None, "sources": ["Teacher.phone", "School.country"], "section": 5,
        "rule": "the first valid number",
    }  # fmt: skip
    assert document["v1"]["full_name"] == "Ada\u200b [red]Obi"


def test_a_row_that_no_run_has_read_ends_with_the_code_of_a_refusal(tmp_path: Path) -> None:
    with pytest.raises(RefusedError) as refused:
        explain(settings_for(tmp_path), Terminal(), table="Teacher", v1_id="17")
    assert refused.value.exit_code == 8
