"""What V1 no longer gives, of what V2 was given (mapping, section 10)."""

from typing import Any

import polars as pl

from transforms.tables.departures import HELD, NOTE, gone, notes, pairs_given, pairs_now, stale, stale_records
from transforms.tables.history import LEDGER_SCHEMA

Pairs = list[tuple[int, int | None]]


def ledger(*rows: dict[str, Any]) -> pl.LazyFrame:
    return pl.LazyFrame([{"digest": "d", "run_id": "r", "is_kept": False, **row} for row in rows], schema=LEDGER_SCHEMA)


LEDGER = ledger(
    {"v1_table": "Class", "v1_id": "1", "link_id": "5"},
    {"v1_table": "Class", "v1_id": "2", "link_id": None},
    {"v1_table": "_ClassToTeacher", "v1_id": "1:6"},
    {"v1_table": "_SubjectToTeacher", "v1_id": "3:5", "link_id": "weaving"},
    {"v1_table": "Parent", "v1_id": "8", "school_id": "1"},
    {"v1_table": "Student", "v1_id": "9", "school_id": "2", "link_id": "8"},
    {"v1_table": "_ParentToStudent", "v1_id": "7:9"},
)


def now(
    *, classes: Pairs, parents: Pairs, students: list[tuple[int, int, int | None]], links: dict[str, Pairs], subjects: dict[int, str]
) -> dict[str, pl.LazyFrame]:
    ids = pl.Int64
    return pairs_now(
        classes=pl.LazyFrame(classes, schema={"id": ids, "class_teacher_id": ids}, orient="row"),
        parents=pl.LazyFrame(parents, schema={"id": ids, "school_id": ids}, orient="row"),
        students=pl.LazyFrame(students, schema={"id": ids, "school_id": ids, "parent_id": ids}, orient="row"),
        subjects=pl.LazyFrame(list(subjects.items()), schema={"v1_id": ids, "subject_uid": pl.String}, orient="row"),
        links={
            table: pl.LazyFrame(links.get(table, []), schema={"A": ids, "B": ids}, orient="row")
            for table in ("_ClassToTeacher", "_SubjectToTeacher", "_ParentToStudent")
        },
    )


SAME: dict[str, Any] = {
    "classes": [(1, 5), (2, None)],
    "parents": [(8, 1)],
    "students": [(9, 2, 8)],
    "links": {"_ClassToTeacher": [(1, 6)], "_SubjectToTeacher": [(3, 5)], "_ParentToStudent": [(7, 9)]},
    "subjects": {3: "weaving"},
}


def held(ledger: pl.LazyFrame) -> dict[str, pl.LazyFrame]:
    """V2's link tables, with all that it was given."""
    given = pairs_given(ledger)
    return {v2: given[table].select(**keys) for table, (v2, keys) in HELD.items()}


def stale_now(**changes: Any) -> set[tuple[str, str, str]]:
    return set(stale(pairs_given(LEDGER), now(**{**SAME, **changes}), held=held(LEDGER)).select("v1_table", "A", "B").collect().iter_rows())


def test_what_v1_gives_as_ever_is_not_stale() -> None:
    assert stale_now() == set()


def test_a_pair_is_stale_where_neither_table_nor_column_gives_it() -> None:
    assert stale_now(classes=[(1, 6), (2, None)]) == {("_ClassToTeacher", "1", "5")}
    assert stale_now(classes=[(1, 6), (2, None)], links={**SAME["links"], "_ClassToTeacher": [(1, 5)]}) == set()
    assert stale_now(links={**SAME["links"], "_SubjectToTeacher": []}) == {("_SubjectToTeacher", "weaving", "5")}


def test_what_v2_was_never_given_or_let_go_itself_is_not_stale() -> None:
    nothing = {v2: rows.clear() for v2, rows in held(LEDGER).items()}
    nowhere = now(classes=[], parents=[], students=[], links={}, subjects={})
    assert stale(pairs_given(LEDGER), nowhere, held=nothing).collect().is_empty()


def test_a_parent_s_schools_go_with_the_children() -> None:
    assert stale_now(students=[(9, 3, 8)]) == {("ParentSchool", "8", "2"), ("ParentSchool", "7", "2")}
    assert stale_now(students=[(9, 2, 7)]) == {("_ParentToStudent", "8", "9"), ("ParentSchool", "8", "2")}
    assert stale_now(parents=[(8, 4)]) == {("ParentSchool", "8", "1")}


def test_a_stale_pair_is_on_record_by_its_table_and_a_school_by_the_parent() -> None:
    pairs = pl.LazyFrame({"v1_table": ["_ClassToTeacher", "ParentSchool"], "A": ["1", "8"], "B": ["5", "2"], "told": ["1:5", "8:2"]})
    assert stale_records(pairs).collect().rows() == [
        ("_ClassToTeacher", "1:5", None, "link_stale", None, None),
        ("Parent", "8", "school_id", "link_stale", None, "2"),
    ]


def test_the_ledger_notes_what_it_would_forget_and_a_note_stays_stale() -> None:
    pairs = stale(pairs_given(LEDGER), now(**{**SAME, "classes": [(1, 6), (2, None)]}), held=held(LEDGER))
    noted = notes(pairs, ledger=LEDGER).collect()
    assert noted.rows() == [("_ClassToTeacher", "1:5", None, NOTE)]
    later = ledger({"v1_table": "Class", "v1_id": "1", "link_id": "6"}, {"v1_table": "_ClassToTeacher", "v1_id": "1:5", "digest": NOTE})
    again = stale(pairs_given(later), now(classes=[(1, 6)], parents=[], students=[], links={}, subjects={}), held=held(later))
    assert again.collect().rows() == [("_ClassToTeacher", "1", "5", "1:5")]
    assert notes(again, ledger=later).collect().is_empty()


def test_a_subject_that_becomes_another_one_of_v2_leaves_its_teacher_s_link_behind() -> None:
    pairs = stale(pairs_given(LEDGER), now(**{**SAME, "subjects": {3: "mathematics"}}), held=held(LEDGER))
    assert stale_records(pairs).collect().rows() == [("_SubjectToTeacher", "3:5", None, "link_stale", None, None)]
    assert notes(pairs, ledger=LEDGER).collect().rows() == [("_SubjectToTeacher", "weaving:5", "3", NOTE)]
    later = ledger(
        {"v1_table": "_SubjectToTeacher", "v1_id": "3:5", "link_id": "mathematics"},
        {"v1_table": "_SubjectToTeacher", "v1_id": "weaving:5", "link_id": "3", "digest": NOTE},
    )
    again = stale(pairs_given(later), now(**{**SAME, "subjects": {3: "mathematics"}}), held=held(later))
    assert again.collect().rows() == [("_SubjectToTeacher", "weaving", "5", "3:5")]


def test_a_row_of_the_ledger_that_v1_lost_is_gone() -> None:
    ids = pl.LazyFrame({"v1_id": [2]}, schema={"v1_id": pl.Int64})
    assert gone(LEDGER, "Class", ids=ids).collect().rows() == [("Class", "1", None, "gone_from_v1", None, None)]
    assert gone(LEDGER, "Teacher", ids=ids).collect().is_empty()
