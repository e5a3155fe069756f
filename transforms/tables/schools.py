"""V1's schools: who they are, and the School and Address rows that they become (mapping, sections 6 and 8)."""

from datetime import datetime
from typing import Final

import polars as pl

from transforms import addresses, countries, curricula, dates, emails, phones
from transforms.digests import row_digest
from transforms.ids import v2_id
from transforms.records import TIMESTAMP_CHANGES, Change, flags
from transforms.tables.rejections import Reason, with_rejections
from transforms.text import cleaned, optional

TABLE: Final = "School"

SOURCE_COLUMNS: Final = (
    "id", "name", "code", "email", "phone", "address", "country", "curriculum", "logo_url", "settings", "is_active",
    "created_at", "updated_at",
)  # fmt: skip
"""What a School row is made from; the `admin_*` columns are the administrator's (`people`)."""

CHANGES: Final = (
    Change("school_code_missing", "code", cleaned(pl.col("code")).is_null()),
    Change("school_name_missing", "name", cleaned(pl.col("name")).is_null()),
    *flags("email", "judged_email", "email_invalid", "email_extra_dropped"),
    *flags("phone", "judged_phone", "phone_invalid", "phone_extra_dropped", "phone_extension_dropped"),
    Change("country_unknown", "country", cleaned(pl.col("country")).is_not_null() & pl.col("found_country").is_null()),
    Change(
        "curriculum_unknown",
        "curriculum",
        optional(pl.col("curriculum")).is_not_null() & pl.col("school_curriculum").is_null(),
    ),
    *TIMESTAMP_CHANGES,
)


def identified(
    schools: pl.LazyFrame,
    /,
    *,
    failures: pl.LazyFrame,
    held: pl.LazyFrame,
    known_curricula: pl.DataFrame,
    default_country: str,
) -> pl.LazyFrame:
    """Who each school is, and what its people, classes and subjects draw on.

    Args:
        schools: V1's School rows, whole.
        failures: Rows that break a check of V1 (`v1_id`, `column`, `check`).
        held: V2's schools as they are: `id`, `code`.
        known_curricula: V2's curricula: `id`, `code`, `name`.
        default_country: ISO 3166-1 alpha-2, for schools that name none or none that there is.

    Returns:
        `v1_id` (Int64); `school_uid`, `school_code`, `school_country`, `school_curriculum` (a code), `curriculum_id`: Strings, the
        last two null where V1 names no known one; the columns of a rejection; `digest`.
    """
    country = pl.coalesce(countries.school_country(pl.col("country")), pl.lit(default_country))
    found = schools.select(
        "name",
        "code",
        v1_id=pl.col("id").cast(pl.Int64),
        school_uid=v2_id(TABLE, pl.col("id")),
        school_code=pl.coalesce(cleaned(pl.col("code")), pl.format("SCHOOL-{}", "id")),
        school_country=country,
        school_curriculum=curricula.matched(pl.col("curriculum"), curricula=known_curricula),
        digest=row_digest(SOURCE_COLUMNS, school_country=country),
    )
    in_v2 = found.join(held.select(school_code="code", holder="id"), on="school_code", how="left").join(
        known_curricula.lazy().select(school_curriculum="code", curriculum_id="id"),
        on="school_curriculum",
        how="left",
    )
    is_held_by_another = (pl.col("holder") != pl.col("school_uid")).fill_null(value=False)
    claimant = pl.when(~is_held_by_another & pl.col("rejected_check").is_null()).then("v1_id")
    reason = Reason("school_code_taken", "code", is_held_by_another | (claimant > claimant.min().over("school_code")))
    return with_rejections(in_v2, failures=failures, reasons=[reason], originals=["name", "code"]).drop("name", "code", "holder")


def converted(schools: pl.LazyFrame, /, *, identities: pl.LazyFrame, run_started_at: datetime) -> pl.LazyFrame:
    """V1's School rows beside all that is judged of them; what `rows`, `address_rows` and `CHANGES` read."""
    return (
        schools.with_columns(v1_id=pl.col("id").cast(pl.Int64))
        .join(identities.drop("digest"), on="v1_id")
        .with_columns(
            judged_email=emails.normalised(pl.col("email")),
            judged_phone=phones.e164(pl.col("phone"), region=pl.col("school_country")),
            found_country=countries.school_country(pl.col("country")),
            judged_timestamps=dates.plausible_timestamps(pl.col("created_at"), pl.col("updated_at"), run_started_at=run_started_at),
            judged_address=addresses.parsed(pl.col("address"), country=pl.col("school_country")),
        )
    )


def rows(converted_schools: pl.LazyFrame, /) -> pl.LazyFrame:
    """V2's School rows. A missing name is the code; settings that are no JSON object are `{}`."""
    timestamps = pl.col("judged_timestamps").struct
    return converted_schools.select(
        id="school_uid",
        curriculumId="curriculum_id",
        name=pl.coalesce(cleaned(pl.col("name")), "school_code"),
        code="school_code",
        email=pl.col("judged_email").struct.field("value"),
        phone=pl.col("judged_phone").struct.field("value"),
        country="school_country",
        logoUrl=optional(pl.col("logo_url")),
        settings=pl.when(pl.col("settings").str.strip_chars_start().str.starts_with("{")).then("settings").otherwise(pl.lit("{}")),
        isActive="is_active",
        createdAt=timestamps.field("created_at"),
        updatedAt=timestamps.field("updated_at"),
    )
