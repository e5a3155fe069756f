"""Settles which rows of V1's link tables go to V2, which are dropped, and which say what another row says already."""

import polars as pl

from pipeline.progress import Advance
from pipeline.run import Run
from pipeline.stages.planned import ENTITY_OF, filtered, ledger_of, write_plan
from transforms.tables import history, links, parents


def plan_links(run: Run, advance: Advance, /) -> None:
    """Plans every link table, once everybody whom a link could lead to is planned."""
    ends = {
        "Class": run.there("Class").select("v1_id"),
        "Subject": run.there("Subject").select("v1_id", "subject_uid"),
        "Teacher": run.there("Teacher").select("v1_id"),
        "Parent": run.there("Parent").select("v1_id").join(relationships(run).rename({"parent_id": "v1_id"}), on="v1_id"),
        "Student": run.there("Student").select("v1_id", "school_id"),
    }
    by_columns = {
        "_ClassToTeacher": run.v1("Class").select(A="id", B="class_teacher_id").join(_sound(run, "Class", "A"), on="A", how="semi"),
        "_ParentToStudent": run.v1("Student").select(A="parent_id", B="id").join(_sound(run, "Student", "B"), on="B", how="semi"),
    }
    students_edited = run.people("Student").filter("is_profile_edited").select(B="v1_id", edited_owner=pl.lit("Student"))
    for table in links.LINK_TABLES:
        pairs = links.identified(run.v1(table.name), table, a_there=ends[table.a], b_there=ends[table.b], given=by_columns.get(table.name))
        if table is links.SUBJECT_TO_TEACHER:
            pairs = pairs.with_columns(link_id="subject_uid")
        if table is links.PARENT_TO_STUDENT:
            pairs = pairs.join(students_edited, on="B", how="left")
        pairs = pairs.join(_selected_ends(run, table), on=["A", "B"], how="left")
        ledger = ledger_of(run, table.name)
        planned = history.with_history(pairs, ledger=ledger, owners=[]).collect()
        held = _held(run, table, planned.lazy().filter(pl.col("goes") & ~pl.col("is_known")))
        if not held.is_empty():
            planned = history.with_history(pairs.join(held.lazy(), on=["A", "B"], how="left"), ledger=ledger, owners=[]).collect()
        write_plan(planned.lazy(), run.folder.plan(table.name), advance)


def relationships(run: Run, /) -> pl.LazyFrame:
    """How each parent is related to the children: `parent_id`, `relationship`."""
    return run.v1("Parent").select(parent_id=pl.col("id").cast(pl.Int64), relationship=parents.relationship(pl.col("relationship")))


def _held(run: Run, table: links.LinkTable, pairs: pl.LazyFrame) -> pl.DataFrame:
    """The pairs that V2 holds, of those that are new to the ledger: `A`, `B`, `is_held`."""
    new = pairs.select("A", "B", **table.keys).collect().lazy()
    held = run.before(table.v2).select(*table.keys).join(new, on=list(table.keys), how="semi")
    return new.join(held, on=list(table.keys), how="semi").select("A", "B", is_held=pl.lit(value=True)).collect()


def _selected_ends(run: Run, table: links.LinkTable) -> pl.LazyFrame:
    """Which pairs this run is about: `A`, `B`, `is_selected`. Those of its entities, of which one end at least meets the filter.

    The filter is about tables of the run's entities: an end in another table does not meet it.
    """
    pairs = run.v1(table.name).select(pl.col("A", "B").cast(pl.Int64))
    is_about = run.selection.selects(ENTITY_OF[table.name])
    if run.selection.condition is None:
        return pairs.with_columns(is_selected=pl.lit(is_about))
    is_met = [pl.lit(value=False)]
    for end, of in (("A", table.a), ("B", table.b)):
        if run.selection.selects(ENTITY_OF[of]):
            met = filtered(run, of, run.v1(of).select(v1_id=pl.col("id").cast(pl.Int64)))
            pairs = pairs.join(met.select(pl.col("v1_id").alias(end), pl.col("is_met").alias(f"is_{end}_met")), on=end, how="left")
            is_met.append(pl.col(f"is_{end}_met").fill_null(value=False))
    return pairs.select("A", "B", is_selected=pl.any_horizontal(is_met) & pl.lit(is_about))


def _sound(run: Run, table: str, name: str) -> pl.LazyFrame:
    """The V1 ids of a table's rows that are not rejected, as a column `name`."""
    return run.identities(table).filter(pl.col("rejected").is_null()).select(pl.col("v1_id").alias(name))
