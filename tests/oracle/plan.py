"""Sections 4, 5 and 7: who keeps which e-mail, phone and admission number, over all four entities at once."""

from dataclasses import dataclass

from tests.oracle import claims, emails, phones
from tests.oracle.model import Held, OracleSettings, Row
from tests.oracle.people import STUDENT, Person
from tests.oracle.text import optional


@dataclass(frozen=True)
class Plan:
    """What everybody who is not condemned gets: by entity and V1 id; admission numbers by the student's V1 id."""

    wished_emails: dict[tuple[str, int], str]
    emails: dict[tuple[str, int], str]
    phones: dict[tuple[str, int], str]
    admission_numbers: dict[int, str]


def settled(people: list[Person], held: Held, settings: OracleSettings) -> Plan:
    """The plan, from everybody in claim order.

    "Rows that V1 alone condemns (...) claim nothing, but their own valid address counts as wished for."
    """
    claimants = [person for person in people if person.rejection is None]
    wished_emails = {person.key: person.email["value"] or _made_up_email(person, settings) for person in claimants}
    return Plan(
        wished_emails=wished_emails,
        emails=claims.settled(
            wished_emails,
            # The mapping: "(compared without case)"
            held={email.lower() for email in held.emails},
            wished=[person.email["value"] for person in people if person.email["value"]],
            suffixed=emails.suffixed,
        ),
        phones=claims.settled(
            {person.key: person.phone["value"] for person in claimants if person.phone["value"]},
            held=held.phones,
            wished=[person.phone["value"] for person in people if person.phone["value"]],
            suffixed=phones.suffixed,
        ),
        admission_numbers=_admission_numbers([person for person in people if person.entity is STUDENT], held),
    )


def _made_up_email(person: Person, settings: OracleSettings) -> str:
    """ "Missing → made up (`email_generated`)"."""
    assert person.school is not None
    return emails.made_up(
        person.name["first_name"],
        person.name["last_name"],
        person.school.code,
        person.school.v1_id,
        person.entity.user_type,
        settings.placeholder_email_domain,
    )


def wished_admission_number(row: Row) -> str:
    """ "cleaned; missing → `ADM-<V1 id>`"."""
    return optional(row["admission_no"]) or f"ADM-{row['id']}"


def _admission_numbers(students: list[Person], held: Held) -> dict[int, str]:
    """ "contested within the school → `-2`, `-3` …, owned and claimed as e-mails are"."""
    given: dict[int, str] = {}
    for school in {student.school.v2_id for student in students if student.school}:
        here = [student for student in students if student.school and student.school.v2_id == school]
        own = [optional(student.row["admission_no"]) for student in here]
        given |= claims.settled(
            {student.v1_id: wished_admission_number(student.row) for student in here if student.rejection is None},
            held={number for school_id, number in held.admission_numbers if school_id == school},
            wished=[number for number in own if number],
            suffixed="{}-{}".format,
        )
    return given
