"""What the checks of V1's and V2's contract find: counts in memory, the id of every failing row in `records/findings.parquet`."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal

import polars as pl
import pyarrow.parquet as pq

from checks.findings import Finding, merged
from pipeline.run_folder import PRIVATE_FILE

SCHEMA: Final = pl.Schema(dict.fromkeys(("database", "table", "check", "id"), pl.String()))
"""Of the record: `v1` or `v2`; the table and the check as `Finding` names them; the row's id, null for a row without one."""


class FindingsRecord(AbstractContextManager["FindingsRecord"]):
    """Takes the findings of all parts of one database.

    The record has a row for every row that fails, once for each check that it fails: as many as the findings count. It is there, whole,
    once the block has ended well; what it held of the other database is in it again.
    """

    def __init__(self, path: Path, database: Literal["v1", "v2"], /) -> None:
        """Begins the record at `path` anew.

        Raises:
            OSError: It cannot be written.
        """
        self._path, self._database = path, database
        self._found: list[Finding] = []
        self._unfinished = path.with_name(f"{path.name}.tmp")
        self._unfinished.touch(mode=PRIVATE_FILE)
        self._writer = pq.ParquetWriter(self._unfinished, SCHEMA.to_frame().to_arrow().schema, compression="zstd")
        self._keep_other_database()

    def add(self, findings: Iterable[Finding], /) -> None:
        """Takes findings of a part; their ids are written, and not kept."""
        found = list(findings)
        self._found += [replace(finding, ids=None) for finding in found]
        self._write(
            pl.select(table=pl.lit(finding.table), check=pl.lit(finding.check), id=finding.ids)
            for finding in found
            if finding.ids is not None
        )

    def document(self) -> list[dict[str, Any]]:
        """Every check of which there were findings, once, for the report; without the ids."""
        return [finding.document() for finding in merged(self._found)]

    def __exit__(self, error: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        """Puts the record in its place, or leaves the one that was there."""
        self._writer.close()
        if error is None:
            self._unfinished.replace(self._path)
        else:
            self._unfinished.unlink()

    def _keep_other_database(self) -> None:
        if self._path.exists():
            for batch in pq.ParquetFile(self._path).iter_batches():
                kept = pl.DataFrame(batch).filter(pl.col("database") != self._database)
                self._writer.write_table(kept.cast(SCHEMA).to_arrow())

    def _write(self, frames: Iterable[pl.DataFrame]) -> None:
        rows = pl.concat([SCHEMA.to_frame().drop("database"), *frames]).select(pl.lit(self._database).alias("database"), pl.all())
        if not rows.is_empty():
            self._writer.write_table(rows.cast(SCHEMA).to_arrow())
