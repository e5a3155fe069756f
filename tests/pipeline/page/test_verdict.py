"""The verdict in words: what a run came to, and what that rests on."""

from collections.abc import Callable

import pytest

from pipeline.page.verdict import proofs, verdict
from tests.pipeline.page import documents
from tests.pipeline.page.documents import Document


@pytest.mark.parametrize(
    ("make", "tone", "headline", "rows"),
    [
        (documents.done, "good", "Done", "written to V2"),
        (documents.dry_run, "good", "Dry run: it would work", "written, then rolled back"),
        (documents.nothing_to_write, "good", "Nothing to write", "written to V2"),
        (documents.failed_early, "bad", "Failed: a database could not be used", "meant for V2"),
        (documents.stopped_by_checks, "bad", "Stopped by the checks", "meant for V2"),
        (documents.differences, "bad", "Failed: V2 did not hold what was written", "meant for V2"),
        (documents.interrupted, "bad", "Interrupted", "meant for V2"),
        (documents.hostile, "bad", "Failed", "meant for V2"),
    ],
)
def test_each_end_has_its_headline(make: Callable[[], Document], tone: str, headline: str, rows: str) -> None:
    told = verdict(make())
    assert (told.tone, told.headline, told.rows) == (tone, headline, rows)


@pytest.mark.parametrize("make", [documents.failed_early, documents.stopped_by_checks, documents.differences])
def test_a_failed_run_says_that_v2_is_as_it_was_what_went_wrong_and_what_to_do(make: Callable[[], Document]) -> None:
    document = make()
    told = verdict(document)
    assert told.sentence.startswith("V2 is as it was.")
    assert told.problem == document["problem"]
    assert told.next_step == document.get("next_step")


def test_a_connection_that_broke_at_the_commit_leaves_open_what_v2_holds() -> None:
    told = verdict(documents.done() | {"verdict": "failed", "exit_code": 4, "problem": "It broke.", "next_step": "Resume it."})
    assert "V2 is as it was" not in told.sentence
    assert told.next_step == "Resume it."


def test_a_run_that_nobody_foresaw_to_fail_points_to_its_log() -> None:
    told = verdict(documents.done() | {"verdict": "failed", "exit_code": 1})
    assert told.next_step is not None
    assert "migration.log" in told.next_step


def test_an_interrupted_run_does_not_claim_to_know_on_which_side_of_the_commit_it_is() -> None:
    told = verdict(documents.interrupted())
    assert "V2" not in told.sentence
    assert told.next_step is not None
    assert "--resume" in told.next_step


def test_a_run_that_was_rolled_back_is_not_told_as_done() -> None:
    assert verdict(documents.done() | {"state": "rolled back"}).headline == "Done, then taken back"


def test_roles_taken_back_alone_are_something_to_write() -> None:
    assert verdict(documents.nothing_to_write() | {"withdrawn": 3}).headline == "Done"


def test_a_run_without_verification_does_not_claim_any() -> None:
    document = documents.done() | {"verification": {"rows": 0, "cells": 0, "differences": 0, "logins": 0}}
    assert "read back" not in verdict(document).sentence
    assert proofs(document)[3].tone == "open"
    assert "--skip-validation" in proofs(document)[3].sentence


@pytest.mark.parametrize(
    ("make", "tones"),
    [
        (documents.done, ["note", "good", "good", "good"]),
        (documents.without_rejections, ["good", "good", "good", "good"]),
        (documents.nothing_to_write, ["note", "good", "good", "open"]),
        (documents.failed_early, ["open", "open", "open", "open"]),
        (documents.stopped_by_checks, ["note", "bad", "bad", "open"]),
        (documents.differences, ["note", "good", "good", "bad"]),
    ],
)
def test_each_proof_comes_out_as_the_run_found(make: Callable[[], Document], tones: list[str]) -> None:
    found = proofs(make())
    assert [proof.name for proof in found] == ["Checks of V1", "Books", "Checks of V2", "Verification"]
    assert [proof.tone for proof in found] == tones


def test_books_that_do_not_balance_are_named() -> None:
    assert "Student" in proofs(documents.stopped_by_checks())[1].sentence
