import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final

import polars as pl
import pytest
from polars.datatypes import DataType

from checks.findings import examples, names
from checks.relations import PRIMARY_KEYS, UNIQUE_KEYS
from checks.schemas import questions
from checks.v2 import COLUMNS, judged_v2, schema
from pipeline.postgres.schema import expected_columns, packaged_sql
from tests.checks.sound import V2, sound_v2, with_value

UNCLEAN = ["", " ", " Ada", "Ada ", "\u00a0Ada", "A\tda", "Ada\n", "A\x00da", "A\u0085da"]

BAD: Final[dict[str, Sequence[object]]] = {
    "bcrypt": ["", "secret", "$2y$10$" + "a" * 53, "$2b$10$" + "a" * 52],
    "required": [None],
    "uuid": [
        "",
        "7",
        "155131BA-5F2D-5B7F-B5B1-407F2F64AB64",
        "155131ba-5f2d-4b7f-b5b1-407f2f64ab64",
        "155131ba-5f2d-5b7f-c5b1-407f2f64ab64",
        "155131ba5f2d5b7fb5b1407f2f64ab64",
        "155131ba-5f2d-5b7f-b5b1-407f2f64ab64\n",
    ],
    "filled": [""],
    "clean": UNCLEAN,
    "code": ["", "ng", "NGA", "N1", "NG ", "ÄÖ"],
    "known": ["", "active", "UNKNOWN"],
    "object": ["", "[]", " {}", "null"],
}
"""The last word of a check's name → values that fail it."""

BAD_EMAILS: Final[Sequence[object]] = [
    "",
    "ada",
    "Ada@hill.example",
    " ada@hill.example",
    "ada@hill.example\n",
    "ada obi@hill.example",
    "ada@@hill.example",
    "@hill.example",
    "ada@",
    "ada@localhost",
    ".ada@hill.example",
    "ada.@hill.example",
    "ada..obi@hill.example",
    "ada@-hill.example",
    "ada@hill-.example",
    "ada@hill..example",
    "ada@hill.example.",
    "ada@hill.e",
    "ada@hill.123",
    "ada@hill.ex4mple",
    "ada@hill_school.example",
    "ada@müller.example",
    "adä@hill.example",
    '"ada obi"@hill.example',
    f"{'a' * 65}@hill.example",
    f"ada@{'a' * 64}.example",
    f"{'a' * 64}@{'b.' * 91}examples",
]

GOOD_EMAILS = [
    "a@b.cd",
    "ada.obi+2@hill.example",
    "!#$%&'*+/=?^_`{|}~-@hill.example",
    "ada@xn--mller-kva.example",
    "ada@hill.xn--p1ai",
    "ada@1.2.ng",
    f"{'a' * 64}@hill.example",
    f"ada@{'a' * 63}.example",
    f"{'a' * 64}@{'b.' * 91}example",
]

BAD_PHONES = ["", "08031234567", "2348031234567", "+0348031234567", "+234 8031234567", "+234803123456789012", "+234803123456７"]
BAD_COUNTERS = ["+2348031234567;ext=", "+2348031234567;ext=0", "+2348031234567;ext=1", "+2348031234567;ext=02"]

IMPLAUSIBLE: Final[dict[DataType, Sequence[object]]] = {
    pl.Date(): [date(1899, 12, 31), date(2200, 1, 2)],
    pl.Datetime("us"): [datetime.fromisoformat("1899-12-31 23:59:59.999999"), datetime.fromisoformat("2201-01-01")],
    pl.Int32(): [-1],
    pl.Decimal(12, 2): [Decimal("-0.01")],
}


def breaking_cases() -> Iterator[tuple[str, str, str, Sequence[object]]]:
    """Table, check, its column, and values each of which fails it."""
    for table in COLUMNS:
        for column, check, _ in questions(schema(table)):
            values: Sequence[object]
            asked = check.rpartition("_")[2]
            if asked == "plausible":
                values = IMPLAUSIBLE[schema(table).columns[column].dtype.type]
            elif asked == "valid":
                values = BAD_EMAILS
            elif asked == "e164":
                values = [*BAD_PHONES, *(BAD_COUNTERS if table == "User" else ["+2348031234567;ext=2"])]
            elif column == "skills" and asked == "clean":
                values = [["Chess", None], *(["Chess", text] for text in UNCLEAN)]
            elif column == "skills" and asked == "distinct":
                values = [["Chess", "Chess"]]
            else:
                values = BAD.get(asked, [])
            if values:
                yield table, check, column, values


BREAKING = list(breaking_cases())


def failing_checks(rows: pl.DataFrame, table: str) -> dict[str, int]:
    return {finding.check: finding.failing for finding in judged_v2(rows, table=table) if finding.failing}


def id_of(rows: pl.DataFrame, row: int, table: str) -> str:
    return ":".join(rows.select(PRIMARY_KEYS[table]).row(row))


@pytest.mark.parametrize("table", COLUMNS)
def test_sound_rows_pass_every_check(table: str) -> None:
    rows = sound_v2(table)
    columns, *others = judged_v2(rows, table=table)
    assert (columns.check, columns.rows, columns.failing) == ("columns_exact", rows.width, 0)
    assert [(finding.rows, finding.failing, finding.examples) for finding in others] == [(2, 0, ())] * len(others)


@pytest.mark.parametrize("table", COLUMNS)
def test_an_empty_frame_passes_every_check(table: str) -> None:
    assert failing_checks(sound_v2(table).clear(), table) == {}


@pytest.mark.parametrize(("table", "check", "column", "values"), BREAKING, ids=lambda part: part if isinstance(part, str) else "")
def test_rows_that_break_a_check_fail_by_its_name(table: str, check: str, column: str, values: list[object]) -> None:
    sound = sound_v2(table)
    unsound = pl.concat([with_value(sound, column, value)[1:] for value in values])
    found = next(found for found in judged_v2(pl.concat([sound[:1], unsound]), table=table) if found.check == check)
    assert (found.table, found.rows, found.failing) == (table, 1 + len(values), len(values))
    assert found.examples == examples(unsound.select(PRIMARY_KEYS[table]))
    assert found.ids is not None
    assert found.ids.to_list() == names(unsound.select(PRIMARY_KEYS[table])).to_list()


@pytest.mark.parametrize("key", UNIQUE_KEYS, ids=str)
def test_two_rows_of_one_key_both_fail(key: tuple[str, tuple[str, ...]]) -> None:
    table, columns = key
    rows = sound_v2(table)
    for column in columns:
        # A null in the first row would be no repetition.
        value = rows[column].drop_nulls()[0]
        rows = rows.with_columns(pl.Series(column, [value, value], dtype=rows.schema[column]))
    [found] = [finding for finding in judged_v2(rows, table=table) if finding.check == f"{'_'.join(columns)}_unique"]
    assert found.failing == 2
    assert found.examples == tuple(sorted({id_of(rows, 0, table), id_of(rows, 1, table)}))


def test_every_check_is_broken_by_a_case_of_this_module() -> None:
    asked = {(table, question.check) for table in COLUMNS for question in questions(schema(table))}
    by_value = {(table, check) for table, check, _, _ in BREAKING}
    by_key = {(table, f"{'_'.join(columns)}_unique") for table, columns in UNIQUE_KEYS}
    assert asked == by_value | by_key | {("Address", "owner_single")}


def test_emails_are_unique_whatever_their_case() -> None:
    rows = with_value(sound_v2("User"), "email", "ADA@Hill.example")
    assert failing_checks(rows, "User") == {"email_valid": 1, "email_unique": 2}


def test_codes_may_differ_by_case_alone() -> None:
    assert V2["School"][0]["code"].lower() == V2["School"][1]["code"]
    assert failing_checks(sound_v2("School"), "School") == {}


@pytest.mark.parametrize(("table", "column"), [("User", "phone"), ("Address", "userId"), ("Address", "schoolId")])
def test_nulls_are_no_repetition(table: str, column: str) -> None:
    rows = sound_v2(table).with_columns(pl.lit(None, dtype=pl.String).alias(column))
    assert f"{column}_unique" not in failing_checks(rows, table)


def test_an_address_has_one_owner() -> None:
    owned = V2["Address"][0]["userId"]
    both = with_value(sound_v2("Address"), "userId", owned.replace("1", "2"))
    assert failing_checks(both, "Address") == {"owner_single": 1}
    nobodys = with_value(sound_v2("Address"), "schoolId", None)
    assert failing_checks(nobodys, "Address") == {"owner_single": 1}


@pytest.mark.parametrize("email", GOOD_EMAILS)
def test_valid_emails_pass(email: str) -> None:
    assert failing_checks(with_value(sound_v2("User"), "email", email), "User") == {}


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("User", "phone", "+12"),
        ("User", "phone", "+234803123456789"),
        ("User", "phone", "+2348031234567;ext=3"),
        ("User", "phone", "+2348031234567;ext=10"),
        ("User", "firstName", "é" * 255),
        ("User", "lastName", "van der Ōe\u200c-Ōe"),
        ("User", "dateOfBirth", date(2200, 1, 1)),
        ("User", "createdAt", datetime.fromisoformat("2200-12-31 23:59:59.999999")),
        ("User", "userTypeId", "7"),
        ("Teacher", "salary", Decimal("9999999999.99")),
        ("Student", "admissionNo", "é" * 300),
    ],
)
def test_what_is_just_allowed_passes(table: str, column: str, value: object) -> None:
    assert failing_checks(with_value(sound_v2(table), column, value), table) == {}


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        (sound_v2("Teacher").drop("salary"), "salary"),
        (sound_v2("Teacher").with_columns(bonus=1), "bonus"),
        (sound_v2("Teacher").with_columns(pl.col("salary").cast(pl.Float64)), "salary"),
        (sound_v2("Teacher").with_columns(pl.col("salary").cast(pl.Decimal(38, 2))), "salary"),
        (sound_v2("Teacher").with_columns(pl.col("createdAt").dt.cast_time_unit("ms")), "createdAt"),
        (sound_v2("Teacher").with_columns(pl.col("createdAt").dt.replace_time_zone("UTC")), "createdAt"),
        (sound_v2("Teacher").with_columns(pl.col("hiredAt").cast(pl.Datetime("us"))), "hiredAt"),
        (sound_v2("Teacher").with_columns(pl.lit(None).alias("qualification")), "qualification"),
    ],
    ids=str,
)
def test_other_columns_than_v2s_fail_and_nothing_else_is_judged(changed: pl.DataFrame, wrong: str) -> None:
    columns, *others = judged_v2(changed, table="Teacher")
    assert (columns.check, columns.failing, columns.examples) == ("columns_exact", 1, (wrong,))
    assert columns.ids is not None
    assert columns.ids.to_list() == [wrong]
    assert {(finding.rows, finding.failing) for finding in others} == {(0, 0)}
    assert len(others) == len(questions(schema("Teacher")))


def test_the_order_of_columns_and_rows_does_not_show() -> None:
    rows = with_value(sound_v2("User"), "status", "LEFT")
    assert judged_v2(rows.select(reversed(rows.columns)).reverse(), table="User") == judged_v2(rows, table="User")


def test_an_unknown_table_is_refused() -> None:
    with pytest.raises(ValueError, match="no table Pupil"):
        judged_v2(sound_v2("Student"), table="Pupil")


def test_findings_hold_no_values() -> None:
    rows = sound_v2("User")
    for column in ("email", "phone", "firstName", "gender"):
        rows = with_value(rows, column, " Adaeze")
    assert "Adaeze" not in repr(judged_v2(rows, table="User"))


@pytest.mark.parametrize("table", COLUMNS)
def test_the_columns_are_v2s_in_its_order_of_its_types_and_nullability(table: str) -> None:
    dtypes = {
        "text": pl.String(),
        "character(2)": pl.String(),
        "jsonb": pl.String(),
        "boolean": pl.Boolean(),
        "integer": pl.Int32(),
        "numeric(12,2)": pl.Decimal(12, 2),
        "date": pl.Date(),
        "timestamp(3) without time zone": pl.Datetime("us"),
        "text[]": pl.List(pl.String()),
    }
    ddl = packaged_sql("v2")
    types = expected_columns(ddl)[table]
    body = ddl.partition(f'CREATE TABLE "{table}" (')[2].partition(");")[0]
    required = set(re.findall(r'^ +"(\w+)" .*NOT NULL', body, re.MULTILINE))
    made_later = {"User": {"passwordHash"}}.get(table, set())
    columns = schema(table).columns
    assert list(columns) == list(types)
    assert {name: column.dtype.type for name, column in columns.items()} == {name: dtypes.get(types[name], pl.String()) for name in columns}
    # A school's own subject has a school, and Prisma knows no null lists.
    stricter = {"Subject": {"schoolId"}, "Teacher": {"skills"}}.get(table, set())
    assert {name for name, column in columns.items() if not column.nullable} == (required - made_later) | stricter


def test_the_names_of_checks_are_what_reports_and_people_look_for() -> None:
    assert [question.check for question in questions(schema("StudentParent"))] == [
        "studentId_required",
        "studentId_uuid",
        "studentId_parentId_unique",
        "parentId_required",
        "parentId_uuid",
        "relationship_required",
        "relationship_known",
        "isPrimary_required",
    ]


def test_every_check_has_a_name_of_its_own_and_a_meaning() -> None:
    for table in COLUMNS:
        findings = judged_v2(sound_v2(table).clear(), table=table)
        assert len({finding.check for finding in findings}) == len(findings)
        assert all(finding.meaning for finding in findings)
