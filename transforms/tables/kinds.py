"""The four kinds of person: what V2 calls each, where V1 keeps it, and the form that all four share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from transforms.ids import v2_id

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


def common_form(rows: pl.LazyFrame, /, kind: Kind) -> pl.LazyFrame:
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
