"""V1 rows for tests that say only what counts."""

from datetime import datetime
from typing import Any

from tests.oracle.model import BOOKS, Row, Tables

NOW = datetime(2025, 3, 1, 12)  # noqa: DTZ001 -- naive UTC, as V1's times are


def database(**tables: list[Row]) -> Tables:
    """A V1 with one school and these rows."""
    empty: Tables = {table: [] for table in BOOKS if table != "Administrator"}
    return {**empty, "School": [school(1)], **tables}


def school(v1_id: int, **columns: Any) -> Row:
    """A school with an administrator."""
    row = dict.fromkeys(["email", "phone", "address", "country", "curriculum", "logo_url", "settings", "admin_email", "admin_phone"])
    named = {"name": "Green Hill", "code": "GHS", "admin_name": "Bola Ade", "admin_password": None, "is_active": True}
    return {"id": v1_id, **row, **named, **times(), **columns}


def school_class(v1_id: int, **columns: Any) -> Row:
    """A class of the first school."""
    row = {"academic_year": "2024/2025", "capacity": None, "class_teacher_id": None}
    return {"id": v1_id, "school_id": 1, "name": "JSS 1A", **row, **times(), **columns}


def subject(v1_id: int, **columns: Any) -> Row:
    """A subject of the first school's own."""
    return {"id": v1_id, "school_id": 1, "name": "Yoruba", "code": None, "category": None, **times(), **columns}


def teacher(v1_id: int, **columns: Any) -> Row:
    """A teacher of the first school."""
    own = dict.fromkeys(["gender", "date_of_birth", "employee_no", "qualification", "skills", "salary", "hired_at"])
    return {**_person(v1_id), **own, "is_active": True, **columns}


def parent(v1_id: int, **columns: Any) -> Row:
    """A parent of the first school."""
    own = dict.fromkeys(["alt_phone", "occupation", "relationship"])
    return {**_person(v1_id), **own, "is_active": True, **columns}


def student(v1_id: int, **columns: Any) -> Row:
    """A student of the first school."""
    own = dict.fromkeys(["class_id", "parent_id", "admission_no", "gender", "date_of_birth", "blood_group", "enrolled_at"])
    return {**_person(v1_id), **own, "status": "ACTIVE", **columns}


def times() -> Row:
    """A row's times."""
    return {"created_at": NOW, "updated_at": NOW}


def _person(v1_id: int) -> Row:
    row = dict.fromkeys(["email", "phone", "password", "address"])
    return {"id": v1_id, "school_id": 1, "full_name": "Ada Obi", **row, **times()}
