"""What the documents say is what the program has: no command, flag, setting or file goes stale."""

import re
from typing import Any

import pytest
import typer
from pydantic import AliasChoices

from pipeline import errors
from pipeline.cli import app
from pipeline.errors import INTERRUPTED_EXIT_CODE, MigratorError
from pipeline.settings import Settings
from tests.documents import OPERATING, PROJECT, README, code, keys_promised, table, text_of

DATABASE_PARTS = ("HOST", "PORT", "NAME", "USER", "PASSWORD")

PATHS = re.compile(r"[`(]((?:pipeline|transforms|checks|tests|docs|\.ci)/[a-z0-9_/.*]+|\.env\.example)[`)]")


@pytest.fixture
def program() -> Any:
    """The command line as typer has it, untyped as that is."""
    return typer.main.get_command(app)


def flags_of(command: Any) -> set[str]:
    return {flag for parameter in command.params if parameter.param_type_name == "option" for flag in parameter.opts}


def called(name: str, command: Any) -> str:
    """A command and its arguments, as `--help` writes them."""
    arguments = [parameter for parameter in command.params if parameter.param_type_name == "argument"]
    return " ".join([name, *(argument.metavar if argument.required else f"[{argument.metavar}]" for argument in arguments)])


# Commands and flags


def test_the_readme_lists_every_command_with_its_arguments_and_flags(program: Any) -> None:
    listed = {" ".join(code(row["command"])): set(code(row["flags"])) for row in table(README, "command")}
    assert listed.pop("") == set()  # the migration itself
    assert listed == {called(name, command): flags_of(command) - {"--json"} for name, command in program.commands.items()}


def test_every_command_takes_json(program: Any) -> None:
    assert all("--json" in flags_of(command) for command in (program, *program.commands.values()))


def test_the_readme_lists_every_flag_of_the_migration(program: Any) -> None:
    listed = [code(row["flag"])[0].split()[0] for row in table(README, "flag")]
    assert sorted(listed) == sorted(flags_of(program))


def test_the_operating_manual_has_the_json_of_every_command(program: Any) -> None:
    assert keys_promised().keys() == {"migrate", *program.commands, "any error"}


# Settings and exit codes


def test_the_readme_lists_every_setting_with_its_default() -> None:
    rows = table(README, "setting")
    listed = {name: row["default"].strip("`") for row in rows for name in code(row["setting"])}
    assert listed == {name.upper(): default_of(name) for name in Settings.model_fields}
    others = {f"{product}_DB_{part}" for row in rows for product in re.findall(r"`(\w+)_DB_\*`", row["meaning"]) for part in DATABASE_PARTS}
    assert others == aliases() - {name.upper() for name in Settings.model_fields}


def test_the_example_of_an_env_file_names_every_setting_and_its_default() -> None:
    named = dict(re.findall(r"^#?([A-Z][A-Z0-9_]+)=(.*)$", text_of(".env.example"), re.MULTILINE))
    assert named.keys() == {name.upper() for name in Settings.model_fields}
    for name in Settings.model_fields:
        if "_db_" not in name and not name.endswith("_database_url"):
            assert named[name.upper()] == default_of(name), name


def default_of(name: str) -> str:
    """As the documents write it."""
    default = Settings.model_fields[name].default
    if "_db_" in name:
        return "port 5432"
    return "" if default is None else str(default).lower() if isinstance(default, bool) else str(default)


def aliases() -> set[str]:
    choices = [field.validation_alias for field in Settings.model_fields.values()]
    return {str(name) for alias in choices if isinstance(alias, AliasChoices) for name in alias.choices}


def test_the_readme_lists_every_exit_code() -> None:
    tree = [error for error in vars(errors).values() if isinstance(error, type) and issubclass(error, MigratorError)]
    listed = [int(row["exit code"]) for row in table(README, "exit code")]
    assert listed == sorted({0, INTERRUPTED_EXIT_CODE, *(error.exit_code for error in tree)})


# What is quoted


def test_the_messages_that_the_readme_explains_are_the_program_s() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in sorted((PROJECT / "pipeline").rglob("*.py")))
    said = [
        piece for row in table(README, "it says") for message in re.findall(r"\*(.+?)\*", row["it says"]) for piece in message.split(" … ")
    ]
    assert len(said) > 10
    assert [piece for piece in said if piece not in source] == []


@pytest.mark.parametrize("document", [README, OPERATING, "docs/mapping.md", ".env.example"])
def test_the_files_that_are_named_are_there(document: str) -> None:
    named = {path.rstrip("/") for path in PATHS.findall(text_of(document))}
    assert [path for path in sorted(named) if not list(PROJECT.glob(path))] == []
