"""`report --check`: says which files of a run, or of a snapshot, were touched since they were written."""

from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from pipeline.commands.terminal import Terminal
from pipeline.errors import RefusedError, VerificationError
from pipeline.manifest import Manifest
from pipeline.operations.snapshot import recorded_files
from pipeline.run_folder import RunFolder
from pipeline.run_lock import is_held
from pipeline.settings import Settings
from pipeline.stages.digests import Touched, digests, digests_of, touched

PATHS_SHOWN: Final = 12
"""Of each kind of touched files; `--json` gives all."""

Digests = list[dict[str, Any]]


def check(settings: Settings, terminal: Terminal, /, *, name: str | None) -> None:
    """Compares the digests of files with those in their manifest; writes nothing, and needs no database.

    Args:
        settings: Where the runs' folders are.
        terminal: Where the touched files are shown.
        name: A run's name, or the folder of a snapshot; the newest run, if it is None.

    Raises:
        RefusedError: There is no such run or snapshot, it is still running, its manifest cannot be read, or it never came to its end.
        VerificationError: Files were changed, deleted or added since; all of them were given.
    """
    snapshot = Path(name) if name and Path(name, "manifest.json").is_file() else None
    recorded = recorded_files(snapshot) if snapshot else None
    if snapshot and recorded is not None:
        kind, found = "snapshot", digests_of(snapshot, snapshot.glob("**/*.parquet"))
    else:
        folder = RunFolder.find(settings.runs_dir, name)
        recorded = _recorded_at_the_end(folder)
        kind, name, found = "run", folder.run_id, digests(folder)
    result = touched(recorded, found)
    size = sum(file["bytes"] for file in recorded)
    terminal.give({kind: name, "files": len(recorded), "bytes": size, **asdict(result)})
    terminal.say(f"{kind.title()} {name}: {len(recorded):,} files of {size / 1e6:,.1f} MB were there at its end.")
    for change, paths in asdict(result).items():
        if paths:
            more = len(paths) - PATHS_SHOWN
            terminal.say(f"{change.replace('_', ' ')}: {', '.join(paths[:PATHS_SHOWN])}{f' and {more:,} more' if more > 0 else ''}")
    if result:
        raise VerificationError(
            f"report: files of {kind} {name} were touched since: {_counted(result)}.",
            next_step="Take the folder from a backup: what was can be told only from what was left.",
        )
    terminal.say("None was touched since.")


def _recorded_at_the_end(folder: RunFolder) -> Digests:
    """The digests in a run's manifest, which were taken when it ended."""
    if is_held(folder.lock):
        raise RefusedError(f"Run {folder.run_id} is still running.", next_step="`status` shows how far it is.")
    manifest = Manifest.read(folder)
    recorded: Digests | None = manifest.facts.get("files")
    if recorded is None or manifest.state == "running":
        raise RefusedError(
            f"Run {folder.run_id} never came to its end: there are no digests of its files.",
            next_step="`status` tells how far it came; --resume goes on with it.",
        )
    return recorded


def _counted(result: Touched) -> str:
    kinds = {"changed": result.changed, "missing": result.missing, "added": result.added}
    return ", ".join(f"{len(paths):,} {kind}" for kind, paths in kinds.items() if paths)
