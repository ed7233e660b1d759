"""Answers kept as long as the service allows, and past that for when it fails.

Written here, because hishel keeps replies below the typed answer: a lie would be stored before it is found out, every
hit would be decoded again, and its stores are files or databases. This one follows RFC 9111 as the cache of a single
user, the gateway with its one set of credentials: `private` answers are kept, and `Vary` varies nothing.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from datasources.ids import utc_now
from datasources.rest.dates import moment_of

Key = tuple[str, TypeAdapter[Any]]
"""The URL and what its answer was read as."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An answer; it is fresh, then stale, then worth nothing but its etag. Times are of the cache's clock."""

    answer: Any
    fresh_until: float
    stale_until: float
    headers: Mapping[str, str]
    size: int  # bytes of the reply

    @property
    def etag(self) -> str | None:
        return self.headers.get("etag")


class Cache:
    """The least recently used leave when the replies outgrow `max_bytes`."""

    def __init__(self, max_bytes: int, stale_s: float, clock: Callable[[], float]) -> None:
        self._entries: OrderedDict[Key, Entry] = OrderedDict()
        self._max_bytes = max_bytes
        self._stale_s = stale_s
        self._clock = clock
        self._bytes = 0

    def get(self, key: Key) -> Entry | None:
        entry = self._entries.get(key)
        if entry is not None:
            self._entries.move_to_end(key)
        return entry

    def is_fresh(self, entry: Entry) -> bool:
        return self._clock() < entry.fresh_until

    def may_stand_in(self, entry: Entry) -> bool:
        """Whether it is fresh, or stale: good enough where the service fails."""
        return self._clock() < entry.stale_until

    def keep(self, key: Key, answer: Any, headers: Mapping[str, str], size: int, cache_s: float) -> None:
        """Keeps the answer if its reply's headers allow that; `cache_s` holds where they say nothing."""
        self.drop(key)
        lifetime = _lifetime_s(headers, cache_s, self._stale_s)
        if lifetime is None:
            return
        fresh_s, stale_s = lifetime
        if fresh_s or "etag" in headers:
            now = self._clock()
            self._entries[key] = Entry(answer, now + fresh_s, now + fresh_s + stale_s, headers, size)
            self._bytes += size
        while self._bytes > self._max_bytes:
            self._bytes -= self._entries.popitem(last=False)[1].size

    def renew(self, key: Key, known: Entry, headers: Mapping[str, str], cache_s: float) -> None:
        """Keeps an answer that a 304 confirmed; its headers replace those of before, where it has them."""
        self.keep(key, known.answer, {**known.headers, **headers}, known.size, cache_s)

    def drop(self, key: Key) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._bytes -= entry.size

    def drop_written(self, url: str) -> None:
        """A write to `/orders/7/cancel` changes what is known of it, and of `/orders/7` and `/orders`."""
        for key in [key for key in self._entries if url.startswith(key[0].partition("?")[0])]:
            self.drop(key)


def _lifetime_s(headers: Mapping[str, str], cache_s: float, stale_s: float) -> tuple[float, float] | None:
    """Seconds fresh, and seconds stale after that; None where nothing may be kept."""
    said = _directives(headers.get("cache-control", ""))
    if "no-store" in said or "*" in headers.get("vary", ""):
        return None
    if "no-cache" in said:
        return 0.0, 0.0
    fresh_s = cache_s
    if "max-age" in said:
        fresh_s = max(0.0, _seconds(said["max-age"]) - _seconds(headers.get("age", "0")))
    elif "expires" in headers:
        fresh_s = _unexpired_s(headers)
    if "must-revalidate" in said:
        return fresh_s, 0.0
    if "stale-if-error" in said:
        return fresh_s, _seconds(said["stale-if-error"])
    # Who gives no lifetime gives no leave to be quoted later either.
    return fresh_s, stale_s if fresh_s else 0.0


def _unexpired_s(headers: Mapping[str, str]) -> float:
    """By the service's own clock, where it tells that; what is no date, such as `0`, is in the past."""
    expires, now = moment_of(headers["expires"]), moment_of(headers.get("date", "")) or utc_now()
    return max(0.0, (expires - now).total_seconds()) if expires else 0.0


def _directives(header: str) -> dict[str, str]:
    pairs = (part.strip().partition("=") for part in header.lower().split(","))
    return {name: value.strip('"') for name, _, value in pairs}


def _seconds(text: str) -> float:
    return float(text) if text.isdecimal() else 0.0
