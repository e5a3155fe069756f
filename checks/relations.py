"""What must hold between V2's tables, and across all parts of one: foreign keys and unique keys."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import polars as pl

from checks.findings import Finding, examples, names

HASH: Final = pl.col("id").hash()

IDS_AT_ONCE: Final = 1_000_000
"""About how many ids of parents keys are looked up in at a time, by their hashes."""


class ForeignKey(NamedTuple):
    """A column that holds the id of a row of another table, or null where V2 allows it."""

    table: str
    column: str
    parent_table: str


class UniqueKey(NamedTuple):
    """Columns whose values no two rows share."""

    table: str
    columns: tuple[str, ...]


FOREIGN_KEYS: Final = (
    ForeignKey("School", "curriculumId", "Curriculum"),
    ForeignKey("Class", "schoolId", "School"),
    ForeignKey("Class", "classLevelId", "ClassLevel"),
    ForeignKey("Subject", "categoryId", "SubjectCategory"),
    ForeignKey("Subject", "schoolId", "School"),
    ForeignKey("User", "userTypeId", "UserType"),
    ForeignKey("UserRole", "userId", "User"),
    ForeignKey("UserRole", "roleId", "Role"),
    ForeignKey("UserRole", "schoolId", "School"),
    ForeignKey("Address", "userId", "User"),
    ForeignKey("Address", "schoolId", "School"),
    ForeignKey("Teacher", "userId", "User"),
    ForeignKey("Teacher", "schoolId", "School"),
    ForeignKey("TeacherClass", "teacherId", "Teacher"),
    ForeignKey("TeacherClass", "classId", "Class"),
    ForeignKey("TeacherSubject", "teacherId", "Teacher"),
    ForeignKey("TeacherSubject", "subjectId", "Subject"),
    ForeignKey("Parent", "userId", "User"),
    ForeignKey("ParentSchool", "parentId", "Parent"),
    ForeignKey("ParentSchool", "schoolId", "School"),
    ForeignKey("Student", "userId", "User"),
    ForeignKey("Student", "schoolId", "School"),
    ForeignKey("StudentParent", "studentId", "Student"),
    ForeignKey("StudentParent", "parentId", "Parent"),
    ForeignKey("Enrollment", "studentId", "Student"),
    ForeignKey("Enrollment", "classId", "Class"),
)
"""Of the tables that the migration writes; some lead to reference rows."""

PRIMARY_KEYS: Final = {
    "School": ("id",),
    "Address": ("id",),
    "Class": ("id",),
    "Subject": ("id",),
    "User": ("id",),
    "UserRole": ("id",),
    "Teacher": ("id",),
    "TeacherClass": ("teacherId", "classId"),
    "TeacherSubject": ("teacherId", "subjectId"),
    "Parent": ("id",),
    "ParentSchool": ("parentId", "schoolId"),
    "Student": ("id",),
    "StudentParent": ("studentId", "parentId"),
    "Enrollment": ("id",),
}
"""Table → the columns that tell its rows apart."""

UNIQUE_KEYS: Final = (
    *(UniqueKey(table, columns) for table, columns in PRIMARY_KEYS.items()),
    UniqueKey("School", ("code",)),
    UniqueKey("Address", ("userId",)),
    UniqueKey("Address", ("schoolId",)),
    UniqueKey("Subject", ("code",)),
    UniqueKey("User", ("email",)),
    UniqueKey("User", ("phone",)),
    UniqueKey("UserRole", ("userId", "roleId", "schoolId")),
    UniqueKey("Teacher", ("userId",)),
    UniqueKey("Parent", ("userId",)),
    UniqueKey("Student", ("userId",)),
    UniqueKey("Student", ("schoolId", "admissionNo")),
    UniqueKey("Enrollment", ("studentId", "academicYear")),
)
"""Of the tables that the migration writes: primary keys and unique indexes."""


def id_hashes(parents: pl.LazyFrame, /) -> pl.DataFrame:
    """The ids of all rows that a key may lead to (`id`; one may be there several times), as `dangling` looks keys up: `hash`, UInt64."""
    return parents.select("id").drop_nulls().select(hash=HASH).collect(engine="streaming")


def dangling(children: pl.LazyFrame, /, *, column: str, parents: pl.DataFrame, table: str, parent_table: str) -> Finding:
    """The rows whose key leads nowhere. Null leads nowhere on purpose and passes.

    Args:
        children: Rows with `column`, and with the table's primary key if the finding shall have the ids of the rows.
        column: The foreign key, of the same dtype as the parents' ids.
        parents: All rows that it may lead to, as `id_hashes` gives them.
        table: The children's table.
        parent_table: The parents' table.

    Returns:
        The finding `<column>_exists`. Its examples are ids that the parents lack; its ids are those of the rows that want them.
    """
    keys = children.select(id=column)
    absent = _absent(keys.drop_nulls(), parents)
    return Finding(
        table,
        f"{column}_exists",
        f"{column} is the id of a {parent_table} row",
        rows=_count(keys),
        failing=int(absent["rows"].sum()),
        examples=examples(absent.select("id")),
        ids=_named(_failing(children, absent.select(pl.col("id").alias(column)), table)),
    )


def repeated(rows: pl.LazyFrame, /, *, columns: Sequence[str], table: str) -> Finding:
    """The rows of all parts whose values in `columns` another row has too; all rows that share count as failing.

    Rows with a null in one of the columns pass, as in SQL. Text is compared as it is: V2's e-mails are in lower case.

    Args:
        rows: Rows with `columns`, and with the table's primary key if the finding shall have ids and examples; keys of
            others could be personal data.
        columns: The unique key.
        table: The rows' table.

    Returns:
        The finding `<column>_<column>_unique_overall`, of which `<column>_<column>_unique` is the part within one frame.
    """
    keys = rows.select(columns)
    given = keys.drop_nulls()
    # Keys whose hashes are all distinct are so themselves; to hash them is far cheaper than to group them.
    key = pl.struct(pl.col(columns).hash()) if len(columns) > 1 else pl.col(columns)
    hashes = given.select(key=key.hash()).collect(engine="streaming")["key"].sort(multithreaded=False)
    shared = given.group_by(columns).agg(pl.len().alias("rows")).filter(pl.col("rows") > 1)
    is_distinct = hashes.n_unique() == hashes.len()
    repeats = (given.head(0).with_columns(rows=0) if is_distinct else shared).collect(engine="streaming")
    failing = _failing(rows, repeats.select(columns), table)
    return Finding(
        table,
        f"{'_'.join(columns)}_unique_overall",
        f"no two rows of all parts have the same {' and '.join(columns)}",
        rows=_count(keys),
        failing=int(repeats["rows"].sum()),
        examples=() if failing is None else examples(failing),
        ids=_named(failing),
    )


def _absent(keys: pl.LazyFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Every key (`id`, not null) whose hash is not known, and how many `rows` have it. They are not held as text.

    A key whose hash none of the ids has is none of them. An absent one goes unseen if one of n ids has its hash by chance, n in 2^64: then
    V2's own foreign key refuses the row.
    """
    unknown = _missing(keys.select(hash=HASH), known)
    having = (keys if unknown.height else keys.clear()).with_columns(hash=HASH).join(unknown.lazy(), on="hash", how="semi")
    return having.group_by("id").agg(rows=pl.len()).collect(engine="streaming")


def _missing(wanted: pl.LazyFrame, known: pl.DataFrame) -> pl.DataFrame:
    """The hashes that are wanted and not known, of frames with one column `hash`; looked up part by part, as a join takes much memory."""
    hashes = wanted.collect(engine="streaming")
    if hashes.is_empty():  # as in a later run, which has next to nothing to write
        return hashes
    parts = -(-known.height // IDS_AT_ONCE) or 1
    part = pl.col("hash") % parts
    return pl.concat(
        hashes.lazy().filter(part == number).join(known.lazy().filter(part == number), on="hash", how="anti").collect(engine="streaming")
        for number in range(parts)
    )


def _failing(rows: pl.LazyFrame, keys: pl.DataFrame, table: str) -> pl.DataFrame | None:
    """The ids of the rows that have one of the `keys`, in their order; None where there are no keys, or the rows do not tell their ids."""
    primary_key = PRIMARY_KEYS[table]
    if keys.is_empty() or not set(primary_key) <= set(rows.collect_schema().names()):
        return None
    having = rows.join(keys.lazy(), on=keys.columns, how="semi").select(primary_key)
    return having.collect(engine="streaming").sort(primary_key)


def _named(failing: pl.DataFrame | None) -> pl.Series | None:
    return None if failing is None else names(failing)


def _count(rows: pl.LazyFrame) -> int:
    return int(rows.select(pl.len()).collect(engine="streaming").item())
