"""The grade scales of the curricula, as their examination boards publish them (mapping, section 11).

A scale lists its grades from the best to the worst, each with the lowest score, in whole per cent, that earns it. A
grade ends where the next better one begins, the best one at 100; so a scale whose worst grade begins at 0 has no gap
and no overlap.

Where a board publishes no percentages, since it sets its boundaries anew for every session and subject (KCSE, GCSE,
IB), or where every school has its own (American letters), the bands are those in customary use, and `remark` says so.
"""

from decimal import Decimal
from typing import Final, NamedTuple

import polars as pl

from transforms.ids import v2_id


class Scale(NamedTuple):
    """A grade system: whose it is, its name, whether its bands are only customary, and its grades."""

    curriculum: str
    name: str
    customary: bool
    grades: tuple[tuple[str, int, str | None, str | None], ...]


CUSTOMARY: Final = "Customary band"
"""The mark in `remark` of a band that no board publishes."""

WASSCE: Final = (
    # grade, lowest score, points (the grade's number, which aggregates add up: fewer are better), remark
    ("A1", 75, "1", "Excellent"),
    ("B2", 70, "2", "Very good"),
    ("B3", 65, "3", "Good"),
    ("C4", 60, "4", "Credit"),
    ("C5", 55, "5", "Credit"),
    ("C6", 50, "6", "Credit"),
    ("D7", 45, "7", "Pass"),
    ("E8", 40, "8", "Pass"),
    ("F9", 0, "9", "Fail"),
)
"""West African Examinations Council, the same in Nigeria and Ghana."""

KCSE: Final = (
    # grade, lowest score, points, remark
    ("A", 80, "12", None),
    ("A-", 75, "11", None),
    ("B+", 70, "10", None),
    ("B", 65, "9", None),
    ("B-", 60, "8", None),
    ("C+", 55, "7", None),
    ("C", 50, "6", None),
    ("C-", 45, "5", None),
    ("D+", 40, "4", None),
    ("D", 35, "3", None),
    ("D-", 30, "2", None),
    ("E", 0, "1", None),
)
"""Kenya National Examinations Council: grades and points are the council's."""

GCSE: Final = (
    # grade, lowest score, points (as in the Department for Education's performance tables), remark
    ("9", 90, "9", None),
    ("8", 80, "8", None),
    ("7", 70, "7", None),
    ("6", 60, "6", None),
    ("5", 50, "5", "Strong pass"),
    ("4", 40, "4", "Standard pass"),
    ("3", 30, "3", None),
    ("2", 20, "2", None),
    ("1", 10, "1", None),
    ("U", 0, "0", "Unclassified"),
)
"""England's GCSE since 2017."""

AMERICAN_LETTERS: Final = (
    # grade, lowest score, grade points, remark
    ("A", 90, "4.0", "Excellent"),
    ("B", 80, "3.0", "Good"),
    ("C", 70, "2.0", "Satisfactory"),
    ("D", 60, "1.0", "Passing"),
    ("F", 0, "0.0", "Failing"),
)
"""The five letters without plus and minus, on the unweighted 4.0 scale."""

CAMBRIDGE_IGCSE: Final = (
    # grade, lowest percentage uniform mark, points (none published), remark
    ("A*", 90, None, None),
    ("A", 80, None, None),
    ("B", 70, None, None),
    ("C", 60, None, None),
    ("D", 50, None, None),
    ("E", 40, None, None),
    ("F", 30, None, None),
    ("G", 20, None, None),
    ("U", 0, None, "Ungraded"),
)
"""Cambridge International publishes these bands as percentage uniform marks."""

CAMBRIDGE_A_LEVEL: Final = (
    # grade, lowest percentage uniform mark, points (the UCAS tariff), remark
    ("A*", 90, "56", None),
    ("A", 80, "48", None),
    ("B", 70, "40", None),
    ("C", 60, "32", None),
    ("D", 50, "24", None),
    ("E", 40, "16", None),
    ("U", 0, "0", "Ungraded"),
)
"""As for IGCSE, but the lowest pass is E."""

IB: Final = (
    # grade, lowest score, points (towards the diploma's 45), remark
    ("7", 80, "7", "Excellent"),
    ("6", 70, "6", "Very good"),
    ("5", 60, "5", "Good"),
    ("4", 50, "4", "Satisfactory"),
    ("3", 40, "3", "Mediocre"),
    ("2", 30, "2", "Poor"),
    ("1", 0, "1", "Very poor"),
)
"""International Baccalaureate: grades and their descriptions are the organisation's."""

GRADE_SYSTEMS: Final = {
    "NIGERIAN_WASSCE": Scale("NIGERIAN", "WASSCE A1–F9 (Nigeria)", customary=False, grades=WASSCE),
    "GHANAIAN_WASSCE": Scale("GHANAIAN", "WASSCE A1–F9 (Ghana)", customary=False, grades=WASSCE),
    "KENYAN_KCSE": Scale("KENYAN", "KCSE A–E", customary=True, grades=KCSE),
    "BRITISH_9_1": Scale("BRITISH", "GCSE 9–1", customary=True, grades=GCSE),
    "AMERICAN_A_F": Scale("AMERICAN", "Letter grades A–F, 4.0 scale", customary=True, grades=AMERICAN_LETTERS),
    "CAMBRIDGE_IGCSE": Scale("CAMBRIDGE", "Cambridge IGCSE A*–U", customary=False, grades=CAMBRIDGE_IGCSE),
    "CAMBRIDGE_A_LEVEL": Scale("CAMBRIDGE", "Cambridge A Level A*–U", customary=False, grades=CAMBRIDGE_A_LEVEL),
    "IB_7_1": Scale("IB", "IB 7–1", customary=True, grades=IB),
}


def grade_systems() -> pl.DataFrame:
    """The rows of GradeSystem: id, curriculumId, code, name."""
    rows = [(code, scale.name, scale.curriculum) for code, scale in GRADE_SYSTEMS.items()]
    return pl.DataFrame(rows, schema=["code", "name", "curriculum"], orient="row").select(
        v2_id("GradeSystem", pl.col("code")).alias("id"),
        v2_id("Curriculum", pl.col("curriculum")).alias("curriculumId"),
        "code",
        "name",
    )


def grade_levels() -> pl.DataFrame:
    """The rows of GradeLevel, from the best grade of a system to the worst.

    id, gradeSystemId, grade, minScore and maxScore (Int32, whole per cent, both included), points (Decimal(4, 2), null
    where none are published), remark (null where there is nothing to say).
    """
    rows = [
        (code, grade, lowest, None if points is None else Decimal(points), _remark(remark, customary=scale.customary))
        for code, scale in GRADE_SYSTEMS.items()
        for grade, lowest, points, remark in scale.grades
    ]
    next_better = pl.col("minScore").shift(1).over("system")
    return pl.DataFrame(
        rows,
        schema={
            "system": pl.String,
            "grade": pl.String,
            "minScore": pl.Int32,
            "points": pl.Decimal(4, 2),
            "remark": pl.String,
        },
        orient="row",
    ).select(
        v2_id("GradeLevel", pl.col("system"), pl.col("grade")).alias("id"),
        v2_id("GradeSystem", pl.col("system")).alias("gradeSystemId"),
        "grade",
        "minScore",
        (next_better - 1).fill_null(100).alias("maxScore"),
        "points",
        "remark",
    )


def _remark(remark: str | None, *, customary: bool) -> str | None:
    if not customary:
        return remark
    return CUSTOMARY if remark is None else f"{remark} ({CUSTOMARY.lower()})"
