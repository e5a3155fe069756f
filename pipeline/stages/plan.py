"""v1/*.parquet ══▶ plan/*.parquet: who every row is, which rows cannot go, and who keeps which address.

All that needs the whole of V1 is settled here, over narrow columns; after it every part can be transformed by itself.

```
checks of V1 ─▶ schools ─┬▶ classes ──┬▶ administrators, teachers, parents, students ─┬▶ claims: e-mails, phones, admission numbers
                         └▶ subjects  │                                               └▶ links
                                      └ the school year that a student is enrolled in
```
"""

from pathlib import Path
from typing import Final

import polars as pl

from checks.findings import Finding
from checks.v1 import judged_v1
from pipeline.progress import Advance
from pipeline.run import Run
from pipeline.run_folder import part_number
from transforms import claims, records
from transforms.ids import v2_id
from transforms.tables import classes, kinds, links, parents, people, schools, students, subjects
from transforms.text import cleaned

CHECKED: Final = (
    "id", "school_id", "name", "full_name", "code", "admission_no", "employee_no", "gender", "status", "is_active", "salary",
)  # fmt: skip
"""The columns that the checks of V1 are about."""


def plan(run: Run, /) -> list[Finding]:
    """Settles who is who, and writes which rows cannot go; gives what the checks of V1 found."""
    counts = run.facts["read"]
    with run.stage("plan", total=sum(counts.values()) + counts["School"]) as advance:
        findings = _plan_schools(run, advance)
        findings += _plan_classes(run, advance)
        findings += _plan_subjects(run, advance)
        for kind in kinds.KINDS:
            for part in run.folder.parts("v1", kind.source):
                findings += _plan_people(run, kind, part_number(part), advance)
        _plan_claims(run)
        _plan_admission_numbers(run)
        _plan_links(run, advance)
        _record_rejections(run)
    return findings


def _plan_schools(run: Run, advance: Advance) -> list[Finding]:
    rows = run.v1("School")
    failures, findings = _checked(rows, "School")
    identities = schools.identified(
        rows,
        failures=failures,
        held=run.before("School"),
        known_curricula=run.before("Curriculum").collect(),
        default_country=run.settings.default_country,
    )
    condemned = pl.col("rejected").is_not_null() & ~pl.col("is_there")
    known = _known(run, "School", identities, uid="school_uid").with_columns(is_condemned=condemned)
    _write(known, run.folder.plan("School"), advance)
    return findings


def _plan_classes(run: Run, advance: Advance) -> list[Finding]:
    rows = run.v1("Class")
    failures, findings = _checked(rows, "Class")
    identities = classes.identified(rows, schools=run.plan("School"), failures=failures, run_started_at=run.started_at)
    _write(_known(run, "Class", identities, uid="class_uid"), run.folder.plan("Class"), advance)
    return findings


def _plan_subjects(run: Run, advance: Advance) -> list[Finding]:
    rows = run.v1("Subject")
    failures, findings = _checked(rows, "Subject")
    held = run.before("Subject")
    identities = subjects.identified(
        rows,
        schools=run.plan("School"),
        failures=failures,
        held=held.select("id", "code"),
        catalogue=held.filter(pl.col("schoolId").is_null()).select("id", "code", "name").collect(),
    )
    _write(_known(run, "Subject", identities, uid="subject_uid"), run.folder.plan("Subject"), advance)
    return findings


def _plan_people(run: Run, kind: kinds.Kind, number: int, advance: Advance) -> list[Finding]:
    """Settles who the people of one part are."""
    rows = kinds.common_form(pl.scan_parquet(run.folder.part("v1", kind.source, number)), kind)
    failures, findings = _checked(rows, kind.table)
    draws: tuple[str, ...] = ()
    if kind is kinds.STUDENT:
        years = run.plan("Class").select("enrolment_year", class_id="v1_id")
        rows = rows.join(years, on="class_id", how="left").join(_relationships(run), on="parent_id", how="left")
        draws = ("enrolment_year", "relationship")
    identities = people.identified(
        rows,
        kind,
        schools=run.plan("School"),
        failures=failures,
        held=run.before("User"),
        placeholder_domain=run.settings.placeholder_email_domain,
        draws=draws,
    )
    _write(
        _known(run, kind.table, identities, uid="profile_uid"),
        run.folder.part("plan/people", kind.table, number),
        advance,
    )
    return findings


def _plan_claims(run: Run) -> None:
    """Settles who keeps which e-mail and phone: over all four kinds at once, whatever this run brings over."""
    everyone = pl.concat(
        run.people(kind.table).select("turn", "email", "phone", "holds_email", "holds_phone", "is_condemned") for kind in kinds.KINDS
    )
    grants = everyone.filter(~pl.col("is_condemned")).select("turn")
    for column, suffixing in (("email", claims.PLUS_ADDRESS), ("phone", claims.EXTENSION)):
        taken = pl.col(column).str.to_lowercase()
        granted = claims.granted(
            everyone.select("turn", scope=pl.lit(""), wish=column, claims=~pl.col("is_condemned"), holds=f"holds_{column}"),
            held=run.before("User").filter(taken.is_not_null()).select(scope=pl.lit(""), value=taken),
            suffixing=suffixing,
        )
        grants = grants.join(
            granted.lazy().rename({"value": f"granted_{column}", "suffixed": f"is_{column}_suffixed"}),
            on="turn",
            how="left",
        ).with_columns(pl.col(f"is_{column}_suffixed").fill_null(value=False))
    grants.sink_parquet(run.folder.plan("claims"))


def _plan_admission_numbers(run: Run) -> None:
    held = run.before("Student").select(profile_uid="id", scope="schoolId", value="admissionNo")
    applicants = (
        run.people("Student")
        .select("v1_id", "profile_uid", "is_condemned", scope=v2_id("School", pl.col("school_id")))
        .join(run.v1("Student").select("admission_no", v1_id=pl.col("id").cast(pl.Int64)), on="v1_id")
        .join(held.rename({"value": "holds"}), on=["profile_uid", "scope"], how="left")
    )
    granted = claims.granted(students.admission_wishes(applicants), held=held, suffixing=claims.DASH)
    granted.select(v1_id="turn", granted_admission_no="value", is_admission_no_suffixed="suffixed").write_parquet(
        run.folder.plan("admission_numbers")
    )


def _plan_links(run: Run, advance: Advance) -> None:
    """Settles which rows of the link tables are dropped, and which say what another row says."""
    ends = {
        "Class": run.there("Class").select("v1_id"),
        "Subject": run.there("Subject").select("v1_id", "subject_uid"),
        "Teacher": run.there("Teacher").select("v1_id"),
        "Parent": run.there("Parent").select("v1_id").join(_relationships(run).rename({"parent_id": "v1_id"}), on="v1_id"),
        "Student": run.there("Student").select("v1_id", "school_id"),
    }
    given = {
        "_ClassToTeacher": run.v1("Class").select(A="id", B="class_teacher_id"),
        "_ParentToStudent": run.v1("Student").select(A="parent_id", B="id"),
    }
    for table in links.LINK_TABLES:
        pairs = links.identified(run.v1(table.name), table, a_there=ends[table.a], b_there=ends[table.b], given=given.get(table.name))
        held = run.before(table.v2).with_columns(is_held=pl.lit(value=True))
        pairs = pairs.with_columns(**table.keys).join(held, on=list(table.keys), how="left").drop(table.keys)
        _write(_known(run, table.name, pairs), run.folder.plan(table.name), advance)


def _record_rejections(run: Run) -> None:
    names = {table: dict[str, str]() for table in ("School", "Class", "Subject", *(table.name for table in links.LINK_TABLES))}
    names |= {kind.table: kind.v1_names for kind in kinds.KINDS}
    rejections = pl.concat(records.rejected(run.identities(table), table, v1_names=v1) for table, v1 in names.items())
    rejections.with_columns(run=pl.lit(run.folder.run_id)).sink_parquet(run.folder.record("rejected"))


def _checked(rows: pl.LazyFrame, table: str) -> tuple[pl.LazyFrame, list[Finding]]:
    """The rows that break a check of V1 (`v1_id`, `column`, `check`), one reason each, and all that the checks found."""
    names = [name for name in rows.collect_schema().names() if name in CHECKED]
    typed = rows.select(names).with_columns(cleaned(pl.col(pl.String))).collect()
    failures, findings = judged_v1(typed, table=table)
    return failures.lazy(), findings


def _known(run: Run, table: str, identities: pl.LazyFrame, *, uid: str | None = None) -> pl.LazyFrame:
    """Adds what is known from before: `is_known` and `is_unchanged` by the ledger, `is_there` (V2 will hold the row).

    A pair of a link table that V2 holds is unchanged, whoever wrote it. `goes`: the row is to be written now. An unchanged row that was
    deleted in V2 since is neither written again nor there.
    """
    v1_id = pl.col("v1_id")
    digests = run.before("ledger").filter(pl.col("v1_table") == table).select("v1_id", known_digest="digest")
    digests = digests.with_columns(v1_id.cast(identities.collect_schema()["v1_id"]))
    identities = identities.join(digests, on="v1_id", how="left").with_columns(is_known=pl.col("known_digest").is_not_null())
    is_unchanged = pl.col("digest").eq_missing(pl.col("known_digest"))
    is_sound = pl.col("rejected").is_null()
    if uid is None:
        is_unchanged |= pl.col("is_held").is_not_null() & ~pl.col("is_known")
    if "is_merged" in identities.collect_schema():
        is_sound &= ~pl.col("is_merged")
    known = identities.with_columns(is_unchanged=is_sound & is_unchanged, goes=is_sound & ~is_unchanged)
    if uid is None:
        return known
    present = run.before(table).select(pl.col("id").alias(uid), is_present=pl.lit(value=True))
    return known.join(present, on=uid, how="left").with_columns(is_there=pl.col("goes") | pl.col("is_present").is_not_null())


def _relationships(run: Run) -> pl.LazyFrame:
    """How each parent is related to the children: `parent_id`, `relationship`."""
    return run.v1("Parent").select(parent_id=pl.col("id").cast(pl.Int64), relationship=parents.relationship(pl.col("relationship")))


def _write(identities: pl.LazyFrame, path: Path, advance: Advance) -> None:
    rows = identities.collect()
    rows.write_parquet(path, compression="zstd")
    advance(rows.height)
