"""The kinds of columns that V1 and V2 have: pandera columns with the checks that belong to each kind."""

from datetime import date, datetime
from typing import Final

import pandera.polars as pa
import polars as pl
from polars.datatypes import DataType

from checks.rules import clean, matching, one_of, plausible, rule

UUID5: Final = r"^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
"""RFC 9562, in lower case."""

LOCAL: Final = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
LAST_LABEL: Final = r"(?:[a-z]{2,63}|xn--[a-z0-9-]{0,58}[a-z0-9])"
EMAIL: Final = rf"^{LOCAL}@(?:{LABEL}\.)+{LAST_LABEL}$"
"""Mapping, section 4; the lengths of the local part and of the whole are checked apart."""

E164: Final = r"\+[1-9][0-9]{1,16}"
COUNTER: Final = r"(?:;ext=(?:[2-9]|[1-9][0-9]+))?"
"""What tells apart the people who share a number, from 2 on (mapping, section 5)."""

FIRST_DATE: Final = date(1900, 1, 1)
LAST_DATE: Final = date(2200, 1, 1)


def given(name: str, dtype: DataType, /, *checks: pa.Check) -> pa.Column:
    """A column that must be there and holds no null."""
    return pa.Column(dtype, list(checks), nullable=False, required=True, name=name)


def optional(name: str, dtype: DataType, /, *checks: pa.Check) -> pa.Column:
    """A column that may be absent and may hold nulls."""
    return pa.Column(dtype, list(checks), nullable=True, required=False, name=name)


def nullable(column: pa.Column, /) -> pa.Column:
    """The column, with nulls allowed."""
    return pa.Column(column.dtype.type, column.checks, nullable=True, required=column.required, name=column.name)


def with_checks(column: pa.Column, /, *checks: pa.Check) -> pa.Column:
    """The column, with further checks."""
    all_checks = [*column.checks, *checks]
    return pa.Column(column.dtype.type, all_checks, nullable=column.nullable, required=column.required, name=column.name)


def migrated_id(name: str, /) -> pa.Column:
    """The id of a row that the migration makes."""
    are_sound = pl.col(name).map_batches(_are_uuid5, return_dtype=pl.Boolean, returns_scalar=True)
    meaning = f"{name} is a version 5 UUID in lower case"
    return given(name, pl.String(), rule(f"{name}_uuid", meaning, pl.col(name).str.contains(UUID5), are_sound=are_sound))


def reference(name: str, /) -> pa.Column:
    """The id of a reference row, which need not be of the migration's making: any text."""
    return given(name, pl.String(), rule(f"{name}_filled", f"{name} is not empty", pl.col(name) != ""))


def text(name: str, /, *checks: pa.Check) -> pa.Column:
    """Clean text."""
    return given(name, pl.String(), clean(name), *checks)


def person_name(name: str, /) -> pa.Column:
    """A part of a person's name."""
    return text(name)


def enum(name: str, /, *values: str) -> pa.Column:
    """A value of an enum, as text."""
    return given(name, pl.String(), one_of(name, values))


def flag(name: str, /) -> pa.Column:
    """True or false."""
    return given(name, pl.Boolean())


def email(name: str, /) -> pa.Column:
    """A valid address in lower case, its domain in ASCII (mapping, section 4)."""
    address = pl.col(name)
    is_valid = address.str.contains(EMAIL) & (address.str.find("@", literal=True) <= 64) & (address.str.len_bytes() <= 254)
    return given(name, pl.String(), rule(f"{name}_valid", f"{name} is a valid address in lower case", is_valid))


def phone(name: str, /, *, is_shared: bool = False) -> pa.Column:
    """A number in E.164; where people may share one, with a counter as its extension."""
    meaning = "a number in E.164" + (", with a counter from 2 on where it is shared" if is_shared else "")
    return given(name, pl.String(), matching(name, "e164", f"^{E164}{COUNTER if is_shared else ''}$", meaning=meaning))


def country(name: str, /) -> pa.Column:
    """An alpha-2 code of ISO 3166-1, by its shape."""
    return given(name, pl.String(), matching(name, "code", "^[A-Z]{2}$", meaning="two capital letters"))


def day(name: str, /) -> pa.Column:
    """A date of birth, hiring or enrolment (mapping, section 7)."""
    meaning = f"between {FIRST_DATE} and {LAST_DATE}"
    return given(name, pl.Date(), plausible(name, meaning, pl.col(name).is_between(FIRST_DATE, LAST_DATE)))


def timestamp(name: str, /) -> pa.Column:
    """A moment in UTC, in the years 1900 to 2200 (mapping, section 1)."""
    is_plausible = pl.col(name).is_between(datetime(1900, 1, 1), datetime(2201, 1, 1), closed="left")  # noqa: DTZ001 - V2's have no zone
    return given(name, pl.Datetime("us"), plausible(name, "in the years 1900 to 2200", is_plausible))


def at_least_zero(name: str, dtype: DataType, /) -> pa.Column:
    """A number that is not negative."""
    return given(name, dtype, plausible(name, "not negative", pl.col(name) >= 0))


def _are_uuid5(ids: pl.Series) -> pl.Series:
    """Whether all ids, nulls aside, are what `UUID5` describes: told of all bytes at once, as regular expressions take their time."""
    given = ids.drop_nulls()
    if not (given.str.len_bytes() == 36).all():
        return pl.Series([False])
    uuids = given.cast(pl.Binary).bin.reinterpret(dtype=pl.Array(pl.UInt8, 36))
    byte = uuids.explode(empty_as_null=False)
    hex_digits = (byte.is_between(ord("0"), ord("9")) | byte.is_between(ord("a"), ord("f"))).sum()
    has_dashes = all((uuids.arr.get(place) == ord("-")).all() for place in (8, 13, 18, 23))
    has_version = (uuids.arr.get(14) == ord("5")).all() and uuids.arr.get(19).is_in(list(b"89ab")).all()
    # With four dashes in each, as many hexadecimal digits are there as have room only if all the rest are.
    return pl.Series([has_dashes and has_version and hex_digits == 32 * given.len()])
