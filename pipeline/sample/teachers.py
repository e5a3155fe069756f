"""The rows of V1's Teacher."""

from datetime import datetime
from typing import Final

import polars as pl

from pipeline.sample import addresses, dates, emails, lexicon, names, passwords, phones, shape
from pipeline.sample.chance import Dice
from pipeline.sample.forms import Forms, written

BORN_SINCE: Final = datetime.fromisoformat("1955-01-01")

EMAILS: Final[Forms] = {
    "{own}": 920,
    # The office's address, given for whoever has none.
    "{office}": 12,
    None: 68,
}

EMPLOYEE_NUMBERS: Final[Forms] = {
    "EMP-{number}": 600,
    "{home}/T/{number}": 200,
    " emp {number}": 20,
    "STAFF\u00a0{number}": 10,
    None: 130,
    "": 15,
    "n/a": 15,
    lexicon.LONG: 8,
}

QUALIFICATIONS: Final = ("B.Ed.", "NCE", "B.Sc. (Hons)", "PGCE", "M.Ed", "Ph.D. Physics", "PGDE", "n/a", "", "  B.A.  English ", None)

SKILLS: Final[Forms] = {
    "{one}": 250,
    "{one}|{two}": 300,
    "{one}|{two}|{three}": 200,
    "{one}|{two}|{one}": 40,
    "{one}| {one}\u00a0": 25,
    "{one}||{two}|  ": 40,
    "n/a": 20,
    "{one}|none|-|\u200b": 20,
    "": 30,
    None: 75,
}
"""Entries of a list, a bar between two."""

SKILL_WORDS: Final = (
    *("Piano", "Football coaching", "First aid", "Python", "Classroom management", "SEN", "Chess", "Drama", "Yorùbá", "français"),
    *("Excel", "Public speaking", "Swimming", "Robotics", "CV writing"),
)


def teacher_rows(schools: pl.DataFrame, /, *, seed: int) -> pl.DataFrame:
    """The teachers of each school with all of V1's columns, and `own_email` and `number` for parents who are teachers too."""
    dice = Dice(seed, "Teacher")
    home = pl.col("home")
    culture = lexicon.of_country("cultures").pick(dice.roll("culture"), group=home)
    gender = dice.one_of(("FEMALE", "FEMALE", "FEMALE", "MALE", "MALE"), purpose="gender")
    return (
        shape.members(schools, "teachers")
        .lazy()
        .with_columns(culture=culture, sex=gender)
        .with_columns(**names.identity(dice, culture=pl.col("culture"), gender=pl.col("sex")))
        .with_columns(own_email=emails.own(dice, domain=pl.col("label")), number=_number(dice))
        .with_columns(
            **dates.row_times(dice),
            full_name=names.full_name(names.TEACHER_FORMS, dice=dice, gender=pl.col("sex")),
            email=written(EMAILS, dice=dice, purpose="whose e-mail", own=pl.col("own_email"), office=pl.format("office@{}", "label")),
            phone=phones.typed(pl.col("number"), dice=dice, home=home, purpose="phone"),
            password=passwords.stored(dice),
            gender=pl.when(~dice.happens(40, purpose="no gender")).then("sex"),
            date_of_birth=dates.birth(dice, since=BORN_SINCE, years=46),
            address=addresses.typed(dice, home=home),
            employee_no=written(EMPLOYEE_NUMBERS, dice=dice, purpose="employee number", home=home, number=pl.col("id").cast(pl.String)),
            qualification=dice.one_of(QUALIFICATIONS, purpose="qualification"),
            skills=_skills(dice),
            salary=_salary(dice),
            hired_at=dates.with_slips(
                dates.moment(dice, earliest=datetime.fromisoformat("1995-01-09"), days=10_000, purpose="hired"),
                {**dates.EXTREMES, None: 100},
                dice=dice,
                purpose="hiring",
            ),
            is_active=~dice.happens(60, purpose="left"),
        )
        .with_columns(email=emails.typed(pl.col("email"), dice=dice))
        .collect(engine="streaming")
    )


def _number(dice: Dice) -> pl.Expr:
    return pl.when(~dice.happens(50, purpose="no phone")).then(phones.number(dice, home=pl.col("home"), purpose="phone"))


def _skills(dice: Dice) -> pl.Expr:
    listed = {name: dice.one_of(SKILL_WORDS, purpose=f"skill {name}") for name in ("one", "two", "three")}
    skills = written(SKILLS, dice=dice, purpose="skills", **listed).str.split("|")
    return (
        pl.when(dice.happens(40, purpose="empty skills"))
        .then(pl.lit([], dtype=pl.List(pl.String)))
        # A null among the entries: no V1 client writes one, but imports by SQL do.
        .when(dice.happens(10, purpose="null skill"))
        .then(pl.concat_list(listed["one"], pl.lit(None, dtype=pl.String)))
        .otherwise(skills)
    )


def _salary(dice: Dice) -> pl.Expr:
    """In the school's currency; seldom negative, in one of five rows null. V1's NaN is in no frame: `fill` writes it."""
    amount = pl.lit("0.01").cast(pl.Decimal(12, 2)) * (30_000_00 + dice.below(900_000_00, purpose="salary"))
    return pl.when(dice.happens(8, purpose="negative salary")).then(-amount).when(~dice.happens(200, purpose="no salary")).then(amount)
