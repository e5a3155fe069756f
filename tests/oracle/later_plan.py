"""Sections 4, 5, 7, 8 and 10: who keeps what when V2 holds some of it already from earlier runs."""

import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from tests.oracle import claims, emails, phones, schools, subjects
from tests.oracle.later_model import Store
from tests.oracle.model import Held, OracleSettings, Rejected, Row, Tables
from tests.oracle.people import STUDENT, Person
from tests.oracle.plan import Plan, wished_admission_number
from tests.oracle.plan import settled as settled_at_first
from tests.oracle.schools import School
from tests.oracle.text import optional
from tests.oracle.values import v2_id

Claimant = TypeVar("Claimant", bound=Hashable)


def settled(
    wishes: Mapping[Claimant, str],
    *,
    own: Mapping[Claimant, str],
    held: Iterable[str],
    wished: Iterable[str],
    suffixed: Callable[[str, int], str],
) -> dict[Claimant, str]:
    """What each claimant gets; `own` is what V2 holds for it, `held` what V2 holds at all.

    "Rows already in V2 keep theirs": what V2 holds for a row, if that is what it wishes for, with a counter or without. An
    address that a row gives up is still in `held`.
    """
    keepers = {who: own[who] for who, wish in wishes.items() if who in own and _is_of(wish, own[who], suffixed)}
    others = {who: wish for who, wish in wishes.items() if who not in keepers}
    return keepers | claims.settled(others, held=held, wished=[*wished, *wishes.values()], suffixed=suffixed)


def _is_of(wish: str, value: str, suffixed: Callable[[str, int], str]) -> bool:
    counters = [int(digits) for digits in re.findall(r"(?<![0-9])[1-9][0-9]*", value)]
    return value == wish or any(number >= 2 and suffixed(wish, number) == value for number in counters)


def judged_schools(v1: Tables, v2: Store, settings: OracleSettings) -> dict[int, School]:
    """Every V1 school by its id: of several with one code, the one that has it in V2 keeps it, else the lowest id.

    "held by another school in V2 → the school is rejected (`school_code_taken`)".
    """
    judged = schools.judged(v1["School"], v2_reference(v2), Held(), settings)
    own = {v1_id: row["code"] for v1_id, school in judged.items() if (row := v2.get("School", school.v2_id))}
    taken = {row["code"] for row in v2.rows("School")}
    for v1_id, school in sorted(judged.items()):
        rejection = school.rejection if school.rejection and school.rejection.code == "row_invalid" else None
        if rejection is None and own.get(v1_id) != school.code:
            if school.code in taken:
                rejection = Rejected("School", str(v1_id), "code", "school_code_taken", None, school.row["code"])
            taken.add(school.code)
        judged[v1_id] = replace(school, rejection=rejection)
    return judged


def settled_people(people: list[Person], v2: Store, settings: OracleSettings) -> Plan:
    """The plan over everybody, in claim order, whatever is selected."""
    claimants = [person for person in people if person.rejection is None]
    users = {person.key: row for person in people if (row := v2.get("User", person.user_id))}
    wished_emails = settled_at_first(people, Held(), settings).wished_emails
    return Plan(
        wished_emails=wished_emails,
        emails=settled(
            wished_emails,
            own={who: row["email"].lower() for who, row in users.items()},
            held=[row["email"].lower() for row in v2.rows("User")],
            wished=[person.email["value"] for person in people if person.email["value"]],
            suffixed=emails.suffixed,
        ),
        phones=settled(
            {person.key: person.phone["value"] for person in claimants if person.phone["value"]},
            own={who: row["phone"] for who, row in users.items() if row["phone"]},
            held=[row["phone"] for row in v2.rows("User") if row["phone"]],
            wished=[person.phone["value"] for person in people if person.phone["value"]],
            suffixed=phones.suffixed,
        ),
        admission_numbers=_settled_admission_numbers([person for person in people if person.entity is STUDENT], v2),
    )


def _settled_admission_numbers(students: list[Person], v2: Store) -> dict[int, str]:
    """ "contested within the school → `-2`, `-3` …, owned and claimed as e-mails are"."""
    given: dict[int, str] = {}
    for school_id in {student.school.v2_id for student in students if student.school}:
        here = [student for student in students if student.school and student.school.v2_id == school_id]
        held = {row["id"]: row["admissionNo"] for row in v2.matching("Student", schoolId=school_id)}
        given |= settled(
            {student.v1_id: wished_admission_number(student.row) for student in here if student.rejection is None},
            own={student.v1_id: held[student.profile_id] for student in here if student.profile_id in held},
            held=held.values(),
            wished=[number for student in here if (number := optional(student.row["admission_no"]))],
            suffixed="{}-{}".format,
        )
    return given


def settled_subject_codes(own_rows: Mapping[int, Row], judged: Mapping[int, School], v2: Store) -> dict[int, str]:
    """The codes of schools' own subjects: "code `<School.code>-<X>` (...); taken → `-2` … in V1 id order"."""
    held = {row["id"]: row["code"] for row in v2.rows("Subject")}
    ids = {v1_id: v2_id(f"Subject:{v1_id}") for v1_id in own_rows}
    return settled(
        {
            v1_id: f"{judged[row['school_id']].code}-{optional(row['code']) or subjects.slug(row['name']) or v1_id}"
            for v1_id, row in sorted(own_rows.items())
        },
        own={v1_id: held[subject] for v1_id, subject in ids.items() if subject in held},
        held=held.values(),
        wished=[],
        suffixed="{}-{}".format,
    )


def v2_reference(v2: Store) -> Tables:
    """V2's reference rows; of its subjects, the catalogue."""
    named = ("UserType", "Role", "Curriculum", "ClassLevel", "SubjectCategory")
    catalogue = [row for row in v2.rows("Subject") if row["schoolId"] is None]
    return {**{table: v2.rows(table) for table in named}, "Subject": catalogue}
