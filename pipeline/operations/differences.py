"""What differs between V2 and a run's files: every id on record in a Parquet file, counts and a few ids in memory. No values."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Literal

import polars as pl
import pyarrow.parquet as pq

from checks.relations import PRIMARY_KEYS
from pipeline.run_folder import PRIVATE_FILE

Kind = Literal["edited since", "differs", "missing", "extra", "login fails"]

IDS_SHOWN: Final = 5
"""How many ids are remembered, for each kind of difference and V2 table."""

SCHEMA: Final = pl.Schema({"table": pl.String, "id": pl.String, "kind": pl.String, "column": pl.String})
"""Of the record: the id of a link is both of its ids, joined by a colon; `column` is null where a whole row is missing or extra."""


@dataclass
class Differences(AbstractContextManager["Differences"]):
    """What a comparison finds. The record at `path` is there, whole, once the block has ended well and if there is anything in it."""

    path: Path
    rows: int = 0
    """Rows of the run that were compared."""
    cells: int = 0
    logins: int = 0
    """Passwords that were tried."""
    logins_note: str | None = None
    """Why none could be tried."""
    keys: dict[str, int] = field(default_factory=dict)
    """Keys of V2 that its rows break → rows."""
    counts: dict[Kind, dict[str, dict[str | None, int]]] = field(default_factory=dict)
    """Kind → V2 table → column, None of whole rows → rows."""
    examples: dict[Kind, dict[str, list[str]]] = field(default_factory=dict)
    """Kind → V2 table → the first few ids."""
    _writer: pq.ParquetWriter | None = field(default=None, repr=False)

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(self.keys or self.counts)

    def __exit__(self, error: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        """Finishes the record, or leaves none."""
        if self._writer is None:
            return
        self._writer.close()
        if error is None:
            self._unfinished.replace(self.path)
        else:
            self._unfinished.unlink()

    def add(self, table: str, kind: Kind, rows: pl.DataFrame, /, *, column: str | None = None) -> None:
        """Takes rows of a V2 table; of them only the key is kept."""
        if rows.is_empty():
            return
        key = [name for name in PRIMARY_KEYS[table] if name in rows.columns]
        ids = rows.select(id=pl.concat_str(key, separator=":")).sort("id")
        columns = self.counts.setdefault(kind, {}).setdefault(table, {})
        columns[column] = columns.get(column, 0) + ids.height
        examples = self.examples.setdefault(kind, {}).setdefault(table, [])
        new = [name for name in ids["id"].head(IDS_SHOWN) if name not in examples]
        examples += new[: IDS_SHOWN - len(examples)]
        self._write(ids.select(table=pl.lit(table), id="id", kind=pl.lit(kind), column=pl.lit(column, dtype=pl.String)))

    @property
    def _unfinished(self) -> Path:
        return self.path.with_suffix(".tmp")

    def _write(self, rows: pl.DataFrame) -> None:
        batch = rows.cast(SCHEMA).to_arrow()
        if self._writer is None:
            self._unfinished.touch(mode=PRIVATE_FILE)
            self._writer = pq.ParquetWriter(self._unfinished, batch.schema, compression="zstd")
        self._writer.write_table(batch)
