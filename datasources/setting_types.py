"""What a setting may be: secrets, addresses, lists. Each says what is wrong, and never shows what may be a secret."""

import re
from ipaddress import ip_network
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode

from datasources.cipher import Cipher

MIN_SECRET_BYTES = 32


def _long_enough(value: SecretStr) -> SecretStr:
    length = len(value.get_secret_value().encode())
    if length < MIN_SECRET_BYTES:
        raise ValueError(f"it has {length} bytes, and needs {MIN_SECRET_BYTES} at least")
    return value


def _keys(value: SecretStr) -> SecretStr:
    try:
        Cipher.from_setting(value.get_secret_value())
    except ValueError as error:
        raise ValueError(str(error).partition(";")[0]) from None  # the remedy follows anyway
    return value


def _address_of_service(value: str) -> str:
    if not _is_url(value, "http", "https"):
        raise ValueError("it is no address that begins with http:// or https://")
    if urlsplit(value).username is not None:
        raise ValueError("it has a user or password in it, which would end in logs; services have keys of their own")
    return value


def _address_of_database(value: str) -> str:
    # Not shown, as it may hold a password.
    file = value.startswith("sqlite:///") and value != "sqlite:///"
    socket = value.startswith("postgresql://") and "?host=/" in value
    if not (file or socket or _is_url(value, "postgresql")):
        raise ValueError("it is neither postgresql://user@host/name nor sqlite:///path")
    return value


def _listed(value: object) -> object:
    return [one.strip() for one in value.split(",")] if isinstance(value, str) else value


def _origin(value: str) -> str:
    """As browsers write it in `Origin`, so that the two can be compared."""
    if not re.fullmatch(r"[a-z][a-z0-9+.-]*://[^\s/@?#*A-Z]+", value):
        raise ValueError(
            f"'{value}' is no origin: a scheme and a host in lower case, and a port if it is not the usual one"
        )
    return value


def _host(value: str) -> str:
    """As it stands in an address."""
    if value != value.lower() or not _is_url(f"https://{value}", "https") or re.search(r"[/@?#*\s]", value):
        raise ValueError(
            f"'{value}' is no host: a name or address in lower case, and a port if it is not the usual one"
        )
    return value


def _address_of_redis(value: str) -> str:
    # Not shown, as it may hold a password.
    if not (_is_url(value, "redis", "rediss") or value.startswith("unix:///")):
        raise ValueError("it is neither redis://host:port/0 nor unix:///path")
    return value


def _network(value: str) -> str:
    ip_network(value)  # raises ValueError with the reason
    return value


def _is_url(value: str, *schemes: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


Secret = Annotated[SecretStr, AfterValidator(_long_enough)]
EncryptionKeys = Annotated[SecretStr, AfterValidator(_keys)]
ServiceUrl = Annotated[str, AfterValidator(_address_of_service)]
Origins = Annotated[tuple[Annotated[str, AfterValidator(_origin)], ...], NoDecode, BeforeValidator(_listed)]
Hosts = Annotated[tuple[Annotated[str, AfterValidator(_host)], ...], NoDecode, BeforeValidator(_listed)]
DatabaseUrl = Annotated[str, AfterValidator(_address_of_database)]
RedisUrl = Annotated[str, AfterValidator(_address_of_redis)]
Networks = Annotated[tuple[Annotated[str, AfterValidator(_network)], ...], NoDecode, BeforeValidator(_listed)]
