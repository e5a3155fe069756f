"""Every path of a run.

```
runs/20261122T101500Z-3f9a/             mode 0700: it holds personal data
├── manifest.json                       settings without secrets, versions, snapshot, and each stage's state, rows and seconds
├── migration.log                       a line for every event: counts and names, no personal data
├── lock                                held by the process that works on the run, for as long as it lives
├── v1/Student/part-000.parquet         what was read
├── before/User.parquet                 what of V2, as it was, the plan must respect
├── plan/School.parquet …               who is who; plan/people/Student/part-000.parquet likewise, a file for each part of V1
├── plan/links/_ParentToStudent/…       what becomes of each link, a file for each part of the table behind its B
├── plan/links/first_contacts/…         the first contacts that V2 is to be given, by students
├── plan/claims.parquet                 who is given another address than the wish
├── plan/selected/Student.parquet       ids of the V1 rows that a --filter selects
├── v2/User/part-000.parquet            what is meant to be written: the rows of V1 rows that V2 has not seen
├── updates/User/part-000.parquet       the rows of V1 rows that changed since; they replace what V2 holds, or join it
├── backup/User.parquet                 the rows of V2, whole, that an update replaced or a withdrawal removed; backup/ledger.parquet
├── records/rejected.parquet            every row left out     records/changed.parquet   every value changed or dropped
├── records/findings.parquet            the id of every row that fails a check of V1's or V2's contract
├── records/rejected.csv …              the three records again, for spreadsheets
├── credentials/part-000.parquet        user id, hash
├── handover/part-000.csv[.age]         user id, e-mail, new password
├── report.json                         what became of it all: ids and counts, no personal data
└── report.html                         the same to read     report-with-values.html   with examples of values, for internal use
```
"""

import re
import secrets
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from pipeline.errors import RefusedError, SettingsError

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600

Area = Literal["v1", "v2", "updates", "plan/people", "plan/links", "plan/changed"]
"""Where parts lie."""

Place = Literal[
    "v1",
    "before",
    "plan",
    "plan/people",
    "plan/links",
    "plan/changed",
    "plan/selected",
    "v2",
    "updates",
    "backup",
    "records",
    "credentials",
    "handover",
]
"""What a stage fills, and clears before it begins."""

RecordName = Literal["rejected", "changed", "findings"]
"""What a run puts on record."""

RUN_ID: Final = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{4}")
"""`20261122T101500Z-3f9a`."""


@dataclass(frozen=True)
class RunFolder:
    """The folder of one run, and where everything lies in it."""

    path: Path

    @classmethod
    def create(cls, runs: Path, /, *, started_at: datetime) -> "RunFolder":
        """A new folder, mode 0700, named for the UTC time and four random hexadecimal digits.

        Raises:
            SettingsError: No folder can be made there.
        """
        folder = runs / f"{started_at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
        try:
            runs.mkdir(parents=True, exist_ok=True)
            folder.mkdir(mode=PRIVATE_FOLDER)
        except OSError as error:
            raise SettingsError(
                f"RUNS_DIR: no folder can be made in {runs} ({error.strerror}).", next_step="Name a folder that can be written."
            ) from None
        return cls(folder)

    @classmethod
    def all(cls, runs: Path, /) -> list["RunFolder"]:
        """The folders of all runs, newest first; what else lies there is none, and nothing where nothing is."""
        found = sorted(runs.iterdir(), reverse=True) if runs.is_dir() else []
        return [cls(path) for path in found if RUN_ID.fullmatch(path.name) and path.is_dir()]

    @classmethod
    def find(cls, runs: Path, run_id: str | None, /) -> "RunFolder":
        """The folder of the run of this id; of the newest run, if it is None.

        Raises:
            RefusedError: There is no such run.
        """
        for folder in cls.all(runs):
            if run_id in {None, folder.run_id}:
                return folder
        asked = "run" if run_id is None else f"run {run_id}" if RUN_ID.fullmatch(run_id) else "run of that name"
        raise RefusedError(f"There is no {asked} in {runs}.", next_step="`status` lists the runs there are; RUNS_DIR says where they are.")

    @property
    def run_id(self) -> str:
        """`20261122T101500Z-3f9a`."""
        return self.path.name

    @property
    def manifest(self) -> Path:
        """`manifest.json`."""
        return self.path / "manifest.json"

    @property
    def report(self) -> Path:
        """`report.json`."""
        return self.path / "report.json"

    @property
    def page(self) -> Path:
        """`report.html`."""
        return self.path / "report.html"

    @property
    def page_with_values(self) -> Path:
        """`report-with-values.html`: a file of its own, so that `report.html` never holds personal data."""
        return self.path / "report-with-values.html"

    @property
    def log(self) -> Path:
        """`migration.log`."""
        return self.path / "migration.log"

    @property
    def lock(self) -> Path:
        """`lock`."""
        return self.path / "lock"

    def clear(self, *places: Place) -> None:
        """Empties places: what an attempt that was cut off left there, half-written files included.

        Raises:
            OSError: Something cannot be deleted.
        """
        for folder in (self.path / place for place in places):
            if folder.exists():
                shutil.rmtree(folder)

    def before(self, table: str, /) -> Path:
        """`before/User.parquet`."""
        return self._made(self.path / "before") / f"{table}.parquet"

    def plan(self, name: str, /) -> Path:
        """`plan/claims.parquet`."""
        return self._made(self.path / "plan") / f"{name}.parquet"

    def selected(self, table: str, /) -> Path:
        """`plan/selected/Student.parquet`."""
        return self._made(self.path / "plan" / "selected") / f"{table}.parquet"

    def backup(self, table: str, /) -> Path:
        """`backup/User.parquet`, `backup/ledger.parquet`."""
        return self._made(self.path / "backup") / f"{table}.parquet"

    def record(self, name: RecordName, /) -> Path:
        """`records/rejected.parquet`."""
        return self._made(self.path / "records") / f"{name}.parquet"

    def spreadsheet(self, name: RecordName, /) -> Path:
        """`records/rejected.csv`."""
        return self._made(self.path / "records") / f"{name}.csv"

    def part(self, area: Area, table: str, number: int, /) -> Path:
        """`v1/Student/part-000.parquet`."""
        return self._made(self.path / area / table) / f"part-{number:03d}.parquet"

    def parts(self, area: Area, table: str, /) -> list[Path]:
        """The parts of a table there are, in order."""
        return sorted((self.path / area / table).glob("part-*.parquet"), key=part_number)

    def identities(self, table: str, /) -> list[Path]:
        """The files of what was planned of a V1 table's rows: people and links have several, others one."""
        return self.parts("plan/people", table) or self.parts("plan/links", table) or [self.plan(table)]

    def credentials(self, number: int, /) -> Path:
        """`credentials/part-000.parquet`."""
        return self._made(self.path / "credentials") / f"part-{number:03d}.parquet"

    def handover(self, number: int, /, *, encrypted: bool) -> Path:
        """`handover/part-000.csv`, `handover/part-000.csv.age`."""
        return self._made(self.path / "handover") / f"part-{number:03d}.csv{'.age' if encrypted else ''}"

    def _made(self, folder: Path) -> Path:
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        return folder


def part_number(part: Path, /) -> int:
    """The number in a part's name.

    >>> part_number(Path("v1/Student/part-012.parquet"))
    12
    """
    return int(part.name.split(".")[0].removeprefix("part-"))
