"""What was done lately, with names in place of keys, on the unit's own clock, in its weights.

The log itself holds keys alone, so that no name of a lifter outlives a deletion in it.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from device.audit import Action, AuditRow
from device.database import reading
from web.numbers import date_and_time
from web.texts import gettext as _
from web.weights import load
from web.words import local_time

_KEY = re.compile(r"\b(lifter|session|rep) ([0-9a-f]{32})\b")
_SETTING = re.compile(r"\b[a-z]+/[a-z_]+\b")
_TIME = re.compile(r"\b(\d{4}-\d\d-\d\d \d\d:\d\d)( UTC)?\b")
_LOAD = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?) kg\b")  # of a set that was corrected
_FOUND = {
    "lifter": "SELECT name, NULL AS utc FROM lifters WHERE id = ?",
    "session": "SELECT lifters.name, sessions.recorded_utc AS utc FROM sessions"
    " LEFT JOIN lifters ON lifters.id = sessions.lifter_id WHERE sessions.id = ?",
    "rep": "SELECT lifters.name, reps.recorded_utc AS utc FROM reps"
    " JOIN sets ON sets.id = reps.set_id JOIN sessions ON sessions.id = sets.session_id"
    " LEFT JOIN lifters ON lifters.id = sessions.lifter_id WHERE reps.id = ?",
}


def with_names(path: Path, rows: Sequence[AuditRow], labels: Mapping[str, str]) -> list[AuditRow]:
    """The rows for people; `labels` are the settings' own words by key. Raises StoreError."""
    if not rows:
        return []
    with reading(path) as connection:
        return [replace(row, text=_told(connection, row, labels)) for row in rows]


def _told(connection: sqlite3.Connection, row: AuditRow, labels: Mapping[str, str]) -> str:
    text = _TIME.sub(_local, row.text)
    if row.action == Action.CORRECT:
        text = _LOAD.sub(lambda found: load(float(found[1])), text)
    text = _KEY.sub(lambda found: _named(connection, found[1], found[2]), text)
    return _SETTING.sub(lambda found: labels.get(found[0], found[0]), text)


def _local(found: re.Match[str]) -> str:
    """As everywhere else on the pages; a time that is not marked UTC is one of this clock."""
    try:
        if found[2]:
            return date_and_time(local_time(f"{found[1].replace(' ', 'T')}Z"))
        return date_and_time(datetime.fromisoformat(found[1]))
    except ValueError:
        return found[0]


def _named(connection: sqlite3.Connection, kind: str, key: str) -> str:
    """`Alex`, `Alex, Sun 22 Nov 2026, 19:37`; a deleted one has no name any more."""
    row = connection.execute(_FOUND[kind], (key,)).fetchone()
    if row is None:
        return _("what was deleted since")
    name = row["name"] or _("nobody signed in")
    return name if row["utc"] is None else f"{name}, {date_and_time(local_time(row['utc']))}"
