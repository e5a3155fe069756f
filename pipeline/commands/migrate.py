"""`python run_migration.py`: migrates V1 to V2."""

import os

import polars as pl

from pipeline.commands.terminal import Terminal
from pipeline.errors import RefusedError
from pipeline.migrate import migrate
from pipeline.postgres.connect import Database
from pipeline.resume import resumable
from pipeline.run import Run
from pipeline.selection import Selection
from pipeline.settings import Settings
from pipeline.stages.report import Report
from pipeline.stages.unchanged import is_unchanged


def run_migration(
    settings: Settings,
    terminal: Terminal,
    /,
    *,
    force: bool,
    selection: Selection | None = None,
    skip_validation: bool = False,
    verbose: bool = False,
) -> Report:
    """Migrates between the databases of the settings, and shows the books."""
    v1, v2 = settings.database("V1"), settings.database("V2")
    terminal.require_answerable(force=force or settings.dry_run)
    run = Run.begin(
        settings,
        terminal.progress,
        selection,
        databases={"v1": v1.place, "v2": v2.place},
        console=terminal.console if verbose else None,
    )
    return migrate_and_show(run, terminal, v1, v2, force=force, skip_validation=skip_validation)


def resume_migration(
    settings: Settings, terminal: Terminal, /, *, run_id: str | None, force: bool, skip_validation: bool = False, verbose: bool = False
) -> Report:
    """Goes on with a run that was cut off: the one of this id, or the newest."""
    v1, v2 = settings.database("V1"), settings.database("V2")
    folder = resumable(settings.runs_dir, run_id)
    terminal.require_answerable(force=force or settings.dry_run)
    run = Run.resumed(folder, settings, terminal.progress, console=terminal.console if verbose else None)
    moved = [label for label, place in (("V1", v1.place), ("V2", v2.place)) if run.databases.get(label.lower()) != place]
    if moved:
        run.end("failed", exit_code=RefusedError.exit_code)
        raise RefusedError(
            f"Run {run.folder.run_id} was begun on another {' and '.join(moved)}.",
            next_step="Point the settings at its databases (manifest.json names them), or start a new run: without --resume.",
        )
    return migrate_and_show(run, terminal, v1, v2, force=force, skip_validation=skip_validation)


def migrate_and_show(run: Run, terminal: Terminal, v1: Database, v2: Database, /, *, force: bool, skip_validation: bool = False) -> Report:
    """Migrates from `v1` to `v2`, and shows how it went, well or not."""
    report = Report(run)
    is_sure = force or run.settings.dry_run
    resumed = f", resumed behind {run.finished[-1]}" if run.finished else ""
    terminal.say(f"Run {run.folder.run_id}: {v1.place} to {v2.place}{', dry run' if run.settings.dry_run else ''}{resumed}")

    is_shown = False

    def confirm() -> None:
        nonlocal is_shown
        if not is_sure:
            is_shown = True
            report.show_books(terminal.console, is_done=False)
            people = run.v2("User").select(pl.col("passwordHash").is_null().sum()).collect().item()
            terminal.say(f"{people:,} people get a new password (PASSWORD_POLICY={run.settings.password_policy}).")
            terminal.confirm(f"Write {report.rows_to_write:,} rows to {v2.place}?")

    try:
        migrate(report, v1, v2, confirm=confirm, skip_validation=skip_validation)
    except BaseException:
        if report.is_committed is not False:
            raise
        if not is_shown:
            report.show_books(terminal.console, is_done=False)
        void = " The passwords in its handover are valid only if it is resumed and ends well." if _has_handover(run) else ""
        terminal.say(f"V2 is as it was.{void} Run folder: {os.path.relpath(run.folder.path)}")
        for line in report.unwritten:
            terminal.say(line)
        raise
    finally:
        if terminal.as_json:
            terminal.give(report.told or report.document())
    report.show(terminal.console)
    terminal.say(f"Report: {os.path.relpath(run.folder.page)}")
    terminal.say(_outcome(report))
    return report


def _outcome(report: Report) -> str:
    if is_unchanged(report.run):
        return f"Nothing to write: V1 is as run {report.run.facts['unchanged_since']} brought it over."
    if not report.rows_to_write:
        return "Nothing to write: V2 holds all of V1 that can go there."
    written = sum(report.run.facts["written"].values())
    withdrawn = report.rows_to_write - written
    taken = f", {withdrawn:,} roles taken back" if withdrawn else ""
    if report.run.settings.dry_run:
        return f"Dry run: {written:,} V2 rows were written{taken}; all of it was rolled back, and V2 is as it was."
    done = f"Done: {written:,} rows are in V2{taken}."
    if not _has_handover(report.run):
        return done
    handover = os.path.relpath(report.run.folder.path / "handover")
    return f"{done}\nNew passwords, to hand over and then delete: {handover}"


def _has_handover(run: Run) -> bool:
    return (run.folder.path / "handover").exists()
