"""Settles which rows of V1's link tables go to V2, which are dropped, and which say what another row says already."""

from functools import partial
from typing import Final

import polars as pl

from pipeline.conversions.conversion import goes, sound
from pipeline.conversions.links import FIRST_CONTACTS, held
from pipeline.pieces import IdRange, Piece
from pipeline.progress import Advance
from pipeline.run import Run
from pipeline.stages.ahead import SIDE_BY_SIDE, ahead
from pipeline.stages.parquet import write_frame
from pipeline.stages.planned import ENTITY_OF, filtered, ledger_of, write_plan
from transforms.tables import history, links, parents

RELATIONSHIP: Final = pl.Enum([*parents.RELATIONSHIPS, "OTHER"])
"""A byte for each parent: all of them are in memory."""


def plan_links(run: Run, advance: Advance, /) -> None:
    """Plans every link table, once everybody whom a link could lead to is planned: piece by piece of the table behind its `B`.

    Then the first contacts, which V1 has in a column of its students: as these they are counted.
    """
    for table in links.LINK_TABLES:
        a_there = _a_there(run, table)
        pieces = list(enumerate(run.pieces(table.b)))
        planned = ahead((partial(_planned, run, table, number, piece, a_there) for number, piece in pieces), at_once=SIDE_BY_SIDE)
        for number, links_of_piece in enumerate(planned):
            write_plan(links_of_piece, run.folder.part("plan/links", table.name, number), advance)
        if table is links.PARENT_TO_STUDENT:
            given = ahead((partial(_first_contacts, run, number, piece, a_there) for number, piece in pieces), at_once=SIDE_BY_SIDE)
            for number, of_piece in enumerate(given):
                write_frame(run.folder.part("plan/links", FIRST_CONTACTS, number), of_piece, compression="lz4")


def _a_there(run: Run, table: links.LinkTable) -> pl.DataFrame:
    """The rows behind `A` that V2 will hold, by `v1_id`, and what links draw on of them; narrow, for it is asked for every piece."""
    match table.a:
        case "Subject":
            return run.there("Subject").select("v1_id", "subject_uid").collect()
        case "Parent":
            return pl.concat(
                piece.scan()
                .select(v1_id="id", relationship=parents.relationship(pl.col("relationship")).cast(RELATIONSHIP))
                .join(planned.filter("is_there").select("v1_id", is_new=goes("new")), on="v1_id")
                .collect()
                for piece, planned in zip(run.pieces("Parent"), run.identity_parts("Parent"), strict=True)
            )
        case other:
            return run.there(other).select("v1_id").collect()


def _planned(run: Run, table: links.LinkTable, number: int, piece: Piece, a_there: pl.DataFrame) -> pl.DataFrame:
    """What becomes of the links whose `B` lies in a piece."""
    of_piece = run.v1(table.name).filter(piece.ids.holds("B")).select("A", "B").collect().lazy()
    b_planned = pl.scan_parquet(run.folder.part("plan/people", table.b, number))
    b_draws = ("school_id",) if table.b == "Student" else ()
    pairs = links.identified(
        of_piece,
        table,
        a_there=_behind(a_there, of_piece).drop("is_new", strict=False),
        b_there=b_planned.filter("is_there").select("v1_id", *b_draws),
        given=_given_by_columns(run, table, piece, b_planned),
    )
    if table is links.SUBJECT_TO_TEACHER:
        pairs = pairs.with_columns(link_id="subject_uid")
    if table is links.PARENT_TO_STUDENT:
        child = b_planned.select(
            B="v1_id",
            edited_owner=pl.when("is_profile_edited").then(pl.lit("Student")),
            is_child_going=pl.col("goes") & pl.col("is_there") & pl.col("rejected").is_null(),
        )
        pairs = pairs.join(child, on="B", how="left")
    pairs = _with_selection(run, table, pairs).collect().lazy()
    ledger = ledger_of(run, table.name)
    planned = history.with_history(pairs, ledger=ledger, owners=[]).collect()
    fresh = planned.lazy().filter(pl.col("goes") & ~pl.col("is_known")).select("A", "B", **table.keys)
    already = held(run, table.v2, fresh)
    if already.is_empty():
        return planned
    is_held = fresh.join(already.lazy(), on=list(table.keys), how="semi").select("A", "B", is_held=pl.lit(value=True))
    return history.with_history(pairs.join(is_held, on=["A", "B"], how="left"), ledger=ledger, owners=[]).collect()


def _first_contacts(run: Run, number: int, piece: Piece, parents_there: pl.DataFrame) -> pl.DataFrame:
    """The first contacts that V2 is to be given, of a piece of students, because a student or a parent is new or changed.

    Returns:
        `A` (a parent), `B` (the student), `relationship`, the student's `school_id`, and `is_edited`: whether the student is, in V2.
    """
    planned = sound(pl.scan_parquet(run.folder.part("plan/people", "Student", number)))
    students = planned.select("school_id", "goes", B="v1_id", is_edited="is_profile_edited")
    children = piece.scan().select(A="parent_id", B="id").join(students, on="B").collect().lazy()
    rows = children.join(_behind(parents_there, children).rename({"v1_id": "A"}), on="A").filter(pl.col("goes") | pl.col("is_new"))
    return rows.select("A", "B", "relationship", "school_id", "is_edited").collect()


def _behind(there: pl.DataFrame, pairs: pl.LazyFrame) -> pl.LazyFrame:
    """Those of the rows behind `A` that are behind some pairs'."""
    ends = pairs.select(v1_id="A").collect()
    near = there.lazy().filter(IdRange.spanning(ends["v1_id"]).holds("v1_id"))
    return near.join(ends.lazy(), on="v1_id", how="semi").with_columns(pl.col(RELATIONSHIP).cast(pl.String))


def _given_by_columns(run: Run, table: links.LinkTable, piece: Piece, b_planned: pl.LazyFrame) -> pl.LazyFrame | None:
    """The pairs that a column of another V1 row gives, unless that row is rejected: `A`, `B` in the piece; None where none does."""
    is_sound = pl.col("rejected").is_null()
    if table is links.CLASS_TO_TEACHER:
        homerooms = run.v1("Class").select(A="id", B="class_teacher_id").filter(piece.ids.holds("B"))
        return homerooms.join(run.identities("Class").filter(is_sound).select(A="v1_id"), on="A", how="semi")
    if table is links.PARENT_TO_STUDENT:
        return piece.scan().select(A="parent_id", B="id").join(b_planned.filter(is_sound).select(B="v1_id"), on="B", how="semi")
    return None


def _with_selection(run: Run, table: links.LinkTable, pairs: pl.LazyFrame) -> pl.LazyFrame:
    """Adds whether this run is about a pair, `is_selected`.

    It is about those of its entities, of which one end at least meets the filter. The filter is about tables of the run's entities: an
    end in another table does not meet it.
    """
    is_about = pl.lit(run.selection.selects(ENTITY_OF[table.name]))
    if run.selection.condition is None:
        return pairs.with_columns(is_selected=is_about)
    is_met = {end: pl.lit(value=False) for end in ("A", "B")}
    for end, of in (("A", table.a), ("B", table.b)):
        if run.selection.selects(ENTITY_OF[of]):
            met = filtered(run, of, run.v1(of).select(v1_id="id")).filter("is_met").select(pl.col("v1_id").alias(end))
            pairs = pairs.join(met.with_columns(pl.lit(value=True).alias(f"is_{end}_met")), on=end, how="left")
            is_met[end] = pl.col(f"is_{end}_met").is_not_null()
    return pairs.with_columns(is_selected=is_about & pl.any_horizontal(*is_met.values())).drop("is_A_met", "is_B_met", strict=False)
