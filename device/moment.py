"""When something happened, on a machine that may not know the time.

A Raspberry Pi has no clock battery: until the network has told it the time, its wall clock is a
guess. So every row keeps UTC, the boot it belongs to, the monotonic clock and whether the wall
clock was synchronised; within one boot, later rows tell what an early guess was worth.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# systemd-timesyncd touches this file once it has set the clock. Other time services are not seen:
# their clocks count as 'not known to be synchronised'.
_SYNCHRONISED = Path("/run/systemd/timesync/synchronized")


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant on every clock there is."""

    utc: str  # ISO 8601 with milliseconds, ends in Z
    boot_id: str
    monotonic_s: float
    clock_synchronised: bool


def moment_now() -> Moment:
    """This instant."""
    utc = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return Moment(utc, boot_id(), time.monotonic(), _SYNCHRONISED.exists())


@cache
def boot_id() -> str:
    """The kernel's name for the time since the machine was started."""
    try:
        return _BOOT_ID.read_text().strip().replace("-", "")
    except OSError:
        return "unknown"
