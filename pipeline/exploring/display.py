"""How tables and charts look in a notebook: no network is needed to see them."""

from typing import Final

import altair as alt
import polars as pl

WIDTH: Final = 460
"""Of a chart's plot, in pixels."""

TICKS: Final = 8
"""Of its scale, about: more would run into each other when the numbers are long."""

COLOUR: Final = "#2f6f8f"
SCHEME: Final = "tableau10"
"""Of parts of a bar; told apart by the colour-blind, too."""


def prepare() -> None:
    """Sets how Polars shows frames and how Altair draws, in this process: charts as SVG, drawn here and not by a script of the page."""
    pl.Config(
        tbl_rows=60,
        tbl_cols=30,
        tbl_hide_dataframe_shape=True,
        tbl_hide_column_data_types=True,
        fmt_str_lengths=120,
        fmt_table_cell_list_len=6,
        thousands_separator=",",
    )
    alt.renderers.enable("svg")


def bars(
    frame: pl.DataFrame, /, *, of: str, by: str, title: str, parts: str | None = None, order: list[str] | None = None
) -> alt.Chart | alt.LayerChart:
    """A horizontal bar for each row, in the rows' order, with its number at its end; or stacked bars, of several rows each.

    Args:
        frame: The rows to draw.
        of: The column of the lengths, numbers.
        by: The column of what the bars are for, text.
        title: Of the chart.
        parts: The column of what the parts of a bar are for; without it every row is a bar.
        order: All parts that there may be, from left to right; without it in the order in which they first come.
    """
    places = order or (frame[parts].unique(maintain_order=True).to_list() if parts else [])
    place = pl.col(parts).replace_strict(places, range(len(places)), return_dtype=pl.Int64) if parts else pl.lit(0)
    drawn = alt.Chart(frame.with_columns(place=place), title=title).encode(
        x=alt.X(of, type="quantitative", title=of, axis=alt.Axis(tickCount=TICKS, labelOverlap=True)),
        y=alt.Y(by, type="nominal", sort=None, title=None, axis=alt.Axis(labelLimit=320)),
    )
    if parts:
        colour = alt.Color(parts, type="nominal", sort=places, scale=alt.Scale(scheme=SCHEME), title=None)
        stacked: alt.Chart = drawn.mark_bar().encode(color=colour, order=alt.Order("place:Q")).properties(width=WIDTH)
        return stacked
    numbers = drawn.mark_text(align="left", dx=4).encode(text=alt.Text(of, type="quantitative", format=","))
    numbered: alt.LayerChart = (drawn.mark_bar(color=COLOUR) + numbers).properties(width=WIDTH)
    return numbered


def matrix(frame: pl.DataFrame, /, *, of: str, across: str, down: str, title: str, number: str = ",") -> alt.LayerChart:
    """A field for each row, the darker the higher, with its number in it.

    Args:
        frame: The rows to draw, one for each field.
        of: The column of the numbers.
        across: The column of what the fields of a column have in common, text.
        down: The column of what the fields of a line have in common, text.
        title: Of the chart.
        number: How numbers are written (d3-format); `.0%` for parts of one.
    """
    half = float(frame[of].max() or 0) / 2  # type: ignore[arg-type]  # a number
    drawn = alt.Chart(frame, title=title).encode(
        x=alt.X(across, type="nominal", sort=None, title=None, axis=alt.Axis(orient="top", labelAngle=-40)),
        y=alt.Y(down, type="nominal", sort=None, title=None, axis=alt.Axis(labelLimit=320)),
    )
    fields = drawn.mark_rect().encode(color=alt.Color(of, type="quantitative", scale=alt.Scale(scheme="tealblues"), legend=None))
    numbers = drawn.mark_text(fontSize=10).encode(
        text=alt.Text(of, type="quantitative", format=number),
        color=alt.condition(alt.datum[of] > half, alt.value("white"), alt.value("black")),
    )
    numbered: alt.LayerChart = (fields + numbers).properties(width={"step": 62}, height={"step": 16})
    return numbered
