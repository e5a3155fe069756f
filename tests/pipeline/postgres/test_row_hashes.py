"""PostgreSQL's hashes of rows, as we compute them, beside those of a real server."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import polars as pl
import psycopg
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.postgres import row_hashes
from pipeline.postgres.embedded import Server

TYPES = {"id": "text", "part": "text", "name": "text", "born": "date", "changed": "timestamp", "is_active": "boolean", "number": "int4"}
SCHEMA = pl.Schema(
    {
        "id": pl.String(),
        "part": pl.String(),
        "name": pl.String(),
        "born": pl.Date(),
        "changed": pl.Datetime("us"),
        "is_active": pl.Boolean(),
        "number": pl.Int32(),
    }
)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
ROWS = st.lists(
    st.tuples(
        TEXTS,
        TEXTS,
        st.none() | TEXTS,
        st.none() | st.dates(),
        st.none() | st.datetimes(),
        st.none() | st.booleans(),
        st.none() | st.integers(-(2**31), 2**31 - 1),
    ),
    max_size=8,
)


@pytest.fixture(scope="module")
def connection(server: Server) -> Iterator[psycopg.Connection]:
    """A table to fill."""
    columns = ", ".join(f'"{name}" {kind}' for name, kind in TYPES.items())
    with psycopg.connect(server.url(server.maintenance_database), autocommit=True) as connection:
        connection.execute(f'CREATE TEMPORARY TABLE "T" ({columns})'.encode())
        yield connection


def stored(connection: psycopg.Connection, rows: list[tuple[Any, ...]], *, key: list[str]) -> tuple[int, int]:
    """Rows and hashes of a table that holds just these rows, as the server tells them."""
    connection.execute('TRUNCATE "T"')
    with connection.cursor() as cursor:
        cursor.executemany('INSERT INTO "T" VALUES (%s, %s, %s, %s, %s, %s, %s)', rows)
    found = connection.execute(
        row_hashes.query('"T"', [f'"{name}"' for name in TYPES], key=[f'"{name}"' for name in key]).encode()
    ).fetchone()
    assert found
    return found[0], int(found[1]) % 2**64


def ours(rows: list[tuple[Any, ...]], *, key: list[str]) -> tuple[int, int]:
    hashes = row_hashes.row_hashes(pl.DataFrame(rows, schema=SCHEMA, orient="row").to_arrow(), key=key)
    assert hashes is not None
    return len(hashes), int(hashes.sum()) % 2**64


@given(rows=ROWS, key=st.sampled_from([["id"], ["id", "part"], []]))
def test_the_server_tells_the_same(connection: psycopg.Connection, rows: list[tuple[Any, ...]], key: list[str]) -> None:
    assert stored(connection, rows, key=key) == ours(rows, key=key)


@pytest.mark.parametrize("length", range(40))
def test_texts_of_every_length(connection: psycopg.Connection, length: int) -> None:
    rows = [(f"{length}", "é" * length, "x" * length, None, None, None, None)]
    assert stored(connection, rows, key=["part"]) == ours(rows, key=["part"])


def test_many_rows_and_slices_of_them(connection: psycopg.Connection) -> None:
    rows = [
        (f"{number}", "", f"{number**5}", date(2000, 1, 1), datetime.fromisoformat("1999-12-31T23:59"), number % 2 == 0, -number)
        for number in range(row_hashes.ROWS_AT_ONCE + 100)
    ]
    table = pl.DataFrame(rows, schema=SCHEMA, orient="row").to_arrow()
    of_slices = [row_hashes.row_hashes(table[first : first + 7_001], key=["id"]) for first in range(0, len(rows), 7_001)]
    found = sum(int(hashes.sum()) for hashes in of_slices if hashes is not None) % 2**64
    assert (len(rows), found) == ours(rows, key=["id"]) == stored(connection, rows, key=["id"])


def test_the_server_knows_how(connection: psycopg.Connection) -> None:
    assert connection.execute(row_hashes.IS_KNOWN.encode()).fetchone() == (True,)


@pytest.mark.parametrize("kind", [pa.large_list(pa.large_string()), pa.decimal128(38, 2), pa.int64(), pa.timestamp("ms")])
def test_other_types_are_not_hashed(kind: pa.DataType) -> None:
    rows = pa.table({"id": pa.array(["1"], pa.large_string()), "other": pa.array([None], kind)})
    assert row_hashes.row_hashes(rows, key=["id"]) is None
