"""The lineage of the three link tables (mapping, section 7). A row whose pair another V1 row gives is merged, and gives none."""

from typing import Final

from transforms.lineage.origins import RELATIONSHIP, Origin, Writing

LINK_WRITINGS: Final = (
    Writing(
        "_ClassToTeacher",
        "TeacherClass",
        {"teacherId": "Teacher:{B}", "classId": "Class:{A}"},
        (
            Origin("teacherId", ("B",), 7, "the teacher"),
            Origin("classId", ("A",), 7, "the class"),
            Origin("isClassTeacher", (), 7, "false: it is not class_teacher_id, or Class would give the pair"),
        ),
    ),
    Writing(
        "_SubjectToTeacher",
        "TeacherSubject",
        {"teacherId": "Teacher:{B}", "subjectId": "Subject:{A}"},
        (
            Origin("teacherId", ("B",), 7, "the teacher"),
            Origin("subjectId", ("A", "A.name", "A.code"), 7, "what the V1 subject became: the school's own, or the catalogue's"),
        ),
    ),
    Writing(
        "_ParentToStudent",
        "StudentParent",
        {"studentId": "Student:{B}", "parentId": "Parent:{A}"},
        (
            Origin("studentId", ("B",), 7, "the student"),
            Origin("parentId", ("A",), 7, "the parent"),
            Origin("relationship", ("A", "A.relationship"), 7, RELATIONSHIP),
            Origin("isPrimary", (), 7, "false: it is not parent_id, or Student would give the pair"),
        ),
    ),
    Writing(
        "_ParentToStudent",
        "ParentSchool",
        {"parentId": "Parent:{A}", "schoolId": "School:{B.school_id}"},
        (Origin("parentId", ("A",), 7, "the parent"), Origin("schoolId", ("B", "B.school_id"), 7, "the child's school")),
    ),
)
