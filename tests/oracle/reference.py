"""A small V2 reference set: section 11's roles, curricula and class levels, and a few subjects."""

from tests.oracle.model import Row, Tables
from tests.oracle.values import v2_id
from tests.oracle.vocabulary import words

CURRICULA = {
    "NIGERIAN": "Nigerian",
    "GHANAIAN": "Ghanaian",
    "KENYAN": "Kenyan",
    "BRITISH": "British",
    "AMERICAN": "American",
    "CAMBRIDGE": "Cambridge",
    "IB": "International Baccalaureate",
}
CLASS_LEVELS = {
    "NIGERIAN": [("NURSERY", 3), ("PRIMARY", 6), ("JSS", 3), ("SSS", 3)],
    "GHANAIAN": [("KG", 2), ("BASIC", 9), ("SHS", 3)],
    "KENYAN": [("PP", 2), ("CBC_GRADE", 12), ("FORM", 4)],
    "BRITISH": [("YEAR", 13)],
    "AMERICAN": [("KINDERGARTEN", 0), ("GRADE", 12)],
    "CAMBRIDGE": [("STAGE", 9), ("IGCSE", 2), ("ALEVEL", 2)],
    "IB": [("PYP", 6), ("MYP", 5), ("DP", 2)],
}
ROLES = {
    "SUPER_ADMIN": "ADMIN",
    "SCHOOL_ADMIN": "ADMIN",
    "TEACHER": "TEACHER",
    "PARENT": "PARENT",
    "STUDENT": "STUDENT",
}
SUBJECTS = {
    "ENGLISH_LANGUAGE": ("English Language", "LANGUAGES"),
    "MATHEMATICS": ("Mathematics", "MATHEMATICS"),
    "FURTHER_MATHEMATICS": ("Further Mathematics", "MATHEMATICS"),
    "PHYSICS": ("Physics", "SCIENCE"),
    "COMPUTER_SCIENCE": ("Computer Science", "TECHNICAL"),
}


def small_reference() -> Tables:
    """V2's reference rows by table, with the ids of section 1."""
    user_types = words("ADMIN TEACHER PARENT STUDENT")
    categories = words("LANGUAGES MATHEMATICS SCIENCE HUMANITIES ARTS TECHNICAL BUSINESS RELIGION PHYSICAL GENERAL")
    return {
        "UserType": [_named("UserType", code) for code in user_types],
        "Role": [
            _named("Role", code) | {"userTypeId": v2_id(f"UserType:{user_type}"), "isSystem": True} for code, user_type in ROLES.items()
        ],
        "Curriculum": [_named("Curriculum", code) | {"name": name} for code, name in CURRICULA.items()],
        "ClassLevel": [
            _named("ClassLevel", code) | {"curriculumId": v2_id(f"Curriculum:{curriculum}"), "rank": rank}
            for curriculum in CLASS_LEVELS
            for rank, code in enumerate(_level_codes(curriculum), start=1)
        ],
        "SubjectCategory": [_named("SubjectCategory", code) for code in categories],
        "Subject": [
            {
                "id": v2_id(f"Subject:catalogue:{code}"),
                "categoryId": v2_id(f"SubjectCategory:{category}"),
                "schoolId": None,
                "code": code,
                "name": name,
            }
            for code, (name, category) in SUBJECTS.items()
        ],
    }


def _named(table: str, code: str) -> Row:
    return {"id": v2_id(f"{table}:{code}"), "code": code, "name": code.replace("_", " ").capitalize()}


def _level_codes(curriculum: str) -> list[str]:
    return [
        f"{level}{number}" if number else level
        for level, count in CLASS_LEVELS[curriculum]
        for number in (range(1, count + 1) if count else [0])
    ]
