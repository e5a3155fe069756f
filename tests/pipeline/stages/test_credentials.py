"""Credentials: passwords people can type, hashes that verify, each block made once, and the handover for one reader only."""

import csv
import os
import stat
import string
from collections import Counter
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import bcrypt
import polars as pl
import pyrage
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from pipeline.progress import Progress
from pipeline.run import Run
from pipeline.settings import Settings
from pipeline.stages import credentials as module
from pipeline.stages.credentials import ALPHABET, credentials, generated_password, hashed

CARRIED = "$2b$10$" + 53 * "a"
BLOCK = 4


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK_USERS", BLOCK)


def run_in(folder: Path, *, recipient: str | None = None, dry_run: bool = False) -> Run:
    settings = Settings(_env_file=None, runs_dir=folder, handover_recipient=recipient, dry_run=dry_run)  # type: ignore[call-arg]  # pydantic-settings takes it
    return Run.begin(settings.model_copy(update={"bcrypt_cost": 4}), Progress(Console(file=StringIO())))


def give_users(run: Run, *, parts: int = 1, users: int = 10) -> list[str]:
    """Writes users of which every third carries a hash over; gives the ids of the others."""
    for part in range(parts):
        numbers = range(part * users, (part + 1) * users)
        hashes = [CARRIED if number % 3 == 0 else None for number in numbers]
        rows = {"id": [f"user-{number}" for number in numbers], "email": [f"ada+{number}@x.example" for number in numbers]}
        pl.DataFrame(rows | {"passwordHash": pl.Series(hashes, dtype=pl.String)}).write_parquet(run.folder.part("v2", "User", part))
    return [f"user-{number}" for number in range(parts * users) if number % 3]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return run_in(tmp_path)


def files(run: Run, folder: str) -> list[Path]:
    return sorted((run.folder.path / folder).glob("*"))


def handed_over(texts: Iterator[str]) -> dict[str, tuple[str, str]]:
    """User id → e-mail and password, of all files."""
    rows = [row for text in texts for row in csv.DictReader(StringIO(text, newline=""))]
    people = {row["user_id"]: (row["email"], row["password"]) for row in rows}
    assert len(people) == len(rows)
    return people


def plain_handover(run: Run) -> dict[str, tuple[str, str]]:
    return handed_over(path.read_text(encoding="utf-8") for path in files(run, "handover"))


# Passwords


def test_the_alphabet_is_the_57_letters_and_digits_that_cannot_be_confused() -> None:
    assert len(ALPHABET) == len(set(ALPHABET)) == 57
    assert set(ALPHABET) == set(string.ascii_letters + string.digits) - set("0O1lI")


def test_every_password_has_12_characters_of_all_three_classes() -> None:
    for password in (generated_password() for _ in range(5000)):
        assert len(password) == 12
        assert set(password) <= set(ALPHABET)
        for wanted in (str.isupper, str.islower, str.isdigit):
            assert any(map(wanted, password))


def test_no_password_comes_twice_and_every_character_comes_at_every_place() -> None:
    passwords = [generated_password() for _ in range(5000)]
    assert len(set(passwords)) == len(passwords)
    for place in range(12):
        counts = Counter(password[place] for password in passwords)
        assert set(counts) == set(ALPHABET)
        assert max(counts.values()) < 4 * min(counts.values())


@given(st.text(string.ascii_letters + string.digits, min_size=1, max_size=71))
def test_a_hash_verifies_its_own_password_only(password: str) -> None:
    digest = hashed(password, cost=4)
    assert len(digest) == 60
    assert digest.startswith("$2b$04$")
    assert bcrypt.checkpw(password.encode(), digest.encode())
    assert not bcrypt.checkpw(f"{password}x".encode(), digest.encode())


def test_the_same_password_is_hashed_with_a_salt_of_its_own_each_time() -> None:
    assert len({hashed("Abcdefgh2345", cost=4) for _ in range(20)}) == 20


# The stage


def test_everybody_without_a_hash_gets_one_that_verifies_the_password_handed_over(run: Run) -> None:
    wanting = give_users(run)
    credentials(run)
    hashes = dict(run.credentials().collect().iter_rows())
    people = plain_handover(run)
    assert sorted(hashes) == sorted(people) == sorted(wanting)
    for user, (email, password) in people.items():
        assert bcrypt.checkpw(password.encode(), hashes[user].encode())
        assert email == f"ada+{user.removeprefix('user-')}@x.example"


def test_every_user_has_a_password_and_a_salt_of_its_own(run: Run) -> None:
    give_users(run, parts=3, users=30)
    credentials(run)
    people = run.credentials().collect()
    assert people["passwordHash"].str.slice(7, 22).n_unique() == people.height
    assert len({password for _, password in plain_handover(run).values()}) == people.height


def test_the_hashes_have_the_cost_of_the_settings(run: Run) -> None:
    give_users(run)
    credentials(run)
    assert run.credentials().collect()["passwordHash"].str.starts_with("$2b$04$").all()


def test_blocks_go_on_counting_from_part_to_part(run: Run) -> None:
    wanting = give_users(run, parts=2, users=10)
    credentials(run)
    assert [path.name for path in files(run, "credentials")] == [f"part-00{number}.parquet" for number in range(4)]
    assert [path.name for path in files(run, "handover")] == [f"part-00{number}.csv" for number in range(4)]
    assert [pl.read_parquet(path).height for path in files(run, "credentials")] == [4, 2, 4, 3]
    assert len(wanting) == 13
    assert [(stage.name, stage.state, stage.rows) for stage in run.stages] == [("credentials", "done", 13)]


def test_a_dry_run_makes_hashes_and_hands_nothing_over(tmp_path: Path) -> None:
    run = run_in(tmp_path, dry_run=True)
    wanting = give_users(run)
    credentials(run)
    assert sorted(run.credentials().collect()["id"]) == sorted(wanting)
    assert files(run, "handover") == []


def test_where_everybody_carries_a_hash_nothing_is_made(run: Run) -> None:
    rows = {"id": ["user-1"], "email": ["ada@x.example"], "passwordHash": [CARRIED]}
    pl.DataFrame(rows).write_parquet(run.folder.part("v2", "User", 0))
    credentials(run)
    assert files(run, "credentials") == files(run, "handover") == []
    assert run.new_logins == {}


def test_a_few_logins_are_remembered_for_the_verification_and_they_work(run: Run) -> None:
    give_users(run, users=30)
    credentials(run)
    hashes = dict(run.credentials().collect().iter_rows())
    assert 0 < len(run.new_logins) <= 20
    assert all(bcrypt.checkpw(password.encode(), hashes[user].encode()) for user, password in run.new_logins.items())


# A second time


def test_a_block_that_is_there_is_kept_with_its_handover(run: Run) -> None:
    give_users(run)
    credentials(run)
    before = {path: path.read_bytes() for path in files(run, "credentials") + files(run, "handover")}
    credentials(run)
    assert {path: path.read_bytes() for path in files(run, "credentials") + files(run, "handover")} == before


def test_only_the_block_that_is_missing_is_made_and_its_handover_fits(run: Run) -> None:
    give_users(run)
    credentials(run)
    first, second = files(run, "credentials")
    kept = first.read_bytes()
    second.unlink()
    credentials(run)
    assert first.read_bytes() == kept
    hashes = dict(run.credentials().collect().iter_rows())
    people = plain_handover(run)
    assert sorted(people) == sorted(hashes)
    assert all(bcrypt.checkpw(password.encode(), hashes[user].encode()) for user, (_, password) in people.items())


def test_a_block_counts_as_there_only_after_its_handover(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    give_users(run)
    with monkeypatch.context() as full_disk:
        full_disk.setattr(module, "_write_handover", lambda *_: (_ for _ in ()).throw(OSError("no space left on device")))
        with pytest.raises(OSError, match="no space"):
            credentials(run)
    assert files(run, "credentials") == []
    credentials(run)
    assert sorted(plain_handover(run)) == sorted(run.credentials().collect()["id"].to_list())


# The handover


@pytest.mark.parametrize("umask", [0o000, 0o022])
def test_only_its_owner_reads_the_handover(umask: int, run: Run) -> None:
    give_users(run)
    before = os.umask(umask)
    try:
        credentials(run)
    finally:
        os.umask(before)
    paths = files(run, "handover")
    assert paths
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600}
    assert stat.S_IMODE(paths[0].parent.stat().st_mode) == stat.S_IMODE(run.folder.path.stat().st_mode) == 0o700


def test_with_a_recipient_only_the_holder_of_the_key_reads_the_handover(tmp_path: Path) -> None:
    identity, stranger = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    run = run_in(tmp_path, recipient=str(identity.to_public()))
    give_users(run)
    credentials(run)
    paths = files(run, "handover")
    assert [path.name for path in paths] == ["part-000.csv.age", "part-001.csv.age"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600}
    people = handed_over(pyrage.decrypt(path.read_bytes(), [identity]).decode() for path in paths)
    hashes = dict(run.credentials().collect().iter_rows())
    assert sorted(people) == sorted(hashes)
    assert all(bcrypt.checkpw(password.encode(), hashes[user].encode()) for user, (_, password) in people.items())
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(paths[0].read_bytes(), [stranger])


@pytest.mark.parametrize("is_encrypted", [False, True])
def test_plain_text_stands_nowhere_else_in_the_run_s_folder(is_encrypted: bool, tmp_path: Path) -> None:
    identity = pyrage.x25519.Identity.generate()
    run = run_in(tmp_path, recipient=str(identity.to_public()) if is_encrypted else None)
    give_users(run)
    credentials(run)
    run.write_manifest()
    contents = [pyrage.decrypt(path.read_bytes(), [identity]) if is_encrypted else path.read_bytes() for path in files(run, "handover")]
    passwords = [password for _, password in handed_over(content.decode() for content in contents).values()]
    elsewhere = [path for path in run.folder.path.rglob("*") if path.is_file() and (is_encrypted or path.parent.name != "handover")]
    held = b"".join(path.read_bytes() for path in elsewhere)
    assert len(passwords) == 6
    assert not any(password.encode() in held for password in passwords)


def test_a_file_is_a_table_that_spreadsheets_read(run: Run) -> None:
    give_users(run, users=2)
    credentials(run)
    (path,) = files(run, "handover")
    header, row, end = path.read_bytes().split(b"\r\n")
    assert header == b'"user_id","email","password"'
    assert row.startswith(b'"user-1","ada+1@x.example","')
    assert end == b""
