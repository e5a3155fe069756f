"""What teachers, parents, students and administrators have in common: the User, UserRole and Address rows (mapping, section 7).

```
V1 rows ──common_form──▶ one form for all kinds ──identified──▶ names, wishes, rejections ──claims──▶ grants
                                    │                                                                   │
                                    └─────────────────────────── converted ◀────────────────────────────┘
                                                                     └──▶ user_rows, role_rows, address rows, CHANGES
```
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final

import polars as pl
import polars.selectors as cs

from transforms import addresses, dates, emails, names, passwords, phones
from transforms.digests import row_digest
from transforms.ids import v2_id
from transforms.records import Change, flags
from transforms.sparse import on_given
from transforms.tables import rejections
from transforms.tables.kinds import Kind
from transforms.tables.rejections import Reason, with_rejections

EMAIL_FLAGS: Final = ("email_invalid", "email_extra_dropped")
PHONE_FLAGS: Final = ("phone_invalid", "phone_extra_dropped", "phone_extension_dropped")
"""What the transforms of e-mails and phones tell beside the value."""

CHANGES: Final = (
    *flags("full_name", "judged_name", "nickname_dropped"),
    *flags("email", "judged_email", *EMAIL_FLAGS),
    Change("email_generated", "email", pl.col("is_email_made_up")),
    Change("email_suffixed", "email", pl.col("is_email_suffixed")),
    *flags("phone", "judged_phone", *PHONE_FLAGS),
    Change("phone_suffixed", "phone", pl.col("is_phone_suffixed")),
    *flags("date_of_birth", "judged_birth", "date_implausible"),
)
"""What `converted` rows tell of every kind; the modules of the kinds add theirs. An administrator's timestamps are the school's."""

CARRIED: Final = (
    "v1_id", "turn", "user_uid", "profile_uid", "judged_name", "judged_email", "judged_phone", "wished_email", "wished_phone",
    "is_email_made_up", "known_school_id", "is_user_there", "is_user_edited", "is_profile_edited",
)  # fmt: skip
"""What `converted` takes over of the identities, where they have it."""


def identified(
    people: pl.LazyFrame,
    /,
    kind: Kind,
    *,
    schools: pl.LazyFrame,
    failures: pl.LazyFrame,
    held: pl.LazyFrame,
    placeholder_domain: str,
    draws: Sequence[str] = (),
    keeps: Sequence[str] = (),
) -> pl.LazyFrame:
    """Who each person is, what they wish for, and whether they can go to V2.

    Args:
        people: V1 rows of the kind in the common form.
        kind: Which kind.
        schools: Every V1 school: `v1_id`, `school_country`, `school_code`, `is_there` (V2 will hold its row), `is_condemned`.
        failures: Rows that break a check of V1 (`v1_id`, `column`, `check`).
        held: V2's users as they are: `id`, `email`, `phone`.
        placeholder_domain: The domain of made-up addresses.
        draws: Further columns of `people` that the row is made from, out of other V1 rows.
        keeps: Columns of `people` to give as they are.

    Returns:
        The columns of `keeps`; `v1_id`, `turn`, `user_uid`, `profile_uid`, `school_id`; `judged_name` (the transform's struct),
        `judged_email`, `judged_phone` (the flags of the transforms' structs); `wished_email`, `wished_phone`: null for none;
        `is_email_made_up`; `holds_email`, `holds_phone`: what V2 holds for this person; the columns of a rejection; `is_condemned` (V1
        alone keeps the row out: it claims nothing); `digest`.
    """
    judged = (
        people.join(
            schools.select(
                "school_country",
                "school_code",
                school_id="v1_id",
                is_school_there="is_there",
                is_school_condemned="is_condemned",
            ),
            on="school_id",
            how="left",
        )
        .join(
            held.select(user_uid="id", holds_email=pl.col("email").str.to_lowercase(), holds_phone="phone"),
            on="user_uid",
            how="left",
        )
        .with_columns(
            judged_name=names.parsed(pl.col("full_name")),
            judged_email=emails.normalised(pl.col("email")),
            judged_phone=phones.e164(pl.col("phone"), region=pl.col("school_country")),
        )
    )
    is_nameless = pl.col("judged_name").struct.field("first_name").is_null()
    reasons = [
        Reason("name_missing", "full_name", is_nameless),
        Reason("school_missing", "school_id", ~pl.col("is_school_there").fill_null(value=False)),
    ]
    is_condemned = (
        pl.col("rejected").is_in(["row_invalid", "name_missing"]) | pl.col("is_school_condemned").fill_null(value=True)
    ).fill_null(value=False)
    own_email = pl.col("judged_email").struct.field("value")
    of_name = pl.struct(*(pl.col("judged_name").struct.field(part) for part in ("first_name", "last_name")), "school_code", "school_id")
    made_up = on_given(
        pl.when(own_email.is_null() & ~pl.col("is_condemned")).then(of_name),
        partial(_made_up, kind=kind, domain=placeholder_domain),
        dtype=pl.String,
    )
    return (
        with_rejections(judged, failures=failures, reasons=reasons, originals=kind.rejected_columns)
        .with_columns(is_condemned=is_condemned)
        .select(
            "v1_id", "turn", "user_uid", "profile_uid", "school_id", "judged_name",
            "holds_email", "holds_phone", "is_condemned", *rejections.COLUMNS, *keeps,
            judged_email=pl.struct(pl.col("judged_email").struct.field(*EMAIL_FLAGS)),
            judged_phone=pl.struct(pl.col("judged_phone").struct.field(*PHONE_FLAGS)),
            wished_email=pl.coalesce(own_email, made_up),
            wished_phone=pl.col("judged_phone").struct.field("value"),
            is_email_made_up=own_email.is_null(),
            digest=row_digest(
                kind.common_columns,
                **{name: pl.col(name) for name in ("school_country", "school_code", *draws)},
                placeholder_domain=pl.when(own_email.is_null()).then(pl.lit(placeholder_domain)),
            ),
        )
    )  # fmt: skip


def _made_up(names: pl.Series, *, kind: Kind, domain: str) -> pl.Series:
    address = emails.made_up(
        first=pl.col("first_name"),
        last=pl.col("last_name"),
        school_code=pl.col("school_code"),
        school_id=pl.col("school_id"),
        user_type=kind.user_type,
        domain=domain,
    )
    return names.struct.unnest().select(address).to_series()


def converted(
    people: pl.LazyFrame,
    /,
    *,
    identities: pl.LazyFrame,
    grants: pl.LazyFrame,
    schools: pl.LazyFrame,
    run_started_at: datetime,
) -> pl.LazyFrame:
    """V1's rows of a kind that go to V2, beside all that is judged of them; what the row functions and `CHANGES` read.

    Args:
        people: V1 rows of the kind in the common form.
        identities: What `identified` says of those that go to V2; the others fall out.
        grants: `turn`, `granted_email`, `granted_phone` of everyone who is granted another address than the wish; null: the wish.
        schools: `v1_id`, `school_uid`, `school_country` of every V1 school.
        run_started_at: UTC, without a time zone.
    """
    return (
        # The ids are the identities': those of the common form would be made once more.
        people.drop("turn", "user_uid", "profile_uid")
        .join(identities.select(cs.by_name(*CARRIED, require_all=False)), on="v1_id")
        .join(grants, on="turn", how="left")
        .join(schools.select("school_uid", "school_country", school_id="v1_id"), on="school_id", how="left")
        .with_columns(
            granted_email=pl.coalesce("granted_email", "wished_email"),
            granted_phone=pl.coalesce("granted_phone", "wished_phone"),
            is_email_suffixed=pl.col("granted_email").is_not_null(),
            is_phone_suffixed=pl.col("granted_phone").is_not_null(),
            judged_timestamps=dates.plausible_timestamps(pl.col("created_at"), pl.col("updated_at"), run_started_at=run_started_at),
            judged_birth=dates.plausible_date(pl.col("date_of_birth"), not_after=run_started_at.date()),
            judged_address=addresses.parsed(pl.col("address"), country=pl.col("school_country")),
        )
    )


def user_rows(
    converted_people: pl.LazyFrame, /, kind: Kind, *, user_types: Mapping[str, str], carry_passwords: bool, keep_others: bool = False
) -> pl.LazyFrame:
    """V2's User rows; a password hash that is not carried over from V1 is null, and made later.

    Args:
        converted_people: What `converted` gives.
        kind: Which kind.
        user_types: V2's user types: code → id.
        carry_passwords: The policy: whether a bcrypt hash of V1 stays, and with it the password.
        keep_others: The users are in V2 already. Whoever carries no hash over keeps the password that V2 has: `mustChangePassword` is
            null, too, and neither is written (mapping, section 10: no password is generated again).
    """
    name = pl.col("judged_name").struct
    timestamps = pl.col("judged_timestamps").struct
    carried = passwords.carried(pl.col("password")) if carry_passwords else pl.lit(None, dtype=pl.String)
    return converted_people.select(
        id="user_uid",
        userTypeId=pl.lit(user_types[kind.user_type]),
        email="granted_email",
        emailVerified=~(pl.col("is_email_made_up") | pl.col("is_email_suffixed")),
        phone="granted_phone",
        passwordHash=carried,
        mustChangePassword=pl.when(carried.is_not_null()).then(pl.lit(value=False)) if keep_others else carried.is_null(),
        title=name.field("title"),
        firstName=name.field("first_name"),
        middleName=name.field("middle_name"),
        lastName=name.field("last_name"),
        suffix=name.field("suffix"),
        gender="gender",
        dateOfBirth=pl.col("judged_birth").struct.field("value"),
        status=pl.when("is_active").then(pl.lit("ACTIVE")).otherwise(pl.lit("INACTIVE")),
        createdAt=timestamps.field("created_at"),
        updatedAt=timestamps.field("updated_at"),
    )


def role_rows(converted_people: pl.LazyFrame, /, kind: Kind, *, roles: Mapping[str, str]) -> pl.LazyFrame:
    """V2's UserRole rows: one each, at the V1 row's school. `roles` are V2's roles: code → id."""
    return converted_people.select(
        id=v2_id("UserRole", pl.col("user_uid"), pl.lit(kind.role), pl.col("school_uid")),
        userId="user_uid",
        roleId=pl.lit(roles[kind.role]),
        schoolId="school_uid",
        createdAt=pl.col("judged_timestamps").struct.field("created_at"),
    )
