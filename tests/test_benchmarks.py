"""The benchmark, at a size at which its figures mean nothing: that all are taken, and that all contenders did the same work."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import pytest

from pipeline.steps import V2_TABLES
from tests.benchmarks import BenchmarkError, micro
from tests.benchmarks.__main__ import main
from tests.benchmarks.contest import require_rows
from tests.benchmarks.measured_process import run_measured
from tests.benchmarks.peers.bare_tables import bare
from tests.benchmarks.reach import Line, lines
from tests.benchmarks.results import Growth, Results, Size
from tests.benchmarks.tables import reach_table
from tests.documents import PROJECT
from tests.integration.databases import contents

STUDENTS = 200
SMALL = ["--students", str(STUDENTS), "--grow", "300", "--rounds", "1", "--values", "2000", "--hashes", "16", "--loop-people", "40"]
TIMEOUT_SECONDS = 300

NOT_INSTALLED = {"names": find_spec("nameparser") is None, "dlt": find_spec("dlt") is None}
LEFT_OUT = {part for part, is_missing in NOT_INSTALLED.items() if is_missing}


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one call of the benchmark wrote."""
    folder = tmp_path_factory.mktemp("benchmark") / "out"
    command = [sys.executable, "-m", "tests.benchmarks", *SMALL, "--reach", "--out", str(folder)]
    ended = subprocess.run(command, cwd=PROJECT, capture_output=True, encoding="utf-8", timeout=TIMEOUT_SECONDS, check=False)
    assert ended.returncode == 0, ended.stderr
    (folder / "stdout").write_text(ended.stdout, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def document(out: Path) -> Any:
    return json.loads((out / "results.json").read_bytes())


def test_every_line_of_the_reach_has_a_figure(document: Any) -> None:
    assert set(document["skipped"]) == LEFT_OUT
    without = {line["what"] for line in document["lines"] if line["value"] is None}
    assert without == ({"names: nameparser loop ÷ ours"} if "names" in LEFT_OUT else set())
    assert len(document["lines"]) == 13
    assert all(
        line["value"] > 0 and line["least"] <= line["value"] <= line["most"] for line in document["lines"] if line["value"] is not None
    )


def test_every_contender_is_timed_once_a_round(document: Any) -> None:
    (size,) = document["sizes"]
    wanted = {"ours", "rerun", "copy", "copy_bare", "sql", "sql_bare", "loop", "dlt"} - LEFT_OUT
    assert wanted <= size["series"].keys()
    assert all(len(size["series"][name]["values"]) == document["rounds"] == 1 for name in wanted)
    stages = {name.removeprefix("stage ") for name in size["series"] if name.startswith("stage ")}
    assert {"extract", "plan", "transform", "load", "verify"} <= stages
    assert size["students"] == STUDENTS
    assert size["people"] > STUDENTS
    assert document["growth"]["students"] == 300


def test_the_results_tell_the_machine_and_are_shown_as_a_page_and_a_picture(out: Path, document: Any) -> None:
    assert document["schema_version"] == 1
    assert document["machine"]["cores"] >= 1
    assert document["machine"]["postgresql_settings"]["fsync"] in {"on", "off"}
    page = (out / "results.md").read_text(encoding="utf-8")
    assert (out / "stdout").read_text(encoding="utf-8").strip() in page
    assert "whole run" in (out / f"seconds-{STUDENTS}.svg").read_text(encoding="utf-8")


# What a benchmark must not be wrong about


def test_rows_that_are_missing_end_the_benchmark() -> None:
    require_rows({"User": 99, "Student": 50}, {"User": 100, "Student": 50}, tolerance=0.01)
    with pytest.raises(BenchmarkError, match="User 98 in place of 100"):
        require_rows({"User": 98, "Student": 50}, {"User": 100, "Student": 50}, tolerance=0.01)


def test_a_benchmark_that_failed_ends_with_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise BenchmarkError("no rows")

    monkeypatch.setattr(micro, "measure_bcrypt", fail)
    assert main(["--only", "bcrypt", "--rounds", "1", "--out", str(tmp_path)]) == 1


def test_bare_tables_have_neither_keys_nor_indexes_and_get_all_of_them_back(v2_url: str) -> None:
    def held() -> dict[str, list[str]]:
        return {what: found for what, found in contents(v2_url).items() if what != "triggers"}  # which foreign keys number anew

    before = held()
    with psycopg.connect(v2_url) as connection, bare(connection, V2_TABLES):
        left = connection.execute(
            "SELECT count(*) FROM pg_index WHERE indrelid = ANY(%s::regclass[])", [[f'"{table}"' for table in V2_TABLES]]
        ).fetchone()
        assert left == (0,)
    assert held() == before


def test_the_peak_of_a_process_is_its_own_and_not_that_of_whoever_measures_it(tmp_path: Path) -> None:
    ours = b"x" * 200_000_000
    usage = run_measured([sys.executable, "-I", "-c", "print(1)"], environment={}, folder=tmp_path)
    assert usage.exit_code == 0
    assert (tmp_path / "stdout").read_text(encoding="utf-8") == "1\n"
    assert usage.peak_bytes < len(ours) / 2


# The lines, of figures that are known


def results(**series: list[float]) -> Results:
    size = Size(1000, {"User": 1500}, dict(series))
    return Results({}, 3, 1000, [size], Growth(10_000, {"grown": [40.0], "grown_peak_bytes": [float(2**30)]}))


def line(found: list[Line], what: str) -> Line:
    (one,) = (line for line in found if line.what.startswith(what))
    return one


def test_a_line_is_the_ratio_of_the_medians_with_the_spread_of_the_rounds() -> None:
    copied = line(lines(results(ours=[4.0, 5.0, 9.0], copy=[10.0, 20.0, 30.0])), "whole run ÷ COPY of the finished rows, constraints on")
    assert (copied.value, copied.least, copied.most) == (0.25, 0.25, 0.4)
    assert copied.is_reached is True


@pytest.mark.parametrize(("loop", "is_reached"), [(50.0, True), (49.0, False)])
def test_a_line_at_least_is_reached_from_its_limit_on(loop: float, is_reached: bool) -> None:
    assert line(lines(results(ours=[5.0], loop=[loop])), "Python loop").is_reached is is_reached


def test_growth_is_held_against_the_median_of_the_smaller_platform() -> None:
    found = lines(results(ours=[4.0, 4.0, 5.0], peak_bytes=[float(2**29)]))
    assert (line(found, "seconds at 10,000").value, line(found, "seconds at 10,000").limit) == (10.0, 11.0)
    assert line(found, "peak memory at 10,000 students ÷").value == 2.0
    assert line(found, "peak memory at 10,000 students, GiB").is_reached is True


def test_what_was_not_measured_is_neither_reached_nor_missed() -> None:
    phones = line(lines(results(ours=[5.0])), "phones")
    assert phones.value is phones.is_reached is None
    assert "not measured" in reach_table([phones])
