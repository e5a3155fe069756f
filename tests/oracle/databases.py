"""A Hypothesis strategy that makes small whole V1 databases, and one for what V2 holds already."""

from typing import Any

from hypothesis import strategies as st

from tests.oracle.model import Held, Row, Tables
from tests.oracle.strategies import (
    CATEGORY_TEXTS,
    SETTINGS_TEXTS,
    academic_years,
    addresses,
    cased,
    class_names,
    countries,
    curriculum_texts,
    emails,
    names,
    null_words,
    optional,
    passwords,
    phones,
    soiled,
    subject_names,
    texts,
    timestamps,
)
from tests.oracle.values import RELATIONSHIPS, v2_id
from tests.oracle.vocabulary import words


@st.composite
def v1_databases(draw: st.DrawFn, *, dangling: bool = True, schools: int = 3, people: int = 4) -> Tables:
    """A small whole V1 database: rows by table, V1's columns.

    People want the same addresses; names are now and then empty or longer than 255 characters. With `dangling`, a
    foreign key leads nowhere now and then, which PostgreSQL would not allow.
    """
    school_ids = _ids(draw, schools, least=1)
    class_ids, subject_ids = _ids(draw, 4), _ids(draw, 4)
    teacher_ids, parent_ids, student_ids = _ids(draw, people), _ids(draw, people), _ids(draw, people)
    nowhere = [404] if dangling else []
    school_id = st.sampled_from(school_ids * 8 + nowhere)
    codes = draw(_unique(soiled(st.sampled_from(["GHS", "ghs", "St. Mary's", "SCHOOL-2", "", "日本"])), len(school_ids)))
    return {
        "School": [draw(_school(v1_id, code)) for v1_id, code in zip(school_ids, codes, strict=True)],
        "Class": [draw(_class(v1_id, school_id, _optional_key(teacher_ids, nowhere))) for v1_id in class_ids],
        "Subject": [draw(_subject(v1_id, school_id)) for v1_id in subject_ids],
        "Teacher": [draw(_teacher(v1_id, school_id)) for v1_id in teacher_ids],
        "Parent": [draw(_parent(v1_id, school_id)) for v1_id in parent_ids],
        "Student": [
            draw(_student(v1_id, school_id, _optional_key(class_ids, nowhere), _optional_key(parent_ids, nowhere))) for v1_id in student_ids
        ],
        "_ClassToTeacher": draw(_links(class_ids + nowhere, teacher_ids + nowhere)),
        "_SubjectToTeacher": draw(_links(subject_ids + nowhere, teacher_ids + nowhere)),
        "_ParentToStudent": draw(_links(parent_ids + nowhere, student_ids + nowhere)),
    }


def held() -> st.SearchStrategy[Held]:
    """What V2 holds from others, of the values that `v1_databases` contests."""
    return st.builds(
        Held,
        emails=_some(["ada@x.org", "Ada+2@X.org", "obi@y.example", "ada.obi@ghs.v1.invalid", "ada+3@x.org"]),
        phones=_some(["+2348031234567", "+2348031234567;ext=2", "+254712345678"]),
        school_codes=_some(["GHS", "SCHOOL-1", "OTHER"]),
        subject_codes=_some(["GHS-MTH", "ghs-yoruba", "GHS-PHY-2", "SCHOOL-2-1"]),
        admission_numbers=_some([(v2_id(f"School:{v1_id}"), number) for v1_id in (1, 2) for number in ("A1", "ADM-1", "A1-2")]),
    )


@st.composite
def _school(draw: st.DrawFn, v1_id: int, code: str) -> Row:
    return {
        "id": v1_id,
        "name": draw(_required(subject_names())),
        "code": code,
        "email": draw(optional(emails())),
        "phone": draw(optional(phones())),
        "address": draw(optional(addresses())),
        "country": draw(optional(countries())),
        "curriculum": draw(optional(curriculum_texts())),
        "logo_url": draw(optional(st.just("https://x.org/logo.png"))),
        "settings": draw(st.sampled_from([*SETTINGS_TEXTS, None])),
        "admin_name": draw(_required(names())),
        "admin_email": draw(optional(emails())),
        "admin_phone": draw(optional(phones())),
        "admin_password": draw(passwords()),
        "is_active": draw(st.booleans()),
        **draw(_times()),
    }


@st.composite
def _class(draw: st.DrawFn, v1_id: int, school_id: st.SearchStrategy[int], teacher_id: st.SearchStrategy[int | None]) -> Row:
    return {
        "id": v1_id,
        "school_id": draw(school_id),
        "name": draw(_required(class_names())),
        "academic_year": draw(optional(academic_years())),
        "capacity": draw(st.sampled_from([None, 0, 30, -1])),
        "class_teacher_id": draw(teacher_id),
        **draw(_times()),
    }


@st.composite
def _subject(draw: st.DrawFn, v1_id: int, school_id: st.SearchStrategy[int]) -> Row:
    return {
        "id": v1_id,
        "school_id": draw(school_id),
        "name": draw(_required(subject_names())),
        "code": draw(optional(subject_names())),
        "category": draw(optional(cased(st.sampled_from(CATEGORY_TEXTS)))),
        **draw(_times()),
    }


@st.composite
def _teacher(draw: st.DrawFn, v1_id: int, school_id: st.SearchStrategy[int]) -> Row:
    return {
        **draw(_person(v1_id, school_id)),
        "gender": draw(_genders()),
        "date_of_birth": draw(st.none() | timestamps()),
        "employee_no": draw(optional(st.sampled_from(["E1", "E2", "x" * 256]))),
        "qualification": draw(optional(st.sampled_from(["B.Ed", "MSc"]))),
        "skills": draw(st.none() | st.lists(optional(st.sampled_from(["chess", "Chess", "golf"])), max_size=4)),
        "salary": draw(st.sampled_from(["1000.00", "0.00", "-0.01", "NaN", "9999999999.99", None])),
        "hired_at": draw(st.none() | timestamps()),
        "is_active": draw(st.booleans()),
    }


@st.composite
def _parent(draw: st.DrawFn, v1_id: int, school_id: st.SearchStrategy[int]) -> Row:
    spoken = sorted(word for meanings in RELATIONSHIPS.values() for word in meanings)
    return {
        **draw(_person(v1_id, school_id)),
        "alt_phone": draw(optional(phones())),
        "occupation": draw(optional(st.sampled_from(["Trader", "Nurse"]))),
        "relationship": draw(optional(cased(st.sampled_from([*spoken, "neighbour", "step father"])))),
        "is_active": draw(st.booleans()),
    }


@st.composite
def _student(
    draw: st.DrawFn,
    v1_id: int,
    school_id: st.SearchStrategy[int],
    class_id: st.SearchStrategy[int | None],
    parent_id: st.SearchStrategy[int | None],
) -> Row:
    return {
        **draw(_person(v1_id, school_id)),
        "class_id": draw(class_id),
        "parent_id": draw(parent_id),
        "admission_no": draw(optional(st.sampled_from(["A1", "A1", "A1-2", "a1", "ADM-1", "ADM-2", "x" * 256]))),
        "gender": draw(_genders()),
        "date_of_birth": draw(st.none() | timestamps()),
        "blood_group": draw(optional(st.sampled_from(["O+", "AB-"]))),
        "status": draw(st.sampled_from(words("ACTIVE ACTIVE GRADUATED TRANSFERRED WITHDRAWN"))),
        "enrolled_at": draw(st.none() | timestamps()),
    }


@st.composite
def _person(draw: st.DrawFn, v1_id: int, school_id: st.SearchStrategy[int]) -> Row:
    """The columns that teachers, parents and students share; of e-mails and phones there are few, for many to want."""
    contested_emails = st.sampled_from(["ada@x.org", "ADA@x.org", "ada+2@x.org", "obi@y.example", "ada.obi@ghs.v1.invalid"])
    contested_phones = st.sampled_from(["08031234567", "+234 803 123 4567", "+254712345678"])
    common_names = st.sampled_from(["Ada Obi", "Obi, Ada", "Dr ADA OBI"])
    return {
        "id": v1_id,
        "school_id": draw(school_id),
        "full_name": draw(_required(st.one_of(names(), common_names))),
        "email": draw(st.one_of(contested_emails, contested_emails, optional(emails()))),
        "phone": draw(st.one_of(contested_phones, optional(phones()))),
        "password": draw(passwords()),
        "address": draw(optional(addresses())),
        **draw(_times()),
    }


def _required(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """A value of a column that is never null: soiled, seldom empty, a null word or at the limit of 255 characters."""
    long = st.sampled_from(["x" * 255, "x" * 256, " " + "x" * 255, "é" * 255, "e\u0301" * 255])
    seldom = st.one_of(st.sampled_from(["", " ", "\u200b", ",", "-"]), null_words(), long, texts())
    return st.one_of(*[soiled(values)] * 6, seldom)


def _times() -> st.SearchStrategy[Row]:
    return st.fixed_dictionaries({"created_at": timestamps(), "updated_at": timestamps()})


def _genders() -> st.SearchStrategy[str | None]:
    return st.sampled_from(["MALE", "FEMALE", None])


def _ids(draw: st.DrawFn, most: int, *, least: int = 0) -> list[int]:
    """V1 ids in any order, with gaps."""
    return draw(st.lists(st.integers(1, 12), min_size=least, max_size=most, unique=True))


def _optional_key(ids: list[int], nowhere: list[int]) -> st.SearchStrategy[int | None]:
    return st.sampled_from([None, *ids, *ids, *ids, *nowhere])


def _links(a: list[int], b: list[int]) -> st.SearchStrategy[list[Row]]:
    if not a or not b:
        return st.just([])
    pairs = st.tuples(st.sampled_from(a), st.sampled_from(b))
    return st.lists(pairs, max_size=6, unique=True).map(lambda rows: [{"A": row[0], "B": row[1]} for row in rows])


def _unique(values: st.SearchStrategy[str], count: int) -> st.SearchStrategy[list[str]]:
    return st.lists(values, min_size=count, max_size=count, unique=True)


def _some(values: list[Any]) -> st.SearchStrategy[frozenset[Any]]:
    return st.frozensets(st.sampled_from(values))
