"""Small frames that are sound: two rows of every V1 and V2 table as the migration has them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import polars as pl

from checks import v2

MOMENT: Final = datetime.fromisoformat("2024-09-01 08:30")
TIMES: Final[dict[str, Any]] = {"createdAt": MOMENT, "updatedAt": MOMENT}

V1_DTYPES: Final[dict[str, Any]] = {
    "id": pl.Int64,
    "school_id": pl.Int64,
    "class_id": pl.Int64,
    "is_active": pl.Boolean,
    "skills": pl.List(pl.String),
    "created_at": pl.Datetime("us"),
}
"""V1 column → its dtype; all others are text."""

V1: Final[dict[str, list[dict[str, Any]]]] = {
    "School": [
        {"id": 7, "name": "Hill School", "code": "HILL", "settings": "{}", "is_active": True, "created_at": MOMENT},
        {"id": 8, "name": None, "code": None, "settings": None, "is_active": False, "created_at": None},
    ],
    "Class": [{"id": 7, "school_id": 7, "name": "JSS 1A"}, {"id": 8, "school_id": 7, "name": None}],
    "Subject": [
        {"id": 7, "school_id": 7, "name": "Mathematics", "code": "MTH"},
        {"id": 8, "school_id": 7, "name": None, "code": None},
    ],
    "Teacher": [
        {
            "id": 7,
            "school_id": 7,
            "full_name": "Ada Obi",
            "gender": "FEMALE",
            "employee_no": "T/7",
            "skills": ["Chess"],
            "salary": "1234567890.12",
            "is_active": True,
        },
        {
            "id": 8,
            "school_id": 7,
            "full_name": None,
            "gender": None,
            "employee_no": None,
            "skills": None,
            "salary": None,
            "is_active": False,
        },
    ],
    "Parent": [
        {"id": 7, "school_id": 7, "full_name": "Ada Obi", "is_active": True},
        {"id": 8, "school_id": 7, "full_name": None, "is_active": False},
    ],
    "Student": [
        {
            "id": 7,
            "school_id": 7,
            "class_id": 7,
            "full_name": "Ada Obi",
            "admission_no": "A/7",
            "gender": "MALE",
            "status": "GRADUATED",
        },
        {
            "id": 8,
            "school_id": 7,
            "class_id": None,
            "full_name": None,
            "admission_no": None,
            "gender": None,
            "status": "ACTIVE",
        },
    ],
    "Administrator": [{"id": 7, "full_name": "Ada Obi"}, {"id": 8, "full_name": None}],
}


def uuid5(number: int) -> str:
    return f"155131ba-5f2d-5b7f-b5b1-{number:012x}"


V2: Final[dict[str, list[dict[str, Any]]]] = {
    "School": [
        {
            "id": uuid5(1),
            "curriculumId": "british",
            "name": "Hill School",
            "code": "HILL",
            "email": "office@hill.example",
            "phone": "+2348031234567",
            "country": "NG",
            "logoUrl": "https://hill.example/logo.png",
            "settings": '{"terms": 3}',
            "isActive": True,
            **TIMES,
        },
        {
            "id": uuid5(2),
            "name": "Dale",
            "code": "hill",
            "country": "GB",
            "settings": "{}",
            "isActive": False,
            **TIMES,
        },
    ],
    "Address": [
        {
            "id": uuid5(1),
            "userId": uuid5(11),
            "line1": "12 Allen Avenue",
            "line2": "Block B",
            "city": "Ikeja",
            "state": "Lagos",
            "postalCode": "100281",
            "country": "NG",
        },
        {"id": uuid5(2), "schoolId": uuid5(21), "line1": "Hill Road"},
    ],
    "Class": [
        {
            "id": uuid5(1),
            "schoolId": uuid5(21),
            "classLevelId": "JSS1",
            "name": "JSS 1A",
            "section": "A",
            "academicYear": "2024/2025",
            "capacity": 30,
            **TIMES,
        },
        {"id": uuid5(2), "schoolId": uuid5(21), "name": "JSS 1A", "academicYear": "2024", "capacity": 0, **TIMES},
    ],
    "Subject": [
        {"id": uuid5(1), "categoryId": "GENERAL", "schoolId": uuid5(21), "code": "HILL-YORUBA", "name": "Yoruba"},
        {"id": uuid5(2), "categoryId": "GENERAL", "schoolId": uuid5(21), "code": "HILL-yoruba", "name": "Yoruba"},
    ],
    "User": [
        {
            "id": uuid5(1),
            "userTypeId": "TEACHER",
            "email": "ada@hill.example",
            "emailVerified": True,
            "phone": "+2348031234567;ext=2",
            "passwordHash": None,
            "mustChangePassword": True,
            "title": "Mr & Mrs",
            "firstName": "Ada",
            "middleName": "Zoë",
            "lastName": "O’Brien",
            "suffix": "Jr",
            "gender": "FEMALE",
            "dateOfBirth": date(1900, 1, 1),
            "status": "ACTIVE",
            **TIMES,
        },
        {
            "id": uuid5(2),
            "userTypeId": "TEACHER",
            "email": "ada+2@hill.example",
            "emailVerified": False,
            "passwordHash": "$2b$10$" + "a" * 53,
            "mustChangePassword": False,
            "firstName": "Ada",
            "status": "INACTIVE",
            **TIMES,
        },
    ],
    "UserRole": [
        {
            "id": uuid5(1),
            "userId": uuid5(11),
            "roleId": "TEACHER",
            "schoolId": uuid5(21),
            "createdAt": datetime.fromisoformat("1900-01-01"),
        },
        {
            "id": uuid5(2),
            "userId": uuid5(11),
            "roleId": "TEACHER",
            "schoolId": uuid5(22),
            "createdAt": datetime.fromisoformat("2200-12-31"),
        },
    ],
    "Teacher": [
        {
            "id": uuid5(1),
            "userId": uuid5(11),
            "schoolId": uuid5(21),
            "employeeNo": "T/7",
            "qualification": "B.Ed.",
            "skills": ["Chess", "First aid"],
            "salary": Decimal("0.00"),
            "hiredAt": date(2200, 1, 1),
            **TIMES,
        },
        {"id": uuid5(2), "userId": uuid5(12), "schoolId": uuid5(21), "skills": [], **TIMES},
    ],
    "TeacherClass": [
        {"teacherId": uuid5(1), "classId": uuid5(31), "isClassTeacher": True},
        {"teacherId": uuid5(1), "classId": uuid5(32), "isClassTeacher": False},
    ],
    "TeacherSubject": [
        {"teacherId": uuid5(1), "subjectId": "catalogue-mathematics"},
        {"teacherId": uuid5(2), "subjectId": "catalogue-mathematics"},
    ],
    "Parent": [
        {"id": uuid5(1), "userId": uuid5(11), "altPhone": "+442079460958", "occupation": "Nurse", **TIMES},
        {"id": uuid5(2), "userId": uuid5(12), **TIMES},
    ],
    "ParentSchool": [
        {"parentId": uuid5(1), "schoolId": uuid5(21)},
        {"parentId": uuid5(1), "schoolId": uuid5(22)},
    ],
    "Student": [
        {
            "id": uuid5(1),
            "userId": uuid5(11),
            "schoolId": uuid5(21),
            "admissionNo": "ADM-7",
            "bloodGroup": "0+",
            "status": "TRANSFERRED",
            "enrolledAt": date(2024, 9, 1),
            **TIMES,
        },
        {
            "id": uuid5(2),
            "userId": uuid5(12),
            "schoolId": uuid5(22),
            "admissionNo": "ADM-7",
            "status": "ACTIVE",
            **TIMES,
        },
    ],
    "StudentParent": [
        {"studentId": uuid5(1), "parentId": uuid5(41), "relationship": "MOTHER", "isPrimary": True},
        {"studentId": uuid5(2), "parentId": uuid5(41), "relationship": "OTHER", "isPrimary": False},
    ],
    "Enrollment": [
        {"id": uuid5(1), "studentId": uuid5(51), "classId": uuid5(31), "academicYear": "2024/2025"},
        {"id": uuid5(2), "studentId": uuid5(51), "classId": uuid5(31), "academicYear": "2025/2026"},
    ],
}
"""The second row of a table has a null wherever there may be one, and comes as near to the first as unique keys let it."""


def sound_v1(table: str) -> pl.DataFrame:
    names = V1[table][0]
    return pl.DataFrame(V1[table], schema={name: V1_DTYPES.get(name, pl.String) for name in names})


def sound_v2(table: str) -> pl.DataFrame:
    dtypes = {name: column.dtype.type for name, column in v2.schema(table).columns.items()}
    return pl.DataFrame(V2[table], schema=dtypes)


def with_value(rows: pl.DataFrame, column: str, value: object) -> pl.DataFrame:
    """The rows, with a value in place of that in the second row."""
    values = [rows[column][0], value]
    return rows.with_columns(pl.Series(column, values, dtype=rows.schema[column]))
