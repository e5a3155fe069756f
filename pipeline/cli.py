"""The command line: flags, commands, and how an error becomes a message and an exit code."""

import gc
import os
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Annotated, Literal

import typer

from pipeline.commands.analyze import analyze
from pipeline.commands.demo import demo
from pipeline.commands.explain import explain
from pipeline.commands.migrate import resume_migration, run_migration
from pipeline.commands.report import report
from pipeline.commands.rollback import rollback
from pipeline.commands.sample import sample
from pipeline.commands.setup import setup
from pipeline.commands.snapshot import snapshot
from pipeline.commands.status import status
from pipeline.commands.terminal import Terminal
from pipeline.commands.validate import validate
from pipeline.commands.verify_login import verify_login
from pipeline.errors import INTERRUPTED_EXIT_CODE, MigratorError, UsageError
from pipeline.selection import Selection
from pipeline.settings import read_settings

app = typer.Typer(
    help="Moves a school platform's V1 database to V2, and proves that nothing was lost. Without a command it migrates.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

NEWEST = "newest"
"""What `--resume` stands for where it names no run."""

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output, and nothing else there.")]
Force = Annotated[bool, typer.Option("--force", help="Do not ask before writing.")]
Students = Annotated[int, typer.Option("--students", min=1, help="How many students the sample has.")]
Passwords = Annotated[
    Literal["generate", "carry"] | None,
    typer.Option("--passwords", help="New passwords for all, or V1's bcrypt hashes kept."),
]
RunArgument = Annotated[str | None, typer.Argument(metavar="RUN", help="A run's name; by default the newest.")]


@app.callback(invoke_without_command=True)
def _migrate(  # noqa: PLR0913 - a parameter is a flag
    context: typer.Context,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="The whole run, rolled back at the end.")] = False,
    entities: Annotated[
        str | None, typer.Option("--entities", metavar="schools,teachers,…", help="Only these of schools, teachers, parents, students.")
    ] = None,
    condition: Annotated[
        str | None, typer.Option("--filter", metavar="CONDITION", help='Only rows that meet it: "school_id IN (1,2,3)".')
    ] = None,
    force: Force = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show the log's lines, down to DEBUG.")] = False,
    skip_validation: Annotated[bool, typer.Option("--skip-validation", help="Do not read back what was written.")] = False,
    resume: Annotated[
        str | None, typer.Option("--resume", metavar="[RUN]", help="Go on with a run that was cut off; by default the newest.")
    ] = None,
    passwords: Passwords = None,
    batch_size: Annotated[int | None, typer.Option("--batch-size", min=1, help="Rows of a part: of a file of what was read.")] = None,
    as_json: Json = False,
    as_status: Annotated[bool, typer.Option("--status", help="As the command status.")] = False,
    as_validate: Annotated[bool, typer.Option("--validate", help="As the command validate.")] = False,
) -> None:
    shaping = {"--passwords": passwords, "--batch-size": batch_size, "--entities": entities, "--filter": condition}
    running = {"--dry-run": dry_run, "--force": force, "--verbose": verbose, "--skip-validation": skip_validation, "--resume": resume}
    given = [name for name, value in (shaping | running).items() if value]
    if context.invoked_subcommand is not None:
        if given or as_json or as_status or as_validate:
            raise UsageError(
                "Flags before a command are the migration's own.",
                next_step=f"Write them behind it: {context.invoked_subcommand} --help lists its flags.",
            )
        return
    terminal = _terminal(context, as_json=as_json)
    if as_status or as_validate:
        if given or (as_status and as_validate):
            raise UsageError("--status and --validate stand alone.", next_step="Add nothing but --json to either.")
        status(read_settings(), terminal) if as_status else validate(read_settings(), terminal, run_id=None)
    elif resume is not None:
        if any(shaping.values()):
            raise UsageError(
                f"--resume goes on with a run as it was begun; {', '.join(name for name in given if name in shaping)} would change it.",
                next_step="Leave that out, or start a new run: without --resume.",
            )
        resume_migration(
            read_settings(dry_run=dry_run or None),
            terminal,
            run_id=None if resume == NEWEST else resume,
            force=force,
            skip_validation=skip_validation,
            verbose=verbose,
        )
    else:
        settings = read_settings(password_policy=passwords, migration_batch_size=batch_size, dry_run=dry_run or None)
        selection = Selection.parsed(entities, condition)
        run_migration(settings, terminal, force=force, selection=selection, skip_validation=skip_validation, verbose=verbose)


@app.command("setup")
def _setup(
    context: typer.Context,
    *,
    clean: Annotated[bool, typer.Option("--clean", help="Empty V2 first, once its name is typed; no flag answers for you.")] = False,
    as_json: Json = False,
) -> None:
    """Write V2's reference data, and V2's tables if the database is empty."""
    setup(read_settings(), _terminal(context, as_json=as_json), clean=clean)


@app.command("analyze")
def _analyze(
    context: typer.Context,
    *,
    compare_counts: Annotated[bool, typer.Option("--compare-counts", help="Count what V2 has of each V1 table.")] = False,
    as_json: Json = False,
) -> None:
    """Show the two schemas side by side: what maps to what, what has no place in V2, and how either has drifted."""
    analyze(read_settings(), _terminal(context, as_json=as_json), compare_counts=compare_counts)


@app.command("status")
def _status(context: typer.Context, *, as_json: Json = False) -> None:
    """The runs, and the stages of the last one, also while it runs."""
    status(read_settings(), _terminal(context, as_json=as_json))


@app.command("validate")
def _validate(context: typer.Context, run: RunArgument = None, *, as_json: Json = False) -> None:
    """Compare V2 as it is now with what a run wrote: counts, keys, every cell, logins."""
    validate(read_settings(), _terminal(context, as_json=as_json), run_id=run)


@app.command("snapshot")
def _snapshot(
    context: typer.Context,
    database: Annotated[Literal["v1", "v2"], typer.Argument(metavar="v1|v2", help="Which database.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")],
    *,
    as_json: Json = False,
) -> None:
    """Write Parquet of every table of a database, and a manifest."""
    snapshot(read_settings(), _terminal(context, as_json=as_json), side=database, folder=folder)


@app.command("report")
def _report(
    context: typer.Context,
    run: RunArgument = None,
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; say which of the run's files were touched since it ended.")
    ] = False,
    with_values: Annotated[
        bool, typer.Option("--with-values", help="Also write report-with-values.html, which quotes V1: for internal use only.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write the report of a run again, and show it."""
    report(read_settings(), _terminal(context, as_json=as_json), run_id=run, check=check, with_values=with_values)


@app.command("rollback")
def _rollback(
    context: typer.Context,
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's name.")],
    *,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Take back what a run wrote; what was edited in V2 since, or is referred to, stays."""
    rollback(read_settings(), _terminal(context, as_json=as_json), run_id=run, force=force)


@app.command("explain")
def _explain(
    context: typer.Context,
    table: Annotated[str, typer.Argument(metavar="V1-TABLE", help="Such as Teacher.")],
    v1_id: Annotated[str, typer.Argument(metavar="V1-ID", help="Such as 17; A:B for a row of a link table.")],
    *,
    as_json: Json = False,
) -> None:
    """Tell what became of a row of V1, and by which rules."""
    explain(read_settings(), _terminal(context, as_json=as_json), table=table, v1_id=v1_id)


@app.command("verify-login")
def _verify_login(
    context: typer.Context,
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="The address to sign in with.")],
    *,
    as_json: Json = False,
) -> None:
    """Ask for a password, or read it from standard input, and check it as V2 would."""
    verify_login(read_settings(), _terminal(context, as_json=as_json), email=email)


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
    gc.freeze()  # all that was imported stays to the end: not to look through it then spares a fifth of a second
    code = _exit_code(arguments)
    gc.freeze()  # all else goes with the process
    sys.exit(code)


def _exit_code(arguments: list[str] | None) -> int:
    arguments = sys.argv[1:] if arguments is None else arguments
    terminal = Terminal(as_json="--json" in arguments)  # before they are understood: wrong usage is told as JSON, too
    signal.siginterrupt(signal.SIGINT, True)  # noqa: FBT003 - its own signature; Polars' handler lets whoever waits for V2 wait on
    os.umask(0o077)  # all that a run writes is personal data
    try:
        code = app(list(_with_run_named(arguments)), standalone_mode=False, obj=terminal)
    except MigratorError as error:
        problem, next_step, exit_code = error.problem, error.next_step, error.exit_code
    except typer.TyperException as error:
        problem, next_step = error.format_message(), "`python run_migration.py --help` lists commands and flags."
        exit_code = UsageError.exit_code
    except SystemExit:  # as Rich and typer answer a pipe that was closed
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains of it once more at the end
        problem, next_step = "Nobody reads standard output any more, as behind `| head`.", "`status` tells what became of a run."
        exit_code = MigratorError.exit_code
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


def _with_run_named(arguments: Sequence[str]) -> Iterator[str]:
    """Gives `--resume` the value that it may go without."""
    for argument, follower in zip_longest(arguments, arguments[1:]):
        yield argument
        if argument == "--resume" and (follower is None or follower.startswith("-")):
            yield NEWEST


def _terminal(context: typer.Context, *, as_json: bool) -> Terminal:
    """The command's terminal, on which an error is told, too."""
    terminal: Terminal = context.find_root().obj
    terminal.as_json = as_json
    return terminal
