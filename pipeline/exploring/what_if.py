"""What a run would do by other settings: its own V1 files, planned and transformed once more, and the two compared.

```
a run ─ v1/, before/ ══plan, transform══▶ another run ══▶ differences
```

No database is asked and nothing of the run is changed.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import polars as pl
from rich.console import Console

from checks.relations import PRIMARY_KEYS
from pipeline.progress import Progress
from pipeline.run import Run
from pipeline.run_folder import RunFolder
from pipeline.settings import read_settings
from pipeline.stages.plan import plan
from pipeline.stages.transform import transform
from pipeline.steps import V2_TABLES
from transforms.ids import v2_id
from transforms.lineage import writings_of
from transforms.tables import kinds

KEYS: Final = {**PRIMARY_KEYS, "Enrollment": ("studentId",)}
"""V2 table → the columns by which the rows of two runs are told to be the same; an enrolment's id has the academic year in it."""

OWNERS: Final = {
    "User": ("id",), "UserRole": ("userId",), "Address": ("userId", "schoolId"), "School": ("id",), "Class": ("id",), "Subject": ("id",),
    "Teacher": ("id",), "TeacherClass": ("teacherId",), "TeacherSubject": ("teacherId",), "Parent": ("id",), "ParentSchool": ("parentId",),
    "Student": ("id",), "StudentParent": ("studentId",), "Enrollment": ("studentId",),
}  # fmt: skip
"""V2 table → the columns that lead to the V1 row that a row is made of; the first that is not null."""

EXAMPLES: Final = 3

SECRET: Final = "passwordHash"  # noqa: S105 - a column's name


@contextmanager
def replanned(run: Run, /, **settings: Any) -> Iterator[Run]:
    """The run as it would be by other settings, for as long as the block lasts.

    V1's files, and what was noted of V2, are the run's own, read in place; what is made of them goes to a temporary folder. Its clock and
    its selection are the run's, too, so that what differs comes of the settings.

    Args:
        run: One whose files are all there.
        settings: By their names in `Settings`, such as `default_country="KE"`; the others are the run's.

    Raises:
        SettingsError: A setting that cannot be meant.
    """
    checked = read_settings(**settings)
    changed = run.settings.model_copy(update={name: getattr(checked, name) for name in settings})
    with tempfile.TemporaryDirectory(prefix="school-migrator-what-if-") as folder:
        other = Run(
            RunFolder(Path(folder) / run.folder.run_id),
            changed,
            Progress(Console(quiet=True)),
            run.started_at,
            run.selection,
            databases=run.databases,
            facts={name: run.facts[name] for name in ("read", "snapshot", "latest_run") if name in run.facts},
        )
        other.folder.path.mkdir()
        (other.folder.path / "plan").mkdir()
        for place in ("v1", "before", "plan/selected"):
            if (read := run.folder.path / place).exists():
                (other.folder.path / place).symlink_to(read.resolve(), target_is_directory=True)
        plan(other)
        transform(other)
        yield other


def differences(one: Run, other: Run, /) -> pl.DataFrame:
    """What two runs over the same V1 would write otherwise, by V2 table and column.

    Returns:
        `table`; `column`, null where whole rows are meant; `what`: `differs`, `only before` or `only after`; `rows`: how many;
        `examples`: some of the V1 rows that they are made of, as `Student 17`. Nothing is told of columns that are equal.
    """
    origins = _origins(one)
    found = [_differences(table, _compared(one, other, table, origins)) for table in V2_TABLES]
    return pl.concat(found)


def values_that_differ(one: Run, other: Run, /, table: str, column: str) -> pl.DataFrame:
    """The values of a V2 column that two runs over the same V1 would write otherwise. Personal data, but for password hashes.

    Returns:
        `row`: the V1 row that it is made of, as `Student 17`; `before`, `after`: as text; of a password hash `(set)`. Rows that only one of
        the runs would write are left out.
    """
    compared = _compared(one, other, table, _origins(one)).filter(_is_in_both() & _differs(column))
    shown = [
        (pl.when(value.is_not_null()).then(pl.lit("(set)")) if column == SECRET else value.cast(pl.String)).alias(name)
        for name, value in (("before", pl.col(column)), ("after", pl.col(f"{column}_after")))
    ]
    return compared.select("row", *shown).collect()


def _written(run: Run, table: str) -> pl.LazyFrame:
    return pl.concat([run.v2(table), run.updates(table)], how="vertical_relaxed")


def _compared(one: Run, other: Run, table: str, origins: pl.LazyFrame) -> pl.LazyFrame:
    """The rows of both, beside each other: `row`, all columns, those of the other with `_after`, and `is_before`, `is_after`."""
    before = _written(one, table).with_columns(is_before=pl.lit(value=True))
    after = _written(other, table).with_columns(is_after=pl.lit(value=True))
    both = before.join(after, on=KEYS[table], how="full", coalesce=True, suffix="_after")
    there = both.collect_schema().names()
    owners = [name for owner in OWNERS[table] for name in (owner, f"{owner}_after") if name in there]
    return (
        both.with_columns(
            pl.col("is_before", "is_after").fill_null(value=False),
            owner=pl.coalesce(owners),
        )
        .join(origins, on="owner", how="left")
        .sort("number", "row")
    )


def _differences(table: str, compared: pl.LazyFrame) -> pl.DataFrame:
    names = [name.removesuffix("_after") for name in compared.collect_schema().names() if name.endswith("_after") and name != "is_after"]
    found = [_counted(compared.filter(_is_in_both() & _differs(name)), table, name, "differs") for name in names]
    found += [_counted(compared.filter(~pl.col("is_after")), table, None, "only before")]
    found += [_counted(compared.filter(~pl.col("is_before")), table, None, "only after")]
    return pl.concat(pl.collect_all(found)).filter(pl.col("rows") > 0)


def _counted(rows: pl.LazyFrame, table: str, column: str | None, what: str) -> pl.LazyFrame:
    return rows.select(
        table=pl.lit(table),
        column=pl.lit(column, dtype=pl.String),
        what=pl.lit(what),
        rows=pl.len().cast(pl.Int64),
        examples=pl.col("row").head(EXAMPLES).implode(),
    )


def _is_in_both() -> pl.Expr:
    return pl.col("is_before") & pl.col("is_after")


def _differs(column: str) -> pl.Expr:
    return pl.col(column).ne_missing(pl.col(f"{column}_after"))


def _origins(run: Run) -> pl.LazyFrame:
    """The V2 ids that V1 rows give: `owner`, `row` (`Student 17`), `number` (the V1 id)."""
    tables = {**{kind.table: kind.source for kind in kinds.KINDS}, "School": "School", "Class": "Class", "Subject": "Subject"}
    ids = [
        (kind, source, template.partition(":{")[0])
        for kind, source in tables.items()
        for template in dict.fromkeys(writing.keys["id"] for writing in writings_of(kind) if "id" in writing.keys)
    ]
    return pl.concat(
        run.v1(source).select(owner=v2_id(key, pl.col("id")), row=pl.format("{} {}", pl.lit(kind), "id"), number="id")
        for kind, source, key in ids
    )
