"""Every command and flag of the README, as a user types them: exit codes, the line that counts, JSON, and nobody's name anywhere."""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import psycopg
import pytest

from tests.conftest import MakeDatabase
from tests.documents import keys_promised
from tests.integration.command_line import AtTerminal, Ended, Shell
from tests.integration.conftest import CopyOf, fill_small
from tests.integration.databases import PROGRAM, Pair, add, contents, environment_of, execute, set_up_v2, table_rows
from tests.integration.small_school import BCRYPT_HASH
from tests.oracle.values import v2_id

OFFICE, TEACHER = "office@ghs.example", "tunde@ghs.example"

QUESTION = "? [y/N] "

LIST_OF_FILES = re.compile(r"^([a-z0-9]+)(?:\.(?:json|log))?(?:/\S*)? {2,}", re.MULTILINE)

FURTHER_YEAR = {
    "School": [{"id": 2, "code": "HILL"}],
    "Teacher": [{"id": 2, "full_name": "Sola Martins", "email": "sola@mail.example"}],
}

CHANGES_IN_V1 = """
    UPDATE "Parent" SET "occupation" = 'Smith' WHERE "id" = 1;
    UPDATE "Teacher" SET "school_id" = 2, "qualification" = 'PhD' WHERE "id" = 1;
    UPDATE "Student" SET "gender" = 'MALE' WHERE "id" = 1;
    DELETE FROM "_SubjectToTeacher" WHERE "A" = 2;
"""


LOOKING = {
    "status": "Stages of run",
    "--status": "Stages of run",
    "report": "Report: runs/",
    "--validate": "nothing differs",
    "analyze --compare-counts": "V2's rows, and those that the migration gave",
    "explain Teacher 1": "In V2: User, inserted",
    "explain _ClassToTeacher 1:1": "merged",
    "snapshot v1 kept": "9 tables",
    "snapshot v2 kept": "24 tables",
    "setup": "the tables were there",
}
"""A command that changes nothing → what it says."""


@pytest.fixture
def shell(small: Pair, tmp_path: Path) -> Iterator[Shell]:
    """A user in an empty folder, with a school in V1 and a V2 that is set up."""
    shell = Shell(small, tmp_path)
    yield shell
    shell.require_nobody_named_in_files()


@pytest.fixture(scope="session")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the first run was made, once it was."""
    return tmp_path_factory.mktemp("first_run")


@pytest.fixture
def after_a_run(copy_of: CopyOf, first_run: Path, tmp_path: Path) -> Iterator[Shell]:
    """A user whose first run is done."""

    def migrate(v2: str) -> None:
        set_up_v2(v2)
        Shell(Pair(copy_of("small_v1", fill_small), v2), first_run)("--force")

    shell = Shell(Pair(copy_of("small_v1", fill_small), copy_of("first_run_v2", migrate)), tmp_path)
    shutil.copytree(first_run / "runs", tmp_path / "runs")
    yield shell
    shell.require_nobody_named_in_files()


@pytest.fixture
def closed_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def assert_keys(ended: Ended, command: str) -> None:
    """The document has the keys that the operating manual promises."""
    assert ended.document.keys() == keys_promised()[command]


@pytest.mark.parametrize("something", ["Tunde", OFFICE, "0803 000 0001", "+2348030000001", BCRYPT_HASH])
def test_whatever_is_somebody_s_would_be_found_in_what_the_program_says(after_a_run: Shell, something: str) -> None:
    with pytest.raises(AssertionError):
        after_a_run.require_nobody_named(f"Written: {something}.")


# Nothing begins


@pytest.mark.parametrize(
    "arguments",
    [
        ["--json", "setup"],
        ["--entities", "pupils"],
        ["--filter", "school_id = 1; DELETE FROM x"],
        ["--resume", "--passwords", "carry"],
        ["explain", "Teacher", "seventeen"],
    ],
)
def test_wrong_usage_ends_with_2_and_begins_nothing(shell: Shell, arguments: list[str]) -> None:
    shell(*arguments, ends_with=2)
    assert list(shell.folder.iterdir()) == []


def test_a_program_is_told_of_wrong_usage_in_json(shell: Shell) -> None:
    ended = shell("status", "--nonsense", "--json", ends_with=2)
    assert_keys(ended, "any error")
    assert ended.document["exit_code"] == 2


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        (["--force"], {"V1_DATABASE_URL": ""}, "V1_DB_HOST"),
        (["status"], {"LOG_LEVEL": "chatty"}, "LOG_LEVEL"),
    ],
)
def test_settings_that_are_missing_or_wrong_end_with_3(shell: Shell, arguments: list[str], environment: dict[str, str], said: str) -> None:
    assert said in shell(*arguments, ends_with=3, **environment).err
    assert list(shell.folder.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [["--force"], ["analyze"], ["verify-login", OFFICE]],
)
def test_a_database_that_is_not_there_ends_with_4(shell: Shell, closed_port: int, arguments: list[str]) -> None:
    nowhere = f"postgresql://reader:s3cret@127.0.0.1:{closed_port}/school"
    ended = shell(*arguments, "--json", ends_with=4, sent="secret\n", V1_DATABASE_URL=nowhere, V2_DATABASE_URL=nowhere)
    assert "no server answers there" in ended.document["problem"]
    assert "s3cret" not in ended.out + ended.err


def test_a_run_needs_somebody_to_ask_or_force(shell: Shell) -> None:
    before = contents(shell.pair.v2)
    assert "--force" in shell(ends_with=8).err
    assert contents(shell.pair.v2) == before
    assert shell.runs == []


def test_help_is_for_everybody(shell: Shell) -> None:
    assert "--resume [RUN]" in shell("--help").out


def test_a_reader_who_has_gone_ends_it_with_1(after_a_run: Shell) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    ran = subprocess.run(
        [sys.executable, PROGRAM, "status"],
        cwd=after_a_run.folder,
        env=environment_of(after_a_run.pair),
        stdout=theirs,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )
    os.close(theirs)
    assert (ran.returncode, ran.stderr.count("\n")) == (1, 2)
    assert ran.stderr.startswith("Error: Nobody reads standard output any more")


# A migration


def test_a_dry_run_then_the_run_then_one_with_nothing_to_do(shell: Shell) -> None:
    before = contents(shell.pair.v2)
    assert "rolled back" in shell("--dry-run", "--verbose", LOG_LEVEL="DEBUG").out
    assert contents(shell.pair.v2) == before
    done = shell("--force", "--json", "--verbose", "--batch-size", "1", "--passwords", "generate")
    assert_keys(done, "migrate")
    assert (done.document["verdict"], done.document["dry_run"]) == ("ok", False)
    assert done.document["verification"]["logins"] == done.document["written"]["User"] == 4
    assert " INFO stage finished name=load " in done.err
    assert "New passwords, to hand over and then delete" in done.err
    again = shell("--force", "--json", LOG_LEVEL="error").document
    assert not any(again["written"].values())
    assert shell.run.log.exists() is False
    assert [run.log.exists() for run in shell.runs[1:]] == [True, True]


def test_settings_of_the_environment_do_what_the_flags_do(shell: Shell) -> None:
    document = shell("--json", DRY_RUN="true", PASSWORD_POLICY="generate", RUNS_DIR="elsewhere", MIGRATION_BATCH_SIZE="3").document
    assert (document["dry_run"], document["folder"].split("/")[0]) == (True, "elsewhere")
    assert shell.runs == []
    assert len(shell("status", "--json", RUNS_DIR="elsewhere").document["runs"]) == 1


def test_a_part_of_v1_goes_and_the_rest_follows(shell: Shell) -> None:
    schools = shell("--entities", "schools", "--filter", "school_id IN (1,2,3)", "--force", "--json").document
    assert schools["books"].keys() == {"School", "Administrator", "Class", "Subject"}
    rest = shell("--entities", "teachers,students,parents", "--skip-validation", "--force", "--json").document
    assert (rest["verification"]["rows"], rest["written"]["User"]) == (0, 3)
    nobody = shell("--filter", "created_at > '2030-01-01'", "--dry-run", "--json").document
    assert sum(book["read"] for book in nobody["books"].values()) == 0


def test_too_many_rejected_rows_end_with_5_and_a_higher_limit_resumes_the_run(shell: Shell) -> None:
    add(shell.pair.v1, {"Teacher": [{"id": 9, "full_name": " "}]})
    before = contents(shell.pair.v2)
    refused = shell("--force", "--json", ends_with=5, MAX_REJECTED_PERCENT="0")
    assert_keys(refused, "migrate")
    assert (refused.document["verdict"], refused.document["rejected"]) == ("failed", {"name_missing": 1})
    assert contents(shell.pair.v2) == before
    resumed = shell("--resume", shell.run.run_id, "--force", MAX_REJECTED_PERCENT="50")
    assert "resumed behind transform" in resumed.out
    assert "extract " not in resumed.out
    assert len(shell.runs) == 1


def test_a_v2_that_refuses_a_row_ends_with_6(shell: Shell) -> None:
    execute(shell.pair.v2, """ALTER TABLE "Teacher" ADD CHECK ("userId" IS NULL)""")
    before = contents(shell.pair.v2)
    shell("--force", ends_with=6)
    assert contents(shell.pair.v2) == before


def test_a_later_run_updates_keeps_and_takes_back_and_leaves_every_file_of_the_readme(after_a_run: Shell) -> None:
    shell = after_a_run
    add(shell.pair.v1, FURTHER_YEAR)
    execute(shell.pair.v1, CHANGES_IN_V1)
    execute(shell.pair.v2, f"""UPDATE "User" SET "updatedAt" = now() WHERE "id" = '{v2_id("User:student:1")}'""")
    done = shell("--force", "--json").document
    books = {table: {name: rows for name, rows in book.items() if rows} for table, book in done["books"].items()}
    assert books["Teacher"] == {"read": 2, "inserted": 1, "updated": 1}
    assert books["Parent"] == {"read": 1, "updated": 1}
    assert books["Student"] == {"read": 1, "kept": 1}
    assert {code: done["changed"].get(code) for code in ("kept_edited", "role_withdrawn", "link_stale")} == {
        "kept_edited": 1,
        "role_withdrawn": 1,
        "link_stale": 1,
    }
    changed = pl.read_parquet(shell.run.record("changed"))
    assert changed.columns == ["table", "v1_id", "column", "code", "check", "original", "run"]
    assert changed.filter(pl.col("code") == "kept_edited")["check"].to_list() == ["User"]
    readme = (PROGRAM.parent / "README.md").read_text(encoding="utf-8")
    listed = set(LIST_OF_FILES.findall(readme.partition("### What a run leaves behind")[2].partition("| exit code |")[0]))
    assert {path.name.partition(".")[0] for path in shell.run.path.iterdir()} == listed
    assert shell("rollback", shell.run.run_id, "--force", "--json").document["is_complete"] is True


# What became of it


@pytest.mark.parametrize(("line", "said"), LOOKING.items(), ids=list(LOOKING))
def test_commands_that_look_say_it_to_people_and_to_programs(after_a_run: Shell, line: str, said: str) -> None:
    before = contents(after_a_run.pair.v2)
    ended = after_a_run(*line.split(), "--json")
    assert said in ended.err
    assert_keys(ended, line.split(maxsplit=1)[0].removeprefix("--"))
    assert contents(after_a_run.pair.v2) == before


def test_without_json_people_read_standard_output(after_a_run: Shell) -> None:
    assert "nothing differs" in after_a_run("validate").out
    assert "Neither database drifted" in after_a_run("analyze").out


def test_runs_are_found_by_name_and_without_a_database(after_a_run: Shell) -> None:
    name = after_a_run.run.run_id
    after_a_run.run.report.unlink()
    assert after_a_run("report", name, "--json", V1_DATABASE_URL="", V2_DATABASE_URL="").document["run"] == name
    assert after_a_run.run.report.exists()
    assert name in after_a_run("status", V1_DATABASE_URL="", V2_DATABASE_URL="").out
    assert after_a_run("validate", name, "--json").document["run"] == name
    after_a_run("rollback", "20200101T000000Z-0000", "--force", ends_with=8)


def test_a_v2_that_is_not_what_was_written_ends_validate_with_7(after_a_run: Shell) -> None:
    execute(after_a_run.pair.v2, """UPDATE "Teacher" SET "qualification" = 'PhD'""")
    ended = after_a_run("validate", "--json", ends_with=7)
    assert_keys(ended, "validate")
    assert ended.document["differences"] == {"differs": {"Teacher": {"qualification": 1}}}
    assert (after_a_run.folder / ended.document["listed_in"]).exists()


def test_a_login_is_accepted_with_the_password_that_was_handed_over_and_no_other(after_a_run: Shell) -> None:
    (handover,) = (after_a_run.run.path / "handover").iterdir()
    ((_, email, password),) = pl.read_csv(handover).iter_rows()
    assert email == OFFICE
    right = after_a_run("verify-login", email.upper(), "--json", sent=f"{password}\n")
    assert_keys(right, "verify-login")
    assert (right.document["accepted"], right.document["must_change_password"]) == (True, True)
    assert "lets user" in after_a_run("verify-login", email, sent=password).out
    wrong = after_a_run("verify-login", TEACHER, "--json", ends_with=7, sent=f"{password}\n")
    assert wrong.document["accepted"] is False
    after_a_run("verify-login", email, ends_with=2)
    with AtTerminal(after_a_run, "verify-login", email) as terminal:
        terminal.read_until("Password: ")
        terminal.type(f"{password}\n")
        assert "A new password must be chosen at once." in terminal.end(ends_with=0)


def test_a_run_is_taken_back_once_and_only_by_somebody_who_means_it(after_a_run: Shell) -> None:
    shell, name = after_a_run, after_a_run.run.run_id
    before = contents(shell.pair.v2)
    shell("rollback", name, ends_with=8)
    with AtTerminal(shell, "rollback", name) as terminal:
        terminal.read_until(QUESTION)
        terminal.type("no\n")
        terminal.end(ends_with=8)
    assert contents(shell.pair.v2) == before
    done = shell("rollback", name, "--force", "--json")
    assert_keys(done, "rollback")
    assert table_rows(shell.pair.v2, "User") == []
    assert "was rolled back already" in shell("rollback", name, "--force", ends_with=8).err
    assert shell("status", "--json").document["runs"][0]["state"] == "rolled back"
    assert "Nothing to resume" in shell("--resume", "--force", ends_with=8).err


# At a terminal


def test_while_a_run_asks_others_see_it_and_are_refused_and_a_no_can_be_resumed(shell: Shell) -> None:
    before = contents(shell.pair.v2)
    assert "Nothing to resume" in shell("--resume", ends_with=8).err
    with AtTerminal(shell) as terminal:
        terminal.read_until(QUESTION)
        assert "The books: what is to become of V1's rows" in terminal.shown
        told = shell("status", "--json").document["runs"][0]
        assert (told["state"], [stage["name"] for stage in told["stages"]]) == ("running", ["extract", "plan", "transform"])
        assert re.search(r"another run of the migration holds it \(server process \d+, since ", shell("--force", ends_with=8).err)
        assert "is still running" in shell("--resume", told["run"], "--force", ends_with=8).err
        terminal.type("n\n")
        assert "Not confirmed" in terminal.end(ends_with=8)
    assert contents(shell.pair.v2) == before
    resumed = shell("--resume", told["run"], "--force", "--json").document
    assert (resumed["run"], resumed["verdict"], resumed["written"]["User"]) == (told["run"], "ok", 4)


def test_a_yes_is_a_yes_and_ctrl_c_is_heard_and_resumed(shell: Shell) -> None:
    before = contents(shell.pair.v2)
    with AtTerminal(shell) as terminal:
        terminal.read_until(QUESTION)
        terminal.type("\x03")
        assert "Interrupted." in terminal.end(ends_with=130)
    assert contents(shell.pair.v2) == before
    assert shell("status", "--json").document["runs"][0]["state"] == "interrupted"
    with AtTerminal(shell, "--resume") as terminal:
        terminal.read_until(QUESTION)
        terminal.type("y\n")
        assert "Done: 21 rows are in V2." in terminal.end(ends_with=0)
    assert len(shell.runs) == 1


def test_v2_is_emptied_only_by_its_name_typed_at_a_terminal(after_a_run: Shell) -> None:
    shell = after_a_run
    name = psycopg.conninfo.conninfo_to_dict(shell.pair.v2)["dbname"]
    before = contents(shell.pair.v2)
    shell("setup", "--clean", ends_with=8, sent=f"{name}\n")
    shell("setup", "--clean", "--force", ends_with=2)
    for typed, code in (("yes", 8), (name, 0)):
        assert contents(shell.pair.v2) == before
        with AtTerminal(shell, "setup", "--clean") as terminal:
            terminal.read_until(f"type the database's name, {name}: ")
            terminal.type(f"{typed}\n")
            terminal.end(ends_with=code)
    assert table_rows(shell.pair.v2, "User") == []
    assert shell("validate", ends_with=8).err.startswith("Error: No run in runs was ever committed")


# From nothing


def test_an_empty_v1_and_v2_are_filled(make_database: MakeDatabase, tmp_path: Path) -> None:
    shell = Shell(Pair(make_database(), make_database()), tmp_path)
    assert_keys(shell("setup", "--json"), "setup")
    assert shell("sample", "--students", "3", "--json").document["Student"] == 3
    assert "an empty V1 only" in shell("sample", "--students", "3", ends_with=8).err


def test_the_demo_shows_it_all_and_stays_until_ctrl_c(shell: Shell) -> None:
    shell.environment["DEMO_PG_URL"] = shell.pair.v1
    assert_keys(shell("demo", "--students", "2", "--passwords", "carry", "--json"), "demo")
    with AtTerminal(shell, "demo", "--students", "2", "--keep") as terminal:
        terminal.read_until("The databases stay until Ctrl-C.")
        assert terminal.shown.count("postgresql://") == 2
        terminal.interrupt()
        terminal.end(ends_with=0, with_urls=True)
