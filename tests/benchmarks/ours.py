"""The migration as a user runs it: a process of its own, its settings in the environment."""

import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks import BenchmarkError
from tests.benchmarks.measured_process import Usage, run_measured

PROGRAM = Path(__file__).parents[2] / "run_migration.py"

PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "TMPDIR", "MIGRATION_BATCH_SIZE", "POLARS_MAX_THREADS")
"""What the program may know of this process's environment."""


@dataclass(frozen=True)
class Run:
    """A run that ended well."""

    usage: Usage
    report: dict[str, Any]
    """Its `report.json`."""

    @property
    def stages(self) -> dict[str, float]:
        """The seconds of each stage, in the order of the run."""
        seconds: dict[str, float] = {}
        for stage in self.report["stages"]:
            seconds[stage["name"]] = seconds.get(stage["name"], 0.0) + stage["seconds"]
        return seconds

    @property
    def rows_written(self) -> int:
        """How many rows it wrote into V2."""
        return int(sum(self.report["written"].values()))


def migrate(v1_url: str, v2_url: str, /, *, folder: Path, keep: bool = False) -> Run:
    """A whole run, with checks and verification; everybody's password is carried over, so that no bcrypt is in it.

    Args:
        v1_url: Is read.
        v2_url: Is written to.
        folder: For the run's own folder.
        keep: That one stays, for a run after this one, which goes by it.

    Raises:
        BenchmarkError: It failed, or had a password to hash.
    """
    databases = {"V1_DATABASE_URL": v1_url, "V2_DATABASE_URL": v2_url}
    # The sample's planted flaws weigh more, the fewer students it has.
    run = _run(["--force", "--passwords", "carry", "--json"], databases | {"MAX_REJECTED_PERCENT": "100"}, folder, keep=keep)
    hashed = sum(stage["rows"] for stage in run.report["stages"] if stage["name"] == "credentials")
    if hashed:
        raise BenchmarkError(f"{hashed} passwords were hashed in a run that is to be measured without bcrypt.")
    return run


def fill_v1(v1_url: str, /, *, students: int, folder: Path) -> None:
    """Sample data for an empty V1, made in a process of their own, so that this one does not keep their memory."""
    _run(["sample", "--students", str(students), "--json"], {"V1_DATABASE_URL": v1_url}, folder)


def _run(arguments: list[str], settings: Mapping[str, str], folder: Path, *, keep: bool = False) -> Run:
    own_folder = folder / "program"
    own_folder.mkdir(exist_ok=True)
    try:
        environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ} | dict(settings)
        usage = run_measured([sys.executable, str(PROGRAM), *arguments], environment=environment, folder=own_folder)
        if usage.exit_code:
            said = (own_folder / "stderr").read_text(encoding="utf-8", errors="replace")[-2000:]
            raise BenchmarkError(f"{' '.join(['run_migration.py', *arguments])} ended with {usage.exit_code}:\n{said}")
        return Run(usage, json.loads((own_folder / "stdout").read_bytes()))
    finally:
        if not keep:
            shutil.rmtree(own_folder)  # at half a million students a run's folder is large
