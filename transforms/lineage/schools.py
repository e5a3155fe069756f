"""The lineage of schools, classes and subjects (mapping, sections 6 and 8)."""

from typing import Final

from transforms.lineage.origins import E164, Origin, Writing, address, timestamps

SCHOOL_WRITINGS: Final = (
    Writing(
        "School",
        "School",
        {"id": "School:{id}"},
        (
            Origin("id", ("id",), 1, "made of the V1 id"),
            Origin("curriculumId", ("curriculum",), 8, "the curriculum that the text names; none: null"),
            Origin("name", ("name", "code", "id"), 8, "cleaned; missing: the code"),
            Origin("code", ("code", "id"), 8, "cleaned; missing: SCHOOL-<V1 id>"),
            Origin("email", ("email",), 4, "the first valid address, lower case; none: null"),
            Origin("phone", ("phone", "country"), 5, f"{E164}; none: null"),
            Origin("country", ("country",), 8, "ISO 3166-1 alpha-2; missing or unknown: DEFAULT_COUNTRY"),
            Origin("logoUrl", ("logo_url",), 2, "cleaned; a word for nothing: null"),
            Origin("settings", ("settings",), 8, "a JSON object as it is; anything else: {}"),
            Origin("isActive", ("is_active",), 8, "as it is"),
            *timestamps(),
        ),
    ),
    address("School", owner="schoolId", owner_key="School:{id}", country="country"),
)

CLASS_WRITINGS: Final = (
    Writing(
        "Class",
        "Class",
        {"id": "Class:{id}"},
        (
            Origin("id", ("id",), 1, "made of the V1 id"),
            Origin("schoolId", ("school_id",), 1, "its school"),
            Origin("classLevelId", ("name", "school_id.curriculum"), 8, "the level that the name begins with; none in V2: null"),
            Origin("name", ("name", "id"), 8, "cleaned; missing: Class <V1 id>"),
            Origin("section", ("name", "school_id.curriculum"), 8, "what follows the level in the name; no level: null"),
            Origin(
                "academicYear",
                ("academic_year", "created_at", "updated_at", "school_id.country"),
                8,
                "in one form; missing: the school year in which the class was created, by the school's country",
            ),
            Origin("capacity", ("capacity",), 2, "as it is; below zero: null"),
            *timestamps(),
        ),
    ),
    Writing(
        "Class",
        "TeacherClass",
        {"teacherId": "Teacher:{class_teacher_id}", "classId": "Class:{id}"},
        (
            Origin("teacherId", ("class_teacher_id",), 7, "the class's teacher"),
            Origin("classId", ("id",), 7, "the class"),
            Origin("isClassTeacher", (), 7, "true: it is class_teacher_id"),
        ),
        unless="the class names no teacher that is in V2",
    ),
)

SUBJECT_WRITINGS: Final = (
    Writing(
        "Subject",
        "Subject",
        {"id": "Subject:{id}"},
        (
            Origin("id", ("id",), 1, "made of the V1 id"),
            Origin("categoryId", ("category",), 8, "the category of that code or name; none: GENERAL"),
            Origin("schoolId", ("school_id",), 8, "its school; V2's catalogue subjects have none"),
            Origin(
                "code",
                ("code", "name", "id", "school_id.code"),
                8,
                "<school's code>-<the V1 code, else the name, else the V1 id>; taken: -2, -3 …",
                contest="code",
            ),
            Origin("name", ("name", "code"), 8, "cleaned; missing: the V1 code"),
        ),
    ),
)
"""Of a school's own subjects; one that the catalogue has is merged with it, and gives no row."""
