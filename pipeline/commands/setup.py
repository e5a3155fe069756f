"""`setup`: V2's reference data, and V2's tables if the database is empty."""

from dataclasses import asdict

from pipeline.commands.terminal import Terminal
from pipeline.postgres.connect import Database, connected
from pipeline.settings import Settings
from pipeline.stages.setup import SetUpSummary, set_up


def setup(settings: Settings, terminal: Terminal, /) -> SetUpSummary:
    """Sets V2 up, and says what was made."""
    summary = set_up_and_show(terminal, settings.database("V2"))
    terminal.give(asdict(summary))
    return summary


def set_up_and_show(terminal: Terminal, v2: Database, /) -> SetUpSummary:
    """Sets up the database, and says what was made."""
    with connected(v2) as connection:
        summary = set_up(connection)
    written, there = sum(summary.written.values()), sum(summary.already_there.values())
    tables = f"{summary.tables_created} tables made, " if summary.tables_created else "the tables were there, "
    terminal.say(f"{v2.place}: {tables}{written} reference rows written, {there} were there.")
    return summary
