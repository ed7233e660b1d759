"""How much each caller may ask for in a time: a bucket of cost each, that fills evenly.

A bucket is kept as one number: when it will be full again. What is taken puts that off, what is given back brings it
nearer, and a bucket that is full need not be kept at all.
"""

import math
from collections import OrderedDict
from functools import lru_cache
from ipaddress import IPv6Address
from time import monotonic
from typing import NamedTuple

from gateway.limits.refusals import RateLimited
from gateway.request import Caller

WINDOW_S = 60
"""An empty bucket is full after this long."""
BUCKETS = 50_000
"""Of more callers than this in a window, those that were away for longest begin anew."""
ADDRESSES_KEPT = 10_000

Payer = int | str
"""Whose operations count together: an actor, by its id's number, or an address that nobody signed in from."""


def payer_of(caller: Caller) -> Payer:
    actor = caller.actor.id
    return network_of(caller.address) if actor is None else actor.int


@lru_cache(ADDRESSES_KEPT)
def network_of(address: str) -> str:
    """The address; of IPv6, its network of 64 bits, within which everybody has as many addresses as they like."""
    if ":" not in address:
        return address[:64]
    try:
        full = IPv6Address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if full.ipv4_mapped:
        return str(full.ipv4_mapped)
    return f"{IPv6Address(int(full) >> 64 << 64)}/64"


class Quota(NamedTuple):
    """What a caller has left, of `limit` in WINDOW_S; all of it after `full_in_s` seconds."""

    limit: float
    left: float
    full_in_s: float

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """As draft-ietf-httpapi-ratelimit-headers has them, in units of cost."""
        left = b'"cost";r=%d;t=%d' % (max(self.left, 0), math.ceil(self.full_in_s))
        return [(b"ratelimit-policy", b'"cost";q=%d;w=%d' % (self.limit, WINDOW_S)), (b"ratelimit", left)]


class Rate:
    """Of this process alone, in memory. `per_window` is the cost that a bucket holds."""

    def __init__(self, per_window: float) -> None:
        self._limit = per_window
        self._per_s = per_window / WINDOW_S
        self._full_at: OrderedDict[Payer, float] = OrderedDict()

    def quota(self, payer: Payer) -> Quota:
        full_in_s = max(self._full_at.get(payer, 0.0) - monotonic(), 0.0)
        return Quota(self._limit, self._limit - full_in_s * self._per_s, full_in_s)

    def check(self, payer: Payer) -> None:
        """Raises: RateLimited where nothing is left at all."""
        self._check(payer, 0.0)

    async def take(self, payer: Payer, cost: float) -> None:
        """Raises: RateLimited where less is left."""
        self._check(payer, cost)
        self.add(payer, cost)

    def add(self, payer: Payer, cost: float) -> None:
        """Takes what may not be there, so that later ones wait, or gives back where it is negative."""
        now = monotonic()
        self._put(payer, max(self._full_at.get(payer, now), now) + cost / self._per_s)

    def set(self, payer: Payer, full_in_s: float) -> None:
        """As somebody else has counted."""
        self._put(payer, monotonic() + full_in_s)

    def seconds_of(self, cost: float) -> float:
        """How long a bucket takes to gain so much."""
        return cost / self._per_s

    def refusal(self, payer: Payer, cost: float) -> RateLimited:
        quota = self.quota(payer)
        return RateLimited(cost, quota.left, quota.limit, quota.full_in_s + cost / self._per_s - WINDOW_S)

    async def close(self) -> None:
        pass

    def _check(self, payer: Payer, cost: float) -> None:
        full_at = self._full_at.get(payer)
        if full_at is not None and full_at + cost / self._per_s > monotonic() + WINDOW_S:
            raise self.refusal(payer, cost)

    def _put(self, payer: Payer, full_at: float) -> None:
        if payer not in self._full_at and len(self._full_at) >= BUCKETS:
            self._full_at.popitem(last=False)
        self._full_at[payer] = full_at
        self._full_at.move_to_end(payer)
