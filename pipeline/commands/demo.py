"""`demo`: everything, from nothing, on a private PostgreSQL that ends with the command."""

import secrets
import signal
import time
from contextlib import suppress
from typing import Final

from pipeline.commands.migrate import migrate_and_show
from pipeline.commands.setup import set_up_and_show
from pipeline.commands.terminal import Terminal
from pipeline.postgres.connect import Database
from pipeline.postgres.embedded import embedded_server
from pipeline.run import Run
from pipeline.sample import fill
from pipeline.settings import Settings

SECONDS_BETWEEN_LOOKS: Final = 1.0


def demo(settings: Settings, terminal: Terminal, /, *, students: int, keep: bool) -> None:
    """Starts a server, fills V1, sets V2 up, migrates, verifies and reports; with `keep` it stays up until Ctrl-C."""
    url = settings.demo_pg_url.get_secret_value() if settings.demo_pg_url else None
    terminal.say("Starting a private PostgreSQL …" if url is None else "Making two databases on the server of DEMO_PG_URL …")
    with embedded_server(existing_url=url, bin_folder=settings.demo_pg_bin) as server:
        suffix = secrets.token_hex(3)
        v1_url, v2_url = (server.url(server.create_database(f"{name}_{suffix}")) for name in ("v1_demo", "v2_demo"))
        v1, v2 = Database.from_url("V1", v1_url), Database.from_url("V2", v2_url)
        rows = fill(v1_url, students=students)
        terminal.say(f"{v1.place}: {sum(rows.values()):,} sample rows in {len(rows)} tables.")
        set_up_and_show(terminal, v2)
        # The sample's planted flaws weigh more, the fewer students it has.
        run = Run.begin(
            settings.model_copy(update={"max_rejected_percent": 100}),
            terminal.progress,
            databases={"v1": v1.place, "v2": v2.place},
        )
        migrate_and_show(run, terminal, v1, v2, force=True)
        if keep:
            _stay(terminal, f"V1: {v1_url}\nV2: {v2_url}\nThe databases stay until Ctrl-C.")


def _stay(terminal: Terminal, told: str) -> None:
    """Tells something, and waits for Ctrl-C, or to be told to end; who reads it may end it before the line is through.

    Polars' own handler would swallow the first, and whichever thread hears it counts.
    """
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        terminal.say(told)
        while True:
            time.sleep(SECONDS_BETWEEN_LOOKS)
