"""V2's indexes and keys, off its tables while many rows come in, and back on them in the same transaction.

```
few rows come, or many are there ─┐
the table is not ours, or unusual ┼─▶ its indexes and keys stay, and each row is checked as it comes
somebody is at work in it ────────┘
                             else ──▶ LOCK ─ DROP ─ rows by COPY ─ CREATE INDEX ─ ADD FOREIGN KEY ─ the catalogue as it was
```

A row that an index or key would have refused is refused when that is made again: then the transaction is rolled back.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pipeline.errors import LoadError
from pipeline.log import RunLog
from pipeline.postgres.constraints import Constraint, catalogue_query, detachable, pays
from pipeline.progress import Advance
from pipeline.stages.target import LOCK_TIMEOUT, Target, refusals

PATIENCE: Final = "5s"
"""How long to wait for whoever works in a table; then the table keeps its constraints."""

REFUSAL: Final = "migration.refusal"
"""The session's variable in which the server keeps why an attempt was refused."""

CAN_CATCH: Final = """
    SELECT count(*) > 0 AS can_catch FROM pg_language WHERE lanname = 'plpgsql' AND has_language_privilege(oid, 'USAGE')
"""

FEWER_WORKERS: Final = """
    SELECT set_config('max_parallel_maintenance_workers', '{others}', true)
    WHERE current_setting('max_parallel_maintenance_workers')::int > {others}
      AND (inet_server_addr() IS NULL OR inet_server_addr() = inet_client_addr())
"""
"""Where the server is on this machine, no more processes sort an index than there are cores."""

ENOUGH_MEMORY: Final = """
    SELECT set_config('maintenance_work_mem', needed || 'kB', true)
    FROM (SELECT 32 * 1024 * (1 + current_setting('max_parallel_maintenance_workers')::int) AS needed) AS of_all
    WHERE pg_size_bytes(current_setting('maintenance_work_mem')) < needed * 1024::bigint
"""
"""32 MB for each process that sorts an index, without which PostgreSQL starts fewer. More makes it slower: what is sorted no longer
fits the cores' caches (measured at half a million students: 256 MB take a tenth longer)."""


@dataclass(frozen=True)
class Detached:
    """What was taken off, to be put back."""

    constraints: Sequence[Constraint] = ()
    before: frozenset[tuple[str, ...]] = frozenset()
    """Every constraint of V2 when the transaction began, by its description."""
    sizes: Mapping[str, int] = field(default_factory=dict)
    """Rows of each table (qualified, quoted) when the constraints come back: what each one's making costs."""

    @property
    def rows(self) -> int:
        """How many rows all of them have to look at."""
        return sum(self.sizes[constraint.on] for constraint in self.constraints)


def detach(target: Target, log: RunLog, /, *, coming: Mapping[str, int], there: Mapping[str, int]) -> Detached:
    """Takes indexes and keys off the tables where that pays, and locks these against everybody else.

    Args:
        target: The run's transaction, in which nothing was written to these tables.
        log: Told what was taken off, or why nothing was.
        coming: Rows that come, by table; the ledger's is `row`.
        there: Rows that the tables hold.

    Raises:
        ConnectionFailedError: The connection broke. Whatever else goes wrong leaves V2's constraints where they are.
    """
    sizes = {target.name(table): rows + there[table] for table, rows in coming.items() if pays(coming=rows, there=there[table])}
    if not sizes:
        return Detached()
    refusal = _lock(target, detachable(_constraints(target, sizes), sizes))
    found = _constraints(target, sizes)  # which nobody changes any more
    taken = detachable(found, sizes)
    refusal = refusal or _attempt(target, [constraint.drop for constraint in taken])
    if refusal:
        log.warning("constraints stay", sqlstate=refusal)
        return Detached()
    log.info("constraints detached", constraints=len(taken), tables=len(sizes))
    return Detached(taken, frozenset(_described(found)), sizes)


def attach(target: Target, detached: Detached, /, advance: Advance) -> None:
    """Puts everything back: keys and indexes, then the foreign keys that need them.

    Raises:
        LoadError: Rows break one of them, or V2's constraints are not what they were.
    """
    set_up_sorting(target)
    for constraint in reversed(detached.constraints):
        with refusals(f"{target.what} of {constraint.table}"):
            target.execute(constraint.add)
        advance(detached.sizes[constraint.on])
    differing = sorted({name for _, _, _, name, *_ in detached.before ^ _described(_constraints(target, detached.sizes))})
    if differing:
        raise LoadError(
            f"{target.what}: V2's indexes and keys are not what they were before the rows came: {', '.join(differing)}.",
            next_step="V2 is as it was. Is somebody changing V2's schema? Start again when they are done; if not, report it.",
        )


def set_up_sorting(target: Target, /) -> None:
    """Says for the rest of the transaction by how many processes an index is sorted, and in how much memory."""
    target.query(FEWER_WORKERS.format(others=(os.cpu_count() or 1) - 1))
    target.query(ENOUGH_MEMORY)


def _lock(target: Target, constraints: Sequence[Constraint]) -> str | None:
    """Waits until nobody else is at work in the tables, those that foreign keys refer to among them, and keeps everybody out."""
    tables = {constraint.on for constraint in constraints} | {constraint.parent for constraint in constraints if constraint.parent}
    lock = f"LOCK TABLE {', '.join(sorted(tables))} IN ACCESS EXCLUSIVE MODE"
    return _attempt(
        target, [f"SET LOCAL lock_timeout = '{PATIENCE}'", lock, f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"] if tables else []
    )


def _attempt(target: Target, statements: Sequence[str]) -> str | None:
    """Executes all of the statements or, where one is refused, none of them: then the SQLSTATE comes back, and the transaction goes on.

    The server itself catches the refusal: after one that it told, ADBC would take nothing but the end of the transaction.
    """
    if not target.query(CAN_CATCH).item():
        return "0A000"  # feature not supported
    body = "".join(f"{statement};\n" for statement in statements)
    target.execute(f"SET LOCAL {REFUSAL} = ''")
    target.execute(f"DO $attempt$ BEGIN\n{body}EXCEPTION WHEN OTHERS THEN PERFORM set_config('{REFUSAL}', SQLSTATE, true); END $attempt$")
    return target.query(f"SELECT current_setting('{REFUSAL}') AS refusal").item() or None


def _described(constraints: Iterable[Constraint]) -> set[tuple[str, ...]]:
    return {constraint.description for constraint in constraints}


def _constraints(target: Target, tables: Iterable[str]) -> list[Constraint]:
    return [Constraint(**row) for row in target.query(catalogue_query(tables)).iter_rows(named=True)]
