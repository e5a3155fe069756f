"""The program, made to come to harm at a point of its way: `python -m tests.integration.cutting`, an order per line of standard input.

Each order is carried out by a process of its own, forked from this one, which has read the libraries in but started none of their
threads. What the program does at a point is wrapped from outside; the program itself knows nothing of it.
"""

# The libraries are imported for the sake of the forks, which need not read them in again; the program only in each fork, for its
# checks start the threads of Polars, which no fork may inherit.
import gc
import inspect
import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import adbc_driver_postgresql.dbapi
import bcrypt
import connectorx
import pandera.polars
import phonenumbers
import polars as pl
import polars_hash
import psycopg
import pyarrow.dataset
import pyarrow.parquet as pq
import pycountry
import pydantic_settings
import pyrage
import rich.progress
import sqlglot
import typer

READ_IN: Final = (
    adbc_driver_postgresql, bcrypt, connectorx, pandera, phonenumbers, polars_hash, psycopg, pyarrow, pycountry, pydantic_settings,
    pyrage, rich, sqlglot, typer,
)  # fmt: skip

Moment = Literal["before", "amid", "after"]
"""Where at a point: before what is done there, when a file is half written, or behind it."""

MOMENTS: Final[tuple[Moment, ...]] = ("before", "amid", "after")

Harm = Literal["kill", "hold", "fill"]
"""SIGKILL; waiting for somebody to do something and let go; a disk that is suddenly full."""

POINTS: Final = "points.json"
HELD: Final = "held"
LET_GO: Final = "let-go"
FILLER: Final = "filler"

LOOK_SECONDS: Final = 0.005
SHOWN_OF_A_STATEMENT: Final = 70


@dataclass(frozen=True)
class Order:
    """What to run, and where it is to come to harm."""

    folder: str
    """The working folder; standard output and standard error become the files `out` and `err` in it."""
    arguments: list[str]
    environment: dict[str, str]
    point: str = ""
    """By name; empty: nowhere."""
    moment: Moment = "before"
    harm: Harm = "kill"


@dataclass
class Way:
    """The way of one run: which points it came to, and whether it comes to harm at this one."""

    order: Order
    parent: int = field(default_factory=os.getppid)
    stage: str = "begin"
    passed: Counter[str] = field(default_factory=Counter)
    names: list[str] = field(default_factory=list)

    @contextmanager
    def point(self, what: str, /, *, half: str | Path | None = None) -> Iterator[None]:
        """A point, while what is done there is done; `half`: the file that is half written amid it."""
        label = f"{self.stage}: {what}"
        self.passed[label] += 1
        name = f"{label} #{self.passed[label]}"
        self.names.append(name)
        is_it = name == self.order.point
        if is_it and self.order.moment == "before":
            self._come_to_harm()
        yield
        if is_it and self.order.moment == "amid" and half:
            os.truncate(half, Path(half).stat().st_size // 2)
        if is_it and self.order.moment != "before":
            self._come_to_harm()

    def _come_to_harm(self) -> None:
        folder = Path(self.order.folder)
        if self.order.harm == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif self.order.harm == "hold":
            (folder / HELD).touch()
            while not (folder / LET_GO).exists():
                if os.getppid() != self.parent:
                    sys.exit("nobody is left to let go")
                time.sleep(LOOK_SECONDS)
        else:
            fill(Path(self.order.environment["RUNS_DIR"]) / FILLER)


def fill(path: Path) -> None:
    """Writes a file until its disk takes no more."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            pass


def lay_points(way: Way) -> None:
    """Wraps the places of the program where it writes a file or asks V2 for something; where its stages begin and end."""
    from pipeline.run import Run  # noqa: PLC0415 - see above
    from pipeline.stages import credentials  # noqa: PLC0415
    from pipeline.stages.target import Target  # noqa: PLC0415

    runs = Path(way.order.environment.get("RUNS_DIR", "runs")).resolve()

    def named(path: Any) -> Path | None:
        """A file's path in the run's folder; none of another one."""
        with suppress(TypeError, ValueError):
            return Path(*Path(path).resolve().relative_to(runs).parts[1:])
        return None

    once, stage, call = Run.once, Run.stage, Target._call
    replace, sink, write_batch, hand_over = (
        Path.replace, pl.LazyFrame.sink_parquet, pq.ParquetWriter.write_batch, credentials._write_handover,
    )  # fmt: skip

    def cut_once(self: Run, called: Callable[..., object], *args: Any, **more: Any) -> None:
        with way.point(f"once {called.__name__}"):
            once(self, called, *args, **more)
            way.stage = f"behind {called.__name__}"  # of a stage that was skipped, too

    @contextmanager
    def cut_stage(self: Run, name: str, **more: Any) -> Iterator[Any]:
        way.stage = name
        with stage(self, name, **more) as advance:
            yield advance
        way.stage = f"behind {name}"

    def cut_call(self: Target, work: Callable[[], Any]) -> Any:
        with way.point(statement_of(work)):
            return call(self, work)

    def cut_replace(self: Path, target: Any) -> Path:
        name = named(target)
        if name is None:
            return replace(self, target)
        with way.point(f"file {name} unfinished", half=self):
            pass
        with way.point(f"file {name}"):
            return replace(self, target)

    def cut_sink(self: pl.LazyFrame, path: Any, **more: Any) -> Any:  # a DataFrame's write_parquet comes here, too
        with way.point(f"file {named(path)}", half=path):
            return sink(self, path, **more)

    def cut_batch(self: pq.ParquetWriter, *args: Any, **more: Any) -> None:
        with way.point(f"batch of {named(self.where)}"):
            write_batch(self, *args, **more)

    def cut_hand_over(run: Run, number: int, users: pl.DataFrame) -> None:
        with way.point(f"file handover {number}", half=run.folder.handover(number, encrypted=False)):
            hand_over(run, number, users)

    Run.once, Run.stage, Target._call = cut_once, cut_stage, cut_call  # type: ignore[method-assign, assignment]  # on purpose
    Path.replace, pl.LazyFrame.sink_parquet = cut_replace, cut_sink  # type: ignore[method-assign, assignment]
    pq.ParquetWriter.write_batch, credentials._write_handover = cut_batch, cut_hand_over


def statement_of(work: Callable[[], Any]) -> str:
    """What a call asks of V2, by the closure that does it."""
    known = inspect.getclosurevars(work).nonlocals if inspect.isfunction(work) else {}
    if "statement" in known:
        return f"SQL {' '.join(known['statement'].split())[:SHOWN_OF_A_STATEMENT]}"
    return f"COPY {known['name'] or known['table']}" if "table" in known else "COMMIT"


def carry_out(order: Order) -> None:
    """Runs the program as this process, and ends as it does."""
    os.chdir(order.folder)
    for descriptor, name, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, "out", os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
        (2, "err", os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
    ):
        opened = os.open(name, flags, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - a descriptor; what the orders left in the old one goes
    os.environ.clear()
    os.environ.update(order.environment)
    from pipeline.cli import main  # noqa: PLC0415 - see above

    way = Way(order)
    lay_points(way)
    try:
        main(order.arguments)
    finally:
        Path(order.folder, POINTS).write_text(json.dumps(way.names), encoding="utf-8")


def ended(process: int, seconds: float) -> int | None:
    """The exit code of a process, negative for a signal; None where it had to be killed because it would not end."""
    given_up_at = time.monotonic() + seconds
    while True:
        found, status = os.waitpid(process, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > given_up_at:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            return None
        time.sleep(LOOK_SECONDS)


def told(order: Order) -> str:
    """An order as a line of standard input."""
    return json.dumps({"order": asdict(order)})


def serve() -> None:
    """Begins what is ordered and tells the process's id; or waits for one, and tells how it ended."""
    gc.freeze()  # or the forks' collections would copy the pages of all that was read in
    for line in sys.stdin:
        asked = json.loads(line)
        if "order" in asked:
            answer: int | None = os.fork()
            if answer == 0:
                carry_out(Order(**asked["order"]))
        else:
            answer = ended(asked["wait"], asked["seconds"])
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
