"""The picture of the books: its geometry."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.page.flow import GAP, NARROW, THINNEST, WIDE, Flow, Layout, Node, flow, told
from tests.pipeline.page import documents

COUNTS = ("inserted", "updated", "unchanged", "kept", "merged", "rejected")

layouts = pytest.mark.parametrize("layout", [WIDE, NARROW], ids=["wide", "narrow"])


def book(**counts: int) -> dict[str, int]:
    return {"read": sum(counts.values()), **dict.fromkeys(COUNTS, 0), **counts}


@st.composite
def many_books(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    counts = st.one_of(st.just(0), st.integers(0, 5), st.integers(0, 10_000_000))
    names = draw(st.lists(st.text(min_size=1), min_size=1, max_size=12, unique=True))
    return {name: book(**{outcome: draw(counts) for outcome in COUNTS}) for name in names}


def outcomes(drawn: Flow) -> list[Node]:
    return [*drawn.held, *drawn.lost]


@layouts
def test_without_rows_there_is_no_picture(layout: Layout) -> None:
    assert flow({}, layout) is None
    assert flow({"Teacher": book()}, layout) is None


@given(books=many_books(), layout=st.sampled_from([WIDE, NARROW]), changes=st.integers(0, 3))
def test_no_row_is_lost_between_the_two_sides(books: dict[str, dict[str, Any]], layout: Layout, changes: int) -> None:
    drawn = flow(books, layout, changes=changes)
    read = sum(counts["read"] for counts in books.values())
    assert (drawn is None) == (read == 0)
    if drawn is not None:
        assert sum(node.rows for node in drawn.tables) == sum(node.rows for node in outcomes(drawn)) == read
        assert {node.name: node.rows for node in drawn.tables} == {name: counts["read"] for name, counts in books.items()}
        assert sum(ribbon.thickness for ribbon in drawn.ribbons) == pytest.approx(sum(node.height for node in drawn.tables))


@given(books=many_books(), layout=st.sampled_from([WIDE, NARROW]), changes=st.integers(0, 3))
def test_nothing_overlaps_and_all_of_it_is_within_the_picture(books: dict[str, dict[str, Any]], layout: Layout, changes: int) -> None:
    drawn = flow(books, layout, changes=changes)
    if drawn is None:
        return
    right = sorted([*outcomes(drawn), *([drawn.changes] if drawn.changes else [])], key=lambda node: node.top)
    for column in (drawn.tables, right):
        assert all(after.top >= before.top + before.height + GAP / 2 for before, after in itertools.pairwise(column))
        assert column[0].top >= 0
        assert column[-1].top + column[-1].height <= drawn.height
    labels = [node.middle for node in right]
    assert all(after - before >= 30 for before, after in itertools.pairwise(labels))


@given(books=many_books(), layout=st.sampled_from([WIDE, NARROW]))
def test_ribbons_fill_their_nodes_side_by_side(books: dict[str, dict[str, Any]], layout: Layout) -> None:
    drawn = flow(books, layout)
    if drawn is None:
        return
    for node in drawn.tables:
        own = [ribbon for ribbon in drawn.ribbons if ribbon.table == node.name]
        assert [ribbon.start for ribbon in own] == sorted(ribbon.start for ribbon in own)
        assert all(after.start == pytest.approx(before.start + before.thickness) for before, after in itertools.pairwise(own))
    for node in outcomes(drawn):
        own = [ribbon for ribbon in drawn.ribbons if ribbon.outcome == node.name]
        assert own[0].end == node.top
        assert own[-1].end + own[-1].thickness == pytest.approx(node.top + node.height)


@layouts
def test_one_row_among_millions_is_still_seen(layout: Layout) -> None:
    drawn = flow({"School": book(rejected=1), "Student": book(inserted=9_999_999)}, layout)
    assert drawn is not None
    assert min(ribbon.thickness for ribbon in drawn.ribbons) == THINNEST


def test_a_table_may_be_called_like_an_outcome() -> None:
    drawn = flow({"rejected": book(inserted=2), "inserted": book(rejected=3)}, WIDE)
    assert drawn is not None
    assert {node.name: node.rows for node in outcomes(drawn)} == {"inserted": 2, "rejected": 3}


def test_rows_that_no_book_accounts_for_are_shown_apart() -> None:
    drawn = flow({"Teacher": book(inserted=5) | {"read": 7}}, WIDE)
    assert drawn is not None
    assert [(node.name, node.rows) for node in drawn.lost] == [("unaccounted", 2)]


@layouts
def test_changes_branch_off_and_rejected_rows_fall_below_them(layout: Layout) -> None:
    drawn = flow(documents.done()["books"], layout, changes=343)
    assert drawn is not None
    assert drawn.changes is not None
    assert drawn.changes.rows == 343
    assert drawn.branch.startswith("M")
    assert drawn.held[-1].top < drawn.changes.top < drawn.lost_heading < drawn.lost[0].top


def test_without_rows_into_v2_no_change_branches_off() -> None:
    drawn = flow({"Teacher": book(rejected=5)}, WIDE, changes=2)
    assert drawn is not None
    assert drawn.branch == ""


def test_the_picture_is_told_in_words() -> None:
    assert told({"Teacher": book(inserted=1200, rejected=1), "Class": book()}) == (
        "Of 1,201 rows, 1,200 inserted, 1 rejected. By table: Teacher: 1,201 rows, 1,200 inserted, 1 rejected; Class: 0 rows, none."
    )
