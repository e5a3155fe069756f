"""The notebooks run from top to bottom, show what they promise, and lie in the repository as somebody would write them: without outputs."""

import ast
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import polars as pl
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

from pipeline.postgres.embedded import Server
from pipeline.sample import fill
from pipeline.settings import Settings
from tests.integration.databases import Migrated, Pair, migrated, set_up_v2

ROOT = Path(__file__).parents[1]
NOTEBOOKS = ("01_profile_v1.ipynb", "02_transforms.ipynb", "03_audit_run.ipynb", "04_what_if.ipynb")
SHOWING_PEOPLE = ("01_profile_v1.ipynb", "03_audit_run.ipynb", "04_what_if.ipynb")

STUDENTS = 60
TIMEOUT_SECONDS = 120

PACKAGES = {"pipeline", "transforms", "checks", "polars", "altair"}
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
MACHINE_PATH = re.compile(r"(?:^|[\s\"'(])(?:/(?:home|Users|root|tmp|work|var|mnt)/|[A-Z]:\\)")
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}

Executed = Callable[[str], NotebookNode]


def read(name: str) -> NotebookNode:
    notebook: NotebookNode = nbformat.read(ROOT / "notebooks" / name, as_version=4)  # type: ignore[no-untyped-call]  # it has no types
    return notebook


def code_of(notebook: NotebookNode) -> ast.Module:
    return ast.parse("\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code"))


def results(notebook: NotebookNode) -> dict[str, dict[str, Any]]:
    """What each cell shows at its end, by the cell's id and MIME type."""
    shown = [(cell.id, output) for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    return {cell_id: output.data for cell_id, output in shown if output.output_type == "execute_result"}


def charts(notebook: NotebookNode) -> list[str]:
    return [data["image/svg+xml"] for data in results(notebook).values() if "image/svg+xml" in data]


def said(notebook: NotebookNode) -> str:
    """All that the cells show, as text."""
    return "\n".join(str(value) for data in results(notebook).values() for value in data.values())


# As they lie in the repository


def test_there_are_these_notebooks() -> None:
    assert sorted(path.name for path in (ROOT / "notebooks").iterdir() if path.suffix == ".ipynb") == list(NOTEBOOKS)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_is_stripped(name: str) -> None:
    notebook = read(name)
    nbformat.validate(notebook)
    assert notebook.metadata == METADATA
    for cell in notebook.cells:
        assert cell.metadata == {}
        assert cell.source.strip()
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None
    assert MACHINE_PATH.search((ROOT / "notebooks" / name).read_text(encoding="utf-8")) is None


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_defines_nothing_and_imports_the_packages(name: str) -> None:
    nodes = list(ast.walk(code_of(read(name))))
    assert not [node for node in nodes if isinstance(node, DEFINITIONS)]
    imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    assert {module.split(".")[0] for module in imported} <= PACKAGES | sys.stdlib_module_names


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_begins_with_what_it_is_for(name: str) -> None:
    first = read(name).cells[0]
    assert first.cell_type == "markdown"
    assert first.source.startswith(f"# {int(name[:2])} · ")
    assert "For whoever" in first.source
    assert ("ersonal data" in first.source) == (name in SHOWING_PEOPLE)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_links_lead_somewhere(name: str) -> None:
    texts = [cell.source for cell in read(name).cells if cell.cell_type == "markdown"]
    for target in re.findall(r"\]\(([^)]+)\)", "\n".join(texts)):
        assert (ROOT / "notebooks" / target).exists(), target


def test_every_section_of_transforms_names_its_section_of_the_mapping() -> None:
    headings = [cell.source.split("\n")[0] for cell in read("02_transforms.ipynb").cells if cell.source.startswith("## ")]
    mapping = (ROOT / "docs" / "mapping.md").read_text(encoding="utf-8")
    for heading in headings:
        sections = re.search(r": sections? (.+)$", heading)
        assert sections, heading
        for number in re.findall(r"\d+", sections[1]):
            assert f"\n## {number}. " in mapping


# As they run


@pytest.fixture(scope="module")
def run(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Migrated:
    """A small sample that was migrated, for the notebooks to look at."""
    pair = Pair(*(server.url(server.create_database(f"notebooks_{name}")) for name in ("v1", "v2")))
    fill(pair.v1, students=STUDENTS)
    set_up_v2(pair.v2)
    return migrated(pair, tmp_path_factory.mktemp("notebooks"), password_policy="carry")


@pytest.fixture(scope="module")
def environment(run: Migrated, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Nothing of the user's but where the runs are, and every warning is shown."""
    settings = {name.upper() for name in Settings.model_fields}
    kept = {name: value for name, value in os.environ.items() if name not in settings and not name.startswith(("V1_", "V2_", "JUPYTER_"))}
    apart = tmp_path_factory.mktemp("jupyter")
    own = {name: str(apart / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in own.items():
            patch.setenv(name, value)
        yield {**kept, **own, "RUNS_DIR": str(run.folder.path.parent), "PYTHONWARNINGS": "default"}


@pytest.fixture(scope="module")
def executed(environment: dict[str, str]) -> Executed:
    """Runs a notebook as Jupyter does, in its own folder, once."""
    known: dict[str, NotebookNode] = {}

    def execute(name: str) -> NotebookNode:
        if name not in known:
            notebook = read(name)
            resources = {"metadata": {"path": str(ROOT / "notebooks")}}
            NotebookClient(notebook, timeout=TIMEOUT_SECONDS, kernel_name="python3", resources=resources).execute(env=environment)
            known[name] = notebook
        return known[name]

    return execute


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs_without_an_error_or_a_warning(executed: Executed, name: str) -> None:
    outputs = [output for cell in executed(name).cells if cell.cell_type == "code" for output in cell.outputs]
    assert {output.output_type for output in outputs} == {"execute_result"}


@pytest.mark.parametrize(("name", "count"), list(zip(NOTEBOOKS, (7, 0, 3, 1), strict=True)))
def test_charts_are_drawn_and_fetch_nothing(executed: Executed, name: str, count: int) -> None:
    drawn = charts(executed(name))
    assert len(drawn) == count
    for svg in drawn:
        assert svg.count("<path") + svg.count("<rect") > 5
        assert "<script" not in svg
        assert set(re.findall(r"https?://[^\"]+", svg)) <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_no_password_and_no_hash_is_shown(executed: Executed, run: Migrated, name: str) -> None:
    shown = said(executed(name))
    assert "$2b$10$aaaa" in shown or name != "02_transforms.ipynb"  # its own example
    v1 = [run.run.v1("School").select(pl.col("admin_password"))]
    v1 += [run.run.v1(table).select(admin_password="password") for table in ("Teacher", "Parent", "Student")]
    secrets = {*pl.concat(v1).collect()["admin_password"], *run.run.v2("User").collect()["passwordHash"]}
    assert not [secret for secret in secrets if secret and len(secret) > 8 and secret in shown]


def test_the_profile_counts_all_of_v1(executed: Executed, run: Migrated) -> None:
    told = results(executed("01_profile_v1.ipynb"))
    assert told["v1"]["text/plain"] == f"'{sum(run.run.facts['read'].values()):,} rows in 9 tables'"
    assert f">{STUDENTS}<" in told["rows-chart"]["image/svg+xml"]


def test_transforms_show_what_the_mapping_says(executed: Executed) -> None:
    told = {cell: data["text/html"] for cell, data in results(executed("02_transforms.ipynb")).items()}
    assert "&quot;Ngozi&quot;" in told["names-try"]
    assert "&quot;ada@xn--mller-kva.example&quot;" in told["emails-try"]
    assert "&quot;+2348031234567&quot;" in told["phones-try"]
    assert "&quot;ada+4@x.example&quot;" in told["claims-try"]
    assert "&quot;100281&quot;" in told["addresses-try"]
    assert "&quot;CBC_GRADE9&quot;" in told["classes-try"]
    assert "&quot;2023/2024&quot;" in told["academic-years-try"]


def test_the_audit_finds_that_the_books_balance(executed: Executed, run: Migrated) -> None:
    told = {cell: data["text/plain"] for cell, data in results(executed("03_audit_run.ipynb")).items()}
    read_rows = sum(book.read for book in run.report.books.values())
    assert told["balance"] == f"'All books balance: {read_rows:,} rows, none lost, none twice.'"
    assert told["books-compared-table"] == "'Its books say the same.'"
    claimed, given_out = re.findall(r"(\d[\d,]*) (?:claims|different)", told["contested-twice"])
    assert claimed == given_out
    assert told["files-touched"].startswith("Touched(changed=[], missing=[], added=[]")
    assert told["way-state"] == "'Student 1: inserted'"


def test_other_settings_show_whom_they_would_touch_and_no_address(executed: Executed) -> None:
    notebook = executed("04_what_if.ipynb")
    told = {cell: data["text/plain"] for cell, data in results(notebook).items()}
    assert told["same-settings"] == "'The same settings give the same rows.'"
    assert told["books-table"] == "'The books would be the same.'"
    for column in ("country", "email", "phone", "passwordHash", "mustChangePassword"):
        assert column in told["differences-table"]
    assert "@" not in said(notebook)
