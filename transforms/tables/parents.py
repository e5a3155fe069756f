"""What is a parent's own: the Parent row, and how a parent is related to a child (mapping, section 7)."""

from typing import Final

import polars as pl

from transforms import phones
from transforms.records import TIMESTAMP_CHANGES, Change, flags
from transforms.tables import people
from transforms.text import cleaned, optional

CHANGES: Final[tuple[Change, ...]] = (
    *people.CHANGES,
    *TIMESTAMP_CHANGES,
    *flags("alt_phone", "judged_alt_phone", "phone_invalid", "phone_extra_dropped", "phone_extension_dropped"),
)

RELATIONSHIPS: Final = {
    "FATHER": ("father", "dad", "daddy", "papa"),
    "MOTHER": ("mother", "mum", "mom", "mummy", "mama"),
    "GUARDIAN": (
        "guardian", "uncle", "aunt", "grandparent", "grandmother", "grandfather", "brother", "sister", "sponsor",
    ),
}  # fmt: skip


def relationship(text: pl.Expr, /) -> pl.Expr:
    """V2's Relationship of a parent's own text: `OTHER` for any that is not listed, and for none. String in, String out.

    >>> pl.Series(["Mum ", "neighbour", None]).to_frame("r").select(relationship(pl.col("r"))).to_series().to_list()
    ['MOTHER', 'OTHER', 'OTHER']
    """
    by_word = {word: code for code, words in RELATIONSHIPS.items() for word in words}
    return cleaned(text).str.to_lowercase().replace_strict(by_word, default="OTHER", return_dtype=pl.String)


def converted(converted_people: pl.LazyFrame, /) -> pl.LazyFrame:
    """Adds what is judged of a parent's own columns: `judged_alt_phone`."""
    return converted_people.with_columns(judged_alt_phone=phones.e164(pl.col("alt_phone"), region=pl.col("school_country")))


def rows(converted_parents: pl.LazyFrame, /) -> pl.LazyFrame:
    """V2's Parent rows."""
    timestamps = pl.col("judged_timestamps").struct
    return converted_parents.select(
        id="profile_uid",
        userId="user_uid",
        altPhone=pl.col("judged_alt_phone").struct.field("value"),
        occupation=optional(pl.col("occupation")),
        createdAt=timestamps.field("created_at"),
        updatedAt=timestamps.field("updated_at"),
    )
