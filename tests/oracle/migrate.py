"""The whole of the mapping's sections 1 to 9 for a first full run, one row at a time."""

from tests.oracle import links, people, plan, schools
from tests.oracle.model import Held, OracleResult, OracleSettings, Tables
from tests.oracle.profiles import write_person


def migrate(v1: Tables, reference: Tables, held: Held, settings: OracleSettings) -> OracleResult:
    """What a first run over all entities makes of V1.

    `v1` and `reference` hold rows by table: V1's tables with V1's columns, V2's reference tables with V2's columns.
    The order of the rows, in and out, means nothing.
    """
    result = OracleResult()

    all_schools = schools.judged(v1["School"], reference, held, settings)
    for school in all_schools.values():
        schools.write_school(result, school, reference, settings)
    classes = schools.write_classes(result, v1, all_schools, reference, settings)
    v2_subjects = schools.write_subjects(result, v1, all_schools, reference, held)

    everybody = people.judged(v1, all_schools, settings)
    who_keeps_what = plan.settled(everybody, held, settings)
    for person in everybody:
        write_person(result, person, who_keeps_what, reference, settings)

    migrated = {person.key: person for person in everybody if person.rejection is None}
    links.write_teachers_of_classes(result, v1, migrated, classes)
    links.write_teachers_of_subjects(result, v1, migrated, v2_subjects)
    links.write_parents_of_students(result, v1, migrated, all_schools)
    links.write_enrollments(result, v1, migrated, classes)
    return result
