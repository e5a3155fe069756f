"""`setup`: V2's reference data, and V2's tables if the database is empty; with `--clean` V2 is emptied first."""

from dataclasses import asdict

from rich.table import Table

from pipeline.commands.terminal import Terminal
from pipeline.errors import RefusedError
from pipeline.postgres.connect import Database, connected
from pipeline.postgres.ledger import exclusive
from pipeline.settings import Settings
from pipeline.stages.clean import require_emptiable, rows_to_delete, set_up_anew
from pipeline.stages.setup import SetUpSummary, set_up


def setup(settings: Settings, terminal: Terminal, /, *, clean: bool = False) -> SetUpSummary:
    """Sets V2 up, and says what was made; with `clean`, after somebody typed the name of the database, in a V2 without rows.

    Raises:
        RefusedError: Not cleaned: nobody typed the name, a run is in progress, or V2 is V1's database.
        SchemaError: As `set_up` and `set_up_anew`.
        SettingsError, ConnectionFailedError, DatabaseError: V2 cannot be reached or written.
    """
    v2 = settings.database("V2")
    if clean:
        _require_apart_from_v1(settings, v2)
        summary = _clean_and_set_up(terminal, v2)
    else:
        summary = set_up_and_show(terminal, v2)
    terminal.give(asdict(summary))
    return summary


def set_up_and_show(terminal: Terminal, v2: Database, /) -> SetUpSummary:
    """Sets up the database, and says what was made."""
    with connected(v2) as connection:
        summary = set_up(connection)
    return _shown(terminal, v2, summary)


def _clean_and_set_up(terminal: Terminal, v2: Database) -> SetUpSummary:
    with exclusive(v2) as lock:
        with connected(v2, read_only=True) as connection:
            require_emptiable(connection)
            doomed = rows_to_delete(connection)
        # Nothing is deleted that nobody was asked about, so where there is nothing to ask it is a set-up like any other.
        if doomed:
            _show_doomed(terminal, v2, doomed)
            terminal.require_typed(v2.name, f"To delete them for good, type the database's name, {v2.name}: ")
        with connected(v2) as connection, connection.transaction():
            summary = set_up_anew(connection) if doomed else set_up(connection)
            lock.require_held()  # somebody may have thought for long, and no run must write meanwhile
    return _shown(terminal, v2, summary)


def _require_apart_from_v1(settings: Settings, v2: Database) -> None:
    """Makes sure that V1, where the settings name one, is not the database to be emptied."""
    if settings.v1_database_url is None and not (settings.v1_db_host and settings.v1_db_name):
        return
    v1 = settings.database("V1")
    if (v1.host.lower(), v1.port, v1.name) == (v2.host.lower(), v2.port, v2.name):
        raise RefusedError(
            f"V1 and V2 are one database in the settings: {v2.name} on {v2.host}:{v2.port}. Nothing was deleted.",
            next_step="Correct V1_* or V2_*: what holds V1 is never emptied.",
        )


def _show_doomed(terminal: Terminal, v2: Database, doomed: dict[str, int]) -> None:
    terminal.say(f"{v2.place}: to be deleted, {sum(doomed.values()):,} rows.")
    table = Table(show_edge=False)
    table.add_column("V2 table")
    table.add_column("rows", justify="right")
    for name, rows in doomed.items():
        table.add_row(name, f"{rows:,}")
    terminal.console.print(table)


def _shown(terminal: Terminal, v2: Database, summary: SetUpSummary) -> SetUpSummary:
    deleted, written, there = (sum(rows.values()) for rows in (summary.deleted, summary.written, summary.already_there))
    emptied = f"{deleted:,} rows deleted, " if deleted else ""
    tables = f"{summary.tables_created} tables made, " if summary.tables_created else "the tables were there, "
    terminal.say(f"{v2.place}: {emptied}{tables}{written} reference rows written, {there} were there.")
    return summary
