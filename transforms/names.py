"""Tells a person's full name apart into title, names and suffix (mapping, section 3)."""

from functools import partial
from typing import Final, TypeVar

import polars as pl

from transforms.name_case import capitalised, capitalised_last_name, is_in_one_case
from transforms.name_tokens import (
    EARLY_V,
    HAS_A_ROLE,
    KEPT_SUFFIXES,
    KEPT_TITLES,
    LAST_NAME,
    LEADING_TITLES,
    TRAILING_SUFFIXES,
)
from transforms.sparse import by_distinct, on_given
from transforms.text import cleaned

PLAIN: Final = r"^(?:\p{Lu}\p{Ll}[\p{L}\p{M}'’-]*\.?(?: [\p{L}\p{M}'’-]+\.?){0,2}|[\p{Lo}\p{M}]+(?: [\p{Lo}\p{M}]+){0,2})$"
"""Up to three words of letters, in both cases or in none: the names as they stand, unless one of them has a role."""

NICKNAME: Final = r"""\([^()]*\)|"[^"]*"|“[^“”]*”"""
"""A pair of marks with no pair of its kind inside, and the text between them."""

MORE_THAN_NAMES: Final = rf'[,("“]|{LEADING_TITLES}|{TRAILING_SUFFIXES}'
"""Whether rules 1 to 4 may find anything in a cleaned name."""

GUARD: Final = "\x01"
"""Stands for a while before a `v` that is no suffix: a control, so no cleaned text can hold it."""

PARTS: Final = ("title", "first_name", "middle_name", "last_name", "suffix")

STRIPPED: Final = pl.Struct({"nickname_dropped": pl.Boolean()} | dict.fromkeys(("title", "name", "last_name", "suffix"), pl.String()))

BARE: Final = pl.Struct(dict.fromkeys(("title", "name", "suffix"), pl.String()))

PARSED: Final = pl.Struct(dict.fromkeys(PARTS, pl.String()) | {"nickname_dropped": pl.Boolean()})

Text = TypeVar("Text", pl.Expr, pl.Series)


def parsed(full_name: pl.Expr, /) -> pl.Expr:
    """A full name as typed, told apart into a struct that is never null itself.

    Its fields `title`, `first_name`, `middle_name`, `last_name` and `suffix` are Strings, null where the name has no
    such part. Where no name is left (of null, of blanks and commas, of a nickname alone), all five are null, and
    otherwise `first_name` is not. `nickname_dropped` is Boolean and never null.

    What the mapping, section 3, leaves open:

    - of brackets in brackets the outer ones count; of pairs that cross, the one that begins first;
    - a comma parts tokens, blanks or not; each suffix takes one comma before it along, and none after it;
    - to the rule about `v`, every word of the list of titles is a title, wherever it stands, and so is an `&` between
      two of them;
    - in the comma form, a side is empty if titles and suffixes leave nothing of it: `Obi, Dr` is Dr Obi;
    - of titles and suffixes that are all there is, the last of the whole name is the first name: `Mr Jr` has the title
      `Mr` and the first name `Jr`; `Mr & Mrs` has the title `Mr &` and the first name `Mrs`;
    - letters without case, as in Arabic, do not count among the letters of one case.

    >>> names = pl.Series("name", ["OKAFOR, Dr. NGOZI (Gogo) ADA, Ph.D."]).to_frame()
    >>> names.select(parsed(pl.col("name")).struct.unnest()).row(0)
    ('Dr', 'Ngozi', 'Ada', 'Okafor', 'PhD', True)
    """
    # Steps over a frame, since each draws on the one before several times; nothing crosses from row to row.
    return cleaned(full_name).map_batches(_parsed, return_dtype=PARSED, is_elementwise=True)


def _parsed(names: pl.Series) -> pl.Series:
    """Spares plain names the rules."""
    is_plain = names.str.contains(PLAIN) & ~names.str.contains(HAS_A_ROLE)
    odd = (~is_plain).arg_true()
    told_apart = _told_apart(names.gather(odd))
    return pl.DataFrame([part.scatter(odd, told_apart[part.name]) for part in _words(names)]).to_struct(names.name)


def _words(names: pl.Series) -> pl.DataFrame:
    """The parts of plain names: one to three words."""
    first, second, third = pl.col("field_0"), pl.col("field_1"), pl.col("field_2")
    return (
        names.str.splitn(" ", 3)
        .struct.unnest()
        .select(
            title=pl.lit(None, pl.String),
            first_name=first,
            middle_name=pl.when(third.is_not_null()).then(second),
            last_name=pl.coalesce(third, second),
            suffix=pl.lit(None, pl.String),
            nickname_dropped=pl.lit(value=False),
        )
    )


def _told_apart(names: pl.Series) -> pl.DataFrame:
    """The rules one after the other, over any cleaned names."""
    name = pl.col("name")
    return (
        names.to_frame("name")
        .with_columns(stripped=on_given(pl.when(name.str.contains(MORE_THAN_NAMES)).then(name), _stripped, dtype=STRIPPED))
        .with_columns(pl.col("stripped").struct.unnest(), typed="name")
        .with_columns(name=pl.coalesce("name", "typed"), nickname_dropped=pl.col("nickname_dropped").fill_null(value=False))
        .pipe(_divided_at_blanks)
        .pipe(_in_two_cases)
        .pipe(_named_by_title_or_suffix)
        .select(pl.col(PARTS).replace("", None), "nickname_dropped")
    )


def _stripped(names: pl.Series) -> pl.Series:
    """Rules 1 to 4: the names, and what stands about them. The last name is null where no comma tells it."""
    return (
        names.to_frame("name")
        .pipe(_without_nicknames)
        .pipe(_without_titles_and_suffixes)
        .pipe(_divided_at_comma)
        .pipe(_in_kept_form)
        .to_struct(names.name)
    )


def _without_nicknames(names: pl.DataFrame) -> pl.DataFrame:
    """Rule 1."""
    name = names["name"]
    has_nickname = has_more = name.str.contains(NICKNAME)
    while has_more.any():  # as often as brackets stand in brackets
        name = name.str.replace_all(NICKNAME, " ")
        has_more = name.str.contains(NICKNAME)
    return pl.DataFrame({"name": name, "nickname_dropped": has_nickname})


def _without_titles_and_suffixes(names: pl.DataFrame) -> pl.DataFrame:
    """Rules 2 and 3."""
    name = _single_spaced(pl.col("name").str.replace_all(",", " , ", literal=True))
    for _ in range(2):  # no more than two tokens of a name can be a `v` that comes too early
        name = name.str.replace(EARLY_V, f"${{1}}{GUARD}${{2}}")
    return names.with_columns(on_given(name, _bare, dtype=BARE)).unnest("name")


def _divided_at_comma(names: pl.DataFrame) -> pl.DataFrame:
    """Rule 4."""
    name, before, after = pl.col("name"), pl.col("before").struct, pl.col("after").struct
    sides = pl.when(name.str.count_matches(",", literal=True) == 1).then(name).str.splitn(",", 2)
    is_divided = (before["name"] != "") & (after["name"] != "")
    undivided = pl.coalesce(before["name"] + after["name"], _single_spaced(name.str.replace_all(",", "", literal=True)))
    return (
        names.with_columns(sides.struct.rename_fields(["before", "after"]).struct.unnest())
        .with_columns(on_given(pl.col(side).str.strip_chars(" "), _bare, dtype=BARE) for side in ("before", "after"))
        .select(
            "nickname_dropped",
            title=pl.concat_str("title", before["title"], after["title"], separator=" ", ignore_nulls=True),
            name=pl.when(is_divided).then(after["name"]).otherwise(undivided),
            last_name=pl.when(is_divided).then(before["name"]),
            suffix=pl.concat_str(before["suffix"], after["suffix"], "suffix", separator=" ", ignore_nulls=True),
        )
        .with_columns(pl.col("name", "last_name").str.replace_all(GUARD, "", literal=True))
    )


def _divided_at_blanks(names: pl.DataFrame) -> pl.DataFrame:
    """Rule 5."""
    name, last_name, run = pl.col("name"), pl.col("last_name"), pl.col("run")
    words = name.str.strip_suffix(run).str.splitn(" ", 2).struct.rename_fields(["first_name", "middle_name"])
    return names.with_columns(run=pl.when(last_name.is_null()).then(name).str.extract(LAST_NAME, 0).fill_null("")).with_columns(
        words.struct.unnest(), last_name=pl.coalesce(last_name, run.str.strip_chars(" "))
    )


def _in_two_cases(names: pl.DataFrame) -> pl.DataFrame:
    """Rule 6."""
    name = ("first_name", "middle_name", "last_name")
    first, middle, last = (pl.when("in_one_case").then(part) for part in name)
    return (
        names.with_columns(letters=pl.concat_str(name, ignore_nulls=True))
        .with_columns(in_one_case=is_in_one_case(pl.col("letters")))
        .with_columns(
            first_name=pl.coalesce(capitalised(first), "first_name"),
            middle_name=pl.coalesce(capitalised(middle), "middle_name"),
            last_name=pl.coalesce(capitalised_last_name(last), "last_name"),
        )
    )


def _in_kept_form(names: pl.DataFrame) -> pl.DataFrame:
    """The forms of rules 2 and 3."""
    return names.with_columns(
        by_distinct(names[part], partial(_kept, forms=forms)) for part, forms in (("title", KEPT_TITLES), ("suffix", KEPT_SUFFIXES))
    )


def _kept(typed: pl.Series, *, forms: dict[str, str]) -> pl.Series:
    return _single_spaced(typed.str.replace_all("[.,]", "").str.to_titlecase()).str.replace_many(forms, leftmost=True)


def _named_by_title_or_suffix(names: pl.DataFrame) -> pl.DataFrame:
    """The end of rule 3: the last title or suffix is the first name where nothing else is."""
    title, first_name, suffix = pl.col("title"), pl.col("first_name"), pl.col("suffix")
    last, all_but_last = "[^ ]+$", "(?: ?&)? ?[^ ]+$"
    is_all = first_name == ""
    return names.with_columns(
        title=pl.when(is_all & (suffix == "")).then(title.str.replace(all_but_last, "")).otherwise(title),
        first_name=pl.when(is_all).then(pl.coalesce(part.str.extract(last, 0) for part in (suffix, title))).otherwise(first_name),
        suffix=pl.when(is_all).then(suffix.str.replace(all_but_last, "")).otherwise(suffix),
    )


def _bare(names: pl.Series) -> pl.Series:
    """Rules 2 and 3: structs of the titles and the suffixes as typed, commas and all, and of the name between them."""
    return (
        names.alias("whole")
        .to_frame()
        .with_columns(headed=pl.col("whole").str.replace(TRAILING_SUFFIXES, ""))
        .with_columns(name=pl.col("headed").str.replace(LEADING_TITLES, ""))
        .select(
            title=pl.col("headed").str.strip_suffix(pl.col("name")),
            name="name",
            suffix=pl.col("whole").str.strip_prefix(pl.col("headed")),
        )
        .to_struct(names.name)
    )


def _single_spaced(text: Text) -> Text:
    return text.str.replace_all(" {2,}", " ").str.strip_chars(" ")
