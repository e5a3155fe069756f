"""`status`: the runs there were, and the stages of the last one, also while it is on."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Final

from rich.table import Table

from pipeline.commands.terminal import Terminal
from pipeline.errors import RefusedError
from pipeline.manifest import Manifest, StageRecord
from pipeline.run_folder import RunFolder
from pipeline.run_lock import is_held
from pipeline.settings import Settings

DIED: Final = "died"
"""Of a run or stage that says that it is running, and has no process: it was killed, or the machine stopped."""

UNREADABLE: Final = "unreadable"
"""Of a run whose manifest is not there yet, or another version's."""

WROTE: Final = frozenset({"done", "rolled back"})


@dataclass(frozen=True)
class StageStatus:
    """How far a stage is."""

    name: str
    state: str
    rows: int
    total: int
    unit: str
    percent: float | None
    """0 to 100; None of nothing."""
    seconds: float
    seconds_left: float | None
    """At the rate so far; None before there is one, and once the stage is over."""


@dataclass(frozen=True)
class RunStatus:
    """What became of a run, or how far it is. All but the first two are None or empty of one that is unreadable."""

    run: str
    state: str
    dry_run: bool | None = None
    started_at: str | None = None
    """`2026-11-22T10:15:07.123Z`."""
    seconds: float | None = None
    """Of work: the sum of its stages'."""
    rows_read: int | None = None
    """Of V1."""
    rows_written: int | None = None
    """Of V2; in a dry run written and rolled back; 0 while a run is on, or if it did not end well."""
    verdict: str | None = None
    """Of `report.json`, once the run has ended."""
    exit_code: int | None = None
    stages: tuple[StageStatus, ...] = ()


def status(settings: Settings, terminal: Terminal, /) -> list[RunStatus]:
    """Tells of every run in `RUNS_DIR`, newest first, from the files of their folders alone: no database is asked."""
    runs = [run_status(folder) for folder in RunFolder.all(settings.runs_dir)]
    terminal.give({"runs": [asdict(run) for run in runs]})
    if not runs:
        terminal.say(f"No run yet in {settings.runs_dir}.")
        return runs
    terminal.console.print(_runs_table(runs))
    last = runs[0]
    if last.stages:
        terminal.console.print(_stages_table(last))
    return runs


def run_status(folder: RunFolder, /) -> RunStatus:
    """What the folder of a run tells of it."""
    is_running = is_held(folder.lock)  # before the manifest is read: a run that ends in between is then not taken for a dead one
    try:
        manifest = Manifest.read(folder)
    except RefusedError:
        return RunStatus(folder.run_id, UNREADABLE)
    is_dead = manifest.state == "running" and not is_running
    verdict, exit_code = (None, None) if manifest.state == "running" else _verdict(folder)
    stages = tuple(_stage_status(stage, is_dead=is_dead) for stage in manifest.stages)
    return RunStatus(
        run=manifest.run,
        state=DIED if is_dead else manifest.state,
        dry_run=manifest.dry_run,
        started_at=f"{manifest.started_at.isoformat(timespec='milliseconds')}Z",
        seconds=round(sum(stage.seconds for stage in stages), 1),
        rows_read=_total(manifest, "read"),
        rows_written=_total(manifest, "written") if manifest.state in WROTE else 0,
        verdict=verdict,
        exit_code=exit_code,
        stages=stages,
    )


def _stage_status(stage: StageRecord, *, is_dead: bool) -> StageStatus:
    is_running = stage.state == "running" and not is_dead
    left = max(stage.total - stage.rows, 0)
    return StageStatus(
        name=stage.name,
        state=DIED if is_dead and stage.state == "running" else stage.state,
        rows=stage.rows,
        total=stage.total,
        unit=stage.unit,
        percent=round(min(100 * stage.rows / stage.total, 100), 1) if stage.total else None,
        seconds=stage.seconds,
        seconds_left=round(stage.seconds / stage.rows * left, 1) if is_running and stage.rows else None,
    )


def _total(manifest: Manifest, fact: str) -> int:
    counts = manifest.facts.get(fact)
    return sum(counts.values()) if isinstance(counts, dict) else 0


def _verdict(folder: RunFolder) -> tuple[str | None, int | None]:
    try:
        report: dict[str, Any] = json.loads(folder.report.read_bytes())
        return report["verdict"], report["exit_code"]
    except (OSError, ValueError, LookupError, TypeError):
        return None, None


def _runs_table(runs: list[RunStatus]) -> Table:
    table = _table("Runs, each named for the UTC time at which it began")
    table.add_column("run", no_wrap=True)
    table.add_column("state")
    for name in ("exit\ncode", "seconds", "V1 rows\nread", "V2 rows\nwritten"):
        table.add_column(name, justify="right")
    for run in runs:
        state = f"{run.state}, dry run" if run.dry_run else run.state
        counts = (run.exit_code, run.seconds, run.rows_read, run.rows_written)
        table.add_row(run.run, state, *("" if count is None else f"{count:,}" for count in counts))
    return table


def _stages_table(run: RunStatus) -> Table:
    table = _table(f"Stages of run {run.run}")
    table.add_column("stage")
    table.add_column("state")
    for name in ("rows", "of", "percent", "seconds", "seconds\nleft"):
        table.add_column(name, justify="right")
    for stage in run.stages:
        rows = f"{stage.rows:,}" if stage.unit == "rows" else f"{stage.rows:,} {stage.unit}"
        percent = "" if stage.percent is None else f"{stage.percent:.0f}%"
        left = "" if stage.seconds_left is None else f"{stage.seconds_left:,.0f}"
        table.add_row(stage.name, stage.state, rows, f"{stage.total:,}", percent, f"{stage.seconds:,.1f}", left)
    return table


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", show_edge=False, pad_edge=False, min_width=len(title) + 2)
