"""Indexes and keys that are taken off while rows come in: V2 ends as if they had been there, and everything unusual about them stays."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from pipeline import run
from pipeline.errors import LoadError
from pipeline.postgres import constraints
from pipeline.postgres.connect import Database
from pipeline.stages import detach
from pipeline.stages.target import transaction
from tests.integration.conftest import CopyOf
from tests.integration.databases import Migrated, Pair, contents, execute, migrated, set_up_v2, v2_rows
from tests.integration.test_dry_run import dump

UNUSUAL = """
    CREATE TABLE "Badge" ("id" serial PRIMARY KEY, "userId" text REFERENCES "User" ("id"), "classId" text);
    ALTER TABLE "Badge" ADD FOREIGN KEY ("classId") REFERENCES "Class" ("id") ON DELETE CASCADE DEFERRABLE NOT VALID;
    CREATE VIEW "Heads" AS SELECT "id", "firstName", count(*) FROM "User" GROUP BY "id";
    CREATE INDEX "User_by_name" ON "User" (lower("lastName") text_pattern_ops) INCLUDE ("phone") WITH (fillfactor = 70)
        WHERE "status" = 'ACTIVE';
    ALTER INDEX "User_by_name" ALTER COLUMN 1 SET STATISTICS 500;
    CREATE INDEX "Address_by_city" ON "Address" ("city" DESC NULLS LAST) WITH (fillfactor = 80);
    COMMENT ON INDEX "Address_by_city" IS 'asked for by the office';
    CREATE INDEX "Parent_by_user" ON "Parent" USING hash ("userId");
    ALTER TABLE "Class" CLUSTER ON "Class_pkey";
    ALTER TABLE "Teacher" REPLICA IDENTITY USING INDEX "Teacher_userId_key";
    ALTER TABLE "Student" ADD CONSTRAINT "Student_no_overlap" UNIQUE ("id", "userId") DEFERRABLE INITIALLY DEFERRED;
    ALTER TABLE "Student" ADD COLUMN "label" text GENERATED ALWAYS AS ("id" || '!') STORED;
    CREATE PUBLICATION "feed" FOR TABLE "Subject";
    CREATE SEQUENCE "tickets" START 7 OWNED BY "User"."phone";
    CREATE FUNCTION untouched() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER "watch" BEFORE INSERT ON "User" FOR EACH ROW EXECUTE FUNCTION untouched();
    ALTER TABLE "School" ENABLE ROW LEVEL SECURITY;
"""
"""What people add to a database over the years."""


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes constraints off for a single row."""
    monkeypatch.setattr(constraints, "FEWEST_ROWS", 1)


def schema_of(url: str) -> list[str]:
    """What `pg_dump` says of everything but rows and the ledger."""
    return [line for line in dump(url, "--schema-only", "--exclude-schema=migration") if line.strip()]


def was_detached(done: Migrated) -> bool:
    return "attach" in [stage.name for stage in done.run.stages]


@pytest.mark.usefixtures("eager")
def test_rows_and_constraints_are_those_of_a_load_with_everything_on(
    sample: Pair, copy_of: CopyOf, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(run, "_now", lambda: datetime(2026, 9, 1, 22, 30))  # noqa: DTZ001 - UTC, as V2 keeps its times
    before = schema_of(sample.v2)
    assert was_detached(migrated(sample, tmp_path, password_policy="carry"))
    assert schema_of(sample.v2) == before
    monkeypatch.setattr(constraints, "FEWEST_ROWS", 10**9)
    other = Pair(sample.v1, copy_of("v2", set_up_v2))
    assert not was_detached(migrated(other, tmp_path, password_policy="carry"))
    assert v2_rows(other.v2) == v2_rows(sample.v2)


@pytest.mark.usefixtures("eager")
def test_what_people_added_to_v2_is_there_afterwards(sample: Pair, tmp_path: Path) -> None:
    execute(sample.v2, UNUSUAL)
    before = schema_of(sample.v2)
    assert was_detached(migrated(sample, tmp_path, password_policy="carry"))
    assert schema_of(sample.v2) == before


@pytest.mark.usefixtures("eager")
def test_a_later_run_updates_and_adds_with_constraints_off(sample: Pair, tmp_path: Path) -> None:
    migrated(sample, tmp_path, password_policy="carry")
    before = schema_of(sample.v2)
    execute(sample.v1, """UPDATE "Student" SET "id" = "id" + 5000; UPDATE "Teacher" SET "full_name" = 'Ada Obi'""")
    assert was_detached(migrated(sample, tmp_path, password_policy="carry"))
    assert schema_of(sample.v2) == before


@pytest.mark.usefixtures("eager")
def test_a_row_that_a_key_refuses_takes_the_whole_run_back(small: Pair, tmp_path: Path) -> None:
    held = {}

    def take_an_address() -> None:
        execute(
            small.v2,
            """INSERT INTO "User" ("id", "userTypeId", "email", "passwordHash", "firstName", "updatedAt")
            SELECT 'late', "id", 'tunde@ghs.example', 'none', 'Late', now() FROM "UserType" LIMIT 1""",
        )
        held.update(contents(small.v2))

    with pytest.raises(LoadError, match=r"load of User: .*UniqueViolation .*User_email_key"):
        migrated(small, tmp_path, password_policy="carry", confirm=take_an_address)
    assert contents(small.v2) == held


@pytest.mark.usefixtures("eager")
def test_where_somebody_is_at_work_the_constraints_stay(small: Pair, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(detach, "PATIENCE", "100ms")
    with somebody_reads(small.v2, "User"):
        done = migrated(small, tmp_path, password_policy="carry")
    assert not was_detached(done)
    assert done.report.is_committed
    assert "constraints stay" in done.folder.log.read_text(encoding="utf-8")


@pytest.mark.usefixtures("eager")
def test_who_does_not_own_v2_loads_with_constraints_on(small: Pair, tmp_path: Path) -> None:
    execute(
        small.v2,
        """DROP ROLE IF EXISTS "loader"; CREATE ROLE "loader" LOGIN PASSWORD 'loader';
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "loader";""",
    )
    with psycopg.connect(small.v2, autocommit=True) as connection:
        connection.execute(sql.SQL('GRANT CREATE ON DATABASE {} TO "loader"').format(sql.Identifier(connection.info.dbname)))
        address = f"postgresql://loader:loader@{connection.info.host}:{connection.info.port}/{connection.info.dbname}?sslmode=disable"
    before = schema_of(small.v2)
    done = migrated(Pair(small.v1, address), tmp_path, password_policy="carry")
    assert "constraints detached constraints=2 " in done.folder.log.read_text(encoding="utf-8")  # the ledger's, which the run itself made
    assert schema_of(small.v2) == before


@contextmanager
def somebody_reads(url: str, table: str) -> Iterator[None]:
    with psycopg.connect(url) as connection:
        connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
        yield


@pytest.mark.parametrize(
    ("workers", "memory", "cores", "expected"),
    [
        (2, "64MB", 8, ("2", "96MB")),
        (8, "16MB", 4, ("3", "128MB")),
        (2, "1GB", 2, ("1", "1GB")),
        (2, "16MB", 1, ("0", "32MB")),
        (0, "32MB", 8, ("0", "32MB")),
    ],
)
def test_an_index_is_sorted_by_no_more_processes_than_cores_and_each_has_32_mb(
    small: Pair, monkeypatch: pytest.MonkeyPatch, workers: int, memory: str, cores: int, expected: tuple[str, str]
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    shown = "SELECT current_setting('max_parallel_maintenance_workers') AS workers, current_setting('maintenance_work_mem') AS memory"
    with transaction(Database.from_url("V2", small.v2)) as target:
        target.execute(f"SET LOCAL max_parallel_maintenance_workers = {workers}")
        target.execute(f"SET LOCAL maintenance_work_mem = '{memory}'")
        detach.set_up_sorting(target)
        assert target.query(shown).row(0) == expected
