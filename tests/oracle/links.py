"""Sections 1 and 7: the rows that join people to classes, subjects and each other."""

from tests.oracle import values
from tests.oracle.model import OracleResult, Rejected, Row, Tables, by_id
from tests.oracle.people import PARENT, STUDENT, TEACHER, Person
from tests.oracle.schools import School

Pair = tuple[str, str]


def write_teachers_of_classes(result: OracleResult, v1: Tables, people: dict[tuple[str, int], Person], classes: dict[int, str]) -> None:
    """ "TeacherClass: the union of `_ClassToTeacher` and `Class.class_teacher_id`; `isClassTeacher` = it is
    `class_teacher_id`"."""
    given: set[Pair] = set()

    def write(teacher: Person, class_id: int, *, is_class_teacher: bool) -> bool:
        pair = (teacher.profile_id, values.v2_id(f"Class:{class_id}"))
        if pair in given:
            return False
        given.add(pair)
        result.insert("TeacherClass", teacherId=pair[0], classId=pair[1], isClassTeacher=is_class_teacher)
        return True

    for row in by_id(v1["Class"]):
        if row["id"] in classes and row["class_teacher_id"] is not None:
            class_teacher = people.get((TEACHER.key, row["class_teacher_id"]))
            if class_teacher:
                write(class_teacher, row["id"], is_class_teacher=True)
            else:
                result.change("Class", row["id"], "class_teacher_id", "link_dropped", row["class_teacher_id"])
    for row in _in_order(v1["_ClassToTeacher"]):
        teacher = people.get((TEACHER.key, row["B"]))
        if teacher and row["A"] in classes:
            _count(result, "_ClassToTeacher", is_new=write(teacher, row["A"], is_class_teacher=False))
        else:
            _reject(result, "_ClassToTeacher", row)


def write_teachers_of_subjects(
    result: OracleResult, v1: Tables, people: dict[tuple[str, int], Person], v2_subjects: dict[int, str]
) -> None:
    """ "TeacherSubject: the V2 Subject that the V1 subject became"."""
    given: set[Pair] = set()
    for row in _in_order(v1["_SubjectToTeacher"]):
        teacher = people.get((TEACHER.key, row["B"]))
        if teacher is None or row["A"] not in v2_subjects:
            _reject(result, "_SubjectToTeacher", row)
            continue
        pair = (teacher.profile_id, v2_subjects[row["A"]])
        _count(result, "_SubjectToTeacher", is_new=pair not in given)
        if pair not in given:
            given.add(pair)
            result.insert("TeacherSubject", teacherId=pair[0], subjectId=pair[1])


def write_parents_of_students(result: OracleResult, v1: Tables, people: dict[tuple[str, int], Person], schools: dict[int, School]) -> None:
    """ "StudentParent: the union of `parent_id` and `_ParentToStudent`; `isPrimary` = it is `parent_id`"; and
    "ParentSchool: the parent's school, and the school of each of its children"."""
    given: set[Pair] = set()
    parent_schools = {(row["parentId"], row["schoolId"]) for row in result.tables["ParentSchool"]}

    def write(student: Person, parent: Person, *, is_primary: bool) -> bool:
        pair = (student.profile_id, parent.profile_id)
        if pair in given:
            return False
        given.add(pair)
        result.insert(
            "StudentParent",
            studentId=pair[0],
            parentId=pair[1],
            relationship=values.relationship(parent.row["relationship"]),
            isPrimary=is_primary,
        )
        parent_school = (parent.profile_id, schools[student.row["school_id"]].v2_id)
        if parent_school not in parent_schools:
            parent_schools.add(parent_school)
            result.insert("ParentSchool", parentId=parent_school[0], schoolId=parent_school[1])
        return True

    for row in by_id(v1["Student"]):
        student = people.get((STUDENT.key, row["id"]))
        if student and row["parent_id"] is not None:
            first_contact = people.get((PARENT.key, row["parent_id"]))
            if first_contact:
                write(student, first_contact, is_primary=True)
            else:
                result.change("Student", row["id"], "parent_id", "link_dropped", row["parent_id"])
    for row in _in_order(v1["_ParentToStudent"]):
        parent, student = people.get((PARENT.key, row["A"])), people.get((STUDENT.key, row["B"]))
        if parent and student:
            _count(result, "_ParentToStudent", is_new=write(student, parent, is_primary=False))
        else:
            _reject(result, "_ParentToStudent", row)


def write_enrollments(result: OracleResult, v1: Tables, people: dict[tuple[str, int], Person], classes: dict[int, str]) -> None:
    """ "Enrollment: the student's class, in that class's academic year"."""
    for row in by_id(v1["Student"]):
        student = people.get((STUDENT.key, row["id"]))
        if student is None or row["class_id"] is None:
            continue
        if row["class_id"] not in classes:
            result.change("Student", row["id"], "class_id", "link_dropped", row["class_id"])
            continue
        academic_year = classes[row["class_id"]]
        result.insert(
            "Enrollment",
            id=values.v2_id(f"Enrollment:{student.profile_id}:{academic_year}"),
            studentId=student.profile_id,
            classId=values.v2_id(f"Class:{row['class_id']}"),
            academicYear=academic_year,
        )


def _in_order(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (int(row["A"]), int(row["B"])))


def _count(result: OracleResult, table: str, *, is_new: bool) -> None:
    """ "*merged*: (...) a link whose pair another V1 row of this run gives"."""
    result.count(table, "read")
    result.count(table, "inserted" if is_new else "merged")


def _reject(result: OracleResult, table: str, row: Row) -> None:
    """ "an optional link that leads nowhere is dropped (`link_dropped`; in the books of a link table: rejected)"."""
    result.count(table, "read")
    result.reject(Rejected(table, f"{row['A']}:{row['B']}", None, "link_dropped", None))
