"""Space and wear of the disk that holds the data, and the newest backup on it."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from device.health.files import hexadecimal, text

BACKUPS = "backups"  # folder beside the database; every backup is a file in it
_SECTOR_BYTES = 512  # /sys/block/*/stat counts these, whatever the disk's own sectors are
_SECTORS_WRITTEN = 6  # column
_UNFINISHED = (".part", ".partial", ".tmp", "-journal", "-wal", "-shm")
_END_OF_LIFE = {1: "normal", 2: "warning", 3: "urgent"}


@dataclass(frozen=True, slots=True)
class Disk:
    """The disk with the data; None: not known. SD cards don't tell how worn they are, eMMC does."""

    free_bytes: int | None
    size_bytes: int | None
    name: str | None  # the kernel's, such as 'mmcblk0'
    written_bytes: int | None  # by everything on this disk since the machine was started
    life_used_percent: int | None  # at most so much (the chip tells in steps of 10; 110: past it)
    end_of_life: str | None  # normal, warning (few spare blocks left), urgent


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup."""

    file: Path
    made_s: float  # seconds since 1970, by the clock of that day
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Backups:
    """The newest backup, if there is any; not `known`: the folder can't be looked into."""

    known: bool
    newest: Backup | None


def disk(root: Path, folder: Path) -> Disk:
    """The disk that `folder` (or the nearest folder above it that exists) lies on."""
    where = folder
    while not where.exists() and where != where.parent:
        where = where.parent
    free, size = _space(where)
    block = _block_device(root, where)
    if block is None:
        return Disk(free, size, None, None, None, None)
    return Disk(
        free_bytes=free,
        size_bytes=size,
        name=block.name,
        written_bytes=_written(block),
        life_used_percent=_life_used(text(block / "device/life_time")),
        end_of_life=_END_OF_LIFE.get(hexadecimal(text(block / "device/pre_eol_info")) or 0),
    )


def backups(folder: Path) -> Backups:
    """The newest finished file in the data folder's `backups`."""
    found = []
    try:
        for file in (folder / BACKUPS).iterdir():
            if file.name.startswith(".") or file.name.endswith(_UNFINISHED):
                continue
            seen = file.stat()
            if stat.S_ISREG(seen.st_mode) and seen.st_size > 0:
                found.append(Backup(file, seen.st_mtime, seen.st_size))
    except FileNotFoundError:
        return Backups(True, None)
    except OSError:
        return Backups(False, None)
    return Backups(True, max(found, key=lambda backup: backup.made_s, default=None))


def _space(folder: Path) -> tuple[int | None, int | None]:
    try:
        seen = os.statvfs(folder)
    except OSError:
        return None, None
    return seen.f_bavail * seen.f_frsize, seen.f_blocks * seen.f_frsize


def _block_device(root: Path, folder: Path) -> Path | None:
    """The whole disk's folder in sysfs; None for a file system without one (overlay, tmpfs)."""
    try:
        number = folder.stat().st_dev
        entry = (root / f"sys/dev/block/{os.major(number)}:{os.minor(number)}").resolve(strict=True)
        return entry.parent if (entry / "partition").exists() else entry
    except OSError:
        return None


def _written(block: Path) -> int | None:
    columns = (text(block / "stat") or "").split()
    try:
        sectors = int(columns[_SECTORS_WRITTEN])
    except (IndexError, ValueError):
        return None
    return sectors * _SECTOR_BYTES if sectors >= 0 else None


def _life_used(told: str | None) -> int | None:
    """The worse of the chip's two areas: '0x02 0x01' is 20 %. 0 means the chip does not say."""
    tenths = [hexadecimal(word) for word in (told or "").split() if word.startswith("0x")]
    known = [value for value in tenths if value is not None and 1 <= value <= 11]
    return 10 * max(known) if known else None


def writes_per_day(written_bytes: int | None, uptime_s: float) -> float | None:
    """Bytes a day at the rate since the start; None before an hour, which the start dominates."""
    if written_bytes is None or uptime_s < 3600:
        return None
    return written_bytes * 86400 / uptime_s
