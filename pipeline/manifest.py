"""`manifest.json`: how a run was begun, and how far it came; what `--resume` goes on from and `status` tells."""

import platform
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, PlainSerializer, TypeAdapter, ValidationError

from pipeline.errors import RefusedError
from pipeline.run_folder import RunFolder
from pipeline.storage import write_json

PROGRAM: Final = "0.1.0"
"""This program's version; the one of pyproject.toml."""

LIBRARIES: Final = (
    "adbc-driver-postgresql",
    "anyascii",
    "bcrypt",
    "connectorx",
    "idna",
    "pandera",
    "phonenumbers",
    "polars",
    "polars-hash",
    "pyarrow",
    "pycountry",
)
"""Those on whose versions the result rests."""

RunState = Literal["running", "done", "failed", "interrupted", "rolled back"]


def _without_zone(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(tzinfo=None)


def _with_z(instant: datetime) -> str:
    return f"{instant.isoformat(timespec='milliseconds')}Z"


Instant = Annotated[datetime, AfterValidator(_without_zone), PlainSerializer(_with_z)]
"""UTC, without a time zone, in milliseconds; `2026-11-22T10:15:07.123Z` in the file."""


@dataclass(frozen=True)
class SelectionRecord:
    """`Selection.as_document`."""

    entities: list[str]
    filter: str | None


@dataclass
class StageRecord:
    """How far a stage came."""

    name: str
    state: Literal["running", "done", "failed"] = "running"
    rows: int = 0
    total: int = 0
    """As foreseen when it began; `rows` may come out higher."""
    unit: str = "rows"
    seconds: float = 0.0


@dataclass(frozen=True)
class Manifest:
    """Everything that `manifest.json` holds; `snapshot`, of the facts, stands at its top level, too."""

    run: str
    state: RunState
    """As the run itself said last: of one that was killed it is `running` for ever (`run_lock.is_held` tells)."""
    pid: int
    started_at: Instant
    dry_run: bool
    settings: dict[str, Any]
    """`Settings.without_secrets`."""
    versions: dict[str, str]
    selection: SelectionRecord
    finished_at: Instant | None = None
    databases: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    finished: list[str] = field(default_factory=list)
    """Stages, by name, that need not be run again."""
    stages: list[StageRecord] = field(default_factory=list)

    @classmethod
    def read(cls, folder: RunFolder, /) -> "Manifest":
        """The manifest of a run.

        Raises:
            RefusedError: There is none, or not one of this version of the program.
        """
        try:
            return _adapter().validate_json(folder.manifest.read_bytes())
        except (OSError, ValidationError):  # whose message quotes the file
            raise RefusedError(
                f"Run {folder.run_id}: its manifest.json cannot be read, or is another version's.", next_step="Start a new run."
            ) from None

    def write(self, folder: RunFolder, /) -> None:
        """Writes it into the run's folder, whole or not at all.

        Raises:
            OSError: It cannot be written; the one before stays.
        """
        document = _adapter().dump_python(self, mode="json")
        write_json(folder.manifest, document | {"snapshot": self.facts.get("snapshot")})


@cache
def _adapter() -> TypeAdapter[Manifest]:
    return TypeAdapter(Manifest)


@cache
def versions() -> dict[str, str]:
    """The versions of this program, of Python, and of the libraries on which the result rests."""
    return {"program": PROGRAM, "python": platform.python_version()} | {library: version(library) for library in LIBRARIES}
