"""Three runs over a V1 whose rows break every rule: over everything, after edits on both sides, and over the schools alone, dry."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.postgres.embedded import Server
from pipeline.selection import Selection
from tests.integration.conftest import fill_with_every_rule
from tests.integration.databases import Migrated, Pair, execute, migrated, set_up_v2
from tests.integration.small_school import BCRYPT_HASH

PASSWORDS = f"""
    UPDATE "Teacher" SET "password" = '{BCRYPT_HASH}' WHERE "id" = 1;
    UPDATE "Parent" SET "password" = 'letmein' WHERE "id" = 1;
    UPDATE "Student" SET "address" = '2 Low Road, Minna, Niger' WHERE "id" = 6;
"""
IN_V1_SINCE = """
    UPDATE "Teacher" SET "full_name" = 'Ada Obi' WHERE "id" = 1;
    UPDATE "Teacher" SET "employee_no" = 'E5' WHERE "id" = 5;
    INSERT INTO "Parent" ("id", "school_id", "full_name", "email", "updated_at") VALUES (6, 1, 'Ada Too', 'ada@x.example', '2024-02-20');
    INSERT INTO "_ParentToStudent" VALUES (6, 1);
    DELETE FROM "_SubjectToTeacher" WHERE "A" = 1;
"""
IN_V2_SINCE = """
    UPDATE "User" SET "firstName" = 'Bay', "updatedAt" = now() WHERE "firstName" = 'Bayo'
"""


@dataclass(frozen=True)
class History:
    """Runs in sequence, between two databases."""

    pair: Pair
    runs: Path
    first: Migrated
    second: Migrated
    third: Migrated


@pytest.fixture(scope="session")
def history(server: Server, tmp_path_factory: pytest.TempPathFactory) -> History:
    """Made once; only ever read."""
    pair = Pair(*(server.url(server.create_database(f"explored_{name}")) for name in ("v1", "v2")))
    fill_with_every_rule(pair.v1)
    execute(pair.v1, PASSWORDS)
    set_up_v2(pair.v2)
    runs = tmp_path_factory.mktemp("explored")
    first = migrated(pair, runs)
    execute(pair.v1, IN_V1_SINCE)
    execute(pair.v2, IN_V2_SINCE)
    second = migrated(pair, runs)
    third = migrated(pair, runs, selection=Selection.parsed("schools", None), dry_run=True)
    return History(pair, runs, first, second, third)
