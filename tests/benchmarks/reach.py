"""The lines of the reach: each a ratio of two figures, and what it may be at most, or must be at least."""

import statistics
from dataclasses import asdict, dataclass
from typing import Any, Literal

from tests.benchmarks.results import Results, Series

GIB = 2**30


@dataclass(frozen=True)
class Goal:
    """A ratio of two figures by their names, and its limit."""

    what: str
    over: str
    under: str
    limit: float
    kind: Literal["at most", "at least"] = "at most"


PER_SIZE = (
    Goal("whole run ÷ COPY of the finished rows, constraints on", "ours", "copy", 0.4),
    Goal("whole run ÷ COPY of the finished rows, constraints dropped and made again", "ours", "copy_bare", 2.0),
    Goal("whole run ÷ SQL migration, constraints on", "ours", "sql", 0.3),
    Goal("whole run ÷ SQL migration, constraints dropped and made again", "ours", "sql_bare", 0.6),
    Goal("Python loop, per person × people ÷ whole run", "loop", "ours", 10, "at least"),
    Goal("re-run over unchanged V1 ÷ whole run", "rerun", "ours", 0.15),
    Goal("verify every cell ÷ load", "stage verify", "written", 0.35),
)

MICRO = (
    Goal("phones: phonenumbers loop ÷ ours", "phones_loop", "phones", 30, "at least"),
    Goal("names: nameparser loop ÷ ours", "names_loop", "names", 100, "at least"),
    Goal("bcrypt stage ÷ (hashes × one hash's time ÷ cores)", "bcrypt", "bcrypt_bare", 1.05),
)

GROWTH_PER_TENFOLD = 11
MEMORY_GROWTH = 1.3
MOST_MEMORY_GIB = 3


@dataclass(frozen=True)
class Line:
    """A line of the reach with what was measured: None where nothing was."""

    what: str
    students: int | None
    """Of the platform; None where it does not matter."""
    kind: Literal["at most", "at least"]
    limit: float
    value: float | None
    """The ratio of the medians."""
    least: float | None = None
    most: float | None = None
    """The spread of the rounds' own ratios."""

    @property
    def is_reached(self) -> bool | None:
        """Whether the median keeps to the limit; None where nothing was measured."""
        if self.value is None:
            return None
        return self.value <= self.limit if self.kind == "at most" else self.value >= self.limit

    def document(self) -> dict[str, Any]:
        """As `results.json` has it."""
        return {**asdict(self), "reached": self.is_reached}


def lines(results: Results, /) -> list[Line]:
    """Every line of the reach, for each size that was measured."""
    found = [_line(goal, size.series, students=size.students) for size in results.sizes for goal in PER_SIZE]
    return [*found, *_lines_of_growth(results), *(_line(goal, results.micro) for goal in MICRO)]


def _lines_of_growth(results: Results) -> list[Line]:
    if not results.sizes:
        return []
    base = results.sizes[-1]
    grown = results.growth
    factor = grown.students / base.students if grown else 10
    series = base.series | (grown.series if grown else {}) | {"gib": [float(GIB)]}
    larger = f"{grown.students:,}" if grown else "ten times the"
    goals = (
        Goal(f"seconds at {larger} students ÷ seconds at {base.students:,}", "grown", "ours", GROWTH_PER_TENFOLD * factor / 10),
        Goal(f"peak memory at {larger} students, GiB", "grown_peak_bytes", "gib", MOST_MEMORY_GIB),
        Goal(f"peak memory at {larger} students ÷ that at {base.students:,}", "grown_peak_bytes", "peak_bytes", MEMORY_GROWTH),
    )
    return [_line(goal, series, students=grown.students if grown else None) for goal in goals]


def _line(goal: Goal, series: Series, *, students: int | None = None) -> Line:
    over, under = series.get(goal.over), series.get(goal.under)
    if not over or not under:
        return Line(goal.what, students, goal.kind, goal.limit, None)
    value = statistics.median(over) / statistics.median(under)
    in_step = under if len(under) == len(over) else [statistics.median(under)] * len(over)
    ratios = [one / other for one, other in zip(over, in_step, strict=True)]
    return Line(goal.what, students, goal.kind, goal.limit, value, min(ratios), max(ratios))
