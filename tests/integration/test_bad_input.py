"""What users get wrong, through the command line as they run it: the exit code, a message that helps, and V2 as it was."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import polars as pl
import psycopg
import pytest

from pipeline.postgres.ledger import LOCK_KEY
from tests.conftest import MakeDatabase
from tests.integration.databases import (
    PROGRAM,
    PROGRAM_TIMEOUT_SECONDS,
    Pair,
    add_strangers,
    contents,
    environment_of,
    execute,
    records,
    run_folder_in,
    run_program,
    table_rows,
    users,
)
from tests.integration.every_rule import CHANGED, REJECTED

Ran = subprocess.CompletedProcess[str]


def assert_refused(ran: Ran, code: int, *says: str) -> None:
    """The exit code, nothing on standard output but the stages that were done, and a message of two lines: what, and what next."""
    assert ran.returncode == code, ran.stderr
    message = ran.stderr.splitlines()
    assert message[0].startswith("Error: ")
    assert len(message) == 2
    assert message[1].endswith((".", "?"))
    for words in says:
        assert words in ran.stderr
    for secret in ("postgresql://", "Traceback", "tunde@", "bola@", "2348030000"):
        assert secret not in ran.stderr + ran.stdout


# Settings and connections


def test_without_settings_the_message_names_them_and_the_file_to_copy(tmp_path: Path) -> None:
    ran = run_program(tmp_path, "--force", environment={"PATH": os.environ["PATH"]})
    assert_refused(ran, 3, "V1_DB_HOST, V1_DB_NAME, V1_DB_USER missing", "Copy .env.example to .env")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("label", "change", "says"),
    [
        ("V1", lambda url: url.replace(urlsplit(url).password, "wrong"), ("refuses the user or the password", "Check user and password")),
        ("V2", lambda url: url.replace(urlsplit(url).path, "/nowhere"), ("no such database", "Check the name of the database")),
        ("V1", lambda url: url.replace(f":{urlsplit(url).port}/", ":1/"), ("no server answers there", "Check host and port")),
        ("V2", lambda url: url.replace("127.0.0.1", "db.invalid"), ("host's name is not known", "Check the host")),
    ],
    ids=["wrong password", "no such database", "no server", "unknown host"],
)
def test_database_that_cannot_be_reached_is_named_and_the_setting_to_check(
    small: Pair, tmp_path: Path, label: str, change: Callable[[str], str], says: tuple[str, ...]
) -> None:
    before = contents(small.v2)
    environment = environment_of(small)
    environment[f"{label}_DATABASE_URL"] = change(environment[f"{label}_DATABASE_URL"])
    assert_refused(run_program(tmp_path, "--force", environment=environment), 4, f"{label} (", *says)
    assert contents(small.v2) == before


# Schemas


@pytest.mark.parametrize(
    ("damage", "missing"),
    [
        ('DROP TABLE "_ParentToStudent"', "_ParentToStudent"),
        (
            'ALTER TABLE "Parent" DROP COLUMN "relationship"; ALTER TABLE "Class" DROP COLUMN "capacity"',
            "Class.capacity, Parent.relationship",
        ),
    ],
)
def test_v1_without_one_of_its_tables_or_columns_is_refused(small: Pair, tmp_path: Path, damage: str, missing: str) -> None:
    execute(small.v1, damage)
    before = contents(small.v2)
    ran = run_program(tmp_path, "--force", environment=environment_of(small))
    assert_refused(ran, 4, f"lacks what the migration reads: {missing}.", "Is this the V1 database")
    assert contents(small.v2) == before


def test_v2_without_reference_data_is_sent_to_setup(small: Pair, v2_url: str, tmp_path: Path) -> None:
    before = contents(v2_url)
    ran = run_program(tmp_path, "--force", environment=environment_of(Pair(small.v1, v2_url)))
    assert_refused(ran, 4, "lacks reference data", "PermissionModule:schools", "run_migration.py setup")
    assert contents(v2_url) == before


def test_an_empty_v2_is_sent_to_setup(small: Pair, make_database: MakeDatabase, tmp_path: Path) -> None:
    url = make_database()
    before = contents(url)
    ran = run_program(tmp_path, "--force", environment=environment_of(Pair(small.v1, url)))
    assert_refused(ran, 4, "lacks tables or columns", "run_migration.py setup")
    assert contents(url) == before


def test_setup_refuses_a_half_made_v2(small: Pair, tmp_path: Path) -> None:
    execute(small.v2, """DROP TABLE "Enrollment"; DELETE FROM "RolePermission" """)
    before = contents(small.v2)
    assert_refused(run_program(tmp_path, "setup", environment=environment_of(small)), 4, "Enrollment", "Nothing was written.")
    assert contents(small.v2) == before


# Rows


def test_contested_addresses_of_v2_stay_with_their_holders(small: Pair, tmp_path: Path) -> None:
    add_strangers(small.v2, [{"email": "TUNDE@GHS.example", "phone": "+2348030000002"}, {"email": "tunde+2@ghs.example"}])
    held = set(contents(small.v2)["public.User"])
    ran = run_program(tmp_path, "--force", environment=environment_of(small))
    assert (ran.returncode, ran.stderr) == (0, "")
    assert held <= set(contents(small.v2)["public.User"])
    teacher = users(small.v2)["tunde+3@ghs.example"]
    assert (teacher["phone"], teacher["emailVerified"]) == ("+2348030000002;ext=2", False)
    assert {("Teacher", "1", "email", "email_suffixed", None), ("Teacher", "1", "phone", "phone_suffixed", None)} <= records(
        run_folder_in(tmp_path)
    )


def test_rows_that_break_every_rule_of_the_mapping_are_each_on_record(every_rule: Pair, tmp_path: Path) -> None:
    ran = run_program(tmp_path, "--force", "--json", environment=environment_of(every_rule, MAX_REJECTED_PERCENT="100"))
    assert ran.returncode == 0
    assert records(run_folder_in(tmp_path)) == REJECTED | {(*row, None) for row in CHANGED}
    report = json.loads(ran.stdout)
    assert sum(report["rejected"].values()) == len(REJECTED)
    assert all(book["read"] == sum(book.values()) - book["read"] for book in report["books"].values())
    originals = pl.read_parquet(run_folder_in(tmp_path).record("rejected")).filter(pl.col("table") == "Subject")
    assert originals.sort("v1_id")["original"].to_list() == [" ", "3", "x" * 256]


def test_too_many_rejected_rows_stop_the_run_and_a_program_that_waits_for_json_is_told(every_rule: Pair, tmp_path: Path) -> None:
    before = contents(every_rule.v2)
    ran = run_program(tmp_path, "--force", "--json", environment=environment_of(every_rule, MAX_REJECTED_PERCENT="0"))
    assert ran.returncode == 5
    for words in (f"{len(REJECTED)} of ", "MAX_REJECTED_PERCENT allows 0%", "Nothing was written.", "rejected.parquet"):
        assert words in ran.stderr
    assert contents(every_rule.v2) == before
    told, report = json.loads(ran.stdout), json.loads(run_folder_in(tmp_path).report.read_text())
    assert (report["verdict"], report["exit_code"]) == ("failed", 5)
    assert {name: told[name] for name in told if name != "seconds"} == {name: report[name] for name in told if name != "seconds"}


# V2 that does not take what it is given

REFUSING = """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'not %, not %', NEW."firstName", NEW."email"; END $$;
    CREATE TRIGGER refusing BEFORE INSERT ON "User" FOR EACH ROW WHEN (NEW."firstName" = 'Chidi') EXECUTE FUNCTION refuse();
"""
REFUSING_AT_COMMIT = REFUSING.replace("CREATE TRIGGER refusing BEFORE", "CREATE CONSTRAINT TRIGGER refusing AFTER").replace(
    "FOR EACH ROW", "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
)
CONSTRAINT = """ALTER TABLE "User" ADD CONSTRAINT "User_no_Chidi" CHECK ("firstName" <> 'Chidi')"""


@pytest.mark.parametrize(
    ("obstacle", "says"),
    [
        (CONSTRAINT, ("load of User: ", "CheckViolation", "table User, constraint User_no_Chidi")),
        (REFUSING, ("load of User: ", "RaiseException")),
        (REFUSING_AT_COMMIT, ("load: ", "RaiseException")),
    ],
    ids=["constraint", "trigger", "trigger at commit"],
)
def test_a_v2_that_refuses_a_row_is_left_as_it_was(small: Pair, tmp_path: Path, obstacle: str, says: tuple[str, ...]) -> None:
    execute(small.v2, obstacle)
    before = contents(small.v2)
    ran = run_program(tmp_path, "--force", environment=environment_of(small))
    assert_refused(ran, 6, *says, "V2 is as it was")
    assert "Chidi" not in ran.stderr.replace("User_no_Chidi", "")
    assert "chidi" not in ran.stderr
    assert contents(small.v2) == before
    report = json.loads(run_folder_in(tmp_path).report.read_text())
    assert (report["verdict"], report["exit_code"]) == ("failed", 6)
    assert report["problem"] in ran.stderr


SHOUTING = """
    CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN NEW."lastName" := upper(NEW."lastName"); RETURN NEW; END $$;
    CREATE TRIGGER shouting BEFORE INSERT ON "User" FOR EACH ROW EXECUTE FUNCTION shout();
"""
SHOUTING_AT_COMMIT = """
    CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN UPDATE "User" SET "lastName" = upper("lastName") WHERE "id" = NEW."id"; RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER shouting AFTER INSERT ON "User" DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION shout();
"""


@pytest.mark.parametrize("trigger", [SHOUTING, SHOUTING_AT_COMMIT], ids=["at once", "at commit"])
def test_a_v2_that_changes_a_row_is_found_out_and_left_as_it_was(small: Pair, tmp_path: Path, trigger: str) -> None:
    execute(small.v2, trigger)
    before = contents(small.v2)
    ran = run_program(tmp_path, "--force", environment=environment_of(small))
    assert_refused(ran, 7, "User.lastName (4)", "rolled back", "trigger")
    assert contents(small.v2) == before
    report = json.loads(run_folder_in(tmp_path).report.read_text())
    assert (report["verdict"], report["exit_code"], report["verification"]["differences"]) == ("differences", 7, 4)


def test_a_v2_that_swallows_rows_or_adds_some_is_found_out(small: Pair, tmp_path: Path) -> None:
    execute(
        small.v2,
        """
        CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
        CREATE TRIGGER swallowing BEFORE INSERT ON "TeacherSubject" FOR EACH ROW EXECUTE FUNCTION swallow();
        CREATE FUNCTION add_link() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN INSERT INTO "TeacherClass" SELECT NEW."teacherId", "id" FROM "Class" ON CONFLICT DO NOTHING; RETURN NEW; END $$;
        CREATE TRIGGER adding AFTER INSERT ON "TeacherClass" FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION add_link();
        """,
    )
    before = contents(small.v2)
    ran = run_program(tmp_path, "--force", environment=environment_of(small))
    assert_refused(ran, 7, "TeacherSubject rows (2)", "TeacherSubject missing (2)", "TeacherClass rows (1)")
    assert contents(small.v2) == before


# Runs that must not begin, or are stopped


def test_another_run_that_holds_v2_is_waited_for_by_the_user(small: Pair, tmp_path: Path) -> None:
    with psycopg.connect(small.v2, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [LOCK_KEY])
        before = contents(small.v2)
        ran = run_program(tmp_path, "--force", environment=environment_of(small))
        assert_refused(ran, 8, "another run of the migration holds it", f"server process {other.info.backend_pid}")
        assert contents(small.v2) == before


def test_without_a_terminal_and_without_force_nothing_begins(small: Pair, tmp_path: Path) -> None:
    before = contents(small.v2)
    assert_refused(run_program(tmp_path, environment=environment_of(small)), 8, "nobody to ask", "--force")
    assert contents(small.v2) == before
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("answer", "code"), [("n\n", 8), ("y\n", 0)])
def test_at_a_terminal_it_asks_with_the_numbers_and_takes_no_for_an_answer(small: Pair, tmp_path: Path, answer: str, code: int) -> None:
    before = contents(small.v2)
    keyboard, terminal = pty.openpty()
    os.write(keyboard, answer.encode())
    ran = subprocess.run(
        [sys.executable, PROGRAM],
        cwd=tmp_path,
        env=environment_of(small),
        stdin=terminal,
        capture_output=True,
        encoding="utf-8",
        timeout=PROGRAM_TIMEOUT_SECONDS,
        check=False,
    )
    os.close(keyboard)
    os.close(terminal)
    assert ran.returncode == code, ran.stderr
    assert "The books" in ran.stdout
    assert "? [y/N]" in ran.stdout + ran.stderr
    assert (contents(small.v2) == before) == (code == 8)


def test_an_interrupted_run_leaves_v2_as_it_was(sample: Pair, tmp_path: Path) -> None:
    before = contents(sample.v2)
    environment = environment_of(sample, PASSWORD_POLICY="generate", MAX_REJECTED_PERCENT="100")
    with subprocess.Popen(
        [sys.executable, PROGRAM, "--force"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as program:
        while not any((tmp_path / "runs").glob("*/credentials")) and program.poll() is None:
            time.sleep(0.05)
        program.send_signal(signal.SIGINT)
        _, said = program.communicate(timeout=PROGRAM_TIMEOUT_SECONDS)
    assert program.returncode == 130, said
    assert said.startswith("Error: Interrupted.\n")
    assert "Traceback" not in said
    assert contents(sample.v2) == before
    report = json.loads(run_folder_in(tmp_path).report.read_text())
    assert (report["verdict"], report["exit_code"]) == ("interrupted", 130)
    assert (report["stages"][-1]["name"], report["stages"][-1]["state"]) == ("credentials", "failed")


# A dry run, and programs that read


def test_a_dry_run_says_what_a_real_one_does_and_leaves_v2_as_it_was(small: Pair, tmp_path: Path) -> None:
    (tmp_path / "dry").mkdir()
    (tmp_path / "real").mkdir()
    before = contents(small.v2)
    dry = run_program(tmp_path / "dry", "--dry-run", "--json", environment=environment_of(small))
    assert (dry.returncode, contents(small.v2) == before) == (0, True), dry.stderr
    assert "V2 is as it was." in dry.stderr
    real = run_program(tmp_path / "real", "--force", "--json", environment=environment_of(small))
    told, done = json.loads(dry.stdout), json.loads(real.stdout)
    assert (told["dry_run"], done["dry_run"]) == (True, False)
    for fact in ("verdict", "exit_code", "books", "written", "rejected", "changed", "verification"):
        assert told[fact] == done[fact], fact
    assert done["written"] == {table: len(table_rows(small.v2, table)) for table in done["written"] if table != "Subject"} | {"Subject": 1}


def test_setup_and_sample_print_one_json_document(make_database: MakeDatabase, tmp_path: Path) -> None:
    pair = Pair(make_database(), make_database())
    for arguments in (("setup",), ("sample", "--students", "3")):
        ran = run_program(tmp_path, *arguments, "--json", environment=environment_of(pair))
        assert ran.returncode == 0, ran.stderr
        assert isinstance(json.loads(ran.stdout), dict)
        assert ran.stderr != ""
