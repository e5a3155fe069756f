"""What teachers, parents, students and administrators have in common: the User, UserRole and Address rows (mapping, section 7).

```
V1 rows ──source──▶ one form for all four kinds ──identified──▶ names, wishes, rejections ──claims──▶ grants
                                  │                                                                     │
                                  └──────────────────── converted ◀────────────────────────────────────┘
                                                            └──▶ user_rows, role_rows, address_rows, CHANGES
```
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import polars as pl

from transforms import addresses, dates, emails, names, passwords, phones
from transforms.digests import row_digest
from transforms.ids import v2_id
from transforms.records import Change, flags
from transforms.tables import rejections
from transforms.tables.rejections import Reason, with_rejections

RANKS_APART: Final = 2**48
"""Claim order in one integer, `turn`: a kind's rank times this, plus the V1 id."""

NULLS: Final = pl.Schema({"gender": pl.String(), "date_of_birth": pl.Datetime("us"), "address": pl.String()})
"""The columns that not every kind of person has in V1."""


REJECTED_COLUMNS: Final = (
    "id",
    "school_id",
    "full_name",
    "employee_no",
    "admission_no",
    "gender",
    "status",
    "is_active",
)
"""The columns, by their common names, that a rejection may be about."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of person: what V2 calls it, and where V1 keeps it."""

    user_type: str
    role: str
    rank: int
    """Its place in the claim order."""
    table: str
    """Its name in records and books."""
    source: str
    """The V1 table that holds it."""
    source_columns: tuple[str, ...]
    """The V1 columns that it is made from."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """V1's name of a column → the name that all kinds have in common, where the two differ."""

    @property
    def key(self) -> str:
        """The kind's word in the key of a V2 user id."""
        return self.user_type.lower()

    @property
    def common_columns(self) -> list[str]:
        """Its V1 columns by their common names."""
        return [self.renamed.get(name, name) for name in self.source_columns]

    @property
    def rejected_columns(self) -> list[str]:
        """Those of its columns, by their common names, that a rejection may be about."""
        return [name for name in self.common_columns if name in REJECTED_COLUMNS]

    @property
    def v1_names(self) -> dict[str, str]:
        """The common name of a column → V1's name of it, where the two differ."""
        names = {common: v1 for v1, common in self.renamed.items()}
        return names if "school_id" in self.source_columns else names | {"school_id": "id"}


ADMINISTRATOR: Final = Kind(
    user_type="ADMIN",
    role="SCHOOL_ADMIN",
    rank=1,
    table="Administrator",
    source="School",
    source_columns=(
        "id",
        "admin_name",
        "admin_email",
        "admin_phone",
        "admin_password",
        "is_active",
        "created_at",
        "updated_at",
    ),
    renamed={"admin_name": "full_name", "admin_email": "email", "admin_phone": "phone", "admin_password": "password"},
)
TEACHER: Final = Kind(
    user_type="TEACHER",
    role="TEACHER",
    rank=2,
    table="Teacher",
    source="Teacher",
    source_columns=(
        "id", "school_id", "full_name", "email", "phone", "password", "gender", "date_of_birth", "address", "employee_no",
        "qualification", "skills", "salary", "hired_at", "is_active", "created_at", "updated_at",
    ),
)  # fmt: skip
PARENT: Final = Kind(
    user_type="PARENT",
    role="PARENT",
    rank=3,
    table="Parent",
    source="Parent",
    source_columns=(
        "id", "school_id", "full_name", "email", "phone", "alt_phone", "password", "occupation", "relationship", "address",
        "is_active", "created_at", "updated_at",
    ),
)  # fmt: skip
STUDENT: Final = Kind(
    user_type="STUDENT",
    role="STUDENT",
    rank=4,
    table="Student",
    source="Student",
    source_columns=(
        "id", "school_id", "class_id", "parent_id", "full_name", "email", "phone", "password", "admission_no", "gender",
        "date_of_birth", "blood_group", "address", "status", "enrolled_at", "created_at", "updated_at",
    ),
)  # fmt: skip
KINDS: Final = (ADMINISTRATOR, TEACHER, PARENT, STUDENT)

CHANGES: Final = (
    *flags("full_name", "judged_name", "nickname_dropped"),
    *flags("email", "judged_email", "email_invalid", "email_extra_dropped"),
    Change("email_generated", "email", pl.col("is_email_made_up")),
    Change("email_suffixed", "email", pl.col("is_email_suffixed")),
    *flags("phone", "judged_phone", "phone_invalid", "phone_extra_dropped", "phone_extension_dropped"),
    Change("phone_suffixed", "phone", pl.col("is_phone_suffixed")),
    *flags("date_of_birth", "judged_birth", "date_implausible"),
)
"""What `converted` rows tell of every kind; the modules of the kinds add theirs. An administrator's timestamps are the school's."""


def source(rows: pl.LazyFrame, /, kind: Kind) -> pl.LazyFrame:
    """V1's rows of a kind in the form that all kinds share: common names, `v1_id`, `turn`, `user_uid`, `profile_uid`.

    The profile is the Teacher, Parent or Student row; an administrator has none, and the User row stands for it. A column that V1
    does not have for this kind is null; a student is active while its status says so.
    """
    columns = [name for name in kind.source_columns if name != "school_id"]
    common = rows.select(
        *columns,
        v1_id=pl.col("id").cast(pl.Int64),
        turn=pl.col("id").cast(pl.Int64) + kind.rank * RANKS_APART,
        user_uid=v2_id(f"User:{kind.key}", pl.col("id")),
        profile_uid=v2_id(f"User:{kind.key}" if kind is ADMINISTRATOR else kind.table, pl.col("id")),
        school_id=pl.col("id" if kind is ADMINISTRATOR else "school_id").cast(pl.Int64),
    ).rename(kind.renamed)
    absent = {name: pl.lit(None, dtype=dtype) for name, dtype in NULLS.items() if name not in kind.source_columns}
    is_active = pl.col("is_active") if "is_active" in kind.source_columns else pl.col("status") == "ACTIVE"
    return common.with_columns(**absent, is_active=is_active)


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

    Returns:
        `v1_id`, `turn`, `user_uid`, `profile_uid`, `school_id`; `judged_name`, `judged_email`, `judged_phone` (structs of the transforms);
        `email`, `phone`: the wishes, null for none; `is_email_made_up`; `holds_email`, `holds_phone`: what V2 holds for this
        person; the columns of a rejection; `is_condemned` (V1 alone keeps the row out: it claims nothing); `digest`.
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
    made_up = emails.made_up(
        first=pl.col("judged_name").struct.field("first_name"),
        last=pl.col("judged_name").struct.field("last_name"),
        school_code=pl.col("school_code"),
        school_id=pl.col("school_id"),
        user_type=kind.user_type,
        domain=placeholder_domain,
    )
    return (
        with_rejections(judged, failures=failures, reasons=reasons, originals=kind.rejected_columns)
        .with_columns(is_condemned=is_condemned)
        .select(
            "v1_id", "turn", "user_uid", "profile_uid", "school_id", "judged_name", "judged_email", "judged_phone",
            "holds_email", "holds_phone", "is_condemned", *rejections.COLUMNS,
            email=pl.coalesce(own_email, pl.when(~pl.col("is_condemned")).then(made_up)),
            phone=pl.col("judged_phone").struct.field("value"),
            is_email_made_up=own_email.is_null(),
            digest=row_digest(
                kind.common_columns,
                **{name: pl.col(name) for name in ("school_country", "school_code", *draws)},
                placeholder_domain=pl.lit(placeholder_domain),
            ),
        )
    )  # fmt: skip


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
        grants: `turn`, `granted_email`, `is_email_suffixed`, `granted_phone`, `is_phone_suffixed` of every claimant.
        schools: `v1_id`, `school_uid`, `school_country` of every V1 school.
        run_started_at: UTC, without a time zone.
    """
    known = set(people.collect_schema().names()) - {"v1_id"}
    return (
        people.join(identities.drop(known, strict=False), on="v1_id")
        .join(grants, on="turn", how="left")
        .join(schools.select("school_uid", "school_country", school_id="v1_id"), on="school_id", how="left")
        .with_columns(
            judged_timestamps=dates.plausible_timestamps(pl.col("created_at"), pl.col("updated_at"), run_started_at=run_started_at),
            judged_birth=dates.plausible_date(pl.col("date_of_birth"), not_after=run_started_at.date()),
            judged_address=addresses.parsed(pl.col("address"), country=pl.col("school_country")),
        )
    )


def user_rows(converted_people: pl.LazyFrame, /, kind: Kind, *, user_types: Mapping[str, str], carry_passwords: bool) -> pl.LazyFrame:
    """V2's User rows; a password hash that is not carried over from V1 is null, and made later.

    Args:
        converted_people: What `converted` gives.
        kind: Which kind.
        user_types: V2's user types: code → id.
        carry_passwords: The policy: whether a bcrypt hash of V1 stays, and with it the password.
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
        mustChangePassword=carried.is_null(),
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
