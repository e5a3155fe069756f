"""`report`: writes the report of a run again, from its folder alone, and shows it; or says which of the run's files were touched since."""

import os
from dataclasses import asdict
from typing import Any

from pipeline.commands.terminal import Terminal
from pipeline.errors import RefusedError, UsageError, VerificationError
from pipeline.manifest import Manifest
from pipeline.run import Run
from pipeline.run_folder import RunFolder
from pipeline.run_lock import is_held
from pipeline.settings import Settings
from pipeline.stages.digests import Touched, digests, touched
from pipeline.stages.report import Report

PATHS_SHOWN = 12
"""Of each kind of touched files; `--json` gives all."""


def report(settings: Settings, terminal: Terminal, /, *, run_id: str | None, check: bool = False, with_values: bool = False) -> None:
    """Writes `report.json` and `report.html` of a run again, and shows them. No database is needed.

    Args:
        settings: Where the runs' folders are.
        terminal: Where the books, or the touched files, are shown.
        run_id: The run's name; the newest, if it is None.
        check: Write nothing. Compare the digests of the run's files with those of its end instead.
        with_values: Write `report-with-values.html`, too: it quotes values of V1, which are personal data.

    Raises:
        UsageError: Both are wanted.
        RefusedError: There is no such run, it is still running, or its manifest cannot be read; to check: it never came to its end.
        VerificationError: Files were changed, deleted or added since; all of them were given.
    """
    if check and with_values:
        raise UsageError("--check writes nothing; --with-values does.", next_step="Call them one after the other.")
    folder = RunFolder.find(settings.runs_dir, run_id)
    if is_held(folder.lock):
        raise RefusedError(f"Run {folder.run_id} is still running.", next_step="`status` shows how far it is.")
    run = Run.past(folder, Manifest.read(folder), settings, terminal.progress)
    if check:
        _check(run, terminal)
    else:
        _write(run, terminal, with_values=with_values)


def _write(run: Run, terminal: Terminal, *, with_values: bool) -> None:
    found = Report.reopened(run)
    found.write()
    found.show(terminal.console)
    terminal.say(f"Report: {os.path.relpath(run.folder.page)}, for programs {os.path.relpath(run.folder.report)}")
    if with_values:
        found.write_page_with_values()
        terminal.say(f"With values of V1, for internal use only: {os.path.relpath(run.folder.page_with_values)}")
    terminal.give(found.document())


def _check(run: Run, terminal: Terminal) -> None:
    """Compares what there is with the digests in the manifest, which were taken when the run ended."""
    recorded: list[dict[str, Any]] | None = run.facts.get("files")
    if recorded is None or run.state == "running":
        raise RefusedError(
            f"Run {run.folder.run_id} never came to its end: there are no digests of its files.",
            next_step="`status` tells how far it came; --resume goes on with it.",
        )
    result = touched(recorded, digests(run.folder))
    size = sum(file["bytes"] for file in recorded)
    terminal.give({"run": run.folder.run_id, "files": len(recorded), "bytes": size, **asdict(result)})
    terminal.say(f"Run {run.folder.run_id}: {len(recorded):,} files of {size / 1e6:,.1f} MB were there at its end.")
    for kind, paths in asdict(result).items():
        if paths:
            more = len(paths) - PATHS_SHOWN
            terminal.say(f"{kind.replace('_', ' ')}: {', '.join(paths[:PATHS_SHOWN])}{f' and {more:,} more' if more > 0 else ''}")
    if result:
        raise VerificationError(
            f"report: files of run {run.folder.run_id} were touched since: {_counted(result)}.",
            next_step="Take the folder from a backup: what the run did can be told only from what it left.",
        )
    terminal.say("None was touched since.")


def _counted(result: Touched) -> str:
    kinds = {"changed": result.changed, "missing": result.missing, "added": result.added}
    return ", ".join(f"{len(paths):,} {kind}" for kind, paths in kinds.items() if paths)
