"""v1/*.parquet, plan/*.parquet ══▶ v2/*.parquet, updates/*.parquet: each part by itself, and the record of every value changed."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final, Literal

import polars as pl

from checks.findings import Finding
from checks.relations import FOREIGN_KEYS, UNIQUE_KEYS, dangling, repeated
from checks.v2 import judged_v2
from pipeline.run import Run
from pipeline.stages.findings_record import FindingsRecord
from pipeline.stages.parquet import write_frame
from pipeline.stages.record_files import write_record
from pipeline.steps import SOURCES, V2_TABLES, Conversion, Source, Which

AREAS: Final[Mapping[Which, Literal["v2", "updates"]]] = {"new": "v2", "changed": "updates"}
"""Where the rows go that are added to V2, and those that replace what it holds, or join it."""


def transform(run: Run, /) -> None:
    """Converts every part of V1.

    Its facts: `written` (V2 table → rows that are to be written), `inserted` (table in the books → rows that V2 has not seen),
    `withdrawn` (how many roles are to be taken back), and `v2_findings`, what the checks of V2's contract found in the result.
    """
    sizes = run.facts["read"] | {"Administrator": run.facts["read"]["School"]}
    is_first = run.before("ledger").head(1).collect().is_empty()
    written: Counter[str] = Counter()
    inserted: Counter[str] = Counter()
    changed = [pl.scan_parquet(run.folder.plan("history"))]
    withdrawn = []
    with (
        run.stage("transform", total=sum(sizes.values())) as advance,
        FindingsRecord(run.folder.record("findings"), "v2") as findings,
    ):
        for number, (source, part, rows) in enumerate(_units(run, sizes)):
            for which in _selections(source, is_first=is_first):
                conversion = source.convert(run, part, which)
                tables = _collected(conversion)
                for table, frame in tables.items():
                    findings.add(judged_v2(_to_be_judged(frame), table=table))
                    written[table] += frame.height
                    _write(run, table, number, frame, which)
                if which == "new":
                    inserted[source.table] += tables[source.primary].filter(source.is_own).height
                path = run.folder.part("plan/changed", f"{source.table}-{which}", part)
                conversion.changed.sink_parquet(path)
                changed.append(pl.scan_parquet(path))
                withdrawn.append(conversion.withdrawn.collect())
            advance(rows)
        write_record(run.folder, "changed", pl.concat(changed))
        all_withdrawn = pl.concat(withdrawn)
        all_withdrawn.write_parquet(run.folder.plan("withdrawn"))
        findings.add(_relations(run))
    run.facts["written"] = dict(written)
    run.facts["inserted"] = dict(inserted)
    run.facts["withdrawn"] = all_withdrawn.height
    run.facts["v2_findings"] = findings.document()


def _units(run: Run, sizes: dict[str, int]) -> Iterator[tuple[Source, int, int]]:
    """Every source's parts, in the order of the steps: the source, the number of its part, and about how many rows it has."""
    for source in SOURCES:
        left = sizes[source.table]
        tables = source.parted_by if source.is_link else (source.v1_table,)
        numbers = range(max((len(run.folder.parts("v1", table)) for table in tables), default=1))
        for number in numbers:
            rows = left if number == numbers[-1] else min(left, run.settings.migration_batch_size)
            left -= rows
            yield source, number, rows


def _selections(source: Source, *, is_first: bool) -> tuple[Which, ...]:
    """Links that V2 may hold already are never simply added to it."""
    if is_first:
        return ("new",)
    return ("changed",) if source.is_link else ("new", "changed")


def _collected(conversion: Conversion) -> dict[str, pl.DataFrame]:
    return dict(zip(conversion.tables, pl.collect_all(conversion.tables.values()), strict=True))


def _to_be_judged(frame: pl.DataFrame) -> pl.DataFrame:
    """A User's flag is null where V2's own stays."""
    return frame.with_columns(pl.col("mustChangePassword").fill_null(value=True)) if "mustChangePassword" in frame.columns else frame


def _write(run: Run, table: str, number: int, frame: pl.DataFrame, which: Which) -> None:
    """Writes a part; an empty one tells at least the columns."""
    if which == "new" or not frame.is_empty():
        write_frame(run.folder.part(AREAS[which], table, number), frame)
    if which == "changed" and not run.folder.part("v2", table, number).exists():
        write_frame(run.folder.part("v2", table, number), frame.clear())


def _relations(run: Run) -> list[Finding]:
    """What no part can tell by itself: that keys are unique over all parts, and that what they refer to is there."""
    findings = [repeated(_meant(run, table), columns=columns, table=table) for table, columns in UNIQUE_KEYS]
    for table, column, parent in FOREIGN_KEYS:
        ids = [run.before(parent).select("id")]
        if parent in V2_TABLES:
            ids.append(run.v2(parent).select("id"))
        findings.append(dangling(_meant(run, table), column=column, parents=pl.concat(ids), table=table, parent_table=parent))
    return findings


def _meant(run: Run, table: str) -> pl.LazyFrame:
    """All rows of a V2 table that the run is to write."""
    return pl.scan_parquet([*run.folder.parts("v2", table), *run.folder.parts("updates", table)])
