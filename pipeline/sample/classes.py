"""The rows of V1's Class and Subject, and who teaches them."""

from typing import Final

import polars as pl

from pipeline.sample import dates, lexicon, shape
from pipeline.sample.chance import Dice
from pipeline.sample.forms import Forms, written

ODD_CLASS_EVERY: Final = 3
"""One class of three has a name that tests a rule of its own, each in turn; the others are named after their levels."""

LONG_EVERY: Final = 250
"""One subject of so many has a name, and one a code, that is too long."""

CLASS_NAMES: Final[Forms] = {
    "{prefix} {n}{section}": 40,
    "{prefix} {n} {section}": 25,
    "{prefix}{n} {section}": 10,
    "{PREFIX} {n}{section}": 8,
    "{prefix} {n}": 10,
    "{prefix}-{n}{section}": 3,
    "{prefix}. {n} {section}": 2,
    "{prefix} 0{n}{section}": 2,
}

ACADEMIC_YEARS: Final[Forms] = {
    "{this}/{next}": 4500,
    "{this}/{short_next}": 1200,
    "{this}-{next}": 900,
    "{this}\u2013{short_next}": 300,
    "{this}\u2013{next}": 200,
    "{this}": 1300,
    None: 800,
    "": 100,
    " {this} / {next} ": 100,
    "{this}-{short_next}\u00a0": 100,
    # Kept as they are: no school year.
    "{this}/{after_next}": 150,
    "{this}/{this}": 100,
    "Session {this}/{next}": 100,
    "{short_next}": 100,
    "n/a": 100,
}

FIRST_YEAR: Final = 2020

OTHER_TEACHERS: Final = 2
"""Of a class, beside its class teacher."""


def class_rows(schools: pl.DataFrame, /, *, seed: int) -> pl.DataFrame:
    """The classes of each school with all of V1's columns."""
    dice = Dice(seed, "Class")
    year = FIRST_YEAR + dice.below(5, purpose="year")
    own_teacher = pl.when(~dice.happens(120, purpose="no class teacher")).then(_teacher(pl.col("seat")))
    return shape.members(schools, "classes").with_columns(
        **dates.row_times(dice),
        name=pl.when(pl.col("id") % ODD_CLASS_EVERY == 0).then(_odd_name()).otherwise(_name_by_level(dice)),
        academic_year=written(
            ACADEMIC_YEARS,
            dice=dice,
            purpose="form of the year",
            this=year,
            next=year + 1,
            after_next=year + 2,
            short_next=(year + 1) % 100,
        ),
        capacity=pl.when(dice.happens(15, purpose="capacity below nothing"))
        .then(-dice.below(30, purpose="capacity") - 1)
        .when(~dice.happens(100, purpose="no capacity"))
        .then(dice.below(46, purpose="capacity")),
        class_teacher_id=own_teacher,
    )


def subject_rows(schools: pl.DataFrame, /, *, seed: int) -> pl.DataFrame:
    """The subjects of each school with all of V1's columns: rather more known ones than its own."""
    dice, of_school = Dice(seed, "Subject"), Dice(seed, "School", key="school_id")
    # Neighbours in the list, so that no school has one twice; but the list itself repeats some, as schools do.
    number = of_school.roll("subjects") % 1_000_000 + pl.col("seat").cast(pl.UInt64)
    kind = pl.when(pl.col("seat") % 5 < 3).then(pl.lit("known")).otherwise(pl.lit("own"))
    typed = lexicon.subjects().pick(number, group=kind).str.split_exact("|", 2)
    name, code, category = (typed.struct.field(f"field_{part}") for part in range(3))
    return shape.members(schools, "subjects").with_columns(
        **dates.row_times(dice),
        name=pl.when(pl.col("id") % LONG_EVERY == 0).then(pl.lit(lexicon.LONG)).otherwise(name),
        # No code is null in one row, and an empty text in another.
        code=pl.when(pl.col("id") % LONG_EVERY == 1)
        .then(pl.lit(lexicon.LONG))
        .when((code != "") | dice.happens(300, purpose="empty code"))
        .then(code),
        category=pl.when(~dice.happens(80, purpose="no category")).then(category),
    )


def class_teachers(classes: pl.DataFrame, /, *, seed: int) -> pl.DataFrame:
    """The rows of `_ClassToTeacher`: of most classes their class teacher, and others of the school."""
    dice = Dice(seed, "_ClassToTeacher")
    own = classes.filter(dice.happens(600, purpose="class teacher")).select("id", teacher="class_teacher_id")
    others = [
        classes.select("id", teacher=_teacher(dice.below(1_000_000, purpose=f"teacher {number}"))) for number in range(OTHER_TEACHERS)
    ]
    return _links(own, *others)


def subject_teachers(subjects: pl.DataFrame, /, *, seed: int) -> pl.DataFrame:
    """The rows of `_SubjectToTeacher`: one or two teachers for each subject, but none for a few."""
    dice = Dice(seed, "_SubjectToTeacher")
    first = subjects.filter(~dice.happens(50, purpose="nobody")).select("id", teacher=_teacher(dice.below(1_000_000, purpose="first")))
    second = subjects.filter(dice.happens(500, purpose="second")).select(
        "id", teacher=_teacher(dice.below(1_000_000, purpose="second teacher"))
    )
    return _links(first, second)


def _links(*pairs: pl.DataFrame) -> pl.DataFrame:
    """Each pair once, V1's way: "A" is the class or subject, "B" the teacher. Pairs without a teacher are none."""
    return pl.concat(pairs, how="vertical_relaxed").drop_nulls().unique().sort(pl.all()).rename({"id": "A", "teacher": "B"})


def _teacher(number: pl.Expr) -> pl.Expr:
    """A teacher of the row's school, by a number counted round and round; null where the school has none."""
    return pl.when(pl.col("teachers") > 0).then(pl.col("before_teachers") + number % pl.col("teachers") + 1)


def _odd_name() -> pl.Expr:
    return lexicon.class_names().pick((pl.col("id") // ODD_CLASS_EVERY).cast(pl.UInt64), group=pl.lit("odd"))


def _name_by_level(dice: Dice) -> pl.Expr:
    level = lexicon.of_country("levels").pick(dice.roll("level"), group=pl.col("home"))
    prefix, first, last = (level.str.extract(r"^(\D+?)(?: (\d+)-(\d+))?$", part) for part in (1, 2, 3))
    # A level without numbers, such as Kindergarten, counts from 1 to 1.
    first, last = (bound.cast(pl.Int64).fill_null(1) for bound in (first, last))
    return written(
        CLASS_NAMES,
        dice=dice,
        purpose="form of the name",
        prefix=prefix,
        PREFIX=prefix.str.to_uppercase(),
        n=first + dice.below(1_000_000, purpose="number") % (last - first + 1),
        section=lexicon.class_names().pick(dice.roll("section"), group=pl.lit("sections")),
    )
