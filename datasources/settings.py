"""Settings: from the environment and `.env`, prefixed `HEDDLE_`; each part of the house declares its own.

What production must bring, secrets and the addresses of services, has a default or a stand-in in development only.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic.config import JsonDict
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from datasources.cipher import HOW_TO_MAKE
from datasources.setting_types import DatabaseUrl, EncryptionKeys, Networks, Origins, RedisUrl, Secret, ServiceUrl

PREFIX = "HEDDLE_"
DOTENV = ".env"
OWN_ISSUER = "heddle"
"""The `iss` of tokens that are signed with HEDDLE_TOKEN_SECRET."""
T = TypeVar("T", bound="SettingsPart")


class WrongSetting(Exception):
    """For the operator, a line for each wrong setting: which, why, and what to write instead. Never a secret."""


def database(of: str) -> Any:
    """The address of a domain's database; without it, that is a file."""
    return Field(
        default=None,
        description=f"The database of {of}; without it, `{of}.db` in the data directory.",
        examples=[f"postgresql://heddle@localhost/{of}"],
    )


def secret(description: str, *, development: str, how: str, unless: str = "") -> Any:
    """A setting that production must bring, `unless` that other one is set; `how` says how to make one."""
    extra: JsonDict = {"development": development, "how": how, "unless": unless}
    return Field(default=None, description=description, json_schema_extra=extra)


def service(description: str, *, stand_in: str, example: str) -> Any:
    """The address of a service that production must bring; elsewhere the sandbox stands in, at its path `stand_in`."""
    how = f"write its address, for example {example}"
    return Field(default=None, description=description, json_schema_extra={"stand_in": stand_in, "how": how})


class SettingsPart(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=DOTENV, env_ignore_empty=True, extra="ignore", frozen=True
    )

    env: Literal["development", "production"] = Field(
        default="development",
        description="In production, missing secrets stop the start, and stand-ins and sample data never start.",
        examples=["production"],
    )

    @model_validator(mode="before")
    @classmethod
    def _what_production_must_bring(cls, given: dict[str, Any]) -> dict[str, Any]:
        needed = {name: extra for name, field in cls.model_fields.items() if "how" in (extra := extra_of(field))}
        if given.get("env") != "production":
            return {name: extra["development"] for name, extra in needed.items() if "development" in extra} | given
        wrong = [line for name, extra in needed.items() for line in _unfit_for_production(name, given, extra)]
        if wrong:
            raise WrongSetting("\n".join(wrong))
        return given


def read(part: type[T], **overrides: Any) -> T:
    """The settings of one part; overrides that are None are left out. Raises: WrongSetting."""
    try:
        return part(**{name: value for name, value in overrides.items() if value is not None})
    except ValidationError as error:
        raise WrongSetting("\n".join(_wrong(part, one) for one in error.errors())) from None


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()


def extra_of(field: FieldInfo) -> dict[str, Any]:
    """What `secret` and `service` noted."""
    return field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}


def _unfit_for_production(name: str, given: dict[str, Any], extra: dict[str, Any]) -> Iterator[str]:
    value = given.get(name)
    if not value and not given.get(extra.get("unless", "")):
        yield f"{variable(name)} is missing, and production needs it: {extra['how']}"
    elif value and value == extra.get("development"):
        yield f"{variable(name)} is the value for development, which everybody knows: {extra['how']}"


def _wrong(part: type[SettingsPart], error: ErrorDetails) -> str:
    name = str(error["loc"][0])
    field = part.model_fields[name]
    why = str(error.get("ctx", {}).get("error") or error["msg"]).rstrip(".")
    remedy = (
        extra_of(field).get("how") or f"write for example {variable(name)}={(field.examples or [field.default])[0]}"
    )
    return f"{variable(name)} is wrong: {why[0].lower()}{why[1:]}; {remedy}"


_MAKE = 'write what this prints: python -c "import secrets; print(secrets.token_urlsafe(32))"'


class Settings(SettingsPart):
    """What the whole house needs."""

    host: str = Field(default="127.0.0.1", description="The address to serve on.")
    port: int = Field(default=8000, ge=0, le=65535, description="The port to serve on; 0 takes a free one.")
    workers: int = Field(default=1, ge=1, le=64, description="Processes that serve.")
    data: Path = Field(default=Path("data"), description="The directory of the SQLite databases.")
    house_database_url: DatabaseUrl | None = Field(
        default=None,
        description="The database of the house: registered documents, revocations, and which worker does what one "
        "alone does. Without it, `house.db` in the data directory.",
        examples=["postgresql://heddle@localhost/house"],
    )
    executor: Literal["plan", "graphql-core"] = Field(
        default="plan",
        description="What runs operations: their plans, or graphql-core alone, which is slower and answers the same.",
        examples=["graphql-core"],
    )
    documents: Literal["trusted", "any", "automatic"] | None = Field(
        default=None,
        description="Which documents are served: `trusted`, registered ones alone; `any`, written-out ones too; "
        "`automatic`, also those that clients persist (APQ). Without it `any`, in development `automatic`.",
        examples=["trusted"],
    )
    log_level: Literal["info", "warning", "error"] = Field(
        default="info", description="From where up the log tells: `info` has a line for every operation."
    )
    metrics_token: Secret | None = Field(
        default=None,
        description="Whoever sends this bearer token may read `/metrics`; at least 32 bytes. Without it everybody may "
        "in development, and nobody in production.",
        examples=["$(openssl rand -hex 32)"],
    )
    events_kept_days: int = Field(
        default=30,
        ge=1,
        le=3650,
        description="For how many days subscribers and services can go on from the cursor of an event.",
    )
    operation_timeout_s: float = Field(
        default=10.0, gt=0, le=100, description="The deadline of one operation, in seconds."
    )
    drain_s: float | None = Field(
        default=None,
        ge=0,
        le=600,
        description="For so many seconds, a gateway that was told to end says that it is not ready, and serves all the "
        "same; then its sockets and streams end, spread over as many. Without it 5, in development 0.",
        examples=["15"],
    )
    max_body_bytes: int = Field(default=1_000_000, ge=1_000, description="The largest request that is read, in bytes.")
    cors_origins: Origins = Field(
        default=(),
        description="Other sites whose pages may ask, by their origins, separated by commas.",
        examples=["https://shop.example.com,https://admin.example.com"],
    )
    max_depth: int = Field(
        default=15, ge=1, le=50, description="How many fields an operation may have below one another."
    )
    max_cost: int = Field(
        default=100_000,
        ge=100,
        description="The highest cost of one operation, in rows; what costs more is refused before it runs.",
    )
    cost_per_minute: int = Field(
        default=1_000_000,
        description="The cost of all operations of one caller in a minute: of an actor or, of those who did not sign "
        "in, an address. In all processes together with `HEDDLE_REDIS_URL`, else in each.",
    )
    max_connections: int = Field(
        default=10_000,
        ge=10,
        description="How many WebSockets and streams one process holds; one caller may have a tenth of them.",
    )
    redis_url: RedisUrl | None = Field(
        default=None,
        description="Where processes keep what they share for moments.",
        examples=["redis://localhost:6379/0"],
    )
    trusted_proxies: Networks = Field(
        default=(),
        description="Addresses or networks of proxies, separated by commas, whose `X-Forwarded-For` is believed.",
        examples=["10.0.0.0/8"],
    )
    introspection: bool | None = Field(
        default=None,
        description="Whether clients may ask for the schema, browsers are shown the explorer, and names that are close "
        "to a wrong one are told. Without it, in development only.",
        examples=["true"],
    )
    token_secret: Secret | None = secret(
        "Signs tokens by HS256; at least 32 bytes. Without it, only those of `HEDDLE_TOKEN_ISSUER` are taken.",
        development="for development only, not a secret: tokens",
        how=f"{_MAKE}, or name an issuer by HEDDLE_JWKS_URL",
        unless="jwks_url",
    )
    jwks_url: ServiceUrl | None = Field(
        default=None,
        description="Where your issuer of tokens publishes its keys, for RS256, ES256 and EdDSA; https in production.",
        examples=["https://id.example.com/.well-known/jwks.json"],
    )
    token_issuer: str | None = Field(
        default=None,
        validate_default=True,
        description="The `iss` of its tokens.",
        examples=["https://id.example.com"],
    )
    token_audience: str = Field(
        default="heddle", min_length=1, description="What tokens must have among their `aud`.", examples=["heddle"]
    )
    cursor_secret: Secret = secret(
        "Signs the cursors of pages, and the tokens of streams; at least 32 bytes.",
        development="for development only, not a secret: cursors",
        how=_MAKE,
    )
    encryption_keys: EncryptionKeys = secret(
        "Keys that encrypt personal data, `id:base64` separated by commas; the first one encrypts.",
        development="dev:Zm9yIGRldmVsb3BtZW50IG9ubHksIG5vIHNlY3JldCE=",
        how=f"write k1:KEY, with a KEY made by: {HOW_TO_MAKE}",
    )
    index_secret: Secret = secret(
        "The key of the hash by which people are found by their email address; never change it. At least 32 bytes.",
        development="for development only, not a secret: index",
        how=_MAKE,
    )
    rates_url: ServiceUrl | None = service(
        "The exchange rate service, which speaks Frankfurter's API.",
        stand_in="rates",
        example="https://api.frankfurter.dev",
    )

    @field_validator("cost_per_minute")
    @classmethod
    def _every_operation_is_possible(cls, per_minute: int, info: ValidationInfo) -> int:
        most = info.data.get("max_cost")
        if most and per_minute < most:
            raise ValueError(f"nobody could ever ask for HEDDLE_MAX_COST, which is {most}")
        return per_minute

    @field_validator("jwks_url")
    @classmethod
    def _keys_travel_safely(cls, url: str | None, info: ValidationInfo) -> str | None:
        if url and info.data.get("env") == "production" and not url.startswith("https://"):
            raise ValueError("in production it begins with https://, for whoever can change keys can be anybody")
        return url

    @field_validator("token_issuer")
    @classmethod
    def _keys_are_of_an_issuer(cls, issuer: str | None, info: ValidationInfo) -> str | None:
        if "jwks_url" not in info.data:
            return issuer  # its address is wrong, and that is said already
        url = info.data["jwks_url"]
        if url and not issuer:
            raise ValueError("the keys of HEDDLE_JWKS_URL are for one issuer's tokens alone, and it names none")
        if issuer and not url:
            raise ValueError("it is of no use without HEDDLE_JWKS_URL")
        if issuer == OWN_ISSUER:
            raise ValueError(f"'{OWN_ISSUER}' is whom HEDDLE_TOKEN_SECRET signs for")
        return issuer
