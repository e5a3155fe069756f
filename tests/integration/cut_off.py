"""Runs of the program that come to harm on their way, and what is left of them: processes forked from `cutting`, told where to end."""

import csv
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import bcrypt
import polars as pl
import psycopg
from psycopg import sql

from pipeline.postgres.embedded import Server
from pipeline.run_folder import RunFolder
from tests.integration.cutting import HELD, LET_GO, POINTS, Harm, Moment, Order
from tests.integration.databases import Pair, contents, environment_of

ROOT: Final = Path(__file__).parents[2]
RUN_SECONDS: Final = 120.0
"""How long a run may take on a busy machine; one that waits for ever fails its test then."""
LOOK_SECONDS: Final = 0.01

Hashes = dict[str, str]
"""User id → password hash."""


# Processes


@dataclass(frozen=True)
class Ended:
    """How a process ended."""

    exit_code: int
    """Negative: the signal that ended it."""
    out: str
    err: str


@dataclass(frozen=True)
class Attempt:
    """A process that runs the program."""

    starter: "Starter"
    process: int
    folder: Path

    def wait(self) -> Ended:
        """Waits for its end."""
        exit_code = self.starter.asked({"wait": self.process, "seconds": RUN_SECONDS})
        out, err = (Path(self.folder, name).read_text(encoding="utf-8", errors="replace") for name in ("out", "err"))
        assert exit_code is not None, f"the run did not end in {RUN_SECONDS:g} s: {out}{err}"
        return Ended(exit_code, out, err)

    def wait_until_held(self) -> None:
        """Waits until it stands at its point."""
        wait_for(Path(self.folder, HELD).exists)

    def let_go(self) -> None:
        """Lets it go on from its point."""
        Path(self.folder, LET_GO).touch()


@dataclass(frozen=True)
class Starter:
    """The process that the others are forked from."""

    process: "subprocess.Popen[str]"

    def start(
        self,
        folder: Path,
        *arguments: str,
        environment: Mapping[str, str],
        point: str = "",
        moment: Moment = "before",
        harm: Harm = "kill",
    ) -> Attempt:
        """Starts the program in a working folder."""
        for left in (HELD, LET_GO):
            Path(folder, left).unlink(missing_ok=True)
        order = Order(str(folder), list(arguments), dict(environment), point, moment, harm)
        return Attempt(self, self.asked({"order": vars(order)}), folder)

    def run(self, folder: Path, *arguments: str, environment: Mapping[str, str], **harm: Any) -> Ended:
        """Runs the program to its end."""
        return self.start(folder, *arguments, environment=environment, **harm).wait()

    def asked(self, question: dict[str, Any]) -> Any:
        """What the process answers."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{json.dumps(question)}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


@contextmanager
def starter(*before: str) -> Iterator[Starter]:
    """A process to fork from, which ends with the block; `before`: a command that comes before Python's own."""
    command = [*before, sys.executable, "-m", "tests.integration.cutting"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8") as process:
        try:
            yield Starter(process)
        finally:
            process.terminate()


def points_in(folder: Path) -> list[str]:
    """The points that the last run in a working folder came to, in order."""
    names: list[str] = json.loads(Path(folder, POINTS).read_text(encoding="utf-8"))
    return names


def wait_for(is_so: Callable[[], object]) -> None:
    """Waits until something is so."""
    given_up_at = time.monotonic() + RUN_SECONDS
    while not is_so():
        assert time.monotonic() < given_up_at, "it never came to be"
        time.sleep(LOOK_SECONDS)


# What is left


@dataclass(frozen=True)
class Left:
    """What a run left in its folder."""

    folder: RunFolder

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """Empty where there is none yet."""
        with suppress(FileNotFoundError):
            document: dict[str, Any] = json.loads(self.folder.manifest.read_text(encoding="utf-8"))
            return document
        return {}

    @cached_property
    def report(self) -> dict[str, Any]:
        """What does not depend on when and how often the run was begun."""
        document = json.loads(self.folder.report.read_text(encoding="utf-8"))
        document["verification"].pop("logins")
        return {
            name: document[name]
            for name in ("verdict", "exit_code", "problem", "dry_run", "books", "written", "rejected", "changed", "checks", "verification")
        }

    @cached_property
    def credentials(self) -> Hashes:
        """The new hashes."""
        parts = sorted((self.folder.path / "credentials").glob("*.parquet"))
        return dict(pl.read_parquet(parts).iter_rows()) if parts else {}

    @cached_property
    def passwords(self) -> dict[str, str]:
        """User id → password, by the handover."""
        found: dict[str, str] = {}
        for part in sorted((self.folder.path / "handover").glob("*.csv")):
            with part.open(encoding="utf-8", newline="") as file:
                found |= {row["user_id"]: row["password"] for row in csv.DictReader(file)}
        return found

    def done_blocks(self) -> dict[str, bytes]:
        """The blocks of credentials that are done, each with its handover, byte for byte."""
        files = [
            file
            for block in sorted((self.folder.path / "credentials").glob("*.parquet"))
            for file in (block, self.folder.path / "handover" / f"{block.stem}.csv")
        ]
        return {str(file.relative_to(self.folder.path)): file.read_bytes() for file in files}


def left_in(runs: Path) -> Left:
    """What the newest run left."""
    return Left(RunFolder.all(runs)[0])


@dataclass(frozen=True)
class Held:
    """What V2 holds: all that the run's id, the time and chance do not shape."""

    rows: dict[str, list[str]]
    hashes: Hashes

    def without(self, users: Hashes) -> Hashes:
        """The hashes of all but these users."""
        return {user: kept for user, kept in self.hashes.items() if user not in users}


def held(url: str) -> Held:
    """What V2 holds, by one look."""
    with psycopg.connect(url) as connection:
        tables = connection.execute("SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', 'migration')").fetchall()
        rows = {
            f"{schema}.{table}": sorted(
                row
                for (row,) in connection.execute(
                    sql.SQL("SELECT (to_jsonb(t) - {}::text[])::text FROM {} AS t").format(
                        ["passwordHash", "run_id"] + (["id", "started_at", "loaded_at"] if schema == "migration" else []),
                        sql.Identifier(schema, table),
                    )
                )
            )
            for schema, table in tables
        }
        hashes: Hashes = dict(connection.execute('SELECT "id"::text, "passwordHash" FROM "User"').fetchall())
    return Held(rows, hashes)


# Scenes


@dataclass(frozen=True)
class Cut:
    """Where a run is killed."""

    point: str
    moment: Moment = "before"
    is_prepared: bool = False
    """Not the first attempt of the run is killed, but one that went on behind the credentials: the stages before it are not waited for."""

    def __str__(self) -> str:
        return f"{self.moment} {self.point}"


@dataclass(frozen=True)
class Scene:
    """Databases before a run, and what a run that nobody cuts off makes of them."""

    server: Server
    starter: Starter
    v1: str
    """A database's name."""
    v2: str
    """The name of a database that is made anew for each run."""
    before: str
    """The name of the database that V2 is made from."""
    folder: Path
    """Of the run that nobody cut off, in `whole`, and of one that was killed before it loaded, in `prepared`."""
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def pair(self) -> Pair:
        """Where V1 and V2 are."""
        return Pair(self.server.url(self.v1), self.server.url(self.v2))

    def restored(self) -> str:
        """V2 as it was before, for a run that is to be compared with the whole one; gives its URL."""
        assert self.whole  # which was made in its place
        return self._restored()

    def _restored(self) -> str:
        self.server.drop_database(self.v2)
        return self.server.url(self.server.create_database(self.v2, template=self.before))

    def environment(self, folder: Path) -> dict[str, str]:
        """What a user would have set."""
        return environment_of(self.pair, RUNS_DIR=str(folder / "runs"), **self.settings)

    def start(self, folder: Path, *arguments: str, **harm: Any) -> Attempt:
        """Starts the program in a working folder."""
        return self.starter.start(folder, *arguments, environment=self.environment(folder), **harm)

    def run(self, folder: Path, *arguments: str, **harm: Any) -> Ended:
        """Runs the program in a working folder."""
        return self.start(folder, *arguments, **harm).wait()

    @cached_property
    def contents(self) -> dict[str, list[str]]:
        """All that V2 holds before."""
        return contents(self._restored())

    @cached_property
    def points(self) -> list[str]:
        """The points that a whole run comes to."""
        assert self.whole
        return points_in(self.folder / "whole")

    @cached_property
    def whole(self) -> tuple[Held, Left]:
        """What a run that nobody cut off makes of V2, and leaves in its folder."""
        folder = self.folder / "whole"
        folder.mkdir()
        url = self._restored()
        ended = self.run(folder, "--force")
        assert ended.exit_code == 0, ended
        return held(url), left_in(folder / "runs")

    @cached_property
    def prepared(self) -> Path:
        """The runs of a run that was killed behind its credentials."""
        folder, points = self.folder / "prepared", self.points
        folder.mkdir()
        self._restored()
        first = next(point for point in points if point.startswith("behind credentials: SQL"))
        assert self.run(folder, "--force", point=first).exit_code == -9
        self.wait_until_alone()
        return folder / "runs"

    def wait_until_alone(self) -> None:
        """Waits until the server has noticed that a killed run's connections are gone."""

        def is_alone() -> bool:
            others = """SELECT count(*) FROM pg_stat_activity WHERE "datname" IN (%s, %s)"""
            row = connection.execute(others, [self.v1, self.v2]).fetchone()
            return row == (0,)

        with psycopg.connect(self.server.url(self.server.maintenance_database), autocommit=True) as connection:
            wait_for(is_alone)

    @contextmanager
    def v1_closed(self) -> Iterator[None]:
        """Lets nobody into V1, so that whoever wants to read it again is found out."""
        with psycopg.connect(self.server.url(self.server.maintenance_database), autocommit=True) as connection:
            name = sql.Identifier(self.v1)
            connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(name))
            try:
                yield
            finally:
                connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(name))


def assert_passwords_fit(left: Left, hashes: Hashes) -> None:
    """Every new password of the handover opens the account, and no other was handed over."""
    assert left.passwords.keys() == left.credentials.keys()
    assert {user: hashes[user] for user in left.credentials} == left.credentials
    assert all(bcrypt.checkpw(password.encode(), hashes[user].encode()) for user, password in left.passwords.items())
