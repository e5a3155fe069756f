"""The results as Markdown: seconds of every contender, seconds of our stages, and the lines of the reach."""

import statistics
from collections.abc import Iterable, Sequence

from tests.benchmarks.machine import sentence
from tests.benchmarks.reach import Line
from tests.benchmarks.results import SECONDS, STAGE, Results, Size

VERDICTS = {True: "yes", False: "no", None: "not measured"}


def whole_page(results: Results, lines: Sequence[Line], /) -> str:
    """Everything, as `results.md` has it."""
    sizes = [section for size in results.sizes for section in (seconds_table(size), stages_table(size))]
    told = [f"Left out: {part}, {reason}." for part, reason in results.skipped.items()]
    head = f"Measured {results.measured_at[:10]}, {results.rounds} rounds, medians (least–most). {sentence(results.machine)}."
    return "\n\n".join([head, *(section for section in sizes if section), reach_table(lines), *told]) + "\n"


def seconds_table(size: Size, /) -> str:
    """The seconds of each contender, the quickest first, and how many times our whole run that is."""
    ours = statistics.median(size.series["ours"]) if "ours" in size.series else None
    measured = sorted((statistics.median(size.series[name]), name) for name in SECONDS if name in size.series)
    rows = [(SECONDS[name], spread(size.series[name]), f"{median / ours:.2f}" if ours else "") for median, name in measured]
    title = f"{size.students:,} students ({size.people:,} people, {sum(size.rows.values()):,} V2 rows)"
    return _table((title, "seconds", "÷ whole run"), rows) if rows else ""


def stages_table(size: Size, /) -> str:
    """The seconds of each of our stages, and the most memory and the processor seconds of the whole run."""
    rows = [(name.removeprefix(STAGE), spread(values)) for name, values in size.series.items() if name.startswith(STAGE)]
    if not rows:
        return ""
    rows.append(("processor seconds of our process", spread(size.series["cpu_seconds"])))
    rows.append(("peak memory of our process, MiB", spread([peak / 2**20 for peak in size.series["peak_bytes"]])))
    return _table((f"the whole run at {size.students:,} students", "seconds"), rows)


def reach_table(lines: Iterable[Line], /) -> str:
    """What was to be reached, what was measured, and whether it was."""
    rows = [
        (
            line.what,
            f"{line.students:,}" if line.students else "",
            f"{'≤' if line.kind == 'at most' else '≥'} {line.limit:g}",
            "–" if line.value is None else f"{line.value:.2f} ({line.least:.2f}–{line.most:.2f})",
            VERDICTS[line.is_reached],
        )
        for line in lines
    ]
    return _table(("what", "students", "reach", "measured", "reached"), rows)


def spread(values: Sequence[float], /) -> str:
    """The median, and the least and the most where there are several.

    >>> spread([3.0, 1.0, 2.0]), spread([1234.5])
    ('2.0 (1.0–3.0)', '1,234.5')
    """
    digits = 1 if statistics.median(values) >= 1 else 3
    median = f"{statistics.median(values):,.{digits}f}"
    return median if len(values) == 1 else f"{median} ({min(values):,.{digits}f}–{max(values):,.{digits}f})"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *rows))
