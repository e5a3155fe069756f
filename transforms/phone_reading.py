"""Reads columns of ordinary phone numbers in the steps in which `phonenumbers` reads one.

The library reads one number at a time: here all numbers that follow the same numbering plan take a step together. The steps
name the functions of `phonenumbers.phonenumberutil` that they repeat.
"""

from collections import defaultdict
from typing import Final, NamedTuple

import polars as pl

from transforms.phone_patterns import NumberingPlan, calling_code, plan_of_region, plans_under

PASSED_OVER: Final = list("+ ().-\u2010\u2011\u2012\u2013\u2014\u2015\u2212")
"""All that ordinary numbers hold beside digits: plus, blanks, brackets, dots, and hyphens, dashes and minus signs."""

NUMBER: Final = r"\(?\+?\(?[0-9](?:[ ().\-\x{2010}-\x{2015}\x{2212}]{0,3}[0-9]){4,24}[).\-]{0,2}"
"""An ordinary number, five digits or more: the library looks at these alone, and at the plus before them."""

EXTENDED_NUMBER: Final = (
    rf"^[A-Za-z :.]{{0,20}}(?<number>{NUMBER})(?: *(?i-u:;ext=|(?:ext(?:n|ension)?|x)[:.]? *)(?<extension>[0-9]{{1,7}}))?$"
)
"""An ordinary number after a label, which the library passes over, and before an extension, which it takes off first."""

FEW: Final = 50
"""Fewer numbers than these of one plan are left to the library: it is done before their patterns are compiled."""

DIGITS: Final = pl.col("digits")
NATIONAL: Final = pl.col("national")


class Reading(NamedTuple):
    """What became of a column of numbers: each is in one of the two frames."""

    decided: pl.DataFrame
    """`piece`, as handed in, and `value`: the number in E.164, null if it is not valid."""
    undecided: pl.DataFrame
    """`piece` of the numbers that the library must judge."""


def read(numbers: pl.DataFrame, /) -> Reading:
    """Reads ordinary numbers as the library's `parse`, `is_valid_number` and `format_number` do.

    `numbers` has `piece`, a key of any dtype, `region` and `text`, both String; only `region` may be null. `text` matches
    `NUMBER`, but may have a digit less.
    """
    text = pl.col("text")
    written = numbers.select(
        "piece",
        "region",
        has_plus=text.str.contains("+", literal=True),
        digits=text.str.replace_many(PASSED_OVER, [""] * len(PASSED_OVER)),
    )
    with_plus, without_plus = _parted(written, pl.col("has_plus"))
    international = [with_plus.select("piece", "digits")]
    national: dict[NumberingPlan, list[pl.DataFrame]] = defaultdict(list)
    decided = [numbers.select("piece", value="text").clear()]
    undecided = [numbers.select("piece").clear()]

    for (region,), dialled in without_plus.partition_by("region", as_dict=True, maintain_order=False).items():
        plan = plan_of_region(region)
        if plan is None:
            # Where the library knows no region, it reads numbers with a plus only.
            decided.append(dialled.select("piece", value=pl.lit(None, pl.String)))
        elif dialled.height < FEW:
            undecided.append(dialled.select("piece"))
        else:
            abroad, at_home = _parted_by_exit_prefix(dialled.select("piece", "digits"), plan)
            coded, uncoded = _parted_by_calling_code(at_home, plan)
            international.append(abroad)
            national[plans_under(plan.calling_code)[0]].append(coded)
            national[plan].append(uncoded)

    calls = pl.concat(international).with_columns(calling_code=calling_code(DIGITS))
    for (code,), dialled in calls.partition_by("calling_code", as_dict=True, maintain_order=False).items():
        if code is None:
            undecided.append(dialled.select("piece"))
        else:
            national[plans_under(code)[0]].append(dialled.select("piece", DIGITS.str.slice(len(code))))

    for plan, parts in national.items():
        dialled = pl.concat(parts)
        if dialled.height < FEW:
            undecided.append(dialled.select("piece"))
        else:
            decided.extend(_decided(dialled, plan))
    return Reading(pl.concat(decided), pl.concat(undecided))


def _parted_by_exit_prefix(dialled: pl.DataFrame, plan: NumberingPlan) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Numbers dialled out of the region, without its exit prefix, and all others (`_parse_prefix_as_idd`)."""
    onward = pl.col("onward")
    is_abroad = (onward.str.len_bytes() < DIGITS.str.len_bytes()) & ~onward.str.starts_with("0")
    abroad, at_home = _parted(dialled.with_columns(onward=plan.without_exit_prefix(DIGITS)), is_abroad)
    return abroad.select("piece", digits="onward"), at_home.select("piece", "digits")


def _parted_by_calling_code(dialled: pl.DataFrame, plan: NumberingPlan) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Numbers with the region's own calling code, without it, and all others (the end of `_maybe_extract_country_code`)."""
    alike, others = _parted(dialled, DIGITS.str.starts_with(plan.calling_code))
    cut = alike.select("piece", DIGITS.str.slice(len(plan.calling_code)), uncut="digits")
    uncut = pl.col("uncut")
    is_meant = (~plan.is_viable(uncut) & plan.is_viable(NATIONAL)) | plan.is_too_long(uncut)
    coded, uncoded = _parted(_without_national_prefix(cut, plan), is_meant)
    return coded.select("piece", digits="national"), pl.concat([others, uncoded.select("piece", digits="uncut")])


def _decided(dialled: pl.DataFrame, plan: NumberingPlan) -> list[pl.DataFrame]:
    """The numbers that follow a plan, in E.164 or null (the end of `parse`, and `is_valid_number`)."""
    is_enough = plan.is_possible(NATIONAL) | plan.is_too_long(NATIONAL)
    national = pl.when(is_enough).then(NATIONAL).otherwise(DIGITS)
    numbers = _without_national_prefix(dialled, plan).select("piece", national=national)
    main, *others = plans_under(plan.calling_code)
    if not others:
        return [_in_e164(numbers, main)]
    # Few numbers are not the main plan's. What no plan claims is not valid, and so the last may say.
    of_main, unclaimed = _parted(numbers, main.claims(NATIONAL))
    claims = (pl.when(other.claims(NATIONAL)).then(place) for place, other in enumerate(others))
    claimed = unclaimed.with_columns(claimant=pl.coalesce(*claims, len(others) - 1)).partition_by("claimant", as_dict=True)
    return [_in_e164(of_main, main), *(_in_e164(part, others[place]) for (place,), part in claimed.items())]


def _in_e164(numbers: pl.DataFrame, plan: NumberingPlan) -> pl.DataFrame:
    in_e164 = pl.concat_str(pl.lit(f"+{plan.calling_code}"), NATIONAL)
    return numbers.select("piece", value=pl.when(plan.is_valid(NATIONAL)).then(in_e164))


def _without_national_prefix(dialled: pl.DataFrame, plan: NumberingPlan) -> pl.DataFrame:
    """Adds `national`: digits without a prefix that they can do without (`_maybe_strip_national_prefix_carrier_code`)."""
    needs_prefix = plan.is_viable(DIGITS) & ~plan.is_viable(NATIONAL)
    stripped = dialled.with_columns(national=plan.without_national_prefix(DIGITS))
    return stripped.with_columns(national=pl.when(needs_prefix).then(DIGITS).otherwise(NATIONAL))


def _parted(numbers: pl.DataFrame, condition: pl.Expr) -> tuple[pl.DataFrame, pl.DataFrame]:
    is_met = numbers.select(condition).to_series()
    # Column by column: a frame's own filter starts the query engine, which takes longer than the filtering.
    met, unmet = ([column.filter(mask) for column in numbers] for mask in (is_met, ~is_met))
    return pl.DataFrame(met), pl.DataFrame(unmet)
