"""Which rows of V1 a run is about: names of entities, columns of tables, and a real V1 that answers as plain Python does."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from psycopg import sql

from pipeline.errors import UsageError
from pipeline.postgres.connect import Database
from pipeline.postgres.schema import expected_columns, packaged_sql
from pipeline.postgres.snapshot import Snapshot, exported
from pipeline.selection import TABLES, Selection, evaluation_errors_mapped
from pipeline.steps import SOURCES
from tests.conftest import MakeDatabase
from tests.pipeline.conftest import Clerk
from tests.pipeline.naive_conditions import CONDITIONS, Piece, Row, Truth
from tests.pipeline.postgres.test_condition import HOSTILE, NOT_BOOLEAN, UNREADABLE

NOW = datetime.fromisoformat("2024-01-20T12:00:00")
EVERY_TABLE = tuple(table for tables in TABLES.values() for table in tables)

DAYS: Final = "'{}'::timestamp + n * interval '1 day', now() FROM generate_series(1, {}) n;"
"""The two timestamps of a row, and one row for each n."""
ROWS: Final = f"""
    INSERT INTO "School" ("id", "name", "code", "admin_name", "is_active", "created_at", "updated_at")
        SELECT n, 'School ' || n, 'S' || n, 'Ada Obi', n < 4, {DAYS.format("2023-12-30", 5)}
    INSERT INTO "Class" ("id", "school_id", "name", "created_at", "updated_at")
        SELECT n, 1 + n % 5, 'JSS ' || n, {DAYS.format("2023-12-25", 8)}
    INSERT INTO "Subject" ("id", "school_id", "name", "created_at", "updated_at")
        SELECT n, 1 + n % 5, 'Subject ' || n, {DAYS.format("2023-12-28", 8)}
    INSERT INTO "Teacher" ("id", "school_id", "full_name", "skills", "salary", "is_active", "created_at", "updated_at")
        SELECT n, 1 + n % 5, 'Teacher ' || n, CASE WHEN n % 2 = 0 THEN ARRAY['chess', 'go'] END, n * 1000.5, n % 3 > 0,
               {DAYS.format("2023-12-27", 8)}
    INSERT INTO "Parent" ("id", "school_id", "full_name", "created_at", "updated_at")
        SELECT n, 1 + n % 5, 'Parent ' || n, {DAYS.format("2023-12-26", 8)}
    INSERT INTO "Student" (
            "id", "school_id", "class_id", "full_name", "email", "gender", "status", "date_of_birth", "created_at", "updated_at"
        )
        SELECT n, 1 + n % 5, nullif(n % 4, 0), (ARRAY['Ada', 'ada', 'O''Neil', '50%_Ike', ' Zoë '])[1 + n % 5],
               CASE n % 3 WHEN 0 THEN 'ada@x.org' WHEN 1 THEN '' END, CASE WHEN n % 2 = 0 THEN 'MALE'::"Gender" END,
               CASE WHEN n % 3 = 0 THEN 'GRADUATED'::"StudentStatus" ELSE 'ACTIVE' END,
               CASE WHEN n % 4 > 0 THEN '2010-01-01'::timestamp + n * interval '40 days' END, {DAYS.format("2023-12-22", 20)}
"""


@pytest.fixture
def v1(make_database: MakeDatabase) -> Database:
    """A V1 with five schools, and nulls, quotes and percent signs in it."""
    return Database.from_url("V1", make_database(packaged_sql("v1") + ROWS))


@pytest.fixture
def snapshot(v1: Database) -> Iterator[Snapshot]:
    """An instant of it, read-only, as extract has it."""
    with exported(v1) as taken:
        yield taken


def rows_of(snapshot: Snapshot, table: str) -> list[Row]:
    with snapshot.connection.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        query = sql.SQL('SELECT * FROM {} ORDER BY "id"').format(sql.Identifier(table))
        return cursor.execute(query).fetchall()


def selected(snapshot: Snapshot, table: str, condition: str) -> list[int]:
    """The ids that a condition selects, as both drivers see it."""
    query = f'SELECT "id" FROM {snapshot.database.table(table)} WHERE ({condition}) ORDER BY "id"'
    ids = [row[0] for row in snapshot.connection.execute(query.encode())]
    assert [number for batch in snapshot.stream(query, batch_rows=100) for number in batch.column(0).to_pylist()] == ids
    return ids


def naively(rows: list[Row], holds: Callable[[Row], Truth]) -> list[int]:
    return [row["id"] for row in rows if holds(row)]


def test_the_entities_are_the_steps_with_their_tables() -> None:
    of_steps = {step: tuple(dict.fromkeys(source.v1_table for source in SOURCES if source.step == step)) for step in TABLES}
    assert {step: tuple(table for table in tables if not table.startswith("_")) for step, tables in of_steps.items()} == TABLES
    assert set(TABLES) == {source.step for source in SOURCES}


def test_every_column_of_v1_is_in_lower_case_as_a_bare_name_is() -> None:
    columns = expected_columns(packaged_sql("v1"))
    assert {column for table in EVERY_TABLE for column in columns[table]} == {
        column.lower() for table in EVERY_TABLE for column in columns[table]
    }


def test_nothing_is_loaded_that_parses_conditions_where_there_is_none() -> None:
    asked = "import sys; from pipeline.selection import Selection; Selection.parsed('schools', {}); print('sqlglot' in sys.modules)"
    for condition, is_loaded in ((None, False), ("id = 1", True)):
        told = subprocess.run([sys.executable, "-c", asked.format(repr(condition))], capture_output=True, text=True, check=True)
        assert told.stdout == f"{is_loaded}\n"


def test_without_flags_a_run_is_about_everything() -> None:
    selection = Selection.parsed(None, None)
    assert selection == Selection()
    assert selection.is_everything
    assert all(selection.selects(step) for step in TABLES)
    assert [selection.sql(table, now=NOW) for table in (*EVERY_TABLE, "_ClassToTeacher")] == [None] * 7


@pytest.mark.parametrize(
    ("entities", "meant"),
    [
        ("schools", ("schools",)),
        ("students,schools", ("schools", "students")),
        (" Teachers ,\tPARENTS", ("teachers", "parents")),
        ("parents,parents , parents", ("parents",)),
        ("students,parents,teachers,schools", tuple(TABLES)),
    ],
)
def test_entities_are_read_in_any_case_and_order_and_kept_in_that_of_the_steps(entities: str, meant: tuple[str, ...]) -> None:
    selection = Selection.parsed(entities, None)
    assert selection.entities == meant
    assert [step for step in TABLES if selection.selects(step)] == list(meant)
    assert selection.is_everything == (meant == tuple(TABLES))


@pytest.mark.parametrize(
    "entities", ["", " ", ",", "schools,", "school", "schools;teachers", "all", "schools teachers", "_ParentToStudent"]
)
def test_an_entity_that_is_none_is_refused_with_the_four_that_are(entities: str) -> None:
    with pytest.raises(UsageError) as refused:
        Selection.parsed(entities, None)
    assert refused.value.exit_code == 2
    assert "schools, teachers, parents, students" in refused.value.next_step


def test_a_condition_is_for_the_tables_of_the_selected_entities() -> None:
    selection = Selection.parsed("schools,students", "School_ID IN (1, 2)")
    assert not selection.is_everything
    of_tables = {table: selection.sql(table, now=NOW) for table in (*EVERY_TABLE, "_ClassToTeacher", "_ParentToStudent")}
    assert of_tables == {
        "School": '"id" IN (1, 2)',
        "Class": '"school_id" IN (1, 2)',
        "Subject": '"school_id" IN (1, 2)',
        "Teacher": None,
        "Parent": None,
        "Student": '"school_id" IN (1, 2)',
        "_ClassToTeacher": None,
        "_ParentToStudent": None,
    }


@pytest.mark.parametrize("selection", [Selection(), Selection.parsed("students,parents", "full_name = 'O''Neil' -1 + 1 IS NULL OR id = 1")])
def test_a_selection_survives_the_manifest(selection: Selection) -> None:
    document = json.loads(json.dumps(selection.as_document()))
    assert Selection.from_document(document) == selection
    assert list(document) == ["entities", "filter"]


def test_a_manifest_that_was_tampered_with_is_judged_again() -> None:
    with pytest.raises(UsageError):
        Selection.from_document({"entities": ["schools"], "filter": "pg_sleep(1) IS NULL"})


@pytest.mark.parametrize(
    ("entities", "condition", "problem", "next_step"),
    [
        (None, "salary > 1", "no column salary in School, Class, Subject, Parent, Student.", "--entities teachers."),
        ("schools,students", "email = 'x'", "no column email in Class, Subject.", "--entities students."),
        ("schools", "full_name = 'x'", "no column full_name in School, Class, Subject.", "id, name, created_at, updated_at, school_id."),
        ("teachers", "school_idd = 1", "no column school_idd in Teacher.", "id, school_id, full_name,"),
        ("teachers", '"School_ID" = 1', "no column of the name near character 1 in Teacher.", "id, school_id, full_name,"),
        ("teachers", 'id = 1 AND email = "ada@x.org"', "no column of the name near character 20 in Teacher.", "'single quotes'"),
        ("teachers", f"email = {'a' * 64}", "no column of the name near character 9 in Teacher.", "'single quotes'"),
        ("teachers", "ctid IS NULL", "no column ctid in Teacher.", "id, school_id"),
        ("teachers", "Teacher IS NULL", "no column teacher in Teacher.", "id, school_id"),
        ("students", "Password IS NULL", "password: rows are not selected by passwords.", "another column"),
        ("schools", "admin_password = 'x'", "admin_password: rows are not selected by passwords.", "another column"),
    ],
)
def test_a_column_that_a_table_lacks_is_named_and_a_value_is_not(
    entities: str | None, condition: str, problem: str, next_step: str
) -> None:
    with pytest.raises(UsageError) as refused:
        Selection.parsed(entities, condition)
    assert refused.value.exit_code == 2
    assert problem in refused.value.problem
    assert next_step in refused.value.next_step


@pytest.mark.parametrize("column", ["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid", "oid"])
def test_columns_of_the_system_are_none(column: str) -> None:
    with pytest.raises(UsageError, match=f"no column {column} in"):
        Selection.parsed("students", f"{column} IS NOT NULL")


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("school_id IN (1,2,3)", lambda row: row.get("school_id", row["id"]) in {1, 2, 3}),
        ("created_at > '2024-01-01'", lambda row: row["created_at"] > datetime.fromisoformat("2024-01-01")),
        (
            "Created_At BETWEEN now() - interval '19 days' AND current_date",
            lambda row: NOW - timedelta(19) <= row["created_at"] <= NOW - timedelta(0.5),
        ),
        ("id % 2 = 0 AND NOT school_id = 2", lambda row: row["id"] % 2 == 0 and row.get("school_id", row["id"]) != 2),
    ],
)  # fmt: skip
def test_a_condition_holds_for_every_table_of_v1(snapshot: Snapshot, condition: str, holds: Callable[[Row], Truth]) -> None:
    selection = Selection.parsed(None, condition)
    for table in EVERY_TABLE:
        written = selection.sql(table, now=NOW)
        assert written is not None
        rows = rows_of(snapshot, table)
        expected = naively(rows, holds)
        assert 0 < len(expected) < len(rows)
        assert selected(snapshot, table, written) == expected


@pytest.mark.parametrize(
    ("table", "condition", "holds"),
    [
        ("Student", "full_name = 'O''Neil' OR full_name LIKE '50!%!_%' ESCAPE '!'", lambda row: row["full_name"] in {"O'Neil", "50%_Ike"}),
        ("Student", "lower(trim(full_name)) IN ('ada', 'zoë')", lambda row: row["full_name"].strip().lower() in {"ada", "zoë"}),
        ("Student", "email IS DISTINCT FROM 'ada@x.org'", lambda row: row["email"] != "ada@x.org"),
        ("Student", "email <> 'ada@x.org'", lambda row: row["email"] is not None and row["email"] != "ada@x.org"),
        ("Student", "status <> 'ACTIVE' AND gender::text ILIKE 'm%'", lambda row: row["status"] == "GRADUATED" and row["gender"] == "MALE"),
        ("Student", "extract(year from date_of_birth) = 2010", lambda row: row["date_of_birth"] and row["date_of_birth"].year == 2010),
        ("Student", "class_id = ANY(ARRAY[1, 3])", lambda row: row["class_id"] in {1, 3}),
        ("Student", "created_at::date = '2023-12-24'", lambda row: f"{row['created_at']:%F}" == "2023-12-24"),
        ("Student", "(class_id NOT IN (1, 2)) IS NOT FALSE", lambda row: row["class_id"] not in {1, 2}),
        ("Teacher", "is_active AND 'chess' = ANY(skills)", lambda row: row["is_active"] and "chess" in (row["skills"] or [])),
        ("Teacher", "CASE WHEN skills IS NULL THEN salary > 3e3 ELSE false END", lambda row: not row["skills"] and row["salary"] > 3000),
        ("Subject", "TRUE", lambda _: True),
    ],
)  # fmt: skip
def test_a_condition_selects_what_plain_python_selects(
    snapshot: Snapshot, table: str, condition: str, holds: Callable[[Row], Truth]
) -> None:
    entity = next(entity for entity, tables in TABLES.items() if table in tables)
    written = Selection.parsed(entity, condition).sql(table, now=NOW)
    assert written is not None
    assert selected(snapshot, table, written) == naively(rows_of(snapshot, table), holds)


def test_hostile_conditions_are_refused_before_any_sql_and_v1_stays_as_it_was(v1: Database) -> None:
    def contents() -> list[Any]:
        with psycopg.connect(v1.url) as connection:
            return [
                connection.execute(f'SELECT * FROM "{table}" ORDER BY 1, 2'.encode()).fetchall()
                for table in expected_columns(packaged_sql("v1"))
            ]

    before = contents()
    tried = [*HOSTILE.values(), *NOT_BOOLEAN, *UNREADABLE]
    assert len(tried) > 100
    for condition in tried:
        for table in ("student", "Student", '"Student"'):
            with pytest.raises(UsageError) as refused:
                Selection.parsed("students", condition.replace("student", table))
            assert refused.value.exit_code == 2
    assert contents() == before


@pytest.mark.parametrize(
    ("condition", "kind"),
    [
        ("school_id > 'zebra'", "InvalidTextRepresentation (SQLSTATE 22P02)"),
        ("full_name > 7", "UndefinedFunction (SQLSTATE 42883)"),
        ("id / 0 = 1", "DivisionByZero (SQLSTATE 22012)"),
        ("created_at > '2024-02-30'", "DatetimeFieldOverflow (SQLSTATE 22008)"),
        ("status = 'ZEBRA'", "InvalidTextRepresentation (SQLSTATE 22P02)"),
        ("created_at AT TIME ZONE 'zebra' IS NULL", "InvalidParameterValue (SQLSTATE 22023)"),
        ("id = (id = 1)", "UndefinedFunction (SQLSTATE 42883)"),
        ("id < 1 < 2", "UndefinedFunction (SQLSTATE 42883)"),
        ("extract(hour FROM created_at::date) = 1", "FeatureNotSupported (SQLSTATE 0A000)"),
        ("id = ANY(ARRAY[])", "IndeterminateDatatype (SQLSTATE 42P18)"),
    ],
)
def test_what_postgresql_cannot_evaluate_is_wrong_usage_and_no_value_is_quoted(snapshot: Snapshot, condition: str, kind: str) -> None:
    written = Selection.parsed("students", condition).sql("Student", now=NOW)
    with pytest.raises(UsageError) as refused, evaluation_errors_mapped("Student"):
        snapshot.connection.execute(f'SELECT count(*) FROM "Student" WHERE {written}'.encode())
    assert refused.value.problem == f"--filter cannot be evaluated for Student: {kind}."
    assert "zebra" not in str(refused.value).lower()
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    "query",
    ['SELECT FROM "Nothing"', 'SELECT "nothing" FROM "Student"', "SELECT pg_read_file('x')", 'DELETE FROM "Student"'],
)
def test_errors_that_are_not_the_conditions_fault_pass(v1: Database, query: str, clerk: Clerk) -> None:
    with psycopg.connect(v1.url) as owner:
        owner.execute(sql.SQL('GRANT SELECT ON "Student" TO {}').format(sql.Identifier(clerk.name)))
    with psycopg.connect(clerk.at(v1).url) as connection, pytest.raises(psycopg.Error), evaluation_errors_mapped("Student"):
        connection.execute(query.encode())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])  # a snapshot is read-only
@given(condition=CONDITIONS)
def test_any_condition_selects_what_plain_python_selects(snapshot: Snapshot, condition: Piece) -> None:
    written = Selection.parsed("students", condition.sql).sql("Student", now=NOW)
    query = 'SELECT "id" FROM "Student" WHERE {} ORDER BY "id"'
    expected = naively(rows_of(snapshot, "Student"), condition.of)
    for text in (written, condition.sql):
        assert [row[0] for row in snapshot.connection.execute(query.format(text).encode())] == expected
