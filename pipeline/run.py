"""One run: its settings, its folder, its clock, and the manifest that tells how far it came."""

import json
import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Literal

import polars as pl

from pipeline.progress import Advance, Progress
from pipeline.run_folder import PRIVATE_FILE, RunFolder
from pipeline.settings import Settings

LIBRARIES: Final = (
    "adbc-driver-postgresql",
    "anyascii",
    "bcrypt",
    "connectorx",
    "idna",
    "pandera",
    "phonenumbers",
    "polars",
    "pycountry",
)
"""Those on whose versions the result rests."""


@dataclass
class StageRecord:
    """How far a stage came."""

    name: str
    state: Literal["running", "done", "failed"] = "running"
    rows: int = 0
    seconds: float = 0.0


@dataclass
class Run:
    """One run of the migration. Stages read and write `folder`, and never look at the clock or the environment."""

    folder: RunFolder
    settings: Settings
    progress: Progress
    started_at: datetime
    """UTC, without a time zone, in milliseconds as V2 keeps them."""
    databases: dict[str, str] = field(default_factory=dict)
    """Where V1 and V2 are, for the record: name, host and port."""
    stages: list[StageRecord] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    """What the stages found out that the manifest and the report tell: the snapshot, counts, differences."""
    new_logins: dict[str, str] = field(default_factory=dict, repr=False)
    """User id → new password, of a few users; for the proof that the logins work, and never written anywhere."""

    @classmethod
    def begin(cls, settings: Settings, progress: Progress, /) -> "Run":
        """A run that begins now, with a folder of its own."""
        now = datetime.now(UTC).replace(tzinfo=None)
        started_at = now.replace(microsecond=now.microsecond // 1000 * 1000)
        return cls(RunFolder.create(settings.runs_dir, started_at=started_at), settings, progress, started_at)

    @contextmanager
    def stage(self, name: str, /, *, total: int, unit: str = "rows") -> Iterator[Advance]:
        """Shows, times and records a stage while the block runs."""
        record = StageRecord(name)
        self.stages.append(record)
        started = time.monotonic()
        try:
            self.write_manifest()
            with self.progress.stage(name, total=total, unit=unit) as show:

                def advance(rows: int) -> None:
                    record.rows += rows
                    show(rows)

                yield advance
            record.state = "done"
        except BaseException:
            record.state = "failed"
            raise
        finally:
            record.seconds = round(time.monotonic() - started, 3)
            self.write_manifest()

    def v1(self, table: str, /) -> pl.LazyFrame:
        """V1's rows of a table, all parts."""
        return pl.scan_parquet(self.folder.parts("v1", table))

    def before(self, table: str, /) -> pl.LazyFrame:
        """V2's rows of a table as they were before this run; the administrators' are users."""
        return pl.scan_parquet(self.folder.before("User" if table == "Administrator" else table))

    def plan(self, name: str, /) -> pl.LazyFrame:
        """What was planned, by V1 table or by the plan's own name."""
        return pl.scan_parquet(self.folder.plan(name))

    def people(self, table: str, /) -> pl.LazyFrame:
        """Who the people of a V1 table are, all parts."""
        return pl.scan_parquet(self.folder.parts("plan/people", table))

    def identities(self, table: str, /) -> pl.LazyFrame:
        """Who the rows of a V1 table are: people or not, all parts."""
        return self.people(table) if self.folder.parts("plan/people", table) else self.plan(table)

    def there(self, table: str, /) -> pl.LazyFrame:
        """The planned rows of a V1 table that V2 will hold."""
        return self.identities(table).filter("is_there")

    def v2(self, table: str, /) -> pl.LazyFrame:
        """The rows of a V2 table that this run is to write, all parts."""
        return pl.scan_parquet(self.folder.parts("v2", table))

    def credentials(self) -> pl.LazyFrame:
        """The new password hashes: `id` (a user's), `passwordHash`; none where nobody needed one."""
        parts = sorted((self.folder.path / "credentials").glob("part-*.parquet"))
        return pl.scan_parquet(parts) if parts else pl.LazyFrame(schema={"id": pl.String, "passwordHash": pl.String})

    def write_manifest(self) -> None:
        """Writes `manifest.json` as things stand now."""
        write_json(
            self.folder.manifest,
            {
                "run": self.folder.run_id,
                "started_at": f"{self.started_at.isoformat(timespec='milliseconds')}Z",
                "databases": self.databases,
                "dry_run": self.settings.dry_run,
                "settings": self.settings.without_secrets(),
                "versions": {"python": platform.python_version()} | {library: version(library) for library in LIBRARIES},
                **self.facts,
                "stages": [asdict(stage) for stage in self.stages],
            },
        )


def write_json(path: Path, document: dict[str, Any], /) -> None:
    """Writes a JSON file readable by its owner only, whole or not at all."""
    unfinished = path.with_suffix(".json.tmp")
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE), "w", encoding="utf-8") as file:  # noqa: PTH123 - a descriptor with a mode
        json.dump(document, file, indent=2, ensure_ascii=False)
        file.write("\n")
    unfinished.replace(path)
