"""What becomes of a row that earlier runs know, case by case (mapping, section 10)."""

from datetime import datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.tables.history import LEDGER_SCHEMA, Owner, kept_records, with_history, with_role_withdrawn

WRITTEN = datetime.fromisoformat("2024-05-01T08:00")
EDITED = datetime.fromisoformat("2025-06-01T09:30")

OUTCOMES = ("goes", "is_unchanged", "is_kept")


def judged(row: dict[str, Any], *, known: dict[str, Any] | None, held: list[dict[str, Any]]) -> dict[str, Any]:
    """What is said of one row with one owner, a User."""
    identities = pl.DataFrame(
        {"v1_id": [7], "uid": ["u7"], "digest": ["new"], "rejected": [None], "is_selected": [True]} | {k: [v] for k, v in row.items()},
        schema_overrides={"rejected": pl.String},
    )
    remembered = {"v1_table": "Teacher", "v1_id": "7", "run_id": "first", "updated_at": WRITTEN, "is_kept": False}
    ledger = pl.DataFrame([remembered | known] if known is not None else [], schema=LEDGER_SCHEMA)
    users = pl.DataFrame(held, schema={"id": pl.String, "updatedAt": pl.Datetime("us")})
    owners = [Owner("user", "User", "uid", users.lazy())]
    (found,) = with_history(identities.lazy(), ledger=ledger.lazy(), owners=owners).collect().to_dicts()
    return found


UNTOUCHED = [{"id": "u7", "updatedAt": WRITTEN}]
TOUCHED = [{"id": "u7", "updatedAt": EDITED}]


@pytest.mark.parametrize(
    ("row", "known", "held", "expected"),
    [
        ({}, None, [], {"goes"}),
        ({"is_selected": False}, None, [], set()),
        ({"rejected": "name_missing"}, None, [], set()),
        ({"is_merged": True}, None, [], set()),
        ({}, {"digest": "new"}, UNTOUCHED, {"is_unchanged"}),
        ({}, {"digest": "new"}, TOUCHED, {"is_unchanged"}),
        ({}, {"digest": "new"}, [], {"is_unchanged"}),
        ({}, {"digest": "old"}, UNTOUCHED, {"goes"}),
        ({}, {"digest": "old"}, TOUCHED, {"goes", "is_kept"}),
        ({}, {"digest": "old"}, [], {"goes", "is_kept"}),
        ({}, {"digest": "new", "is_kept": True}, TOUCHED, {"is_kept"}),
        ({}, {"digest": "new", "is_kept": True}, UNTOUCHED, {"goes"}),
        ({"is_selected": False}, {"digest": "old"}, TOUCHED, set()),
        ({"rejected": "school_missing"}, {"digest": "old"}, UNTOUCHED, set()),
        ({"is_held": True}, None, [], {"is_unchanged"}),
        ({"is_held": None}, None, [], {"goes"}),
        ({"edited_owner": "School"}, {"digest": "old"}, UNTOUCHED, {"goes", "is_kept"}),
        ({"edited_owner": "School"}, None, [], {"goes"}),
    ],
)  # fmt: skip
def test_a_row_has_the_outcomes_of_the_mapping(
    row: dict[str, Any], known: dict[str, Any] | None, held: list[dict[str, Any]], expected: set[str]
) -> None:
    found = judged(row, known=known, held=held)
    assert {name for name in OUTCOMES if found[name]} == expected


@pytest.mark.parametrize(
    ("known", "held", "is_there"),
    [(None, [], True), ({"digest": "old"}, [], False), ({"digest": "new"}, [], False), ({"digest": "old"}, TOUCHED, True)],
)
def test_v2_will_hold_what_is_new_and_what_it_holds(known: dict[str, Any] | None, held: list[dict[str, Any]], is_there: bool) -> None:
    assert judged({}, known=known, held=held)["is_there"] is is_there


@pytest.mark.parametrize(
    ("row", "known", "held", "tables"),
    [
        ({}, None, [], None),
        ({}, {"digest": "old"}, UNTOUCHED, None),
        ({}, {"digest": "old"}, TOUCHED, "User"),
        ({"edited_owner": "School"}, {"digest": "old"}, TOUCHED, "User School"),
        ({"edited_owner": "School"}, None, [], None),
    ],
)
def test_the_tables_that_were_edited_are_named_and_null_where_none_was(
    row: dict[str, Any], known: dict[str, Any] | None, held: list[dict[str, Any]], tables: str | None
) -> None:
    assert judged(row, known=known, held=held)["edited_tables"] == tables


@given(
    selected=st.booleans(),
    rejected=st.sampled_from([None, "name_missing"]),
    digest=st.sampled_from([None, "new", "old"]),
    was_kept=st.booleans(),
    held=st.sampled_from([[], UNTOUCHED, TOUCHED]),
)
def test_every_row_is_in_the_books_once(
    selected: bool, rejected: str | None, digest: str | None, was_kept: bool, held: list[dict[str, Any]]
) -> None:
    known = None if digest is None else {"digest": digest, "is_kept": was_kept}
    found = judged({"is_selected": selected, "rejected": rejected}, known=known, held=held)
    inserted, updated = found["goes"] and not found["is_known"], found["goes"] and found["is_known"] and not found["is_kept"]
    entries = [inserted, updated, found["is_unchanged"], found["is_kept"], rejected is not None and selected]
    assert sum(entries) == (1 if selected else 0)


def test_a_kept_row_is_on_record_with_the_tables_that_were_edited() -> None:
    identities = pl.DataFrame(
        {"v1_id": [7], "a": ["u"], "b": ["p"], "digest": ["new"], "rejected": [None], "is_selected": [True]},
        schema_overrides={"rejected": pl.String},
    ).lazy()
    known = {"v1_table": "Teacher", "v1_id": "7", "digest": "old", "run_id": "first", "updated_at": WRITTEN, "is_kept": False}
    held = pl.LazyFrame({"id": ["u", "p"], "updatedAt": [EDITED, EDITED]}, schema_overrides={"updatedAt": pl.Datetime("us")})
    owners = [Owner("user", "User", "a", held), Owner("profile", "Teacher", "b", held)]
    rows = with_history(identities, ledger=pl.LazyFrame([known], schema=LEDGER_SCHEMA), owners=owners)
    assert kept_records(rows, "Teacher").collect().rows() == [("Teacher", "7", None, "kept_edited", "User Teacher", None)]


@pytest.mark.parametrize(
    ("known", "now", "is_there", "expected"), [("1", 2, True, True), ("1", 1, True, False), ("1", 2, False, False), (None, 2, True, False)]
)
def test_a_role_is_withdrawn_where_v1_names_another_school(known: str | None, now: int, is_there: bool, expected: bool) -> None:
    people = pl.LazyFrame(
        {"known_school_id": [known], "school_id": [now], "is_user_there": [is_there]}, schema_overrides={"known_school_id": pl.String}
    )
    assert with_role_withdrawn(people).collect()["is_role_withdrawn"].item() is expected
