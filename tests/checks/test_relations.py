import re

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks import relations
from checks.relations import FOREIGN_KEYS, PRIMARY_KEYS, UNIQUE_KEYS, dangling, id_hashes, repeated
from checks.v2 import COLUMNS
from pipeline.postgres.schema import packaged_sql


def quoted(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r'"(\w+)"', text))


def test_foreign_keys_are_those_of_v2() -> None:
    pattern = r'ALTER TABLE "(\w+)" .* FOREIGN KEY \("(\w+)"\) REFERENCES "(\w+)"\("id"\)'
    found = [key for key in re.findall(pattern, packaged_sql("v2")) if key[0] in COLUMNS]
    assert sorted(FOREIGN_KEYS) == sorted(found)


def test_unique_keys_are_those_of_v2() -> None:
    ddl = packaged_sql("v2")
    primary = re.findall(r'CONSTRAINT "(\w+)_pkey" PRIMARY KEY \((.+)\)', ddl)
    unique = re.findall(r'CREATE UNIQUE INDEX .* ON "(\w+)"\((.+)\);', ddl)
    expected = [(table, quoted(columns)) for table, columns in primary + unique if table in COLUMNS]
    assert sorted(UNIQUE_KEYS) == sorted(expected)
    assert {table: quoted(columns) for table, columns in primary if table in COLUMNS} == PRIMARY_KEYS


PARENTS = pl.LazyFrame({"id": ["a", "b", "b"]})


def teachers(*users: str | None) -> pl.LazyFrame:
    return pl.LazyFrame({"userId": users}, schema={"userId": pl.String})


@pytest.mark.parametrize(
    ("users", "failing", "examples"),
    [
        (["a", "b", "a"], 0, ()),
        ([], 0, ()),
        ([None, None], 0, ()),
        (["a", "y", None, "x", "y"], 3, ("x", "y")),
    ],
)
def test_a_key_that_leads_nowhere_is_found(users: list[str | None], failing: int, examples: tuple[str, ...]) -> None:
    found = dangling(teachers(*users), column="userId", parents=id_hashes(PARENTS), table="Teacher", parent_table="User")
    assert (found.table, found.check, found.meaning) == ("Teacher", "userId_exists", "userId is the id of a User row")
    assert (found.rows, found.failing, found.examples) == (len(users), failing, examples)


@given(
    ids=st.lists(st.sampled_from("abcdef")), users=st.lists(st.sampled_from("abcdefgh") | st.none(), max_size=12), at_once=st.integers(1, 7)
)
def test_it_does_not_show_how_many_ids_are_held_at_once(ids: list[str], users: list[str | None], at_once: int) -> None:
    parents = pl.LazyFrame({"id": ids}, schema={"id": pl.String})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(relations, "IDS_AT_ONCE", at_once)
        found = dangling(teachers(*users), column="userId", parents=id_hashes(parents), table="Teacher", parent_table="User")
    orphans = [user for user in users if user is not None and user not in ids]
    assert (found.rows, found.failing, found.examples) == (len(users), len(orphans), tuple(sorted(set(orphans))[:5]))


def test_without_parents_every_key_dangles() -> None:
    nobody = PARENTS.clear()
    found = dangling(teachers("a", None), column="userId", parents=id_hashes(nobody), table="Teacher", parent_table="User")
    assert (found.failing, found.examples) == (1, ("a",))


def test_a_value_that_another_part_has_too_is_found() -> None:
    parts = [
        pl.LazyFrame({"id": ["1", "2"], "email": ["ada@x.ng", "obi@x.ng"]}),
        pl.LazyFrame({"id": ["3", "4"], "email": ["eze@x.ng", "ada@x.ng"]}),
    ]
    found = repeated(pl.concat(parts), columns=["email"], table="User")
    assert (found.table, found.check) == ("User", "email_unique_overall")
    assert (found.rows, found.failing, found.examples) == (4, 2, ("1", "4"))


def test_values_that_are_all_different_pass() -> None:
    found = repeated(pl.LazyFrame({"id": ["1", "2"], "email": ["a@x.ng", "b@x.ng"]}), columns=["email"], table="User")
    assert (found.rows, found.failing, found.examples) == (2, 0, ())


def test_a_key_with_a_null_in_it_is_no_repetition() -> None:
    students = pl.LazyFrame(
        {"id": ["1", "2", "3", "4", "5"], "schoolId": ["s", "s", None, None, "s"], "admissionNo": ["7", "7", "7", "7", None]}
    )
    found = repeated(students, columns=["schoolId", "admissionNo"], table="Student")
    assert (found.rows, found.failing, found.examples) == (5, 2, ("1", "2"))


def test_a_pair_of_a_link_table_is_its_own_id() -> None:
    links = pl.LazyFrame({"parentId": ["p", "p", "q"], "schoolId": ["s", "s", "s"]})
    found = repeated(links, columns=["parentId", "schoolId"], table="ParentSchool")
    assert (found.failing, found.examples) == (2, ("p:s",))


def test_repeated_values_are_no_examples() -> None:
    found = repeated(pl.LazyFrame({"email": ["ada@x.ng", "ada@x.ng"]}), columns=["email"], table="User")
    assert (found.failing, found.examples) == (2, ())


def test_no_rows_repeat_nothing() -> None:
    rows = pl.LazyFrame(schema={"id": pl.String, "email": pl.String})
    assert repeated(rows, columns=["email"], table="User").rows == 0


def test_every_row_that_fails_is_named_by_its_own_key() -> None:
    teachers = pl.LazyFrame({"id": ["t3", "t1", "t2", "t4"], "userId": ["x", "a", "y", "x"]})
    found = dangling(teachers, column="userId", parents=id_hashes(PARENTS), table="Teacher", parent_table="User")
    assert found.ids is not None
    assert (found.ids.to_list(), found.examples) == (["t2", "t3", "t4"], ("x", "y"))
    links = pl.LazyFrame({"teacherId": ["t1", "t1", "t1"], "classId": ["c1", "c2", "c1"], "isClassTeacher": [True, False, False]})
    found = repeated(links, columns=["teacherId", "classId"], table="TeacherClass")
    assert found.ids is not None
    assert found.ids.to_list() == ["t1:c1", "t1:c1"]


def test_rows_that_do_not_tell_their_key_are_counted_only() -> None:
    found = dangling(teachers("x"), column="userId", parents=id_hashes(PARENTS), table="Teacher", parent_table="User")
    assert (found.failing, found.ids) == (1, None)
    assert dangling(teachers("a"), column="userId", parents=id_hashes(PARENTS), table="Teacher", parent_table="User").ids is None
