"""`sample`: fills an empty V1 with sample data."""

from pipeline.commands.terminal import Terminal
from pipeline.postgres.connect import mapped_errors
from pipeline.sample import fill
from pipeline.settings import Settings


def sample(settings: Settings, terminal: Terminal, /, *, students: int) -> None:
    """Fills the V1 of the settings."""
    v1 = settings.database("V1")
    with mapped_errors(v1):
        rows = fill(v1.prisma_url, students=students)
    terminal.say(f"{v1.place}: {sum(rows.values()):,} sample rows in {len(rows)} tables.")
    terminal.give(rows)
