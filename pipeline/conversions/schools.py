"""How pieces of V1's schools, classes and subjects are converted."""

import polars as pl

from pipeline.conversions.conversion import Conversion, Which, goes, going
from pipeline.run import Run
from transforms import records
from transforms.tables import classes, schools, subjects
from transforms.tables.addresses import address_rows


def convert_schools(run: Run, number: int, which: Which) -> Conversion:
    """School rows, and the address of each."""
    converted = schools.converted(
        run.pieces("School")[number].scan(),
        identities=going(run.plan("School"), which),
        run_started_at=run.started_at,
    )
    converted = converted.collect(engine="in-memory").lazy()
    unedited = converted.filter(~pl.col("is_edited"))
    return Conversion(
        {"School": schools.rows(unedited), "Address": address_rows(unedited, kind="school", owner="school_uid")},
        records.changed(converted, "School", schools.CHANGES),
    )


def convert_classes(run: Run, number: int, which: Which) -> Conversion:
    """Class rows."""
    converted = classes.converted(
        run.pieces("Class")[number].scan(),
        identities=going(run.plan("Class"), which),
        levels=run.before("ClassLevel").collect(),
    )
    converted = converted.collect(engine="in-memory").lazy()
    unedited = converted.filter(~pl.col("is_edited"))
    return Conversion({"Class": classes.rows(unedited)}, records.changed(converted, "Class", classes.CHANGES))


def convert_subjects(run: Run, number: int, which: Which) -> Conversion:
    """Subject rows; those that are another subject of V2 are put on record."""
    is_merged = pl.col("is_merged") & pl.col("is_selected") & pl.lit(which == "new")  # on record once, in every run
    identities = run.plan("Subject").filter(goes(which) | is_merged)
    converted = subjects.converted(
        run.pieces("Subject")[number].scan(),
        identities=identities,
        categories=run.before("SubjectCategory").collect(),
    )
    converted = converted.collect(engine="in-memory").lazy()
    unedited = converted.filter(~pl.col("is_edited"))
    return Conversion({"Subject": subjects.rows(unedited)}, records.changed(converted, "Subject", subjects.CHANGES))
