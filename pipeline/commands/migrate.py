"""`python run_migration.py`: migrates V1 to V2."""

import os

import polars as pl

from pipeline.commands.terminal import Terminal
from pipeline.migrate import migrate
from pipeline.postgres.connect import Database
from pipeline.run import Run
from pipeline.settings import Settings
from pipeline.stages.report import Report


def run_migration(settings: Settings, terminal: Terminal, /, *, force: bool) -> Report:
    """Migrates between the databases of the settings, and shows the books."""
    v1, v2 = settings.database("V1"), settings.database("V2")
    return migrate_and_show(settings, terminal, v1, v2, force=force or settings.dry_run)


def migrate_and_show(settings: Settings, terminal: Terminal, v1: Database, v2: Database, /, *, force: bool) -> Report:
    """Migrates from `v1` to `v2`, and shows how it went, well or not."""
    terminal.require_answerable(force=force)
    run = Run.begin(settings, terminal.progress)
    run.databases = {"v1": v1.place, "v2": v2.place}
    report = Report(run)
    terminal.say(f"Run {run.folder.run_id}: {v1.place} to {v2.place}{', dry run' if settings.dry_run else ''}")

    is_shown = False

    def confirm() -> None:
        nonlocal is_shown
        if not force:
            is_shown = True
            report.show_books(terminal.console, is_done=False)
            people = run.v2("User").select(pl.col("passwordHash").is_null().sum()).collect().item()
            terminal.say(f"{people:,} people get a new password (PASSWORD_POLICY={settings.password_policy}).")
            terminal.confirm(f"Write {sum(run.facts['written'].values()):,} rows to {v2.place}?")

    try:
        migrate(report, v1, v2, confirm=confirm)
    except BaseException:
        if report.is_committed:
            raise
        if not is_shown:
            report.show_books(terminal.console, is_done=False)
        terminal.say(f"V2 is as it was; passwords of this run are void. Run folder: {os.path.relpath(run.folder.path)}")
        raise
    finally:
        terminal.give(report.document())
    report.show(terminal.console)
    terminal.say(_outcome(report))
    return report


def _outcome(report: Report) -> str:
    written = sum(report.run.facts["written"].values())
    if not written:
        return "Nothing to write: V2 holds all of V1 that can go there."
    if report.run.settings.dry_run:
        return f"Dry run: {written:,} V2 rows were written, verified and rolled back. V2 is as it was."
    done = f"Done: {written:,} rows are in V2."
    handover = report.run.folder.path / "handover"
    return f"{done}\nNew passwords, to hand over and then delete: {os.path.relpath(handover)}" if handover.exists() else done
