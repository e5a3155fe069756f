"""Who wanted the same address, and who got it."""

from pipeline.exploring.contests import contested_grants
from tests.pipeline.exploring.conftest import History


def test_the_first_in_claim_order_keeps_a_shared_address(history: History) -> None:
    found = contested_grants(history.first.run, "email")
    assert found.rows() == [
        ("ada@x.example", 2, False, "Teacher", 1, "ada@x.example", True),
        ("ada@x.example", 2, False, "Teacher", 5, "ada+2@x.example", False),
        ("bola@x.example", 2, False, "Parent", 1, "bola@x.example", True),
        ("bola@x.example", 2, False, "Parent", 4, "bola+2@x.example", False),
    ]


def test_of_phones_likewise(history: History) -> None:
    found = contested_grants(history.first.run, "phone")
    assert set(found["wanted"]) == {"+2348031234567"}
    assert found["got"].n_unique() == found.height
    assert found["kept"].sum() == 1


def test_in_a_later_run_whoever_v2_has_keeps_it(history: History) -> None:
    found = contested_grants(history.second.run, "email").to_dicts()
    of_ada = [(row["kind"], row["v1_id"], row["in_v2"], row["got"]) for row in found if row["wanted"] == "ada@x.example"]
    assert of_ada == [
        ("Teacher", 1, True, "ada@x.example"),
        ("Teacher", 5, True, "ada+2@x.example"),
        ("Parent", 6, True, "ada+3@x.example"),
    ]
