"""Brings phone numbers to E.164 exactly as `phonenumbers` would, whole columns at a time (mapping, section 5)."""

from typing import Final

import phonenumbers
import polars as pl

from transforms.phone_reading import EXTENDED_NUMBER, NUMBER, read
from transforms.text import is_null_word, optional

VERDICT: Final = pl.Struct(
    {
        "value": pl.String,
        "phone_invalid": pl.Boolean,
        "phone_extra_dropped": pl.Boolean,
        "phone_extension_dropped": pl.Boolean,
    }
)
"""What `e164` gives: the value, and a flag for each reason code of the mapping."""

ORDINARY_TEXT: Final = rf"^ *'? *{NUMBER} *$"
"""One number, with nothing about it but what is told at sight: nearly all texts are so, and spared the slow way."""

SEPARATOR: Final = r"(?i)[/,;]|\bor\b"
CUT: Final = "\x01"
"""Takes the place of a separator: a control, so no cleaned text can hold it."""

EXTENSION: Final = r"(?i);(ext=)"
EXTENSION_MARK: Final = "\x02"
"""Takes the place of RFC 3966's semicolon, which is no separator."""


def e164(phone: pl.Expr, /, *, region: pl.Expr) -> pl.Expr:
    """The first valid phone number of a text, in E.164, as `parse`, `is_valid_number` and `format_number` say.

    A text may hold several numbers: it is split at `/`, `,`, `;` (but not at RFC 3966's `;ext=`, in any case) and the word
    `or`. Of each piece a leading `'` and a trailing `.0` go, which spreadsheets leave. Pieces that are empty or a null word do
    not count. A text of which nothing counts, and null, gives null without flags.

    Args:
        phone: String, as typed.
        region: String, the ISO 3166-1 alpha-2 code of the country in which national writings are dialled. Where it is null, or
            no region that the library knows, only international writings are valid, as the library says.

    Returns:
        A struct, never null, of `value`, String, null if no number is valid, and three Booleans, never null. `phone_invalid`:
        something counted, but none of it is a valid number. `phone_extra_dropped`: something counted beside the number kept,
        valid or not. `phone_extension_dropped`: the number kept had an extension.

    >>> phone = pl.lit("0803 123 4567 / 0805 765 4321")
    >>> pl.select(e164(phone, region=pl.lit("NG")).struct.field("value", "phone_extra_dropped")).row(0)
    ('+2348031234567', True)
    """
    return pl.struct(phone=phone, region=region).map_batches(_verdicts, return_dtype=VERDICT, is_elementwise=True)


def _verdicts(dialled: pl.Series) -> pl.Series:
    texts = dialled.struct.unnest().with_row_index("row")
    is_ordinary = texts["phone"].str.contains(ORDINARY_TEXT).fill_null(value=False)
    number = pl.col("phone").str.strip_chars(" '").str.strip_suffix(".0")
    ordinary = texts.filter(is_ordinary).select("region", piece="row", text=number)
    odd = texts.filter(~is_ordinary)
    pieces = _pieces(odd).with_row_index("piece", offset=texts.height)  # beyond the rows, which are the ordinary ones' pieces
    numbers = _numbers(ordinary, pieces)
    of_ordinary = numbers.filter(pl.col("piece") < texts.height).select(
        row="piece",
        value="value",
        phone_invalid=pl.col("value").is_null(),
        phone_extra_dropped=pl.lit(value=False),
        phone_extension_dropped=pl.lit(value=False),
    )
    of_odd = odd.select("row").join(_kept(pieces, numbers), on="row", how="left")
    nothing_said = pl.col(pl.Boolean).fill_null(value=False)
    return pl.concat([of_ordinary, of_odd.with_columns(nothing_said)]).sort("row").drop("row").to_struct()


def _pieces(texts: pl.DataFrame) -> pl.DataFrame:
    """All that counts in texts, in order, as `row`, `region` and `text`; with the groups of `EXTENDED_NUMBER`."""
    text = pl.col("text")
    marked = text.str.replace_all(EXTENSION, f"{EXTENSION_MARK}${{1}}").str.replace_all(SEPARATOR, CUT)
    piece = text.str.replace_all(EXTENSION_MARK, ";", literal=True).str.strip_chars(" ")
    bare = piece.str.strip_prefix("'").str.strip_suffix(".0").str.strip_chars(" ")
    return (
        texts.select("row", "region", text=optional(pl.col("phone")))
        .drop_nulls("text")
        .with_columns(marked.str.split(CUT))
        .explode("text")
        .with_columns(bare)
        .filter((text != "") & ~is_null_word(text))
        .with_columns(text.str.extract_groups(EXTENDED_NUMBER).struct.unnest())
    )


def _numbers(ordinary: pl.DataFrame, pieces: pl.DataFrame) -> pl.DataFrame:
    """All numbers, as `piece`, `value` in E.164 or null, and whether the library found that it `has_extension`."""
    amid = pieces.drop_nulls("number").select("region", "piece", text="number")
    readable = pl.concat([ordinary, amid])
    reading = read(readable)
    undecided = readable.join(reading.undecided, on="piece", how="semi")
    unreadable = pieces.filter(pl.col("number").is_null()).select(readable.columns)
    by_library = _numbers_by_library(pl.concat([undecided, unreadable]))
    return pl.concat([reading.decided.with_columns(has_extension=pl.lit(value=False)), by_library])


def _numbers_by_library(pieces: pl.DataFrame) -> pl.DataFrame:
    distinct = pieces.select("text", "region").unique()
    # The library judges one number at a time; each distinct one is put to it once.
    judged = [(*number, *_number_by_library(*number)) for number in distinct.iter_rows()]
    schema = {"text": pl.String, "region": pl.String, "value": pl.String, "has_extension": pl.Boolean}
    numbers = pl.DataFrame(judged, schema, orient="row")
    return pieces.join(numbers, on=["text", "region"], nulls_equal=True).select("piece", "value", "has_extension")


def _number_by_library(text: str, region: str | None) -> tuple[str | None, bool]:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None, False
    if not phonenumbers.is_valid_number(number):
        return None, False
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), bool(number.extension)


def _kept(pieces: pl.DataFrame, numbers: pl.DataFrame) -> pl.DataFrame:
    """The first valid number of each row of pieces, and what it cost."""
    value = pl.col("value").drop_nulls().first()
    has_extension = pl.col("has_extension") | pl.col("extension").is_not_null()
    rows = pieces.join(numbers, on="piece").sort("piece").group_by("row")
    return rows.agg(
        value=value,
        phone_invalid=value.is_null(),
        phone_extra_dropped=value.is_not_null() & (pl.len() > 1),
        phone_extension_dropped=has_extension.filter(pl.col("value").is_not_null()).first().fill_null(value=False),
    )
