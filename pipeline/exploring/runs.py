"""A run to look at: one of `RUNS_DIR`, or a small one of invented people, made for the purpose."""

import atexit
import shutil
import tempfile
from pathlib import Path
from typing import Final

import polars as pl
from rich.console import Console

from pipeline.commands.demo import demo
from pipeline.commands.terminal import Terminal
from pipeline.manifest import Manifest
from pipeline.operations.past_runs import past_runs
from pipeline.progress import Progress
from pipeline.run import Run
from pipeline.run_folder import RunFolder
from pipeline.settings import Settings, read_settings

DEMO_PREFIX: Final = "school-migrator-demo-"
"""What the name of the folder begins with in which a demonstration keeps its run; it goes with the process."""

DEMO_STUDENTS: Final = 200


def run_or_demo(run_id: str | None = None, /, *, students: int = DEMO_STUDENTS) -> Run:
    """A run whose Parquet files are all there, to be read only: no database is asked.

    It is the run of this id, or else the newest in `RUNS_DIR` that came as far as to transform V1's rows. Where there is none yet, a
    demonstration is made: a private PostgreSQL, a V1 of invented people, its migration; in a temporary folder that goes with this
    process. That takes half a minute.

    Args:
        run_id: `20261122T101500Z-3f9a`; None for the newest.
        students: How many a demonstration has.

    Raises:
        RefusedError: There is no run of this id.
        SettingsError: A setting cannot be meant.
        MigratorError: The demonstration cannot be made.
    """
    settings = read_settings()
    if run_id is not None:
        return _past(RunFolder.find(settings.runs_dir, run_id), settings)
    complete = (run.folder for run in past_runs(settings.runs_dir) if "transform" in run.manifest.finished)
    return _past(next(complete, None) or _demonstration(settings, students), settings)


def about(run: Run, /) -> pl.DataFrame:
    """What run it is: `fact`, `value`, Strings; what is not known of it is left out."""
    facts = {
        "run": run.folder.run_id,
        "people": "invented: it is a demonstration" if is_demonstration(run) else "real, unless V1 is a sample: handle with care",
        "state": f"{run.state}{', dry run: nothing of it is in V2' if run.settings.dry_run else ''}",
        "V1": run.databases.get("v1"),
        "V1 as of": run.facts.get("snapshot", {}).get("taken_at"),
        "V2": run.databases.get("v2"),
        "default country": run.settings.default_country,
        "placeholder e-mail domain": run.settings.placeholder_email_domain,
        "password policy": run.settings.password_policy,
        "V1 rows read": f"{sum(run.facts.get('read', {}).values()):,}",
    }
    return pl.DataFrame({"fact": list(facts), "value": list(facts.values())}, schema={"fact": pl.String, "value": pl.String}).drop_nulls()


def is_demonstration(run: Run, /) -> bool:
    """Whether it is the run of a demonstration that this process made: its people are invented."""
    return run.folder.path.parent.name.startswith(DEMO_PREFIX)


def _past(folder: RunFolder, settings: Settings) -> Run:
    return Run.past(folder, Manifest.read(folder), settings, Progress(Console(quiet=True)))


def _demonstration(settings: Settings, students: int) -> RunFolder:
    runs = Path(tempfile.mkdtemp(prefix=DEMO_PREFIX))
    atexit.register(shutil.rmtree, runs, ignore_errors=True)
    terminal = Terminal()
    terminal.console = Console(quiet=True)
    # Carried hashes need not be made, which is what takes time.
    demo(settings.model_copy(update={"runs_dir": runs, "password_policy": "carry"}), terminal, students=students, keep=False)
    return RunFolder.find(runs, None)
