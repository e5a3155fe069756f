"""V1's people are told with the addresses that a run would read."""

import polars as pl
from polars.testing import assert_frame_equal

from pipeline.exploring.people import contested, everyone, phones_as_typed
from pipeline.exploring.profile import v1_tables
from tests.integration.every_rule import V1_ROWS
from tests.pipeline.exploring.conftest import History
from transforms.tables import kinds


def people_of(history: History) -> pl.LazyFrame:
    return everyone(v1_tables(history.first.folder.path / "v1"), default_country="NG")


def test_everyone_is_there_once_in_claim_order(history: History) -> None:
    found = people_of(history).collect()
    expected = [(kind.table, row["id"]) for kind in kinds.KINDS for row in V1_ROWS[kind.source]]
    assert found.select("kind", "v1_id").rows() == expected


def test_addresses_are_those_that_the_run_read(history: History) -> None:
    run = history.first.run
    planned = pl.concat(
        run.people(kind.table)
        .select(
            "v1_id",
            kind=pl.lit(kind.table),
            email=pl.when(~pl.col("is_email_made_up")).then("wished_email"),
            phone="wished_phone",
        )
        .sort("v1_id")
        for kind in kinds.KINDS
    ).collect()
    assert_frame_equal(
        people_of(history).select("kind", "v1_id", "email", "phone").collect(), planned.select("kind", "v1_id", "email", "phone")
    )


def test_passwords_are_told_by_kind_only(history: History) -> None:
    found = people_of(history).collect()
    assert dict(found.filter(v1_id=1).select("kind", "password").iter_rows()) == {
        "Administrator": "none", "Teacher": "bcrypt", "Parent": "plain text", "Student": "none",
    }  # fmt: skip


def test_shared_addresses_are_told_with_how_many_and_who(history: History) -> None:
    people = people_of(history)
    assert contested(people, "email").rows() == [("ada@x.example", 2, ["Teacher"]), ("bola@x.example", 2, ["Parent"])]
    assert contested(people, "phone").rows() == [("+2348031234567", 3, ["Administrator", "Teacher"])]


def test_phones_of_every_column_are_there(history: History) -> None:
    found = phones_as_typed(v1_tables(history.first.folder.path / "v1"), default_country="NG").collect()
    assert found.height == 2 * len(V1_ROWS["School"]) + len(V1_ROWS["Teacher"]) + 2 * len(V1_ROWS["Parent"]) + len(V1_ROWS["Student"])
    typed = {row["typed"]: row["phone"] for row in found.drop_nulls("typed").iter_rows(named=True)}
    assert typed["08031234567 ext 4, 08031234568"] == "+2348031234567"
    assert typed["nonsense"] is None
    assert typed["020 7946 0018 ext 5 / 020 7946 0019"] == "+442079460018"
