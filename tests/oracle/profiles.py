"""Section 7: what a person becomes in V2."""

from datetime import date

from tests.oracle import passwords, phones, values
from tests.oracle.model import OracleResult, OracleSettings, Tables
from tests.oracle.people import ADMINISTRATOR, PARENT, STUDENT, TEACHER, Person
from tests.oracle.plan import Plan, wished_admission_number
from tests.oracle.schools import School, codes_of, id_of, timestamps, write_address
from tests.oracle.text import optional
from tests.oracle.values import Times


def write_person(result: OracleResult, person: Person, plan: Plan, reference: Tables, settings: OracleSettings) -> None:
    """A User, its UserRole, its Address and its Teacher, Parent or Student row; or a rejection."""
    entity, row = person.entity, person.row
    result.count(entity.table, "read")
    if person.rejection:
        result.reject(person.rejection)
        return
    result.count(entity.table, "inserted")
    school = person.school
    assert school is not None

    _record_changes(result, person, plan)
    if entity is ADMINISTRATOR:
        # The school's own times: what is wrong with them is on record with the school.
        times = values.timestamps(row["created_at"], row["updated_at"], settings.run_started_at)
    else:
        times = timestamps(result, entity.table, row, settings)
        write_address(result, f"Address:user:{person.user_id}", row.get("address"), school.country, user_id=person.user_id)
    _write_user(result, person, plan, reference=reference, settings=settings, times=times)
    # The mapping: "one UserRole each, at the V1 row's school"; "UserRole takes the user's `createdAt`."
    result.insert(
        "UserRole",
        id=values.v2_id(f"UserRole:{person.user_id}:{entity.role}:{school.v2_id}"),
        userId=person.user_id,
        roleId=id_of(reference["Role"], entity.role),
        schoolId=school.v2_id,
        createdAt=times.created_at,
    )
    if entity is TEACHER:
        _write_teacher(result, person, school, times)
    elif entity is PARENT:
        _write_parent(result, person, school, times)
    elif entity is STUDENT:
        _write_student(result, person, school, plan, times)


def _write_user(
    result: OracleResult,
    person: Person,
    plan: Plan,
    *,
    reference: Tables,
    settings: OracleSettings,
    times: Times,
) -> None:
    carried = passwords.carried(person.row[person.entity.password])
    if carried and settings.password_policy == "carry":
        result.carried[person.user_id] = carried
    result.insert(
        "User",
        id=person.user_id,
        userTypeId=id_of(reference["UserType"], person.entity.user_type),
        email=plan.emails[person.key],
        # The mapping: "`emailVerified`: false where the address was made up or suffixed, else true."
        emailVerified=plan.emails[person.key] == person.email["value"],
        phone=plan.phones.get(person.key),
        # The mapping: "`generate`: true; `carry`: true only where generated"
        mustChangePassword=person.user_id not in result.carried,
        title=person.name["title"],
        firstName=person.name["first_name"],
        middleName=person.name["middle_name"],
        lastName=person.name["last_name"],
        suffix=person.name["suffix"],
        gender=person.row.get("gender"),
        dateOfBirth=_day(result, person, "date_of_birth", latest=settings.run_started_at.date()),
        status=_status(person),
        createdAt=times.created_at,
        updatedAt=times.updated_at,
    )


def _record_changes(result: OracleResult, person: Person, plan: Plan) -> None:
    """The codes of sections 3, 4 and 5."""
    entity, email, phone = person.entity, plan.emails[person.key], plan.phones.get(person.key)

    def changed(column: str, code: str) -> None:
        result.change(entity.table, person.v1_id, column, code, person.row[column])

    if person.name["nickname_dropped"]:
        changed(entity.name, "nickname_dropped")
    for code in codes_of(person.email):
        changed(entity.email, code)
    if person.email["value"] is None:
        changed(entity.email, "email_generated")
    if email != plan.wished_emails[person.key]:
        changed(entity.email, "email_suffixed")
    for code in codes_of(person.phone):
        changed(entity.phone, code)
    if phone != person.phone["value"]:
        changed(entity.phone, "phone_suffixed")


def _write_teacher(result: OracleResult, person: Person, school: School, times: Times) -> None:
    row = person.row
    salary = values.salary(row["salary"])
    if row["salary"] is not None and salary is None:
        result.change("Teacher", person.v1_id, "salary", "salary_implausible", row["salary"])
    result.insert(
        "Teacher",
        id=person.profile_id,
        userId=person.user_id,
        schoolId=school.v2_id,
        employeeNo=optional(row["employee_no"]),
        qualification=optional(row["qualification"]),
        skills=values.skills(row["skills"]),
        salary=salary,
        hiredAt=_day(result, person, "hired_at"),
        createdAt=times.created_at,
        updatedAt=times.updated_at,
    )


def _write_parent(result: OracleResult, person: Person, school: School, times: Times) -> None:
    row = person.row
    # The mapping: "`altPhone`: E.164 or null"; "only `User.phone` is unique."
    alt_phone = phones.e164(row["alt_phone"], school.country)
    for code in codes_of(alt_phone):
        result.change("Parent", person.v1_id, "alt_phone", code, row["alt_phone"])
    result.insert(
        "Parent",
        id=person.profile_id,
        userId=person.user_id,
        altPhone=alt_phone["value"],
        occupation=optional(row["occupation"]),
        createdAt=times.created_at,
        updatedAt=times.updated_at,
    )
    # The mapping: "ParentSchool: the parent's school, and the school of each of its children"
    result.insert("ParentSchool", parentId=person.profile_id, schoolId=school.v2_id)


def _write_student(result: OracleResult, person: Person, school: School, plan: Plan, times: Times) -> None:
    row = person.row
    admission_no = plan.admission_numbers[person.v1_id]
    if admission_no != wished_admission_number(row):
        result.change("Student", person.v1_id, "admission_no", "admission_no_suffixed", row["admission_no"])
    result.insert(
        "Student",
        id=person.profile_id,
        userId=person.user_id,
        schoolId=school.v2_id,
        admissionNo=admission_no,
        bloodGroup=optional(row["blood_group"]),
        status=row["status"],
        enrolledAt=_day(result, person, "enrolled_at"),
        createdAt=times.created_at,
        updatedAt=times.updated_at,
    )


def _day(result: OracleResult, person: Person, column: str, *, latest: date = values.LAST_DAY) -> date | None:
    """ "the date part; not between (...) → null (`date_implausible`)"."""
    timestamp = person.row.get(column)
    day = values.plausible_day(timestamp, latest=latest)
    if timestamp is not None and day is None:
        result.change(person.entity.table, person.v1_id, column, "date_implausible", timestamp)
    return day


def _status(person: Person) -> str:
    """ "`is_active` true → ACTIVE, else INACTIVE; a student: ACTIVE → ACTIVE, any other → INACTIVE; an administrator:
    the school's `is_active`"."""
    active = person.row["status"] == "ACTIVE" if person.entity is STUDENT else person.row["is_active"]
    return "ACTIVE" if active else "INACTIVE"
