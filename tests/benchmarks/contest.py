"""Rounds in which the migration and its peers do the same work, one after the other, from the same V1 into equal V2s."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import BenchmarkError
from tests.benchmarks.databases import Databases, row_counts
from tests.benchmarks.ours import migrate
from tests.benchmarks.peers.copy_floor import copy_in, copy_out
from tests.benchmarks.peers.dlt_copy import copy_by_dlt
from tests.benchmarks.peers.loop import seconds_per_person
from tests.benchmarks.peers.sql_migration import migrate_by_sql
from tests.benchmarks.results import Series

TOLERANCE = 0.01
"""How far a migration by SQL may be off: it is near the mapping, and not exact."""

CONTENDERS = {
    "whole": ("ours", "copy", "copy_bare", "sql", "sql_bare"),
    "stages": ("ours",),
    "rerun": ("ours",),
    "loop": ("ours", "loop"),
    "dlt": ("ours", "dlt"),
}
"""A part of the benchmark, as `--only` names it → who takes part."""


@dataclass(frozen=True)
class Contest:
    """One V1, the V2 rows that our migration makes of it, and who is to be measured."""

    databases: Databases
    v1: str
    folder: Path
    """For what is made on the way."""
    finished: Path
    """Files of the finished V2 rows."""
    rows: dict[str, int]
    """V2 table → rows that were migrated."""
    contenders: tuple[str, ...]
    with_rerun: bool
    loop_people: int

    @property
    def people(self) -> int:
        """How many users V2 gets."""
        return self.rows["User"]

    def round(self, number: int, tell: Callable[[str], None], /) -> Series:
        """Measures everybody once, in the even rounds the other way round: name of a figure → its value, as a list of one.

        Raises:
            BenchmarkError: A contender failed, or its rows are not those that it was to write.
        """
        measure = {
            "ours": self._ours,
            "copy": lambda: self._copy(bare=False),
            "copy_bare": lambda: self._copy(bare=True),
            "sql": lambda: self._sql(bare=False),
            "sql_bare": lambda: self._sql(bare=True),
            "loop": self._loop,
            "dlt": self._dlt,
        }
        measured: Series = {}
        for name in self.contenders if number % 2 else reversed(self.contenders):
            figures = measure[name]()
            tell(f"round {number}: {name} {figures[name]:,.2f} s")
            measured |= {figure: [value] for figure, value in figures.items()}
        return measured

    def _ours(self) -> dict[str, float]:
        with self.databases.empty_v2() as v2:
            run = migrate(self.v1, v2, folder=self.folder, keep=self.with_rerun)
            require_rows(row_counts(v2), self.rows, tolerance=0)
            figures = {"ours": run.usage.seconds, "peak_bytes": run.usage.peak_bytes, "cpu_seconds": run.usage.cpu_seconds}
            figures |= {f"stage {name}": seconds for name, seconds in run.stages.items()}
            figures["written"] = run.stages["load"] + run.stages.get("attach", 0)  # rows, then indexes and keys: one load, in two stages
            if self.with_rerun:
                again = migrate(self.v1, v2, folder=self.folder)
                if again.rows_written:
                    raise BenchmarkError(f"A run over an unchanged V1 wrote {again.rows_written} rows.")
                figures["rerun"] = again.usage.seconds
        return figures

    def _copy(self, *, bare: bool) -> dict[str, float]:
        with self.databases.empty_v2() as v2:
            seconds = copy_in(v2, self.finished, bare=bare)
            require_rows(row_counts(v2), self.rows, tolerance=0)
        return {"copy_bare" if bare else "copy": seconds}

    def _sql(self, *, bare: bool) -> dict[str, float]:
        with self.databases.empty_v2() as v2:
            seconds = migrate_by_sql(self.v1, v2, bare=bare)
            require_rows(row_counts(v2), self.rows, tolerance=TOLERANCE)
        return {"sql_bare" if bare else "sql": seconds}

    def _loop(self) -> dict[str, float]:
        with self.databases.empty_v2() as v2:
            per_person, done = seconds_per_person(self.v1, v2, self.finished, people=self.loop_people)
            made = row_counts(v2)
        if not done or {made[table] for table in ("User", "UserRole", "Student")} != {done}:
            raise BenchmarkError(f"The Python loop was to migrate {done} people, and made {made['User']} users.")
        return {"loop": per_person * self.people, "loop_person": per_person}

    def _dlt(self) -> dict[str, float]:
        with self.databases.empty() as empty:
            return {"dlt": copy_by_dlt(self.v1, empty, folder=self.folder)}


def require_rows(rows: dict[str, int], wanted: dict[str, int], /, *, tolerance: float) -> None:
    """Sees to it that each table has the rows that it was to have, but for so small a part of them.

    Raises:
        BenchmarkError: It names the tables that do not.
    """
    off = [table for table, number in wanted.items() if abs(rows[table] - number) > tolerance * number]
    if off:
        raise BenchmarkError(
            f"Row counts disagree: {', '.join(f'{table} {rows[table]:,} in place of {wanted[table]:,}' for table in off)}."
        )


@contextmanager
def contest(databases: Databases, folder: Path, /, *, students: int, parts: Iterable[str], loop_people: int) -> Iterator[Contest]:
    """Fills a V1, and migrates it once, unmeasured: for the rows that all others are to make, and lest somebody be the first to read it."""
    finished = folder / f"finished-{students}"
    finished.mkdir()
    parts = set(parts)
    taking_part = {name for part in parts for name in CONTENDERS.get(part, ())}
    with databases.v1(students=students, folder=folder) as v1:
        with databases.empty_v2() as v2:
            migrate(v1, v2, folder=folder)
            copy_out(v2, finished)
            rows = row_counts(v2)
        names = tuple(name for name in dict.fromkeys(sum(CONTENDERS.values(), ())) if name in taking_part)
        yield Contest(databases, v1, folder, finished, rows, names, "rerun" in parts, loop_people)
    for file in finished.iterdir():
        file.unlink()


def grown(databases: Databases, folder: Path, /, *, students: int) -> Series:
    """One whole run of ours on a larger platform: for how time and memory grow."""
    with databases.v1(students=students, folder=folder) as v1, databases.empty_v2() as v2:
        usage = migrate(v1, v2, folder=folder).usage
    return {"grown": [usage.seconds], "grown_peak_bytes": [usage.peak_bytes]}
