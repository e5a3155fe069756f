"""Slices of a table: every key lies in exactly one, in the files as in V2."""

import polars as pl
import psycopg
import pytest

from pipeline.stages.slices import SLICES, slices

KEYS = ["", "-", "~own", "00aa", "7f", "80", "8", "c0ffee", "cuid", "ff", "fg", "ffff", "É", "stranger"]


@pytest.mark.parametrize("rows", [0, 1, 3, 1_000])
def test_every_key_lies_in_exactly_one_slice(rows: int, v2_url: str) -> None:
    cut = slices(rows, slice_rows=2)
    frame = pl.DataFrame({"id": KEYS})
    found = [frame.filter(part.holds("id"))["id"].to_list() for part in cut]
    assert sorted(key for keys in found for key in keys) == sorted(KEYS)
    with psycopg.connect(v2_url) as connection:
        connection.execute('CREATE TEMPORARY TABLE "keys" ("id" text)')
        connection.cursor().executemany('INSERT INTO "keys" VALUES (%s)', [[key] for key in KEYS])
        queries = [f'SELECT "id" FROM "keys" WHERE {part.condition("id")}'.encode() for part in cut]
        assert [sorted(row[0] for row in connection.execute(query)) for query in queries] == [sorted(keys) for keys in found]


def test_a_small_table_is_one_slice_and_a_large_one_no_more_than_there_are() -> None:
    assert len(slices(0, slice_rows=10)) == len(slices(10, slice_rows=10)) == 1
    assert len(slices(11, slice_rows=10)) == 2
    assert len(slices(10**9, slice_rows=1)) == SLICES
