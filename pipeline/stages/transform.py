"""v1/*.parquet, plan/*.parquet ══▶ v2/*.parquet: each part by itself, and the record of every value changed."""

from collections import Counter
from collections.abc import Iterator

import polars as pl

from checks.findings import Finding
from checks.relations import FOREIGN_KEYS, UNIQUE_KEYS, dangling, repeated
from checks.v2 import judged_v2
from pipeline.run import Run
from pipeline.run_folder import part_number
from pipeline.steps import STEPS, V2_TABLES, Source


def transform(run: Run, /) -> list[Finding]:
    """Converts every part of V1; gives what the checks of V2's contract found in the result."""
    sizes = run.facts["read"] | {"Administrator": run.facts["read"]["School"]}
    findings: list[Finding] = []
    written: Counter[str] = Counter()
    inserted: Counter[str] = Counter()
    changed: list[pl.LazyFrame] = []
    with run.stage("transform", total=sum(sizes.values())) as advance:
        for number, (source, part, rows) in enumerate(_units(run, sizes)):
            conversion = source.convert(run, part)
            tables = dict(zip(conversion.tables, pl.collect_all(conversion.tables.values()), strict=True))
            for table, frame in tables.items():
                findings += judged_v2(frame, table=table)
                frame.write_parquet(run.folder.part("v2", table, number), compression="zstd")
                written[table] += frame.height
            inserted[source.table] += tables[source.primary].filter(source.is_own).height
            path = run.folder.part("plan/changed", source.table, number)
            conversion.changed.sink_parquet(path)
            changed.append(pl.scan_parquet(path))
            advance(rows)
        pl.concat(changed).with_columns(run=pl.lit(run.folder.run_id)).sink_parquet(run.folder.record("changed"))
        findings += _relations(run)
    run.facts["written"] = dict(written)
    run.facts["inserted"] = dict(inserted)
    return findings


def _units(run: Run, sizes: dict[str, int]) -> Iterator[tuple[Source, int, int]]:
    """Every source's parts, in the order of the steps: the source, the number of its part, and about how many rows it has."""
    for step in STEPS:
        for source in step.sources:
            parts = [0] if source.is_whole else [part_number(part) for part in run.folder.parts("v1", source.v1_table)]
            for part in parts:
                left = sizes[source.table] - part * run.settings.migration_batch_size
                yield (
                    source,
                    part,
                    sizes[source.table] if source.is_whole else min(left, run.settings.migration_batch_size),
                )


def _relations(run: Run) -> list[Finding]:
    """What no part can tell by itself: that keys are unique over all parts, and that what they refer to is there."""
    findings = [repeated(run.v2(table), columns=columns, table=table) for table, columns in UNIQUE_KEYS]
    for table, column, parent in FOREIGN_KEYS:
        ids = [run.before(parent).select("id")]
        if parent in V2_TABLES:
            ids.append(run.v2(parent).select("id"))
        findings.append(dangling(run.v2(table), column=column, parents=pl.concat(ids), table=table, parent_table=parent))
    return findings
