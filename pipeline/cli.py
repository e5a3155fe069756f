"""The command line: flags, commands, and how an error becomes a message and an exit code."""

import os
import sys
import traceback
from pathlib import Path
from typing import Annotated, Literal

import typer

from pipeline.commands.demo import demo
from pipeline.commands.migrate import run_migration
from pipeline.commands.sample import sample
from pipeline.commands.setup import setup
from pipeline.commands.terminal import Terminal
from pipeline.errors import INTERRUPTED_EXIT_CODE, MigratorError, UsageError
from pipeline.settings import read_settings

app = typer.Typer(
    help="Moves a school platform's V1 database to V2, and proves that nothing was lost. Without a command it migrates.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output, and nothing else there.")]
Force = Annotated[bool, typer.Option("--force", help="Do not ask before writing.")]
Students = Annotated[int, typer.Option("--students", min=1, help="How many students the sample has.")]
Passwords = Annotated[
    Literal["generate", "carry"] | None,
    typer.Option("--passwords", help="New passwords for all, or V1's bcrypt hashes kept."),
]


@app.callback(invoke_without_command=True)
def _migrate(
    context: typer.Context,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="The whole run, rolled back at the end.")] = False,
    force: Force = False,
    passwords: Passwords = None,
    batch_size: Annotated[int | None, typer.Option("--batch-size", min=1, help="Rows of a part: the unit of memory.")] = None,
    as_json: Json = False,
) -> None:
    if context.invoked_subcommand is not None and (dry_run or force or passwords or batch_size or as_json):
        raise UsageError(
            "Flags before a command are the migration's own.",
            next_step=f"Write them behind it: {context.invoked_subcommand} --help lists its flags.",
        )
    if context.invoked_subcommand is None:
        settings = read_settings(password_policy=passwords, migration_batch_size=batch_size, dry_run=dry_run or None)
        run_migration(settings, _terminal(context, as_json=as_json), force=force)


@app.command("setup")
def _setup(context: typer.Context, *, as_json: Json = False) -> None:
    """Write V2's reference data, and V2's tables if the database is empty."""
    setup(read_settings(), _terminal(context, as_json=as_json))


@app.command("sample")
def _sample(context: typer.Context, *, students: Students = 1000, as_json: Json = False) -> None:
    """Fill an empty V1 with deterministic sample data."""
    sample(read_settings(), _terminal(context, as_json=as_json), students=students)


@app.command("demo")
def _demo(
    context: typer.Context,
    *,
    students: Students = 1000,
    keep: Annotated[bool, typer.Option("--keep", help="Stay up afterwards, and print the databases' addresses.")] = False,
    passwords: Passwords = None,
    as_json: Json = False,
) -> None:
    """Show it all on a private PostgreSQL: sample V1, set-up, migration, validation, report."""
    demo(read_settings(password_policy=passwords), _terminal(context, as_json=as_json), students=students, keep=keep)


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line and ends the process with the exit codes of `pipeline.errors`.

    A driver's or library's own message may quote a row, so of an error that nobody foresaw only its type and place are printed.
    """
    sys.exit(_exit_code(arguments))


def _exit_code(arguments: list[str] | None) -> int:
    terminal = Terminal()
    os.umask(0o077)  # all that a run writes is personal data
    try:
        code = app(arguments, standalone_mode=False, obj=terminal)
    except MigratorError as error:
        problem, next_step, exit_code = error.problem, error.next_step, error.exit_code
    except typer.TyperException as error:
        problem, next_step = error.format_message(), "`python run_migration.py --help` lists commands and flags."
        exit_code = UsageError.exit_code
    except BaseException as error:  # noqa: BLE001 - panics of connectorx derive from BaseException
        place = traceback.extract_tb(error.__traceback__)[-1]
        problem = f"Unexpected {type(error).__name__} in {Path(place.filename).name}, line {place.lineno}."
        next_step, exit_code = (
            "V2 is as it was, unless the run had said that it was done. Please report this line.",
            MigratorError.exit_code,
        )
    else:
        if code != INTERRUPTED_EXIT_CODE:  # which typer makes of Ctrl-C
            return code if isinstance(code, int) else 0
        problem, next_step, exit_code = "Interrupted.", "V2 is as it was, unless the run had said that it was done.", code
    terminal.complain(problem, next_step, exit_code=exit_code)
    return exit_code


def _terminal(context: typer.Context, *, as_json: bool) -> Terminal:
    """The command's terminal, on which an error is told, too."""
    terminal: Terminal = context.find_root().obj
    terminal.as_json = as_json
    return terminal
