"""Extract: every table of V1 at one instant, every value as it is, in parts of a size; and what of V2 the plan must know."""

from collections.abc import Iterator
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from pipeline.errors import ConnectionFailedError, DatabaseError, MigratorError, SchemaError
from pipeline.postgres import ledger
from pipeline.postgres.connect import Database, connected
from pipeline.postgres.embedded import Server
from pipeline.postgres.schema import expected_columns, packaged_sql
from pipeline.postgres.snapshot import Snapshot
from pipeline.progress import Progress
from pipeline.run import Run
from pipeline.settings import Settings
from pipeline.stages import extract as module
from pipeline.stages.extract import BEFORE, extract
from pipeline.stages.setup import set_up
from tests.conftest import MakeDatabase
from tests.pipeline.conftest import Clerk
from transforms.tables.history import LEDGER_SCHEMA

V1_TABLES = expected_columns(packaged_sql("v1"))

ROWS = """
    INSERT INTO "School" ("id", "name", "code", "admin_name", "updated_at") VALUES (1, 'Green Hill', 'GH', 'Ngozi Eze', '2024-01-01');
    INSERT INTO "Teacher" ("id", "school_id", "full_name", "updated_at")
        SELECT number, 1, 'Teacher ' || number, '2024-01-01' FROM generate_series(1, 25) AS number ORDER BY number DESC;
    INSERT INTO "Class" ("id", "school_id", "name", "updated_at") VALUES (3, 1, 'JSS 1A', '2024-01-01');
    INSERT INTO "_ClassToTeacher" VALUES (3, 9), (3, 2);
"""


@pytest.fixture
def v1(make_database: MakeDatabase) -> Database:
    """A V1 of one school with 25 teachers, entered in no order."""
    return Database.from_url("V1", make_database(packaged_sql("v1") + ROWS))


@pytest.fixture(scope="module")
def v2(server: Server) -> Iterator[Database]:
    """A V2 with reference data. Only ever read."""
    name = server.create_database("v2_of_extract")
    database = Database.from_url("V2", server.url(name))
    with connected(database) as connection:
        set_up(connection)
    yield database
    server.drop_database(name)


def run_in(folder: Path, *, batch_rows: int = 1_000_000) -> Run:
    settings = Settings(_env_file=None, runs_dir=folder, migration_batch_size=batch_rows)  # type: ignore[call-arg]  # pydantic-settings takes it
    return Run.begin(settings, Progress(Console(file=StringIO())))


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return run_in(tmp_path)


def execute(database: Database, statement: str) -> Any:
    with psycopg.connect(database.url) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else None


def column(run: Run, table: str, name: str) -> list[Any]:
    return run.v1(table).sort("id").select(name).collect()[name].to_list()


# Values


def test_every_table_is_read_with_every_column_and_its_type(run: Run, v1: Database, v2: Database) -> None:
    extract(run, v1, v2)
    dtypes = {"integer": pl.Int64(), "boolean": pl.Boolean(), "text[]": pl.List(pl.String)}
    for table, columns in V1_TABLES.items():
        expected = {name: pl.Datetime("us") if "timestamp" in kind else dtypes.get(kind, pl.String()) for name, kind in columns.items()}
        assert run.v1(table).collect_schema() == pl.Schema(expected), table
    assert run.facts["read"] == {table: {"School": 1, "Teacher": 25, "Class": 1, "_ClassToTeacher": 2}.get(table, 0) for table in V1_TABLES}


TEXTS = [
    "",
    " ",
    "Zoë\u0301 \U0001f600",
    "line\nline\r\n\ttab",
    "\\N",
    "\\.",
    "'; DROP TABLE x; --",
    '"quoted", ""',
    "NULL",
    "\x01\x1f",
    "x" * 1_000_000,
]


def test_text_is_read_as_it_is_and_empty_is_not_null(run: Run, v1: Database, v2: Database) -> None:
    with psycopg.connect(v1.url) as connection:
        for number, text in enumerate([*TEXTS, None], start=1):
            connection.execute('UPDATE "Teacher" SET "qualification" = %s WHERE "id" = %s', [text, number])
    extract(run, v1, v2)
    assert column(run, "Teacher", "qualification") == [*TEXTS, *[None] * (25 - len(TEXTS))]


@pytest.mark.parametrize("kind", ["JSONB", "JSON", "TEXT"])
def test_json_is_read_as_v1_writes_it(kind: str, run: Run, v1: Database, v2: Database) -> None:
    text = '{"z": 12345678901234567890.10, "a":  [1e400, null], "z": "\\u00e9 é", "": {}}'
    execute(v1, f"""ALTER TABLE "School" ALTER COLUMN "settings" TYPE {kind} USING "settings"::text::{kind}""")
    with psycopg.connect(v1.url) as connection:
        connection.execute(f'UPDATE "School" SET "settings" = %s::{kind}'.encode(), [text.replace("1e400", "1e40")])
    ((written,),) = execute(v1, 'SELECT "settings"::text FROM "School"')
    extract(run, v1, v2)
    assert column(run, "School", "settings") == [written]
    assert "12345678901234567890.10" in written or kind == "JSONB"
    if kind != "JSONB":
        assert written == text.replace("1e400", "1e40")


@pytest.mark.parametrize(
    ("kind", "salary", "read"),
    [
        ("DECIMAL(12,2)", "9999999999.99", "9999999999.99"),
        ("DECIMAL(12,2)", "-0.01", "-0.01"),
        ("DECIMAL(12,2)", "0", "0.00"),
        ("DECIMAL(12,2)", "NaN", "NaN"),
        ("DECIMAL(12,2)", None, None),
        (
            "NUMERIC",
            "12345678901234567890123456789012345678901234567890.0123456789",
            "12345678901234567890123456789012345678901234567890.0123456789",
        ),
        ("NUMERIC", "Infinity", "Infinity"),
        ("INTEGER", "120000", "120000"),
    ],
)
def test_numerics_are_exact(kind: str, salary: str | None, read: str | None, run: Run, v1: Database, v2: Database) -> None:
    execute(v1, f"""ALTER TABLE "Teacher" ALTER COLUMN "salary" TYPE {kind}""")
    with psycopg.connect(v1.url) as connection:
        connection.execute(f'UPDATE "Teacher" SET "salary" = %s::{kind}'.encode(), [salary])
    extract(run, v1, v2)
    assert set(column(run, "Teacher", "salary")) == {read}


@pytest.mark.parametrize(
    ("skills", "read"),
    [
        ("{}", []),
        (None, None),
        ("{a,NULL,a}", ["a", None, "a"]),
        ("{NULL}", [None]),
        ('{"a,b","c\\"d",""," ","NULL"}', ["a,b", 'c"d', "", " ", "NULL"]),
        ("[0:1]={a,b}", ["a", "b"]),
        ("{{a,b},{c,d}}", ["a", "b", "c", "d"]),
    ],
)
def test_arrays_are_read_element_by_element(
    skills: str | None, read: list[str | None] | None, run: Run, v1: Database, v2: Database
) -> None:
    with psycopg.connect(v1.url) as connection:
        connection.execute('UPDATE "Teacher" SET "skills" = %s::text[] WHERE "id" = 7', [skills])
    extract(run, v1, v2)
    assert column(run, "Teacher", "skills")[6] == read


@pytest.mark.parametrize(
    ("hired_at", "read"),
    [
        ("2024-02-29 23:59:59.999", "2024-02-29 23:59:59.999000"),
        ("1899-12-31 23:59:59.999", "1899-12-31 23:59:59.999000"),
        ("0001-01-01", "0001-01-01 00:00:00.000000"),
        ("0044-03-15 12:00:00.001 BC", "-0043-03-15 12:00:00.001000"),
        ("4713-01-01 BC", "-4712-01-01 00:00:00.000000"),
        ("20240-01-01", "+20240-01-01 00:00:00.000000"),
        ("infinity", "+262142-12-31 23:59:59.999999"),
        ("-infinity", "-262143-01-01 00:00:00.000000"),
        (None, None),
        ("294276-12-31", "+262142-12-31 23:59:59.999999"),
    ],
)
def test_times_are_exact_and_those_beyond_all_bounds_its_ends(
    hired_at: str | None, read: str | None, run: Run, v1: Database, v2: Database
) -> None:
    with psycopg.connect(v1.url) as connection:
        connection.execute('UPDATE "Teacher" SET "hired_at" = %s::timestamp WHERE "id" = 7', [hired_at])
    extract(run, v1, v2)
    written = run.v1("Teacher").filter(pl.col("id") == 7).select(pl.col("hired_at").dt.strftime("%Y-%m-%d %H:%M:%S%.6f")).collect()
    assert written.item() == read


def test_times_with_a_zone_are_read_in_utc_without_one(run: Run, v1: Database, v2: Database) -> None:
    execute(v1, f"""ALTER DATABASE "{v1.name}" SET TimeZone = 'Africa/Lagos'""")
    execute(v1, """ALTER TABLE "Teacher" ALTER COLUMN "hired_at" TYPE TIMESTAMPTZ(3); """)
    execute(v1, """UPDATE "Teacher" SET "hired_at" = '2024-01-01 00:30+01'""")
    extract(run, v1, v2)
    assert set(column(run, "Teacher", "hired_at")) == {datetime(2023, 12, 31, 23, 30)}  # noqa: DTZ001 - UTC


def test_columns_beyond_the_contract_do_not_matter(run: Run, v1: Database, v2: Database) -> None:
    execute(v1, """ALTER TABLE "Teacher" ADD COLUMN "shift" INTERVAL DEFAULT '1 hour', ADD COLUMN "places" POINT[]""")
    extract(run, v1, v2)
    assert len(column(run, "Teacher", "id")) == 25


# One instant


def test_what_others_write_during_the_extract_does_not_show(
    tmp_path: Path, v1: Database, v2: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet, busy = run_in(tmp_path), run_in(tmp_path, batch_rows=7)
    extract(quiet, v1, v2)
    plainly = module._extract_table
    written: list[str] = []

    def while_others_write(run: Run, source: Snapshot, table: str, *further: Any) -> int:
        rows = plainly(run, source, table, *further)
        number = 100 + len(written)
        execute(
            v1,
            f"""
            INSERT INTO "School" ("id", "name", "code", "admin_name", "updated_at")
                VALUES ({number}, 'New', 'N{number}', 'New', '2024-01-01');
            INSERT INTO "Teacher" ("id", "school_id", "full_name", "updated_at") VALUES ({number}, {number}, 'New', '2024-01-01');
            INSERT INTO "Parent" ("id", "school_id", "full_name", "updated_at") VALUES ({number}, {number}, 'New', '2024-01-01');
            UPDATE "Teacher" SET "full_name" = 'Changed {number}';
            DELETE FROM "_ClassToTeacher";
            """,
        )
        written.append(table)
        return rows

    monkeypatch.setattr(module, "_extract_table", while_others_write)
    extract(busy, v1, v2)
    assert written == list(V1_TABLES)
    assert execute(v1, 'SELECT count(*) FROM "Teacher"') == [(25 + len(V1_TABLES),)]
    for table in V1_TABLES:
        assert busy.v1(table).collect().equals(quiet.v1(table).collect()), table


def test_the_manifest_tells_the_snapshot_and_its_time(run: Run, v1: Database, v2: Database) -> None:
    extract(run, v1, v2)
    assert set(run.facts["snapshot"]) == {"id", "taken_at"}
    assert run.facts["snapshot"]["taken_at"].endswith("Z")
    assert [(stage.name, stage.state, stage.rows) for stage in run.stages] == [("extract", "done", 29)]


# Parts


@pytest.mark.parametrize(("batch_rows", "sizes"), [(1, [1] * 25), (7, [7, 7, 7, 4]), (25, [25]), (24, [24, 1]), (1_000_000, [25])])
def test_a_part_has_exactly_so_many_rows_in_the_order_of_the_key(
    batch_rows: int, sizes: list[int], tmp_path: Path, v1: Database, v2: Database
) -> None:
    run = run_in(tmp_path, batch_rows=batch_rows)
    extract(run, v1, v2)
    assert [pl.read_parquet(part).height for part in run.folder.parts("v1", "Teacher")] == sizes
    assert run.v1("Teacher").collect()["id"].to_list() == list(range(1, 26))
    assert run.v1("_ClassToTeacher").collect().rows() == [(3, 2), (3, 9)]


def test_a_part_may_be_made_of_many_batches_and_cut_one(
    tmp_path: Path, v1: Database, v2: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STREAM_ROWS", 4)
    run = run_in(tmp_path, batch_rows=10)
    extract(run, v1, v2)
    assert [pl.read_parquet(part).height for part in run.folder.parts("v1", "Teacher")] == [10, 10, 5]


def test_an_empty_table_is_one_empty_part(run: Run, v1: Database, v2: Database) -> None:
    extract(run, v1, v2)
    (part,) = run.folder.parts("v1", "Student")
    assert pl.read_parquet(part).height == 0


def test_a_part_is_there_whole_or_not_at_all(tmp_path: Path, v1: Database, v2: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    plainly = Snapshot.stream

    def breaking(snapshot: Snapshot, query: str, *, batch_rows: int) -> Iterator[pa.RecordBatch]:
        for number, batch in enumerate(plainly(snapshot, query, batch_rows=batch_rows)):
            if '"Teacher"' in query and number == 5:
                raise ConnectionFailedError("gone", next_step="again")
            yield batch

    monkeypatch.setattr(module, "STREAM_ROWS", 4)
    monkeypatch.setattr(Snapshot, "stream", breaking)
    run = run_in(tmp_path, batch_rows=7)
    with pytest.raises(ConnectionFailedError):
        extract(run, v1, v2)
    assert [pl.read_parquet(part).height for part in run.folder.parts("v1", "Teacher")] == [7, 7]
    assert [stage.state for stage in run.stages] == ["failed"]


def test_a_value_that_is_not_of_its_column_s_type_ends_the_run_and_is_not_quoted(run: Run, v1: Database, v2: Database) -> None:
    execute(v1, """ALTER TABLE "Teacher" ALTER COLUMN "is_active" DROP DEFAULT, ALTER COLUMN "is_active" TYPE TEXT""")
    execute(v1, """UPDATE "Teacher" SET "is_active" = 'ada@x.example' WHERE "id" = 18""")
    with pytest.raises(DatabaseError, match="InvalidTextRepresentation") as refused:
        extract(run, v1, v2)
    assert "ada@" not in str(refused.value)
    assert run.folder.parts("v1", "Teacher") == []


def test_rows_that_did_not_come_end_the_run(run: Run, v1: Database, v2: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = module._count
    monkeypatch.setattr(module, "_count", lambda source, table: counted(source, table) + (table == "Teacher"))
    with pytest.raises(MigratorError, match="25 rows of V1's Teacher came, 26 are there"):
        extract(run, v1, v2)


# Databases that are not what they should be


def test_what_v1_lacks_is_listed(run: Run, v1: Database, v2: Database) -> None:
    execute(v1, """DROP TABLE "_ParentToStudent"; ALTER TABLE "Teacher" DROP COLUMN "email", DROP COLUMN "skills" """)
    with pytest.raises(
        SchemaError, match=r"lacks what the migration reads: Teacher\.email, Teacher\.skills, _ParentToStudent\."
    ) as refused:
        extract(run, v1, v2)
    assert refused.value.problem.startswith(v1.place)
    assert refused.value.exit_code == 4
    assert "?schema=" in refused.value.next_step
    assert run.stages == []


def test_an_empty_database_is_no_v1(run: Run, make_database: MakeDatabase, v2: Database) -> None:
    with pytest.raises(SchemaError, match=", ".join(V1_TABLES)):
        extract(run, Database.from_url("V1", make_database()), v2)


def test_enums_of_v1_may_be_text(run: Run, v1: Database, v2: Database) -> None:
    execute(v1, """ALTER TABLE "Student" ALTER COLUMN "status" DROP DEFAULT, ALTER COLUMN "status" TYPE TEXT""")
    execute(v1, """ALTER TABLE "Student" ALTER COLUMN "gender" TYPE TEXT; ALTER TABLE "Teacher" ALTER COLUMN "gender" TYPE TEXT""")
    execute(v1, """DROP TYPE "StudentStatus"; DROP TYPE "Gender" """)
    execute(v1, """UPDATE "Teacher" SET "gender" = 'male'""")
    extract(run, v1, v2)
    assert set(column(run, "Teacher", "gender")) == {"male"}


def test_v1_may_lie_in_another_schema(run: Run, make_database: MakeDatabase, v2: Database) -> None:
    sql = f"CREATE SCHEMA heimdall; SET search_path = heimdall; {packaged_sql('v1')} {ROWS}"
    url = make_database(sql.replace('CREATE SCHEMA IF NOT EXISTS "public";', ""))
    with pytest.raises(SchemaError, match="School"):
        extract(run, Database.from_url("V1", url), v2)
    extract(run, Database.from_url("V1", f"{url}{'&' if '?' in url else '?'}schema=heimdall"), v2)
    assert len(column(run, "Teacher", "id")) == 25


def test_a_v2_that_lacks_columns_or_reference_data_is_refused(run: Run, v1: Database, make_database: MakeDatabase) -> None:
    v2 = Database.from_url("V2", make_database(packaged_sql("v2")))
    with pytest.raises(SchemaError, match="lacks reference data: ") as refused:
        extract(run, v1, v2)
    assert "setup" in refused.value.next_step
    execute(v2, 'ALTER TABLE "User" DROP COLUMN "phone"')
    with pytest.raises(SchemaError, match=r"lacks tables or columns: User\.phone"):
        extract(run, v1, v2)


def test_a_v1_that_breaks_off_is_not_taken_for_v2(run: Run, v1: Database, v2: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = module._count

    def cut_off(source: Snapshot, table: str) -> int:
        with psycopg.connect(v1.url) as another:
            another.execute("SELECT pg_terminate_backend(%s)", [source.connection.info.backend_pid])
        return counted(source, table)

    monkeypatch.setattr(module, "_count", cut_off)
    with pytest.raises(ConnectionFailedError) as lost:
        extract(run, v1, v2)
    assert lost.value.problem.startswith(v1.place)


# Rights, and V1 left alone


def test_a_user_who_may_only_select_suffices_and_v1_is_left_as_it_was(run: Run, v1: Database, v2: Database, clerk: Clerk) -> None:
    every_row = " UNION ALL ".join(f"""SELECT '{table}', xmin::text, t::text FROM "{table}" t""" for table in V1_TABLES)
    sequences = "SELECT sequencename::text, last_value FROM pg_sequences ORDER BY 1"
    before = execute(v1, every_row), execute(v1, sequences)
    execute(v1, f'GRANT SELECT ON ALL TABLES IN SCHEMA public TO "{clerk.name}"')
    extract(run, clerk.at(v1), v2)
    assert len(column(run, "Teacher", "id")) == 25
    assert (execute(v1, every_row), execute(v1, sequences)) == before


def test_a_table_that_may_not_be_read_is_named(run: Run, v1: Database, v2: Database, clerk: Clerk) -> None:
    execute(v1, f'GRANT SELECT ON ALL TABLES IN SCHEMA public TO "{clerk.name}"; REVOKE SELECT ON "Parent" FROM "{clerk.name}"')
    with pytest.raises(DatabaseError, match=rf"the user {clerk.name} may not SELECT in Parent\.") as refused:
        extract(run, clerk.at(v1), v2)
    assert refused.value.problem.startswith(v1.place)
    assert run.stages == []


def test_a_user_who_could_not_write_v2_is_told_before_anything_is_read(
    run: Run, v1: Database, make_database: MakeDatabase, clerk: Clerk
) -> None:
    v2 = Database.from_url("V2", make_database(packaged_sql("v2")))
    with connected(v2) as connection:
        set_up(connection)
    for grant, lacking in (
        (f'GRANT SELECT ON ALL TABLES IN SCHEMA public TO "{clerk.name}"', "may not INSERT in School, User,"),
        (f'GRANT INSERT ON ALL TABLES IN SCHEMA public TO "{clerk.name}"', 'may not create the schema "migration"'),
    ):
        execute(v2, grant)
        with pytest.raises(DatabaseError, match=lacking) as refused:
            extract(run, v1, clerk.at(v2))
        assert refused.value.problem.startswith(v2.place)
    execute(v2, f'GRANT CREATE ON DATABASE "{v2.name}" TO "{clerk.name}"')
    extract(run, v1, clerk.at(v2))
    assert len(column(run, "Teacher", "id")) == 25


# V2


INSTANT = "2024-03-01 10:00:00.123000"


def test_what_the_plan_must_know_of_v2_is_read_and_nothing_else(run: Run, v1: Database, make_database: MakeDatabase) -> None:
    v2 = Database.from_url("V2", make_database(packaged_sql("v2")))
    with connected(v2) as connection:
        set_up(connection)
        connection.execute(ledger.statements().encode())
        connection.execute(
            f"""
            INSERT INTO "User" ("id", "email", "phone", "passwordHash", "firstName", "userTypeId", "updatedAt")
                SELECT 'stranger', 'Ada@X.example', '+2348031234567', 'hash', 'Ada', "id", '{INSTANT}'
                FROM "UserType" WHERE "code" = 'PARENT';
            INSERT INTO "migration"."run" VALUES ('run-1', 'loaded', 'd', '{{}}', '2024-01-01');
            INSERT INTO "migration"."row" VALUES ('School', '7', 'digest', 'run-1');
            """.encode()
        )
    extract(run, v1, v2)
    for table, names in BEFORE.items():
        typed = {"updatedAt": pl.Datetime("us"), "isClassTeacher": pl.Boolean(), "isPrimary": pl.Boolean()}
        assert run.before(table).collect_schema() == pl.Schema({name: typed.get(name, pl.String()) for name in names}), table
    assert run.before("User").collect().rows() == [("stranger", "Ada@X.example", "+2348031234567", datetime.fromisoformat(INSTANT))]
    assert run.before("ledger").collect_schema() == LEDGER_SCHEMA
    assert run.before("ledger").collect().rows() == [("School", "7", "digest", "run-1", None, None, None, None, False)]
    assert run.before("Role").collect()["code"].sort().to_list() == ["PARENT", "SCHOOL_ADMIN", "STUDENT", "SUPER_ADMIN", "TEACHER"]


def test_a_v2_without_a_ledger_has_seen_no_rows(run: Run, v1: Database, v2: Database) -> None:
    extract(run, v1, v2)
    assert run.before("ledger").collect().rows() == []


def test_what_people_wrote_about_v1_is_in_its_files(make_database: MakeDatabase, v2: Database, tmp_path: Path) -> None:
    comments = """COMMENT ON TABLE "Class" IS 'one a year'; COMMENT ON COLUMN "Class"."name" IS 'as on the door'"""
    v1 = Database.from_url("V1", make_database(packaged_sql("v1") + ROWS + comments))
    run = run_in(tmp_path)
    extract(run, v1, v2)
    schema = pq.read_schema(run.folder.part("v1", "Class", 0))
    assert schema.metadata[b"comment"] == b"one a year"
    assert schema.field("name").metadata == {b"postgresql_type": b"text", b"comment": b"as on the door"}
    assert schema.field("capacity").metadata == {b"postgresql_type": b"integer"}
