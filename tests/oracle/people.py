"""Section 7: who the people of V1 are, and which of them V1 alone condemns."""

from dataclasses import dataclass

from tests.oracle import emails, names, phones, values
from tests.oracle.model import OracleSettings, Rejected, Row, Tables, by_id
from tests.oracle.schools import School, school_missing, too_long


@dataclass(frozen=True)
class Entity:
    """One of the four kinds of people, and where V1 keeps what."""

    table: str
    user_type: str
    role: str
    key: str
    name: str = "full_name"
    email: str = "email"
    phone: str = "phone"
    password: str = "password"
    numbered: str | None = None
    """The column of an employee or admission number."""


# The mapping: "claim order: administrators, teachers, parents, students"
ADMINISTRATOR = Entity(
    table="Administrator",
    user_type="ADMIN",
    role="SCHOOL_ADMIN",
    key="admin",
    name="admin_name",
    email="admin_email",
    phone="admin_phone",
    password="admin_password",
)
TEACHER = Entity("Teacher", "TEACHER", "TEACHER", "teacher", numbered="employee_no")
PARENT = Entity("Parent", "PARENT", "PARENT", "parent")
STUDENT = Entity("Student", "STUDENT", "STUDENT", "student", numbered="admission_no")
IN_CLAIM_ORDER = (ADMINISTRATOR, TEACHER, PARENT, STUDENT)


@dataclass(frozen=True)
class Person:
    """A V1 person, with all that is known before the contested addresses are settled."""

    entity: Entity
    row: Row
    v1_id: int
    school: School | None
    name: names.Name
    email: emails.Email
    phone: phones.Phone
    rejection: Rejected | None

    @property
    def key(self) -> tuple[str, int]:
        """What the plan knows the person by."""
        return self.entity.key, self.v1_id

    @property
    def user_id(self) -> str:
        return values.v2_id(f"User:{self.entity.key}:{self.v1_id}")

    @property
    def profile_id(self) -> str:
        """The id of the Teacher, Parent or Student row."""
        return values.v2_id(f"{self.entity.table}:{self.v1_id}")


def judged(v1: Tables, schools: dict[int, School], settings: OracleSettings) -> list[Person]:
    """Everybody, in claim order: "within each, V1 id ascending"."""
    people = []
    for entity in IN_CLAIM_ORDER:
        for row in by_id(v1["School"] if entity is ADMINISTRATOR else v1[entity.table]):
            school = schools.get(row["id"] if entity is ADMINISTRATOR else row["school_id"])
            name = names.parsed(row[entity.name])
            people.append(
                Person(
                    entity=entity,
                    row=row,
                    v1_id=row["id"],
                    school=school,
                    name=name,
                    email=emails.normalised(row[entity.email]),
                    # The mapping: "Region: the school's country"
                    phone=phones.e164(row[entity.phone], school.country if school else settings.default_country),
                    rejection=_rejection(entity, row, name, schools),
                )
            )
    return people


def _rejection(entity: Entity, row: Row, name: names.Name, schools: dict[int, School]) -> Rejected | None:
    columns = [entity.name] if entity.numbered is None else [entity.name, entity.numbered]
    if invalid := too_long(entity.table, row["id"], [(column, row[column]) for column in columns]):
        return invalid
    v1_id = str(row["id"])
    if name["first_name"] is None:
        # The mapping: "No name left → the row is rejected (`name_missing`)"
        return Rejected(entity.table, v1_id, entity.name, "name_missing", None, row[entity.name])
    if entity is not ADMINISTRATOR:
        return school_missing(entity.table, row, schools)
    if schools[row["id"]].rejection:
        return Rejected(entity.table, v1_id, "id", "school_missing", None, v1_id)
    return None
