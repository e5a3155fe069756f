"""The story of a migration, on one page.

```
V1 ══extract══▶ v1/*.parquet ══transform══▶ v2/*.parquet ══load══▶ V2
   one snapshot      │ checks of V1   ▲          │ checks of V2  one     │
                     │          plan: who keeps  │               transaction
                     │          which address    │                       │
                     └─ rejected, changed ───────┴──── books ◀══ verify ═╛ ──▶ report
```

Every stage turns files of the run's folder into files; the databases are touched at the two ends only.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from checks.books import unbalanced
from checks.findings import merged
from pipeline.errors import INTERRUPTED_EXIT_CODE, CheckError, MigratorError, RefusedError, VerificationError
from pipeline.postgres.connect import Database
from pipeline.postgres.ledger import exclusive
from pipeline.stages.balance import balance, changed_ids
from pipeline.stages.credentials import credentials
from pipeline.stages.extract import extract
from pipeline.stages.load import Target, load, transaction
from pipeline.stages.plan import plan
from pipeline.stages.report import Report
from pipeline.stages.transform import transform
from pipeline.stages.verify import verify


def migrate(report: Report, v1: Database, v2: Database, /, *, confirm: Callable[[], None]) -> None:
    """Moves V1 to V2: all of it or, on any error, nothing.

    Args:
        report: Of a run that has just begun; filled as the run goes on.
        v1: Only ever read.
        v2: Written in one transaction.
        confirm: Called before anything is written, when the report holds the numbers; raises `RefusedError` to stop.

    Raises:
        MigratorError: Any of the tree; the report is written all the same.
    """
    run = report.run
    with _told(report), exclusive(v2) as lock:
        extract(run, v1, v2)
        report.v1_findings = merged(plan(run))
        report.v2_findings = merged(transform(run))
        report.books = balance(run)
        _require_sound(report)
        _require_only_new_rows(report)
        if any(run.facts["written"].values()):
            confirm()
            credentials(run)
            with transaction(v2) as target:
                load(run, target)
                report.verification = verify(run, target)
                report.verification.require_none()
                lock.require_held()
                if not run.settings.dry_run:
                    _commit(report, target)


@contextmanager
def _told(report: Report) -> Iterator[None]:
    """Sees to it that the report tells how the run ended, however it ended."""
    try:
        yield
    except BaseException as error:
        if not report.is_committed:
            _tell_failure(report, error)
        raise
    else:
        report.verdict, report.exit_code = "ok", 0
    finally:
        report.write()


def _tell_failure(report: Report, error: BaseException) -> None:
    if isinstance(error, MigratorError):
        report.verdict = "differences" if isinstance(error, VerificationError) else "failed"
        report.exit_code, report.problem = error.exit_code, error.problem
    elif isinstance(error, KeyboardInterrupt):
        report.verdict, report.exit_code = "interrupted", INTERRUPTED_EXIT_CODE


def _commit(report: Report, target: Target) -> None:
    """The point of no return: a Ctrl-C while it is passed comes too late, and the report must not say otherwise."""
    with _interrupts_ignored():
        target.commit()
        report.is_committed, report.verdict, report.exit_code = True, "ok", 0


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Ignores Ctrl-C while the block runs; elsewhere than on the main thread it never comes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _require_sound(report: Report) -> None:
    """Stops the run before anything is written if a check of V2's contract failed, the books are open, or too much was rejected.

    A row that breaks a check of V1 does not stop it: it is rejected, and on record.
    """
    failed = [finding for finding in (*report.v2_findings, *unbalanced(report.books)) if finding.failing]
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
            f"checks: {rejected} of {read} rows are rejected, {100 * rejected / read:.1f}%; MAX_REJECTED_PERCENT allows {allowed:g}%.",
            next_step=f"Nothing was written. See {report.run.folder.record('rejected')}, correct V1, or raise the setting.",
        )


def _require_only_new_rows(report: Report) -> None:
    """Stops the run before anything is written if rows changed in V1 since they were migrated: it adds rows, it updates none."""
    changed = {table: book.updated for table, book in report.books.items() if book.updated}
    if changed:
        listed = ", ".join(f"{table} {ids} ({changed[table]})" for table, ids in changed_ids(report.run, changed).items())
        raise RefusedError(
            f"plan: rows of V1 changed since they were migrated: {listed}.",
            next_step="Nothing was written. This version adds new rows only; it cannot update V2 yet.",
        )
