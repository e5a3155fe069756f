"""A Python loop over people, as migrations are mostly written: for each of them look-ups and three inserts. No links, no bcrypt."""

import time
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg.rows import dict_row

from tests.benchmarks.peers.copy_floor import copy_table

COMMIT_EVERY = 1000

PEOPLE = """
    SELECT s.id, s.full_name, s.email, s.phone, s.password, s.gender::text, s.blood_group, s.status::text, s.created_at, s.updated_at,
           coalesce(nullif(btrim(c.code), ''), 'SCHOOL-' || c.id) AS school_code
    FROM "Student" s JOIN "School" c ON c.id = s.school_id WHERE btrim(s.full_name) <> '' ORDER BY s.id LIMIT %s"""

ADD_USER = """
    INSERT INTO "User" (id, "userTypeId", email, phone, "passwordHash", "firstName", "middleName", "lastName", gender, status,
                        "createdAt", "updatedAt")
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s::"Gender", %s::"UserStatus", %s, %s)"""
ADD_ROLE = 'INSERT INTO "UserRole" (id, "userId", "roleId", "schoolId", "createdAt") VALUES (%s, %s, %s, %s, %s)'
ADD_STUDENT = """
    INSERT INTO "Student" (id, "userId", "schoolId", "admissionNo", "bloodGroup", status, "createdAt", "updatedAt")
    VALUES (%s, %s, %s, %s, %s, %s::"StudentStatus", %s, %s)"""


def seconds_per_person(v1_url: str, v2_url: str, finished: Path, /, *, people: int) -> tuple[float, int]:
    """Migrates so many students, or as many as there are, into an empty V2; gives the seconds of each, and how many they were.

    The schools, out of the files of finished rows, are there before the clock starts.
    """
    with psycopg.connect(v2_url) as v2, psycopg.connect(v1_url, row_factory=dict_row) as v1:
        copy_table(v2, finished, "School")
        v2.commit()
        started = time.perf_counter()
        done = 0
        with v2.cursor() as cursor:
            for person in v1.execute(PEOPLE, [people]):
                done += _migrate(cursor, person)
                if done % COMMIT_EVERY == 0:
                    v2.commit()
        v2.commit()
        return (time.perf_counter() - started) / max(done, 1), done


def _migrate(v2: psycopg.Cursor, person: dict[str, object]) -> int:
    """One student; gives how many users were made of it: none where its school is not there."""
    school = v2.execute('SELECT id FROM "School" WHERE code = %s', [person["school_code"]]).fetchone()
    if school is None:
        return 0
    user_type = v2.execute("""SELECT id FROM "UserType" WHERE code = 'STUDENT'""").fetchone()
    role = v2.execute("""SELECT id FROM "Role" WHERE code = 'STUDENT'""").fetchone()
    assert user_type
    assert role
    user_id, times = str(uuid4()), (person["created_at"], person["updated_at"])
    first, *others = str(person["full_name"]).split()
    email = str(person["email"] or "").strip().lower()
    if "@" not in email or v2.execute('SELECT 1 FROM "User" WHERE email = %s', [email]).fetchone():
        email = f"student-{person['id']}@v1.invalid"
    phone = "".join(letter for letter in str(person["phone"] or "") if letter.isdigit()) or None
    if phone and v2.execute('SELECT 1 FROM "User" WHERE phone = %s', [phone]).fetchone():
        phone = None
    middle, last = (" ".join(others[:-1]) or None, others[-1]) if others else (None, None)
    status = "ACTIVE" if person["status"] == "ACTIVE" else "INACTIVE"
    v2.execute(ADD_USER, [user_id, user_type[0], email, phone, person["password"], first, middle, last, person["gender"], status, *times])
    v2.execute(ADD_ROLE, [str(uuid4()), user_id, role[0], school[0], person["created_at"]])
    admission_no = f"ADM-{person['id']}"
    v2.execute(ADD_STUDENT, [str(uuid4()), user_id, school[0], admission_no, person["blood_group"], person["status"], *times])
    return 1
