"""The story of a benchmark: one server; each size with all its contenders, round by round; growth; single values; tables and pictures."""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from pipeline.errors import MigratorError
from pipeline.postgres.embedded import embedded_server
from tests.benchmarks import BenchmarkError, machine, micro, picture, tables
from tests.benchmarks.contest import CONTENDERS, contest, grown
from tests.benchmarks.databases import Databases
from tests.benchmarks.peers import dlt_copy
from tests.benchmarks.reach import lines
from tests.benchmarks.results import Growth, Results, Series, Size, gathered, write

MICRO = ("phones", "names", "bcrypt")
PARTS = (*CONTENDERS, *MICRO)

NEEDED = {
    "dlt": (dlt_copy.is_installed, "dlt[postgres,parquet] is not installed"),
    "names": (micro.nameparser_is_installed, "nameparser is not installed"),
}
"""What a part needs that is no dependency of the project."""


def main(arguments: Sequence[str] | None = None, /) -> int:
    """Measures, and writes `results.json`, `results.md` and a picture of each size; gives the exit code.

    It is 0 however slow anybody was, 1 if something failed or if row counts disagree.
    """
    options = _parser().parse_args(arguments)
    console = Console(stderr=True, highlight=False)
    options.out.mkdir(parents=True, exist_ok=True)
    try:
        results = _measured(options, console)
    except (BenchmarkError, MigratorError) as error:
        console.print(f"Failed: {error}", markup=False)
        return 1
    found = lines(results)
    page = tables.whole_page(results, found)
    (options.out / "results.md").write_text(page, encoding="utf-8")
    for size in results.sizes:
        if size.series:
            picture.draw(size, options.out)
    sys.stdout.write(tables.reach_table(found) + "\n" if options.reach else page)
    console.print(f"results.json, results.md and the pictures are in {options.out}.")
    return 0


def _measured(options: argparse.Namespace, console: Console, /) -> Results:
    missing = {part: reason for part, (is_there, reason) in NEEDED.items() if part in options.only and not is_there()}
    for part, reason in missing.items():
        console.print(f"{part} is left out: {reason}.")
    bin_folder = os.environ.get("DEMO_PG_BIN")
    with (
        tempfile.TemporaryDirectory(prefix="benchmark-") as folder,
        embedded_server(existing_url=os.environ.get("DEMO_PG_URL"), bin_folder=Path(bin_folder) if bin_folder else None) as server,
    ):
        results = Results(machine.describe(server), options.rounds, options.values, skipped=missing)
        parts = [part for part in options.only if part not in missing]
        story = _Story(options, console, parts, results, Path(folder))
        if set(parts) & set(CONTENDERS):
            story.tell_of_whole_runs(Databases.on(server))
        story.tell_of_single_values()
    return results


@dataclass(frozen=True)
class _Story:
    options: argparse.Namespace
    console: Console
    parts: list[str]
    """What to measure, of what can be."""
    results: Results
    folder: Path
    """For what is made on the way."""

    def tell_of_whole_runs(self, databases: Databases) -> None:
        for students in self.options.students:
            self.console.print(f"{students:,} students: sample data, and a first run that is not measured …")
            with contest(databases, self.folder, students=students, parts=self.parts, loop_people=self.options.loop_people) as race:
                size = Size(students, race.rows)
                self.results.sizes.append(size)
                for number in range(1, self.options.rounds + 1):
                    self._keep(size.series, race.round(number, self.console.print))
        if self.options.grow:
            self.console.print(f"{self.options.grow:,} students: sample data, and one run …")
            self.results.growth = Growth(self.options.grow, {})
            self._keep(self.results.growth.series, grown(databases, self.folder, students=self.options.grow))

    def tell_of_single_values(self) -> None:
        measure: dict[str, Callable[[], Series]] = {
            "phones": lambda: micro.measure_phones(self.options.values),
            "names": lambda: micro.measure_names(self.options.values),
            "bcrypt": lambda: micro.measure_bcrypt(self.options.hashes),
        }
        for number in range(1, self.options.rounds + 1):
            for part in (part for part in MICRO if part in self.parts):
                self.console.print(f"round {number}: {part} …")
                self._keep(self.results.micro, measure[part]())

    def _keep(self, series: Series, more: Series) -> None:
        """What was measured is on disk, whatever comes."""
        gathered(series, more)
        write(self.results.document() | {"lines": [line.document() for line in lines(self.results)]}, self.options.out)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Measures the migration beside its peers.")
    parser.add_argument("--students", type=int, nargs="+", default=[100_000], metavar="N", help="the sizes to measure; default 100000")
    parser.add_argument("--rounds", type=int, default=3, help="how often; default 3")
    parser.add_argument("--grow", type=int, metavar="N", help="one whole run more, with so many students, for how time and memory grow")
    parser.add_argument("--only", type=_parts, default=list(PARTS), metavar="PARTS", help=f"some of {','.join(PARTS)}")
    parser.add_argument("--reach", action="store_true", help="print what was to be reached, and whether it was; not every figure")
    parser.add_argument("--out", type=Path, default=Path("runs/benchmark"), metavar="DIR", help="for the results; default runs/benchmark")
    parser.add_argument("--values", type=int, default=1_000_000, help="phone numbers, and names; default 1000000")
    parser.add_argument("--hashes", type=int, default=400, help="passwords to hash; default 400")
    parser.add_argument("--loop-people", type=int, default=2000, help="people whom the Python loop takes; default 2000")
    return parser


def _parts(text: str) -> list[str]:
    chosen = text.split(",")
    if unknown := set(chosen) - set(PARTS):
        raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}: none of {', '.join(PARTS)}")
    return chosen


if __name__ == "__main__":
    sys.exit(main())
