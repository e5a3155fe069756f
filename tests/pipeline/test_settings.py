"""Settings: where each comes from, which wins, which are refused, and that no secret shows."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from pydantic import SecretStr, ValidationError

from pipeline.errors import SettingsError
from pipeline.postgres.connect import Database
from pipeline.settings import read_settings

SECRET = "s3cret-passphrase"

WriteEnvFile = Callable[[str], None]


pytestmark = pytest.mark.usefixtures("nothing_set")


@pytest.fixture
def write_env_file(tmp_path: Path) -> WriteEnvFile:
    """Writes `.env` in the working folder."""

    def write(text: str) -> None:
        (tmp_path / ".env").write_text(text, encoding="utf-8")

    return write


def test_without_anything_set_the_defaults_hold() -> None:
    settings = read_settings()
    assert (settings.migration_batch_size, settings.runs_dir, settings.dry_run) == (1_000_000, Path("runs"), False)
    assert (settings.default_country, settings.placeholder_email_domain, settings.password_policy) == ("NG", "v1.invalid", "generate")
    assert (settings.bcrypt_cost, settings.max_rejected_percent, settings.handover_recipient) == (10, 5, None)
    assert settings.log_level == "INFO"
    assert not settings.carries_passwords


def test_flags_win_over_the_environment_and_the_environment_over_the_env_file(
    monkeypatch: pytest.MonkeyPatch, write_env_file: WriteEnvFile
) -> None:
    write_env_file("MIGRATION_BATCH_SIZE=1\nBCRYPT_COST=11\nDEFAULT_COUNTRY=KE\n")
    monkeypatch.setenv("MIGRATION_BATCH_SIZE", "2")
    monkeypatch.setenv("BCRYPT_COST", "12")
    settings = read_settings(migration_batch_size=3)
    assert (settings.migration_batch_size, settings.bcrypt_cost, settings.default_country) == (3, 12, "KE")


def test_a_flag_that_was_not_given_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWORD_POLICY", "carry")
    settings = read_settings(password_policy=None, dry_run=None)
    assert settings.carries_passwords
    assert not settings.dry_run


def test_an_empty_value_does_not_count(monkeypatch: pytest.MonkeyPatch, write_env_file: WriteEnvFile) -> None:
    write_env_file("MIGRATION_BATCH_SIZE=7\nV1_DB_PASSWORD=\n")
    monkeypatch.setenv("MIGRATION_BATCH_SIZE", "")
    settings = read_settings()
    assert settings.migration_batch_size == 7
    assert settings.v1_db_password is None


def test_what_else_the_env_file_holds_does_not_matter(write_env_file: WriteEnvFile) -> None:
    write_env_file("# a comment\nJWT_SECRET=x\nexport BCRYPT_COST='12' # costly\n")
    assert read_settings().bcrypt_cost == 12


def test_an_env_file_from_a_windows_editor_is_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("BCRYPT_COST=12\r\n", encoding="utf-8-sig")
    assert read_settings().bcrypt_cost == 12


def test_an_env_file_that_is_no_utf_8_is_a_settings_error(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("V1_DB_PASSWORD=pässwort\n", encoding="latin-1")
    with pytest.raises(SettingsError, match=r"\.env"):
        read_settings()


# Where the databases are

both = pytest.mark.parametrize(("label", "product"), [("V1", "HEIMDALL"), ("V2", "ODIN")])

Label = Literal["V1", "V2"]


@both
def test_a_database_is_told_by_its_parts(label: Label, product: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for prefix in (label, product):
        for part, value in {"HOST": "db.example.org", "PORT": "5433", "NAME": "school", "USER": "ada", "PASSWORD": SECRET}.items():
            monkeypatch.setenv(f"{prefix}_DB_{part}", value)
        expected = Database(label=label, host="db.example.org", port=5433, name="school", user="ada", password=SECRET)
        assert read_settings().database(label) == expected
        for part in ("HOST", "PORT", "NAME", "USER", "PASSWORD"):
            monkeypatch.delenv(f"{prefix}_DB_{part}")


@both
def test_the_port_and_the_password_need_not_be_told(label: Label, product: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for part, value in {"HOST": "db.example.org", "NAME": "school", "USER": "ada"}.items():
        monkeypatch.setenv(f"{product}_DB_{part}", value)
    assert read_settings().database(label) == Database(label=label, host="db.example.org", port=5432, name="school", user="ada")


@both
def test_of_both_names_of_a_setting_the_short_one_counts(label: Label, product: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for prefix, host in ((product, "long.example.org"), (label, "short.example.org")):
        monkeypatch.setenv(f"{prefix}_DB_HOST", host)
    monkeypatch.setenv(f"{product}_DB_NAME", "school")
    monkeypatch.setenv(f"{product}_DB_USER", "ada")
    assert read_settings().database(label).host == "short.example.org"


@both
def test_the_environment_wins_over_the_env_file_by_whatever_name(
    label: Label, product: str, monkeypatch: pytest.MonkeyPatch, write_env_file: WriteEnvFile
) -> None:
    write_env_file(f"{label}_DB_HOST=file.example.org\n{label}_DB_NAME=school\n{label}_DB_USER=ada\n")
    monkeypatch.setenv(f"{product}_DB_HOST", "environment.example.org")
    assert read_settings().database(label).host == "environment.example.org"


@both
def test_a_url_wins_over_the_parts(label: Label, product: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{product}_DB_HOST", "parts.example.org")
    monkeypatch.setenv(f"{label}_DATABASE_URL", f"postgresql://ada:{SECRET}@url.example.org:5433/school?schema={product.lower()}")
    database = read_settings().database(label)
    assert (database.host, database.port, database.schema, database.password) == ("url.example.org", 5433, product.lower(), SECRET)


@both
def test_what_is_missing_is_listed(label: Label, product: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{product}_DB_NAME", "school")
    with pytest.raises(SettingsError, match=f"Where {label} is, is not set: {label}_DB_HOST, {label}_DB_USER missing") as missing:
        read_settings().database(label)
    assert ".env.example" in missing.value.next_step
    assert f"{label}_DATABASE_URL" in missing.value.next_step


# Values

RECIPIENT = "age18h9rp5ajx9vqzkevaztjejy6ay4du9wftmyy7xaan5v8h4q4f5cs88qvzh"
"""A key of nobody's."""


@pytest.mark.parametrize(
    ("name", "value", "meant"),
    [
        ("DEFAULT_COUNTRY", "ke", "KE"),
        ("PLACEHOLDER_EMAIL_DOMAIN", "Made-Up.Invalid", "made-up.invalid"),
        ("PLACEHOLDER_EMAIL_DOMAIN", "xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("PASSWORD_POLICY", "carry", "carry"),
        ("BCRYPT_COST", "10", 10),
        ("BCRYPT_COST", "31", 31),
        ("MAX_REJECTED_PERCENT", "0", 0),
        ("MAX_REJECTED_PERCENT", "0.5", 0.5),
        ("MAX_REJECTED_PERCENT", "100", 100),
        ("MIGRATION_BATCH_SIZE", "1", 1),
        ("DRY_RUN", "true", True),
        ("DRY_RUN", "0", False),
        ("RUNS_DIR", "/srv/runs", Path("/srv/runs")),
        ("LOG_LEVEL", "debug", "DEBUG"),
        ("LOG_LEVEL", "ERROR", "ERROR"),
        ("HANDOVER_RECIPIENT", RECIPIENT, RECIPIENT),
    ],
)
def test_a_value_that_can_be_meant_is_taken(name: str, value: str, meant: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    assert getattr(read_settings(), name.lower()) == meant


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEFAULT_COUNTRY", "XX"),
        ("DEFAULT_COUNTRY", "NGA"),
        ("PLACEHOLDER_EMAIL_DOMAIN", "localhost"),
        ("PLACEHOLDER_EMAIL_DOMAIN", "-a.invalid"),
        ("PLACEHOLDER_EMAIL_DOMAIN", "a..invalid"),
        ("PLACEHOLDER_EMAIL_DOMAIN", "ada@v1.invalid"),
        ("PLACEHOLDER_EMAIL_DOMAIN", "v1.invalid\n"),
        ("PLACEHOLDER_EMAIL_DOMAIN", f"{'a.' * 100}invalid"),
        ("PASSWORD_POLICY", "keep"),
        ("BCRYPT_COST", "9"),
        ("BCRYPT_COST", "32"),
        ("MAX_REJECTED_PERCENT", "-1"),
        ("MAX_REJECTED_PERCENT", "101"),
        ("MAX_REJECTED_PERCENT", "nan"),
        ("MIGRATION_BATCH_SIZE", "0"),
        ("MIGRATION_BATCH_SIZE", "1.5"),
        ("DRY_RUN", "perhaps"),
        ("LOG_LEVEL", "CRITICAL"),
        ("LOG_LEVEL", "loud"),
        ("V1_DB_PORT", "0"),
        ("V2_DB_PORT", "65536"),
        ("HANDOVER_RECIPIENT", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5"),
        ("HANDOVER_RECIPIENT", f"{RECIPIENT}x"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_by_name_and_not_quoted(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"Settings: {name}: ") as refused:
        read_settings()
    assert value.strip() not in refused.value.problem.split(": ", 2)[2].split()
    assert refused.value.exit_code == 3


def test_all_wrong_settings_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BCRYPT_COST", "4")
    monkeypatch.setenv("HEIMDALL_DB_PORT", SECRET)
    with pytest.raises(SettingsError, match=r"V1_DB_PORT: .*; BCRYPT_COST: ") as refused:
        read_settings()
    assert SECRET not in str(refused.value)


# Secrets, and the record of a run


def test_secrets_do_not_print() -> None:
    url = f"postgresql://ada:{SECRET}@db.example.org/school"
    settings = read_settings(v1_database_url=url, v2_database_url=url, v1_db_password=SECRET, v2_db_password=SECRET, demo_pg_url=url)
    assert settings.v1_db_password == SecretStr(SECRET)
    for text in (repr(settings), str(settings), repr(settings.model_dump()), settings.model_dump_json(), repr(settings.database("V1"))):
        assert SECRET not in text


def test_the_record_of_a_run_holds_what_shaped_it_and_no_database() -> None:
    settings = read_settings(v1_database_url=f"postgresql://ada:{SECRET}@db.example.org/school", password_policy="carry")
    assert settings.without_secrets() == {
        "migration_batch_size": 1_000_000,
        "default_country": "NG",
        "placeholder_email_domain": "v1.invalid",
        "password_policy": "carry",
        "bcrypt_cost": 10,
        "handover_recipient": None,
        "max_rejected_percent": 5.0,
    }


def test_the_digest_depends_on_what_shapes_a_run_only() -> None:
    plain = read_settings()
    assert plain.digest() == read_settings(v1_db_host="db.example.org", dry_run=True, runs_dir="/srv/runs", log_level="DEBUG").digest()
    assert plain.digest() != read_settings(default_country="KE").digest()


def test_settings_are_frozen() -> None:
    settings = read_settings()
    with pytest.raises(ValidationError, match="frozen"):
        settings.dry_run = True
