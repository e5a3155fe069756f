"""What a line of the lineage is: a V2 column, the V1 columns that it is made of, and the rule, by kind of V1 row."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

REFERENCES: Final = {
    "school_id": "School",
    "class_id": "Class",
    "parent_id": "Parent",
    "class_teacher_id": "Teacher",
    "_ClassToTeacher.A": "Class",
    "_ClassToTeacher.B": "Teacher",
    "_SubjectToTeacher.A": "Subject",
    "_SubjectToTeacher.B": "Teacher",
    "_ParentToStudent.A": "Parent",
    "_ParentToStudent.B": "Student",
}
"""A V1 column that refers to another V1 row → the table of that row."""

E164: Final = "the first valid number in E.164, by the school's country"
RELATIONSHIP: Final = "FATHER, MOTHER or GUARDIAN by the parent's word, else OTHER"


@dataclass(frozen=True)
class Origin:
    """Where the values of one V2 column come from.

    Attributes:
        column: The V2 column.
        paths: What it is made of: V1 columns of the row itself (`phone`), and of the rows that it leads to (`school_id.country`). None:
            every row has the same value.
        section: Of the mapping.
        rule: In plain words.
        contest: The column of the same V2 table for whose values all V1 rows compete; what they wish for there weighs, too.
    """

    column: str
    paths: tuple[str, ...]
    section: int
    rule: str
    contest: str | None = None

    @property
    def cited(self) -> str:
        """The rule with its source: `mapping, section 3: the title`."""
        return f"mapping, section {self.section}: {self.rule}"


@dataclass(frozen=True)
class Writing:
    """The rows of one V2 table that V1 rows of one kind give: one each, or none.

    Attributes:
        kind: The kind of V1 row, as books and records name it.
        table: The V2 table.
        keys: V2 columns that tell the row from all others → the key of the id in it (mapping, section 1), with paths in braces:
            `User:teacher:{id}`.
        origins: Of every column of the table, in V2's order.
        unless: When a V1 row that goes to V2 gives no such row; None: always one.
    """

    kind: str
    table: str
    keys: Mapping[str, str]
    origins: tuple[Origin, ...]
    unless: str | None = None

    def origin(self, column: str, /) -> Origin:
        """The origin of one of the table's columns.

        Raises:
            KeyError: The table has no such column.
        """
        found = {origin.column: origin for origin in self.origins}
        return found[column]

    def sources(self, origin: Origin, /) -> list[str]:
        """The V1 columns that hold what the V2 column is made of: `Teacher.phone`, `School.country`."""
        return [v1_columns(self.kind, path)[-1] for path in origin.paths]


def v1_table(kind: str, /) -> str:
    """The V1 table that holds the rows of a kind.

    >>> v1_table("Administrator")
    'School'
    """
    return "School" if kind == "Administrator" else kind


def v1_columns(kind: str, path: str, /) -> list[str]:
    """The V1 columns that a path passes, from the row itself to the one that holds the value.

    >>> v1_columns("Student", "class_id.school_id.country")
    ['Student.class_id', 'Class.school_id', 'School.country']
    """
    table = v1_table(kind)
    passed = []
    for column in path.split("."):
        passed.append(f"{table}.{column}")
        table = referred_table(table, column) or table
    return passed


def referred_table(table: str, column: str, /) -> str | None:
    """The V1 table to whose rows a column refers; None for a plain value."""
    return REFERENCES.get(f"{table}.{column}") or REFERENCES.get(column)


def timestamps(*, section: int = 1) -> tuple[Origin, Origin]:
    """Of `createdAt` and `updatedAt`."""
    otherwise = "not from 1900 to 2200: the other one, else the run's start"
    return (
        Origin("createdAt", ("created_at", "updated_at"), section, f"as it is; {otherwise}"),
        Origin("updatedAt", ("updated_at", "created_at"), section, f"as it is; {otherwise}"),
    )


def address(kind: str, *, owner: str, owner_key: str, country: str) -> Writing:
    """The Address of a person (`owner`: `userId`) or of a school (`schoolId`), out of the column `address`.

    Args:
        kind: The kind of V1 row.
        owner: V2's column that names the owner.
        owner_key: The key of the owner's V2 id.
        country: The path to the school's country.
    """
    line = ("address", country)
    nobody = "schoolId" if owner == "userId" else "userId"
    owners = {
        owner: Origin(owner, ("id",), 1, "whose address it is"),
        nobody: Origin(nobody, (), 1, "none: an address has one owner"),
    }
    return Writing(
        kind,
        "Address",
        {owner: owner_key},
        (
            Origin("id", ("id",), 1, "made of the owner's id"),
            owners["userId"],
            owners["schoolId"],
            Origin("line1", line, 6, "the first part of the line"),
            Origin("line2", line, 6, "what is between line1 and the city"),
            Origin("city", line, 6, "the second part; of four or more, the last but one"),
            Origin("state", line, 6, "the last part of three or more"),
            Origin("postalCode", line, 6, "a postal code in the last parts, or with the country"),
            Origin("country", line, 6, "the country that the line ends with, else the school's"),
        ),
        unless="the line holds no address",
    )
