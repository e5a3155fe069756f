"""Settings: read once, from flags, the environment and `.env` in this order; frozen, and passed on explicitly."""

import hashlib
import json
import re
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import pycountry
import pyrage
from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from pipeline.errors import SettingsError
from pipeline.log import LogLevel
from pipeline.postgres.connect import DEFAULT_PORT, Database

PasswordPolicy = Literal["generate", "carry"]
Port = Annotated[int, Field(ge=1, le=65_535)]

SAFEST_BCRYPT_COST: Final = 10
LONGEST_PLACEHOLDER_DOMAIN: Final = 125
"""Characters: with a local part of 64 and a label of 63 before it an address has 254."""
DOMAIN: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})")


def _either(v1_or_v2: str, product: str, name: str) -> Any:
    return Field(default=None, validation_alias=AliasChoices(f"{v1_or_v2}_DB_{name}", f"{product}_DB_{name}"))


class Settings(BaseSettings):
    """Every setting, with its default. A field's name in upper case is its name in the environment."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore", frozen=True, populate_by_name=True,
        hide_input_in_errors=True,
    )  # fmt: skip

    v1_database_url: SecretStr | None = None
    v1_db_host: str | None = _either("V1", "HEIMDALL", "HOST")
    v1_db_port: Port | None = _either("V1", "HEIMDALL", "PORT")
    v1_db_name: str | None = _either("V1", "HEIMDALL", "NAME")
    v1_db_user: str | None = _either("V1", "HEIMDALL", "USER")
    v1_db_password: SecretStr | None = _either("V1", "HEIMDALL", "PASSWORD")
    v2_database_url: SecretStr | None = None
    v2_db_host: str | None = _either("V2", "ODIN", "HOST")
    v2_db_port: Port | None = _either("V2", "ODIN", "PORT")
    v2_db_name: str | None = _either("V2", "ODIN", "NAME")
    v2_db_user: str | None = _either("V2", "ODIN", "USER")
    v2_db_password: SecretStr | None = _either("V2", "ODIN", "PASSWORD")

    migration_batch_size: int = Field(default=1_000_000, ge=1)
    """Rows of a part: a file of what was read, and a slice of what is compared. Pieces of it, of `PIECE_ROWS`, are in memory at a time."""
    dry_run: bool = False
    runs_dir: Path = Path("runs")
    log_level: LogLevel = "INFO"
    """Of `migration.log`: events of this level and above."""
    default_country: str = "NG"
    """ISO 3166-1 alpha-2, for schools that name no country."""
    placeholder_email_domain: str = "v1.invalid"
    """RFC 2606: no letter to a made-up address ever reaches a stranger."""
    password_policy: PasswordPolicy = "generate"  # noqa: S105 - a policy's name
    bcrypt_cost: int = Field(default=SAFEST_BCRYPT_COST, ge=SAFEST_BCRYPT_COST, le=31)
    handover_recipient: str | None = None
    """An age public key; without one the handover file is plain, and readable by its owner only."""
    max_rejected_percent: float = Field(default=5, ge=0, le=100)
    """Of all V1 rows; with more of them rejected, nothing is written."""
    demo_pg_url: SecretStr | None = None
    """An existing server on which the demo and the tests may make databases."""
    demo_pg_bin: Path | None = None
    """A folder with PostgreSQL's programs, for the demo and the tests."""

    @field_validator("default_country", "log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("default_country")
    @classmethod
    def _is_country(cls, value: str) -> str:
        if pycountry.countries.get(alpha_2=value) is None:
            raise ValueError("is not an ISO 3166-1 alpha-2 code, such as NG")
        return value

    @field_validator("runs_dir")
    @classmethod
    def _is_folder(cls, value: Path) -> Path:
        if set(str(value)) & set("*?[]"):
            raise ValueError("holds one of * ? [ ], which file patterns are made of")
        return value.expanduser()

    @field_validator("placeholder_email_domain")
    @classmethod
    def _is_domain(cls, value: str) -> str:
        domain = value.lower()
        if len(domain) > LONGEST_PLACEHOLDER_DOMAIN or DOMAIN.fullmatch(domain) is None:
            raise ValueError("is not a domain, such as v1.invalid")
        return domain

    @field_validator("handover_recipient")
    @classmethod
    def _is_recipient(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                pyrage.x25519.Recipient.from_str(value)
            except pyrage.RecipientError:
                raise ValueError("is not an age public key, such as age1…") from None
        return value

    @property
    def carries_passwords(self) -> bool:
        """Whether bcrypt hashes of V1 stay."""
        return self.password_policy == "carry"  # noqa: S105 - a policy's name

    def without_secrets(self) -> dict[str, Any]:
        """The settings that shape a run, for its record: no database, no user, no password, no URL."""
        shown = (
            "migration_batch_size", "default_country", "placeholder_email_domain", "password_policy", "bcrypt_cost",
            "handover_recipient", "max_rejected_percent",
        )  # fmt: skip
        return self.model_dump(mode="json", include=set(shown))

    def digest(self) -> str:
        """The SHA-256 of the settings that shape a run."""
        return hashlib.sha256(json.dumps(self.without_secrets(), sort_keys=True).encode()).hexdigest()

    def database(self, label: Literal["V1", "V2"], /) -> Database:
        """Where V1 or V2 is.

        Raises:
            SettingsError: Neither its URL nor all of host, name and user are set, or the URL cannot be read.
        """
        prefix = label.lower()
        url: SecretStr | None = getattr(self, f"{prefix}_database_url")
        if url is not None:
            return Database.from_url(label, url.get_secret_value())
        host, name, user = (getattr(self, f"{prefix}_db_{part}") for part in ("host", "name", "user"))
        missing = [f"{label}_DB_{part}" for part, value in (("HOST", host), ("NAME", name), ("USER", user)) if not value]
        if missing:
            raise SettingsError(
                f"Where {label} is, is not set: {', '.join(missing)} missing.",
                next_step=f"Copy .env.example to .env and fill it in, or set {label}_DATABASE_URL.",
            )
        password: SecretStr | None = getattr(self, f"{prefix}_db_password")
        return Database(
            label=label,
            host=host,
            port=getattr(self, f"{prefix}_db_port") or DEFAULT_PORT,
            name=name,
            user=user,
            password=password.get_secret_value() if password else "",
        )


def read_settings(**flags: object) -> Settings:
    """The settings of this process; flags that are None do not count.

    Raises:
        SettingsError: A setting that cannot be meant. Its value is not quoted.
    """
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})  # type: ignore[arg-type]  # pydantic checks
    except (UnicodeDecodeError, OSError):
        raise SettingsError(".env cannot be read: it is no UTF-8 text, or not yours to read.", next_step="Save it as UTF-8.") from None
    except ValidationError as error:
        problems = "; ".join(
            f"{str(problem['loc'][0]).upper()}: {problem['msg'].removeprefix('Value error, ')}"
            for problem in error.errors(include_input=False)
        )
        raise SettingsError(f"Settings: {problems}.", next_step="Correct it in .env or in the environment.") from None
