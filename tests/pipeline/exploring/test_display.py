"""Charts are drawn here, and not by a script that a page would have to fetch."""

from collections.abc import Iterator

import altair as alt
import polars as pl
import pytest

from pipeline.exploring.display import bars, matrix, prepare

ROWS = pl.DataFrame({"table": ["School", "Teacher", "Teacher"], "fate": ["inserted", "rejected", "inserted"], "rows": [26, 4, 12]})


@pytest.fixture(autouse=True)
def _prepared() -> Iterator[None]:
    renderer = alt.renderers.active
    with pl.Config():
        prepare()
        yield
    alt.renderers.enable(renderer)


def svg_of(chart: alt.Chart | alt.LayerChart) -> str:
    shown = chart._repr_mimebundle_()
    assert isinstance(shown, dict)
    assert set(shown) == {"image/svg+xml"}
    svg: str = shown["image/svg+xml"]
    return svg


def test_bars_stand_in_the_order_of_the_rows_with_their_numbers() -> None:
    svg = svg_of(bars(ROWS.head(2), of="rows", by="table", title="Rows in V1"))
    assert svg.index(">School<") < svg.index(">Teacher<")
    assert ">26<" in svg
    assert ">Rows in V1<" in svg


def test_parts_stand_in_the_order_that_is_wanted() -> None:
    wanted = bars(ROWS, of="rows", by="table", parts="fate", order=["rejected", "inserted", "kept"], title="Fates")
    first_come = bars(ROWS, of="rows", by="table", parts="fate", title="Fates")
    assert svg_of(wanted).index(">rejected<") < svg_of(wanted).index(">inserted<")
    assert svg_of(first_come).index(">inserted<") < svg_of(first_come).index(">rejected<")


def test_a_matrix_has_its_numbers_in_its_fields() -> None:
    parts = pl.DataFrame({"table": ["School", "Class"], "column": ["id", "id"], "part": [0.25, 1.0]})
    svg = svg_of(matrix(parts, of="part", across="table", down="column", title="Full", number=".0%"))
    assert ">25%<" in svg
    assert ">100%<" in svg


def test_charts_of_nothing_are_empty_and_no_error() -> None:
    svg_of(bars(ROWS.clear(), of="rows", by="table", title="Nothing"))
    svg_of(bars(ROWS.clear(), of="rows", by="table", parts="fate", title="Nothing"))
    svg_of(matrix(ROWS.clear(), of="rows", across="table", down="fate", title="Nothing"))


def test_a_chart_names_no_address_but_the_namespaces_of_svg() -> None:
    svg = svg_of(bars(ROWS, of="rows", by="table", parts="fate", title="Fates"))
    addresses = {part.split('"')[0] for part in svg.split("http")[1:]}
    assert addresses <= {"://www.w3.org/2000/svg", "://www.w3.org/1999/xlink"}


def test_frames_are_shown_without_types_and_sizes() -> None:
    shown = ROWS._repr_html_()
    assert "shape" not in shown
    assert "i64" not in shown
