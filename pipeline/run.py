"""One run: its settings, its folder, its clock, its log, and how far it came."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Concatenate, Final, ParamSpec

import polars as pl
from rich.console import Console

from checks.v2 import schema
from pipeline.log import RunLog
from pipeline.manifest import Manifest, RunState, SelectionRecord, StageRecord, versions
from pipeline.pieces import Piece, pieces
from pipeline.progress import Advance, Progress
from pipeline.resume import continuable
from pipeline.run_folder import RunFolder
from pipeline.run_lock import RunLock
from pipeline.selection import Selection
from pipeline.settings import Settings
from pipeline.storage import mapped_storage_errors, write_json

__all__ = ["Run", "write_json"]

StageArguments = ParamSpec("StageArguments")

SECONDS_BETWEEN_MANIFESTS: Final = 1.0
"""While a stage advances, the manifest is written at most so often."""

SET_ANEW: Final = frozenset({"max_rejected_percent"})
"""Settings that a resumed run takes from its own environment: raising this one is why a refused run is gone on with."""


@dataclass
class Run:
    """One run of the migration. Stages read and write `folder`, and never look at the clock or the environment."""

    folder: RunFolder
    settings: Settings
    progress: Progress
    started_at: datetime
    """UTC, without a time zone, in milliseconds as V2 keeps them; of a resumed run, when its first attempt began."""
    selection: Selection = field(default_factory=Selection)
    """Which rows of V1 the user wants."""
    databases: dict[str, str] = field(default_factory=dict)
    """Where V1 and V2 are, for the record: name, host and port."""
    stages: list[StageRecord] = field(default_factory=list)
    """Of all attempts, but those that an earlier attempt did not finish."""
    finished: list[str] = field(default_factory=list)
    """Names of the stages that `once` need not call again."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What the stages found out that the manifest and the report tell: the snapshot, counts, differences. Of JSON's types."""
    state: RunState = "running"
    finished_at: datetime | None = None
    log: RunLog = field(default_factory=RunLog, repr=False)
    new_logins: dict[str, str] = field(default_factory=dict, repr=False)
    """User id → new password, of a few users; for the proof that the logins work, and never written anywhere."""
    _lock: RunLock | None = field(default=None, repr=False)
    _pieces: dict[str, list[Piece]] = field(default_factory=dict, repr=False)

    @classmethod
    def begin(
        cls,
        settings: Settings,
        progress: Progress,
        selection: Selection | None = None,
        /,
        *,
        databases: dict[str, str] | None = None,
        console: Console | None = None,
    ) -> "Run":
        """A run that begins now, with a folder of its own, which it holds until `end`.

        Args:
            settings: All of them shape the run.
            progress: Shows its stages.
            selection: Which rows of V1; all of them if None.
            databases: Where V1 and V2 are.
            console: Where a verbose run shows its log, down to DEBUG; the log's file has the same lines then.

        Raises:
            SettingsError: No folder can be made, or none that can be locked.
            StorageError: The disk of the folder takes no more.
        """
        started_at = _now()
        folder = RunFolder.create(settings.runs_dir, started_at=started_at)
        with mapped_storage_errors(folder.path, is_begun=False):
            run = cls(
                folder,
                settings,
                progress,
                started_at,
                selection or Selection(),
                databases=databases or {},
                log=_log(folder, settings, console),
                _lock=RunLock(folder.lock),
            )
            run.write_manifest()
        run._log_beginning("run begun")
        return run

    @classmethod
    def resumed(cls, folder: RunFolder, settings: Settings, progress: Progress, /, *, console: Console | None = None) -> "Run":
        """The run of a folder, to go on from the last stage that it finished.

        What shapes the run is what shaped its first attempt: settings (but `SET_ANEW`), dry run or not, selection, the time it began. Only
        where the databases are and the secrets, `RUNS_DIR` and `LOG_LEVEL` are those of `settings`.

        Args:
            folder: As `resumable` gives it.
            settings: Of this process.
            progress: Shows the stages.
            console: As in `begin`.

        Raises:
            RefusedError: The run is still running, complete, rolled back, or was begun with other versions; or this is to be a dry run,
                and that one is none.
            StorageError: The disk of the folder takes no more.
        """
        with mapped_storage_errors(folder.path):
            lock = RunLock(folder.lock)
            try:
                manifest = continuable(folder, settings)
                shaped = {name: value for name, value in manifest.settings.items() if name not in SET_ANEW}
                settings = settings.model_copy(update=shaped | {"dry_run": manifest.dry_run})
                run = cls(
                    folder,
                    settings,
                    progress,
                    manifest.started_at,
                    Selection.from_document(asdict(manifest.selection)),
                    databases=manifest.databases,
                    stages=[stage for stage in manifest.stages if stage.name in manifest.finished],
                    finished=manifest.finished,
                    facts=manifest.facts,
                    log=_log(folder, settings, console),
                    _lock=lock,
                )
                run.write_manifest()
            except BaseException:
                lock.release()
                raise
        run._log_beginning("run resumed", finished=",".join(run.finished))
        return run

    @classmethod
    def past(cls, folder: RunFolder, manifest: Manifest, settings: Settings, progress: Progress, /) -> "Run":
        """A run to look at, as its manifest tells it: it is neither held nor logged, and none of its stages is to be done."""
        return cls(
            folder,
            settings.model_copy(update={**manifest.settings, "dry_run": manifest.dry_run}),
            progress,
            manifest.started_at,
            Selection.from_document(asdict(manifest.selection)),
            databases=manifest.databases,
            stages=manifest.stages,
            finished=manifest.finished,
            facts=manifest.facts,
            state=manifest.state,
            finished_at=manifest.finished_at,
        )

    def once(
        self,
        stage: Callable[Concatenate["Run", StageArguments], object],
        /,
        *args: StageArguments.args,
        **kwargs: StageArguments.kwargs,
    ) -> None:
        """Calls a stage with this run, unless an earlier attempt finished the stage of that name.

        What it gives is dropped: what a later stage or the report needs must be in the folder or in `facts` when it returns.
        """
        name = stage.__name__
        if name in self.finished:
            self.log.info("stage skipped", name=name)
            return
        stage(self, *args, **kwargs)
        self.finished.append(name)
        self._note()

    @contextmanager
    def stage(self, name: str, /, *, total: int, unit: str = "rows") -> Iterator[Advance]:
        """Shows, times, logs and records a stage while the block runs."""
        record = StageRecord(name, total=total, unit=unit)
        self.stages.append(record)
        self.log.info("stage begun", name=name, total=total, unit=unit)
        started = noted = time.monotonic()
        self._note()
        try:
            with self.progress.stage(name, total=total, unit=unit) as show:

                def advance(rows: int) -> None:
                    nonlocal noted
                    record.rows += rows
                    show(rows)
                    now = time.monotonic()
                    if now - noted >= SECONDS_BETWEEN_MANIFESTS:
                        noted = now
                        record.seconds = round(now - started, 3)
                        self._note()

                yield advance
            record.state = "done"
        except BaseException:
            record.state = "failed"
            raise
        finally:
            record.seconds = round(time.monotonic() - started, 3)
            tell = self.log.info if record.state == "done" else self.log.error
            tell(f"stage {'finished' if record.state == 'done' else 'failed'}", name=name, rows=record.rows, seconds=record.seconds)
            self._note()

    def end(self, state: RunState, /, *, exit_code: int = 0, error: BaseException | None = None) -> None:
        """Writes how the run ended, and lets go of its folder. A second call changes the state, and does no harm."""
        self.state, self.finished_at = state, _now()
        if error is not None:
            self.log.failure(error)
        self._note()
        self.log.info("run ended", state=state, exit_code=exit_code)
        if self._lock is not None:
            self._lock.release()

    def v1(self, table: str, /) -> pl.LazyFrame:
        """V1's rows of a table, all parts."""
        return pl.scan_parquet(self.folder.parts("v1", table))

    def pieces(self, table: str, /) -> list[Piece]:
        """What V1's rows of a table are worked on by; the same in every stage, once they are read."""
        if table not in self._pieces:
            self._pieces[table] = pieces(self.folder.parts("v1", table))
        return self._pieces[table]

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
        """Who the rows of a V1 table are: people, links or others, all parts."""
        return pl.scan_parquet(self.folder.identities(table))

    def identity_parts(self, table: str, /) -> list[pl.LazyFrame]:
        """Who the rows of a V1 table are, part by part."""
        return [pl.scan_parquet(part) for part in self.folder.identities(table)]

    def there(self, table: str, /) -> pl.LazyFrame:
        """The planned rows of a V1 table that V2 will hold."""
        return self.identities(table).filter("is_there")

    def v2(self, table: str, /) -> pl.LazyFrame:
        """The rows of a V2 table that V2 has not seen, all parts; no rows, typed as V2's contract says, where there are no parts."""
        return self._of_v2(self.folder.parts("v2", table), table)

    def updates(self, table: str, /) -> pl.LazyFrame:
        """The rows of a V2 table whose V1 rows changed since they were migrated, all parts; no rows, typed, where there are no parts."""
        return self._of_v2(self.folder.parts("updates", table), table)

    def credentials(self) -> pl.LazyFrame:
        """The new password hashes: `id` (a user's), `passwordHash`; none where nobody needed one."""
        parts = sorted((self.folder.path / "credentials").glob("part-*.parquet"))
        return pl.scan_parquet(parts) if parts else pl.LazyFrame(schema={"id": pl.String, "passwordHash": pl.String})

    def write_manifest(self) -> None:
        """Writes `manifest.json` as things stand now.

        Raises:
            OSError: It cannot be written; the one before stays.
        """
        Manifest(
            run=self.folder.run_id,
            state=self.state,
            pid=os.getpid(),
            started_at=self.started_at,
            dry_run=self.settings.dry_run,
            settings=self.settings.without_secrets(),
            versions=versions(),
            selection=SelectionRecord(**self.selection.as_document()),
            finished_at=self.finished_at,
            databases=self.databases,
            facts=self.facts,
            finished=self.finished,
            stages=self.stages,
        ).write(self.folder)

    def _note(self) -> None:
        """Writes the manifest if it can be: it tells of the run, and does not end it. A stage that it does not know of is done again."""
        try:
            self.write_manifest()
        except OSError as error:
            self.log.warning("manifest not written", reason=error.strerror)

    def _of_v2(self, parts: list[Path], table: str) -> pl.LazyFrame:
        if parts:
            return pl.scan_parquet(parts)
        return pl.LazyFrame(schema={name: column.dtype.type for name, column in schema(table).columns.items()})

    def _log_beginning(self, event: str, **details: str) -> None:
        self.log.info(
            event,
            run=self.folder.run_id,
            **self.databases,
            dry_run=self.settings.dry_run,
            entities=",".join(self.selection.entities),
            filtered=self.selection.condition is not None,
            settings=self.settings.digest(),
            **details,
        )


def _now() -> datetime:
    now = datetime.now(UTC).replace(tzinfo=None)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def _log(folder: RunFolder, settings: Settings, console: Console | None) -> RunLog:
    return RunLog(folder.log, level="DEBUG" if console else settings.log_level, console=console)
