"""Shows how far a stage is: a line with rows, rate and time left on a terminal, plain lines elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    ProgressColumn,
    Task,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar
from rich.table import Column
from rich.text import Text

SECONDS_BETWEEN_LINES: Final = 10.0
STAGE_WIDTH: Final = 12
BAR_WIDTH: Final = 10
WIDE: Final = 70
"""Columns of a terminal that has room for everything, whatever the numbers."""

Advance = Callable[[int], None]


class Progress:
    """Tells people on one console of stages that begin, go on and end."""

    def __init__(self, console: Console, /) -> None:
        self._console = console

    @contextmanager
    def stage(self, name: str, /, *, total: int, unit: str = "rows") -> Iterator[Advance]:
        """Shows one stage while the block runs; the block calls what it is given with the number of rows done since."""
        started = time.monotonic()
        done = 0
        if self._console.is_terminal:
            with self._bar(unit) as bar:
                task = bar.add_task(name.ljust(STAGE_WIDTH), total=total)

                def advance(rows: int) -> None:
                    nonlocal done
                    done += rows
                    bar.update(task, completed=done, total=max(total, done))

                yield advance
        else:
            last_line = started

            def advance(rows: int) -> None:
                nonlocal done, last_line
                done += rows
                now = time.monotonic()
                if now - last_line >= SECONDS_BETWEEN_LINES and 0 < done < total:
                    last_line = now
                    left = (now - started) / done * (total - done)
                    self._console.print(f"{name.ljust(STAGE_WIDTH)} {done:,} of {total:,} {unit}, {left:,.0f} s left", highlight=False)

            yield advance
        seconds = time.monotonic() - started
        self._console.print(f"{name.ljust(STAGE_WIDTH)} {done:>12,} {unit:<7} {seconds:>8.1f} s", highlight=False)

    def _bar(self, unit: str) -> Bar:
        """A line short enough to stay one where the terminal is made narrower: a wrapped one could not be taken back."""
        whole = Column(no_wrap=True)
        return Bar(
            TextColumn("{task.description}", table_column=whole),
            _WhereWide(BarColumn(bar_width=BAR_WIDTH), self._console),
            TaskProgressColumn(table_column=whole),
            _Done(unit, table_column=whole),
            _WhereWide(_Rate(), self._console),
            TimeRemainingColumn(compact=True, table_column=whole),
            console=self._console,
            transient=True,
            refresh_per_second=4,
        )


class _WhereWide(ProgressColumn):
    """A column that a narrow terminal has no room for."""

    def __init__(self, column: ProgressColumn, console: Console) -> None:
        super().__init__(table_column=Column(no_wrap=True))
        self._column, self._console = column, console

    def render(self, task: Task) -> RenderableType:
        return self._column.render(task) if self._console.width >= WIDE else ""


class _Done(ProgressColumn):
    """Rows done so far."""

    def __init__(self, unit: str, *, table_column: Column) -> None:
        super().__init__(table_column=table_column)
        self._unit = unit

    def render(self, task: Task) -> Text:
        return Text(f"{task.completed:,.0f} {self._unit}", style="progress.download")


class _Rate(ProgressColumn):
    """Rows a second, over the last moments."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f}/s" if speed else "", style="progress.data.speed")
