"""The rows of V1's Student, and of the relation between parents and students."""

from datetime import datetime
from typing import Final

import polars as pl

from pipeline.sample import addresses, dates, emails, lexicon, names, passwords, phones
from pipeline.sample.chance import Dice
from pipeline.sample.forms import Forms, written

BORN_SINCE: Final = datetime.fromisoformat("2005-01-01")
ENROLLED_SINCE: Final = datetime.fromisoformat("2014-09-01")

EMAILS: Final[Forms] = {
    "{own}": 775,
    # Contested: of a parent, of the office; and the address that a second claimant of the parent's would get.
    "{parent}": 22,
    "{office}": 5,
    "{parent_suffixed}": 4,
    None: 194,
}

PHONES: Final[Forms] = {"{own}": 250, "{parent}": 120, None: 630}
"""Whose phone; a family's is the first parent's."""

ADMISSION_NUMBERS: Final[Forms] = {
    "{home}/{year}/{number}": 5000,
    "ADM{number}": 2000,
    "{year}-{number}": 1500,
    " {home} / {number}": 100,
    "{number}\u200b": 50,
    "adm{number}": 100,
    # Contested: a neighbour's, one that many are given, and the one that a second claimant of that would get.
    "ADM{neighbour}": 150,
    "NEW": 30,
    "NEW-2": 15,
    None: 700,
    "": 60,
    "n/a": 60,
    lexicon.LONG: 12,
}

BLOOD_GROUPS: Final = ("O+", "O+", "A+", "B+", "AB+", "O-", "A-", "o positive", "", None, None, None)

STATUSES: Final[Forms] = {"ACTIVE": 88, "GRADUATED": 6, "TRANSFERRED": 4, "WITHDRAWN": 2}


def student_rows(seats: pl.DataFrame, families: pl.DataFrame, parents: pl.DataFrame, /, *, seed: int) -> pl.DataFrame:
    """The students with all of V1's columns, and the ids of their parents: `first_parent` and `second_parent`."""
    dice, home = Dice(seed, "Student"), pl.col("home")
    return (
        _with_families(seats, families, parents)
        .lazy()
        .with_columns(
            culture=pl.coalesce("culture", lexicon.of_country("cultures").pick(dice.roll("culture"), group=home)),
            sex=dice.one_of(("FEMALE", "MALE"), purpose="gender"),
        )
        .with_columns(**names.identity(dice, culture=pl.col("culture"), gender=pl.col("sex")))
        .with_columns(last=pl.coalesce("family_name", "last"))
        .with_columns(own_email=emails.own(dice, domain=pl.format("pupils.{}", "label")), **dates.row_times(dice))
        .with_columns(
            class_id=_class(dice),
            parent_id=_first_contact(dice, parents.height),
            full_name=names.full_name(names.STUDENT_FORMS, dice=dice, gender=pl.col("sex")),
            email=emails.typed(_email(dice), dice=dice),
            phone=phones.typed(_number(dice), dice=dice, home=home, purpose="phone"),
            password=passwords.stored(dice),
            admission_no=_admission_no(dice),
            gender=pl.when(~dice.happens(30, purpose="no gender")).then("sex"),
            date_of_birth=dates.birth(dice, since=BORN_SINCE, years=16),
            blood_group=dice.one_of(BLOOD_GROUPS, purpose="blood group"),
            address=_address(dice),
            status=written(STATUSES, dice=dice, purpose="status"),
            enrolled_at=dates.with_slips(
                dates.moment(dice, earliest=ENROLLED_SINCE, days=3600, purpose="enrolled"),
                {**dates.EXTREMES, None: 150},
                dice=dice,
                purpose="enrolment",
            ),
        )
        .collect(engine="streaming")
    )


def parents_of(students: pl.DataFrame, parents: pl.DataFrame, /, *, seed: int) -> pl.DataFrame:
    """The rows of `_ParentToStudent`, each pair once: "A" is the parent, "B" the student.

    Of two first contacts in three the pair is here too; second parents are here only, and so is now and then anybody
    else, of whatever school: an aunt, or a mistake.
    """
    dice = Dice(seed, "_ParentToStudent")
    first = students.filter(dice.happens(650, purpose="first contact")).select(A="first_parent", B="id")
    second = students.select(A="second_parent", B="id")
    anybody = students.filter(dice.happens(30, purpose="anybody")).select(A=_anybody(dice, parents.height), B="id")
    return pl.concat([first, second, anybody], how="vertical_relaxed").drop_nulls().unique().sort("A", "B")


def _with_families(seats: pl.DataFrame, families: pl.DataFrame, parents: pl.DataFrame) -> pl.DataFrame:
    """The students, each with its family, and with its first parent's own address and number. Null: none."""
    of_first_parent = parents.select(first_parent="id", parent_email="own_email", parent_number="number")
    return seats.join(
        families.select("family", "culture", "family_name", "first_parent", "second_parent").join(
            of_first_parent, on="first_parent", how="left"
        ),
        on="family",
        how="left",
        maintain_order="left",
    )


def _class(dice: Dice) -> pl.Expr:
    """Neighbours sit in one class; one student of fifty in none."""
    number = pl.col("seat") * pl.col("classes") // pl.col("students")
    return pl.when(~dice.happens(20, purpose="no class")).then(pl.col("before_classes") + number + 1)


def _first_contact(dice: Dice, parents: int) -> pl.Expr:
    """The first parent, now and then nobody or anybody, of whatever school."""
    return (
        pl.when(dice.happens(15, purpose="a contact elsewhere"))
        .then(_anybody(dice, parents))
        .when(~dice.happens(20, purpose="no contact"))
        .then("first_parent")
    )


def _anybody(dice: Dice, parents: int) -> pl.Expr:
    """The id of any parent of the platform; null where it has none."""
    return dice.below(parents, purpose="anybody") + 1 if parents else pl.lit(None, dtype=pl.Int64)


def _email(dice: Dice) -> pl.Expr:
    return written(
        EMAILS,
        dice=dice,
        purpose="whose e-mail",
        own=pl.col("own_email"),
        parent=pl.col("parent_email"),
        parent_suffixed=emails.suffixed(pl.col("parent_email")),
        office=pl.format("office@{}", "label"),
    )


def _number(dice: Dice) -> pl.Expr:
    own = phones.number(dice, home=pl.col("home"), purpose="phone")
    return written(PHONES, dice=dice, purpose="whose phone", own=own, parent=pl.col("parent_number"))


def _admission_no(dice: Dice) -> pl.Expr:
    return written(
        ADMISSION_NUMBERS,
        dice=dice,
        purpose="admission number",
        home=pl.col("home"),
        year=2015 + dice.below(10, purpose="year of admission"),
        number=(pl.col("seat") + 1).cast(pl.String).str.zfill(4),
        neighbour=pl.col("seat").cast(pl.String).str.zfill(4),
    )


def _address(dice: Dice) -> pl.Expr:
    """The family's; of one student in eight another."""
    home = pl.col("home")
    of_family = addresses.typed(Dice(dice.seed, "Family", key="family"), home=home)
    return pl.when(dice.happens(125, purpose="another address")).then(addresses.typed(dice, home=home)).otherwise(of_family)
