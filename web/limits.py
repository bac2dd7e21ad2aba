"""Slows guessing down, and never locks anybody out for good.

After a few free tries, each further wrong one doubles the wait, up to a limit of minutes. The
coach's password is counted for each address alone: whoever guesses from another address can't keep
the coach out. A PIN has few digits, so it is counted for each lifter as well. All is forgotten
after a quiet while, or when the page starts anew.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass

MOST_KEYS = 4096  # then the one that was quiet longest is forgotten: memory is bounded
FORGOTTEN_AFTER_S = 3600.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How many wrong tries are free, and how long the wait may become."""

    free: int
    longest_s: float


COACH_PATIENCE = Patience(free=5, longest_s=60.0)
ADDRESS_PATIENCE = Patience(free=10, longest_s=60.0)  # of PINs: a rack's tablet is one address
LIFTER_PATIENCE = Patience(free=5, longest_s=300.0)


@dataclass(slots=True)
class _Tries:
    wrong: int = 0
    last_s: float = 0.0
    next_s: float = 0.0


class Limits:
    """Counts wrong tries by key.

    wait_s = limits.attempt({key: COACH_PATIENCE})  # above 0: not now. 0: counted as wrong ...
    limits.right(key)                               # ... until it is told that it was right
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._tries: dict[Hashable, _Tries] = {}

    def attempt(self, keys: Mapping[Hashable, Patience]) -> float:
        """Seconds to wait before the next try, the longest of all keys; 0: now.

        A try counts as wrong from its beginning: many at the same time win nothing.
        """
        now = self._clock()
        with self._lock:
            known = {key: self._known(key, now) for key in keys}
            wait_s = max((tries.next_s - now for tries in known.values()), default=0.0)
            if wait_s > 0:
                return wait_s
            for key, tries in known.items():
                self._count(key, tries, keys[key], now)
            return 0.0

    def right(self, key: Hashable) -> None:
        """All wrong tries of this key are forgotten."""
        with self._lock:
            self._tries.pop(key, None)

    def one_less(self, key: Hashable) -> None:
        """The last try was right, but says nothing about the wrong ones before it."""
        with self._lock:
            tries = self._tries.get(key)
            if tries is not None:
                tries.wrong -= 1
                tries.next_s = 0.0

    def _known(self, key: Hashable, now: float) -> _Tries:
        tries = self._tries.get(key)
        if tries is None or now - tries.last_s > FORGOTTEN_AFTER_S:
            return _Tries()
        return tries

    def _count(self, key: Hashable, tries: _Tries, patience: Patience, now: float) -> None:
        tries.wrong += 1
        tries.last_s = now
        beyond = tries.wrong - patience.free
        if beyond >= 0:
            tries.next_s = now + min(patience.longest_s, 2.0 ** min(beyond, 20))
        self._tries.pop(key, None)  # the newest stands last
        self._tries[key] = tries
        while len(self._tries) > MOST_KEYS:
            del self._tries[next(iter(self._tries))]


def network_of(address: str | None) -> str:
    """What counts as one address: of IPv6 the network, as a device has as many as it likes."""
    try:
        parsed = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
