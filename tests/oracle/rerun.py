"""The mapping's sections 1, 4 and 10 for a run after others, one row at a time: what V2 holds then, and what is remembered."""

from dataclasses import replace

from tests.oracle import later_links, made_from, people, schools
from tests.oracle.later_model import ENTITY_OF, GENERATED, Chosen, LaterRun, Memory, Outcome, Remembered, Store
from tests.oracle.later_plan import judged_schools, settled_people, settled_subject_codes, v2_reference
from tests.oracle.model import BOOKS, Held, OracleResult, OracleSettings, Row, Tables, by_id
from tests.oracle.people import ADMINISTRATOR, PARENT, STUDENT, TEACHER, Person
from tests.oracle.plan import Plan
from tests.oracle.profiles import write_person
from tests.oracle.schools import School
from tests.oracle.values import v2_id


def rerun(v1: Tables, v2: Tables, memory: Memory, chosen: Chosen, settings: OracleSettings) -> LaterRun:
    """What a run makes of V1 where V2 holds `v2`, reference rows and strangers included.

    With an empty memory it is the first run. `after` of what comes back is V2; a `passwordHash` in it is the one that was there, the
    one that is carried, or `GENERATED`.
    """
    run = LaterRun(v1, Store(v2), memory, chosen, settings)
    judged = judged_schools(v1, run.before, settings)
    for v1_id, school in sorted(judged.items()):
        _take_school(run, school)
        run.schools[v1_id] = replace(school, rejection=None) if run.before.get("School", school.v2_id) else school
    for row in by_id(v1["Class"]):
        _take_class(run, row)
    subjects = _take_subjects(run)

    everybody = people.judged(v1, run.schools, settings)
    who_keeps_what = settled_people(everybody, run.before, settings)
    for person in everybody:
        _take_person(run, person, who_keeps_what)

    later_links.take_teachers_of_classes(run)
    later_links.take_teachers_of_subjects(run, subjects)
    later_links.take_parents_of_students(run)
    later_links.take_schools_of_parents(run)
    later_links.report_stale(run, _subjects_meant(run))
    _report_gone(run)
    return run


def _take_school(run: LaterRun, school: School) -> None:
    """A School row and its Address."""
    row = school.row
    if school.rejection:
        run.reject("School", row)
        return
    is_edited = run.was_edited("School", school.v2_id, "School", school.v1_id)
    outcome = run.outcome("School", row, made_from.of_school(school), is_edited=is_edited)
    if not run.is_written("School", school.v1_id):
        return
    wanted = OracleResult()
    schools.write_school(wanted, school, v2_reference(run.before), run.settings)
    (v2_row,) = wanted.tables["School"]
    if not is_edited:
        run.after.put("School", **v2_row)
        _put_address(run, wanted)
    _remember(run, "School", row, made_from.of_school(school), outcome, v2_row=None if is_edited else v2_row)


def _take_class(run: LaterRun, row: Row) -> None:
    """A Class row."""
    wanted = OracleResult()
    schools.write_classes(wanted, {"Class": [row]}, run.schools, v2_reference(run.before), run.settings)
    if not _has_school(run, row) or not wanted.tables["Class"]:
        run.reject("Class", row)
        return
    is_edited = run.was_edited("Class", v2_id(f"Class:{row['id']}"), "Class", row["id"])
    made = made_from.of_class(row, run.schools[row["school_id"]])
    outcome = run.outcome("Class", row, made, is_edited=is_edited)
    if not run.is_written("Class", row["id"]):
        return
    (v2_row,) = wanted.tables["Class"]
    if not is_edited:
        run.after.put("Class", **v2_row)
    _remember(run, "Class", row, made, outcome, v2_row=None if is_edited else v2_row)


def _take_subjects(run: LaterRun) -> dict[int, str]:
    """Schools' own Subject rows; what comes back is the V2 Subject that each V1 one is now, rejected ones aside."""
    v2_subjects: dict[int, str] = {}
    own: dict[int, Row] = {}
    reference = v2_reference(run.before)
    for row in by_id(run.v1["Subject"]):
        wanted = OracleResult()
        became = schools.write_subjects(wanted, {"Subject": [row]}, run.schools, reference, Held())
        for v2_row in wanted.tables["Subject"]:
            # One whose school only this run leaves out claims its code as ever.
            own |= dict.fromkeys(became, v2_row)
        if not became or not _has_school(run, row):
            run.reject("Subject", row)
            continue
        v2_subjects |= became
        if not wanted.tables["Subject"]:
            run.count("Subject", row, "merged")
    rows = {row["id"]: row for row in by_id(run.v1["Subject"]) if row["id"] in own}
    codes = settled_subject_codes(rows, run.schools, run.before)
    for v1_id, row in rows.items():
        if v1_id not in v2_subjects:
            continue
        school = run.schools[row["school_id"]]
        # A Subject has no `updatedAt`: it follows its school.
        is_gone = ("Subject", str(v1_id)) in run.memory.rows and not run.before.get("Subject", v2_subjects[v1_id])
        is_edited = is_gone or run.was_edited("School", school.v2_id, "School", school.v1_id)
        made = made_from.of_subject(row, school)
        outcome = run.outcome("Subject", row, made, is_edited=is_edited)
        if not run.is_written("Subject", v1_id):
            continue
        if outcome != "kept":
            run.after.put("Subject", **own[v1_id] | {"code": codes[v1_id]})
        _remember(run, "Subject", row, made, outcome)
    return v2_subjects


def _subjects_meant(run: LaterRun) -> dict[int, str]:
    """The V2 Subject that each V1 one is or would be if its school were not rejected: what links to it mean."""
    accepted = {v1_id: replace(school, rejection=None) for v1_id, school in run.schools.items()}
    return schools.write_subjects(OracleResult(), run.v1, accepted, v2_reference(run.before), Held())


def _take_person(run: LaterRun, person: Person, plan: Plan) -> None:
    """A person's User, UserRole, Address, Teacher, Parent or Student, and a student's Enrollment."""
    entity, row, v1_id = person.entity, person.row, person.v1_id
    if person.rejection or person.school is None or not run.is_there("School", person.school.v1_id):
        run.reject(entity.table, row)
        return
    is_user_edited = run.was_edited("User", person.user_id, entity.table, v1_id)
    is_profile_edited = entity is not ADMINISTRATOR and run.was_edited(entity.table, person.profile_id, entity.table, v1_id)
    made = made_from.of_person(run, person)
    outcome = run.outcome(entity.table, row, made, is_edited=is_user_edited or is_profile_edited)
    if not run.is_written(entity.table, v1_id):
        return
    wanted = OracleResult()
    write_person(wanted, person, plan, v2_reference(run.before), run.settings)
    (user,) = wanted.tables["User"]
    if not is_user_edited:
        _put_user(run, user, wanted)
        _put_address(run, wanted)
    _put_role(run, person, wanted, is_user_edited=is_user_edited)
    if entity is not ADMINISTRATOR and not is_profile_edited:
        run.after.put(entity.table, **wanted.tables[entity.table][0])
        if entity is STUDENT:
            _put_enrollment(run, person)
    is_all_kept = is_user_edited and (entity is ADMINISTRATOR or is_profile_edited)
    _remember(run, entity.table, row, made, outcome, v2_row=None if is_all_kept else user)


def _put_user(run: LaterRun, user: Row, wanted: OracleResult) -> None:
    """A User row, with the password that section 10 leaves it.

    "A generated password is never generated again and `mustChangePassword` never set again."
    """
    carried = wanted.carried.get(user["id"])
    if run.before.get("User", user["id"]) is None:
        run.after.put("User", **user, passwordHash=carried or GENERATED)
    elif carried:
        run.after.put("User", **user | {"passwordHash": carried, "mustChangePassword": False})
    else:
        run.after.put("User", **{column: value for column, value in user.items() if column != "mustChangePassword"})


def _put_role(run: LaterRun, person: Person, wanted: OracleResult, *, is_user_edited: bool) -> None:
    """The UserRole at the person's school, and none at the school that V1 named before (`role_withdrawn`)."""
    known = run.memory.rows.get((person.entity.table, str(person.v1_id)))
    if known and known.school_id != _school_id(person.entity.table, person.row):
        old = v2_id(f"UserRole:{person.user_id}:{person.entity.role}:{v2_id(f'School:{known.school_id}')}")
        if run.after.get("UserRole", old):
            run.after.remove("UserRole", old)
            run.reports["role_withdrawn"] += 1
    (role,) = wanted.tables["UserRole"]
    if run.after.get("UserRole", role["id"]):
        if not is_user_edited:
            run.after.put("UserRole", **role)
        return
    # Of a kept owner a new role is still written, if the owner is still there.
    others = run.after.matching("UserRole", userId=role["userId"], roleId=role["roleId"], schoolId=role["schoolId"])
    if not others and run.after.get("User", person.user_id):
        run.after.put("UserRole", **role)


def _put_address(run: LaterRun, wanted: OracleResult) -> None:
    """ "An Address of V2's own making (other id, same user) stays and ours is not added"; one that V1 no longer gives stays."""
    for address in wanted.tables["Address"]:
        owner = "userId" if address["userId"] else "schoolId"
        others = run.after.matching("Address", **{owner: address[owner]})
        if run.after.get("Address", address["id"]) or not others:
            run.after.put("Address", **address)


def _put_enrollment(run: LaterRun, person: Person) -> None:
    """The student's class, if V2 has it, in that class's academic year; "likewise an Enrollment of the same student and year"."""
    year = made_from.academic_year(run, person.row["class_id"])
    if year is None or not run.is_there("Class", person.row["class_id"]):
        return
    enrollment = {
        "id": v2_id(f"Enrollment:{person.profile_id}:{year}"),
        "studentId": person.profile_id,
        "classId": v2_id(f"Class:{person.row['class_id']}"),
        "academicYear": year,
    }
    others = run.after.matching("Enrollment", studentId=person.profile_id, academicYear=year)
    if run.after.get("Enrollment", enrollment["id"]) or not others:
        run.after.put("Enrollment", **enrollment)


def _remember(run: LaterRun, table: str, row: Row, made: made_from.MadeFrom, outcome: Outcome, *, v2_row: Row | None = None) -> None:
    """What a later run must know of a V1 row; `v2_row` is one that was written with an `updatedAt`."""
    known = run.memory.rows.get((table, str(row["id"])))
    updated_at = v2_row["updatedAt"] if v2_row else known.updated_at if known else None
    run.remembered.rows[table, str(row["id"])] = Remembered(
        made,
        updated_at=updated_at,
        school_id=_school_id(table, row) if table in {TEACHER.table, PARENT.table, STUDENT.table, ADMINISTRATOR.table} else None,
        link_id=row.get({"Class": "class_teacher_id", "Student": "parent_id"}.get(table, "")),
        is_kept=outcome == "kept",
    )


def _school_id(table: str, row: Row) -> int:
    school_id: int = row["id" if table == ADMINISTRATOR.table else "school_id"]
    return school_id


def _has_school(run: LaterRun, row: Row) -> bool:
    return run.is_there("School", row["school_id"])


def _report_gone(run: LaterRun) -> None:
    """ "ledger rows of the selected entities' tables whose V1 row is gone, in every run"; a link is stale instead."""
    for table in BOOKS:
        if table.startswith("_") or ENTITY_OF[table] not in run.chosen.entities:
            continue
        here = {str(v1_id) for v1_id in run.by_id["School" if table == ADMINISTRATOR.table else table]}
        run.reports["gone_from_v1"] += sum(v1_id not in here for known, v1_id in run.memory.rows if known == table)
