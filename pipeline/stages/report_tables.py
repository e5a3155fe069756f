"""The tables of a run's report on a terminal."""

from typing import Final

from rich.table import Table

from checks.books import Book
from transforms.reasons import MEANINGS

COLUMNS: Final = ("read", "inserted", "updated", "unchanged", "kept", "merged", "rejected")


def books_table(books: dict[str, Book], /, what: str) -> Table:
    """The books of all V1 tables; columns in which nothing happened are left out."""
    shown = [
        column for column in COLUMNS if column in {"read", "inserted", "rejected"} or any(getattr(book, column) for book in books.values())
    ]
    table = _table(f"The books: {what}")
    table.add_column("V1 table", no_wrap=True)
    for column in shown:
        table.add_column(column, justify="right")
    for name, book in books.items():
        table.add_row(name, *(f"{getattr(book, column):,}" for column in shown))
    told = {
        "Administrator": "Administrator: the account in a School row",
        "merged": "merged: already given by the catalogue, or by another row",
        "kept": "kept: edited in V2 since it was migrated",
    }
    table.caption = "\n".join(text for name, text in told.items() if name in books or name in shown)
    return table


def counts_table(title: str, counts: dict[str, int], /) -> Table:
    """Reason codes, how often each occurs, and what it means."""
    table = _table(f"{title}: {sum(counts.values()):,}")
    table.add_column("reason")
    table.add_column("count", justify="right")
    table.add_column("meaning")
    for code, count in counts.items():
        table.add_row(code, f"{count:,}", MEANINGS[code])
    return table


def written_table(written: dict[str, int], /) -> Table:
    """The rows that V2's tables were given."""
    table = _table(f"Written to V2: {sum(written.values()):,} rows")
    table.add_column("V2 table")
    table.add_column("rows", justify="right")
    for name, rows in written.items():
        table.add_row(name, f"{rows:,}")
    return table


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", caption_justify="left", show_edge=False, min_width=len(title) + 2)
