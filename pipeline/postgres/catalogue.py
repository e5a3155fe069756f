"""The target's catalogue: what type each column of V2 has, and how a frame is cast to it for a binary COPY."""

from typing import Final

import polars as pl
import psycopg
import pyarrow as pa

from pipeline.errors import SchemaError

COLUMNS: Final = """
    SELECT attribute.attname, format_type(type.oid, NULL), type.typtype::text, attribute.attgenerated::text
    FROM pg_attribute AS attribute JOIN pg_type AS type ON type.oid = attribute.atttypid
    WHERE attribute.attrelid = %s::regclass AND attribute.attnum > 0 AND NOT attribute.attisdropped
    ORDER BY attribute.attnum
"""

ARROW_TYPES: Final[dict[str, pa.DataType]] = {
    "text": pa.large_string(),
    "character varying": pa.large_string(),
    "character": pa.large_string(),
    "boolean": pa.bool_(),
    "smallint": pa.int16(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "real": pa.float32(),
    "double precision": pa.float64(),
    "numeric": pa.decimal128(38, 2),
    "date": pa.date32(),
    "timestamp without time zone": pa.timestamp("us"),
    "timestamp with time zone": pa.timestamp("us", tz="UTC"),
    "text[]": pa.large_list(pa.large_string()),
    "character varying[]": pa.large_list(pa.large_string()),
    "json": pa.large_string(),
    "jsonb": pa.large_string(),
    "uuid": pa.large_string(),
}
"""PostgreSQL's name of a type → the Arrow type that a frame is cast to. An enum is text; JSON and uuid get a wrapping of their own."""


def column_types(connection: psycopg.Connection, table: str, /) -> dict[str, str]:
    """The columns of a table (its name qualified and quoted) that can be written → the name of their type; an enum's is `enum`."""
    rows = connection.execute(COLUMNS, [table]).fetchall()
    return {name: "enum" if kind == "e" else type_name for name, type_name, kind, generated in rows if not generated}


def for_copy(rows: pl.DataFrame, types: dict[str, str], /) -> pa.Table:
    """The rows as the target's columns want them: no server casts what a binary COPY brings.

    Args:
        rows: Columns named as the target's; null stays null.
        types: What `column_types` says of the target.

    Raises:
        SchemaError: The target lacks a column of the frame, or has it in a type that nothing can be cast to.
    """
    table = rows.to_arrow()
    return pa.table({name: _cast(table.column(name), name, types.get(name)) for name in rows.columns})


def _cast(values: pa.ChunkedArray, name: str, type_name: str | None) -> pa.ChunkedArray:
    wanted = pa.large_string() if type_name == "enum" else ARROW_TYPES.get(type_name or "")
    if wanted is None:
        raise SchemaError(
            f"V2's column {name} is {type_name or 'missing'}, which the migration cannot write.",
            next_step="Bring V2's schema to the one that `setup` makes.",
        )
    cast = values.cast(wanted)
    if type_name in {"json", "jsonb"}:
        return _wrapped(values.cast(pa.string()), pa.json_(pa.string()))
    if type_name == "uuid":
        bare = pl.Series(cast).str.replace_all("-", "").str.decode("hex")
        return _wrapped(pa.chunked_array([bare.to_arrow().cast(pa.binary(16))]), pa.uuid())
    return cast


def _wrapped(values: pa.ChunkedArray, extension: pa.DataType) -> pa.ChunkedArray:
    return pa.chunked_array([pa.ExtensionArray.from_storage(extension, chunk) for chunk in values.chunks], type=extension)
