"""Takes an address of one line apart (mapping, section 6)."""

import re
from typing import Final

import polars as pl

from transforms.countries import address_country
from transforms.sparse import changed_where
from transforms.text import LATIN, LINE_BREAK, NULL_WORDS, cleaned

FIELDS: Final = ("line1", "line2", "city", "state", "postal_code", "country")
"""The fields of a parsed address, all of them Strings."""

POSTAL_CODE: Final = (
    r"(?:[0-9]{4,7}"
    r"|[0-9]{5}-[0-9]{4}"  # ZIP+4
    r"|[A-Za-z]{1,2}[0-9][A-Za-z0-9]? ?[0-9][A-Za-z]{2}|[Gg][Ii][Rr] ?0[Aa]{2}"  # UK
    r"|[A-Za-z][0-9][A-Za-z] ?[0-9][A-Za-z][0-9])"  # Canada
)
"""A postal code, by its shape and in any case: one word, or two of a UK or Canadian one."""

STAND_IN: Final = "\x01"
"""Takes the place of a first part that is not looked at: a control, so no cleaned text can hold it."""

NULL_WORD: Final = f"(?i:{'|'.join(map(re.escape, NULL_WORDS))})"


def _neat(character: str) -> str:
    """Pattern of lines that need no cleaning: parts of single-spaced words of such characters, none of them a null word.

    What is no null word begins otherwise than all of them, is longer, or has two words.
    """
    beginning = re.escape("".join(sorted({letter for word in NULL_WORDS for letter in (word[0], word[0].upper())})))
    longer = f"{character}{{{max(map(len, NULL_WORDS)) + 1},}}"
    part = f"(?:[{character}--[{beginning}]]{character}*|{longer}|{character}+ {character}+)(?: {character}+)*"
    return f"^{part}(?:, ?{part})*$"


NEAT: Final = _neat(rf"[!-+\--~{LATIN}]")
"""Such a line of visible ASCII and Latin letters, as nearly all are."""

NEAT_IF_CLEAN: Final = _neat("[^ ,]")
"""Such a line, if it is clean text."""

# These read clean parts joined by commas, which no part holds.
POSTAL_CODE_AT_END: Final = f"[ ,]({POSTAL_CODE})$"
POSTAL_CODE_ALONE: Final = f"^ ?{POSTAL_CODE}$"
LAST_PART: Final = "([^,]+)$"
ALL_BUT_LAST_PART: Final = "^(.+),"

POSTAL_CODE_IN_PART: Final = f"^(?<before>.+),(?:(?<rest>[^,]+) )?(?<postal_code>{POSTAL_CODE})(?:,(?<after>[^,]+))?$"
"""A postal code at the end of the last part or of the one before it, the rest of that part, and the other parts.

Greedy, so that the last part goes first; and something is before, so that the first part is never looked at.
"""

PLACES: Final = "^(?<line1>[^,]+)(?:,(?<line2>.+?))??(?:,(?<city>[^,]+))?(?:,(?<state>[^,]+))?$"
"""What each part is. Lazy, so that line2 is only what city and state leave."""


def parsed(address: pl.Expr, /, *, country: pl.Expr) -> pl.Expr:
    """Street, city, state, postal code and country of an address of one line (mapping, section 6).

    Split at commas and line breaks; each part is cleaned, and empty ones and null words fall out. A country at the end
    gives the address's, else `country` does: the school's, an alpha-2 code or null. A postal code that stands with the
    country is the address's, and no other is looked for; one that stands with no country stays where it is, and is
    looked for there. What goes away with a postal code is the blank before it and nothing else.

    String in. Out comes a struct of the Strings `FIELDS`, `country` in alpha-2. Every field is null where the address
    is null or has nothing left, be it that it names a country and nothing else: there is no Address row then. In any
    other address `line1` is not null.

    >>> address = pl.lit("12 Allen Avenue, Ikeja, Lagos 100281, Nigeria")
    >>> pl.select(parsed(address, country=pl.lit("NG")).struct.unnest()).row(0)
    ('12 Allen Avenue', None, 'Ikeja', 'Lagos', '100281', 'NG')
    """
    typed = pl.struct(address=address, school_country=country)
    # Steps over a frame, since each draws on the one before several times; nothing crosses from row to row.
    return typed.map_batches(_parsed, return_dtype=pl.Struct(dict.fromkeys(FIELDS, pl.String)), is_elementwise=True)


def _parsed(addresses: pl.Series) -> pl.Series:
    """Takes apart once what is the same in many addresses: all but the first part, unless the rules look at that, too."""
    line, others = pl.col("line"), pl.col("others")
    typed = addresses.struct.unnest()
    # Before a postal code alone the first part may be the country.
    has_place = ~others.str.contains(POSTAL_CODE_ALONE)
    same = ["looked_at", "school_country"]
    lines = (
        typed.select("school_country", line=_clean_lines(typed["address"]))
        .with_columns(line.str.splitn(",", 2).struct.rename_fields(["first", "others"]).struct.unnest())
        .with_columns(looked_at=pl.when(has_place).then(pl.concat_str(pl.lit(STAND_IN), others, separator=",")).otherwise(line))
    )
    places = _taken_apart(lines.lazy().select(same).unique())
    return (
        lines.join(places.collect(engine="in-memory"), on=same, how="left", nulls_equal=True, maintain_order="left")
        .with_columns(line1=pl.when(pl.col("line1") == STAND_IN).then("first").otherwise("line1"))
        .select(FIELDS)
        .to_struct(addresses.name)
    )


def _clean_lines(addresses: pl.Series) -> pl.Series:
    """The clean parts joined by a comma, or a comma and a blank. Null where no part is left."""
    return changed_where(~addresses.str.contains(NEAT), addresses, _made_neat)


def _made_neat(addresses: pl.Series) -> pl.Series:
    line = cleaned(pl.col("line").str.replace_all(LINE_BREAK, ","))
    lines = addresses.to_frame("line").select(line).to_series()
    return changed_where(~lines.str.contains(NEAT_IF_CLEAN), lines, _without_empty_parts)


def _without_empty_parts(lines: pl.Series) -> pl.Series:
    # Each part gets its own two commas, so that of two null words side by side both are seen.
    fenced = "," + lines.str.replace_all(" ?, ?", ",,") + ","
    kept = fenced.str.replace_all(f",{NULL_WORD},", "")
    return kept.str.replace_all(",{2,}", ",").str.strip_chars(",").replace("", None)


def _taken_apart(lines: pl.LazyFrame) -> pl.LazyFrame:
    """Rules 1 to 3, one after the other, over what is `looked_at` of lines, and the `school_country`."""
    same = ["looked_at", "school_country"]
    line = pl.col("looked_at").str.replace_all(", ", ",", literal=True)
    return lines.with_columns(line=line).pipe(_without_country).pipe(_without_postal_code).pipe(_in_place).select(*same, *FIELDS)


def _without_country(addresses: pl.LazyFrame) -> pl.LazyFrame:
    """Rule 1: takes the country off the end of the line, and the postal code that stands with it."""
    line, without_code, found = pl.col("line"), pl.col("without_code"), pl.col("found")
    has_country = found.is_not_null()
    before_country = pl.when(has_country).then(without_code).str.extract(ALL_BUT_LAST_PART)
    return (
        addresses.with_columns(
            postal_code=line.str.extract(POSTAL_CODE_AT_END),
            without_code=line.str.replace(POSTAL_CODE_AT_END, ""),
        )
        .with_columns(
            found=address_country(without_code.str.extract(LAST_PART), school_country=pl.col("school_country")),
        )
        .with_columns(
            line=pl.when(has_country).then(before_country).otherwise(line),
            postal_code=pl.when(has_country).then("postal_code"),
            country=pl.coalesce(found, "school_country"),
        )
    )


def _without_postal_code(addresses: pl.LazyFrame) -> pl.LazyFrame:
    """Rule 2: takes the postal code out of the last part left, or of the one before it, unless there is one already."""
    hit = pl.col("hit").struct
    without_code = pl.concat_str(hit["before"], hit["rest"], hit["after"], separator=",", ignore_nulls=True)
    lacking = pl.when(pl.col("postal_code").is_null()).then("line")
    return addresses.with_columns(hit=lacking.str.extract_groups(POSTAL_CODE_IN_PART)).with_columns(
        line=pl.when(hit["postal_code"].is_null()).then("line").otherwise(without_code),
        postal_code=pl.coalesce("postal_code", hit["postal_code"]),
    )


def _in_place(addresses: pl.LazyFrame) -> pl.LazyFrame:
    """Rule 3: gives each part that is left its place. Where none is left nothing stays."""
    places = pl.col("line").str.extract_groups(PLACES).struct.unnest()
    return addresses.with_columns(places).with_columns(
        pl.col("line2").str.replace_all(",", ", ", literal=True),
        pl.when(pl.col("line").is_not_null()).then(pl.col("postal_code", "country")),
    )
