"""What was deleted, taken out or put under another password, and by whom: one row each.

Call `note` inside the transaction of the change itself, so that neither is there without the other.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from device.database import reading, sentences, transaction
from device.moment import moment_now
from device.store import Store

TEXT_LENGTH = 200


class Actor(StrEnum):
    """Who did it."""

    COACH = "coach"
    LIFTER = "lifter"
    GUEST = "guest"
    TOKEN = "token"
    RACK = "rack"  # whoever stood at the rack's screen
    UNIT = "unit"  # the unit itself, by a rule the coach set
    SHELL = "shell"  # somebody at the unit's own command line


class Action(StrEnum):
    """What was done."""

    PASSWORD = "password"
    ACCESS = "access"  # a lifter's PIN or card
    SETTINGS = "settings"
    DELETE = "delete"
    MERGE = "merge"
    CORRECT = "correct"  # a set's load or squat, or a rep struck out
    EXPORT = "export"
    BACKUP = "backup"
    RESTORE = "restore"
    TOKEN = "token"


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One thing that was done."""

    utc: str
    clock_synchronised: bool
    actor: str
    action: str
    text: str


def note(
    connection: sqlite3.Connection, unit_id: str, actor: Actor, action: Action, text: str
) -> None:
    """Adds a row, inside the caller's transaction. `text` never holds a secret."""
    moment = moment_now()
    connection.execute(
        "INSERT INTO audit (id, unit_id, actor, action, text, recorded_utc, boot_id,"
        " clock_synchronised) VALUES (lower(hex(randomblob(16))), ?, ?, ?, ?, ?, ?, ?)",
        (
            unit_id,
            str(actor),
            str(action),
            text[:TEXT_LENGTH],
            moment.utc,
            moment.boot_id,
            int(moment.clock_synchronised),
        ),
    )


def record(path: Path, unit_name: str, actor: Actor, action: Action, text: str) -> None:
    """A row of its own, for what changes nothing else. Raises StoreError."""
    with Store.open(path, unit_name) as store, sentences(path), transaction(store.connection):
        note(store.connection, store.unit_id, actor, action, text)


def newest(path: Path, count: int = 50) -> list[AuditRow]:
    """The newest rows. Raises StoreError."""
    with reading(path) as connection:
        rows = connection.execute(
            "SELECT recorded_utc, clock_synchronised, actor, action, text FROM audit"
            " ORDER BY rowid DESC LIMIT ?",
            (count,),
        ).fetchall()
    return [AuditRow(row[0], bool(row[1]), row[2], row[3], row[4]) for row in rows]
