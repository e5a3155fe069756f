"""`explain V1-TABLE V1-ID`: what became of a row, and by which rules."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from rich.markup import escape
from rich.table import Table

from pipeline.commands.terminal import Terminal
from pipeline.operations.explain import explained
from pipeline.operations.explanation import STATES, WRITTEN, Change, Explanation, RunNote, V2Row, Value
from pipeline.settings import Settings
from transforms.lineage import v1_table

NOTHING: Final = "–"
"""In place of a null."""


def explain(settings: Settings, terminal: Terminal, /, *, table: str, v1_id: str) -> Explanation:
    """Tells what became of a V1 row, out of the runs' folders alone: no database is asked.

    It shows the row, which is personal data, on the user's own terminal; passwords and their hashes never.

    Raises:
        UsageError: No such table, or no id of its form.
        RefusedError: No run has read the row.
    """
    explanation = explained(settings.runs_dir, table=table, v1_id=v1_id)
    for line in _story(explanation):
        terminal.say(line)
    for shown in _tables(explanation):
        terminal.say("")
        terminal.console.print(shown)
    if explanation.absent:
        terminal.say("")
    for name, reason in explanation.absent.items():
        terminal.say(f"No row in V2's {name}: {reason}, or V2 had it already.")
    terminal.give(_document(explanation))
    return explanation


def _story(explanation: Explanation) -> Iterator[str]:
    yield f"{explanation.table} {explanation.v1_id}: {_outcome(explanation)}. {_reason(explanation)}"
    yield f"{_capitalised(_told(explanation.run))}."
    writer = explanation.written_by
    if writer and writer.run != explanation.run.run:
        yield f"Written by {_told(writer)}."
    elif explanation.ledger_run and not writer:
        yield f"Written by run {explanation.ledger_run}, whose folder is not there."
    if explanation.gone_in:
        yield f"Run {explanation.gone_in} did not find it in V1 any more; what V2 has of it stays."


def _outcome(explanation: Explanation) -> str:
    """What became of the row: in a run that V2 has nothing of, what was to become of it."""
    if explanation.state not in WRITTEN or explanation.run.has_written:
        return explanation.state
    return f"{explanation.state}, and taken back" if explanation.run.state == "rolled back" else f"was to be {explanation.state}"


def _reason(explanation: Explanation) -> str:
    if (reason := explanation.rejection) is None:
        merged = explanation.merged_with
        return f"It is the catalogue's subject {merged}." if merged else f"{_capitalised(STATES[explanation.state])}."
    meaning = f"{reason.check_meaning} (check {reason.check})" if reason.check else reason.meaning
    column = f", by its {reason.column}" if reason.column and not reason.check else ""
    school = explanation.v1.get("school_id", explanation.v1_id)
    further = f" Go on with: explain School {school}" if reason.code == "school_missing" else ""
    return f"{_capitalised(STATES['rejected'])}: {reason.code}, {meaning}{column}.{further}"


def _told(run: RunNote) -> str:
    kind = "dry run" if run.dry_run else "run"
    places = " to ".join(run.databases[name] for name in ("v1", "v2") if name in run.databases)
    return f"{kind} {run.run}{f', {places}' if places else ''}: {run.state}"


def _tables(explanation: Explanation) -> Iterator[Table]:
    yield _v1_table(explanation)
    if explanation.changes:
        yield _changes_table(explanation.changes)
    yield from (_v2_table(row, own_table=v1_table(explanation.table)) for row in explanation.rows)


def _v1_table(explanation: Explanation) -> Table:
    table = _table(f"In V1: {explanation.table} {explanation.v1_id}")
    table.add_column("column", no_wrap=True)
    table.add_column("value", overflow="fold")
    for name, value in explanation.v1.items():
        table.add_row(name, _text(value))
    return table


def _changes_table(changes: tuple[Change, ...]) -> Table:
    table = _table("Changed on the way, or noted")
    table.add_column("column", no_wrap=True)
    table.add_column("code", no_wrap=True)
    table.add_column("in V1", overflow="fold")
    table.add_column("meaning", ratio=1)
    for change in changes:
        meaning = f"{change.meaning} ({change.detail})" if change.detail else change.meaning
        table.add_row(_text(change.column), change.code, _text(change.original), escape(meaning))
    return table


def _v2_table(row: V2Row, *, own_table: str) -> Table:
    table = _table(f"In V2: {row.table}, {row.how}")
    table.add_column("column", no_wrap=True)
    table.add_column("value", overflow="fold", ratio=2)
    table.add_column("what it is made of: the mapping's rule", ratio=3)
    for value in row.values:
        sources = ", ".join(name.removeprefix(f"{own_table}.") for name in value.sources)
        table.add_row(value.column, _meant(value), escape(f"{sources}{sources and ': '}{value.rule} (section {value.section})"))
    return table


def _meant(value: Value) -> str:
    return f"{_text(value.value)} {escape(f'({value.meaning})')}" if value.meaning else _text(value.value)


def _text(value: Any) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, list):
        return ", ".join(map(_text, value)) or "{}"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="milliseconds")
    return escape(_visible(str(value).lower() if isinstance(value, bool) else str(value)))


def _visible(text: str) -> str:
    r"""The text with its invisible characters written out: they explain what became of it, and an escape would rule the terminal.

    >>> _visible("Ada\u200b Obi")
    'Ada\\u200b Obi'
    """
    return "".join(character if character.isprintable() else character.encode("unicode_escape").decode() for character in text)


def _capitalised(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]


def _document(explanation: Explanation) -> dict[str, Any]:
    """The explanation in JSON's types: times in ISO 8601, exact numbers as text."""
    document: dict[str, Any] = _plain(asdict(explanation) | {"meaning": STATES[explanation.state]})
    return document


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _table(title: str) -> Table:
    return Table(title=escape(title), title_justify="left", show_edge=False, min_width=len(title) + 2)
