"""Gives V2 its tables, where its database is empty, and its reference data (mapping, section 11)."""

from dataclasses import dataclass, field
from typing import Final

import polars as pl
import polars.selectors as cs
from psycopg import Connection, sql
from psycopg.errors import UniqueViolation
from psycopg.rows import tuple_row

from pipeline.errors import SchemaError
from pipeline.postgres.schema import expected_columns, expected_objects, missing_objects, packaged_sql
from pipeline.reference import reference_tables

LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended('set-up of V2', 0))"

CREATE_PUBLIC: Final = 'CREATE SCHEMA IF NOT EXISTS "public";'
"""The first statement of V2's SQL. It needs a right on the database even where the schema is there."""

NATURAL_KEYS: Final = {"GradeLevel": ["gradeSystemId", "grade"], "RolePermission": ["roleId", "permissionId"]}
"""What tells the rows of a table apart, whatever their ids, where it is not their `code`."""


@dataclass(frozen=True)
class SetUpSummary:
    """What a set-up did; the counts of reference rows add up to all of them, per table.

    Attributes:
        tables_created: tables made; 0 where they were there.
        written: reference rows written, by table.
        already_there: reference rows that V2 had, under whatever id and name, by table.
        left_out: reference rows that an arrangement of V2's own stands against (`set_up` says which), by table.
        deleted: rows that were deleted before (`set_up_anew`), by table, the ledger's as `migration.row`; tables without rows are left out.
    """

    tables_created: int
    written: dict[str, int]
    already_there: dict[str, int]
    left_out: dict[str, int]
    deleted: dict[str, int] = field(default_factory=dict)


def set_up(connection: Connection[object], /) -> SetUpSummary:
    """Creates V2's tables where nothing of them is there, and writes the reference rows that are not.

    All or nothing, in one transaction: committed on return, unless the caller has one open. It works in the
    connection's current schema. Of two set-ups at once, one waits for the other.

    A reference row is there if its code is (of a GradeLevel: its system and grade), and stays as it is; where it has
    another id, the rows that belong to it lead to that id. So a second run writes nothing. Nor does a run undo what
    V2's operators arranged: a band whose scores its grade system grades otherwise is left out, and so is a right of a
    role that has rights, unless the permission is new.

    Raises:
        SchemaError: only a part of V2's tables, columns and enums is there; the schema to work in is not; or a row of
            V2's own has the id or the rank of a reference row, but another code.
    """
    with connection.transaction():
        connection.execute(LOCK)
        tables_created = _ensure_tables(connection)
        return _ensure_reference_rows(connection, tables_created)


def require_all_or_none(missing: list[str], /) -> None:
    """Makes sure that what is missing (`missing_schema`) is nothing, or everything.

    Raises:
        SchemaError: Only a part of V2's tables, columns and enums is there.
    """
    if missing and missing != expected_objects(packaged_sql("v2")):
        raise SchemaError(
            f"Set-up of V2: {len(missing)} of its tables, columns and enums are missing, though others are there: "
            f"{', '.join(missing)}. Nothing was written.",
            next_step="Check that this is V2's database. Then add what is missing with Prisma, or empty the database.",
        )


def missing_schema(connection: Connection[object], /) -> list[str]:
    """What V2 lacks of its tables, columns and enums; empty if nothing.

    Written as `Table`, `Table.column`, `enum Name`, `enum Name.LABEL`. Looks at the connection's current schema.
    """
    return missing_objects(connection, packaged_sql("v2"))


def missing_reference(connection: Connection[object], /) -> list[str]:
    """The codes of reference rows that V2 lacks, written as `Role:TEACHER`; empty if none.

    Needs V2's tables (`missing_schema` is empty). Rows without a code, the rights of the roles and the bands of the
    grade systems, are V2's operators' to arrange and are not looked for.
    """
    missing = []
    for table, rows in reference_tables().items():
        if "code" in rows.columns:
            absent = rows.join(_stored(connection, table, rows.select("code")), on="code", how="anti", maintain_order="left")
            missing += [f"{table}:{code}" for code in absent["code"]]
    return missing


def _ensure_tables(connection: Connection[object]) -> int:
    _ensure_schema(connection)
    missing = missing_schema(connection)
    require_all_or_none(missing)
    if not missing:
        return 0
    v2_sql = packaged_sql("v2")
    connection.execute(v2_sql.replace(CREATE_PUBLIC, "").encode())
    return len(expected_columns(v2_sql))


def _ensure_schema(connection: Connection[object]) -> None:
    if not _has_current_schema(connection):
        connection.execute(CREATE_PUBLIC)
    if not _has_current_schema(connection):
        raise SchemaError(
            "Set-up of V2: the database has no schema of the name that the connection asks for. Nothing was written.",
            next_step="Create the schema, or correct `?schema=` in V2_DATABASE_URL.",
        )


def _has_current_schema(connection: Connection[object]) -> bool:
    with connection.cursor(row_factory=tuple_row) as cursor:
        return cursor.execute("SELECT current_schema()").fetchone() != (None,)


def _ensure_reference_rows(connection: Connection[object], tables_created: int) -> SetUpSummary:
    summary = SetUpSummary(tables_created, written={}, already_there={}, left_out={})
    ids_in_v2: dict[str, str] = {}
    new_ids: set[str] = set()
    for table, reference in reference_tables().items():
        key = NATURAL_KEYS.get(table, ["code"])
        rows = reference.with_columns(cs.ends_with("Id").replace(ids_in_v2))
        stored = _stored(connection, table, rows.select(cs.matches("^(id|minScore|maxScore)$") | cs.by_name(key)))
        missing = rows.join(stored, on=key, how="anti", maintain_order="left")
        new = _without_rearranged(table, missing, stored, new_ids)
        _insert(connection, table, new)
        if "id" in rows.columns:
            known = rows.join(stored, on=key, suffix="InV2")
            ids_in_v2.update(zip(known["id"], known["idInV2"], strict=True))
            new_ids.update(new["id"])
        summary.written[table] = new.height
        summary.already_there[table] = rows.height - missing.height
        summary.left_out[table] = missing.height - new.height
    return summary


def _stored(connection: Connection[object], table: str, like: pl.DataFrame) -> pl.DataFrame:
    """All rows of a V2 table, in the columns and types of a frame. By way of text: V2's ids may be `uuid`, say."""
    columns = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(column)) for column in like.columns)
    query = sql.SQL("SELECT {} FROM {}").format(columns, sql.Identifier(table))
    with connection.cursor(row_factory=tuple_row) as cursor:
        rows = cursor.execute(query).fetchall()
    return pl.DataFrame(rows, schema=dict.fromkeys(like.columns, pl.String), orient="row").cast(like.schema)


def _without_rearranged(table: str, missing: pl.DataFrame, stored: pl.DataFrame, new_ids: set[str]) -> pl.DataFrame:
    """The missing rows that go with what V2's operators arranged: no band over another, no right given back."""
    if table == "GradeLevel":
        overlap = (pl.col("minScore") <= pl.col("maxScoreInV2")) & (pl.col("maxScore") >= pl.col("minScoreInV2"))
        graded_otherwise = missing.join(stored, on="gradeSystemId", suffix="InV2").filter(overlap)
        return missing.join(graded_otherwise, on="id", how="anti", maintain_order="left")
    if table == "RolePermission":
        arranged = pl.col("roleId").is_in(stored["roleId"].implode())
        return missing.filter(~arranged | pl.col("permissionId").is_in(new_ids))
    return missing


def _insert(connection: Connection[object], table: str, rows: pl.DataFrame) -> None:
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, rows.columns)),
        sql.SQL(", ").join(sql.Placeholder() * rows.width),
    )
    try:
        with connection.cursor() as cursor:
            cursor.executemany(statement, rows.rows())
    except UniqueViolation as error:
        raise SchemaError(
            f"Set-up of V2: a row of {table} stands in the way of a reference row with another code "
            f"({error.diag.constraint_name}). Nothing was written.",
            next_step=f"Compare {table} with the reference data (mapping, section 11) and correct the row.",
        ) from error
