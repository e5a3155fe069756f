"""A dry run tells what the real run then does, number for number, and leaves nothing behind (issue 3)."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from pipeline.postgres.binaries import find_binaries
from tests.integration.conftest import CopyOf, fill_small
from tests.integration.databases import Pair, contents, environment_of, run_program, set_up_v2
from tests.integration.later_year import fill_later_v1, later_v2

OF_THE_ATTEMPT: Final = ("run", "dry_run", "started_at", "finished_at", "seconds", "peak_memory_bytes", "snapshot", "folder")
OF_A_STAGE: Final = ("name", "state", "rows", "total", "unit")


@pytest.fixture
def later(copy_of: CopyOf, fill_migrated: Callable[[str], None]) -> Pair:
    """A school and what became of it, both edited since."""
    return Pair(copy_of("later_v1", fill_later_v1), copy_of("later_v2", later_v2(fill_migrated)))


@pytest.fixture
def first(copy_of: CopyOf) -> Pair:
    """A school that was never migrated."""
    return Pair(copy_of("small_v1", fill_small), copy_of("v2", set_up_v2))


@pytest.mark.parametrize("scene", ["first", "later"])
def test_a_dry_run_tells_what_the_real_one_does_and_pg_dump_sees_nothing_of_it(
    scene: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    pair: Pair = request.getfixturevalue(scene)
    environment = environment_of(pair, PASSWORD_POLICY="generate")
    dumped, held = dump(pair.v2), contents(pair.v2)
    dry = run_program(tmp_path, "--dry-run", "--json", environment=environment)
    assert (dry.returncode, dump(pair.v2)) == (0, dumped), dry.stderr
    assert contents(pair.v2) == held
    real = run_program(tmp_path, "--force", "--json", environment=environment)
    assert (real.returncode, dump(pair.v2) == dumped) == (0, False), real.stderr
    told, done = json.loads(dry.stdout), json.loads(real.stdout)
    assert (told["dry_run"], done["dry_run"]) == (True, False)
    assert without_the_attempt(told) == without_the_attempt(done)


def without_the_attempt(document: dict[str, Any]) -> dict[str, Any]:
    """A report without what tells one attempt from another: names, times, memory, and the passwords that only a real run hands over."""
    stages = [{name: stage[name] for name in OF_A_STAGE} for stage in document["stages"]]
    files = {file["path"]: file["rows"] for file in document["files"] if not file["path"].startswith("handover/")}
    return {name: value for name, value in document.items() if name not in OF_THE_ATTEMPT} | {"stages": stages, "files": files}


def dump(url: str, *options: str) -> list[str]:
    """All of a database as `pg_dump` writes it, but for the word that it makes up for each dump."""
    bin_folder = os.environ.get("DEMO_PG_BIN")
    program = find_binaries(Path(bin_folder) if bin_folder else None) / "pg_dump"
    dumped = subprocess.run([program, *options, url], capture_output=True, encoding="utf-8", check=True)
    return [line for line in dumped.stdout.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]
