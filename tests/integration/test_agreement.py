"""The vectorised migration agrees with the naive one, row by row: every V2 cell, every rejection, every reason, every book."""

import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.reference import reference_tables
from pipeline.sample import sample_tables
from tests.integration.rehearsal import Rehearsal, Rows, rehearsed
from tests.oracle.databases import held, v1_databases
from tests.oracle.migrate import migrate
from tests.oracle.model import Held, OracleResult, OracleSettings

STARTED_AT = datetime(2026, 9, 1, 22, 30)  # noqa: DTZ001 - UTC, as V2 keeps its times
REFERENCE = {table: rows.to_dicts() for table, rows in reference_tables().items()}

POLICIES = st.sampled_from(["generate", "carry"])
COUNTRIES = st.sampled_from(["NG", "GB", "KE"])


def before_of(holdings: Held) -> dict[str, Rows]:
    """V2 as it is before the run: the reference rows, and what strangers hold."""
    strangers = {
        "User": [{"id": f"stranger-{n}", "email": email} for n, email in enumerate(sorted(holdings.emails))]
        + [{"id": f"caller-{n}", "email": f"caller-{n}@v2.example", "phone": phone} for n, phone in enumerate(sorted(holdings.phones))],
        "School": [{"id": f"school-{n}", "code": code} for n, code in enumerate(sorted(holdings.school_codes))],
        "Student": [
            {"id": f"student-{n}", "schoolId": school, "admissionNo": number}
            for n, (school, number) in enumerate(sorted(holdings.admission_numbers))
        ],
    }
    subjects = [
        {"id": f"subject-{n}", "code": code, "name": code, "schoolId": "school-x"} for n, code in enumerate(sorted(holdings.subject_codes))
    ]
    return strangers | REFERENCE | {"Subject": REFERENCE["Subject"] + subjects}


def assert_agree(ours: Rehearsal, oracle: OracleResult) -> None:
    """Every cell, record and count is the same."""
    assert ours.findings == []
    for table, rows in ours.tables.items():
        expected = [dict(row) for row in oracle.tables[table]]
        if table == "User":
            for row in expected:
                row["passwordHash"] = oracle.carried.get(row["id"])
        assert comparable(rows.to_dicts()) == comparable(expected), table
    rejected = {(row["table"], row["v1_id"], row["column"], row["code"], row["check"]) for row in ours.rejected.to_dicts()}
    assert rejected == {(row.table, row.v1_id, row.column, row.code, row.check) for row in oracle.rejected}
    assert ours.rejected.height == len(oracle.rejected)
    changed = sorted((row["table"], row["v1_id"], row["column"], row["code"], text(row["original"])) for row in ours.changed.to_dicts())
    assert changed == sorted((row.table, row.v1_id, row.column, row.code, text(row.original)) for row in oracle.changed)
    for table, book in ours.books.items():
        assert book.balances, table
        assert {name: count for name, count in asdict(book).items() if count} == {
            name: count for name, count in oracle.books[table].items() if count
        }, table


def comparable(rows: list[dict[str, Any]]) -> list[list[tuple[str, str]]]:
    """Rows in an order of their own, cells as text that tells 1.5 from 1.50 as little as PostgreSQL does."""
    return sorted(sorted((name, cell(value)) for name, value in row.items()) for row in rows)


def cell(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return value.isoformat() if isinstance(value, date) else repr(value)


def text(original: str | None) -> str:
    """An original as text; a time's own way of writing does not matter."""
    return "" if original is None else original.removesuffix(".000000")


def run_both(
    v1: Mapping[str, Rows], holdings: Held, *, batch_rows: int = 1_000_000, policy: str = "generate", country: str = "NG"
) -> tuple[Rehearsal, OracleResult]:
    oracle_settings = OracleSettings(
        STARTED_AT,
        default_country=country,
        password_policy=policy,  # type: ignore[arg-type]  # one of the two
    )
    with tempfile.TemporaryDirectory() as folder:
        ours = rehearsed(
            Path(folder),
            v1,
            before_of(holdings),
            started_at=STARTED_AT,
            batch_rows=batch_rows,
            password_policy=policy,
            default_country=country,
        )
    return ours, migrate(dict(v1), REFERENCE, holdings, oracle_settings)


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(v1=v1_databases(), holdings=held(), policy=POLICIES, country=COUNTRIES)
def test_any_database_becomes_what_the_naive_migration_makes_of_it(
    v1: Mapping[str, Rows], holdings: Held, policy: str, country: str
) -> None:
    assert_agree(*run_both(v1, holdings, policy=policy, country=country))


@pytest.fixture(scope="module")
def sample() -> dict[str, Rows]:
    return {table: extracted(rows) for table, rows in sample_tables(students=1500).items()}


def extracted(rows: pl.DataFrame) -> Rows:
    """Sample rows as extract reads them: numerics as text."""
    return rows.with_columns(pl.col(pl.Decimal).cast(pl.String)).to_dicts()


@pytest.mark.parametrize("policy", ["generate", "carry"])
def test_the_sample_becomes_what_the_naive_migration_makes_of_it(sample: dict[str, Rows], policy: str) -> None:
    assert_agree(*run_both(sample, Held(), policy=policy))


@pytest.mark.parametrize("batch_rows", [7, 1_000_000])
def test_neither_row_order_nor_batch_size_shows(sample: dict[str, Rows], batch_rows: int) -> None:
    few = {table: rows[:60] for table, rows in sample.items()}
    plain, _ = run_both(few, Held())
    shuffled, _ = run_both({table: rows[::-1] for table, rows in few.items()}, Held(), batch_rows=batch_rows)
    for table, rows in plain.tables.items():
        assert comparable(rows.to_dicts()) == comparable(shuffled.tables[table].to_dicts()), table
