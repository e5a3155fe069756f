"""Makes all tables of a sample V1 at once."""

from typing import Final

import polars as pl

from pipeline.sample import shape
from pipeline.sample.classes import class_rows, class_teachers, subject_rows, subject_teachers
from pipeline.sample.families import families_of, seats_of
from pipeline.sample.parents import parent_rows
from pipeline.sample.schools import school_rows
from pipeline.sample.students import parents_of, student_rows
from pipeline.sample.teachers import teacher_rows
from pipeline.sample.v1 import COPY_ORDER, as_v1

DEFAULT_SEED: Final = 2024


def sample_tables(*, students: int, seed: int = DEFAULT_SEED) -> dict[str, pl.DataFrame]:
    """The rows of every V1 table, as an old platform of so many students would hold them, with all of its flaws.

    For 500,000 students there are some 29,000 teachers, 197,000 parents, 1,000 schools of eight countries, 18,000
    classes and 12,000 subjects. Each flaw that the mapping names is there from about 5,000 students on, at the rate at
    which people make it: about 3 % of the people share an e-mail address with somebody, 1 % of the rows must be rejected.
    V1's own constraints hold.

    The same numbers give the same rows, byte for byte, on every machine; another number of students gives other
    families. Tables come in an order in which they can be written; columns and types are V1's (`v1_tables`; enums and
    JSON are text). What no frame can carry, timestamps at infinity and a salary that is not a number, `fill` adds in
    the database.

    Raises:
        ValueError: A negative number of students.
    """
    if students < 0:
        raise ValueError(f"A platform cannot have {students} students.")
    schools = shape.schools(students, seed=seed)
    seats = seats_of(schools)
    families = families_of(seats, seed=seed)
    teachers = teacher_rows(schools, seed=seed)
    classes = class_rows(schools, seed=seed)
    subjects = subject_rows(schools, seed=seed)
    parents = parent_rows(families, teachers, seed=seed)
    pupils = student_rows(seats, families, parents, seed=seed)
    rows = {
        "School": school_rows(schools, seed=seed),
        "Teacher": teachers,
        "Class": classes,
        "Subject": subjects,
        "Parent": parents,
        "Student": pupils,
        "_ClassToTeacher": class_teachers(classes, seed=seed),
        "_SubjectToTeacher": subject_teachers(subjects, seed=seed),
        "_ParentToStudent": parents_of(pupils, parents, seed=seed),
    }
    return {table: as_v1(table, rows[table]) for table in COPY_ORDER}
