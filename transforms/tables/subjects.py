"""V1's subjects: those that the catalogue knows, and the school's own ones, which become Subject rows (mapping, section 8)."""

from typing import Final

import polars as pl

from transforms import claims, subjects
from transforms.ascii import slug
from transforms.digests import row_digest
from transforms.ids import v2_id
from transforms.records import Change
from transforms.tables import rejections
from transforms.tables.rejections import Reason, with_rejections
from transforms.text import cleaned, optional

TABLE: Final = "Subject"

SOURCE_COLUMNS: Final = ("id", "school_id", "name", "code", "category")
"""V1's timestamps are dropped on purpose: V2's Subject has none."""

CHANGES: Final = (Change("subject_merged", "name", pl.col("is_merged")),)


def identified(
    subjects_v1: pl.LazyFrame,
    /,
    *,
    schools: pl.LazyFrame,
    failures: pl.LazyFrame,
    held: pl.LazyFrame,
    catalogue: pl.DataFrame,
) -> pl.LazyFrame:
    """Which V2 Subject each V1 subject is, and the codes of those that are a school's own.

    Args:
        subjects_v1: V1's Subject rows, whole.
        schools: Every V1 school: `v1_id`, `school_uid`, `school_code`, `is_there`, `is_condemned`.
        failures: Rows that break a check of V1 (`v1_id`, `column`, `check`).
        held: V2's subjects as they are: `id`, `code`.
        catalogue: V2's subjects without a school: `id`, `code`, `name`.

    Returns:
        `v1_id` (Int64); `subject_uid`, `school_uid`, `code` (the granted one, null for a catalogue subject), `wished_code` (the one
        that it would have without others, null where it claims none) and `is_code_suffixed`; `is_merged`; the columns of a rejection;
        `digest`.
    """
    school = schools.select("school_uid", "school_code", school_id="v1_id", is_school_there="is_there", is_school_condemned="is_condemned")
    catalogue_id = subjects.catalogue_match(pl.col("name"), pl.col("code"), catalogue=catalogue)
    found = (
        subjects_v1.with_columns(v1_id=pl.col("id").cast(pl.Int64), school_id=pl.col("school_id").cast(pl.Int64))
        .join(school, on="school_id", how="left")
        .with_columns(catalogue_id=catalogue_id)
    )
    is_nameless = pl.coalesce(cleaned(pl.col("name")), optional(pl.col("code"))).is_null()
    reasons = [
        Reason("name_missing", "name", is_nameless),
        Reason("school_missing", "school_id", ~pl.col("is_school_there").fill_null(value=False)),
    ]
    is_merged = pl.col("catalogue_id").is_not_null() & pl.col("rejected").is_null()
    judged = with_rejections(found, failures=failures, reasons=reasons, originals=["id", "school_id", "name", "code"]).with_columns(
        is_merged=is_merged,
        subject_uid=pl.when(is_merged).then("catalogue_id").otherwise(v2_id(TABLE, pl.col("id"))),
        digest=row_digest(SOURCE_COLUMNS, school_code=pl.col("school_code")),
    )
    return judged.join(_codes(judged, held=held), on="v1_id", how="left").select(
        "v1_id",
        "subject_uid",
        "school_uid",
        "is_merged",
        "digest",
        *rejections.COLUMNS,
        code="granted",
        wished_code="wish",
        is_code_suffixed=pl.col("is_suffixed").fill_null(value=False),
    )


def converted(subjects_v1: pl.LazyFrame, /, *, identities: pl.LazyFrame, categories: pl.DataFrame) -> pl.LazyFrame:
    """V1's Subject rows that go to V2, beside all that is judged of them. `categories` are V2's: `id`, `code`, `name`."""
    general = categories.filter(pl.col("code") == "GENERAL")["id"].item()
    return (
        subjects_v1.with_columns(v1_id=pl.col("id").cast(pl.Int64))
        .join(identities.rename({"code": "granted_code"}), on="v1_id")
        .with_columns(category_id=pl.coalesce(subjects.category_match(pl.col("category"), categories=categories), pl.lit(general)))
    )


def rows(converted_subjects: pl.LazyFrame, /) -> pl.LazyFrame:
    """V2's Subject rows of the schools' own subjects. A missing name is the V1 code."""
    return converted_subjects.filter(~pl.col("is_merged")).select(
        id="subject_uid",
        categoryId="category_id",
        schoolId="school_uid",
        code="granted_code",
        name=pl.coalesce(cleaned(pl.col("name")), optional(pl.col("code"))),
    )


def _codes(judged: pl.LazyFrame, *, held: pl.LazyFrame) -> pl.LazyFrame:
    """The code of each school's own subject: `<School.code>-<V1 code, else the name's slug, else the V1 id>`, V1 id order.

    A subject that only this run leaves out claims as ever; one that V1 alone condemns does not.
    """
    own_part = pl.coalesce(optional(pl.col("code")), slug(pl.col("name")), pl.col("v1_id").cast(pl.String))
    is_condemned = pl.col("rejected").is_in(["row_invalid", "name_missing"]) | pl.col("is_school_condemned").fill_null(value=True)
    wishes = (
        judged.filter(~is_condemned.fill_null(value=False) & pl.col("catalogue_id").is_null())
        .join(held.select(subject_uid="id", holds="code"), on="subject_uid", how="left")
        .select(
            "holds",
            turn="v1_id",
            scope=pl.lit(""),
            wish=pl.concat_str("school_code", pl.lit("-"), own_part),
            claims=pl.lit(value=True),
        )
        .collect()  # once: all that contends is gone through several times
        .lazy()
    )
    codes_held = held.select(scope=pl.lit(""), value="code")
    suffixed = claims.suffixed(wishes, rivals=claims.rivals(wishes), held=codes_held, suffixing=claims.DASH)
    return wishes.join(suffixed.lazy(), on="turn", how="left").select(
        "wish", v1_id="turn", granted=pl.coalesce("value", "wish"), is_suffixed=pl.col("value").is_not_null()
    )
