"""Which indexes and keys are taken off, in which order, and the SQL for it."""

from dataclasses import replace

import pytest

from pipeline.postgres.constraints import Constraint, detachable, pays

USER_KEY = Constraint("key", "public", "User", "User_pkey", 'PRIMARY KEY ("id")', None, 1, is_plain=True)
USER_EMAIL = Constraint("index", "public", "User", "User_email_key", "CREATE UNIQUE INDEX …", None, 2, is_plain=True)
TEACHER_USER = Constraint(
    "foreign key", "public", "Teacher", "Teacher_userId_fkey", 'FOREIGN KEY ("userId") …', "public.User", 1, is_plain=True
)
ALL = [USER_KEY, USER_EMAIL, TEACHER_USER]
BOTH = ['"public"."User"', '"public"."Teacher"']


def test_what_rests_on_something_goes_before_it() -> None:
    assert detachable(ALL, BOTH) == [TEACHER_USER, USER_EMAIL, USER_KEY]


def test_a_key_stays_where_a_foreign_key_that_stays_refers_to_it() -> None:
    assert detachable(ALL, ['"public"."User"']) == [USER_EMAIL]
    assert detachable([USER_KEY, USER_EMAIL, replace(TEACHER_USER, is_plain=False)], BOTH) == [USER_EMAIL]


def test_what_is_unusual_stays() -> None:
    assert detachable([replace(USER_EMAIL, is_plain=False)], BOTH) == []


def test_names_are_quoted() -> None:
    odd = replace(USER_KEY, schema='a"b', table="User")
    assert odd.drop == 'ALTER TABLE "a""b"."User" DROP CONSTRAINT "User_pkey"'
    assert odd.add == 'ALTER TABLE "a""b"."User" ADD CONSTRAINT "User_pkey" PRIMARY KEY ("id")'
    assert USER_EMAIL.drop == 'DROP INDEX "public"."User_email_key"'
    assert USER_EMAIL.add == "CREATE UNIQUE INDEX …"


@pytest.mark.parametrize(
    ("coming", "there", "expected"),
    [(9_999, 0, False), (10_000, 0, True), (10_000, 40_000, True), (10_000, 40_001, False), (0, 0, False)],
)
def test_it_pays_for_many_rows_and_where_not_many_more_are_there(coming: int, there: int, expected: bool) -> None:
    assert pays(coming=coming, there=there) is expected
