"""The two live databases are counted and compared, each at one instant, and nothing is written."""

from collections.abc import Callable
from io import StringIO

import pytest
from rich.console import Console

from pipeline.errors import ConnectionFailedError, SchemaError
from pipeline.operations.analyze import Analysis, Coverage, analyzed
from pipeline.postgres.connect import Database
from pipeline.postgres.schema import expected_columns, packaged_sql
from pipeline.progress import Progress
from tests.integration.databases import Pair, add, contents, execute, set_up_v2
from tests.integration.small_school import SMALL_SCHOOL
from tests.pipeline.conftest import Clerk
from transforms.lineage import KINDS

V1_COLUMNS = sum(map(len, expected_columns(packaged_sql("v1")).values()))

LEDGER = """
    CREATE SCHEMA "migration";
    CREATE TABLE "migration"."row" ("v1_table" TEXT, "v1_id" TEXT, "digest" TEXT);
    INSERT INTO "migration"."row" VALUES
        ('School', '1', 'd'), ('Administrator', '1', 'd'), ('Teacher', '1', 'd'), ('_SubjectToTeacher', '2:1', 'd'),
        ('_ClassToTeacher', '1:1', '')
"""


@pytest.fixture
def pair(v1_url: str, v2_url: str) -> Pair:
    """A V1 with one of everything, and an empty V2 with all tables."""
    add(v1_url, SMALL_SCHOOL)
    return Pair(v1_url, v2_url)


def analysis_of(pair: Pair, *, compare_counts: bool = False) -> Analysis:
    return between(Database.from_url("V1", pair.v1), Database.from_url("V2", pair.v2), compare_counts=compare_counts)


def between(v1: Database, v2: Database, *, compare_counts: bool = False) -> Analysis:
    return analyzed(v1, v2, Progress(Console(file=StringIO())), compare_counts=compare_counts)


def test_tables_are_counted_with_the_values_of_v1s_columns(pair: Pair) -> None:
    analysis = analysis_of(pair)
    rows = {table.name: table.rows for table in analysis.v1.tables}
    assert rows == {table: len(rows) for table, rows in SMALL_SCHOOL.items()}
    (students,) = (table for table in analysis.v1.tables if table.name == "Student")
    values = {column.name: column.values for column in students.columns}
    assert (values["admission_no"], values["blood_group"], values["id"]) == (1, 0, 1)
    assert [column.type for column in students.columns][-1] == "timestamp(3) without time zone"
    assert analysis.v2.rows("User") == 0
    assert analysis.v2.rows("Nothing") is None
    assert (analysis.v1.drift, analysis.v2.drift) == ((), ())


def test_what_is_dropped_on_purpose_is_a_loss_that_is_known(pair: Pair) -> None:
    analysis = analysis_of(pair)
    assert {(loss.name, loss.values, loss.is_on_purpose) for loss in analysis.losses} == {
        ("Subject.created_at", 2, True),
        ("Subject.updated_at", 2, True),
    }
    assert analysis.columns == Coverage(V1_COLUMNS, V1_COLUMNS - 2)
    assert analysis.values.total - analysis.values.with_a_place == 4


def test_what_v1_has_beyond_the_mapping_would_be_lost_value_by_value(pair: Pair) -> None:
    execute(
        pair.v1,
        """
        ALTER TABLE "Teacher" ADD COLUMN "nickname" TEXT DEFAULT 'Tee';
        CREATE TABLE "Fee" ("id" INT, "amount" INT);
        INSERT INTO "Fee" VALUES (1, 5), (2, NULL), (3, NULL);
        CREATE VIEW "Fees" AS SELECT * FROM "Fee";
        CREATE TABLE "_prisma_migrations" ("id" TEXT)
        """,
    )
    analysis = analysis_of(pair)
    lost = {loss.name: (loss.values, loss.reason) for loss in analysis.losses if not loss.is_on_purpose}
    assert lost == {
        "Teacher.nickname": (1, "the mapping knows no such column"),
        "Fee.id": (3, "the mapping knows no such table"),
        "Fee.amount": (1, "the mapping knows no such table"),
    }
    assert analysis.columns.total == V1_COLUMNS + 3
    assert {table.name for table in analysis.v1.tables if not table.is_expected} == {"Fee"}


def test_a_share_of_nothing_is_none() -> None:
    assert Coverage(0, 0).percent is None
    assert Coverage(3, 2).percent == 66.67


def test_counts_stand_beside_what_the_ledger_says_was_migrated(pair: Pair) -> None:
    execute(pair.v2, LEDGER)
    assert analysis_of(pair).counts is None
    counts = analysis_of(pair, compare_counts=True).counts
    assert counts
    assert {kind: (count.rows, count.migrated, count.difference) for kind, count in counts.v1.items() if count.migrated} == {
        "School": (1, 1, 0),
        "Administrator": (1, 1, 0),
        "Teacher": (1, 1, 0),
        "_SubjectToTeacher": (2, 1, 1),
    }
    assert list(counts.v1) == list(KINDS)
    given = {table: count.migrated for table, count in counts.v2.items()}
    assert (given["User"], given["UserRole"], given["Teacher"], given["TeacherSubject"], given["Parent"]) == (2, 2, 1, 1, 0)
    assert {table for table, migrated in given.items() if migrated is None} == {
        "Address", "TeacherClass", "ParentSchool", "StudentParent", "Enrollment",
    }  # fmt: skip
    assert counts.v2["User"].difference == -2


def test_without_a_ledger_nothing_was_migrated(pair: Pair) -> None:
    counts = analysis_of(pair, compare_counts=True).counts
    assert counts
    assert {count.migrated for count in counts.v1.values()} == {0}


def test_a_v2_without_tables_is_told_and_no_error(v1_url: str, make_database: Callable[[], str]) -> None:
    analysis = analysis_of(Pair(v1_url, make_database()), compare_counts=True)
    assert analysis.v2.is_empty
    assert analysis.v2.tables == ()
    assert analysis.counts
    assert {count.rows for count in analysis.counts.v2.values()} == {None}


def test_neither_database_is_written_to(pair: Pair) -> None:
    set_up_v2(pair.v2)
    before = contents(pair.v1), contents(pair.v2)
    analysis_of(pair, compare_counts=True)
    assert (contents(pair.v1), contents(pair.v2)) == before


def test_a_table_that_may_not_be_read_is_not_counted(pair: Pair, clerk: Clerk) -> None:
    execute(pair.v1, f'GRANT SELECT ON ALL TABLES IN SCHEMA "public" TO "{clerk.name}"; REVOKE SELECT ON "Subject" FROM "{clerk.name}"')
    analysis = between(clerk.at(Database.from_url("V1", pair.v1)), Database.from_url("V2", pair.v2), compare_counts=True)
    assert analysis.v1.rows("Subject") is None
    assert {loss.values for loss in analysis.losses} == {None}
    assert analysis.counts
    assert analysis.counts.v1["Subject"].difference is None
    assert [(drift.kind, drift.name) for drift in analysis.v1.drift] == [("unreadable", "Subject")]


def test_a_schema_that_is_not_there_is_an_error_that_names_it(pair: Pair) -> None:
    v2 = Database.from_url("V2", f"{pair.v2}&schema=nowhere")
    with pytest.raises(SchemaError, match='has no schema "nowhere"') as refused:
        between(Database.from_url("V1", pair.v1), v2)
    assert refused.value.next_step.startswith("Correct ?schema= in V2_DATABASE_URL")


def test_a_database_out_of_reach_is_an_error(pair: Pair) -> None:
    with pytest.raises(ConnectionFailedError, match="V2"):
        between(Database.from_url("V1", pair.v1), Database.from_url("V2", pair.v2.replace("/test_", "/nothing_")))


def test_the_document_tells_all_of_it_in_jsons_types(pair: Pair) -> None:
    execute(pair.v1, 'ALTER TABLE "Parent" DROP COLUMN "occupation"')
    document = analysis_of(pair, compare_counts=True).document()
    assert document["v1"]["tables"]["Teacher"]["columns"]["phone"] == {
        "type": "text", "values": 1, "becomes": ["User.phone"], "drawn_on_by": [],
    }  # fmt: skip
    assert document["v2"]["tables"]["Parent"]["columns"]["altPhone"] == {"type": "text", "from": ["Parent.alt_phone", "School.country"]}
    assert {"kind": "Teacher", "v2": "Teacher.schoolId", "v1": ["Teacher.school_id"], "section": 1, "rule": "the teacher's school"} in (
        document["mapping"]
    )
    assert [found["name"] for found in document["drift"]] == ["Parent.occupation"]
    assert document["coverage"]["columns"] == {"total": V1_COLUMNS - 1, "with_a_place": V1_COLUMNS - 3, "percent": 97.62}
    assert document["counts"]["v1"]["Teacher"] == {"rows": 1, "migrated": 0, "difference": 1}
