"""What differs between V2 and a run's files: every id on record in a Parquet file, counts and a few ids in memory. No values."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self

import polars as pl
import pyarrow.parquet as pq

from checks.relations import PRIMARY_KEYS
from pipeline.run_folder import PRIVATE_FILE

Kind = Literal["edited since", "differs", "missing", "extra", "login fails"]

IDS_SHOWN: Final = 5
"""How many ids are remembered, for each kind of difference and V2 table."""

SCHEMA: Final = pl.Schema({"table": pl.String, "id": pl.String, "kind": pl.String, "column": pl.String})
"""Of the record: the id of a link is both of its ids, joined by a colon; `column` is null where a whole row is missing or extra."""
