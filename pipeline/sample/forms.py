"""Writes one value in the many ways in which people write it: a table of templates, each with its weight."""

import re
from collections.abc import Mapping
from itertools import accumulate
from typing import Final, TypeAlias

import polars as pl

from pipeline.sample.chance import Dice

Forms: TypeAlias = Mapping[str | None, int]
"""Template → weight. `{name}` stands for a field; the template None writes nothing: null."""

LOT: Final = "lot"

FIELD: Final[re.Pattern[str]] = re.compile(r"\{(\w+)\}")


def written(forms: Forms, /, *, dice: Dice, purpose: str, **fields: pl.Expr) -> pl.Expr:
    """The fields, in the form that the dice choose for each row. String out.

    A form with a field that is null gives null: what a person does not have cannot be written in any form.

    >>> names = pl.DataFrame({"id": [1, 2], "first": ["Ada", "Obi"], "last": ["Eze", None]})
    >>> form = written({"{last}, {first}": 1}, dice=Dice(0, "Student"), purpose="name", first=pl.col("first"), last=pl.col("last"))
    >>> names.select(form).to_series().to_list()
    ['Eze, Ada', None]
    """
    lot = dice.below(sum(forms.values()), purpose=purpose).alias(LOT)
    text = _by_lot(forms)
    # Within the struct each field is worked out once; written out in every form that has it, the query would explode.
    parts = pl.struct(lot, *(field.alias(name) for name, field in fields.items()))
    return parts.map_batches(lambda rows: rows.struct.unnest().select(text).to_series(), return_dtype=pl.String, is_elementwise=True)


def _by_lot(forms: Forms) -> pl.Expr:
    text = pl.lit(None, dtype=pl.String)
    # From the last form to the first, so that each condition need name its upper bound only.
    for template, bound in reversed(list(zip(forms, accumulate(forms.values()), strict=True))):
        text = pl.when(pl.col(LOT) < bound).then(_filled(template)).otherwise(text)
    return text


def _filled(template: str | None) -> pl.Expr:
    if template is None:
        return pl.lit(None, dtype=pl.String)
    # re.split puts what the group matched, a field's name, between the literal pieces.
    pieces = FIELD.split(template)
    return pl.concat_str(pl.col(piece) if place % 2 else pl.lit(piece) for place, piece in enumerate(pieces))
