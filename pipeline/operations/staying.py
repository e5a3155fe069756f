"""Which rows of a run stay in V2 when the run is taken back, and why: marks the `stays` of `ours_<Table>`.

```
edited    V2's row is no longer what the run wrote, or a later run wrote it again
referred  a row that stays refers to it
belongs   it belongs to a row that stays: a role, an address, a profile, an enrolment; a link, if both its ends stay
blocked   it cannot be again what it was: another row has its address, number or code now, or what it referred to is gone
```

A V1 row is taken back as a whole or not at all: of a person who was edited, the profile is not restored either.
"""

from collections.abc import Iterator
from typing import Final

from checks.relations import FOREIGN_KEYS, PRIMARY_KEYS, UNIQUE_KEYS, ForeignKey
from pipeline.operations.committed_run import later_keys
from pipeline.operations.ours import Ours, Reference, listed, quoted, same_key, temporary
from pipeline.run import Run
from pipeline.stages.target import Target

OWNED: Final = (
    ForeignKey("Address", "schoolId", "School"),
    ForeignKey("Address", "userId", "User"),
    ForeignKey("UserRole", "userId", "User"),
    ForeignKey("Teacher", "userId", "User"),
    ForeignKey("Parent", "userId", "User"),
    ForeignKey("Student", "userId", "User"),
    ForeignKey("Enrollment", "studentId", "Student"),
)
"""What belongs to its owner: made of the same V1 row."""

LINKS: Final = tuple(table for table, key in PRIMARY_KEYS.items() if len(key) > 1)


def settle(run: Run, target: Target, ours: Ours, /) -> None:
    """Marks every row of ours that stays; those that V2 no longer holds as the run wrote them are marked already."""
    _mark_later(run, target, ours)
    for statement in (*_blocked(target, ours), *_referred_by_others(ours)):
        target.execute(statement)
    pulls = [*_referred_by_ours(ours), *_belonging(ours), *_linked(ours)]
    # One row pulls the next: until a round finds no more.
    marked, before = _marked(target, ours), 0
    while marked > before:
        before = marked
        for statement in pulls:
            target.execute(statement)
        marked = _marked(target, ours)


def _mark_later(run: Run, target: Target, ours: Ours) -> None:
    """Marks what a later run wrote again, though it may have written the very same."""
    for table, keys in later_keys(run, target).items():
        later = keys.unique().collect() if table in ours.tables else keys.clear().collect()
        if not later.is_empty():
            key, held = listed(PRIMARY_KEYS[table]), target.database.table(table)
            target.execute(f"CREATE TEMPORARY TABLE {quoted(f'later_{table}')} ON COMMIT DROP AS SELECT {key} FROM {held} WHERE false")
            target.copy(later, table, schema="pg_temp", name=f"later_{table}")
            target.execute(_mark(table, "edited", f"({key}) IN (SELECT {key} FROM {temporary('later', table)})"))


def _blocked(target: Target, ours: Ours) -> Iterator[str]:
    """What cannot be restored: another row has taken what was its own, or a row that it referred to is gone."""
    for table in (table for table in ours.tables if table in ours.former):
        former = f"SELECT {listed(PRIMARY_KEYS[table], of='former')} FROM {temporary('former', table)} AS former WHERE "
        names = ours.columns[table]
        for key in (key for key in UNIQUE_KEYS if key.table == table and key.columns != PRIMARY_KEYS[table]):
            has_value = " AND ".join(f"other.{quoted(name)} = former.{quoted(name)}" for name in key.columns)
            other = f"SELECT FROM {target.database.table(table)} AS other WHERE {has_value} AND NOT ({same_key(table, 'other', 'former')})"
            yield _mark(table, "blocked", f"was_there AND ({listed(PRIMARY_KEYS[table])}) IN ({former} EXISTS ({other}))")
        for reference in (key for key in FOREIGN_KEYS if key.table == table and key.column in names):
            column = f"former.{quoted(reference.column)}"
            parent = f'SELECT FROM {target.database.table(reference.parent_table)} AS parent WHERE parent."id" = {column}'
            is_gone = f"{column} IS NOT NULL AND NOT EXISTS ({parent})"
            yield _mark(table, "blocked", f"was_there AND ({listed(PRIMARY_KEYS[table])}) IN ({former} {is_gone})")


def _referred_by_others(ours: Ours) -> Iterator[str]:
    """Rows to which a row leads that the run did not write: whatever its foreign key does on deletion, nobody else's row shall go."""
    for reference in _leading_to(ours):
        others = f"SELECT {listed(reference.columns, of='child')} FROM {reference.child} AS child"
        if reference.table in ours.tables:
            known = f"SELECT FROM {temporary('ours', reference.table)} AS known WHERE {same_key(reference.table, 'known', 'child')}"
            others += f" WHERE NOT EXISTS ({known})"
        yield _mark(reference.parent, "referred", f"NOT was_there AND ({listed(reference.parent_columns)}) IN ({others})")


def _referred_by_ours(ours: Ours) -> Iterator[str]:
    """Rows to which a row of ours leads that stays. What was there before is not deleted anyway; but an owner is not restored alone."""
    for reference in _leading_to(ours):
        if reference.table in ours.tables:
            is_owned = any(
                (key.table, (key.column,), key.parent_table) == (reference.table, reference.columns, reference.parent) for key in OWNED
            )
            staying = f"SELECT {listed(reference.columns)} FROM {temporary('ours', reference.table)} WHERE stays IS NOT NULL"
            is_at_risk = "true" if is_owned else "NOT was_there"
            yield _mark(reference.parent, "referred", f"{is_at_risk} AND ({listed(reference.parent_columns)}) IN ({staying})")


def _belonging(ours: Ours) -> Iterator[str]:
    for key in OWNED:
        if key.table in ours.tables and key.parent_table in ours.tables:
            owners = f'SELECT "id" FROM {temporary("ours", key.parent_table)} WHERE stays IS NOT NULL'
            yield _mark(key.table, "belongs", f"{quoted(key.column)} IN ({owners})")


def _linked(ours: Ours) -> Iterator[str]:
    """Links whose ends both stay, one of them as a row of ours: a new link between two rows that were there before goes."""
    for table in (table for table in LINKS if table in ours.tables):
        ends = [key for key in FOREIGN_KEYS if key.table == table and key.parent_table in ours.tables]
        staying = [_end(key, "stays IS NOT NULL") for key in ends]
        leaving = [_end(key, "stays IS NULL AND NOT was_there") for key in ends]
        if ends:
            yield _mark(table, "belongs", f"({' OR '.join(staying)}) AND NOT ({' OR '.join(leaving)})")


def _end(key: ForeignKey, condition: str) -> str:
    return f'{quoted(key.column)} IN (SELECT "id" FROM {temporary("ours", key.parent_table)} WHERE {condition})'


def _leading_to(ours: Ours) -> Iterator[Reference]:
    return (reference for reference in ours.references if reference.parent in ours.tables)


def _mark(table: str, reason: str, condition: str) -> str:
    return f"UPDATE {temporary('ours', table)} SET stays = '{reason}' WHERE stays IS NULL AND {condition}"


def _marked(target: Target, ours: Ours) -> int:
    counts = " UNION ALL ".join(f"SELECT count(*) AS rows FROM {temporary('ours', table)} WHERE stays IS NOT NULL" for table in ours.tables)
    return int(target.query(f"SELECT coalesce(sum(rows), 0)::bigint AS rows FROM ({counts}) AS counted").item()) if ours.tables else 0
