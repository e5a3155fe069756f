"""A run that was committed: which one, what V2 was given by it, and which of V2's rows stand for the rows of the ledger."""

from typing import Final

import polars as pl
import psycopg

from checks.relations import PRIMARY_KEYS
from pipeline.errors import RefusedError
from pipeline.manifest import Manifest
from pipeline.postgres import ledger
from pipeline.postgres.connect import Database, connected
from pipeline.progress import Progress
from pipeline.run import Run
from pipeline.run_folder import RunFolder
from pipeline.settings import Settings
from pipeline.stages.load import written
from pipeline.stages.staging import updated
from pipeline.stages.target import Target
from pipeline.steps import V2_TABLES
from transforms.ids import v2_id
from transforms.tables import departures, kinds, links

COMMITTED: Final = 'SELECT "id", "state" FROM "migration"."run" ORDER BY "loaded_at" DESC, "id" DESC'
"""The runs that V2 holds rows of, newest first."""

IN_PART: Final = "rolled back in part"
"""The state there of a run of which something stayed when it was taken back."""

V1_ID: Final = pl.col("v1_id")

STANDING: Final = (
    *((table, table, {"id": v2_id(table, V1_ID)}) for table in ("School", "Class", "Subject")),
    *((kind.table, "User", {"id": v2_id(f"User:{kind.key}", V1_ID)}) for kind in kinds.KINDS),
    *((kind.table, kind.table, {"id": v2_id(kind.table, V1_ID)}) for kind in kinds.KINDS if kind is not kinds.ADMINISTRATOR),
    *((table.name, table.v2, table.keys) for table in links.LINK_TABLES),
)
"""The ledger's `v1_table`, a V2 table, and the key there, out of `v1_id`, of the row that stands for the V1 row (mapping, section 1)."""


def committed_run(settings: Settings, progress: Progress, v2: Database, /, *, run_id: str | None) -> Run:
    """A run that V2's ledger knows and whose folder is there; the newest such run, if `run_id` is None.

    Raises:
        RefusedError: There is no such run, it never was committed to this V2, or it was rolled back; or its folder is not there.
        ConnectionFailedError: V2 cannot be reached.
    """
    with connected(v2, read_only=True) as connection:
        committed = committed_ids(connection)
    folders = {folder.run_id: folder for folder in RunFolder.all(settings.runs_dir)}
    if run_id is None:
        run_id = next((known for known in committed if known in folders), None)
        if run_id is None:
            raise RefusedError(
                f"No run in {settings.runs_dir} was ever committed to {v2.place}.",
                next_step="RUNS_DIR says where the runs' folders are; `status` lists those that are there.",
            )
    if run_id in committed and run_id not in folders:
        raise RefusedError(
            f"Run {run_id} is in the ledger of {v2.place}, but its folder is not in {settings.runs_dir}.",
            next_step="Put the folder back, or set RUNS_DIR to where it is: what the run wrote can be told from its files only.",
        )
    folder = RunFolder.find(settings.runs_dir, run_id)
    manifest = Manifest.read(folder)
    if run_id not in committed:
        raise RefusedError(
            f"Run {run_id} {_why_not_committed(manifest, v2)}.", next_step="`status` lists the runs, and how each of them ended."
        )
    return Run.past(folder, manifest, settings, progress)


def committed_ids(connection: psycopg.Connection, /) -> list[str]:
    """The ids of the runs that V2's ledger knows, newest first; none where there is no ledger."""
    return [run_id for run_id, _ in connection.execute(COMMITTED)] if ledger.is_there(connection) else []


def meant(run: Run, table: str, /) -> pl.LazyFrame:
    """Every row that the run left in a V2 table, added or brought up to date, as V2 then held it: password hashes among them."""
    added = written(run, table)
    given = updated(run, table)
    if given is None:
        return added
    return pl.concat([added, given.select(added.collect_schema().names())], how="vertical_relaxed")


def standing(run: Run, ledger_rows: pl.LazyFrame, /) -> dict[str, pl.LazyFrame]:
    """V2 table → `v1_table`, `v1_id` of rows of the ledger, beside the key of the V2 row that stands for each.

    A person stands in V2 twice, by the User and by the profile. A `NOTE` stands for no row; a link to a subject that this run did
    not read is left out.
    """
    subjects = run.plan("Subject").select("subject_uid", A=V1_ID.cast(pl.String))
    ends = V1_ID.str.split_exact(":", 1).struct
    rows = ledger_rows.filter(pl.col("digest") != departures.NOTE).with_columns(A=ends.field("field_0"), B=ends.field("field_1"))
    found: dict[str, list[pl.LazyFrame]] = {}
    for v1_table, v2_table, keys in STANDING:
        of_table = rows.filter(pl.col("v1_table") == v1_table)
        if v1_table == links.SUBJECT_TO_TEACHER.name:
            of_table = of_table.join(subjects, on="A")
        found.setdefault(v2_table, []).append(of_table.select("v1_table", "v1_id", **keys))
    return {table: pl.concat(frames) for table, frames in found.items()}


def later_keys(run: Run, target: Target, /) -> dict[str, pl.LazyFrame]:
    """V2 table → the keys of the rows that later runs wrote, be it over those of this run; a key may be there several times.

    By the ledger, and by the files of those runs whose folder is there and of which nothing was taken back.
    """
    runs = [(run_id, state) for run_id, state in target.query(COMMITTED).iter_rows()]
    later = runs[: [run_id for run_id, _ in runs].index(run.folder.run_id)]
    listed = ", ".join(f"'{run_id}'" for run_id, _ in later)
    rows = target.query(f'SELECT "v1_table", "v1_id", "digest" FROM "migration"."row" WHERE "run_id" IN ({listed or "NULL"})')
    found = {table: [frame.select(PRIMARY_KEYS[table])] for table, frame in standing(run, rows.lazy()).items()}
    for folder in (RunFolder(run.folder.path.parent / run_id) for run_id, state in later if state != IN_PART):
        for table, key in PRIMARY_KEYS.items():
            parts = [*folder.parts("v2", table), *folder.parts("updates", table)]
            found.setdefault(table, []).extend([pl.scan_parquet(parts).select(key)] if parts else [])
    nothing = {table: pl.LazyFrame(schema=dict.fromkeys(key, pl.String)) for table, key in PRIMARY_KEYS.items()}
    return {table: pl.concat([nothing[table], *found.get(table, [])]) for table in V2_TABLES}


def _why_not_committed(manifest: Manifest, v2: Database) -> str:
    if manifest.dry_run:
        return "was a dry run: it left nothing in V2"
    if manifest.state == "rolled back":
        return "was rolled back already"
    if manifest.state == "done" and not any(manifest.facts.get("written", {}).values()):
        return "had nothing to write: it left nothing in V2"
    if manifest.state == "done":
        return f"ended well, but is not in the ledger of {v2.place}: it went to another database, or was rolled back"
    return f"is not in the ledger of {v2.place}: it was never committed there"
