"""Section 8: schools, their classes and subjects, row by row."""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.oracle import (
    academic_years,
    addresses,
    claims,
    class_levels,
    countries,
    curricula,
    emails,
    phones,
    subjects,
    values,
)
from tests.oracle.model import Held, OracleResult, OracleSettings, Rejected, Row, Tables, as_text, by_id
from tests.oracle.text import cleaned, is_too_long, optional
from tests.oracle.values import Times


@dataclass(frozen=True)
class School:
    """A V1 school, and what its people, classes and subjects draw on."""

    row: Row
    v1_id: int
    v2_id: str
    code: str
    country: str
    curriculum_code: str | None
    rejection: Rejected | None


def too_long(table: str, v1_id: int, columns: Iterable[tuple[str, str | None]]) -> Rejected | None:
    """ "longer than 255 characters: the row is rejected (`row_invalid`)"; the first such column counts."""
    for column, value in columns:
        if is_too_long(value):
            return Rejected(table, str(v1_id), column, "row_invalid", f"{column}_length", value)
    return None


def judged(rows: list[Row], reference: Tables, held: Held, settings: OracleSettings) -> dict[int, School]:
    """Every V1 school by its id; of several with one code the lowest id keeps it."""
    schools = {}
    taken = set(held.school_codes)
    known_curricula = [(row["code"], row["name"]) for row in reference["Curriculum"]]
    for row in by_id(rows):
        v1_id = row["id"]
        # The mapping: "`code`: cleaned, kept; missing → `SCHOOL-<V1 id>`"
        code = cleaned(row["code"]) or f"SCHOOL-{v1_id}"
        rejection = too_long("School", v1_id, [("name", row["name"]), ("code", row["code"])])
        if rejection is None and code in taken:
            rejection = Rejected("School", str(v1_id), "code", "school_code_taken", None, row["code"])
        if rejection is None:
            taken.add(code)
        schools[v1_id] = School(
            row=row,
            v1_id=v1_id,
            v2_id=values.v2_id(f"School:{v1_id}"),
            code=code,
            country=countries.school_country(row["country"]) or settings.default_country,
            curriculum_code=curricula.matched(row["curriculum"], known_curricula),
            rejection=rejection,
        )
    return schools


def write_school(result: OracleResult, school: School, reference: Tables, settings: OracleSettings) -> None:
    """A School row and its Address, or a rejection."""
    result.count("School", "read")
    if school.rejection:
        result.reject(school.rejection)
        return
    result.count("School", "inserted")
    row = school.row

    def changed(column: str, *codes: str) -> None:
        for code in codes:
            result.change("School", school.v1_id, column, code, row[column])

    name = cleaned(row["name"])
    email = emails.normalised(row["email"])
    phone = phones.e164(row["phone"], school.country)
    if cleaned(row["code"]) is None:
        changed("code", "school_code_missing")
    if name is None:
        changed("name", "school_name_missing")
    changed("email", *codes_of(email))
    changed("phone", *codes_of(phone))
    if cleaned(row["country"]) is not None and countries.school_country(row["country"]) is None:
        changed("country", "country_unknown")
    if optional(row["curriculum"]) is not None and school.curriculum_code is None:
        changed("curriculum", "curriculum_unknown")
    times = timestamps(result, "School", row, settings)

    result.insert(
        "School",
        id=school.v2_id,
        curriculumId=id_of(reference["Curriculum"], school.curriculum_code),
        name=name or school.code,
        code=school.code,
        email=email["value"],
        phone=phone["value"],
        country=school.country,
        logoUrl=optional(row["logo_url"]),
        settings=values.settings(row["settings"]),
        isActive=row["is_active"],
        createdAt=times.created_at,
        updatedAt=times.updated_at,
    )
    write_address(result, f"Address:school:{school.v2_id}", row["address"], school.country, school_id=school.v2_id)


def write_address(
    result: OracleResult,
    key: str,
    address: str | None,
    country: str,
    *,
    user_id: str | None = None,
    school_id: str | None = None,
) -> None:
    """An Address row of a user or a school: "Nothing left → no Address row"."""
    parts = addresses.parsed(address, country)
    if parts["line1"] is None:
        return
    result.insert(
        "Address",
        id=values.v2_id(key),
        userId=user_id,
        schoolId=school_id,
        line1=parts["line1"],
        line2=parts["line2"],
        city=parts["city"],
        state=parts["state"],
        postalCode=parts["postal_code"],
        country=parts["country"],
    )


def write_classes(
    result: OracleResult, v1: Tables, schools: dict[int, School], reference: Tables, settings: OracleSettings
) -> dict[int, str]:
    """Class rows; what comes back is each one's academic year by V1 id."""
    years = {}
    for row in by_id(v1["Class"]):
        result.count("Class", "read")
        v1_id = row["id"]
        rejection = too_long("Class", v1_id, [("name", row["name"])]) or school_missing("Class", row, schools)
        if rejection:
            result.reject(rejection)
            continue
        result.count("Class", "inserted")
        school = schools[row["school_id"]]
        name = cleaned(row["name"])
        level = class_levels.parsed(name, school.curriculum_code)
        level_id = id_of(reference["ClassLevel"], level["level_code"])
        if name is None:
            result.change("Class", v1_id, "name", "class_name_missing", row["name"])
        elif level_id is None:
            result.change("Class", v1_id, "name", "class_level_unknown", row["name"])
        if row["capacity"] is not None and row["capacity"] < 0:
            result.change("Class", v1_id, "capacity", "capacity_implausible", row["capacity"])
        times = timestamps(result, "Class", row, settings)
        years[v1_id] = academic_years.normalised(row["academic_year"], school.country, times.created_at)
        result.insert(
            "Class",
            id=values.v2_id(f"Class:{v1_id}"),
            schoolId=school.v2_id,
            classLevelId=level_id,
            name=name or f"Class {v1_id}",
            section=level["section"] if level_id else None,
            academicYear=years[v1_id],
            # The mapping: "Capacity < 0 → null (`capacity_implausible`)"
            capacity=None if row["capacity"] is None or row["capacity"] < 0 else row["capacity"],
            createdAt=times.created_at,
            updatedAt=times.updated_at,
        )
    return years


def write_subjects(result: OracleResult, v1: Tables, schools: dict[int, School], reference: Tables, held: Held) -> dict[int, str]:
    """Schools' own Subject rows; what comes back is the V2 Subject of each V1 one that became one, by V1 id."""
    v2_subjects: dict[int, str] = {}
    own_rows: dict[int, Row] = {}
    for row in by_id(v1["Subject"]):
        result.count("Subject", "read")
        v1_id = row["id"]
        name, code = cleaned(row["name"]), optional(row["code"])
        rejection = too_long("Subject", v1_id, [("name", row["name"]), ("code", row["code"])])
        if rejection is None and name is None and code is None:
            rejection = Rejected("Subject", str(v1_id), "name", "name_missing", None, row["name"])
        rejection = rejection or school_missing("Subject", row, schools)
        if rejection:
            result.reject(rejection)
        elif catalogue_id := _catalogue_subject(reference["Subject"], name, code):
            result.count("Subject", "merged")
            result.change("Subject", v1_id, "name", "subject_merged", row["name"])
            v2_subjects[v1_id] = catalogue_id
        else:
            result.count("Subject", "inserted")
            v2_subjects[v1_id] = values.v2_id(f"Subject:{v1_id}")
            own_rows[v1_id] = row

    held_codes = held.subject_codes | {row["code"] for row in reference["Subject"]}
    wishes = {v1_id: _wished_code(row, schools[row["school_id"]]) for v1_id, row in own_rows.items()}
    codes = claims.settled(wishes, held=held_codes, wished=[], suffixed="{}-{}".format)
    for v1_id, row in own_rows.items():
        result.insert(
            "Subject",
            id=v2_subjects[v1_id],
            categoryId=_category_id(reference["SubjectCategory"], row["category"]),
            schoolId=schools[row["school_id"]].v2_id,
            code=codes[v1_id],
            # The mapping: "`name` missing → the V1 code"
            name=cleaned(row["name"]) or optional(row["code"]),
        )
    return v2_subjects


def school_missing(table: str, row: Row, schools: dict[int, School]) -> Rejected | None:
    """ "A row whose needed V2 row is neither there (...), nor made in this one is rejected (`school_missing`)"."""
    school = schools.get(row["school_id"])
    if school is not None and school.rejection is None:
        return None
    return Rejected(table, str(row["id"]), "school_id", "school_missing", None, as_text(row["school_id"]))


def timestamps(result: OracleResult, table: str, row: Row, settings: OracleSettings) -> Times:
    """V2's createdAt and updatedAt, with a record of each that was not plausible."""
    for column in ("created_at", "updated_at"):
        if not values.is_plausible(row[column]):
            result.change(table, row["id"], column, "timestamp_implausible", row[column])
    return values.timestamps(row["created_at"], row["updated_at"], settings.run_started_at)


def codes_of(judgement: emails.Email | phones.Phone) -> list[str]:
    """The reason codes that hold."""
    return [code for code, holds in judgement.items() if code != "value" and holds]


def id_of(rows: list[Row], code: str | None) -> str | None:
    """The id of the reference row with this code."""
    return next((str(row["id"]) for row in rows if row["code"] == code), None)


def _catalogue_subject(rows: list[Row], name: str | None, code: str | None) -> str | None:
    """ "The V1 name, then the V1 code, folded, equals a catalogue subject's folded code or name → the V1 subject
    **is** that one".
    """
    catalogue = sorted((row for row in rows if row["schoolId"] is None), key=lambda row: str(row["code"]))
    for text in (name, code):
        for row in catalogue:
            if subjects.folded(text) and subjects.folded(text) in _foldings(row):
                return str(row["id"])
    return None


def _wished_code(row: Row, school: School) -> str:
    """ "code `<School.code>-<X>`, X the V1 code, else the name's slug (...), else the V1 id"."""
    return f"{school.code}-{optional(row['code']) or subjects.slug(row['name']) or row['id']}"


def _category_id(rows: list[Row], text: str | None) -> str | None:
    """ "category: folded V1 text equals a category's folded code or name, else `GENERAL`"."""
    folded = subjects.folded(optional(text))
    for row in sorted(rows, key=lambda row: str(row["code"])):
        if folded and folded in _foldings(row):
            return str(row["id"])
    return id_of(rows, "GENERAL")


def _foldings(row: Row) -> set[str]:
    return {subjects.folded(row["code"]), subjects.folded(row["name"])}
