"""Where a live database drifted from the schema that the mapping expects, and what follows for a run."""

from collections.abc import Callable

import pytest

from pipeline.operations.drift import UNCASTABLE, UNFILLED, UNFILLED_REFERENCE, Drift, Label, catalogue, drift
from pipeline.postgres.connect import Database, connected
from pipeline.postgres.schema import expected_columns, packaged_sql
from tests.integration.databases import execute
from tests.pipeline.conftest import Clerk

DriftOf = Callable[[Label, str], list[Drift]]


@pytest.fixture
def drift_of(v1_url: str, v2_url: str) -> DriftOf:
    """The drift of a database after some SQL; every database begins as Prisma makes it."""

    def found(label: Label, sql: str) -> list[Drift]:
        url = v1_url if label == "V1" else v2_url
        if sql:
            execute(url, sql)
        return drift_at(Database.from_url(label, url))

    return found


def drift_at(database: Database) -> list[Drift]:
    with connected(database, read_only=True) as connection:
        return drift(catalogue(connection, database.label))


def told(drifts: list[Drift]) -> set[tuple[str, str]]:
    return {(found.kind, found.name) for found in drifts}


@pytest.mark.parametrize("label", ["V1", "V2"])
def test_a_database_as_prisma_makes_it_has_not_drifted(drift_of: DriftOf, label: Label) -> None:
    assert drift_of(label, 'CREATE TABLE "_prisma_migrations" ("id" TEXT)') == []


def test_what_is_missing_is_told_once_and_stops_a_run(drift_of: DriftOf) -> None:
    found = drift_of("V1", 'DROP TABLE "_ParentToStudent"; ALTER TABLE "Teacher" DROP COLUMN "skills"')
    assert told(found) == {("missing", "_ParentToStudent"), ("missing", "Teacher.skills")}
    assert {drift.consequence for drift in found} == {"a run stops before it reads"}
    assert {(drift.name, drift.expected) for drift in found} == {("_ParentToStudent", None), ("Teacher.skills", "text[]")}


def test_missing_enums_and_labels_stop_a_run_in_v2_only(drift_of: DriftOf) -> None:
    gone = 'ALTER TABLE "Student" DROP COLUMN "status"; DROP TYPE "StudentStatus"'
    enums = [{drift.consequence for drift in drift_of(label, gone) if drift.name == "enum StudentStatus"} for label in ("V1", "V2")]
    assert enums == [{"none: enums are read as text"}, {"a run stops before it writes"}]
    renamed = drift_of("V2", """ALTER TYPE "Relationship" RENAME VALUE 'MOTHER' TO 'MUM'""")
    assert {("missing", "enum Relationship.MOTHER"), ("extra", "enum Relationship.MUM")} <= told(renamed)


def test_what_v1_has_beyond_the_mapping_is_not_migrated(drift_of: DriftOf) -> None:
    found = drift_of("V1", 'CREATE TABLE "Fee" ("id" INT); ALTER TABLE "Parent" ADD COLUMN "nickname" TEXT')
    assert {(drift.kind, drift.name, drift.found, drift.consequence) for drift in found} == {
        ("extra", "Fee", None, "not migrated"),
        ("extra", "Parent.nickname", "text", "not migrated"),
    }


def test_rows_with_a_label_beyond_the_mapping_will_be_rejected(drift_of: DriftOf) -> None:
    (found,) = drift_of("V1", """ALTER TYPE "Gender" ADD VALUE 'OTHER'; CREATE TYPE "Mood" AS ENUM ()""")[:1]
    assert (found.name, found.consequence) == ("enum Gender.OTHER", "rows with it are rejected (row_invalid)")


def test_a_type_is_told_as_it_is_and_as_it_should_be(drift_of: DriftOf) -> None:
    change = 'ALTER TABLE "Student" ALTER COLUMN "blood_group" TYPE VARCHAR(5), ALTER COLUMN "created_at" TYPE TIMESTAMP'
    found = {drift.name: (drift.expected, drift.found, drift.consequence) for drift in drift_of("V1", change)}
    cast = "cast to the expected type as it is read"
    assert found == {
        "Student.blood_group": ("text", "character varying(5)", cast),
        "Student.created_at": ("timestamp(3) without time zone", "timestamp without time zone", cast),
    }


def test_a_type_that_nothing_can_be_cast_to_stops_the_load(drift_of: DriftOf) -> None:
    change = """
        ALTER TABLE "Teacher" ALTER COLUMN "salary" TYPE MONEY USING "salary"::MONEY, ALTER COLUMN "hiredAt" TYPE TIMESTAMP;
        ALTER TABLE "GradeLevel" ALTER COLUMN "points" TYPE MONEY USING "points"::MONEY
    """
    found = {drift.name: drift.consequence for drift in drift_of("V2", change)}
    assert found == {
        "Teacher.salary": UNCASTABLE,
        "Teacher.hiredAt": "cast as it is written",
        "GradeLevel.points": "cast as it is written",
    }


def test_a_column_of_v2_that_nobody_fills_stops_the_load_if_it_is_required(drift_of: DriftOf) -> None:
    change = """
        ALTER TABLE "User" ADD "tenant" TEXT NOT NULL, ADD "note" TEXT, ADD "since" DATE NOT NULL DEFAULT now(),
            ADD "number" INT NOT NULL GENERATED ALWAYS AS IDENTITY;
        ALTER TABLE "Role" ADD "rank" INT NOT NULL
    """
    found = {drift.name: drift.consequence for drift in drift_of("V2", change)}
    left = "left as V2 fills it"
    assert found == {
        "User.tenant": UNFILLED, "User.note": left, "User.since": left, "User.number": left, "Role.rank": UNFILLED_REFERENCE,
    }  # fmt: skip


def test_what_the_user_may_not_read_or_not_wholly_is_told(v1_url: str, clerk: Clerk) -> None:
    execute(
        v1_url,
        f"""
        GRANT SELECT ON ALL TABLES IN SCHEMA "public" TO "{clerk.name}"; REVOKE SELECT ON "Parent" FROM "{clerk.name}";
        ALTER TABLE "Student" ENABLE ROW LEVEL SECURITY
        """,
    )
    found = drift_at(clerk.at(Database.from_url("V1", v1_url)))
    assert told(found) == {("unreadable", "Parent"), ("filtered", "Student")}


def test_in_an_empty_database_every_table_and_enum_is_missing(make_database: Callable[[], str]) -> None:
    database = Database.from_url("V2", make_database())
    with connected(database, read_only=True) as connection:
        found = catalogue(connection, "V2")
    assert found.is_empty
    assert {drift.kind for drift in drift(found)} == {"missing"}
    assert {drift.name for drift in drift(found)} >= expected_columns(packaged_sql("v2")).keys()
