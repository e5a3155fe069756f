"""The books of a run: where every row that was read went (mapping, law 1: conservation)."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass

from checks.findings import Finding


@dataclass(frozen=True)
class Book:
    """The rows of one V1 table, link table, or of the administrators, by what became of them.

    Attributes:
        read: Rows that V1 held.
        inserted: Rows that V2 did not have.
        updated: Rows that changed in V1 since they were written.
        unchanged: Rows that V2 has as V1 gives them.
        kept: Rows of which V2 has one that was edited since.
        merged: Subjects that the catalogue has, and links whose pair another V1 row gives.
        rejected: Rows that cannot go to V2, each on record with its reason.
    """

    read: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    kept: int = 0
    merged: int = 0
    rejected: int = 0

    @property
    def accounted(self) -> int:
        """Rows of which the book tells what became."""
        return self.inserted + self.updated + self.unchanged + self.kept + self.merged + self.rejected

    @property
    def balances(self) -> bool:
        """Whether every row that was read is accounted for, once, and no count is negative.

        >>> Book(read=3, inserted=1, rejected=1).balances
        False
        """
        return self.read == self.accounted and min(astuple(self)) >= 0

    def __add__(self, other: "Book") -> "Book":
        """The book of both, as of two parts; `sum(books, Book())` adds up many."""
        return Book(*(own + others for own, others in zip(astuple(self), astuple(other), strict=True)))


def unbalanced(books: Mapping[str, Book], /) -> list[Finding]:
    """A finding `books_balance` for every book, by the table that it is of; failing are the rows lost or counted twice.

    A book with a negative count fails with one row at least, whatever its sum.
    """
    return [
        Finding(
            table,
            "books_balance",
            "rows read = inserted + updated + unchanged + kept + merged + rejected",
            rows=book.read,
            failing=0 if book.balances else max(1, abs(book.read - book.accounted)),
        )
        for table, book in books.items()
    ]
