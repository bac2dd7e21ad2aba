"""What is wrong with the unit, one sentence each with the fix; the page and `check` share them."""

from __future__ import annotations

from dataclasses import dataclass

from device.health.board import Board
from device.health.disk import Backup, Backups, Disk
from device.health.machine import MachineHealth, UsbCamera
from device.records import SIMULATED, UnitHealth

MIN_FREE_BYTES = 500_000_000
HOT_C = 80.0  # a Raspberry Pi slows itself down from here on
WORN_PERCENT = 80
WORN_OUT_PERCENT = 100
USB_3_BITS_PER_S = 5e9
DROPPED_SHARE = 0.05
ENOUGH_FRAMES = 150  # before a share of them means something
LATE_S = 0.15
BACKUP_DAYS = 30


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a person should know of; `urgent`: work or data are at risk now."""

    about: str  # power, heat, disk, wear, usb, frames, latency, clock, backup
    urgent: bool
    text: str  # a sentence with the fix


def findings(machine: MachineHealth, unit: UnitHealth | None) -> tuple[Finding, ...]:
    """All that is wrong, urgent first; what is not known is not wrong."""
    found = [
        power_finding(machine.board),
        heat_finding(machine.board),
        space_finding(machine.disk),
        wear_finding(machine.disk),
        *(usb_finding(camera) for camera in machine.usb_cameras),
        *(() if unit is None else (frames_finding(unit), latency_finding(unit))),
        clock_finding(machine.clock_synchronised),
        backup_finding(machine.backups, machine.now_s),
    ]
    return tuple(sorted((one for one in found if one is not None), key=lambda one: not one.urgent))


def power_finding(board: Board) -> Finding | None:
    """The supply is too weak."""
    if not board.under_voltage:
        return None
    return Finding(
        "power",
        True,
        "The board gets too little voltage: use the Raspberry Pi's own power supply (27 W for a"
        " Pi 5, 15 W for a Pi 4) and a short, thick cable.",
    )


def heat_finding(board: Board) -> Finding | None:
    """The processor is hot, or slowed down for a reason that is not the supply."""
    hot = board.temperature_c is not None and board.temperature_c >= HOT_C
    slowed = (board.throttled or board.capped) and not board.under_voltage
    if not (hot or board.hot or slowed):
        return None
    degrees = "" if board.temperature_c is None else f" at {board.temperature_c:.0f} °C"
    return Finding(
        "heat",
        True,
        f"The processor slows itself down{degrees}: give it a cooler, clean its fan, and keep"
        " chalk and cloth off the case.",
    )


def space_finding(disk: Disk) -> Finding | None:
    """Little space is left."""
    if disk.free_bytes is None or disk.free_bytes >= MIN_FREE_BYTES:
        return None
    return Finding(
        "disk",
        True,
        f"Only {disk.free_bytes // 1_000_000} MB are free: delete old recordings or use a larger"
        " card.",
    )


def wear_finding(disk: Disk) -> Finding | None:
    """The storage is near its end."""
    used = disk.life_used_percent or 0
    if disk.end_of_life == "urgent" or used > WORN_OUT_PERCENT:
        return Finding("wear", True, "The storage is worn out: make a backup today and replace it.")
    if disk.end_of_life == "warning" or used > WORN_PERCENT:
        return Finding("wear", False, "The storage is nearly worn out: plan to replace it.")
    return None


def usb_finding(camera: UsbCamera) -> Finding | None:
    """The camera hangs on a slow port."""
    speed = camera.speed_bits_per_s
    if speed is None or speed >= USB_3_BITS_PER_S:
        return None
    return Finding(
        "usb",
        False,
        f"The camera is plugged in with only {speed / 1e6:.0f} Mbit/s: use a blue USB 3 port and"
        " the camera's own cable.",
    )


def frames_finding(unit: UnitHealth) -> Finding | None:
    """Too many pictures of the last minute are missing."""
    arrived = unit.recent_frames + unit.recent_dropped
    if arrived < ENOUGH_FRAMES or unit.recent_dropped <= DROPPED_SHARE * arrived:
        return None
    if _simulated(unit):
        return Finding(
            "frames",
            False,
            "This computer is too slow for the simulated lifter just now:"
            f" {unit.recent_dropped / arrived:.0%} of the pictures were missed in the last"
            f" {unit.recent_s:.0f} s, so some reps are missed or not measured. Stop other"
            " programs, or use a faster computer.",
        )
    return Finding(
        "frames",
        False,
        f"{unit.recent_dropped / arrived:.0%} of the pictures were missed in the last"
        f" {unit.recent_s:.0f} s: set pose/model to lite or camera/fps lower, and check the"
        " camera's cable.",
    )


def latency_finding(unit: UnitHealth) -> Finding | None:
    """The light is late; of a simulated lifter the missing pictures say it already."""
    if unit.latency_p95_s is None or unit.latency_p95_s <= LATE_S:
        return None
    if _simulated(unit) and frames_finding(unit) is not None:
        return None
    return Finding(
        "latency",
        False,
        f"The light answers late (up to {1000 * unit.latency_p95_s:.0f} ms): set pose/model to"
        " lite, and stop other programs on this machine.",
    )


def _simulated(unit: UnitHealth) -> bool:
    return unit.camera_name is not None and unit.camera_name.startswith(SIMULATED)


def clock_finding(synchronised: bool | None) -> Finding | None:
    """Dates may be wrong."""
    if synchronised is not False:
        return None
    return Finding(
        "clock",
        False,
        "The clock is not set by a network: dates may be wrong, durations are right. Connect the"
        " unit to a network once after each power-up.",
    )


def backup_finding(backups: Backups, now_s: float) -> Finding | None:
    """There is no backup, or an old one."""
    backup = backups.newest
    if not backups.known:
        return None
    if backup is None:
        return Finding(
            "backup", False, "There is no backup yet: an update makes one, or copy the database."
        )
    days = backup_age_days(backup, now_s)
    if days is None or days <= BACKUP_DAYS:
        return None
    return Finding("backup", False, f"The last backup is {days:.0f} days old: make a new one.")


def backup_age_days(backup: Backup, now_s: float) -> float | None:
    """How old it is; None where it was made later than now, by a clock that was wrong."""
    age_s = now_s - backup.made_s
    return None if age_s < -60 else max(0.0, age_s) / 86400
