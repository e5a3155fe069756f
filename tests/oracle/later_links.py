"""Sections 1, 7 and 10: the rows of V2's link tables in a run after others."""

from collections.abc import Iterator
from typing import Any

from tests.oracle import made_from, values
from tests.oracle.later_model import ENDS, LaterRun, Pair, Remembered, id_text
from tests.oracle.model import Row, by_id
from tests.oracle.values import v2_id

ENTITY_OF_LINKS = {"TeacherClass": "teachers", "TeacherSubject": "teachers", "StudentParent": "students", "ParentSchool": "parents"}
"""The step that a link table belongs to: its stale links are reported if that is selected."""


def take_teachers_of_classes(run: LaterRun) -> None:
    """TeacherClass: of `Class.class_teacher_id` first, then of `_ClassToTeacher`."""
    for row in by_id(run.v1["Class"]):
        _take_column_link(run, "Class", row, "class_teacher_id", "Teacher", flag="isClassTeacher")
    given = {_class_pair(row["class_teacher_id"], row["id"]) for row in _with_link(run, "Class", "class_teacher_id")}
    for row in _in_order(run.v1["_ClassToTeacher"]):
        _take_link(run, "_ClassToTeacher", row, _class_pair(row["B"], row["A"]), given, columns={"isClassTeacher": False})


def take_teachers_of_subjects(run: LaterRun, subjects: dict[int, str]) -> None:
    """TeacherSubject: "the V2 Subject that the V1 subject became"."""
    given: set[Pair] = set()
    for row in _in_order(run.v1["_SubjectToTeacher"]):
        subject = subjects.get(row["A"], v2_id(f"Subject:{row['A']}"))
        pair = ("TeacherSubject", v2_id(f"Teacher:{row['B']}"), subject)
        _take_link(run, "_SubjectToTeacher", row, pair, given, drawn_on=subject)


def take_parents_of_students(run: LaterRun) -> None:
    """StudentParent: of `Student.parent_id` first, then of `_ParentToStudent`."""
    for row in by_id(run.v1["Student"]):
        _take_column_link(run, "Student", row, "parent_id", "Parent", flag="isPrimary")
    given = {_parent_pair(row["id"], row["parent_id"]) for row in _with_link(run, "Student", "parent_id")}
    for row in _in_order(run.v1["_ParentToStudent"]):
        relationship = values.relationship(run.by_id["Parent"][row["A"]]["relationship"])
        student_id = v2_id(f"Student:{row['B']}")
        _take_link(
            run,
            "_ParentToStudent",
            row,
            _parent_pair(row["B"], row["A"]),
            given,
            # Its V2 rows are a StudentParent and a ParentSchool of the child's school.
            drawn_on=(relationship, run.by_id["Student"][row["B"]]["school_id"]),
            columns={"relationship": relationship, "isPrimary": False},
            # The relationship follows the student, the flag the column `parent_id`.
            is_edited=run.was_edited("Student", student_id, "Student", row["B"]),
        )


def take_schools_of_parents(run: LaterRun) -> None:
    """ParentSchool: "the parent's school, and the school of each of its children".

    Each is written with the row that gives it: the parent, the student by its `parent_id`, the row of `_ParentToStudent`; and for that row
    when one of its ends comes to V2 or the student changes schools.
    """
    for row in run.v1["Parent"]:
        if run.is_written("Parent", row["id"]):
            _put_parent_school(run, row["id"], row["school_id"])
    for parent_id, student, link in _children(run):
        known = run.memory.rows.get(("Student", str(student["id"])))
        has_moved = known is None or known.school_id != student["school_id"]
        is_given = run.is_new("Parent", parent_id) or (run.is_written("Student", student["id"]) and (link is None or has_moved))
        is_given = is_given or (link is not None and run.is_written("_ParentToStudent", link))
        if is_given and ("Student", str(student["id"])) not in run.rejected and run.is_there("Student", student["id"]):
            _put_parent_school(run, parent_id, student["school_id"])


def report_stale(run: LaterRun, subjects: dict[int, str]) -> None:
    """ "links (...) are reported as link_stale, once per pair and run, in every run as long as V1 does not give it again"."""
    given = {
        *(_class_pair(row["class_teacher_id"], row["id"]) for row in run.v1["Class"]),
        *(_class_pair(row["B"], row["A"]) for row in run.v1["_ClassToTeacher"]),
        *(
            ("TeacherSubject", v2_id(f"Teacher:{row['B']}"), subjects.get(row["A"], v2_id(f"Subject:{row['A']}")))
            for row in run.v1["_SubjectToTeacher"]
        ),
        *(_parent_pair(student["id"], parent_id) for parent_id, student, _ in _children(run)),
        *(_school_pair(parent_id, student["school_id"]) for parent_id, student, _ in _children(run)),
        *(_school_pair(row["id"], row["school_id"]) for row in run.v1["Parent"]),
    }
    for pair in run.memory.pairs - given:
        if run.before.get(*pair) and ENTITY_OF_LINKS[pair[0]] in run.chosen.entities:
            run.reports["link_stale"] += 1


def _take_column_link(run: LaterRun, table: str, row: Row, column: str, other: str, *, flag: str) -> None:
    """The link that a class or student gives by a column, with its flag true; the flag of the one before is put right.

    It is written with the class or student, or when the other end comes to V2. A link has no `updatedAt`: what it holds follows the class
    or the student, but the flags are put right wherever V1 moves them.
    """
    v1_id, linked_id = row["id"], row[column]
    known = run.memory.rows.get((table, str(v1_id)))
    is_edited = run.was_edited(table, v2_id(f"{table}:{v1_id}"), table, v1_id)
    is_written = run.is_written(table, v1_id)
    is_moved = is_written and known is not None and known.link_id != linked_id
    if is_moved and known and run.after.get(*(old := _pair_of(table, v1_id, known.link_id))):
        _put_pair(run, old, {flag: False})
    is_given = is_written or (run.is_new(other, linked_id) and (table, str(v1_id)) not in run.rejected)
    if not is_given or not run.is_there(table, v1_id) or not run.is_there(other, linked_id):
        return
    pair = _pair_of(table, v1_id, linked_id)
    relationship = {"relationship": values.relationship(run.by_id[other][linked_id]["relationship"])} if table == "Student" else {}
    if run.after.get(*pair) is None or (is_written and not is_edited):
        _put_pair(run, pair, {flag: True} | relationship)
    elif is_moved:
        _put_pair(run, pair, {flag: True})
    run.remembered.pairs.add(pair)


def _take_link(
    run: LaterRun,
    table: str,
    row: Row,
    pair: Pair,
    given: set[Pair],
    *,
    columns: Row | None = None,
    drawn_on: Any = None,
    is_edited: bool = False,
) -> None:
    """A row of a link table; `given` are the pairs that other V1 rows of this run give, `columns` what a new V2 row holds."""
    (first, second), columns = ENDS[table], columns or {}
    if run.after.get(first, _first_end(pair)) is None or not run.is_there(second, row["B"]):
        run.reject(table, row)
        return
    if not run.is_chosen(table, row):
        return
    if pair in given:
        run.count(table, row, "merged")
        return
    given.add(pair)
    known = (table, id_text(row)) in run.memory.rows
    if not known and run.after.get(*pair):
        # Whoever made it.
        run.count(table, row, "unchanged")
        return
    made = made_from.of_link(row, drawn_on)
    outcome = run.outcome(table, row, made, is_edited=is_edited)
    if not run.is_written(table, id_text(row)):
        return
    there = run.after.get(*pair)
    if outcome != "kept" or there is None:
        flags = {column for column in columns if column.startswith("is")}
        _put_pair(run, pair, {column: value for column, value in columns.items() if there is None or column not in flags})
        run.remembered.pairs.add(pair)
    run.remembered.rows[table, id_text(row)] = Remembered(made, is_kept=outcome == "kept")


def _first_end(pair: Pair) -> str:
    """The V2 id of the row that `A` refers to: V1 has the links' ends in another order than V2."""
    return pair[2]


def _children(run: LaterRun) -> Iterator[tuple[int, Row, str | None]]:
    """Parents and their children as V1 gives them: the parent's id, the student, and the link row's id if one gives it."""
    for student in run.v1["Student"]:
        if student["parent_id"] is not None:
            yield student["parent_id"], student, None
    for row in run.v1["_ParentToStudent"]:
        yield row["A"], run.by_id["Student"][row["B"]], id_text(row)


def _put_parent_school(run: LaterRun, parent_id: int, school_id: int) -> None:
    if run.is_there("Parent", parent_id) and run.is_there("School", school_id):
        pair = _school_pair(parent_id, school_id)
        _put_pair(run, pair, {})
        run.remembered.pairs.add(pair)


def _put_pair(run: LaterRun, pair: Pair, columns: Row) -> None:
    table, first, second = pair
    keys = {"TeacherClass": ("teacherId", "classId"), "TeacherSubject": ("teacherId", "subjectId")}
    keys |= {"StudentParent": ("studentId", "parentId"), "ParentSchool": ("parentId", "schoolId")}
    run.after.put(table, **dict(zip(keys[table], (first, second), strict=True)), **columns)


def _with_link(run: LaterRun, table: str, column: str) -> list[Row]:
    """The V1 rows that give a link by a column."""
    return [row for row in run.v1[table] if row[column] is not None and (table, str(row["id"])) not in run.rejected]


def _pair_of(table: str, v1_id: int, linked_id: int | None) -> Pair:
    return _class_pair(linked_id, v1_id) if table == "Class" else _parent_pair(v1_id, linked_id)


def _class_pair(teacher_id: int | None, class_id: int) -> Pair:
    return "TeacherClass", v2_id(f"Teacher:{teacher_id}"), v2_id(f"Class:{class_id}")


def _parent_pair(student_id: int, parent_id: int | None) -> Pair:
    return "StudentParent", v2_id(f"Student:{student_id}"), v2_id(f"Parent:{parent_id}")


def _school_pair(parent_id: int, school_id: int) -> Pair:
    return "ParentSchool", v2_id(f"Parent:{parent_id}"), v2_id(f"School:{school_id}")


def _in_order(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (row["A"], row["B"]))
