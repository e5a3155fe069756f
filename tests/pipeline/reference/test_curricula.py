"""The curricula and class levels of the mapping's section 11."""

import pytest

from pipeline.reference.curricula import class_levels, curricula


def numbered(prefix: str, last: int) -> list[str]:
    return [f"{prefix}{number}" for number in range(1, last + 1)]


LEVELS = {
    "NIGERIAN": numbered("NURSERY", 3) + numbered("PRIMARY", 6) + numbered("JSS", 3) + numbered("SSS", 3),
    "GHANAIAN": numbered("KG", 2) + numbered("BASIC", 9) + numbered("SHS", 3),
    "KENYAN": numbered("PP", 2) + numbered("CBC_GRADE", 12) + numbered("FORM", 4),
    "BRITISH": numbered("YEAR", 13),
    "AMERICAN": ["KINDERGARTEN", *numbered("GRADE", 12)],
    "CAMBRIDGE": numbered("STAGE", 9) + numbered("IGCSE", 2) + numbered("ALEVEL", 2),
    "IB": numbered("PYP", 6) + numbered("MYP", 5) + numbered("DP", 2),
}


def test_curricula_are_those_of_the_mapping() -> None:
    assert curricula().select("code", "name").rows() == [
        ("NIGERIAN", "Nigerian"),
        ("GHANAIAN", "Ghanaian"),
        ("KENYAN", "Kenyan"),
        ("BRITISH", "British"),
        ("AMERICAN", "American"),
        ("CAMBRIDGE", "Cambridge"),
        ("IB", "International Baccalaureate"),
    ]


@pytest.mark.parametrize("curriculum", LEVELS)
def test_class_levels_are_ranked_from_one_youngest_first(curriculum: str) -> None:
    codes = curricula().select("id", curriculum="code")
    levels = class_levels().join(codes, left_on="curriculumId", right_on="id").filter(curriculum=curriculum)
    assert levels.select("rank", "code").rows() == list(enumerate(LEVELS[curriculum], start=1))


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("NURSERY1", "Nursery 1"),
        ("PRIMARY6", "Primary 6"),
        ("JSS1", "JSS 1"),
        ("CBC_GRADE12", "Grade 12"),
        ("KINDERGARTEN", "Kindergarten"),
        ("ALEVEL2", "A Level 2"),
        ("MYP5", "MYP 5"),
    ],
)
def test_class_levels_are_named_as_people_say_them(code: str, name: str) -> None:
    assert class_levels().filter(code=code)["name"].item() == name
