"""The page of a run: whole, self-contained, complete, harmless, and small, however the run ended."""

import itertools
import re
from dataclasses import dataclass
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it has no types
import pytest

from pipeline.page.page import POLICY, report_page
from pipeline.stages.report import report_schema
from tests.pipeline.page import documents
from tests.pipeline.page.documents import EVERY_KIND, Document
from tests.pipeline.page.reading import Reader, marked, numbers_in, read

LARGEST_BYTES = 3_000_000

NOT_SHOWN = re.compile(r"schema_version|stages\.\d+\.total|settings\..+")
"""Numbers that are no figures, and totals that were reached."""

NOT_SHOWN_IF_ZERO = re.compile(r"verification\.\w+|withdrawn|written\.\w+")


@dataclass(frozen=True)
class Told:
    """A document, and its page."""

    document: Document
    page: str
    reader: Reader


@pytest.fixture(scope="module", params=EVERY_KIND)
def told(request: pytest.FixtureRequest) -> Told:
    """The page of a run that ended in each way there is."""
    document = EVERY_KIND[request.param]()
    page = report_page(document)
    return Told(document, page, read(page))


def test_every_page_is_well_formed(told: Told) -> None:
    page, reader = told.page, told.reader
    assert page.startswith("<!doctype html>\n")
    assert reader.all("html")[0]["lang"] == "en"
    assert reader.all("title")[0].text.startswith(read_headline(reader))
    ids = [element["id"] for element in reader.having("id")]
    assert len(ids) == len(set(ids))


def test_references_within_the_page_lead_somewhere(told: Told) -> None:
    reader = told.reader
    ids = {element["id"] for element in reader.having("id")}
    assert {link["href"].removeprefix("#") for link in reader.all("a")} <= ids
    assert {name for element in reader.having("aria-labelledby") for name in element["aria-labelledby"].split()} <= ids


def test_headings_come_in_order(told: Told) -> None:
    levels = [int(element.tag[1]) for element in told.reader.elements if re.fullmatch("h[1-6]", element.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_landmarks_are_there_once(told: Told) -> None:
    reader = told.reader
    assert [len(reader.all(tag)) for tag in ("header", "nav", "main", "footer")] == [1, 1, 1, 1]
    assert reader.all("a")[0].get("class") == "skip"
    assert reader.all("nav")[0].get("aria-label")


def test_tables_have_captions_and_headers_with_a_scope(told: Told) -> None:
    reader = told.reader
    assert len(reader.all("caption")) == len(reader.all("table"))
    assert all(header.get("scope") in {"col", "row"} for header in reader.all("th"))
    boxes = reader.all("div", role="region")
    assert len(boxes) == len(reader.all("table"))
    assert all(box.get("tabindex") == "0" and box.get("aria-labelledby") for box in boxes)


def test_a_page_holds_all_that_it_needs(told: Told) -> None:
    page, reader = told.page, told.reader
    loading = {"src", "srcset", "poster", "data", "action", "background", "xlink:href"}
    assert not [element for element in reader.elements if loading & set(element.attributes)]
    assert [link["href"] for link in reader.all("link")] == ["data:,"]
    assert all(link["href"].startswith("#") for link in reader.all("a"))
    assert not re.search(r"https?://|@import|url\(", page)
    assert {element.tag for element in reader.elements}.isdisjoint({"script", "img", "iframe", "object", "embed", "form", "base"})
    assert not [name for element in reader.elements for name in element.attributes if name.startswith("on")]


def test_the_policy_allows_no_request(told: Told) -> None:
    (policy,) = told.reader.all("meta", **{"http-equiv": "Content-Security-Policy"})
    assert policy["content"] == POLICY
    assert POLICY.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")


def test_every_number_on_the_page_is_the_documents(told: Told) -> None:
    figures = told.reader.having("data-key")
    numbers = numbers_in(told.document)
    assert figures
    for figure in figures:
        assert float(figure["value"]) == pytest.approx(marked(numbers, figure["data-key"])), figure["data-key"]
        if re.fullmatch(r"[\d,]+", figure.text):
            assert int(figure.text.replace(",", "")) == float(figure["value"])


def test_every_number_of_the_document_is_on_the_page(told: Told) -> None:
    shown = {figure["data-key"] for figure in told.reader.having("data-key")}
    document = told.document | {"files": told.document.get("files", [])[:100]}
    missing = {key: number for key, number in numbers_in(document).items() if key not in shown}
    assert [
        key for key, number in missing.items() if not NOT_SHOWN.fullmatch(key) and not (number == 0 and NOT_SHOWN_IF_ZERO.fullmatch(key))
    ] == []


def test_the_page_shows_every_text_of_the_document() -> None:
    document = documents.done()
    page = read(report_page(document)).all("body")[0].text
    texts = [
        document["run"], document["folder"], document["snapshot"]["id"], *document["databases"].values(), *document["meanings"].values(),
        *document["versions"], *document["versions"].values(), *(name.upper() for name in document["settings"]),
        *(file["path"] for file in document["files"]), *(file["sha256"] for file in document["files"]),
        *(finding["meaning"] for findings in document["checks"].values() for finding in findings),
        "Student 200, _ParentToStudent 3:9", "Teacher 17", "22 November 2026, 14:10:11 UTC", "22 November 2026, 14:10:43 UTC",
    ]  # fmt: skip
    assert [text for text in texts if text not in page] == []


def test_the_page_names_the_run_that_had_brought_v1_over() -> None:
    document = documents.nothing_to_write()
    assert document["unchanged_since"] in read(report_page(document)).all("body")[0].text
    assert "V1 as in" not in report_page(documents.done())


def test_hostile_texts_stay_texts() -> None:
    document = documents.hostile()
    page = report_page(document)
    evil = document["run"]
    reader = read(page)
    assert evil not in page
    assert "<script" not in page
    assert "<img" not in page
    assert reader.comments == []
    assert len(reader.all("style")) == 1
    assert evil in reader.all("body")[0].text


def test_hostile_values_stay_texts() -> None:
    evil = documents.hostile()["run"]
    page = report_page(documents.done(), values={evil: [{"table": evil, "v1_id": evil, "column": evil, "original": evil}]})
    assert evil not in page
    assert evil in read(page).all("body")[0].text


def test_a_filter_is_told_but_not_quoted() -> None:
    document = documents.done()
    document["selection"]["filtered"] = True
    assert "only rows that meet a condition" in report_page(document)


def test_values_are_shown_only_where_they_are_asked_for() -> None:
    values = {"email_suffixed": [{"table": "Teacher", "v1_id": "17", "column": "email", "original": "ada@x.example"}]}
    internal, plain = report_page(documents.done(), values=values), report_page(documents.done())
    assert "ada@x.example" in internal
    assert internal.count("Internal: contains personal data") >= 3
    assert read(internal).all("title")[0].text.startswith("INTERNAL")
    assert "nternal" not in read(plain).all("body")[0].text
    assert "No personal data" in plain
    assert "No personal data" not in internal


def test_values_that_are_none_are_marked_as_internal_all_the_same() -> None:
    page = report_page(documents.done(), values={})
    assert "Internal: contains personal data" in page


def test_a_hundred_thousand_rejected_rows_make_a_small_page() -> None:
    page = report_page(documents.many_rejected())
    assert len(page.encode()) < LARGEST_BYTES
    assert "Student 4" in page
    assert "Student 99999" not in page
    assert "The first 3,000 are listed" in page


def test_failing_checks_come_first_and_those_that_pass_behind_a_door() -> None:
    reader = read(report_page(documents.stopped_by_checks()))
    summaries = [summary.text for summary in reader.all("summary")]
    assert summaries == ["26 checks that all rows pass", "55 checks that all rows pass", "SHA-256 of 10 files"]
    (failing,) = (element for element in reader.all("table") if "Checks that rows of V2 fail" in element.text)
    assert "details" not in failing.parents
    assert "id_unique" in failing.text
    assert "0, 1, 2" in failing.text


def test_one_document_gives_one_page() -> None:
    assert report_page(documents.later_run()) == report_page(documents.later_run())


def test_the_document_stays_as_it_is() -> None:
    document = documents.later_run()
    report_page(document)
    assert document == documents.later_run()


def test_an_empty_document_is_told_as_a_run_that_failed() -> None:
    reader = read(report_page({}))
    assert read_headline(reader) == "Failed"


@pytest.mark.parametrize("key", documents.done())
def test_any_key_may_be_missing(key: str) -> None:
    document = documents.done()
    del document[key]
    read(report_page(document))


@pytest.mark.parametrize("key", [key for key, value in documents.done().items() if isinstance(value, dict | list)])
def test_any_part_may_be_empty_or_null(key: str) -> None:
    empty: Any = type(documents.done()[key])()
    read(report_page(documents.done() | {key: empty}))
    read(report_page(documents.done() | {key: None}))


@pytest.mark.parametrize("name", sorted(EVERY_KIND.keys() - {"failed_early", "many_rejected", "hostile"}))
def test_the_documents_of_these_tests_are_as_the_schema_says(name: str) -> None:
    jsonschema.validate(EVERY_KIND[name](), report_schema())


def read_headline(reader: Reader) -> str:
    return reader.all("h1")[0].text.strip()[1:].strip()
