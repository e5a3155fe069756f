import psycopg
import pytest

from pipeline.errors import RefusedError, SchemaError
from pipeline.sample import fill, sample_tables
from pipeline.sample.v1 import COPY_ORDER
from tests.conftest import MakeDatabase


def test_an_empty_v1_gets_every_row(v1_url: str) -> None:
    written = fill(v1_url, students=1_000)
    assert written == {table: rows.height for table, rows in sample_tables(students=1_000).items()}
    assert counts(v1_url) == written


def test_a_database_without_tables_gets_them(make_database: MakeDatabase) -> None:
    url = make_database()
    assert fill(url, students=30) == counts(url)


def test_cells_arrive_as_they_are(v1_url: str) -> None:
    fill(v1_url, students=300)
    sample = sample_tables(students=300)
    with psycopg.connect(v1_url) as connection:
        teachers = connection.execute(
            'SELECT "full_name", "skills", "salary", "gender"::text, "created_at", "is_active" FROM "Teacher" '
            """WHERE "salary" IS DISTINCT FROM 'NaN' ORDER BY "id" """
        ).fetchall()
        settings = connection.execute('SELECT "id", "settings"::text FROM "School" WHERE "id" IN (2, 8) ORDER BY "id"').fetchall()
    expected = sample["Teacher"].select("full_name", "skills", "salary", "gender", "created_at", "is_active").rows()
    assert set(map(repr, teachers)) <= set(map(repr, expected))
    assert settings[0] == (2, "null")
    assert '"pupils": 99999999999999999999' in settings[1][1]


def test_what_frames_cannot_carry_is_in_the_database(v1_url: str) -> None:
    fill(v1_url, students=1_000)
    with psycopg.connect(v1_url) as connection:
        beyond = connection.execute(
            """SELECT (SELECT count(*) FROM "Student" WHERE "date_of_birth" = 'infinity'),
                      (SELECT count(*) FROM "Student" WHERE "enrolled_at" = '-infinity'),
                      (SELECT count(*) FROM "Parent" WHERE "created_at" = '-infinity'),
                      (SELECT count(*) FROM "Parent" WHERE "created_at" = 'infinity' AND "updated_at" = 'infinity'),
                      (SELECT count(*) FROM "Teacher" WHERE "salary" = 'NaN')"""
        ).fetchone()
    assert beyond is not None
    assert all(beyond)


def test_new_rows_get_the_ids_after_the_samples(v1_url: str) -> None:
    written = fill(v1_url, students=0)
    with psycopg.connect(v1_url) as connection:
        new_subject = connection.execute(
            """INSERT INTO "Subject" ("school_id", "name", "updated_at") VALUES (1, 'Latin', now()) RETURNING "id" """
        ).fetchone()
        new_student = connection.execute(
            """INSERT INTO "Student" ("school_id", "full_name", "updated_at") VALUES (1, 'Ada', now()) RETURNING "id" """
        ).fetchone()
    assert new_subject == (written["Subject"] + 1,)
    assert new_student == (1,)


def test_a_second_sample_is_refused_and_nothing_is_written(v1_url: str) -> None:
    written = fill(v1_url, students=30)
    with pytest.raises(RefusedError, match="School"):
        fill(v1_url, students=30)
    assert counts(v1_url) == written


def test_one_row_of_ones_own_is_enough_to_refuse(v1_url: str) -> None:
    with psycopg.connect(v1_url) as connection:
        connection.execute("""INSERT INTO "School" ("name", "code", "admin_name", "updated_at") VALUES ('A', 'B', 'C', now())""")
    with pytest.raises(RefusedError):
        fill(v1_url, students=30)
    assert sum(counts(v1_url).values()) == 1


def test_a_part_of_v1_is_refused_with_what_is_missing(v1_url: str) -> None:
    with psycopg.connect(v1_url) as connection:
        connection.execute('DROP TABLE "_ParentToStudent"')
    with pytest.raises(SchemaError, match="_ParentToStudent"):
        fill(v1_url, students=30)


def test_an_error_leaves_v1_as_it_was(v1_url: str) -> None:
    with psycopg.connect(v1_url) as connection:
        connection.execute('ALTER TABLE "_ParentToStudent" ADD CHECK ("A" < 5)')
    with pytest.raises(Exception, match="CheckViolation"):
        fill(v1_url, students=300)
    assert sum(counts(v1_url).values()) == 0


def counts(url: str) -> dict[str, int]:
    with psycopg.connect(url) as connection:
        rows = [connection.execute(f'SELECT count(*) FROM "{table}"'.encode()).fetchone() for table in COPY_ORDER]
    return {table: row[0] for table, row in zip(COPY_ORDER, rows, strict=True) if row}
