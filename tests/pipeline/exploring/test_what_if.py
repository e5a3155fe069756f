"""What other settings would change is worked out beside a run, which stays as it is."""

import hashlib
from pathlib import Path

import polars as pl
import pytest

from pipeline.errors import SettingsError
from pipeline.exploring.what_if import differences, replanned, values_that_differ
from tests.integration.small_school import BCRYPT_HASH
from tests.pipeline.exploring.conftest import History


def contents(folder: Path) -> dict[str, tuple[int, str]]:
    """When each file was written last, and what is in it."""
    files = (file for file in folder.rglob("*") if file.is_file())
    return {str(file): (file.stat().st_mtime_ns, hashlib.sha256(file.read_bytes()).hexdigest()) for file in files}


@pytest.mark.parametrize("which", ["first", "second", "third"])
def test_the_same_settings_give_the_same_rows(history: History, which: str) -> None:
    run = getattr(history, which).run
    with replanned(run) as other:
        assert differences(run, other).is_empty()


def test_another_country_changes_what_hangs_on_it_and_nothing_else(history: History) -> None:
    run = history.first.run
    with replanned(run, default_country="KE") as other:
        found = differences(run, other)
        countries = values_that_differ(run, other, "School", "country")
    assert set(found["what"]) == {"differs"}
    assert set(found.select("table", "column").rows()) <= {
        ("School", "country"), ("School", "phone"), ("User", "phone"), ("Address", "country"), ("Class", "academicYear"),
        ("Enrollment", "academicYear"), ("Enrollment", "id"),
    }  # fmt: skip
    assert countries.rows() == [("School 2", "NG", "KE")]


def test_another_placeholder_domain_changes_addresses_that_were_made_up(history: History) -> None:
    run = history.first.run
    with replanned(run, placeholder_email_domain="people.example") as other:
        found = differences(run, other)
        addresses = values_that_differ(run, other, "User", "email")
    assert found.select("table", "column").rows() == [("User", "email")]
    assert found["rows"].item() == addresses.height
    assert addresses["before"].str.ends_with(".v1.invalid").all()
    assert addresses["after"].str.ends_with(".people.example").all()
    assert found["examples"].item().to_list() == addresses["row"].head(3).to_list()


def test_another_policy_changes_passwords_whose_hashes_are_not_shown(history: History) -> None:
    run = history.first.run
    with replanned(run, password_policy="carry") as other:
        found = differences(run, other)
        hashes = values_that_differ(run, other, "User", "passwordHash")
        assert BCRYPT_HASH in other.v2("User").collect()["passwordHash"]
    assert found.select("table", "column", "rows").rows() == [("User", "passwordHash", 1), ("User", "mustChangePassword", 1)]
    assert hashes.rows() == [("Teacher 1", None, "(set)")]


def test_rows_that_only_one_of_two_runs_would_write_are_told(history: History) -> None:
    found = differences(history.first.run, history.second.run)
    only = found.filter(pl.col("column").is_null())
    assert set(only["what"]) == {"only before", "only after"}
    after = only.row(by_predicate=(pl.col("table") == "Parent") & (pl.col("what") == "only after"), named=True)
    assert after["rows"] == 1


def test_a_setting_that_cannot_be_meant_is_refused(history: History) -> None:
    with pytest.raises(SettingsError, match="DEFAULT_COUNTRY"), replanned(history.first.run, default_country="Atlantis"):
        pass


def test_the_run_stays_as_it_is_and_nothing_is_left_of_the_other(history: History) -> None:
    before = contents(history.runs)
    with replanned(history.first.run, default_country="KE") as other:
        folder = other.folder.path
        assert folder.exists()
    assert contents(history.runs) == before
    assert not folder.exists()
