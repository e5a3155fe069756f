"""What a check found: counts and ids, never a row's values."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final

import polars as pl

EXAMPLES: Final = 5
"""How many ids a finding names at most."""


@dataclass(frozen=True)
class Finding:
    """The outcome of one check; of a check that all rows pass, too, as reports list every check.

    Attributes:
        table: The table whose rows were checked; `Administrator` for the account in a V1 School row.
        check: The check's name, such as `full_name_length`; unique within the table.
        meaning: What the check asks, in plain words.
        rows: Rows checked. 0 where the column is not there to be judged.
        failing: Rows that fail.
        examples: The smallest ids of failing rows, up to five, as text: ids and counts are no personal data.
        ids: The id of every failing row as text; null for one that has none. None where no row fails, and where a check counts rows
            that it cannot name, as the books do. They are for a file: `document` is without them, and findings that differ in them
            alone are equal.
    """

    table: str
    check: str
    meaning: str
    rows: int
    failing: int
    examples: tuple[str, ...] = ()
    ids: pl.Series | None = field(default=None, repr=False, compare=False)

    def document(self) -> dict[str, Any]:
        """The finding as `report.json` tells it."""
        return {
            "table": self.table,
            "check": self.check,
            "meaning": self.meaning,
            "rows": self.rows,
            "failing": self.failing,
            "examples": list(self.examples),
        }

    @classmethod
    def from_document(cls, document: dict[str, Any], /) -> "Finding":
        """The finding of which `document` told; `ids` are not in it."""
        return cls(**{**document, "examples": tuple(document["examples"])})


def merged(findings: Iterable[Finding], /) -> list[Finding]:
    """One finding for each check of each table, out of those of many parts, in the order in which they first come.

    Counts are added up and ids strung together; the first parts' examples stay.
    """
    merged_findings: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        key = finding.table, finding.check
        known = merged_findings.get(key)
        merged_findings[key] = _sum(known, finding) if known else finding
    return list(merged_findings.values())


def examples(ids: pl.DataFrame, /) -> tuple[str, ...]:
    """The smallest distinct ids of a frame, up to five, as text; the parts of a composite one are joined by a colon.

    An id that is null, or a part of it, cannot be named and is left out.

    >>> examples(pl.DataFrame({"id": [12, 7, None, 12]}))
    ('7', '12')
    """
    smallest = ids.drop_nulls().unique().bottom_k(EXAMPLES, by=pl.all()).sort(pl.all())
    return tuple(names(smallest))


def names(ids: pl.DataFrame, /) -> pl.Series:
    """The ids of a frame as text, row by row; the parts of a composite one are joined by a colon. Null where it, or a part of it, is.

    >>> names(pl.DataFrame({"a": ["x", "y"], "b": [2, None]})).to_list()
    ['x:2', None]
    """
    return ids.select(id=pl.concat_str(pl.all(), separator=":")).to_series()


def _sum(first: Finding, second: Finding) -> Finding:
    return replace(
        first,
        rows=first.rows + second.rows,
        failing=first.failing + second.failing,
        examples=(first.examples + second.examples)[:EXAMPLES],
        ids=_strung(first.ids, second.ids),
    )


def _strung(first: pl.Series | None, second: pl.Series | None) -> pl.Series | None:
    given = [ids for ids in (first, second) if ids is not None]
    return pl.concat(given) if given else None
