"""The seconds of every contender as a picture: horizontal bars, ours apart from the others, with the spread of the rounds."""

import statistics
from pathlib import Path

import altair as alt
import polars as pl

from tests.benchmarks.results import SECONDS, Size

WIDTH, STEP = 520, 26
OURS, OTHERS, SPREAD = "#2f6f8f", "#c3ccd2", "#33414a"


def draw(size: Size, folder: Path, /) -> Path:
    """Writes `seconds-<students>.svg`, and gives its path."""
    path = folder / f"seconds-{size.students}.svg"
    _chart(size).save(path)
    return path


def _chart(size: Size) -> alt.LayerChart:
    rows = [
        {
            "who": label,
            "seconds": (seconds := statistics.median(values)),
            "shown": f"{seconds:,.1f}" if seconds < 100 else f"{seconds:,.0f}",
            "least": min(values),
            "most": max(values),
            "ours": name in {"ours", "rerun"},
        }
        for name, label in SECONDS.items()
        if (values := size.series.get(name))
    ]
    bars = pl.DataFrame(rows).sort("seconds")
    rounds = max(map(len, size.series.values()))
    title = alt.Title(
        f"Seconds to move {size.students:,} students",
        subtitle=f"{size.people:,} people, {sum(size.rows.values()):,} V2 rows; {rounds} rounds: median, least and most",
        anchor="start",
        offset=12,
    )
    drawn = alt.Chart(bars, title=title).encode(
        y=alt.Y("who:N", sort=None, title=None, axis=alt.Axis(labelLimit=420, domain=False, ticks=False))
    )
    length = drawn.mark_bar(height=STEP * 0.65).encode(
        x=alt.X("seconds:Q", title=None, axis=None), color=alt.condition("datum.ours", alt.value(OURS), alt.value(OTHERS))
    )
    spread = drawn.mark_rule(color=SPREAD).encode(x="least:Q", x2="most:Q")
    number = drawn.mark_text(align="left", dx=6, color=SPREAD).encode(x="most:Q", text="shown:N")
    chart: alt.LayerChart = (
        (length + spread + number).properties(width=WIDTH, height=alt.Step(STEP), background="white").configure_view(stroke=None)
    )
    return chart
