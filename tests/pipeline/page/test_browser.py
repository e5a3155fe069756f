"""The page in a real browser: Chromium, without a window. Skipped where there is none."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from pipeline.page.page import report_page
from tests.pipeline.page import documents
from tests.pipeline.page.documents import EVERY_KIND, Document
from tests.pipeline.page.reading import marked, numbers_in

PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome")

WIDTHS: Final = {"desk": 1280, "tablet": 768, "phone": 390, "small phone": 320}

Scheme = Literal["light", "dark"]

PLAIN: Final = "[...document.querySelectorAll('[data-key]')].map(e => [e.dataset.key, e.value, e.textContent])"

MOST_SECONDS: Final = 10
"""For a page of a hundred thousand rejected rows, on a machine that is busy with other tests; it takes less than one by itself."""


@dataclass
class Visit:
    """A page that a browser shows, and all that it heard meanwhile."""

    page: Page
    address: str
    console: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def open(self) -> None:
        self.page.on("console", lambda message: self.console.append(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(self.address)

    def ask(self, expression: str) -> Any:
        return self.page.evaluate(expression)

    @property
    def focused(self) -> str:
        """The tag of what has the focus."""
        return str(self.ask("document.activeElement.tagName")).lower()


VisitPage = Callable[..., Visit]


@pytest.fixture(scope="module")  # and not for longer: while it is there, nothing else can run an event loop
def browser() -> Iterator[Browser]:
    """The machine's Chromium, or playwright's own."""
    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
        program = next(filter(None, map(shutil.which, PROGRAMS)), str(own) if own.exists() else None)
        if program is None:
            pytest.skip(f"There is no Chromium here (none of {', '.join(PROGRAMS)}, nor playwright's own): install Debian's `chromium`.")
        is_root = hasattr(os, "geteuid") and os.geteuid() == 0  # for whom Chromium has no sandbox
        with playwright.chromium.launch(executable_path=program, args=["--no-sandbox"] if is_root else []) as launched:
            yield launched


@pytest.fixture
def visit(browser: Browser, tmp_path: Path) -> Iterator[VisitPage]:
    """Opens the page of a document, from a file."""
    contexts = []

    def visited(document: Document, *, width: int = WIDTHS["desk"], scheme: Scheme = "light", values: Any = None) -> Visit:
        path = tmp_path / "report.html"
        path.write_text(report_page(document, values=values), encoding="utf-8")
        contexts.append(browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme))
        made = Visit(contexts[-1].new_page(), path.as_uri())
        made.open()
        return made

    yield visited
    for context in contexts:
        context.close()


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_the_page_opens_quietly_and_shows_the_numbers_of_the_document(visit: VisitPage, kind: str) -> None:
    document = EVERY_KIND[kind]()
    seen = visit(document)
    assert (seen.console, seen.errors) == ([], [])
    assert seen.requests == [seen.address]
    numbers = numbers_in(document)
    figures = seen.ask(PLAIN)
    assert figures
    for key, value, text in figures:
        assert float(value) == pytest.approx(marked(numbers, key)), key
        assert "nan" not in text.lower()


@pytest.mark.parametrize("kind", ["done", "without_rejections", "failed_early", "later_run", "many_rejected", "hostile"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_sticks_out_at_any_width(visit: VisitPage, kind: str, scheme: Scheme) -> None:
    seen = visit(EVERY_KIND[kind](), scheme=scheme)
    for width in WIDTHS.values():
        seen.page.set_viewport_size({"width": width, "height": 800})
        assert seen.ask("document.documentElement.scrollWidth") <= width
        shown = seen.ask("[...document.querySelectorAll('svg.flow')].filter(e => e.getBoundingClientRect().width > 0).length")
        assert shown == (0 if kind == "failed_early" else 1)


def test_night_is_dark_and_day_is_light(visit: VisitPage) -> None:
    ask = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number).reduce((a, b) => a + b)"
    assert visit(documents.done(), scheme="light").ask(ask) > 700
    assert visit(documents.done(), scheme="dark").ask(ask) < 100


def test_the_policy_holds_whatever_the_page_would_do(visit: VisitPage) -> None:
    seen = visit(documents.done())
    assert seen.ask("fetch('https://example.invalid/').then(() => 'sent', () => 'refused')") == "refused"
    run = "const made = document.createElement('script'); made.textContent = 'ran = true'; document.body.append(made); return window.ran"
    assert seen.ask(f"(() => {{ {run} }})()") is None
    assert seen.requests == [seen.address]


def test_the_first_key_leads_past_the_contents_to_the_report(visit: VisitPage) -> None:
    seen = visit(documents.done())
    seen.page.keyboard.press("Tab")
    assert seen.ask("document.activeElement.textContent") == "Skip to the report"
    assert seen.ask("document.activeElement.getBoundingClientRect().top") >= 0
    seen.page.keyboard.press("Enter")
    assert seen.focused == "main"


def test_what_is_folded_opens_and_closes_by_keyboard(visit: VisitPage) -> None:
    seen = visit(documents.done())
    summary = seen.page.locator("summary").last
    hidden = seen.page.get_by_text(documents.done()["files"][0]["sha256"])
    assert not hidden.is_visible()
    for _ in range(100):
        seen.page.keyboard.press("Tab")
        if summary.evaluate("e => e === document.activeElement"):
            break
    assert summary.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    seen.page.keyboard.press("Enter")
    assert hidden.is_visible()
    seen.page.keyboard.press("Space")
    assert not hidden.is_visible()


def test_a_wide_table_scrolls_in_its_own_box_by_keyboard(visit: VisitPage) -> None:
    seen = visit(documents.done(), width=WIDTHS["phone"])
    box = seen.page.get_by_role("region", name="The books, by table of V1")
    box.focus()
    assert box.evaluate("e => e.scrollWidth > e.clientWidth")
    for _ in range(5):
        seen.page.keyboard.press("ArrowRight")
    given_up_at = time.monotonic() + MOST_SECONDS
    while not seen.ask("document.activeElement.scrollLeft > 0"):  # to wait for a function would need eval, which the page forbids
        assert time.monotonic() < given_up_at
    assert seen.ask("window.scrollX") == 0


def test_whoever_hears_the_page_finds_their_way(visit: VisitPage) -> None:
    page = visit(documents.done()).page
    assert [page.get_by_role(role).count() for role in ("banner", "navigation", "main", "contentinfo")] == [1, 1, 1, 1]
    assert page.get_by_role("heading", level=1).all_inner_texts() == ["✓ Done"]
    headings = page.get_by_role("heading", level=2).all_inner_texts()
    assert headings[:4] == ["What the verdict rests on", "The books", "Rows left out", "Changes on record"]
    assert page.get_by_role("navigation").get_by_role("link").all_inner_texts() == headings[1:]
    picture = page.get_by_role("img", name="What became of V1’s rows")
    assert picture.count() == 1
    assert page.get_by_role("table", name="The books, by table of V1").get_by_role("rowheader", name="Teacher", exact=True).count() == 1


def test_on_paper_all_is_unfolded_light_and_without_contents(visit: VisitPage) -> None:
    seen = visit(documents.done(), scheme="dark")
    seen.page.emulate_media(media="print", color_scheme="dark")
    assert seen.page.get_by_text(documents.done()["files"][0]["sha256"]).is_visible()
    assert not seen.page.get_by_role("navigation").is_visible()
    assert seen.ask("getComputedStyle(document.body).color") == "rgb(27, 29, 33)"
    assert seen.page.pdf(format="A4").startswith(b"%PDF")


def test_a_hundred_thousand_rejected_rows_open_at_once(visit: VisitPage) -> None:
    seen = visit(documents.many_rejected())
    assert seen.ask("performance.getEntriesByType('navigation')[0].loadEventEnd") < 1000 * MOST_SECONDS


def test_values_come_with_a_warning_that_is_seen_first(visit: VisitPage) -> None:
    values = {"email_suffixed": [{"table": "Teacher", "v1_id": "17", "column": "email", "original": "ada@x.example"}]}
    page = visit(documents.done(), values=values).page
    warning = page.get_by_role("complementary", name="Warning")
    assert "Internal: contains personal data" in warning.inner_text()
    assert warning.bounding_box() == {"x": 0, "y": 0, "width": 1280, "height": pytest.approx(49, abs=15)}
    assert page.get_by_role("cell", name="ada@x.example").is_visible()
