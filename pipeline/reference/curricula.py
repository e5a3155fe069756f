"""The curricula that schools follow, and the class levels of each from the youngest up (mapping, sections 8 and 11)."""

from typing import Final, NamedTuple

import polars as pl

from transforms.ids import v2_id


class Levels(NamedTuple):
    """A run of class levels, numbered from 1 to `last`; with `last` null a single level without a number."""

    code: str
    name: str
    last: int | None


CURRICULA: Final = {
    "NIGERIAN": "Nigerian",
    "GHANAIAN": "Ghanaian",
    "KENYAN": "Kenyan",
    "BRITISH": "British",
    "AMERICAN": "American",
    "CAMBRIDGE": "Cambridge",
    "IB": "International Baccalaureate",
}

CLASS_LEVELS: Final = {
    "NIGERIAN": (
        Levels("NURSERY", "Nursery", 3),
        Levels("PRIMARY", "Primary", 6),
        Levels("JSS", "JSS", 3),
        Levels("SSS", "SSS", 3),
    ),
    "GHANAIAN": (Levels("KG", "KG", 2), Levels("BASIC", "Basic", 9), Levels("SHS", "SHS", 3)),
    "KENYAN": (Levels("PP", "PP", 2), Levels("CBC_GRADE", "Grade", 12), Levels("FORM", "Form", 4)),
    "BRITISH": (Levels("YEAR", "Year", 13),),
    "AMERICAN": (Levels("KINDERGARTEN", "Kindergarten", None), Levels("GRADE", "Grade", 12)),
    "CAMBRIDGE": (Levels("STAGE", "Stage", 9), Levels("IGCSE", "IGCSE", 2), Levels("ALEVEL", "A Level", 2)),
    "IB": (Levels("PYP", "PYP", 6), Levels("MYP", "MYP", 5), Levels("DP", "DP", 2)),
}
"""Per curriculum, the runs of levels that follow each other, youngest first."""


def curricula() -> pl.DataFrame:
    """The rows of Curriculum: id, code, name."""
    rows = pl.DataFrame(list(CURRICULA.items()), schema=["code", "name"], orient="row")
    return rows.select(v2_id("Curriculum", pl.col("code")).alias("id"), "code", "name")


def class_levels() -> pl.DataFrame:
    """The rows of ClassLevel: id, curriculumId, code, name, rank (Int32, from 1 within the curriculum)."""
    rows = [
        (curriculum, levels.code + number, f"{levels.name} {number}".rstrip())
        for curriculum, runs in CLASS_LEVELS.items()
        for levels in runs
        for number in _numbers(levels.last)
    ]
    return pl.DataFrame(rows, schema=["curriculum", "code", "name"], orient="row").select(
        v2_id("ClassLevel", pl.col("code")).alias("id"),
        v2_id("Curriculum", pl.col("curriculum")).alias("curriculumId"),
        "code",
        "name",
        pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("curriculum").alias("rank"),
    )


def _numbers(last: int | None) -> list[str]:
    return [""] if last is None else [str(number) for number in range(1, last + 1)]
