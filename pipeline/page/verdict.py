"""The verdict of a run in words, and what it rests on: the books, the verification, the checks of V1 and of V2."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Literal

from markupsafe import Markup

from checks.books import Book
from pipeline.errors import DatabaseError
from pipeline.page.figures import EVERY, Document, Figures

Tone = Literal["good", "note", "bad", "open"]
"""How a verdict or a proof is to be taken; a sign and a word tell it besides the colour."""

SIGNS: Final[Mapping[Tone, tuple[str, str]]] = {
    "good": ("✓", "passed"),
    "note": ("!", "with findings"),
    "bad": ("✕", "failed"),
    "open": ("–", "not made"),
}
"""Tone → its sign, and the word that tells it to those who do not see the sign."""

FAILURES: Final = {
    1: "Failed",
    2: "Not begun: wrong usage",
    3: "Not begun: a setting is missing or wrong",
    4: "Failed: a database could not be used",
    5: "Stopped by the checks",
    6: "Failed while loading",
    7: "Failed: V2 did not hold what was written",
    8: "Refused",
}
"""Exit code (`pipeline.errors`) → the headline of a run that ended with it."""

AS_IT_WAS: Final = "V2 is as it was."


@dataclass(frozen=True)
class Verdict:
    """How a run ended, for people: what stands largest on the page, and the sentence below it."""

    tone: Tone
    headline: str
    sentence: Markup
    problem: str | None = None
    next_step: str | None = None
    rows: str = "written to V2"
    """What became of the rows that the document calls written."""

    @property
    def sign(self) -> str:
        """One character."""
        return SIGNS[self.tone][0]


@dataclass(frozen=True)
class Proof:
    """One thing that a verdict rests on, where the page tells more of it, and how it came out."""

    name: str
    anchor: str
    tone: Tone
    sentence: Markup

    @property
    def sign(self) -> str:
        """One character."""
        return SIGNS[self.tone][0]

    @property
    def word(self) -> str:
        """`passed`."""
        return SIGNS[self.tone][1]


def verdict(document: Document, /) -> Verdict:
    """How the run ended. What is not in the document is not told, and a verdict that is none of the known counts as failed."""
    figures = Figures(document)
    match document.get("verdict"):
        case "ok":
            return _done(document, figures)
        case "interrupted":
            return Verdict(
                "bad",
                "Interrupted",
                Markup("The run was cut off before it was done."),
                document.get("problem"),
                document.get("next_step")
                or "Go on where it stopped with --resume: it finds out by itself on which side of the commit the run was.",
                rows="meant for V2",
            )
        case _:
            return _failed(document)


def _failed(document: Document) -> Verdict:
    exit_code, stages = document.get("exit_code", 1), document.get("stages") or []
    sentence = Markup("{} Nothing of this run is in it.").format(AS_IT_WAS)
    if exit_code == DatabaseError.exit_code and any(stage.get("name") == "load" for stage in stages) and stages[-1].get("state") == "done":
        sentence = Markup("The connection broke when all was written, before V2 had said that it holds it.")
    next_step = document.get("next_step")
    if next_step is None and document.get("problem") is None:
        next_step = "Nobody foresaw this: migration.log names the place. --resume goes on where the run stopped."
    return Verdict("bad", FAILURES.get(exit_code, FAILURES[1]), sentence, document.get("problem"), next_step, rows="meant for V2")


def _done(document: Document, figures: Figures) -> Verdict:
    written, withdrawn = figures.value("written", EVERY), figures.value("withdrawn")
    if document.get("state") == "rolled back":
        return Verdict(
            "note", "Done, then taken back", Markup("What the run wrote was removed by a rollback later."), rows="written, then taken back"
        )
    if not written and not withdrawn:
        headline = "Dry run: nothing to write" if document.get("dry_run") else "Nothing to write"
        return Verdict("good", headline, Markup("V2 holds all of V1 that can go there. It was not changed."))
    rows = figures.count("written", EVERY)
    if document.get("dry_run"):
        return Verdict(
            "good",
            "Dry run: it would work",
            Markup("{} rows were written to V2, then all of it was rolled back: {}").format(rows, AS_IT_WAS),
            rows="written, then rolled back",
        )
    read_back = figures.value("verification", "rows")
    how = "read back and compared cell by cell before the commit" if read_back else "committed"
    return Verdict("good", "Done", Markup("{} rows are in V2, written in one transaction, {}.").format(rows, how))


def proofs(document: Document, /) -> list[Proof]:
    """What the verdict rests on, in the order of the run: checks of V1, the books, checks of V2, verification."""
    figures = Figures(document)
    return [_checks(document, "v1"), _books(document, figures), _checks(document, "v2"), _verification(document, figures)]


def balances(counts: Mapping[str, Any], /) -> bool:
    """Whether a book of the document accounts for every row (`checks.books`)."""
    names = {field.name for field in fields(Book)}
    return Book(**{name: count for name, count in counts.items() if name in names}).balances


def _books(document: Document, figures: Figures) -> Proof:
    books: Mapping[str, Any] = document.get("books") or {}
    name, anchor = "Books", "books"
    if not books:
        return Proof(name, anchor, "open", Markup("The run ended before there were books."))
    uneven = [table for table, counts in books.items() if not balances(counts)]
    if uneven:
        return Proof(name, anchor, "bad", Markup("Rows are not accounted for in {}.").format(", ".join(uneven)))
    return Proof(
        name, anchor, "good", Markup("They balance: each of {} rows is accounted for.").format(figures.count("books", EVERY, "read"))
    )


def _checks(document: Document, database: Literal["v1", "v2"]) -> Proof:
    label, anchor = f"Checks of {database.upper()}", f"checks-{database}"
    found = (document.get("checks") or {}).get(database) or []
    if not found:
        return Proof(label, anchor, "open", Markup("The run ended before they were made."))
    failing = sum(1 for finding in found if finding.get("failing"))
    if not failing:
        return Proof(label, anchor, "good", Markup("All {} pass.").format(len(found)))
    if database == "v1":
        return Proof(label, anchor, "note", Markup("{} of {} find rows that cannot go to V2.").format(failing, len(found)))
    return Proof(label, anchor, "bad", Markup("{} of {} fail.").format(failing, len(found)))


def _verification(document: Document, figures: Figures) -> Proof:
    def proof(tone: Tone, sentence: str, *counts: str) -> Proof:
        shown = (figures.count("verification", name) for name in counts)
        return Proof("Verification", "verification", tone, Markup(sentence).format(*shown))  # noqa: S704 - only the sentences below

    if figures.value("verification", "differences"):
        return proof("bad", "{} differences in {} rows read back from V2.", "differences", "rows")
    if figures.value("verification", "rows"):
        sentence = "{} cells of {} rows read back from V2: {}\N{NO-BREAK SPACE}differences."
        return proof("good", sentence, "cells", "rows", "differences")
    if document.get("verdict") != "ok":
        return proof("open", "The run ended before it.")
    if not (figures.value("written", EVERY) or figures.value("withdrawn")):
        return proof("open", "Nothing was written, so there was nothing to read back.")
    return proof("open", "None is on record (--skip-validation). The command validate compares V2 as it is now.")
