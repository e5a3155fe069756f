"""v1/*.parquet ══▶ plan/*.parquet: who every row is, which rows cannot go, and who keeps which address.

All that needs the whole of V1 is settled here, over narrow columns; after it every part can be transformed by itself.

```
checks of V1 ─▶ schools ─┬▶ classes ──┬▶ administrators, teachers, parents, students ─┬▶ claims: e-mails, phones, admission numbers
                         └▶ subjects  │                                               └▶ links
                                      └ the school year that a student is enrolled in
```
"""

from functools import partial
from typing import Final

import polars as pl

from checks.findings import Finding
from checks.v1 import judged_v1
from pipeline.conversions.links import relationships
from pipeline.pieces import Piece
from pipeline.progress import Advance
from pipeline.run import Run
from pipeline.stages.ahead import SIDE_BY_SIDE, ahead
from pipeline.stages.contests import Contest, contest
from pipeline.stages.findings_record import FindingsRecord
from pipeline.stages.parquet import write_frame
from pipeline.stages.plan_links import plan_links
from pipeline.stages.planned import ENTITY_OF, with_history, write_plan
from pipeline.stages.record_files import write_record
from pipeline.steps import SOURCES
from transforms import claims, records
from transforms.tables import classes, departures, history, kinds, links, people, schools, students, subjects
from transforms.tables.history import Owner
from transforms.text import cleaned

CHECKED: Final = (
    "id", "school_id", "name", "full_name", "code", "admission_no", "employee_no", "gender", "status", "is_active", "salary",
)  # fmt: skip
"""The columns that the checks of V1 are about."""


def plan(run: Run, /) -> None:
    """Settles who is who and what goes, and puts on record what cannot, what was kept and what V1 no longer gives.

    Its facts: `v1_findings`, what the checks of V1 found, and `contested`, how contested e-mails, phones, admission numbers and subject
    codes are.
    """
    counts = run.facts["read"]
    with run.stage("plan", total=sum(counts.values()) + counts["School"]) as advance:
        with FindingsRecord(run.folder.record("findings"), "v1") as findings:
            _plan_schools(run, findings, advance)
            _plan_classes(run, findings, advance)
            subject_codes = _plan_subjects(run, findings, advance)
            _plan_people(run, findings, advance)
        run.facts["contested"] = {**_plan_claims(run), "subject_code": subject_codes}
        plan_links(run, advance)
        _record_rejections(run)
        _record_history(run)
    run.facts["v1_findings"] = findings.document()


def _plan_schools(run: Run, findings: FindingsRecord, advance: Advance) -> None:
    rows = run.v1("School")
    identities = schools.identified(
        rows,
        failures=_failures(rows, "School", findings),
        held=run.before("School"),
        known_curricula=run.before("Curriculum").collect(),
        default_country=run.settings.default_country,
    )
    condemned = pl.col("rejected").is_not_null() & ~pl.col("is_there")
    owners = [Owner("school", "School", "school_uid", run.before("School"))]
    planned = with_history(run, "School", identities, rows, owners).with_columns(is_condemned=condemned)
    write_plan(planned.collect(engine="in-memory"), run.folder.plan("School"), advance)


def _plan_classes(run: Run, findings: FindingsRecord, advance: Advance) -> None:
    rows = run.v1("Class")
    failures = _failures(rows, "Class", findings)
    identities = classes.identified(rows, schools=run.plan("School"), failures=failures, run_started_at=run.started_at)
    owners = [Owner("class", "Class", "class_uid", run.before("Class"))]
    planned = with_history(run, "Class", identities, rows, owners, link="class_teacher_id")
    write_plan(planned.collect(engine="in-memory"), run.folder.plan("Class"), advance)


def _plan_subjects(run: Run, findings: FindingsRecord, advance: Advance) -> Contest:
    """Settles which subjects there are; gives how contested their codes are."""
    rows = run.v1("Subject")
    held = run.before("Subject")
    identities = subjects.identified(
        rows,
        schools=run.plan("School"),
        failures=_failures(rows, "Subject", findings),
        held=held.select("id", "code"),
        catalogue=held.filter(pl.col("schoolId").is_null()).select("id", "code", "name").collect(),
    )
    # V2's Subject has no updatedAt: it follows its school.
    schools_edited = run.plan("School").filter("is_edited").select("school_uid", edited_owner=pl.lit("School"))
    owners = [Owner("subject", "Subject", "subject_uid", held.select("id"))]
    identities = identities.join(schools_edited, on="school_uid", how="left")
    planned = with_history(run, "Subject", identities, rows, owners).collect(engine="in-memory")
    write_plan(planned, run.folder.plan("Subject"), advance)
    return contest(planned.select(scope=pl.lit(""), wish="wished_code"), suffixed=int(planned["is_code_suffixed"].sum()))


def _plan_people(run: Run, findings: FindingsRecord, advance: Advance) -> None:
    """Settles who the people of all kinds are, piece by piece."""
    pieces = [(kind, number, piece) for kind in kinds.KINDS for number, piece in enumerate(run.pieces(kind.source))]
    planned = ahead((partial(_planned_people, run, kind, piece) for kind, _, piece in pieces), at_once=SIDE_BY_SIDE)
    for (kind, number, _), (people_of_piece, found) in zip(pieces, planned, strict=True):
        findings.add(found)
        write_plan(people_of_piece, run.folder.part("plan/people", kind.table, number), advance)


def _planned_people(run: Run, kind: kinds.Kind, piece: Piece) -> tuple[pl.DataFrame, list[Finding]]:
    rows = kinds.common_form(piece.scan(), kind).collect(engine="in-memory").lazy()
    failures, found = _judged(rows, kind.table)
    draws: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    if kind is kinds.STUDENT:
        of_class = run.plan("Class").select("enrolment_year", class_id="v1_id", is_class_there="is_there")
        of_parent = relationships(run, of=rows.select("parent_id"))
        rows = rows.join(of_class, on="class_id", how="left").join(of_parent, on="parent_id", how="left")
        draws, keeps = ("enrolment_year", "is_class_there", "relationship"), ("admission_no",)
    users = _held(run, "User", rows.select(id="user_uid"))
    identities = people.identified(
        rows,
        kind,
        schools=run.plan("School"),
        failures=failures,
        held=users,
        placeholder_domain=run.settings.placeholder_email_domain,
        draws=draws,
        keeps=keeps,
    )
    owners = [Owner("user", "User", "user_uid", users)]
    if kind is not kinds.ADMINISTRATOR:
        owners.append(Owner("profile", kind.table, "profile_uid", _held(run, kind.table, rows.select(id="profile_uid"))))
    link = None
    if kind is kinds.STUDENT:
        link = "parent_id"
        wished = students.wished_admission_no(is_condemned=pl.col("is_condemned"))
        identities = identities.with_columns(wished_admission_no=wished).drop("admission_no")
    return with_history(run, kind.table, identities, rows, owners, link=link).collect(engine="in-memory"), found


def _held(run: Run, table: str, ids: pl.LazyFrame) -> pl.LazyFrame:
    """V2's rows of a table as they were, those of some ids."""
    return run.before(table).join(ids, on="id", how="semi").collect(engine="in-memory").lazy()


def _plan_claims(run: Run) -> dict[str, Contest]:
    """Settles who keeps which e-mail, phone and admission number, whatever this run brings over.

    Gives how contested they are, by column.
    """
    # One after the other: each looks at a few bytes of everybody, and no more than that is to be in memory.
    emails, of_emails = _granted_addresses(run, "email", claims.PLUS_ADDRESS)
    phones, of_phones = _granted_addresses(run, "phone", claims.EXTENSION)
    numbers, of_numbers = _granted_admission_numbers(run)
    write_frame(run.folder.plan("claims"), emails.join(phones, on="turn", how="full", coalesce=True))
    write_frame(run.folder.plan("admission_numbers"), numbers)
    return {"email": of_emails, "phone": of_phones, "admission_no": of_numbers}


def _granted_addresses(run: Run, column: str, suffixing: claims.Suffixing) -> tuple[pl.DataFrame, Contest]:
    """Who is granted another e-mail or phone than the wish, over all four kinds at once: `turn`, `granted_<column>`."""
    taken = pl.col(column).str.to_lowercase()
    wishes = pl.concat(
        run.people(kind.table).select(
            "turn", scope=pl.lit(""), wish=f"wished_{column}", claims=~pl.col("is_condemned"), holds=f"holds_{column}"
        )
        for kind in kinds.KINDS
    )
    held = run.before("User").filter(taken.is_not_null()).select(scope=pl.lit(""), value=taken)
    rivals = claims.rivals(wishes)
    grants = claims.suffixed(wishes, rivals=rivals, held=held, suffixing=suffixing).rename({"value": f"granted_{column}"})
    return grants, contest(rivals, suffixed=grants.height)


def _granted_admission_numbers(run: Run) -> tuple[pl.DataFrame, Contest]:
    """Which students are granted another admission number than the wish: `v1_id`, `granted_admission_no`."""
    schools_of_v1 = run.plan("School").select(schoolId="school_uid", school_id="v1_id")
    planned = run.people("Student")
    held = (
        run.before("Student")
        .join(schools_of_v1, on="schoolId", how="left")
        # A number contends within its school, which V1's id tells in a few characters; V2 may have schools of its own.
        .select(profile_uid="id", scope=pl.coalesce(_scope("school_id"), pl.format("V2:{}", "schoolId")), value="admissionNo")
    )
    # Once, and by an integer from then on: whoever draws on the wishes goes through all of them.
    holders = planned.filter("is_profile_there").select("profile_uid", turn="v1_id").join(held, on="profile_uid")
    holdings = holders.select("turn", held_scope="scope", holds="value").collect(engine="streaming").lazy()
    wishes = (
        planned.select(turn="v1_id", scope=_scope("school_id"), wish="wished_admission_no", claims=~pl.col("is_condemned"))
        .join(holdings, on="turn", how="left")
        .with_columns(holds=pl.when(pl.col("held_scope") == pl.col("scope")).then("holds"))
    )
    rivals = claims.rivals(wishes)
    grants = claims.suffixed(wishes, rivals=rivals, held=held.select("scope", "value"), suffixing=claims.DASH)
    return grants.select(v1_id="turn", granted_admission_no="value"), contest(rivals, suffixed=grants.height)


def _scope(school_id: str) -> pl.Expr:
    return pl.format("V1:{}", school_id)


def _record_rejections(run: Run) -> None:
    """What cannot go, of the rows that this run is about."""
    names = {table: dict[str, str]() for table in ("School", "Class", "Subject", *(table.name for table in links.LINK_TABLES))}
    names |= {kind.table: kind.v1_names for kind in kinds.KINDS}
    rejections = pl.concat(records.rejected(run.identities(table).filter("is_selected"), table, v1_names=v1) for table, v1 in names.items())
    write_record(run.folder, "rejected", rejections)


def _record_history(run: Run) -> None:
    """What V2's editors keep from being written, and what V1 no longer gives; the notes by which the ledger remembers it."""
    ledger = run.before("ledger")
    stale = departures.stale(
        departures.pairs_given(ledger),
        departures.pairs_now(
            classes=run.v1("Class"),
            parents=run.v1("Parent"),
            students=run.v1("Student"),
            subjects=run.plan("Subject"),
            links={table.name: run.v1(table.name) for table in links.LINK_TABLES},
        ),
        held={table: run.before(table) for table, _ in departures.HELD.values()},
    )
    stale = stale.collect().lazy()
    is_about = pl.col("v1_table").replace_strict({**ENTITY_OF, departures.PARENT_SCHOOL: "parents"}).is_in(run.selection.entities)
    selected = [source.table for source in SOURCES if run.selection.selects(source.step)]
    found = [
        *(history.kept_records(run.identities(table), table) for table in selected),
        *(departures.gone(ledger, table, ids=run.identities(table)) for table in selected if not table.startswith("_")),
        departures.stale_records(stale.filter(is_about)),
    ]
    pl.concat(found).sink_parquet(run.folder.plan("history"))
    departures.notes(stale, ledger=ledger).sink_parquet(run.folder.plan("notes"))


def _failures(rows: pl.LazyFrame, table: str, findings: FindingsRecord) -> pl.LazyFrame:
    """The rows that break a check of V1, as `_judged` tells of them; all that the checks found is recorded."""
    failures, found = _judged(rows, table)
    findings.add(found)
    return failures


def _judged(rows: pl.LazyFrame, table: str) -> tuple[pl.LazyFrame, list[Finding]]:
    """The rows that break a check of V1 (`v1_id`, `column`, `check`), one reason each; and all that the checks found."""
    names = [name for name in rows.collect_schema().names() if name in CHECKED]
    typed = rows.select(names).with_columns(cleaned(pl.col(pl.String))).collect(engine="in-memory")
    failures, found = judged_v1(typed, table=table)
    return failures.lazy(), found
