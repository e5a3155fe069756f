"""The target's catalogue: what each type of V2 is cast to, and that a binary COPY of it comes back the same."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from pipeline.errors import SchemaError
from pipeline.postgres.catalogue import column_types, for_copy
from pipeline.postgres.connect import Database, bulk_connected, connected
from tests.conftest import MakeDatabase

UUID = "0a1b2c3d-4e5f-5678-9abc-def012345678"


@pytest.fixture
def v2(make_database: MakeDatabase) -> Database:
    """A database with an enum and nothing else."""
    return Database.from_url("V2", make_database("CREATE TYPE \"Gender\" AS ENUM ('MALE', 'FEMALE')"))


def make(database: Database, columns: str) -> dict[str, str]:
    """Makes a table, and tells the types of its columns."""
    with connected(database) as connection:
        connection.execute(f'CREATE TABLE "T" ({columns})'.encode())
        return column_types(connection, database.table("T"))


def copy(database: Database, rows: pl.DataFrame, types: dict[str, str]) -> None:
    with bulk_connected(database) as connection:
        with connection.cursor() as cursor:
            cursor.adbc_ingest("T", for_copy(rows, types), mode="append", db_schema_name=database.schema)
        connection.commit()


def stored(database: Database, columns: str = '"c"::text') -> list[Any]:
    with connected(database) as connection:
        return [row[0] if len(row) == 1 else row for row in connection.execute(f'SELECT {columns} FROM "T"'.encode())]


CASES: list[tuple[str, str, pl.Series, list[str]]] = [
    ("TEXT", "text", pl.Series(["Zoë", ""]), ["Zoë", ""]),
    ("VARCHAR(20)", "character varying", pl.Series(["Zoë"]), ["Zoë"]),
    ("CHAR(2)", "character", pl.Series(["NG"]), ["NG"]),
    ('"Gender"', "enum", pl.Series(["MALE", "FEMALE"]), ["MALE", "FEMALE"]),
    ("UUID", "uuid", pl.Series([UUID, UUID.upper()]), [UUID, UUID]),
    ("JSONB", "jsonb", pl.Series(['{"b": 12345678901234567890.10, "a": [1, null]}']), ['{"a": [1, null], "b": 12345678901234567890.10}']),
    ("JSON", "json", pl.Series(['{"b":1,  "b":2}']), ['{"b":1,  "b":2}']),
    ("BOOLEAN", "boolean", pl.Series([True, False]), ["true", "false"]),
    ("SMALLINT", "smallint", pl.Series([-32768, 32767], dtype=pl.Int64), ["-32768", "32767"]),
    ("INTEGER", "integer", pl.Series([-(2**31), 2**31 - 1], dtype=pl.Int64), ["-2147483648", "2147483647"]),
    ("BIGINT", "bigint", pl.Series([2**63 - 1], dtype=pl.Int64), ["9223372036854775807"]),
    ("BIGINT", "bigint", pl.Series([7], dtype=pl.Int32), ["7"]),
    ("REAL", "real", pl.Series([1.5]), ["1.5"]),
    ("DOUBLE PRECISION", "double precision", pl.Series([0.1]), ["0.1"]),
    ("DECIMAL(12,2)", "numeric", pl.Series([Decimal("9999999999.99"), Decimal("-0.01")]), ["9999999999.99", "-0.01"]),
    ("DECIMAL(12,2)", "numeric", pl.Series([120000], dtype=pl.Int64), ["120000.00"]),
    ("DATE", "date", pl.Series([date(1900, 1, 1), date(2199, 12, 31)]), ["1900-01-01", "2199-12-31"]),
    (
        "TIMESTAMP(3)",
        "timestamp without time zone",
        pl.Series([datetime(2024, 2, 29, 23, 59, 59, 999000)]),  # noqa: DTZ001 - V2's times have no zone
        ["2024-02-29 23:59:59.999"],
    ),
    (
        "TIMESTAMPTZ(3)",
        "timestamp with time zone",
        pl.Series([datetime(2024, 2, 29, 23, 59, 59, 999000)]),  # noqa: DTZ001 - UTC
        ["2024-02-29 23:59:59.999+00"],
    ),
    ("TEXT[]", "text[]", pl.Series([["a,b", 'c"d'], []], dtype=pl.List(pl.String)), ['{"a,b","c\\"d"}', "{}"]),
    ("VARCHAR(5)[]", "character varying[]", pl.Series([["a", "b"]]), ["{a,b}"]),
]
"""The column as it is made, its type's name, the values of a frame, and what PostgreSQL writes for them."""


@pytest.mark.parametrize(("column", "type_name", "values", "written"), CASES, ids=[f"{case[0]}-{case[2].dtype}" for case in CASES])
def test_a_value_of_every_type_is_written_exactly(column: str, type_name: str, values: pl.Series, written: list[str], v2: Database) -> None:
    types = make(v2, f'"c" {column}')
    assert types == {"c": type_name}
    copy(v2, pl.DataFrame({"c": values}), types)
    assert stored(v2) == written


@pytest.mark.parametrize("column", sorted({case[0] for case in CASES}))
def test_nothing_is_null_in_every_type(column: str, v2: Database) -> None:
    dtype = next(case[2].dtype for case in CASES if case[0] == column)
    for rows in (pl.DataFrame({"c": pl.Series([None, None], dtype=dtype)}), pl.DataFrame({"c": pl.Series([], dtype=dtype)})):
        assert for_copy(rows, {"c": next(case[1] for case in CASES if case[0] == column)}).num_rows == rows.height
    types = make(v2, f'"c" {column}')
    copy(v2, pl.DataFrame({"c": pl.Series([None, None], dtype=dtype)}), types)
    assert stored(v2) == [None, None]


@pytest.mark.parametrize("column", ["TEXT", "UUID", "VARCHAR(36)", "CHAR(36)"])
def test_an_id_is_the_same_whatever_type_v2_keeps_it_in(column: str, v2: Database) -> None:
    types = make(v2, f'"id" {column} PRIMARY KEY, "parentId" {column} REFERENCES "T" ("id")')
    copy(v2, pl.DataFrame({"id": [UUID], "parentId": [UUID]}), types)
    assert stored(v2, '"id"::text, "parentId"::text') == [(UUID, UUID)]


def test_columns_go_by_their_names_and_those_left_out_get_their_defaults(v2: Database) -> None:
    types = make(v2, '"a" INT, "b" TEXT, "at" TIMESTAMP(3) NOT NULL DEFAULT \'2024-01-01\', "c" INT')
    copy(v2, pl.DataFrame({"c": [3], "b": ["two"], "a": [1]}), types)
    assert stored(v2, '"a", "b", "c", "at"::text') == [(1, "two", 3, "2024-01-01 00:00:00")]


def test_columns_that_nobody_can_write_are_none(v2: Database) -> None:
    types = make(v2, '"a" INT, "gone" INT, "twice" INT GENERATED ALWAYS AS ("a" * 2) STORED, "id" INT GENERATED BY DEFAULT AS IDENTITY')
    assert set(types) == {"a", "gone", "id"}
    with connected(v2) as connection:
        connection.execute('ALTER TABLE "T" DROP COLUMN "gone"')
        assert column_types(connection, v2.table("T")) == {"a": "integer", "id": "integer"}


@pytest.mark.parametrize("type_name", ["uuid", "jsonb", "text", "timestamp with time zone", "numeric"])
def test_a_frame_in_many_chunks_is_one_table(type_name: str) -> None:
    value = {"uuid": UUID, "timestamp with time zone": datetime(2024, 1, 1), "numeric": Decimal("1.50")}.get(type_name, "{}")  # noqa: DTZ001 - UTC
    rows = pl.concat(
        [pl.DataFrame({"c": [value]}), pl.DataFrame({"c": [value, None]}, schema={"c": pl.Series([value]).dtype})], rechunk=False
    )
    table = for_copy(rows, {"c": type_name})
    assert isinstance(table, pa.Table)
    assert table.num_rows == 3
    assert table["c"].null_count == 1


@pytest.mark.parametrize("column", ["BYTEA", "INTERVAL", "INET", '"Gender"[]', "INT4RANGE"])
def test_a_type_that_cannot_be_written_is_refused_by_name(column: str, v2: Database) -> None:
    types = make(v2, f'"c" {column}')
    with pytest.raises(SchemaError, match=rf"column c is {types['c']}".replace("[", r"\[")):
        for_copy(pl.DataFrame({"c": ["x"]}), types)


def test_a_column_that_v2_lacks_is_refused_by_name(v2: Database) -> None:
    with pytest.raises(SchemaError, match="column nickname is missing"):
        for_copy(pl.DataFrame({"c": [1], "nickname": ["x"]}), make(v2, '"c" INT'))


def test_a_table_of_another_schema_is_another_table(v2: Database) -> None:
    make(v2, '"c" INT')
    with connected(v2) as connection:
        connection.execute('CREATE SCHEMA "odin"')
        connection.execute('CREATE TABLE "odin"."T" ("d" TEXT)')
        assert column_types(connection, '"odin"."T"') == {"d": "text"}
        assert column_types(connection, v2.table("T")) == {"c": "integer"}
