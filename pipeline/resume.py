"""`--resume`: which run can be gone on with, and which cannot."""

from pathlib import Path
from typing import Final

from pipeline.errors import RefusedError
from pipeline.manifest import Manifest, versions
from pipeline.run_folder import RunFolder
from pipeline.run_lock import is_held
from pipeline.settings import Settings

IS_OVER: Final = {"done": "is complete", "rolled back": "was rolled back"}
"""The states that nothing follows; a failed run can be gone on with, as can one that was interrupted or killed."""

START_ANEW: Final = "Start a new run: without --resume."


def resumable(runs: Path, run_id: str | None, /) -> RunFolder:
    """The folder of the run to go on with: the one of this id; the newest one, if it is None.

    Raises:
        RefusedError: There is none, it is running, complete or rolled back, its manifest cannot be read, or a later run wrote to V2.
    """
    try:
        folder = RunFolder.find(runs, run_id)
    except RefusedError as unknown:
        raise RefusedError(f"Nothing to resume. {unknown.problem}", next_step=unknown.next_step) from None
    if is_held(folder.lock):
        raise RefusedError(f"Nothing to resume: run {folder.run_id} is still running.", next_step="`status` shows how far it is.")
    _require_open(Manifest.read(folder))
    for later in RunFolder.all(runs):
        if later.run_id > folder.run_id and _has_written(later):
            raise RefusedError(
                f"Run {folder.run_id} cannot be gone on with: run {later.run_id} wrote to V2 after it had begun.", next_step=START_ANEW
            )
    return folder


def continuable(folder: RunFolder, settings: Settings, /) -> Manifest:
    """The manifest of a run, if this process, with these settings, can go on with the run as it was begun.

    Raises:
        RefusedError: The run is complete or rolled back, its manifest cannot be read, it was begun with other versions of what the result
            rests on, or it writes to V2 where a dry run is asked for.
    """
    manifest = Manifest.read(folder)
    _require_open(manifest)
    now = versions()
    others = sorted(name for name in {*manifest.versions, *now} if manifest.versions.get(name) != now.get(name))
    if others or manifest.settings.keys() != settings.without_secrets().keys():
        named = f" of {', '.join(others)}" if others else ""
        raise RefusedError(f"Run {folder.run_id} was begun with another version{named}.", next_step=START_ANEW)
    if settings.dry_run and not manifest.dry_run:
        raise RefusedError(
            f"Run {folder.run_id} is no dry run.", next_step="Resume it without --dry-run (or DRY_RUN), or start a new run, which is one."
        )
    return manifest


def _require_open(manifest: Manifest) -> None:
    if manifest.state in IS_OVER:
        raise RefusedError(f"Nothing to resume: run {manifest.run} {IS_OVER[manifest.state]}.", next_step=START_ANEW)


def _has_written(folder: RunFolder) -> bool:
    try:
        manifest = Manifest.read(folder)
    except RefusedError:
        return False
    return manifest.state in IS_OVER and not manifest.dry_run
