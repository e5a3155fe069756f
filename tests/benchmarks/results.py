"""What was measured, round by round, and the file that keeps it."""

import json
import statistics
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SCHEMA_VERSION = 1
"""Of `results.json`; it goes up when something in it is renamed, dropped or comes to mean something else."""

Series = dict[str, list[float]]
"""Name of a figure → its value in each round. Times are in seconds, sizes in bytes."""

SECONDS = {
    "ours": "whole run",
    "rerun": "re-run over unchanged V1",
    "copy": "COPY of the finished rows, constraints on",
    "copy_bare": "COPY of the finished rows, constraints dropped and made again",
    "sql": "SQL migration, constraints on",
    "sql_bare": "SQL migration, constraints dropped and made again",
    "loop": "Python loop, per person × people",
    "dlt": "dlt copying V1's tables as they are",
}
"""The figures that are the seconds of a whole contender, and what they are called."""

STAGE = "stage "
"""Stands before a stage's name, in the name of its figure."""


@dataclass
class Size:
    """A platform of so many students, and all that was measured on it."""

    students: int
    rows: dict[str, int]
    """V2 table → rows that are migrated."""
    series: Series = field(default_factory=dict)

    @property
    def people(self) -> int:
        """How many users V2 gets."""
        return self.rows["User"]


@dataclass
class Growth:
    """One whole run on a larger platform."""

    students: int
    series: Series


@dataclass
class Results:
    """Everything that one call of the benchmark measured."""

    machine: dict[str, Any]
    rounds: int
    values: int
    """Of the phone numbers and of the names."""
    sizes: list[Size] = field(default_factory=list)
    growth: Growth | None = None
    micro: Series = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    """Part of the benchmark → why it was left out, in words."""
    measured_at: str = field(default_factory=lambda: datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))

    def document(self) -> dict[str, Any]:
        """`results.json`, without the lines of the reach."""
        return {
            "schema_version": SCHEMA_VERSION,
            "measured_at": self.measured_at,
            "machine": self.machine,
            "rounds": self.rounds,
            "values": self.values,
            "passwords": "Everybody in V1 was given a bcrypt hash before anything was measured: no bcrypt is in any whole run.",
            "sizes": [{**asdict(size), "people": size.people, "series": _with_spread(size.series)} for size in self.sizes],
            "growth": None if self.growth is None else {**asdict(self.growth), "series": _with_spread(self.growth.series)},
            "micro": _with_spread(self.micro),
            "skipped": self.skipped,
        }


def gathered(series: Series, more: Series, /) -> None:
    """Puts a round's figures behind those of the rounds before."""
    for name, values in more.items():
        series.setdefault(name, []).extend(values)


def write(document: dict[str, Any], folder: Path, /) -> Path:
    """Writes `results.json`, whole or not at all, and gives its path."""
    path = folder / "results.json"
    unfinished = path.with_suffix(".tmp")
    unfinished.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return unfinished.replace(path)


def _with_spread(series: Series) -> dict[str, dict[str, Any]]:
    return {
        name: {"median": statistics.median(values), "least": min(values), "most": max(values), "values": values}
        for name, values in series.items()
    }
