"""records/*.parquet, what a run puts on record; and records/*.csv, the same for people with a spreadsheet; each whole or not there."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import polars as pl

from pipeline.run_folder import PRIVATE_FILE, RecordName, RunFolder

ORDER: Final[dict[RecordName, tuple[tuple[str, ...], str, tuple[str, ...]]]] = {
    "rejected": (("table",), "v1_id", ("column", "code")),
    "changed": (("table",), "v1_id", ("column", "code")),
    "findings": (("database", "table", "check"), "id", ()),
}
"""Record → the columns by which its spreadsheet is in order: what comes before the id, the id itself (7 before 10), what comes behind."""

SHEET_ROWS: Final = 1_048_576
"""What a spreadsheet program takes. A record of more rows is not sorted for it, so that memory does not grow with it."""

FORMULA: Final = r"^[=+\-@\t\r\n＝＋－＠]"
"""How a cell begins that a spreadsheet program may take for a formula and carry out (OWASP, CSV injection); full-width signs, too."""


EXAMPLES: Final = 5
"""How many original values are given as examples, for each reason code."""


def write_record(folder: RunFolder, name: RecordName, records: pl.LazyFrame, /) -> None:
    """Writes a record, with the run's id in every row.

    Raises:
        OSError, pl.exceptions.PolarsError: It cannot be written; the one before stays.
    """
    with _whole(folder.record(name)) as unfinished:
        records.with_columns(run=pl.lit(folder.run_id)).sink_parquet(unfinished)


def write_spreadsheets(folder: RunFolder, /) -> None:
    """Writes the records there are as CSV (RFC 4180): UTF-8 with a byte order mark, lines that end in CRLF.

    Texts stand in quotation marks, null is nothing. A cell that a spreadsheet program could take for a formula gets an apostrophe in
    front, which makes it text. One that is younger than its record stays as it is: somebody may work in it. The files hold personal
    data, as the records do: only their owner can read them.

    Raises:
        OSError, pl.exceptions.PolarsError: One cannot be written; the one before stays.
    """
    for name in ORDER:
        record, spreadsheet = folder.record(name), folder.spreadsheet(name)
        if record.exists() and not (spreadsheet.exists() and spreadsheet.stat().st_mtime_ns >= record.stat().st_mtime_ns):
            with _whole(spreadsheet) as unfinished:
                records = _in_order(pl.scan_parquet(record), name)
                cells = records.select(_harmless(pl.col(column)) for column in records.collect_schema())
                cells.sink_csv(unfinished, include_bom=True, line_terminator="\r\n", quote_style="non_numeric")


def original_values(folder: RunFolder, /) -> dict[str, list[dict[str, Any]]]:
    """Reason code → a few records (`table`, `v1_id`, `column`, `original`) that hold an original value, the first ones there are.

    They are personal data. Codes that never come with a value are left out, as is all of a run that recorded nothing.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for record in (folder.record("rejected"), folder.record("changed")):
        if record.exists():
            with_value = pl.scan_parquet(record).filter(pl.col("original").is_not_null()).select(
                "code", "table", "v1_id", "column", "original"
            )  # fmt: skip
            first = with_value.group_by("code", maintain_order=True).head(EXAMPLES).sort("code", maintain_order=True).collect()
            for example in first.to_dicts():
                found.setdefault(example.pop("code"), []).append(example)
    return found


def write_private(path: Path, text: str, /) -> None:
    """Writes a text in UTF-8, readable by its owner only, whole or not at all.

    Raises:
        OSError: It cannot be written; the file before stays.
    """
    with _whole(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")


def _in_order(records: pl.LazyFrame, name: RecordName) -> pl.LazyFrame:
    if records.select(pl.len()).collect().item() > SHEET_ROWS:
        return records
    before, row_id, behind = ORDER[name]
    return records.sort(*before, pl.col(row_id).str.len_chars(), row_id, *behind)


def _harmless(text: pl.Expr) -> pl.Expr:
    """The text, with an apostrophe in front where it looks like a formula."""
    return pl.when(text.str.contains(FORMULA)).then(pl.concat_str(pl.lit("'"), text)).otherwise(text).name.keep()


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A file beside the wanted one, readable by its owner only, which takes its place where the block ends well."""
    unfinished = path.with_name(f"{path.name}.tmp")
    unfinished.touch(mode=PRIVATE_FILE)
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
