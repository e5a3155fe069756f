"""The three places where a library judges one value at a time: ours over whole columns, beside the loop that one would write."""

import importlib
import importlib.util
import os
import statistics
import tempfile
import time
from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from typing import Any

import phonenumbers
import polars as pl
from phonenumbers import PhoneNumberFormat
from rich.console import Console

from pipeline.progress import Progress
from pipeline.run import Run
from pipeline.sample import lexicon, names, phones
from pipeline.sample.chance import Dice
from pipeline.settings import Settings
from pipeline.stages.credentials import credentials, hashed
from tests.benchmarks import BenchmarkError
from tests.benchmarks.results import Series
from transforms.names import parsed
from transforms.phones import e164

COUNTRIES = ("NG", "GH", "KE", "GB", "US", "IN", "ZA")
LOOPED = 50
"""A loop is measured on one value of so many, and its time multiplied."""
LEAST_AGREEMENT = 0.9
"""How many numbers must be the same: the loop takes a text for one number, whatever it holds besides."""

BCRYPT_COST = 10
SINGLE_HASHES = 8


def nameparser_is_installed() -> bool:
    """Whether nameparser is there: it is no dependency of the project."""
    return importlib.util.find_spec("nameparser") is not None


def measure_phones(count: int, /) -> Series:
    """`phones` and `phones_loop`: seconds for so many numbers of seven countries, as the sample's people type them.

    Raises:
        BenchmarkError: Ours and the library tell different numbers.
    """
    dice, home = Dice(7, "Benchmark"), pl.col("home")
    national = phones.number(dice, home=home, purpose="phone")
    typed = _rows(count).select("home", phone=phones.typed(national, dice=dice, home=home, purpose="phone"))
    started = time.perf_counter()
    ours = typed.select(e164(pl.col("phone"), region=home).struct.field("value")).to_series()
    seconds = time.perf_counter() - started
    looped = typed.head(max(count // LOOPED, 1))
    started = time.perf_counter()
    theirs = [_number(phone, region) for region, phone in looped.iter_rows()]
    loop_seconds = (time.perf_counter() - started) * count / looped.height
    same = int(ours.head(looped.height).eq_missing(pl.Series(theirs, dtype=pl.String)).sum())
    if same < LEAST_AGREEMENT * looped.height:
        raise BenchmarkError(f"Of {looped.height:,} phone numbers only {same:,} are what the library says.")
    return {"phones": [seconds], "phones_loop": [loop_seconds]}


def measure_names(count: int, /) -> Series:
    """`names` and `names_loop`: seconds for so many full names, as the sample's people type them."""
    human_name = importlib.import_module("nameparser").HumanName
    dice, gender = Dice(7, "Benchmark"), pl.col("gender")
    culture = lexicon.of_country("cultures").pick(dice.roll("culture"), group=pl.col("home"))
    people = _rows(count).with_columns(culture=culture, gender=dice.one_of(("FEMALE", "MALE"), purpose="gender"))
    people = people.with_columns(**names.identity(dice, culture=pl.col("culture"), gender=gender))
    typed = people.select(name=names.full_name(names.PARENT_FORMS, dice=dice, gender=gender).fill_null(""))
    started = time.perf_counter()
    told_apart = typed.select(parsed(pl.col("name")))
    seconds = time.perf_counter() - started
    looped = typed["name"].head(max(count // LOOPED, 1)).to_list()
    started = time.perf_counter()
    parts = [_parts(human_name(name)) for name in looped]
    loop_seconds = (time.perf_counter() - started) * count / len(parts)
    if told_apart.height != count or not any(map(any, parts)):
        raise BenchmarkError("The names were not told apart.")
    return {"names": [seconds], "names_loop": [loop_seconds]}


def measure_bcrypt(count: int, /) -> Series:
    """`bcrypt`: seconds of the stage for so many passwords; `bcrypt_bare`: what the hashes alone take, on all cores.

    The time of one hash is the median of some before the stage and some after it.
    """
    before = _seconds_of_hashes()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(_env_file=None, runs_dir=Path(folder), bcrypt_cost=BCRYPT_COST)  # type: ignore[call-arg]  # pydantic-settings takes it
        run = Run.begin(settings, Progress(Console(file=StringIO())))
        rows = {"id": [f"user-{number}" for number in range(count)], "email": [f"user-{number}@x.example" for number in range(count)]}
        users = pl.DataFrame(rows).with_columns(passwordHash=pl.lit(None, dtype=pl.String))
        users.write_parquet(run.folder.part("v2", "User", 0))
        credentials(run)
        made = run.credentials().select(pl.len()).collect().item()
        (stage,) = run.stages
        run.end("done")
    if made != count:
        raise BenchmarkError(f"{made} passwords were made in place of {count}.")
    one_hash = statistics.median([*before, *_seconds_of_hashes()])
    return {"bcrypt": [stage.seconds], "bcrypt_bare": [count * one_hash / (os.cpu_count() or 1)]}


def _rows(count: int) -> pl.DataFrame:
    """Ids from 1, and the countries in turn."""
    homes = (pl.col("id") % len(COUNTRIES)).replace_strict(range(len(COUNTRIES)), COUNTRIES, return_dtype=pl.String)
    return pl.DataFrame({"id": pl.int_range(1, count + 1, eager=True)}).with_columns(home=homes)


def _number(phone: str | None, region: str) -> str | None:
    try:
        number = phonenumbers.parse(phone or "", region)
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164) if phonenumbers.is_valid_number(number) else None


def _parts(name: Any) -> Iterable[str]:
    return name.title, name.first, name.middle, name.last, name.suffix


def _seconds_of_hashes() -> list[float]:
    seconds = []
    for _ in range(SINGLE_HASHES):
        started = time.perf_counter()
        hashed("correct horse", cost=BCRYPT_COST)
        seconds.append(time.perf_counter() - started)
    return seconds
