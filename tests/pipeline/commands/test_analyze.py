"""`analyze` on the terminal: tables that people can read at 80 columns, one JSON document, and no word that is not so."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from pydantic import SecretStr
from rich.console import Console

from pipeline.commands.analyze import analyze
from pipeline.commands.terminal import Terminal
from tests.integration.databases import Pair, add, execute, set_up_v2, settings_for
from tests.integration.small_school import SMALL_SCHOOL


@pytest.fixture
def pair(v1_url: str, v2_url: str) -> Pair:
    """A V1 with one of everything, and a V2 that is set up."""
    add(v1_url, SMALL_SCHOOL)
    set_up_v2(v2_url)
    return Pair(v1_url, v2_url)


def said(pair: Pair, *, width: int = 100, compare_counts: bool = False) -> str:
    """What the command says to people."""
    out = StringIO()
    terminal = Terminal()
    terminal.console = Console(file=out, width=width)
    settings = settings_for(Path("runs"), v1_database_url=SecretStr(pair.v1), v2_database_url=SecretStr(pair.v2))
    analyze(settings, terminal, compare_counts=compare_counts)
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 100, 120])
def test_every_table_keeps_to_the_width_of_the_terminal(pair: Pair, width: int) -> None:
    tables = [line for line in said(pair, width=width, compare_counts=True).splitlines() if "│" in line or "┃" in line]
    assert len(tables) > 200
    assert max(map(len, tables)) <= width
    assert not [line for line in tables if "…" in line]


def test_both_schemas_and_what_becomes_what_are_told(pair: Pair) -> None:
    text = said(pair)
    assert "V1 Teacher: 1 row " in text
    assert "V2 Teacher: 0 rows " in text
    assert any(line.split() == ["alt_phone", "│", "text", "│", "0", "│", "Parent:", "altPhone"] for line in text.splitlines())
    assert any(line.split() == ["altPhone", "│", "text", "│", "Parent:", "alt_phone;", "School:", "country"] for line in text.splitlines())
    assert "V1 columns with a place in V2: 83 of 85, 97.65%" in text
    assert "Neither database drifted" in text
    assert "difference" not in text


def test_what_has_no_place_and_what_drifted_is_told(pair: Pair) -> None:
    execute(pair.v1, 'CREATE TABLE "Fee[red]" ("id" INT, "sum" INT); INSERT INTO "Fee[red]" VALUES (1, 2), (2, 3)')
    execute(pair.v2, 'ALTER TABLE "User" ADD "tenant" TEXT NOT NULL')
    lines = [" ".join(line.split()) for line in said(pair).splitlines()]
    assert "Fee[red], 2 columns │ 4 │ the mapping knows no such table" in lines
    assert any(line.startswith("Subject.created_at │ 2 │ dropped on purpose: V2's Subject has no timestamps") for line in lines)
    assert any(line.startswith("V2 │ User.tenant │ extra │ loading fails: it is required") for line in lines)
    assert "Values of V1 that have no place in V2: 8, of which 4 are dropped on purpose." in lines
    assert "See above where a database drifted." in lines


def test_a_v2_without_tables_is_told_in_one_line(pair: Pair, make_database: Callable[[], str]) -> None:
    text = said(Pair(pair.v1, make_database()), compare_counts=True)
    assert "V2 has no tables yet: `python run_migration.py setup` makes them." in text
    assert "Drift" not in text
    assert any(line.split() == ["Teacher", "│", "–", "│", "0", "│", "–"] for line in text.splitlines())


def test_counts_are_compared_if_that_is_asked_for(pair: Pair) -> None:
    lines = [line.split() for line in said(pair, compare_counts=True).splitlines()]
    assert ["Administrator", "│", "1", "│", "0", "│", "+1"] in lines
    assert ["Address", "│", "0", "│", "–", "│", "–"] in lines


def test_a_program_gets_one_document(pair: Pair, capsys: pytest.CaptureFixture[str]) -> None:
    settings = settings_for(Path("runs"), v1_database_url=SecretStr(pair.v1), v2_database_url=SecretStr(pair.v2))
    analyze(settings, Terminal(as_json=True), compare_counts=False)
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert document.keys() == {"v1", "v2", "mapping", "lost", "drift", "coverage", "counts"}
    assert document["counts"] is None
    assert "V1 Teacher" in err
    assert "postgresql://" not in out + err
