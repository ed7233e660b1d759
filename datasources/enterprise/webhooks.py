"""Webhooks: what workflows tell services, to hosts that the operator has listed, and nowhere else.

A call is one POST: signed as the payment service signs its own, without redirects, cookies or proxies of the
environment, bounded in time; of the answer the status counts, and nothing else is read. A name is called by https, and
only where it leads to public addresses, to one of which the call then goes; an address in a private network has to be
listed itself.
"""

import asyncio
import hmac
import socket
import ssl
from collections.abc import Collection, Mapping
from functools import cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit

import httpx
import orjson

from datasources.errors import InvalidInput, SourceRefused, SourceTimeout, SourceUnavailable
from datasources.ids import Clock

WITHIN_S = 10.0
SOURCE = "webhook"
MAX_URL = 500


class Webhooks:
    """`hosts` are those of the setting: `hooks.example.com`, `127.0.0.1:9000`. Close it."""

    def __init__(self, hosts: Collection[str], secret: str, clock: Clock) -> None:
        self._hosts = frozenset(hosts)
        self._secret = secret.encode()
        self._clock = clock
        self._client = httpx.AsyncClient(
            verify=_tls(),
            timeout=WITHIN_S,
            trust_env=False,
            follow_redirects=False,
            limits=httpx.Limits(max_connections=20),
        )

    async def close(self) -> None:
        await self._client.aclose()

    def check(self, url: str, field: str) -> None:
        """Raises: InvalidInput where it leads to no listed host."""
        if self._listed(url) is None:
            hosts = ", ".join(sorted(self._hosts)) or "none"
            raise InvalidInput(
                field,
                f"`{field}` is no address of a listed host, which are: {hosts}. Names begin with https://; the setting "
                "HEDDLE_WEBHOOK_HOSTS lists more.",
            )

    async def call(self, url: str, key: str, told: Mapping[str, Any]) -> None:
        """Tells it, under this key. Raises: InvalidInput, SourceUnavailable, SourceTimeout, SourceRefused."""
        self.check(url, "url")
        parts = urlsplit(url)
        body = orjson.dumps(told)
        try:
            async with asyncio.timeout(WITHIN_S):
                address = await self._address(parts)
                status = await self._post(parts, address, self._headers(parts, key, body), body)
        except TimeoutError:
            raise SourceTimeout(SOURCE, parts.netloc) from None
        except (httpx.HTTPError, OSError) as error:
            raise SourceUnavailable(SOURCE, f"{parts.netloc}: {error}") from error
        if status >= 500:
            raise SourceUnavailable(SOURCE, f"{parts.netloc}: HTTP {status}")
        if not 200 <= status < 300:
            raise SourceRefused(SOURCE, status)

    async def _post(self, parts: SplitResult, address: str, headers: Mapping[str, str], body: bytes) -> int:
        """Goes to the address that was looked at: a name that is resolved again may lead elsewhere by now."""
        shown = f"[{address}]" if ":" in address else address
        url = parts._replace(netloc=f"{shown}:{parts.port}" if parts.port else shown).geturl()
        named = {"sni_hostname": parts.hostname}
        async with self._client.stream("POST", url, content=body, headers=headers, extensions=named) as response:
            return response.status_code

    def _headers(self, parts: SplitResult, key: str, body: bytes) -> dict[str, str]:
        at = str(int(self._clock().timestamp()))
        signature = hmac.digest(self._secret, f"{at}.".encode() + body, "sha256").hex()
        return {
            "host": parts.netloc,
            "content-type": "application/json",
            "idempotency-key": key,
            "heddle-signature": f"t={at},v1={signature}",
        }

    def _listed(self, url: str) -> SplitResult | None:
        try:
            parts = urlsplit(url)
            safe = parts.scheme == "https" or (parts.scheme == "http" and _is_address(parts.hostname or ""))
        except ValueError:
            return None
        fits = url.isascii() and url.isprintable() and len(url) <= MAX_URL
        return parts if fits and safe and parts.netloc.lower() in self._hosts else None

    async def _address(self, parts: SplitResult) -> str:
        """Raises: SourceUnavailable where a name does not lead to public addresses alone."""
        host = parts.hostname or ""
        if _is_address(host):
            return host
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, parts.port or 443, type=socket.SOCK_STREAM)
        addresses = [str(sockaddr[0]) for *_, sockaddr in found]
        if not all(map(is_public, addresses)):
            raise SourceUnavailable(SOURCE, f"{host} leads to an address that is not public; list that address itself")
        return addresses[0]


@cache
def _tls() -> ssl.SSLContext:
    """To read whom the system trusts takes 30 ms."""
    return httpx.create_ssl_context(trust_env=False)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_public(text: str) -> bool:
    """Also of the IPv4 address that an IPv6 one leads to: mapped, by 6to4, or by a network's NAT64."""
    address = ip_address(text)
    if isinstance(address, IPv6Address):
        translated = IPv4Address(int(address) & 0xFFFFFFFF) if address in NAT64 else None
        inner = address.ipv4_mapped or address.sixtofour or translated
        if inner is None:
            return address in UNICAST and address.is_global
        address = inner
    return address.is_global and not address.is_multicast


UNICAST, NAT64 = IPv6Network("2000::/3"), IPv6Network("64:ff9b::/96")
