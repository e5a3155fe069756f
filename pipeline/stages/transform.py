"""v1/*.parquet, plan/*.parquet ══▶ v2/*.parquet, updates/*.parquet: each piece by itself, and the record of every value changed."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import chain
from typing import Final, Literal

import polars as pl

from checks.findings import Finding
from checks.relations import FOREIGN_KEYS, UNIQUE_KEYS, ForeignKey, dangling, id_hashes, repeated
from checks.v2 import judged_v2
from pipeline.conversions.conversion import WITHDRAWN_SCHEMA, Which
from pipeline.run import Run
from pipeline.stages.ahead import SIDE_BY_SIDE, ahead
from pipeline.stages.findings_record import FindingsRecord
from pipeline.stages.parquet import write_frame
from pipeline.stages.record_files import write_record
from pipeline.steps import SOURCES, V2_TABLES, Source

AREAS: Final[Mapping[Which, Literal["v2", "updates"]]] = {"new": "v2", "changed": "updates"}
"""Where the rows go that are added to V2, and those that replace what it holds, or join it."""


@dataclass(frozen=True)
class Converted:
    """What a piece became, one selection of its rows."""

    source: Source
    piece: int
    unit: int
    """Its place in the run: the number of the files of its rows."""
    which: Which
    rows: int
    """How many rows of V1 are done with it."""
    tables: dict[str, pl.DataFrame]
    changed: pl.DataFrame
    withdrawn: pl.DataFrame
    findings: list[Finding]


def transform(run: Run, /) -> None:
    """Converts and judges every piece of V1; some are in the making while one is written.

    Its facts: `written` (V2 table → rows that are to be written), `inserted` (table in the books → rows that V2 has not seen),
    `withdrawn` (how many roles are to be taken back), and `v2_findings`, what the checks of V2's contract found in the result.
    """
    read = run.facts["read"]
    written: Counter[str] = Counter()
    inserted: Counter[str] = Counter()
    changed = [run.folder.plan("history")]
    withdrawn = [pl.DataFrame(schema=WITHDRAWN_SCHEMA)]
    with (
        run.stage("transform", total=sum(read.values()) + read["School"]) as advance,
        FindingsRecord(run.folder.record("findings"), "v2") as findings,
    ):
        for converted in ahead(_conversions(run), at_once=SIDE_BY_SIDE):
            findings.add(converted.findings)
            _write(run, converted)
            written.update({table: rows.height for table, rows in converted.tables.items()})
            source = converted.source
            if converted.which == "new":
                inserted[source.table] += converted.tables[source.primary].filter(source.is_own).height
            changed.append(run.folder.part("plan/changed", f"{source.table}-{converted.which}", converted.piece))
            write_frame(changed[-1], converted.changed)
            withdrawn.append(converted.withdrawn)
            advance(converted.rows)
        write_record(run.folder, "changed", pl.scan_parquet(changed))
        all_withdrawn = pl.concat(withdrawn)
        all_withdrawn.write_parquet(run.folder.plan("withdrawn"))
        findings.add(_relations(run))
    run.facts["written"] = dict(written)
    run.facts["inserted"] = dict(inserted)
    run.facts["withdrawn"] = all_withdrawn.height
    run.facts["v2_findings"] = findings.document()


def _conversions(run: Run) -> Iterator[Callable[[], Converted]]:
    is_first = run.before("ledger").head(1).collect().is_empty()
    for unit, (source, piece, rows) in enumerate(_units(run)):
        selections = _selections(source, is_first=is_first)
        for which in selections:
            yield partial(_converted, run, source, piece, unit, which, rows if which == selections[-1] else 0)


def _converted(run: Run, source: Source, piece: int, unit: int, which: Which, rows: int) -> Converted:
    conversion = source.convert(run, piece, which)
    lazy = [*conversion.tables.values(), conversion.changed, conversion.withdrawn]
    *tables, changed, withdrawn = pl.collect_all(lazy, engine="in-memory")
    named = dict(zip(conversion.tables, tables, strict=True))
    findings = [finding for table, rows_of_table in named.items() for finding in _findings(rows_of_table, table)]
    return Converted(source, piece, unit, which, rows, named, changed, withdrawn, findings)


def _units(run: Run) -> Iterator[tuple[Source, int, int]]:
    """Every source's pieces, in the order of the steps: the source, the number of the piece, and its rows; of links, about how many."""
    for source in SOURCES:
        if source.is_link:
            rows, count = run.facts["read"][source.table], max((len(run.pieces(table)) for table in source.pieced_by), default=1)
            for number in range(count):
                yield source, number, rows * (number + 1) // count - rows * number // count
        else:
            for number, piece in enumerate(run.pieces(source.v1_table)):
                yield source, number, piece.rows


def _selections(source: Source, *, is_first: bool) -> tuple[Which, ...]:
    """Links that V2 may hold already are never simply added to it."""
    if is_first:
        return ("new",)
    return ("changed",) if source.is_link else ("new", "changed")


def _findings(rows: pl.DataFrame, table: str) -> Sequence[Finding]:
    return _findings_of_none(table, tuple(rows.schema.items())) if rows.is_empty() else judged_v2(_to_be_judged(rows), table=table)


@cache
def _findings_of_none(table: str, columns: tuple[tuple[str, pl.DataType], ...]) -> tuple[Finding, ...]:
    """What the checks say of no rows, and of their columns: a later run has little else to judge."""
    return tuple(judged_v2(pl.DataFrame(schema=dict(columns)), table=table))


def _to_be_judged(frame: pl.DataFrame) -> pl.DataFrame:
    """A User's flag is null where V2's own stays."""
    return frame.with_columns(pl.col("mustChangePassword").fill_null(value=True)) if "mustChangePassword" in frame.columns else frame


def _write(run: Run, converted: Converted) -> None:
    """Writes the rows of each V2 table; a file without rows tells at least the columns."""
    for table, rows in converted.tables.items():
        path = run.folder.part(AREAS[converted.which], table, converted.unit)
        if converted.which == "new" or not rows.is_empty():
            write_frame(path, rows)
        new = run.folder.part("v2", table, converted.unit)
        if converted.which == "changed" and not new.exists():
            write_frame(new, rows.clear())


def _relations(run: Run) -> list[Finding]:
    """What no part can tell by itself: that keys are unique over all parts, and that what they refer to is there."""
    repeats = [partial(repeated, _meant(run, table), columns=columns, table=table) for table, columns in UNIQUE_KEYS]
    parents = dict.fromkeys(key.parent_table for key in FOREIGN_KEYS)
    leads = dict(chain.from_iterable(ahead((partial(_leads, run, parent) for parent in parents), at_once=SIDE_BY_SIDE)))
    return [*ahead(repeats, at_once=SIDE_BY_SIDE), *(leads[key] for key in FOREIGN_KEYS)]


def _leads(run: Run, parent: str) -> list[tuple[ForeignKey, Finding]]:
    """What is to be said of every key that leads to a table, whose ids are gone through once."""
    ids = [run.before(parent).select("id")]
    if parent in V2_TABLES:
        ids.append(run.v2(parent).select("id"))
    known = id_hashes(pl.concat(ids))
    return [
        (key, dangling(_meant(run, key.table), column=key.column, parents=known, table=key.table, parent_table=parent))
        for key in FOREIGN_KEYS
        if key.parent_table == parent
    ]


def _meant(run: Run, table: str) -> pl.LazyFrame:
    """All rows of a V2 table that the run is to write."""
    return pl.scan_parquet([*run.folder.parts("v2", table), *run.folder.parts("updates", table)])
