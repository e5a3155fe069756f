"""`snapshot v1|v2 DIR`: the right database into the folder, and what is there told to people and programs."""

import json
from pathlib import Path

import polars as pl
import psycopg
import pytest

from pipeline.commands.report import report
from pipeline.commands.snapshot import snapshot
from pipeline.commands.terminal import Terminal
from pipeline.errors import RefusedError, SettingsError, UsageError, VerificationError
from pipeline.settings import read_settings
from pipeline.stages.setup import set_up

pytestmark = pytest.mark.usefixtures("nothing_set")

TOUCHED = ("changed", "missing", "added", "handed_over")

SUBJECTS = """
    INSERT INTO "School" ("id", "name", "code", "admin_name", "admin_password", "updated_at")
        VALUES (1, 'Green Hill', 'GH', 'Ngozi Eze', 'geheim', '2024-01-01');
    INSERT INTO "Subject" ("school_id", "name", "updated_at") SELECT 1, 'S' || n, '2024-01-01' FROM generate_series(1, 2500) AS n;
    ALTER TABLE "Subject" RENAME TO "[red]Subject";
"""


@pytest.fixture
def v1(v1_url: str) -> str:
    """A V1 of one school and many subjects, in a table that is not called so."""
    with psycopg.connect(v1_url) as connection:
        connection.execute(SUBJECTS)
    return v1_url


def test_people_read_what_is_there(v1: str, capsys: pytest.CaptureFixture[str]) -> None:
    snapshot(read_settings(v1_database_url=v1, migration_batch_size=1000), Terminal(), side="v1", folder=Path("before"))
    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith("Snapshot of V1 (")
    (subjects,) = (line.replace("│", "").split() for line in out.splitlines() if "[red]Subject" in line)
    assert (subjects[:2], subjects[3]) == (["[red]Subject", "2,500"], "3")
    assert "2,501 rows of 9 tables as of 2" in out
    assert out.endswith(" MB, passwords included: before\n")


def test_programs_read_the_manifest(v1: str, capsys: pytest.CaptureFixture[str]) -> None:
    settings = read_settings(v1_database_url=v1, migration_batch_size=1000)
    manifest = snapshot(settings, Terminal(as_json=True), side="v1", folder=Path("before"))
    out, _ = capsys.readouterr()
    assert json.loads(out) == manifest == json.loads(Path("before/manifest.json").read_text(encoding="utf-8"))
    files = manifest["tables"]["[red]Subject"]["files"]
    assert [file["rows"] for file in files] == [1000, 1000, 500]
    assert pl.read_parquet(Path("before") / manifest["tables"]["School"]["files"][0]["path"])["admin_password"].item() == "geheim"
    assert "geheim" not in out


def test_the_side_says_which_database(v1: str, v2_url: str) -> None:
    with psycopg.connect(v2_url) as connection:
        set_up(connection)
    settings = read_settings(v1_database_url=v1, v2_database_url=v2_url)
    manifest = snapshot(settings, Terminal(), side="v2", folder=Path("after"))
    assert (manifest["side"], len(manifest["tables"]), manifest["tables"]["Role"]["rows"]) == ("v2", 24, 5)


def test_only_the_side_s_own_settings_are_wanted() -> None:
    with pytest.raises(SettingsError, match="V2"):
        snapshot(read_settings(v1_database_url="postgresql://u@127.0.0.1:1/x"), Terminal(), side="v2", folder=Path("after"))


def test_a_folder_that_holds_something_is_refused(v1: str) -> None:
    Path("before").mkdir()
    Path("before/a").touch()
    with pytest.raises(UsageError, match="before is in use"):
        snapshot(read_settings(v1_database_url=v1), Terminal(), side="v1", folder=Path("before"))
    assert [path.name for path in Path("before").iterdir()] == ["a"]


def test_what_was_touched_of_a_snapshot_is_told_by_the_report(v1: str, capsys: pytest.CaptureFixture[str]) -> None:
    settings = read_settings(v1_database_url=v1, migration_batch_size=1000)
    manifest = snapshot(settings, Terminal(), side="v1", folder=Path("before"))
    subjects = [file["path"] for file in manifest["tables"]["[red]Subject"]["files"]]
    capsys.readouterr()
    report(settings, Terminal(as_json=True), run_id="before", check=True)
    document = json.loads(capsys.readouterr().out)
    assert document == {"snapshot": "before", "files": 11, "bytes": manifest["bytes"]} | {key: [] for key in TOUCHED}
    Path("before", subjects[0]).unlink()
    Path("before", subjects[1]).write_bytes(b"no Parquet")
    Path("before", "Guest.parquet").write_bytes(b"")
    with pytest.raises(VerificationError, match=r"of snapshot before were touched since: 1 changed, 1 missing, 1 added\."):
        report(settings, Terminal(as_json=True), run_id="before", check=True)
    document = json.loads(capsys.readouterr().out)
    assert [document[kind] for kind in TOUCHED] == [[subjects[1]], [subjects[0]], ["Guest.parquet"], []]


def test_a_snapshot_whose_manifest_cannot_be_read_is_no_snapshot_any_more(tmp_path: Path) -> None:
    Path(tmp_path, "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(RefusedError, match=r"manifest\.json cannot be read"):
        report(read_settings(), Terminal(), run_id=str(tmp_path), check=True)
