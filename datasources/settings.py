"""Settings: from the environment and `.env`, prefixed `HEDDLE_`; each part of the house declares its own.

A secret has a development default, which is refused in production.
"""

from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "HEDDLE_"
T = TypeVar("T", bound="SettingsPart")


class WrongSetting(Exception):
    """One line for the operator: which setting, why, and what to write instead."""


def secret(description: str, *, development: str, how: str) -> Any:
    """A setting that production must bring; `how` says how to make one."""
    return Field(default=None, description=description, json_schema_extra={"development": development, "how": how})


class SettingsPart(BaseSettings):
    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", extra="ignore", frozen=True)

    env: Literal["development", "production"] = Field(
        default="development",
        description="In production, missing secrets stop the start, and stand-ins and sample data never start.",
    )

    @model_validator(mode="before")
    @classmethod
    def _development_defaults(cls, given: dict[str, Any]) -> dict[str, Any]:
        filled = dict(given)
        for name, field in cls.model_fields.items():
            extra = field.json_schema_extra
            if isinstance(extra, dict) and "development" in extra and not filled.get(name):
                if given.get("env") == "production":
                    raise WrongSetting(f"{PREFIX}{name.upper()} is missing, and production needs it: {extra['how']}")
                filled[name] = extra["development"]
        return filled


def read(part: type[T], **overrides: Any) -> T:
    """The settings of one part. Raises: WrongSetting."""
    try:
        return part(**{name: value for name, value in overrides.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "settings"
        field = part.model_fields.get(name)
        example = f" Write for example {PREFIX}{name.upper()}={field.examples[0]}" if field and field.examples else ""
        raise WrongSetting(f"{PREFIX}{name.upper()} is wrong: {first['msg']}.{example}") from None


_MAKE = 'python -c "import secrets; print(secrets.token_urlsafe(32))"'


class Settings(SettingsPart):
    """What the whole house needs."""

    host: str = Field(default="127.0.0.1", description="The address to serve on.")
    port: int = Field(default=8000, ge=0, le=65535, description="The port to serve on.", examples=["8000"])
    workers: int = Field(default=1, ge=1, le=64, description="Processes that serve.", examples=["2"])
    data: Path = Field(default=Path("data"), description="The directory of the SQLite databases.")
    operation_timeout_s: float = Field(
        default=10.0, gt=0, le=300, description="The deadline of one operation, in seconds.", examples=["10"]
    )
    max_body_bytes: int = Field(
        default=1_000_000, ge=1_000, description="The largest request that is read, in bytes.", examples=["1000000"]
    )
    token_secret: SecretStr = secret(
        "Signs the tokens; at least 32 bytes.",
        development="for development only, not a secret: tokens",
        how=f"write what this prints: {_MAKE}",
    )
    cursor_secret: SecretStr = secret(
        "Signs the cursors of pages.",
        development="for development only, not a secret: cursors",
        how=f"write what this prints: {_MAKE}",
    )
    encryption_keys: SecretStr = secret(
        "Keys that encrypt personal data, `id:base64` separated by commas; the first one encrypts.",
        development="dev:Zm9yIGRldmVsb3BtZW50IG9ubHksIG5vIHNlY3JldCE=",
        how="write k1:KEY with a KEY made by: openssl rand -base64 32",
    )
    index_secret: SecretStr = secret(
        "The key of the hash by which people are found by their email address; never change it.",
        development="for development only, not a secret: index",
        how=f"write what this prints: {_MAKE}",
    )
    rates_url: str | None = Field(
        default=None,
        description="The exchange rate service, which speaks Frankfurter's API.",
        examples=["https://api.frankfurter.dev"],
    )
