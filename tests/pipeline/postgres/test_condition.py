"""A condition is one harmless boolean expression, or it is refused; what runs is written from what was judged."""

import logging
from datetime import datetime

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from pipeline.errors import UsageError
from pipeline.postgres.condition import LONGEST_CONDITION, Condition

NOW = datetime.fromisoformat("2026-03-01T10:20:30.400")
COLUMNS = ("id", "school_id", "full_name", "email", "skills", "is_active", "created_at")
SECRET = "zebra"
"""Stands for a value, which no message may repeat."""

HOSTILE = {
    "a second statement": "id = 1; DROP TABLE student",
    "a closing bracket and more": "id = 1) OR (1 = 1",
    "a semicolon at the end": "id = 1;",
    "a comment to the end": "id = 1 -- zebra",
    "a comment in between": "id /* zebra */ = 1",
    "a comment that is a hint": "id = /*+ zebra */ 1",
    "a comment alone": "-- zebra",
    "a union": "id = 1 UNION SELECT 1",
    "an order": "id = 1 ORDER BY id",
    "a limit": "id = 1 LIMIT 1",
    "a statement": "DELETE FROM student",
    "a sub-select in IN": "id IN (SELECT id FROM student)",
    "a sub-select that is compared": "id = (SELECT max(id) FROM student)",
    "a sub-select in EXISTS": "EXISTS (SELECT 1)",
    "a sub-select in ANY": "id = ANY(SELECT 1)",
    "a sub-select in ARRAY": "id = ANY(ARRAY(SELECT 1))",
    "rows of TABLE": "id IN (TABLE student)",
    "rows of VALUES": "id IN (VALUES (1))",
    "a WITH": "id IN (WITH x AS (DELETE FROM student RETURNING id) SELECT id FROM x)",
    "a pause": "pg_sleep(10) IS NULL",
    "a pause in capitals": "PG_SLEEP(10) IS NULL",
    "a pause under its schema": "pg_catalog.pg_sleep(10) IS NULL",
    "a pause in quotes": '"pg_sleep"(10) IS NULL',
    "a pause among functions": "coalesce(lower(pg_sleep(1)::text), 'x') = 'x'",
    "a pause in a CASE": "CASE WHEN true THEN pg_sleep(1) IS NULL END",
    "a file": "pg_read_file('/etc/passwd') LIKE '%'",
    "a large object": "lo_import('/etc/passwd') > 0",
    "another server": "dblink('host=x', 'select 1') IS NULL",
    "a setting": "set_config('role', 'postgres', false) = 'x'",
    "what a setting is": "current_setting('data_directory') = 'x'",
    "a sequence": "nextval('student_id_seq') > 1",
    "another's session": "pg_terminate_backend(1)",
    "a lock": "pg_advisory_lock(1) IS NULL",
    "a query in a text": "query_to_xml('select 1', true, true, '') IS NOT NULL",
    "a notification": "pg_notify('x', 'y') IS NULL",
    "chance": "random() < 0.5",
    "a series": "id = generate_series(1, 1000000000)",
    "a huge text": "repeat('x', 1000000000) = 'x'",
    "who asks": "current_user = 'postgres'",
    "a window": "row_number() OVER () = 1",
    "a window over a plain function": "lower(full_name) OVER () = 'x'",
    "an aggregate": "count(*) > 1",
    "a filter of an aggregate": "sum(id) FILTER (WHERE true) > 1",
    "a numbered parameter": "id = $1",
    "a named parameter": "id = :zebra",
    "a question mark": "id = ?",
    "a parameter of psycopg": "id = %s",
    "a named parameter of psycopg": "id = %(zebra)s",
    "a cast to a table": "'student'::regclass IS NOT NULL",
    "a cast to a function": "'pg_sleep'::regproc IS NOT NULL",
    "a cast to an oid": "id::oid = 1",
    "a cast to XML": "full_name::xml IS NULL",
    "a cast with a collation": "CAST(full_name AS text COLLATE \"C\") = 'x'",
    "a collation": "full_name COLLATE \"C\" = 'x'",
    "a regular expression": "full_name ~ '(a+)+$'",
    "a regular expression of either case": "full_name !~* '(a+)+$'",
    "a regular expression of the standard": "full_name SIMILAR TO '(a+)+'",
    "a regular expression in substring": "substring(full_name FROM '(a+)+$') = 'x'",
    "a dollar-quoted text": "full_name = $$zebra$$",
    "a dollar-quoted text with a tag": "full_name = $x$zebra$x$",
    "a text with escapes": "full_name = E'\\'zebra'",
    "a text with Unicode escapes": "full_name = U&'\\0041zebra'",
    "a name with Unicode escapes": 'U&"\\0069d" = 1',
    "a backslash that may escape the quote": "full_name = 'zebra\\' OR email = ' OR true'",
    "a text without an end": "full_name = 'zebra",
    "a name without an end": '"zebra = 1',
    "a comment without an end": "id = 1 /* zebra",
    "a dollar-quoted text without an end": "id = $$zebra",
    "a NUL": "id = 1\0 OR true",
    "half a character": "full_name = '\ud800'",
    "a whole row": "student.* IS NULL",
    "every column": "* IS NULL",
    "a column of a table": "student.id = 1",
    "a column of a table of a schema": "public.student.id = 1",
    "rows that are compared": "(id, school_id) = (1, 1)",
    "a row": "ROW(id) IS NULL",
    "an element": "skills[1] = 'x'",
    "a named argument": "lower(x => 'x') = 'x'",
    "another notation of an operator": "id OPERATOR(pg_catalog.=) 1",
    "a path of JSON": "full_name #>> '{a}' = 'x'",
    "an unknown unit of time": "extract(zebra FROM created_at) = 1",
    "a unit of time that is more": "date_trunc('day'') OR (true', created_at) IS NULL",
    "an interval of which the parser loses half": "created_at > now() - interval '1 hour ago'",
    "a clock that is wound": "clock_timestamp() > created_at",
    "a precision of the clock": "current_timestamp(0) > created_at",
    "IN without a list": "id IN ()",
    "IN a column": "id IN skills",
    "IS what is no value": "is_active IS DOCUMENT",
    "a name for it": "id = 1 AS x",
    "a brace": "{fn now()} > created_at",
    "a number that is none": "id = 1e OR true",
}

NOT_BOOLEAN = (
    "1", "'zebra'", "full_name", "id + 1", "(id)", "NULL", "coalesce(id, 1)", "CASE WHEN true THEN 1 END", "NOT id", "is_active AND id",
    "id = 1 OR full_name", "created_at::date", "lower(full_name)", "ARRAY[true]",
)  # fmt: skip

UNREADABLE = ("", "   ", "\n", "=", "id =", "id = = 1", "((id = 1)", "id = 1 AND", "NOT", "id BETWEEN 1", "zebra zebra", "id LIKE", "'")

WRITTEN = {
    "school_id IN (1,2,3)": '"school_id" IN (1, 2, 3)',
    "created_at > '2024-01-01'": "\"created_at\" > '2024-01-01'",
    'School_ID=1 and "id"<>2': '("school_id" = 1) AND ("id" <> 2)',
    "id = 1 or id = 2 or id = 3 and not id = 4": '("id" = 1) OR ("id" = 2) OR (("id" = 3) AND (NOT ("id" = 4)))',
    "id not in (1) is true": '(NOT ("id" IN (1))) IS TRUE',
    "id between 1 and 2": '"id" BETWEEN 1 AND 2',
    "id - -1 = - - 1": '("id" - (-1)) = (-(-1))',
    "is_active": '"is_active"',
    "not is_active": 'NOT "is_active"',
    "is_active is unknown": '"is_active" IS NULL',
    "full_name not ilike '%it''s!%' escape '!'": "\"full_name\" NOT ILIKE '%it''s!%' ESCAPE '!'",
    "'x' = any(skills) or id = any(array[1, 2])": '(\'x\' = ANY("skills")) OR ("id" = ANY(ARRAY[1, 2]))',
    "full_name is distinct from email": '"full_name" IS DISTINCT FROM "email"',
    "case when id = 1 then true else is_active end": 'CASE WHEN "id" = 1 THEN TRUE ELSE "is_active" END',
    "coalesce(is_active, false)": 'COALESCE("is_active", FALSE)',
    "lower(trim(full_name)) || 'x' = upper(left(email, 2))": '(LOWER(TRIM("full_name")) || \'x\') = UPPER(LEFT("email", 2))',
    "extract(year from created_at) = 2024": 'EXTRACT(YEAR FROM "created_at") = 2024',
    "date_trunc('month', created_at) = date '2024-01-01'": "DATE_TRUNC('MONTH', \"created_at\") = CAST('2024-01-01' AS DATE)",
    "created_at at time zone 'Africa/Lagos' > '2024-01-01'": "(\"created_at\" AT TIME ZONE 'Africa/Lagos') > '2024-01-01'",
    "id::numeric(4, 1) * 2 / 3 % 4 = 1.5": '(((CAST("id" AS DECIMAL(4, 1)) * 2) / 3) % 4) = 1.5',
    "created_at > now() - interval '30 days'": (
        "\"created_at\" > (CAST('2026-03-01 10:20:30.400000+00' AS TIMESTAMPTZ) - INTERVAL '30 DAYS')"
    ),
    "created_at < localtimestamp": "\"created_at\" < CAST('2026-03-01 10:20:30.400000' AS TIMESTAMP)",
    "created_at::date = current_date": "CAST(\"created_at\" AS DATE) = CAST('2026-03-01' AS DATE)",
}


def written(text: str) -> str:
    condition = Condition(text, {"is_active"})
    return condition.sql({name: name for name in COLUMNS}, now=NOW)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_could_do_anything_but_compare_is_refused_without_a_value_in_the_message(text: str) -> None:
    with pytest.raises(UsageError, match=r"^--filter") as refused:
        written(text)
    assert refused.value.exit_code == 2
    assert SECRET not in str(refused.value).lower()
    assert refused.value.next_step


def test_a_warning_of_the_parser_is_not_logged_for_it_quotes_the_condition(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(UsageError):
        written("id IN (WITH x AS (DELETE FROM student RETURNING id) SET id FROM zebra)")
    assert caplog.text == ""
    logging.getLogger("sqlglot").warning("of others")
    assert "of others" in caplog.text


@pytest.mark.parametrize("text", NOT_BOOLEAN)
def test_a_value_is_no_condition(text: str) -> None:
    with pytest.raises(UsageError, match="a value, not a condition"):
        written(text)


@pytest.mark.parametrize("text", UNREADABLE)
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"is empty|cannot be read|does not end"):
        written(text)


@pytest.mark.parametrize(("text", "sql"), WRITTEN.items())
def test_a_condition_is_written_with_quoted_columns_brackets_and_the_time_of_the_run(text: str, sql: str) -> None:
    assert written(text) == sql


@pytest.mark.parametrize("text", WRITTEN)
def test_what_is_written_is_read_as_the_same_tree_and_written_the_same_again(text: str) -> None:
    sql = written(text)
    assert sqlglot.parse_one(sql, read="postgres", into=exp.Condition).sql("postgres") == sql
    assert written(sql) == sql


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("id = 1; DROP TABLE student", "a semicolon near character 7"),
        ("id = 1 AND pg_sleep(1) IS NULL", "the function pg_sleep near character 12"),
        ("id = 1 OR id IN (SELECT 7)", "a sub-select near character 25"),
        ("id = 1 zebra", "cannot be read as one condition near character 8"),
        ("is_active AND full_name ~ 'x'", "a regular expression near character 15"),
        ("id = 1\nAND id = '1'::regclass", "a cast to that type near character 17"),
        ("id = 1 AND student.id = 2", "the column near character 12 has a table before it"),
    ],
)
def test_a_refusal_says_what_and_where(text: str, problem: str) -> None:
    with pytest.raises(UsageError) as refused:
        written(text)
    assert problem in refused.value.problem


def test_columns_are_named_as_postgresql_folds_them_with_their_first_place() -> None:
    condition = Condition("Full_Name = 'x' AND \"Full_Name\" = 'y' AND id = 1 AND FULL_NAME = 'z'")
    assert condition.columns == {"full_name": 1, "Full_Name": 21, "id": 43}


@pytest.mark.parametrize(
    ("column", "is_bare"),
    [("Full_Name", True), ('"full_name"', False), ("_1", True), ("größe", False), ("a" * 63, True), ("a" * 64, False)],
)
def test_a_plain_name_without_quotes_may_be_repeated(column: str, *, is_bare: bool) -> None:
    condition = Condition(f"{column} = 'x'")
    assert [condition.is_bare(name) for name in condition.columns] == [is_bare]


def test_a_table_may_call_a_column_otherwise() -> None:
    assert Condition("school_id = 1").sql({"school_id": "id"}, now=NOW) == '"id" = 1'


def test_the_longest_condition_is_read_and_a_longer_one_refused() -> None:
    ids = ", ".join(str(number) for number in range(1, 3000))
    text = f"id IN ({ids[: LONGEST_CONDITION - 8].rpartition(',')[0]})"
    assert written(f"{text:<{LONGEST_CONDITION}}").endswith(")")
    with pytest.raises(UsageError, match="more than 10,000 characters"):
        written(f"{text:<{LONGEST_CONDITION + 1}}")


@pytest.mark.parametrize("text", ["(" * 4000 + "id = 1" + ")" * 4000, "NOT " * 2400 + "is_active", "id = 1" + " + 1" * 2400])
def test_nesting_without_end_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="nested too deeply"):
        written(text)


def test_hundreds_of_alternatives_are_not_deep() -> None:
    assert written(" OR ".join(["id = 1"] * 700)).count(" OR ") == 699


WORDS = (
    "id", "full_name", "is_active", '"id"', "1", "1e", "'x'", "(", ")", ",", ".", "=", "<", "-", "--", "/*", "*/", "'", '"', "%s", "$1",
    "$$", ":x", "?", ";", "[", "]", "{", "}", "::", "~", "@", "#", "&", "|", "||", "!", "^", "*", "/", "é", "U&", "E", "\\", "AND", "OR",
    "NOT", "IN", "IS", "NULL", "TRUE", "LIKE", "ESCAPE", "BETWEEN", "ANY", "ARRAY", "int", "regclass", "CASE", "WHEN", "THEN", "ELSE",
    "END", "SELECT", "FROM", "lower(", "pg_sleep(", "now()", "interval", "date", "extract(", "trim(", "cast(", "AS", "OVER", "COLLATE",
    "AT TIME ZONE", "\0", "\n",
)  # fmt: skip


@given(
    st.one_of(
        st.text(max_size=40),
        st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join),
        st.lists(st.sampled_from(WORDS), max_size=12).map("".join),
    )
)
def test_whatever_is_typed_is_written_steadily_or_refused_as_wrong_usage(text: str) -> None:
    try:
        condition = Condition(text, {"is_active"})
    except UsageError:
        return
    own = {name: name for name in condition.columns}
    sql = condition.sql(own, now=NOW)
    assert Condition(sql, {"is_active"}).sql(own, now=NOW) == sql
