"""A V1 with one of everything, and what a second year adds to it: few rows, so that a test can say what becomes of each."""

from tests.oracle.model import Row

BCRYPT_HASH = "$2b$04$AtjxIoJ8/zjPsZfDGpQ3eu4HsZcoJDwKmFkaVMOKWO.YO3YkXIaLS"

SMALL_SCHOOL: dict[str, list[Row]] = {
    "School": [{"id": 1, "code": "GHS", "country": "NG", "admin_email": "office@ghs.example", "admin_phone": "0803 000 0001"}],
    "Class": [
        {"id": 1, "academic_year": "2024/2025", "class_teacher_id": 1},
        {"id": 2, "academic_year": "2024/2025", "name": "JSS 2B"},
    ],
    "Subject": [{"id": 1, "name": "Mathematics"}, {"id": 2, "name": "Weaving"}],
    "Teacher": [{"id": 1, "email": "tunde@ghs.example", "phone": "0803 000 0002", "password": BCRYPT_HASH}],
    "Parent": [{"id": 1, "email": "Bola@mail.example", "phone": "0803 000 0003", "relationship": "Mum", "password": BCRYPT_HASH}],
    "Student": [{"id": 1, "class_id": 1, "parent_id": 1, "phone": "0803 000 0003", "admission_no": "A1", "password": BCRYPT_HASH}],
    "_ClassToTeacher": [{"A": 1, "B": 1}],
    "_SubjectToTeacher": [{"A": 1, "B": 1}, {"A": 2, "B": 1}],
    "_ParentToStudent": [{"A": 1, "B": 1}],
}

SECOND_YEAR: dict[str, list[Row]] = {
    "School": [{"id": 2, "code": "HILL", "country": "NG"}],
    "Class": [{"id": 3, "school_id": 2, "academic_year": "2025/2026"}],
    "Teacher": [
        # Before the parent in the claim order, but the parent has the address.
        {"id": 2, "full_name": "Sola Bello", "email": "bola@MAIL.example", "phone": "+234 803 000 0003"},
        # The next address after it is a stranger's by now.
        {"id": 3, "full_name": "Tunde Bello", "email": "tunde@ghs.example"},
    ],
    "Parent": [
        # The address that was made up for a student.
        {"id": 2, "full_name": "Femi Ojo", "email": "chidi.ade@ghs.v1.invalid", "phone": "0803 000 0009"},
        # The address that the new teacher would have got.
        {"id": 3, "full_name": "Kemi Ojo", "email": "bola+2@mail.example"},
    ],
    "Student": [
        {"id": 2, "class_id": 1, "parent_id": 1, "admission_no": "A1"},
        {"id": 3, "full_name": "Dayo Ade", "school_id": 2, "class_id": 3, "parent_id": 1, "email": "dayo@mail.example"},
    ],
    "_ClassToTeacher": [{"A": 2, "B": 1}, {"A": 1, "B": 2}],
    "_SubjectToTeacher": [{"A": 2, "B": 2}],
    "_ParentToStudent": [{"A": 2, "B": 1}],
}
