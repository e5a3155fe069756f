import polars as pl
import pytest

from checks.findings import Finding, examples, merged, names


def finding(*, check: str = "id_unique", rows: int, ids: tuple[str, ...] = ()) -> Finding:
    return Finding("Teacher", check, "no two rows have the same id", rows, len(ids), ids)


def test_findings_of_parts_add_up() -> None:
    parts = [finding(rows=3, ids=("1",)), finding(check="other", rows=3), finding(rows=4, ids=("8", "9"))]
    assert merged(parts) == [finding(rows=7, ids=("1", "8", "9")), finding(check="other", rows=3)]


def test_the_first_parts_examples_stay() -> None:
    first, second = finding(rows=9, ids=("1", "2", "3", "4")), finding(rows=9, ids=("5", "6"))
    [both] = merged([first, second])
    assert both.failing == 6
    assert both.examples == ("1", "2", "3", "4", "5")


def test_checks_of_the_same_name_stay_apart_by_table() -> None:
    of_parents = Finding("Parent", "id_unique", "", 1, 0)
    assert merged([finding(rows=1), of_parents]) == [finding(rows=1), of_parents]


def test_nothing_merges_to_nothing() -> None:
    assert merged([]) == []


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ({"id": [12, 7, None, 12]}, ("7", "12")),
        ({"id": [10, 9, 8, 7, 6, 5, 4]}, ("4", "5", "6", "7", "8")),
        ({"a": ["x", "x", None], "b": [2, 1, 3]}, ("x:1", "x:2")),
        ({"id": []}, ()),
    ],
)
def test_examples_are_the_smallest_ids(ids: dict[str, list[object]], expected: tuple[str, ...]) -> None:
    assert examples(pl.DataFrame(ids)) == expected


def test_ids_that_cannot_be_named_are_null_and_keep_their_place() -> None:
    assert names(pl.DataFrame({"a": ["x", None, "y"], "b": [2, 1, None]})).to_list() == ["x:2", None, None]


def test_findings_of_parts_string_their_ids_together() -> None:
    parts = [Finding("Teacher", "id_unique", "", 2, 1, ids=pl.Series(["8"])), Finding("Teacher", "id_unique", "", 2, 0)]
    [both] = merged([*parts, Finding("Teacher", "id_unique", "", 2, 2, ids=pl.Series(["1", None]))])
    assert both.ids is not None
    assert both.ids.to_list() == ["8", "1", None]


def test_a_document_tells_all_but_the_ids_and_comes_back() -> None:
    found = Finding("Teacher", "id_unique", "no two rows have the same id", 9, 2, ("1", "2"), ids=pl.Series(["1", "2"]))
    document = found.document()
    assert document == {
        "table": "Teacher",
        "check": "id_unique",
        "meaning": "no two rows have the same id",
        "rows": 9,
        "failing": 2,
        "examples": ["1", "2"],
    }
    assert Finding.from_document(document) == found
    assert "ids" not in repr(found)
