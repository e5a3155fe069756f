"""How pieces of V1's people are converted: administrators, teachers, parents, students."""

from collections.abc import Mapping, Sequence

import polars as pl
import polars.selectors as cs

from pipeline.conversions.conversion import Conversion, Which, going
from pipeline.run import Run
from transforms import records
from transforms.ids import v2_id
from transforms.records import Change
from transforms.tables import history, kinds, parents, people, students, teachers
from transforms.tables.addresses import address_rows


def convert_administrators(run: Run, number: int, which: Which) -> Conversion:
    """What all people become, of the administrators that V1 keeps in its schools."""
    converted = _people(run, kinds.ADMINISTRATOR, number, which).collect(engine="in-memory").lazy()
    return _conversion(run, kinds.ADMINISTRATOR, converted, which, {}, people.CHANGES)


def convert_teachers(run: Run, number: int, which: Which) -> Conversion:
    """What all people become, and Teacher rows."""
    converted = teachers.converted(_people(run, kinds.TEACHER, number, which)).collect(engine="in-memory").lazy()
    tables = {"Teacher": teachers.rows(_unedited_profiles(converted))}
    return _conversion(run, kinds.TEACHER, converted, which, tables, teachers.CHANGES)


def convert_parents(run: Run, number: int, which: Which) -> Conversion:
    """What all people become, and Parent rows."""
    converted = parents.converted(_people(run, kinds.PARENT, number, which)).collect(engine="in-memory").lazy()
    tables = {"Parent": parents.rows(_unedited_profiles(converted))}
    return _conversion(run, kinds.PARENT, converted, which, tables, parents.CHANGES)


def convert_students(run: Run, number: int, which: Which) -> Conversion:
    """What all people become, and Student and Enrollment rows."""
    common = _people(run, kinds.STUDENT, number, which).collect(engine="in-memory").lazy()
    first_contacts = common.select(v1_id="parent_id")
    converted = students.converted(
        common,
        admissions=run.plan("admission_numbers").join(common, on="v1_id", how="semi"),
        classes=run.there("Class"),
        parents=run.there("Parent").select("v1_id").join(first_contacts, on="v1_id", how="semi"),
    )
    converted = converted.collect(engine="in-memory").lazy()
    unedited = _unedited_profiles(converted)
    tables = {"Student": students.rows(unedited), "Enrollment": students.enrollment_rows(unedited)}
    return _conversion(run, kinds.STUDENT, converted, which, tables, students.CHANGES)


def _people(run: Run, kind: kinds.Kind, number: int, which: Which) -> pl.LazyFrame:
    planned = pl.scan_parquet(run.folder.part("plan/people", kind.table, number))
    chosen = going(planned, which).select(cs.by_name(*people.CARRIED, require_all=False)).collect(engine="in-memory")
    rows = kinds.common_form(run.pieces(kind.source)[number].scan(), kind)
    converted = people.converted(
        rows if chosen.height else rows.clear(),  # in a later run hardly any row goes: the file need not be read for that
        identities=chosen.lazy(),
        grants=run.plan("claims").join(chosen.lazy(), on="turn", how="semi"),
        schools=run.plan("School"),
        run_started_at=run.started_at,
    )
    return history.with_role_withdrawn(converted)


def _conversion(
    run: Run, kind: kinds.Kind, converted: pl.LazyFrame, which: Which, tables: Mapping[str, pl.LazyFrame], changes: Sequence[Change]
) -> Conversion:
    """What people become: the rows that all kinds have in common, and the `tables` of their own.

    Of a User that was edited nothing is written but a role at another school; a role is taken back wherever V1 has the person no longer.
    """
    unedited = converted.filter(~pl.col("is_user_edited"))
    users = people.user_rows(
        unedited,
        kind,
        user_types=_ids_by_code(run, "UserType"),
        carry_passwords=run.settings.carries_passwords,
        keep_others=which == "changed",
    )
    roles = people.role_rows(
        converted.filter(~pl.col("is_user_edited") | pl.col("is_role_withdrawn")), kind, roles=_ids_by_code(run, "Role")
    )
    withdrawn = converted.filter("is_role_withdrawn").select(
        id=v2_id("UserRole", pl.col("user_uid"), pl.lit(kind.role), v2_id("School", pl.col("known_school_id"))),
        v1_table=pl.lit(kind.table),
        v1_id=pl.col("v1_id").cast(pl.String),
    )
    common = {"User": users, "UserRole": roles, "Address": address_rows(unedited, kind="user", owner="user_uid")}
    changed = records.changed(converted, kind.table, [*changes, history.WITHDRAWN], v1_names=kind.v1_names)
    return Conversion({**common, **tables}, changed, withdrawn)


def _unedited_profiles(converted: pl.LazyFrame) -> pl.LazyFrame:
    return converted.filter(~pl.col("is_profile_edited"))


def _ids_by_code(run: Run, table: str) -> dict[str, str]:
    return dict(run.before(table).select("code", "id").collect().iter_rows())
