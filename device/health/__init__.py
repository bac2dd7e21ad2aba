"""How the unit and its machine are: what is looked at, what is counted, and what is wrong.

`Machine(folder).look()` reads the machine, `UnitMeter` counts the running unit, `findings` says
what is wrong, one sentence each with the fix, and `BoardWatch` notices weak power and heat while
the unit works. Everybody else imports from here.
"""

from __future__ import annotations

from device.health.board import Board
from device.health.disk import Backup, Backups, Disk, writes_per_day
from device.health.judge import (
    BACKUP_DAYS,
    HOT_C,
    LATE_S,
    MIN_FREE_BYTES,
    Finding,
    backup_age_days,
    backup_finding,
    findings,
)
from device.health.machine import Machine, MachineHealth, UsbCamera
from device.health.unit import UnitMeter
from device.health.watch import BoardWatch
from device.records import UnitHealth

__all__ = [
    "BACKUP_DAYS",
    "HOT_C",
    "LATE_S",
    "MIN_FREE_BYTES",
    "Backup",
    "Backups",
    "Board",
    "BoardWatch",
    "Disk",
    "Finding",
    "Machine",
    "MachineHealth",
    "UnitHealth",
    "UnitMeter",
    "UsbCamera",
    "backup_age_days",
    "backup_finding",
    "findings",
    "writes_per_day",
]
