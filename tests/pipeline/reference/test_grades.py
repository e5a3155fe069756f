"""The grade scales, against the tables that their boards publish."""

from decimal import Decimal

import polars as pl
import pytest

from pipeline.reference.curricula import curricula
from pipeline.reference.grades import grade_levels, grade_systems

SYSTEMS = grade_systems()["code"].to_list()


def bands_of(system: str) -> pl.DataFrame:
    codes = grade_systems().select("id", system="code")
    return grade_levels().join(codes, left_on="gradeSystemId", right_on="id").filter(system=system)


def test_every_curriculum_has_a_grade_system() -> None:
    assert set(grade_systems()["curriculumId"]) == set(curricula()["id"])


@pytest.mark.parametrize("system", SYSTEMS)
def test_bands_cover_zero_to_a_hundred_without_gap_or_overlap(system: str) -> None:
    scores = [
        score for lowest, highest in bands_of(system).select("minScore", "maxScore").iter_rows() for score in range(lowest, highest + 1)
    ]
    assert sorted(scores) == list(range(101))


@pytest.mark.parametrize("system", SYSTEMS)
def test_grades_of_a_system_are_unique_and_listed_from_the_best(system: str) -> None:
    assert bands_of(system)["grade"].is_unique().all()
    assert bands_of(system)["minScore"].is_sorted(descending=True)


@pytest.mark.parametrize("system", ["NIGERIAN_WASSCE", "GHANAIAN_WASSCE"])
def test_wassce_is_as_the_examinations_council_publishes_it(system: str) -> None:
    assert bands_of(system).select("grade", "minScore", "maxScore", "remark").rows() == [
        ("A1", 75, 100, "Excellent"),
        ("B2", 70, 74, "Very good"),
        ("B3", 65, 69, "Good"),
        ("C4", 60, 64, "Credit"),
        ("C5", 55, 59, "Credit"),
        ("C6", 50, 54, "Credit"),
        ("D7", 45, 49, "Pass"),
        ("E8", 40, 44, "Pass"),
        ("F9", 0, 39, "Fail"),
    ]


def test_kcse_gives_twelve_points_down_to_one() -> None:
    kcse = bands_of("KENYAN_KCSE")
    assert kcse["grade"].to_list() == ["A", "A-", "B+", "B", "B-", "C+", "C", "C-", "D+", "D", "D-", "E"]
    assert kcse["points"].to_list() == [Decimal(points) for points in range(12, 0, -1)]


def test_gcse_runs_from_nine_to_one_with_unclassified_below() -> None:
    assert bands_of("BRITISH_9_1")["grade"].to_list() == ["9", "8", "7", "6", "5", "4", "3", "2", "1", "U"]


def test_american_letters_give_four_points_down_to_none() -> None:
    letters = bands_of("AMERICAN_A_F").select("grade", "minScore", "points").rows()
    expected = [("A", 90, "4.00"), ("B", 80, "3.00"), ("C", 70, "2.00"), ("D", 60, "1.00"), ("F", 0, "0.00")]
    assert [(grade, lowest, str(points)) for grade, lowest, points in letters] == expected


@pytest.mark.parametrize(
    ("system", "bands"),
    [
        (
            "CAMBRIDGE_IGCSE",
            [("A*", 90), ("A", 80), ("B", 70), ("C", 60), ("D", 50), ("E", 40), ("F", 30), ("G", 20), ("U", 0)],
        ),
        ("CAMBRIDGE_A_LEVEL", [("A*", 90), ("A", 80), ("B", 70), ("C", 60), ("D", 50), ("E", 40), ("U", 0)]),
    ],
)
def test_cambridge_bands_are_the_percentage_uniform_marks(system: str, bands: list[tuple[str, int]]) -> None:
    assert bands_of(system).select("grade", "minScore").rows() == bands


def test_ib_runs_from_seven_to_one() -> None:
    ib = bands_of("IB_7_1")
    assert ib["grade"].to_list() == ["7", "6", "5", "4", "3", "2", "1"]
    assert ib["points"].to_list() == [Decimal(grade) for grade in ib["grade"]]


@pytest.mark.parametrize("system", SYSTEMS)
def test_customary_bands_say_so_in_their_remark(system: str) -> None:
    said = bands_of(system)["remark"].str.contains("(?i)customary band").fill_null(value=False)
    assert said.to_list() == [system in {"KENYAN_KCSE", "BRITISH_9_1", "AMERICAN_A_F", "IB_7_1"}] * len(said)
