"""`report`: writes the report of a run again, from its folder alone, and shows it."""

import os

from pipeline.commands.terminal import Terminal
from pipeline.manifest import Manifest
from pipeline.run import Run
from pipeline.run_folder import RunFolder
from pipeline.settings import Settings
from pipeline.stages.report import Report


def report(settings: Settings, terminal: Terminal, /, *, run_id: str | None) -> None:
    """Writes `report.json` of a run again, the newest by default, and shows it. No database is needed.

    Raises:
        RefusedError: There is no such run, or its manifest cannot be read.
    """
    folder = RunFolder.find(settings.runs_dir, run_id)
    found = Report.reopened(Run.past(folder, Manifest.read(folder), settings, terminal.progress))
    found.write()
    found.show(terminal.console)
    terminal.say(f"Report: {os.path.relpath(folder.report)}")
    terminal.give(found.document())
