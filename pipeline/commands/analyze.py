"""`analyze`: the two live schemas side by side, what maps to what, what would be lost, and where either drifted."""

from collections.abc import Iterable, Iterator
from typing import Final

from rich.markup import escape
from rich.table import Table

from pipeline.commands.terminal import Terminal
from pipeline.operations.analyze import Analysis, Count, Coverage, Loss, Survey, TableSurvey, analyzed
from pipeline.operations.drift import Drift
from pipeline.settings import Settings
from pipeline.steps import V2_TABLES
from transforms.lineage import DROPPED, LINEAGE, drawn_on, made_of, sources_of, v1_table

SHORTER: Final = {" without time zone": "", "character varying": "varchar", "character": "char"}
"""How types are written for people."""

OF_V1: Final = "difference: rejected, merged, left out, or new since; below zero: gone from V1"
OF_V2: Final = "difference: V2's own rows; below zero: deleted since; –: not one for each V1 row"

UNKNOWN: Final = "?"
"""In place of a count that could not be made."""

NOT_THERE: Final = "–"
"""In place of the count of a table that is missing."""


def analyze(settings: Settings, terminal: Terminal, /, *, compare_counts: bool) -> Analysis:
    """Compares V1 and V2 as they are, and says what it found; with `compare_counts` also how many rows were migrated.

    It only reads. What is missing, may not be read or is not as expected is told, and is no error.
    """
    v1, v2 = settings.database("V1"), settings.database("V2")
    terminal.say(f"{v1.place} beside {v2.place}")
    analysis = analyzed(v1, v2, terminal.progress, compare_counts=compare_counts)
    for table in _tables(analysis):
        terminal.say("")
        terminal.console.print(table)
    terminal.say("")
    for line in _summary(analysis):
        terminal.say(line)
    terminal.give(analysis.document())
    return analysis


def _tables(analysis: Analysis) -> Iterator[Table]:
    yield from (_v1_table(found) for found in analysis.v1.tables)
    yield from (_v2_table(found) for name in V2_TABLES for found in analysis.v2.tables if found.name == name)
    if others := [found for found in analysis.v2.tables if found.name not in V2_TABLES]:
        yield _others_table(others)
    yield _overview_table(analysis)
    if analysis.losses:
        yield _losses_table(analysis)
    if drifts := [*analysis.v1.drift, *(() if analysis.v2.is_empty else analysis.v2.drift)]:
        yield _drift_table(drifts)
    if analysis.counts:
        yield _counts_table("V1's rows, and those that V2 has of them", "in V1", "migrated", analysis.v1, analysis.counts.v1, OF_V1)
        yield _counts_table("V2's rows, and those that the migration gave", "in V2", "of V1", analysis.v2, analysis.counts.v2, OF_V2)


def _summary(analysis: Analysis) -> Iterator[str]:
    yield f"V1 columns with a place in V2: {_share(analysis.columns)}; their values: {_share(analysis.values)}."
    lost = sum(loss.values or 0 for loss in analysis.losses)
    purpose = sum(loss.values or 0 for loss in analysis.losses if loss.is_on_purpose)
    yield f"Values of V1 that have no place in V2: {lost:,}, of which {purpose:,} are dropped on purpose."
    if analysis.v2.is_empty:
        yield "V2 has no tables yet: `python run_migration.py setup` makes them."
    yield "Neither database drifted from what the mapping expects." if not _has_drift(analysis) else "See above where a database drifted."


# One database


def _v1_table(found: TableSurvey) -> Table:
    table = _table(f"V1 {found.name}: {_rows(found.rows)}")
    table.add_column("column", no_wrap=True)
    table.add_column("type", overflow="fold")
    table.add_column("values", justify="right", no_wrap=True)
    table.add_column("what it becomes in V2", ratio=1)
    for column in found.columns:
        becomes = _becomes(f"{found.name}.{column.name}")
        table.add_row(escape(column.name), escape(_type(column.type)), _number(column.values), becomes)
    return table


def _v2_table(found: TableSurvey) -> Table:
    table = _table(f"V2 {found.name}: {_rows(found.rows)}")
    table.add_column("column", no_wrap=True)
    table.add_column("type", overflow="fold")
    table.add_column("what of V1 it is made of", ratio=1)
    known = {origin.column for writing in LINEAGE if writing.table == found.name for origin in writing.origins}
    for column in found.columns:
        sources = _by_table(sources_of(f"{found.name}.{column.name}"))
        nothing = "the same for all of a kind" if column.name in known else "– not written"
        table.add_row(escape(column.name), escape(_type(column.type)), "; ".join(sources) or nothing)
    return table


def _others_table(others: list[TableSurvey]) -> Table:
    table = _table("V2's other tables, which the migration does not write")
    table.add_column("table")
    table.add_column("rows", justify="right")
    table.add_column("columns", ratio=1)
    for found in others:
        table.add_row(escape(found.name), _number(found.rows), escape(", ".join(column.name for column in found.columns)))
    return table


def _becomes(v1_column: str) -> str:
    """Where the values of a V1 column go: V2 tables with their columns; what only other V1 rows draw on comes last."""
    if v1_column in DROPPED:
        return "– dropped on purpose"
    own, others = "; ".join(_by_table(made_of(v1_column))), "; ".join(_by_table(drawn_on(v1_column)))
    return "; ".join(filter(None, [own, others and f"and of other rows {others}"])) or "– no place"


def _by_table(names: Iterable[str]) -> list[str]:
    """`User.id`, `User.email`, `Teacher.id` → `User: id, email`, `Teacher: id`."""
    grouped: dict[str, list[str]] = {}
    for name in names:
        table, column = name.split(".")
        grouped.setdefault(table, []).append(column)
    return [f"{table}: {', '.join(columns)}" for table, columns in grouped.items()]


# Both


def _overview_table(analysis: Analysis) -> Table:
    table = _table("V1's tables, and V2's that they become")
    table.add_column("V1 table", no_wrap=True)
    table.add_column("rows", justify="right", no_wrap=True)
    table.add_column("V2 tables", ratio=1)
    for found in analysis.v1.tables:
        given = dict.fromkeys(writing.table for writing in LINEAGE if v1_table(writing.kind) == found.name)
        listed = ", ".join(f"{name} ({_held(analysis.v2, name)})" for name in given)
        table.add_row(escape(found.name), _number(found.rows), listed or "– no place")
    return table


def _losses_table(analysis: Analysis) -> Table:
    table = _table("What of V1 has no place in V2")
    table.add_column("V1 column or table", overflow="fold")
    table.add_column("values lost", justify="right", no_wrap=True)
    table.add_column("why", ratio=1)
    beyond = {found.name: len(found.columns) for found in analysis.v1.tables if not found.is_expected}
    whole: dict[str, list[Loss]] = {}
    for loss in analysis.losses:
        name = loss.name.split(".")[0]
        whole.setdefault(f"{name}, {beyond[name]} columns" if name in beyond else loss.name, []).append(loss)
    for name, losses in whole.items():
        lost = None if any(loss.values is None for loss in losses) else sum(loss.values or 0 for loss in losses)
        why = f"dropped on purpose: {losses[0].reason}" if losses[0].is_on_purpose else losses[0].reason
        table.add_row(escape(name), _number(lost), escape(why))
    return table


def _drift_table(drifts: Iterable[Drift]) -> Table:
    table = _table("Drift: what is not as the mapping expects it")
    table.add_column("", no_wrap=True)
    table.add_column("what", overflow="fold")
    table.add_column("is", overflow="fold")
    table.add_column("what follows", ratio=1)
    for found in drifts:
        table.add_row(found.database, escape(found.name), escape(_how(found)), escape(found.consequence))
    return table


def _how(found: Drift) -> str:
    if found.kind == "differs" and found.expected and found.found:
        return f"{_type(found.found)}, not {_type(found.expected)}"
    return found.kind


def _counts_table(title: str, here: str, by_ledger: str, survey: Survey, counts: dict[str, Count], caption: str) -> Table:
    table = _table(title)
    table.caption = caption
    table.add_column(f"{survey.label} table")
    for name in (here, by_ledger, "difference"):
        table.add_column(name, justify="right")
    for name, count in counts.items():
        migrated = "–" if count.migrated is None else f"{count.migrated:,}"
        difference = "–" if count.difference is None else f"{count.difference:+,}" if count.difference else "0"
        table.add_row(name, _held(survey, v1_table(name)), migrated, difference)
    return table


def _has_drift(analysis: Analysis) -> bool:
    return bool(analysis.v1.drift or (analysis.v2.drift and not analysis.v2.is_empty))


def _share(coverage: Coverage) -> str:
    percent = "none" if coverage.percent is None else f"{coverage.percent:g}%"
    return f"{coverage.with_a_place:,} of {coverage.total:,}, {percent}"


def _rows(rows: int | None) -> str:
    return "may not be read" if rows is None else "1 row" if rows == 1 else f"{rows:,} rows"


def _held(survey: Survey, table: str) -> str:
    """A table's rows, for people."""
    return _number(survey.rows(table)) if survey.has(table) else NOT_THERE


def _number(count: int | None) -> str:
    return UNKNOWN if count is None else f"{count:,}"


def _type(name: str) -> str:
    for long, short in SHORTER.items():
        name = name.replace(long, short)
    return name.replace('"', "")


def _table(title: str) -> Table:
    return Table(title=escape(title), title_justify="left", caption_justify="left", show_edge=False, min_width=len(title) + 2)
