"""The story of a migration, on one page.

```
V1 ══extract══▶ v1/*.parquet ══transform══▶ v2/*.parquet ══load══▶ V2
   one snapshot      │ checks of V1   ▲          │ checks of V2  one     │
                     │          plan: who keeps  │               transaction
                     │          which address    │                       │
                     └─ rejected, changed ───────┴──── books ◀══ verify ═╛ ──▶ report
```

Every stage turns files of the run's folder into files; the databases are touched at the two ends only.
Where V1 is as the last run brought it over, the run ends behind extract.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from checks.books import unbalanced
from pipeline.errors import (
    INTERRUPTED_EXIT_CODE,
    CheckError,
    ConnectionFailedError,
    DatabaseError,
    MigratorError,
    RefusedError,
    StorageError,
    VerificationError,
)
from pipeline.postgres import ledger
from pipeline.postgres.connect import Database
from pipeline.postgres.ledger import exclusive
from pipeline.stages.balance import balance
from pipeline.stages.credentials import credentials
from pipeline.stages.extract import extract
from pipeline.stages.load import load
from pipeline.stages.plan import plan
from pipeline.stages.report import STATES, Report
from pipeline.stages.target import Target, interrupts_ignored, transaction
from pipeline.stages.transform import transform
from pipeline.stages.unchanged import is_unchanged
from pipeline.stages.verify import Verification, verify
from pipeline.storage import mapped_storage_errors


def migrate(report: Report, v1: Database, v2: Database, /, *, confirm: Callable[[], None], skip_validation: bool = False) -> None:
    """Moves V1 to V2: all of it or, on any error, nothing. A run that was cut off goes on where it was.

    Args:
        report: Of a run that has just begun, or was resumed; filled as the run goes on.
        v1: Only ever read.
        v2: Written in one transaction.
        confirm: Called before anything is written, when the report holds the numbers; raises `RefusedError` to stop.
        skip_validation: Commit without having read back what was written.

    Raises:
        MigratorError: Any of the tree; the report is written all the same.
    """
    run = report.run
    with _told(report), exclusive(v2) as lock:
        if _is_committed(report, v2, lock):
            return
        run.once(extract, v1, v2)
        if not is_unchanged(run):
            run.once(plan)
            run.once(transform)
        report.books = balance(run)
        _require_sound(report)
        if report.rows_to_write:
            confirm()
            run.once(credentials)
            with transaction(v2) as target:
                load(run, target)
                if not skip_validation:
                    report.verification = verify(run, target)
                    report.verification.require_none()
                lock.require_held()
                if not run.settings.dry_run:
                    _commit(report, target)


@contextmanager
def _told(report: Report) -> Iterator[None]:
    """Sees to it that report and manifest tell how the run ended, however it ended."""
    try:
        with mapped_storage_errors(report.run.folder.path):
            yield
    except BaseException as error:
        if not report.is_committed:
            _tell_failure(report, error)
        with suppress(OSError):  # what went wrong before is told, not that it could not be written down
            _close(report, error)
        raise
    else:
        report.verdict, report.exit_code = "ok", 0
        try:
            with interrupts_ignored():
                _close(report)
        except OSError:
            raise StorageError(
                f"The run is done, but the disk of {report.run.folder.path} takes no report.",
                next_step=f"Free space there, then let it be written: --resume {report.run.folder.run_id}.",
            ) from None


def _tell_failure(report: Report, error: BaseException) -> None:
    if isinstance(error, MigratorError):
        report.verdict = "differences" if isinstance(error, VerificationError) else "failed"
        report.exit_code, report.problem, report.next_step = error.exit_code, error.problem, error.next_step
    elif isinstance(error, KeyboardInterrupt):
        report.verdict, report.exit_code = "interrupted", INTERRUPTED_EXIT_CODE


def _close(report: Report, error: BaseException | None = None) -> None:
    report.write()
    report.run.end(STATES[report.verdict], exit_code=report.exit_code, error=error)


def _is_committed(report: Report, v2: Database, lock: ledger.Lock) -> bool:
    """Whether V2 holds the run already: an earlier attempt was cut off behind its commit.

    Raises:
        RefusedError: Another run was committed since this one read V2, or what it read of the ledger is no longer there.
    """
    run = report.run
    latest = lock.latest_run()
    if latest == run.folder.run_id:
        report.is_committed = True
        report.books = balance(run)
        report.verification = Verification.from_document(run.facts.get("verification", {}))
        return True
    if "extract" in run.finished and latest != run.facts["latest_run"]:
        raise RefusedError(
            f"Run {run.folder.run_id} cannot be gone on with: {v2.place} was migrated to, or rolled back, since it read it.",
            next_step="Start a new run: without --resume.",
        )
    return False


def _commit(report: Report, target: Target) -> None:
    """The point of no return: a Ctrl-C while it is passed comes too late, and the report must not say otherwise.

    If the connection breaks in that moment, the ledger tells which side of it the run is on.

    Raises:
        ConnectionFailedError: It broke before the commit, or nobody can tell; the report's `is_committed` is None then.
    """
    with interrupts_ignored():
        try:
            target.commit()
        except ConnectionFailedError:
            if not _was_committed(report, target.database):
                raise
        report.is_committed, report.verdict, report.exit_code = True, "ok", 0


def _was_committed(report: Report, v2: Database) -> bool:
    run_id = report.run.folder.run_id
    try:
        return ledger.was_committed(v2, run_id)
    except DatabaseError:
        report.is_committed = None
        raise ConnectionFailedError(
            f"The connection to {v2.place} broke in the moment of the commit: whether V2 holds the run is not known.",
            next_step=f"When V2 can be reached again: --resume {run_id}. It asks V2, and goes on only if the run is not there.",
        ) from None


def _require_sound(report: Report) -> None:
    """Stops the run before anything is written if a check of V2's contract failed, the books are open, or too much was rejected.

    A row that breaks a check of V1 does not stop it: it is rejected, and on record.
    """
    failed = [finding for finding in (*report.findings("v2"), *unbalanced(report.books)) if finding.failing]
    if failed:
        listed = "; ".join(f"{finding.table}: {finding.check} ({finding.failing} of {finding.rows} rows)" for finding in failed)
        raise CheckError(
            f"checks: {listed}.",
            next_step=f"Nothing was written. The findings are in {report.run.folder.report}; please report them.",
        )
    read, rejected = (sum(getattr(book, name) for book in report.books.values()) for name in ("read", "rejected"))
    allowed = report.run.settings.max_rejected_percent
    if read and 100 * rejected / read > allowed:
        raise CheckError(
            f"checks: {rejected:,} of {read:,} rows are rejected, {100 * rejected / read:.1f}%; MAX_REJECTED_PERCENT allows {allowed:g}%.",
            next_step=f"Nothing was written. See {report.run.folder.record('rejected')}, correct V1, or raise the setting.",
        )
