"""The rows of V1's Parent."""

from typing import Final

import polars as pl

from pipeline.sample import addresses, dates, emails, lexicon, names, passwords, phones
from pipeline.sample.chance import Dice
from pipeline.sample.forms import Forms, written

EMAILS: Final[Forms] = {
    "{own}": 830,
    # Contested: of a teacher who is a parent too, of the office.
    "{teacher}": 14,
    "{office}": 8,
    None: 148,
}

RELATIONSHIPS: Final = {
    "FEMALE": [
        *("Mother", "Mother", "Mother", "mother", "Mum", "MOM", "mummy", "Mama ", "Guardian", "Aunt", "Grandmother", "Sister"),
        *("grandparent", "Step-mother", "Mother/Guardian", "n/a", "", None),
    ],
    "MALE": [
        *("Father", "Father", "Father", "father", "Dad", "DADDY", "Papa", " father\t", "Guardian", "Uncle", "Grandfather"),
        *("Brother", "Sponsor", "Driver", "Parent", "-", "", None),
    ],
}  # fmt: skip
"""As typed, by the parent's sex."""

OCCUPATIONS: Final = (
    *("Trader", "Nurse", "Civil servant", "Engineer", "Farmer", "Teacher", "Tailor", "Driver", "Accountant", "Pastor", "n/a", ""),
    *("Self-employed", "  Business  woman", "Software developer", "Doctor", "-", None, None, None),
)


def parent_rows(families: pl.DataFrame, teachers: pl.DataFrame, /, *, seed: int) -> pl.DataFrame:
    """The parents with all of V1's columns, and `own_email` and `number` for their children."""
    people = _people(families, seed=seed)
    dice, home = Dice(seed, "Parent"), pl.col("home")
    is_second = pl.col("id") == pl.col("second_parent")
    first_of_family = people.filter(pl.col("id") == pl.col("first_parent")).select(
        "family", partner_email="own_email", partner_number="own_number"
    )
    as_teachers = teachers.select(teacher_id="id", teacher_email="own_email", teacher_number="number")
    return (
        people.join(as_teachers, on="teacher_id", how="left", maintain_order="left")
        .join(first_of_family, on="family", how="left", maintain_order="left")
        .lazy()
        .with_columns(
            number=pl.when(is_second & dice.happens(350, purpose="one phone for two"))
            .then("partner_number")
            .when(dice.happens(8, purpose="a teacher's phone"))
            .then("teacher_number")
            .when(~dice.happens(60, purpose="no phone"))
            .then("own_number"),
            email=pl.when(is_second & dice.happens(150, purpose="one e-mail for two")).then("partner_email").otherwise(_whose_email(dice)),
        )
        .with_columns(
            **dates.row_times(dice),
            full_name=names.full_name(names.PARENT_FORMS, dice=dice, gender=pl.col("gender")),
            email=emails.typed(pl.col("email"), dice=dice),
            phone=phones.typed(pl.col("number"), dice=dice, home=home, purpose="phone"),
            alt_phone=phones.typed(_second_number(dice), dice=dice, home=home, purpose="other phone"),
            password=passwords.stored(dice),
            occupation=dice.one_of(OCCUPATIONS, purpose="occupation"),
            relationship=lexicon.WordLists.of(RELATIONSHIPS).pick(dice.roll("relationship"), group=pl.col("gender")),
            address=addresses.typed(Dice(seed, "Family", key="family"), home=home),
            is_active=~dice.happens(50, purpose="left"),
        )
        .collect(engine="streaming")
    )


def _people(families: pl.DataFrame, *, seed: int) -> pl.DataFrame:
    """One row per parent: who it is, and what is its own."""
    dice, of_family = Dice(seed, "Parent"), Dice(seed, "Family", key="family")
    is_mother = of_family.happens(600, purpose="mother first") == (pl.col("id") == pl.col("first_parent"))
    any_teacher = pl.col("before_teachers") + dice.below(1_000_000, purpose="teacher") % pl.col("teachers") + 1
    first, second = (families.with_columns(id=parent) for parent in ("first_parent", "second_parent"))
    return (
        pl.concat([first, second.drop_nulls("id")])
        .sort("id")
        .lazy()
        .with_columns(gender=pl.when(is_mother).then(pl.lit("FEMALE")).otherwise(pl.lit("MALE")), teacher_id=any_teacher)
        .with_columns(**names.identity(dice, culture=pl.col("culture"), gender=pl.col("gender")))
        .with_columns(last=pl.when(dice.happens(100, purpose="a last name of one's own")).then("last").otherwise("family_name"))
        .with_columns(
            own_email=emails.own(dice, domain=emails.provider(dice)),
            own_number=phones.number(dice, home=pl.col("home"), purpose="phone"),
        )
        .collect(engine="streaming")
    )


def _whose_email(dice: Dice) -> pl.Expr:
    return written(
        EMAILS,
        dice=dice,
        purpose="whose e-mail",
        own=pl.col("own_email"),
        teacher=pl.col("teacher_email"),
        office=pl.format("office@{}", "label"),
    )


def _second_number(dice: Dice) -> pl.Expr:
    """Of one parent in four; null for the others."""
    number = phones.number(dice, home=pl.col("home"), purpose="other phone")
    return pl.when(dice.happens(250, purpose="two phones")).then(number)
