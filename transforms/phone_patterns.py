"""The numbering plans of `phonenumbers`, as judgements on whole columns of digits.

All that the library decides about a string of digits it decides by regular expressions and lengths, which it keeps for each
region, and for each calling code of no region. Polars takes the same expressions. The judgements name the functions of
`phonenumbers.phonenumberutil` that they repeat; `transforms.phone_reading` strings them together as the library does.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

import polars as pl
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, SUPPORTED_REGIONS, PhoneMetadata, country_code_for_region

KINDS: Final = (
    "premium_rate",
    "toll_free",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
    "fixed_line",
    "mobile",
)
"""The kinds of numbers by which the library knows a valid one."""


@dataclass(frozen=True, eq=False)
class NumberingPlan:
    """How one region, or one calling code of no region, dials its numbers, and what they look like.

    It judges Strings of the digits `0` to `9` alone; these may be empty, but not null.
    """

    region: str
    calling_code: str
    exit_prefix: str | None
    """Pattern of what is dialled to get out of the region, such as `00`."""
    national_prefix: str | None
    """Pattern of what is dialled before a national number, such as `0`; it may hold a carrier code."""
    national_prefix_rule: str | None
    """What takes the place of a national prefix whose last group took part."""
    leading_digits: str | None
    """Pattern of the first digits that tell the plan from others of its calling code."""
    general: str
    """Pattern of all national numbers."""
    lengths: tuple[int, ...]
    """How many digits national numbers may have."""
    kinds: str
    """Pattern of the national numbers of a known kind. It implies their lengths."""

    def without_exit_prefix(self, digits: pl.Expr, /) -> pl.Expr:
        """Digits without the exit prefix, if they begin with it."""
        return _without(self.exit_prefix, digits)

    def without_national_prefix(self, digits: pl.Expr, /) -> pl.Expr:
        """Digits without the national prefix, if they begin with it."""
        if not self.national_prefix or not self.national_prefix_rule:
            return _without(self.national_prefix, digits)
        prefix = _beginning(self.national_prefix)
        last_group = digits.str.extract(prefix, re.compile(self.national_prefix).groups)
        replacement = re.sub(r"\\(\d)", r"${\1}", self.national_prefix_rule)
        replaced = digits.str.replace(prefix, replacement)
        return pl.when(last_group.is_null()).then(digits.str.replace(prefix, "")).otherwise(replaced)

    def is_viable(self, digits: pl.Expr, /) -> pl.Expr:
        """Whether digits look like a national number (`_match_national_number` with the general description)."""
        return digits.str.contains(_whole(self.general))

    def is_possible(self, digits: pl.Expr, /) -> pl.Expr:
        """Whether digits are as many as those of some national number (`_test_number_length`)."""
        return digits.str.len_bytes().is_in(self.lengths)

    def is_too_long(self, digits: pl.Expr, /) -> pl.Expr:
        """Whether digits are more than those of any national number (`_test_number_length`)."""
        return digits.str.len_bytes() > max(self.lengths)

    def claims(self, national: pl.Expr, /) -> pl.Expr:
        """Whether a number that no plan before claims is this one's to judge (`_region_code_for_number_from_list`)."""
        return self.is_valid(national) if self.leading_digits is None else self._is_led(national)

    def is_valid(self, national: pl.Expr, /) -> pl.Expr:
        """Whether a number is the plan's, and of a known kind (`_number_type_helper`)."""
        return self._is_led(national) & self.is_viable(national) & national.str.contains(_whole(self.kinds))

    def _is_led(self, national: pl.Expr) -> pl.Expr:
        if self.leading_digits is None:
            return pl.lit(value=True)
        if self.leading_digits.isdecimal():
            return national.str.starts_with(self.leading_digits)
        return national.str.contains(_beginning(self.leading_digits))


def plan_of_region(region: str | None, /) -> NumberingPlan | None:
    """The plan of a region, or None where the library knows no such region."""
    if region not in SUPPORTED_REGIONS:
        return None
    calling_code = country_code_for_region(region)
    return next(plan for plan in plans_under(str(calling_code)) if plan.region == region)


@cache
def plans_under(calling_code: str, /) -> tuple[NumberingPlan, ...]:
    """The plans that share a calling code, in the order in which the library asks them: the main one first."""
    code = int(calling_code)
    regions = COUNTRY_CODE_TO_REGION_CODE[code]
    of_regions = (PhoneMetadata.metadata_for_region_or_calling_code(code, region) for region in regions)
    return tuple(_plan(metadata, is_alone=len(regions) == 1) for metadata in of_regions if metadata)


def _plan(metadata: PhoneMetadata, *, is_alone: bool) -> NumberingPlan:
    general = metadata.general_desc
    if general is None or general.national_number_pattern is None:
        raise ValueError(f"phonenumbers describes no numbers of {metadata.id}")
    kinds = filter(None, (getattr(metadata, kind) for kind in KINDS))
    return NumberingPlan(
        region=metadata.id,
        calling_code=str(metadata.country_code),
        exit_prefix=metadata.international_prefix,
        national_prefix=metadata.national_prefix_for_parsing,
        national_prefix_rule=metadata.national_prefix_transform_rule,
        # A plan that shares its calling code with none is not asked for them.
        leading_digits=None if is_alone else metadata.leading_digits,
        general=general.national_number_pattern,
        lengths=general.possible_length,
        # Where mobile numbers look like fixed lines, the pattern is there twice.
        kinds="|".join(filter(None, dict.fromkeys(kind.national_number_pattern for kind in kinds))),
    )


def calling_code(digits: pl.Expr, /) -> pl.Expr:
    """The calling code that digits begin with, null if none (`_extract_country_code`). No code begins with another."""
    return digits.str.head(3).replace_strict(*_codes_by_head(), default=None)


@cache
def _codes_by_head() -> tuple[pl.Series, pl.Series]:
    """All three digits that begin with a calling code, and that code."""
    heads = (str(head) for head in range(100, 1000))
    codes = {head: head[:n] for head in heads for n in (1, 2, 3) if int(head[:n]) in COUNTRY_CODE_TO_REGION_CODE}
    return pl.Series(codes.keys()), pl.Series(codes.values())


def _without(prefix: str | None, digits: pl.Expr) -> pl.Expr:
    if not prefix:
        return digits
    literals = prefix.split("|")
    if not all(literal.isdecimal() for literal in literals):
        return digits.str.replace(_beginning(prefix), "")
    # Most prefixes are `0` or the like; taking them off as they stand is four times as fast.
    without = digits
    for literal in reversed(literals):
        without = pl.when(digits.str.starts_with(literal)).then(digits.str.slice(len(literal))).otherwise(without)
    return without


def _whole(pattern: str) -> str:
    # Without `u`, \d is one of ten digits and not of all of Unicode's: here there are no others.
    return f"^(?-u:{pattern})$"


def _beginning(pattern: str) -> str:
    return f"^(?-u:{pattern})"
