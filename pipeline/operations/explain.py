"""What became of one row of V1, and by which rules: out of the files of the runs' folders alone, no database asked.

```
newest run that read the row ─┬─ inserted, updated ──────────────────▶ its V2 rows, each value with its rule
                              ├─ rejected, merged ───────────────────▶ why
                              └─ unchanged, kept, not selected ─ledger▶ the earlier run that wrote it, and its V2 rows
```
"""

import re
from pathlib import Path
from typing import Any, Final

from checks import v1 as checks_of_v1
from checks.relations import FOREIGN_KEYS
from checks.schemas import questions
from pipeline.errors import RefusedError, UsageError
from pipeline.operations.explanation import WRITTEN, Change, Explanation, Rejection, Row, RunNote, State, V2Row, Value
from pipeline.operations.past_runs import PastRun, past_runs
from transforms.ids import reference_id
from transforms.lineage import KINDS, Writing, own_columns, referred_table, v1_table, writings_of
from transforms.reasons import MEANINGS

WRITTEN_EARLIER: Final = frozenset({"unchanged", "kept", "not selected"})

SECRETS: Final = frozenset({"password", "admin_password", "passwordHash"})
"""Columns whose values are never shown."""

SET, NONE, LEFT = "(set)", "(none)", "(left as V2 has it)"

CODED: Final = {(key.table, key.column): key.parent_table for key in FOREIGN_KEYS}
"""V2 table and column that refer to a row → its table; of those with a code the files know the code."""

ID: Final = re.compile(r"-?[0-9]{1,10}")
PAIR: Final = re.compile(r"(?P<A>-?[0-9]{1,10}):(?P<B>-?[0-9]{1,10})")


def explained(runs: Path, /, *, table: str, v1_id: str) -> Explanation:
    """What became of a V1 row in the newest run that read it and got as far as to plan what becomes of it.

    Args:
        runs: Where the runs' folders are.
        table: A V1 table or `Administrator`, in any case; a link table with or without its underscore.
        v1_id: Its id: a number, of a link table `A:B`; an administrator's is the school's.

    Raises:
        UsageError: No such table, or no id of that form.
        RefusedError: No run has the row.
    """
    kind = _kind(table)
    keys = _keys(kind, v1_id)
    v1_id = ":".join(map(str, keys.values()))
    past = past_runs(runs)
    found = next((run for run in past if run.identity(kind, v1_id)), None)
    if found is None:
        raise RefusedError(
            f"No run in {runs} has read {kind} {v1_id}.",
            next_step="Is the id V1's own, and RUNS_DIR the folder with the runs? `status` lists them.",
        )
    identity, row = found.identity(kind, v1_id) or {}, found.v1_row(v1_table(kind), keys) or {}
    state = _state(identity)
    writer = found if state in WRITTEN else _writer(found, past, kind, v1_id) if state in WRITTEN_EARLIER else None
    rows, absent = _v2_rows(writer, kind, keys) if writer else ((), {})
    newest = next(run for run in past if run.is_of_same("v1", found))
    is_gone = newest.identity(kind, v1_id) is None
    return Explanation(
        kind,
        v1_id,
        _note(found),
        state,
        v1={name: _shown(name, row[name]) for name in row if name in own_columns(kind)},
        rejection=_rejection(kind, found, identity) if state == "rejected" else None,
        merged_with=found.code("Subject", identity["subject_uid"]) if state == "merged" and kind == "Subject" else None,
        gone_in=newest.run_id if is_gone else None,
        ledger_run=found.ledger_run(kind, v1_id),
        written_by=_note(writer) if writer else None,
        changes=_changes([newest if is_gone else found, found, writer or found], kind, v1_id),
        rows=rows,
        absent=absent,
    )


# What was asked


def _kind(table: str) -> str:
    asked = table.removeprefix("_").casefold()
    for kind in KINDS:
        if kind.removeprefix("_").casefold() == asked:
            return kind
    raise UsageError("explain: V1 has no such table.", next_step=f"Tables are {', '.join(KINDS)}.")


def _keys(kind: str, v1_id: str) -> dict[str, int]:
    """The columns of the row's key, and their values."""
    is_link = kind.startswith("_")
    found = (PAIR if is_link else ID).fullmatch(v1_id.strip())
    if found is None:
        raise UsageError(
            f"explain: that is no id of {kind}.",
            next_step=f"Ids of {kind} are {'two numbers, such as 3:17' if is_link else 'numbers, such as 17'}.",
        )
    return {name: int(value) for name, value in found.groupdict().items()} if is_link else {"id": int(found[0])}


# What became of it


def _state(identity: Row) -> State:
    if not identity.get("is_selected", True):
        return "not selected"
    if identity["rejected"] is not None:
        return "rejected"
    flags: dict[State, str] = {"merged": "is_merged", "kept": "is_kept", "unchanged": "is_unchanged", "updated": "is_known"}
    return next((state for state, flag in flags.items() if identity.get(flag)), "inserted")


def _writer(found: PastRun, past: list[PastRun], kind: str, v1_id: str) -> PastRun | None:
    """The run that wrote the row last before another run read it: the one that the ledger named then, or the newest before it that did."""
    earlier = [run for run in past[past.index(found) + 1 :] if run.is_of_same("v2", found)]
    named = found.ledger_run(kind, v1_id)
    if named is not None:
        ids = [run.run_id for run in earlier]
        earlier = earlier[ids.index(named) :] if named in ids else []
    for run in earlier:
        identity = run.identity(kind, v1_id)
        is_committed = run.run_id == named or _note(run).has_written
        if identity and _state(identity) in WRITTEN and is_committed:
            return run
    return None


def _rejection(kind: str, run: PastRun, identity: Row) -> Rejection:
    code, check = identity["rejected"], identity["rejected_check"]
    record = next(iter(run.records("rejected", kind, str(identity["v1_id"]))), {})
    asked = questions(checks_of_v1.schema(kind)) if kind in checks_of_v1.COLUMNS else []
    meaning = next((question.meaning for question in asked if question.check == check), None)
    return Rejection(code, _meaning(code), record.get("column"), check, meaning)


def _changes(runs: list[PastRun], kind: str, v1_id: str) -> tuple[Change, ...]:
    """What the runs have on record of the row, the same thing once."""
    records = [record for run in runs for record in run.records("changed", kind, v1_id)]
    changes = [
        Change(record["column"], record["code"], _meaning(record["code"]), record["original"], record["check"]) for record in records
    ]
    return tuple(dict.fromkeys(changes))


def _meaning(code: str) -> str:
    """A reason code in plain words; of a code that this version does not know, the code."""
    return MEANINGS.get(code, code)


# Its V2 rows


def _v2_rows(run: PastRun, kind: str, keys: dict[str, int]) -> tuple[tuple[V2Row, ...], dict[str, str]]:
    """The V2 rows that a run wrote of a V1 row; and the tables that got none, and why."""
    rows, absent = [], {}
    for writing in writings_of(kind):
        found = _v2_row(run, writing, keys)
        if found:
            rows.append(found)
        elif writing.unless:
            absent[writing.table] = writing.unless
    return tuple(rows), absent


def _v2_row(run: PastRun, writing: Writing, keys: dict[str, int]) -> V2Row | None:
    ids = {column: _v2_id(run, writing, template, keys) for column, template in writing.keys.items()}
    if None in ids.values():
        return None
    for area, how in (("v2", "inserted"), ("updates", "updated")):
        row = run.v2_row(area, writing.table, ids)  # type: ignore[arg-type]  # none is None
        if row is not None:
            values = tuple(_value(run, writing, name, row[name], is_update=area == "updates") for name in row)
            return V2Row(writing.table, how, values)  # type: ignore[arg-type]  # one of the two
    return None


def _v2_id(run: PastRun, writing: Writing, template: str, keys: dict[str, int]) -> str | None:
    """The V2 id that a key's template gives; None where a V1 column on the way is null."""
    if template.startswith("Subject:") and writing.kind.startswith("_"):
        # What the V1 subject became may be the catalogue's.
        identity = run.identity(writing.kind, ":".join(map(str, keys.values()))) or {}
        uid: str | None = identity.get("subject_uid")
        return uid
    key, path = template.removesuffix("}").split("{")
    table = v1_table(writing.kind)
    row, value = run.v1_row(table, keys), None
    for column in path.split("."):
        value = row[column] if row else None
        if value is None:
            return None
        referred = referred_table(table, column)
        table, row = (referred, run.v1_row(referred, {"id": value})) if referred else (table, row)
    return reference_id(f"{key}{value}")


def _value(run: PastRun, writing: Writing, column: str, value: Any, *, is_update: bool) -> Value:
    origin = writing.origin(column)
    parent = CODED.get((writing.table, column))
    meaning = run.code(parent, value) if parent and value is not None else None
    is_left = is_update and value is None and column in {"passwordHash", "mustChangePassword"}
    shown = LEFT if is_left else SET if column in SECRETS else value
    return Value(column, shown, meaning, tuple(writing.sources(origin)), origin.section, origin.rule)


def _shown(column: str, value: Any) -> Any:
    if column in SECRETS:
        return NONE if value in {None, ""} else SET
    return value


def _note(run: PastRun) -> RunNote:
    return RunNote(run.run_id, run.manifest.state, run.manifest.dry_run, run.manifest.databases)
