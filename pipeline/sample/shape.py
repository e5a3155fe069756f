"""How large the platform is: its schools, and how many people, classes and subjects each of them has."""

from typing import Final, Literal, TypeAlias

import polars as pl

from pipeline.sample import lexicon
from pipeline.sample.chance import Dice

STUDENTS_PER_SCHOOL: Final = 500
STUDENTS_PER_TEACHER: Final = 17
STUDENTS_PER_CLASS: Final = 28
SUBJECTS_PER_SCHOOL: Final = 12

FEWEST_SCHOOLS: Final = 8
"""Beside the trial schools: one of each country even on a small platform."""

HOMES: Final = ("NG", "GH", "KE", "GB", "US", "IN", "ZA", "AE", "NG", "KE", "NG", "GH", "ZA", "NG")
"""The schools' countries, over and over."""

TRIAL_WEIGHT: Final = 12
"""A trial school's share of the students, where an ordinary school's is 1000 on average."""

Kind: TypeAlias = Literal["students", "teachers", "classes", "subjects"]
KINDS: Final[tuple[Kind, ...]] = ("students", "teachers", "classes", "subjects")


def schools(students: int, /, *, seed: int) -> pl.DataFrame:
    """One row per school, trial schools first.

    Columns: `id` (Int64, from 1), `home` (the country whose words it uses), `label` (the domain of its own e-mail
    addresses), `trial`, and for each kind of member the number of members (`students`) and the id before the first one's
    (`before_students`).
    """
    trials = lexicon.trial_schools()
    ordinary = max(FEWEST_SCHOOLS, students // STUDENTS_PER_SCHOOL)
    homes = [trial["home"] for trial in trials] + [HOMES[number % len(HOMES)] for number in range(ordinary)]
    weight = pl.when("trial").then(TRIAL_WEIGHT).otherwise(600 + Dice(seed, "School").below(801, purpose="size"))
    upto = weight.cum_sum() * students // weight.sum()
    return (
        pl.DataFrame({"home": homes})
        .with_row_index("id", offset=1)
        .with_columns(
            pl.col("id").cast(pl.Int64),
            label=pl.format("{}-school-{}.example", pl.col("home").str.to_lowercase(), "id"),
            trial=pl.col("id") <= len(trials),
        )
        .with_columns(students=upto - upto.shift(fill_value=0))
        .with_columns(teachers=_per(STUDENTS_PER_TEACHER), classes=_per(STUDENTS_PER_CLASS), subjects=pl.lit(SUBJECTS_PER_SCHOOL))
        .with_columns((pl.col(kind).cum_sum() - pl.col(kind)).alias(f"before_{kind}") for kind in KINDS)
    )


def members(schools: pl.DataFrame, kind: Kind, /) -> pl.DataFrame:
    """One row per member of each school, with all of the school's columns.

    Added: `seat` (from 0, within the school) and `id` (from 1, over all schools); the school's own id is `school_id`.
    """
    return (
        schools.rename({"id": "school_id"})
        .filter(pl.col(kind) > 0)
        .with_columns(seat=pl.int_ranges(0, pl.col(kind)))
        .explode("seat")
        .with_columns(id=pl.col(f"before_{kind}") + pl.col("seat") + 1)
    )


def _per(size: int) -> pl.Expr:
    """The number of groups of that size that hold the school's students."""
    return (pl.col("students") + size - 1) // size
