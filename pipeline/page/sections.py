"""The parts of the page below the verdict, each as rows that the template writes down one by one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from pipeline.page.figures import EVERY, Document, Figures, Step, as_count, as_percent
from pipeline.page.verdict import balances
from transforms.reasons import MEANINGS

BOOK_COLUMNS: Final = ("read", "inserted", "updated", "unchanged", "kept", "merged", "rejected")

NOTES: Final = {
    "Administrator": "in School rows",
    "_ClassToTeacher": "links",
    "_SubjectToTeacher": "links",
    "_ParentToStudent": "links",
}
"""A table of the books → what it is, where its name does not tell."""

STAGES: Final = {
    "extract": "V1 is read at one snapshot",
    "plan": "who keeps which id, e-mail and phone",
    "transform": "V1’s rows become V2’s",
    "credentials": "passwords are made and hashed",
    "load": "V2 is written, in one transaction",
    "attach": "indexes and keys are built again, each over all rows of its table",
    "verify": "every cell is read back and compared",
}

CONTESTED: Final = {
    "email": "e-mail addresses",
    "phone": "phone numbers",
    "admission_no": "admission numbers",
    "subject_code": "subject codes",
}

COUNTED: Final = {
    "values": "values that several rows wish for",
    "suffixed": "rows that got a counter",
    "largest_group": "rows after the most wanted value",
}
"""What is counted of a contest → in words."""

FIRST_IDS: Final = 5
"""How many ids stand with a reason or a check: the records have all of them."""

MOST_FILES: Final = 3000
"""How many files are listed: a page is to open at once. `report.json` has all of them."""


@dataclass(frozen=True)
class Book:
    """A row of the books."""

    table: str
    note: str
    is_balanced: bool


@dataclass(frozen=True)
class Bar:
    """A row of a table with a bar in it: `before` of it is empty. Both in percent of its full length."""

    path: tuple[Step, ...]
    """Where its number stands in the document."""
    name: str
    length: float
    share: str = ""
    before: float = 0.0
    note: str = ""
    examples: Sequence[str] = ()

    @property
    def style(self) -> str:
        """As the style sheet takes it."""
        return f"--before:{self.before:.2f}%;--length:{self.length:.2f}%"


@dataclass(frozen=True)
class Check:
    """A finding, and where it stands in the document."""

    path: tuple[Step, ...]
    table: str
    name: str
    meaning: str
    examples: Sequence[str]
    is_failing: bool


@dataclass(frozen=True)
class Stage:
    """A stage of the run: its bar begins where the bars of those before it end."""

    bar: Bar
    state: str
    is_whole: bool
    """Whether it came through all the rows that were foreseen."""
    unit: str
    has_rate: bool


@dataclass(frozen=True)
class Example:
    """An original value of V1: personal data."""

    row: str
    column: str
    original: str | None


def books(document: Document, /) -> list[Book]:
    """The rows of the books."""
    return [Book(table, NOTES.get(table, ""), balances(counts)) for table, counts in _mapping(document, "books").items()]


def bars(document: Document, key: str, /) -> list[Bar]:
    """Rows by table, `read` or `written`: the largest has the longest bar. Tables without rows are left out."""
    counts = {name: rows for name, rows in _mapping(document, key).items() if isinstance(rows, int) and rows}
    return [Bar((key, name), name, 100 * rows / max(counts.values())) for name, rows in counts.items()]


def reasons(document: Document, key: Literal["rejected", "changed"], /) -> list[Bar]:
    """Reason codes, the most frequent first, with their meaning, their share, and first ids where the document has some."""
    counts = {code: rows for code, rows in _mapping(document, key).items() if rows}
    total = sum(counts.values())
    meanings = MEANINGS | dict(_mapping(document, "meanings"))
    ids = _mapping(_mapping(document, "examples"), key)
    return [
        Bar(
            (key, code),
            code,
            100 * rows / total,
            as_percent(rows, total),
            note=meanings.get(code, ""),
            examples=_first(ids.get(code, ())),
        )
        for code, rows in sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    ]


def checks(document: Document, database: Literal["v1", "v2"], /) -> list[Check]:
    """The findings of a database's contract, in the order in which they were made."""
    return [
        Check(
            ("checks", database, number),
            str(finding.get("table", "")),
            str(finding.get("check", "")),
            str(finding.get("meaning", "")),
            _first(finding.get("examples", ())),
            bool(finding.get("failing")),
        )
        for number, finding in enumerate(_mapping(document, "checks").get(database) or [])
    ]


def contested(document: Document, /) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """What is contested, and what is counted of it: each as key and words; nothing if the document does not tell."""
    contests = _mapping(document, "contested")
    counted = dict.fromkeys(name for counts in contests.values() if isinstance(counts, Mapping) for name in counts)
    return [(kind, _words(kind, CONTESTED)) for kind in contests], [(name, _words(name, COUNTED)) for name in counted]


def stages(document: Document, /) -> list[Stage]:
    """The stages in their order, one behind the other, as they ran."""
    made: Sequence[Mapping[str, Any]] = document.get("stages") or []
    total = sum(stage.get("seconds", 0) for stage in made)
    rows = []
    elapsed = 0.0
    for number, stage in enumerate(made):
        seconds, name = stage.get("seconds", 0), str(stage.get("name", ""))
        of_all = 100 / total if total else 0
        bar = Bar(("stages", number), name, of_all * seconds, as_percent(seconds, total), of_all * elapsed, STAGES.get(name, ""))
        is_whole, has_rate = stage.get("rows", 0) >= stage.get("total", 0), stage.get("rows_per_second") is not None
        rows.append(Stage(bar, str(stage.get("state", "")), is_whole, str(stage.get("unit", "rows")), has_rate))
        elapsed += seconds
    return rows


def rate(figures: Figures, /) -> str | None:
    """V1's rows a second, all stages together but the hashing of passwords, whose time is what bcrypt is made for; None if none ran."""
    made: Sequence[Mapping[str, Any]] = figures.document.get("stages") or []
    seconds = sum(stage.get("seconds", 0) for stage in made if stage.get("name") != "credentials")
    read = figures.value("read", EVERY) or figures.value("books", EVERY, "read")
    return as_count(round(read / seconds)) if read and seconds else None


def files(document: Document, /) -> list[tuple[int, Mapping[str, Any]]]:
    """The files of the run with their digests, the first `MOST_FILES`, and where each stands in the document."""
    return list(enumerate(document.get("files") or []))[:MOST_FILES]


def pairs(document: Document, key: str, /, *, upper: bool = False) -> list[tuple[str, str]]:
    """Names and values of a part of the document, such as its settings; lists in one line, nothing for what is not set."""
    return [(name.upper() if upper else name, _shown(value)) for name, value in _mapping(document, key).items()]


def moment(instant: object, /) -> str:
    """An instant of the document as people write it: `22 November 2026, 14:10:11 UTC`; as it stands if it is none.

    >>> moment("2026-11-22T14:10:11.863Z")
    '22 November 2026, 14:10:11 UTC'
    """
    try:
        at = datetime.fromisoformat(str(instant))
    except ValueError:
        return str(instant)
    return f"{at.day} {at:%B %Y, %H:%M:%S} UTC"


def examples(values: Mapping[str, Iterable[Mapping[str, Any]]], /) -> dict[str, list[Example]]:
    """Original values by reason code, as the records hold them (`transforms.records`)."""
    return {
        code: [
            Example(f"{record.get('table', '')} {record.get('v1_id', '')}", str(record.get("column") or ""), record.get("original"))
            for record in records
        ]
        for code, records in values.items()
    }


def _mapping(document: Document, key: str) -> Mapping[str, Any]:
    found = document.get(key)
    return found if isinstance(found, Mapping) else {}


def _first(ids: Sequence[Any]) -> list[str]:
    return [str(row) for row in ids[:FIRST_IDS]]


def _words(key: str, known: Mapping[str, str]) -> str:
    return known.get(key, key.replace("_", " "))


def _shown(value: object) -> str:
    match value:
        case None:
            return "not set"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(str, value))
        case _:
            return str(value)
