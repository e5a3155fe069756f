"""The small school a year later, edited on both sides: what a run after the first one meets, one of each kind."""

from collections.abc import Callable

from tests.integration.conftest import fill_small
from tests.integration.databases import add, execute
from tests.integration.small_school import BCRYPT_HASH, SECOND_YEAR
from tests.oracle.values import v2_id

V1_EDITED = f"""
    UPDATE "School" SET "name" = 'Green Valley School' WHERE "id" = 1;
    UPDATE "Class" SET "name" = 'JSS 2C', "class_teacher_id" = 1 WHERE "id" = 2;
    UPDATE "Teacher" SET "school_id" = 2, "full_name" = 'Tunde Bello-Ojo', "phone" = '0803 000 0077' WHERE "id" = 1;
    UPDATE "Parent" SET "full_name" = 'Bola Ade-Ojo' WHERE "id" = 1;
    UPDATE "Student" SET "blood_group" = 'AB', "address" = '1 Broad Street, Lagos', "parent_id" = 2 WHERE "id" = 1;
    UPDATE "Teacher" SET "password" = '{BCRYPT_HASH}' WHERE "id" <> 3;
    UPDATE "Parent" SET "password" = '{BCRYPT_HASH}';
    UPDATE "Student" SET "password" = '{BCRYPT_HASH}' WHERE "id" <> 3;
    DELETE FROM "_SubjectToTeacher" WHERE "A" = 2 AND "B" = 1;
"""
"""Rows that changed, a teacher at another school, a link that is gone; and hashes, so that a run need not make many."""

V2_EDITED = f"""UPDATE "User" SET "lastName" = 'Ade-Eze', "updatedAt" = '2030-01-01 08:00' WHERE "id" = '{v2_id("User:parent:1")}'"""
"""Somebody whose row changed in V1, too."""


def fill_later_v1(url: str) -> None:
    """Fills V1 with both years and the edits."""
    fill_small(url)
    add(url, SECOND_YEAR)
    execute(url, V1_EDITED)


def later_v2(fill_migrated: Callable[[str], None]) -> Callable[[str], None]:
    """Fills V2 with what the first year became, and the edit."""

    def fill(url: str) -> None:
        fill_migrated(url)
        execute(url, V2_EDITED)

    return fill
