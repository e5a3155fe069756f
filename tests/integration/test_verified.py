"""How V2's rows are verified: by the server's hashes where it can be, else cell by cell; the result is the same."""

from pathlib import Path

import polars as pl
import pytest

from pipeline.postgres import row_hashes
from pipeline.stages import verify
from tests.integration.databases import Pair, migrated

READ_BACK = {"Teacher", "School", "Subject"}
"""Tables with an array, a number of many digits or JSON, and one that holds reference rows before the run."""


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tables whose rows are compared cell by cell."""
    tables: list[str] = []
    compare = verify._compare

    def noted(result: verify.Verification, read_back: tuple[str, pl.LazyFrame, pl.DataFrame]) -> int:
        tables.append(read_back[0])
        return compare(result, read_back)

    monkeypatch.setattr(verify, "_compare", noted)
    return tables


def test_no_row_travels_back_that_the_server_can_hash(sample: Pair, tmp_path: Path, compared: list[str]) -> None:
    done = migrated(sample, tmp_path, password_policy="carry")
    assert set(compared) == READ_BACK
    assert done.report.verification.rows == sum(done.run.facts["written"].values()) > 0


@pytest.mark.parametrize(
    "other",
    [{"IS_KNOWN": "SELECT false AS is_known"}, {"query": lambda *_, **__: "SELECT 0 AS rows, '1' AS hashes"}],
    ids=["a server that knows no row hashes", "a server that hashes otherwise"],
)
def test_else_every_cell_is_compared(
    sample: Pair, tmp_path: Path, compared: list[str], monkeypatch: pytest.MonkeyPatch, other: dict[str, object]
) -> None:
    for name, value in other.items():
        monkeypatch.setattr(row_hashes, name, value)
    done = migrated(sample, tmp_path, password_policy="carry")
    written = done.run.facts["written"]
    assert set(compared) == {table for table, rows in written.items() if rows}
    assert done.report.verification.differences == {}
    assert done.report.verification.rows == sum(written.values())
