"""Families: which students are brothers and sisters, and how many parents they have on the platform."""

from typing import Final

import polars as pl

from pipeline.sample import lexicon, shape
from pipeline.sample.chance import Dice

CHILDREN: Final = (1, 2, 2, 3, 3, 4, 4)
"""Of seven families; with one child that has none they make a block of twenty students."""

FAMILY_OF_PLACE: Final = [family for family, children in enumerate(CHILDREN) for _ in range(children)]
"""The number of its family for each place in a block; the last place has none."""

BLOCK: Final = len(FAMILY_OF_PLACE) + 1

TWO_PARENTS_PER_MILLE: Final = 125

SPREAD: Final = 7919
"""A prime larger than any school's number of seats: brothers and sisters sit far apart, in different classes."""


def seats_of(schools: pl.DataFrame, /) -> pl.DataFrame:
    """The students of each school (`shape.members`), and of each the `family` (from 1, over all schools; null: none)."""
    place = pl.col("seat") * SPREAD % pl.col("students")
    of_place = dict(enumerate(FAMILY_OF_PLACE))
    students = shape.members(schools, "students").with_columns(
        school_family=place // BLOCK * len(CHILDREN) + (place % BLOCK).replace_strict(of_place, default=None, return_dtype=pl.Int64)
    )
    key = ["school_id", "school_family"]
    families = students.select(key).drop_nulls().unique().sort(key).with_row_index("family", offset=1)
    return students.join(families, on=key, how="left", maintain_order="left")


def families_of(seats: pl.DataFrame, /, *, seed: int) -> pl.DataFrame:
    """One row per family, with all of its school's columns.

    Added: `culture` and `family_name`, and the ids of its parents: `first_parent`, and `second_parent` (null: none).
    """
    dice = Dice(seed, "Family", key="family")
    has_two = dice.happens(TWO_PARENTS_PER_MILLE, purpose="two parents")
    upto = (1 + has_two.cast(pl.Int64)).cum_sum()
    culture = lexicon.of_country("cultures").pick(dice.roll("culture"), group=pl.col("home"))
    return (
        seats.drop("id", "seat", "school_family")
        .drop_nulls("family")
        .unique("family")
        .sort("family")
        .with_columns(culture=culture, second_parent=pl.when(has_two).then(upto), first_parent=upto - has_two)
        .with_columns(family_name=lexicon.last_names().pick(dice.roll("last name"), group=pl.col("culture")))
    )
