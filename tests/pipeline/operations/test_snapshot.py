"""A snapshot of a database: every table, every value, one instant; a whole folder or none."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from pipeline.errors import ConnectionFailedError, DatabaseError, SchemaError, StorageError, UsageError
from pipeline.operations import snapshot as module
from pipeline.operations.snapshot import folder_names, take_snapshot
from pipeline.postgres.connect import Database
from pipeline.postgres.embedded import Server
from pipeline.progress import Advance, Progress
from pipeline.sample import fill
from pipeline.stages.setup import set_up
from tests.conftest import MakeDatabase
from tests.pipeline.conftest import Clerk

FURTHER_FLAWS = """
    UPDATE "Student" SET "date_of_birth" = 'infinity', "enrolled_at" = '-infinity' WHERE "id" = 7;
    UPDATE "Student" SET "date_of_birth" = '262142-12-30', "enrolled_at" = '0044-03-15 12:00:00.001 BC' WHERE "id" = 8;
    UPDATE "Teacher" SET "salary" = 'NaN', "skills" = ARRAY['a', NULL, '', 'é"'] WHERE "id" = 9;
    UPDATE "Teacher" SET "skills" = '{}' WHERE "id" = 10;
    UPDATE "School" SET "settings" = '{"fees": 12345678901234567890.10, "terms": [1, null]}' WHERE "id" = 1;
"""

V2_ROWS = """
    INSERT INTO "School" ("id", "name", "code", "country", "settings", "updatedAt")
        VALUES ('s1', 'Green Hill', 'GH', 'NG', '{"fees": 1.10}', '2024-01-01 10:00:00.123'), ('s2', '', '', 'GH', '[]', '1999-12-31');
    INSERT INTO "User" ("id", "userTypeId", "email", "passwordHash", "gender", "firstName", "dateOfBirth", "updatedAt")
        SELECT 'u' || number, "UserType"."id", number || '@x.org', '$2b$10$hash', 'FEMALE', 'Ada',
            CASE number WHEN 1 THEN 'infinity' WHEN 2 THEN '-infinity' WHEN 3 THEN NULL ELSE '2001-02-03'::date END, '2024-01-01'
        FROM generate_series(1, 25) AS number, "UserType" WHERE "code" = 'TEACHER';
    INSERT INTO "Teacher" ("id", "userId", "schoolId", "skills", "salary", "updatedAt")
        VALUES ('t1', 'u1', 's1', '{}', 0, '2024-01-01'), ('t2', 'u2', 's1', NULL, NULL, '2024-01-01'),
               ('t3', 'u3', 's2', ARRAY['a', NULL], 1234.50, '2024-01-01');
"""

FIRST, LAST = -8_334_601_228_800_000_000, 8_210_266_876_799_999_999
"""The ends of the reader's calendar, in microseconds since 1970."""

MICROSECONDS_OF_A_DAY = 86_400_000_000

COMPARED_AS = {
    "timestamp(3) without time zone": (
        f"CASE {{0}} WHEN 'infinity' THEN {LAST} WHEN '-infinity' THEN {FIRST} ELSE (extract(epoch FROM {{0}}) * 1000000)::int8 END"
    ),
    "date": (
        f"CASE {{0}} WHEN 'infinity' THEN {LAST // MICROSECONDS_OF_A_DAY} WHEN '-infinity' THEN {FIRST // MICROSECONDS_OF_A_DAY} "
        "ELSE {0} - '1970-01-01'::date END"
    ),
    "jsonb": "{0}::text",
    "numeric(12,2)": "{0}::text",
    "numeric(4,2)": "{0}::text",
}
"""The type of a column → what psycopg is asked for, to be compared with what a snapshot holds; else the column itself."""


def quiet() -> Progress:
    return Progress(Console(file=StringIO()))


def execute(database: Database, statement: str) -> Any:
    with psycopg.connect(database.url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else None


def read(folder: Path, table: dict[str, Any]) -> pl.DataFrame:
    return pl.concat([pl.read_parquet(folder / file["path"]) for file in table["files"]])


def assert_holds_all_of(database: Database, folder: Path, manifest: dict[str, Any]) -> None:
    """Compares every value of every table, in the order of the key."""
    for name, table in manifest["tables"].items():
        wanted = ", ".join(COMPARED_AS.get(column["type"], "{0}").format(f'"{column["name"]}"') for column in table["columns"])
        key = ", ".join(f'"{part}"' for part in table["key"])
        expected = execute(database, f'SELECT {wanted} FROM "{name}" ORDER BY {key}')
        found = read(folder, table).with_columns(pl.selectors.temporal().to_physical())
        assert found.rows() == expected, name
        assert found.height == table["rows"]


@pytest.fixture(scope="module")
def sample(server: Server) -> Iterator[str]:
    """The server's name of a sample V1, with some more that real data hold; to be copied."""
    name = server.create_database("sample_of_snapshot")
    fill(server.url(name), students=60)
    execute(Database.from_url("V1", server.url(name)), FURTHER_FLAWS)
    yield name
    server.drop_database(name)


@pytest.fixture
def v1(sample: str, server: Server, database_names: Iterator[str]) -> Iterator[Database]:
    """A copy of the sample V1."""
    name = server.create_database(next(database_names), template=sample)
    yield Database.from_url("V1", server.url(name))
    server.drop_database(name)


@pytest.fixture
def v2(v2_url: str) -> Database:
    """A V2 with reference rows and a few others."""
    with psycopg.connect(v2_url) as connection:
        set_up(connection)
        connection.execute(V2_ROWS.encode())
    return Database.from_url("V2", v2_url)


# Values


@pytest.mark.parametrize("part_rows", [7, 1_000_000])
def test_every_value_of_v1_is_there_as_it_is(part_rows: int, v1: Database, tmp_path: Path) -> None:
    manifest = take_snapshot(v1, tmp_path / "v1", quiet(), part_rows=part_rows)
    assert len(manifest["tables"]) == 9
    assert_holds_all_of(v1, tmp_path / "v1", manifest)


def test_every_value_of_v2_is_there_as_it_is(v2: Database, tmp_path: Path) -> None:
    manifest = take_snapshot(v2, tmp_path / "v2", quiet(), part_rows=10)
    assert manifest["tables"]["User"]["rows"] == 25
    assert manifest["tables"]["Enrollment"]["rows"] == 0
    assert_holds_all_of(v2, tmp_path / "v2", manifest)


TYPES = {
    "smallint": (pa.int16(), "'-32768'", -32768),
    "integer": (pa.int32(), "2147483647", 2147483647),
    "bigint": (pa.int64(), "9223372036854775807", 9223372036854775807),
    "boolean": (pa.bool_(), "false", False),
    "real": (pa.float32(), "'1.5'", 1.5),
    "double precision": (pa.float64(), "'-Infinity'", float("-inf")),
    "numeric": (pa.string(), "'12345678901234567890123456789012345678901.01'", "12345678901234567890123456789012345678901.01"),
    "text": (pa.string(), "'Zoë 😀'", "Zoë 😀"),
    "character varying(9)": (pa.string(), "' a '", " a "),
    "character(4)": (pa.string(), "'NG'", "NG  "),
    "bytea": (pa.large_binary(), r"'\x00ff'", b"\x00\xff"),
    "uuid": (pa.string(), "'6f646e69-6e76-4232-8000-000000000001'", "6f646e69-6e76-4232-8000-000000000001"),
    "json": (pa.string(), """'{"b": 1.10,  "a": 1}'""", '{"b": 1.10,  "a": 1}'),
    "jsonb": (pa.string(), "'[1e30]'", "[1000000000000000000000000000000]"),
    "mood": (pa.string(), "'glad'", "glad"),
    "positive": (pa.string(), "4", "4"),
    "interval": (pa.string(), "'1 day 2 hours'", "1 day 02:00:00"),
    "time without time zone": (pa.string(), "'24:00:00'", "24:00:00"),
    "inet": (pa.string(), "'10.0.0.1'", "10.0.0.1/32"),
    '"char"': (pa.string(), "'q'", "q"),
    "text[]": (pa.large_list(pa.string()), "ARRAY['a', NULL, '']", ["a", None, ""]),
    "text[] ": (pa.large_list(pa.string()), "ARRAY[ARRAY['a', 'b\"'], ARRAY['c', NULL]]", ['["a", "b\\""]', '["c", null]']),
    "integer[]": (pa.large_list(pa.string()), "ARRAY[1, NULL]", ["1", None]),
    "mood[]": (pa.large_list(pa.string()), "ARRAY['glad', 'sad']::mood[]", ["glad", "sad"]),
    "int4range": (pa.string(), "'[1,3)'", "[1,3)"),
}
"""PostgreSQL's type → the type in the file, a value, and the same as it is read."""


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_is_read(kind: str, make_database: MakeDatabase, tmp_path: Path) -> None:
    arrow, written, expected = TYPES[kind]
    url = make_database("CREATE TYPE mood AS ENUM ('glad', 'sad'); CREATE DOMAIN positive AS INT CHECK (VALUE > 0)")
    database = Database.from_url("V1", url)
    execute(database, f'CREATE TABLE "T" ("v" {kind}); INSERT INTO "T" VALUES ({written}), (NULL)')
    manifest = take_snapshot(database, tmp_path / "s", quiet(), part_rows=10)
    (file,) = manifest["tables"]["T"]["files"]
    rows = pq.read_table(tmp_path / "s" / file["path"])
    assert (rows.schema.field("v").type, sorted(rows["v"].to_pylist(), key=lambda value: value is None)) == (arrow, [expected, None])
    assert manifest["tables"]["T"]["columns"] == [{"name": "v", "type": kind.strip(), "nullable": True}]


def test_timestamps_with_a_time_zone_are_read_in_utc(make_database: MakeDatabase, tmp_path: Path) -> None:
    database = Database.from_url("V1", make_database())
    execute(database, """CREATE TABLE "T" ("v" TIMESTAMPTZ); INSERT INTO "T" VALUES ('2024-01-01 12:00:00.123456+02'), ('infinity')""")
    manifest = take_snapshot(database, tmp_path / "s", quiet(), part_rows=10)
    values = read(tmp_path / "s", manifest["tables"]["T"])["v"]
    assert values.dtype == pl.Datetime("us", "UTC")
    assert values.to_physical().to_list() == [1_704_103_200_123_456, LAST]


# Tables


def test_a_table_nobody_expects_is_read_and_its_comments_are_kept(v1: Database, tmp_path: Path) -> None:
    execute(
        v1,
        """
        CREATE TABLE "odd/../na.me" ("a ""b"" {0} %%s" INT PRIMARY KEY, "empty" TEXT[]);
        CREATE TABLE "manifest.json" ("id" INT);
        CREATE TABLE "TEACHER" ("id" INT);
        CREATE TABLE "bare" ();
        INSERT INTO "bare" DEFAULT VALUES;
        COMMENT ON TABLE "odd/../na.me" IS 'Größe';
        COMMENT ON COLUMN "odd/../na.me"."empty" IS 'nothing';
        """,
    )
    manifest = take_snapshot(v1, tmp_path / "v1", quiet(), part_rows=1000)
    odd = manifest["tables"]["odd/../na.me"]
    assert odd["files"][0]["path"] == "odd%2F%2E%2E%2Fna%2Eme/part-000.parquet"
    schema = pq.read_schema(tmp_path / "v1" / odd["files"][0]["path"])
    assert schema.names == ['a "b" {0} %%s', "empty"]
    assert schema.metadata[b"comment"].decode() == odd["comment"] == "Größe"
    assert schema.field("empty").metadata == {b"postgresql_type": b"text[]", b"comment": b"nothing"}
    assert pl.scan_parquet(tmp_path / "v1" / odd["files"][0]["path"]).collect().dtypes == [pl.Int32, pl.List(pl.String)]
    assert (manifest["tables"]["bare"]["rows"], manifest["tables"]["bare"]["files"]) == (1, [])
    assert (manifest["tables"]["TEACHER"]["rows"], manifest["tables"]["manifest.json"]["rows"]) == (0, 0)


def test_rows_of_partitioned_and_inherited_tables_come_once(make_database: MakeDatabase, tmp_path: Path) -> None:
    database = Database.from_url("V1", make_database())
    execute(
        database,
        """
        CREATE TABLE "Parted" ("id" INT PRIMARY KEY) PARTITION BY RANGE ("id");
        CREATE TABLE "Low" PARTITION OF "Parted" FOR VALUES FROM (0) TO (10);
        CREATE TABLE "High" PARTITION OF "Parted" DEFAULT;
        INSERT INTO "Parted" VALUES (20), (1);
        CREATE TABLE "Base" ("id" INT);
        CREATE TABLE "Heir" ("more" INT) INHERITS ("Base");
        INSERT INTO "Base" VALUES (1); INSERT INTO "Heir" VALUES (2, 3);
        CREATE VIEW "Both" AS SELECT * FROM "Base";
        """,
    )
    manifest = take_snapshot(database, tmp_path / "s", quiet(), part_rows=10)
    rows = {name: read(tmp_path / "s", table).rows() for name, table in manifest["tables"].items()}
    assert rows == {"Base": [(1,)], "Heir": [(2, 3)], "Parted": [(1,), (20,)]}


@pytest.mark.parametrize(
    ("names", "folders"),
    [
        (["Teacher", "_AToB"], ["Teacher", "_AToB"]),
        (["user", "User", "USER~2"], ["user", "User~2", "USER%7E2"]),
        ([".", "..", "a b", "ü"], ["%2E", "%2E%2E", "a%20b", "%C3%BC"]),
    ],
)
def test_a_folder_s_name_is_safe_and_its_own(names: list[str], folders: list[str]) -> None:
    assert folder_names(names) == dict(zip(names, folders, strict=True))


# The instant


class Interloper(Progress):
    """Writes to the database as soon as reading begins."""

    def __init__(self, database: Database) -> None:
        super().__init__(Console(file=StringIO()))
        self.database = database

    @contextmanager
    def stage(self, name: str, /, *, total: int, unit: str = "rows") -> Iterator[Advance]:
        execute(self.database, """INSERT INTO "Subject" ("school_id", "name", "updated_at") VALUES (1, 'Latecomer', now())""")
        execute(self.database, """UPDATE "School" SET "name" = 'Renamed'""")
        with super().stage(name, total=total, unit=unit) as advance:
            yield advance


def test_what_is_written_meanwhile_does_not_show(v1: Database, tmp_path: Path) -> None:
    manifest = take_snapshot(v1, tmp_path / "v1", Interloper(v1), part_rows=100)
    assert "Latecomer" not in read(tmp_path / "v1", manifest["tables"]["Subject"])["name"].to_list()
    assert "Renamed" not in read(tmp_path / "v1", manifest["tables"]["School"])["name"].to_list()
    later = take_snapshot(v1, tmp_path / "later", quiet(), part_rows=100)
    assert later["rows"] == manifest["rows"] + 1


def test_two_snapshots_of_the_same_rows_are_the_same_files(v1: Database, tmp_path: Path) -> None:
    first, second = (take_snapshot(v1, tmp_path / name, quiet(), part_rows=50) for name in ("first", "second"))
    assert first["tables"] == second["tables"]


# The manifest


def test_the_manifest_tells_the_files_as_they_are_and_no_secret(v1: Database, tmp_path: Path) -> None:
    manifest = take_snapshot(v1, tmp_path / "v1", quiet(), part_rows=50)
    told = {file["path"]: file for table in manifest["tables"].values() for file in table["files"]}
    there = {str(path.relative_to(tmp_path / "v1")): path for path in (tmp_path / "v1").rglob("*.parquet")}
    assert told.keys() == there.keys()
    for path, file in told.items():
        content = there[path].read_bytes()
        assert (file["bytes"], file["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
        assert pq.read_metadata(there[path]).num_rows == file["rows"]
    assert manifest["bytes"] == sum(file["bytes"] for file in told.values())
    assert (manifest["side"], manifest["database"], manifest["schema"]) == ("v1", v1.place, "public")
    assert v1.password not in (tmp_path / "v1" / "manifest.json").read_text(encoding="utf-8")
    assert pl.read_json(tmp_path / "v1" / "manifest.json")["rows"].to_list() == [manifest["rows"]]


def test_the_folder_is_its_owner_s_alone(v1: Database, tmp_path: Path) -> None:
    before = os.umask(0o002)
    try:
        take_snapshot(v1, tmp_path / "v1", quiet(), part_rows=1000)
    finally:
        os.umask(before)
    found = [tmp_path / "v1", *(tmp_path / "v1").rglob("*")]
    assert {path.stat().st_mode & 0o777 for path in found if path.is_dir()} == {0o700}
    assert {path.stat().st_mode & 0o777 for path in found if path.is_file()} == {0o600}


# The folder


def test_an_empty_folder_is_filled_and_missing_ones_above_are_made(v1: Database, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "empty", tmp_path / "a" / "b"):
        take_snapshot(v1, folder, quiet(), part_rows=1000)
        assert (folder / "manifest.json").is_file()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "empty"]


def test_a_folder_that_holds_something_is_refused_before_the_database_is_asked(tmp_path: Path) -> None:
    nowhere = Database(label="V1", host="127.0.0.1", port=1, name="x", user="x")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").touch()
    for folder in (tmp_path / "full", tmp_path / "full" / "a", tmp_path / "full" / "a" / "b"):
        with pytest.raises(UsageError) as refused:
            take_snapshot(nowhere, folder, quiet(), part_rows=1)
        assert refused.value.exit_code == 2


def test_the_working_folder_is_refused(v1: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="working folder"):
        take_snapshot(v1, Path(), quiet(), part_rows=1)


def test_of_a_snapshot_that_fails_nothing_is_left(v1: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_json", full)
    with pytest.raises(StorageError, match="No space left"):
        take_snapshot(v1, tmp_path / "v1", quiet(), part_rows=1000)
    assert list(tmp_path.iterdir()) == []


def test_of_a_snapshot_that_is_interrupted_nothing_is_left(v1: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "write_json", interrupted)
    (tmp_path / "v1").mkdir()
    with pytest.raises(KeyboardInterrupt):
        take_snapshot(v1, tmp_path / "v1", quiet(), part_rows=1000)
    assert [path.name for path in tmp_path.iterdir()] == ["v1"]
    assert list((tmp_path / "v1").iterdir()) == []


# Rights


def test_a_database_that_cannot_be_reached_is_told(tmp_path: Path) -> None:
    nowhere = Database(label="V1", host="127.0.0.1", port=1, name="x", user="x")
    with pytest.raises(ConnectionFailedError):
        take_snapshot(nowhere, tmp_path / "v1", quiet(), part_rows=1)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_right_is_told_with_the_table(v1: Database, clerk: Clerk, tmp_path: Path) -> None:
    execute(v1, f'GRANT SELECT ON ALL TABLES IN SCHEMA public TO {clerk.name}; REVOKE SELECT ON "Parent" FROM {clerk.name}')
    with pytest.raises(DatabaseError, match="may not SELECT in Parent"):
        take_snapshot(clerk.at(v1), tmp_path / "v1", quiet(), part_rows=1000)
    execute(v1, f'GRANT SELECT ON "Parent" TO {clerk.name}')
    take_snapshot(clerk.at(v1), tmp_path / "v1", quiet(), part_rows=1000)


def test_rows_that_row_level_security_hides_are_not_left_out_in_silence(v1: Database, clerk: Clerk, tmp_path: Path) -> None:
    execute(v1, f'GRANT SELECT ON ALL TABLES IN SCHEMA public TO {clerk.name}; ALTER TABLE "Parent" ENABLE ROW LEVEL SECURITY')
    with pytest.raises(DatabaseError, match=r"row-level security hides rows .* in Parent"):
        take_snapshot(clerk.at(v1), tmp_path / "v1", quiet(), part_rows=1000)


def test_a_schema_without_tables_is_told(make_database: MakeDatabase, tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="no tables in the schema public"):
        take_snapshot(Database.from_url("V1", make_database()), tmp_path / "v1", quiet(), part_rows=1)
