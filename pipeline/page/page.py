"""`report.json` ══▶ `report.html`: one file that opens offline, with its style in it and no script."""

from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any, Final

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from pipeline.page import sections
from pipeline.page.figures import EVERY, Document, Figures, as_count, as_percent
from pipeline.page.flow import NARROW, WIDE, flow, told
from pipeline.page.verdict import proofs, verdict

TEMPLATES: Final = ("report.html.j2", "macros.j2", "flow.svg.j2")

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
"""What a browser may load and run for this page: nothing (Content Security Policy, level 3)."""


def report_page(document: Document, /, *, values: Mapping[str, Iterable[Mapping[str, Any]]] | None = None) -> str:
    """The page of a run: the verdict, what it rests on, the books, reasons, checks, time, and how it was made.

    All of it comes from the document; what the document lacks is told as not known, or left out. Every number that stands in the
    document is marked with its place there (`pipeline.page.figures`). The page opens on any machine without a network, and nothing
    can leave it: it has no script, and its policy allows no request.

    Args:
        document: What `report.json` holds; ids and counts only.
        values: Examples of V1's original values by reason code: records as `records/*.parquet` hold them (`table`, `v1_id`, `column`,
            `original`). They are personal data; with them the page is marked as internal, at its top and on every printed page.
    """
    figures = Figures(document)
    rejected = figures.value("books", EVERY, "rejected") or 0
    books = document.get("books") or {}
    changes = int(figures.value("changed", EVERY) or 0)
    kinds, counted = sections.contested(document)
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            policy=POLICY,
            style=Markup(_packaged("style.css")),  # noqa: S704 - our own file
            document=document,
            figures=figures,
            every=EVERY,
            verdict=verdict(document),
            proofs=proofs(document),
            books=sections.books(document),
            book_columns=sections.BOOK_COLUMNS,
            flows=[drawn for layout in (WIDE, NARROW) if (drawn := flow(books, layout, changes=changes))],
            flow_told=told(books),
            rejected_percent=as_percent(rejected, figures.value("books", EVERY, "read") or 0),
            read=sections.bars(document, "read"),
            written=sections.bars(document, "written"),
            reasons={key: sections.reasons(document, key) for key in ("rejected", "changed")},
            checks={database: sections.checks(document, database) for database in ("v1", "v2")},
            contested=kinds,
            counted=counted,
            stages=sections.stages(document),
            rate=sections.rate(figures),
            files=sections.files(document),
            settings=sections.pairs(document, "settings", upper=True),
            versions=sections.pairs(document, "versions"),
            values=None if values is None else sections.examples(values),
        )
    )


def _environment() -> Environment:
    environment = Environment(
        loader=DictLoader({name: _packaged(name) for name in TEMPLATES}),
        autoescape=True,  # whatever a file's name ends with
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"count_words": as_count, "moment": sections.moment}
    return environment


def _packaged(name: str) -> str:
    return files("pipeline").joinpath("page", name).read_text(encoding="utf-8")
