"""Settles which rows of V1's link tables go to V2, which are dropped, and which say what another row says already."""

from functools import partial

import polars as pl

from pipeline.conversions.links import relationships
from pipeline.pieces import ALL_IDS, IdRange
from pipeline.progress import Advance
from pipeline.run import Run
from pipeline.stages.ahead import SIDE_BY_SIDE, ahead
from pipeline.stages.planned import ENTITY_OF, filtered, ledger_of, write_plan
from transforms.tables import history, links


def plan_links(run: Run, advance: Advance, /) -> None:
    """Plans every link table, once everybody whom a link could lead to is planned: piece by piece of the table behind its `B`."""
    pieces = [(table, number, piece) for table in links.LINK_TABLES for number, piece in enumerate(run.pieces(table.b))]
    planned = ahead((partial(_planned, run, table, piece.ids) for table, _, piece in pieces), at_once=SIDE_BY_SIDE)
    for (table, number, _), links_of_piece in zip(pieces, planned, strict=True):
        write_plan(links_of_piece, run.folder.part("plan/links", table.name, number), advance)


def _planned(run: Run, table: links.LinkTable, ids: IdRange) -> pl.DataFrame:
    """What becomes of the links whose `B` lies in a range."""
    links_of_piece = run.v1(table.name).select(pl.col("A", "B").cast(pl.Int64)).filter(ids.holds("B"))
    pairs = links.identified(
        links_of_piece,
        table,
        a_there=_there(run, table.a, of=links_of_piece.select(v1_id="A")),
        b_there=_there(run, table.b, of=links_of_piece.select(v1_id="B"), ids=ids),
        given=_given_by_columns(run, table, ids),
    )
    if table is links.SUBJECT_TO_TEACHER:
        pairs = pairs.with_columns(link_id="subject_uid")
    if table is links.PARENT_TO_STUDENT:
        edited = run.people("Student").filter("is_profile_edited").select(B="v1_id", edited_owner=pl.lit("Student"))
        pairs = pairs.join(edited.filter(ids.holds("B")), on="B", how="left")
    pairs = pairs.join(_selected_ends(run, table, ids), on=["A", "B"], how="left").collect().lazy()
    ledger = ledger_of(run, table.name)
    planned = history.with_history(pairs, ledger=ledger, owners=[]).collect()
    held = _held(run, table, planned.lazy().filter(pl.col("goes") & ~pl.col("is_known")))
    if held.is_empty():
        return planned
    return history.with_history(pairs.join(held.lazy(), on=["A", "B"], how="left"), ledger=ledger, owners=[]).collect()


def _there(run: Run, table: str, *, of: pl.LazyFrame, ids: IdRange = ALL_IDS) -> pl.LazyFrame:
    """The rows behind an end of some links that V2 will hold, by their `v1_id` in a range, and what links draw on of them."""
    rows = run.there(table).filter(ids.holds("v1_id")).join(of, on="v1_id", how="semi")
    match table:
        case "Subject":
            return rows.select("v1_id", "subject_uid")
        case "Student":
            return rows.select("v1_id", "school_id")
        case "Parent":
            related = relationships(run, of=rows.select(parent_id="v1_id"))
            return rows.select("v1_id").join(related.rename({"parent_id": "v1_id"}), on="v1_id")
        case _:
            return rows.select("v1_id")


def _given_by_columns(run: Run, table: links.LinkTable, ids: IdRange) -> pl.LazyFrame | None:
    """The pairs that a column of another V1 row gives, unless that row is rejected: `A`, `B` in the range; None where none does."""
    if table is links.CLASS_TO_TEACHER:
        homerooms = run.v1("Class").select(A="id", B="class_teacher_id").filter(ids.holds("B"))
        return homerooms.join(_sound(run, "Class", "A"), on="A", how="semi")
    if table is links.PARENT_TO_STUDENT:
        first_contacts = run.v1("Student").select(A="parent_id", B="id").filter(ids.holds("B"))
        return first_contacts.join(_sound(run, "Student", "B").filter(ids.holds("B")), on="B", how="semi")
    return None


def _held(run: Run, table: links.LinkTable, pairs: pl.LazyFrame) -> pl.DataFrame:
    """The pairs that V2 holds, of those that are new to the ledger: `A`, `B`, `is_held`."""
    new = pairs.select("A", "B", **table.keys).collect().lazy()
    held = run.before(table.v2).select(*table.keys).join(new, on=list(table.keys), how="semi")
    return new.join(held, on=list(table.keys), how="semi").select("A", "B", is_held=pl.lit(value=True)).collect()


def _selected_ends(run: Run, table: links.LinkTable, ids: IdRange) -> pl.LazyFrame:
    """Which pairs of the range this run is about: `A`, `B`, `is_selected`.

    Those of its entities, of which one end at least meets the filter. The filter is about tables of the run's entities: an end in
    another table does not meet it.
    """
    pairs = run.v1(table.name).select(pl.col("A", "B").cast(pl.Int64)).filter(ids.holds("B"))
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
