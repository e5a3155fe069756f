from dataclasses import astuple, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.books import Book, unbalanced

OUTCOMES = ("inserted", "updated", "unchanged", "kept", "merged", "rejected")

counts = st.lists(st.integers(0, 10**9), min_size=6, max_size=6)


def balanced(outcomes: list[int]) -> Book:
    return Book(sum(outcomes), *outcomes)


@given(counts)
def test_a_book_balances_when_every_row_read_is_accounted_for(outcomes: list[int]) -> None:
    assert balanced(outcomes).balances


@given(counts, st.sampled_from(("read", *OUTCOMES)), st.integers(1, 10**6))
def test_a_book_with_a_row_too_many_anywhere_does_not_balance(outcomes: list[int], count: str, more: int) -> None:
    book = balanced(outcomes)
    assert not replace(book, **{count: getattr(book, count) + more}).balances


@given(counts, counts)
def test_books_add_up_count_by_count(first: list[int], second: list[int]) -> None:
    book = balanced(first) + balanced(second)
    assert astuple(book) == tuple(own + other for own, other in zip([sum(first), *first], [sum(second), *second], strict=True))
    assert book.balances


def test_many_books_are_summed_from_an_empty_one() -> None:
    assert sum([Book(read=2, inserted=2), Book(read=1, rejected=1)], Book()) == Book(read=3, inserted=2, rejected=1)


@pytest.mark.parametrize(
    ("book", "failing"),
    [
        (Book(), 0),
        (Book(read=6, inserted=1, updated=1, unchanged=1, kept=1, merged=1, rejected=1), 0),
        (Book(read=6, inserted=4), 2),
        (Book(read=4, inserted=4, rejected=1), 1),
        (Book(read=0, inserted=1, rejected=-1), 1),
    ],
)
def test_every_book_gets_a_finding(book: Book, failing: int) -> None:
    [finding] = unbalanced({"_ParentToStudent": book})
    assert (finding.table, finding.check) == ("_ParentToStudent", "books_balance")
    assert (finding.rows, finding.failing, finding.examples) == (book.read, failing, ())


def test_findings_come_in_the_books_order() -> None:
    books = {"School": Book(), "Administrator": Book(read=1), "Class": Book()}
    assert [(finding.table, finding.failing) for finding in unbalanced(books)] == [
        ("School", 0),
        ("Administrator", 1),
        ("Class", 0),
    ]
