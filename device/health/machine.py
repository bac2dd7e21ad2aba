"""Everything the machine tells of itself: board, disk, camera's USB port, clock, last backup.

    seen = Machine(database_file().parent).look()
    seen.board.temperature_c      # None: not known

Reads small files without privileges and never raises; tests give a made tree as `root`.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from device import paths
from device.health.board import Board, board
from device.health.disk import Backups, Disk, backups, disk
from device.health.files import number, text

_CAMERA = "realsense"  # in the product's name
_UNSYNCHRONISED = 5  # TIME_ERROR of adjtimex(2)
_TIMEX_BYTES = 512  # struct timex has 208 on 64-bit machines; the first four bytes say 'only ask'


@dataclass(frozen=True, slots=True)
class UsbCamera:
    """The RealSense as the kernel sees it on USB."""

    product: str
    port: str  # such as '2-1': bus and port
    speed_bits_per_s: float | None
    connected_s: float | None  # since it was plugged in or came back after a reset


@dataclass(frozen=True, slots=True)
class MachineHealth:
    """One look at the machine; None: not known."""

    board: Board
    disk: Disk
    usb_cameras: tuple[UsbCamera, ...]
    clock_synchronised: bool | None
    now_s: float  # seconds since 1970 by the machine's clock
    uptime_s: float  # since the machine was started
    backups: Backups


def kernel_clock() -> bool | None:
    """Whether any time service (timesyncd, chrony, ntpd) disciplines the clock, as the kernel says.

    None where asking is not allowed: systemd's ProtectClock takes the call away.
    """
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(
            ctypes.create_string_buffer(_TIMEX_BYTES)
        )
    except (AttributeError, OSError):
        return None
    return None if state < 0 else state != _UNSYNCHRONISED


def machine_uptime_s() -> float:
    """Seconds since the machine was started, sleep included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def machine_root() -> Path:
    """The folder that `/sys` and `/run` lie in."""
    return paths.sys_root().parent


@dataclass(frozen=True, slots=True)
class Machine:
    """Where to look: `folder` holds the database, `root` the machine's `/sys` and `/run`."""

    folder: Path
    root: Path = field(default_factory=machine_root)
    kernel_clock: Callable[[], bool | None] = kernel_clock
    uptime_s: Callable[[], float] = machine_uptime_s

    def look(self) -> MachineHealth:
        """The machine as it is now; a few milliseconds of small files."""
        return MachineHealth(
            board=board(self.root),
            disk=disk(self.root, self.folder),
            usb_cameras=usb_cameras(self.root),
            clock_synchronised=self._clock(),
            now_s=time.time(),
            uptime_s=self.uptime_s(),
            backups=backups(self.folder),
        )

    def _clock(self) -> bool | None:
        service = self.root / "run/systemd/timesync"
        if (service / "synchronized").exists():
            return True
        told = self.kernel_clock()
        if told is None and service.is_dir():
            return False  # timesyncd runs and has not reached a server since the start
        return told


def usb_cameras(root: Path) -> tuple[UsbCamera, ...]:
    """Every RealSense that is plugged in."""
    found = []
    for device in sorted((root / "sys/bus/usb/devices").glob("*")):
        product = text(device / "product")
        if product is None or _CAMERA not in product.lower():
            continue
        megabits, connected_ms = (
            number(device / "speed"),
            number(device / "power/connected_duration"),
        )
        found.append(
            UsbCamera(
                product=product.replace("(R)", "").replace("(TM)", "").replace("  ", " "),
                port=device.name,
                speed_bits_per_s=megabits * 1e6 if megabits is not None and megabits > 0 else None,
                connected_s=None if connected_ms is None else connected_ms / 1000,
            )
        )
    return tuple(found)
