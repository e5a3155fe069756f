"""The rows of V1's School: ordinary schools, and the trial schools whose every flaw is told one by one."""

from typing import Final

import polars as pl

from pipeline.sample import addresses, dates, emails, lexicon, names, passwords, phones
from pipeline.sample.chance import Dice
from pipeline.sample.forms import Forms, written

CODES: Final[Forms] = {
    "{home}{number}": 60,
    "{home}-{stem}-{number}": 30,
    "{lower_home}/{number}": 4,
    " {home}{number}": 2,
    "{home}{number}\t": 2,
    "{home}\u00a0{number}": 2,
}

SCHOOL_KINDS: Final = ("International School", "Academy", "College", "Primary School", "High School", "Schools", "Montessori")

SCHOOL_EMAILS: Final[Forms] = {"office@{label}": 75, "info@{label}": 15, None: 10}

ADMIN_EMAILS: Final[Forms] = {
    "{own}": 75,
    # The school's own address, and the one of an owner of several schools.
    "{school}": 12,
    "director@group-{group}.example": 6,
    None: 7,
}

SETTINGS: Final = (
    '{"terms": 3, "currency": "NGN", "weekend": ["Sat", "Sun"]}',
    '{"grading": {"pass": 40.50, "scale": ["A1", "B2", "C4"]}, "quota": 123456789012345678901234567890}',
    '{"motto": "Knowledge is light – Ìmọ̀ ni ìmọ́lẹ̀", "boarding": true, "house": null}',
    "{}",
    "[]",
    '["sms", "e-mail"]',
    "null",
    '"default"',
    "7",
    "false",
    None,
    None,
)
"""JSON of every kind: only objects are settings to V2."""

TOLD_COLUMNS: Final = ("code", "name", "country", "curriculum", "settings", "email", "admin_name", "admin_email")
"""What a trial school's entry says; where it does not, the column is null."""


def school_rows(schools: pl.DataFrame, /, *, seed: int) -> pl.DataFrame:
    """The schools of `shape.schools` with all of V1's columns."""
    dice = Dice(seed, "School")
    home = pl.col("home")
    stem = lexicon.of_country("schools").pick(dice.roll("name"), group=home)
    culture = lexicon.of_country("cultures").pick(dice.roll("culture"), group=home)
    rows = (
        schools.with_columns(stem=stem, culture=culture, gender=dice.one_of(("FEMALE", "MALE"), purpose="gender"))
        .with_columns(**names.identity(dice, culture=pl.col("culture"), gender=pl.col("gender")))
        .with_columns(
            email=written(SCHOOL_EMAILS, dice=dice, purpose="e-mail", label=pl.col("label")),
            number=phones.number(dice, home=home, purpose="phone"),
        )
        .with_columns(
            own_email=emails.own(dice, domain=pl.col("label")),
            admin_number=pl.when(dice.happens(150, purpose="the school's phone"))
            .then("number")
            .otherwise(phones.number(dice, home=home, purpose="administrator's phone")),
        )
    )
    return rows.with_columns(
        **dates.row_times(dice),
        code=_code(dice),
        name=pl.concat_str("stem", dice.one_of(SCHOOL_KINDS, purpose="kind"), separator=" "),
        phone=phones.typed(pl.col("number"), dice=dice, home=home, purpose="phone"),
        address=addresses.typed(dice, home=home),
        country=_now_and_then(lexicon.of_country("spellings").pick(dice.roll("country"), group=home), dice, "country"),
        curriculum=_now_and_then(lexicon.of_country("curricula").pick(dice.roll("curriculum"), group=home), dice, "curriculum"),
        logo_url=pl.when(dice.happens(400, purpose="logo")).then(pl.format("https://{}/logo.png", "label")),
        settings=dice.one_of(SETTINGS, purpose="settings"),
        admin_name=names.full_name(names.TEACHER_FORMS, dice=dice, gender=pl.col("gender")),
        email=emails.typed(pl.col("email"), dice=dice),
        admin_email=written(
            ADMIN_EMAILS,
            dice=dice,
            purpose="administrator's e-mail",
            own=pl.col("own_email"),
            school=pl.col("email"),
            group=home.str.to_lowercase(),
        ),
        admin_phone=phones.typed(pl.col("admin_number"), dice=dice, home=home, purpose="administrator's phone"),
        admin_password=passwords.stored(dice),
        is_active=~dice.happens(40, purpose="closed"),
    ).pipe(_with_trials_as_told)


def _code(dice: Dice) -> pl.Expr:
    return written(
        CODES,
        dice=dice,
        purpose="form of the code",
        home=pl.col("home"),
        lower_home=pl.col("home").str.to_lowercase(),
        number=pl.col("id").cast(pl.String).str.zfill(4),
        stem=pl.col("stem").str.to_uppercase().str.replace_all(r"\s+", "-"),
    )


def _now_and_then(text: pl.Expr, dice: Dice, purpose: str) -> pl.Expr:
    """Null or blank in one school of twenty."""
    return written({"{text}": 95, None: 4, " ": 1}, dice=dice, purpose=f"whether {purpose}", text=text)


def _with_trials_as_told(rows: pl.DataFrame) -> pl.DataFrame:
    told = pl.DataFrame(
        [
            {column: trial.get(column) for column in TOLD_COLUMNS} | {"is_active": not trial.get("closed")}
            for trial in lexicon.trial_schools()
        ],
        schema=dict.fromkeys(TOLD_COLUMNS, pl.String) | {"is_active": pl.Boolean},
    )
    trials, ordinary = rows.filter("trial"), rows.filter(~pl.col("trial"))
    return pl.concat([trials.with_columns(told.get_columns()), ordinary])
