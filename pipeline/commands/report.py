"""`report`: writes the report of a run again, from its folder alone, and shows it; or says which of the run's files were touched since."""

import os

from pipeline.commands.check import check as check_files
from pipeline.commands.terminal import Terminal
from pipeline.errors import RefusedError, UsageError
from pipeline.manifest import Manifest
from pipeline.run import Run
from pipeline.run_folder import RunFolder
from pipeline.run_lock import is_held
from pipeline.settings import Settings
from pipeline.stages.report import Report


def report(settings: Settings, terminal: Terminal, /, *, run_id: str | None, check: bool = False, with_values: bool = False) -> None:
    """Writes `report.json` and `report.html` of a run again, and shows them. No database is needed.

    Args:
        settings: Where the runs' folders are.
        terminal: Where the books, or the touched files, are shown.
        run_id: The run's name; the newest, if it is None. To check, the folder of a snapshot, too.
        check: Write nothing. Compare the digests of the files with those of the end instead.
        with_values: Write `report-with-values.html`, too: it quotes values of V1, which are personal data.

    Raises:
        UsageError: Both are wanted.
        RefusedError: There is no such run, it is still running, or its manifest cannot be read; to check: it never came to its end.
        VerificationError: Files were changed, deleted or added since; all of them were given.
    """
    if check and with_values:
        raise UsageError("--check writes nothing; --with-values does.", next_step="Call them one after the other.")
    if check:
        check_files(settings, terminal, name=run_id)
        return
    folder = RunFolder.find(settings.runs_dir, run_id)
    if is_held(folder.lock):
        raise RefusedError(f"Run {folder.run_id} is still running.", next_step="`status` shows how far it is.")
    _write(Run.past(folder, Manifest.read(folder), settings, terminal.progress), terminal, with_values=with_values)


def _write(run: Run, terminal: Terminal, *, with_values: bool) -> None:
    found = Report.reopened(run)
    found.write()
    found.show(terminal.console)
    terminal.say(f"Report: {os.path.relpath(run.folder.page)}, for programs {os.path.relpath(run.folder.report)}")
    if with_values:
        found.write_page_with_values()
        terminal.say(f"With values of V1, for internal use only: {os.path.relpath(run.folder.page_with_values)}")
    terminal.give(found.told)
