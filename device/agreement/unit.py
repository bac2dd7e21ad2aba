"""What the unit measured, to be asked by time or by rep: a replay's files, or the database."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from device.agreement.log import Reading
from device.database import reading
from device.errors import LogError
from device.records import Array, VerdictName

HOLD_S = 0.5  # to either side of a reading's time: the unit's median there is compared
MIN_SHARE = 0.5  # of those frames must be measured
TILT = "anterior_pelvic_tilt_deg"
PEAK, BOTTOM = "anterior_pelvic_tilt_peak_deg", "anterior_pelvic_tilt_bottom_deg"


class Measured(Protocol):
    """What a unit measured."""

    def value(self, reading: Reading, offset_s: float) -> float | None:
        """The unit's value for that reading, deg; None: not measured. Raises LogError."""


def open_measured(file: Path, session: str | None) -> Measured:
    """The frames of OUT.csv, the reps of OUT.json, or those of a session in the database.

    Raises LogError or StoreError in one sentence.
    """
    suffix = file.suffix.lower()
    if suffix in (".csv", ".json") and not file.exists():
        raise LogError(f"There is no file {file}: make it with racklight replay.")
    if suffix == ".csv":
        return _frames(file)
    return _json_reps(file) if suffix == ".json" else _stored_reps(file, session)


# ---------------------------------------------------------------- frame by frame


@dataclass(frozen=True, slots=True)
class Frames:
    """Pelvic tilt over time."""

    file: Path
    time_s: Array
    tilt_deg: Array  # NaN: not measured

    def value(self, reading: Reading, offset_s: float) -> float | None:
        """The median around the reading's time."""
        if reading.time_s is None:
            raise LogError(
                f"Line {reading.line} names a rep, but {self.file} has frames: give time_s, or"
                " compare with OUT.json or the database."
            )
        at = reading.time_s + offset_s
        if not self.time_s[0] <= at <= self.time_s[-1]:
            raise LogError(
                f"Line {reading.line}: second {at:g} is outside of {self.file}, which goes from"
                f" {self.time_s[0]:.0f} to {self.time_s[-1]:.0f} s; --offset shifts the log."
            )
        around = self.tilt_deg[np.abs(self.time_s - at) <= HOLD_S]
        seen = around[np.isfinite(around)]
        return float(np.median(seen)) if len(seen) > MIN_SHARE * len(around) else None


def _frames(file: Path) -> Frames:
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            rows = list(csv.DictReader(stream))
        table = [(float(row["time_s"]), float(row[TILT] or "nan")) for row in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LogError(
            f"{file} is not what racklight replay --frames writes ({error}): make it again."
        ) from error
    if not table:
        raise LogError(f"There are no frames in {file}: replay the recording again.")
    times, tilts = np.array(table).T
    return Frames(file, times, tilts)


# ---------------------------------------------------------------- rep by rep


@dataclass(frozen=True, slots=True)
class Reps:
    """Pelvic tilt of each rep: (most anterior, at the bottom), deg; None: not measured."""

    source: str
    tilts: Mapping[int, tuple[float, float] | None]

    def value(self, reading: Reading, offset_s: float) -> float | None:
        """Tilt at the bottom, or how far it lies behind the most anterior point of the descent.

        The tuck is posterior rotation and counts positive.
        """
        if reading.rep is None:
            raise LogError(
                f"Line {reading.line} names a time, but {self.source} has reps: give rep, or"
                " compare with the OUT.csv of a replay."
            )
        if reading.rep not in self.tilts:
            known = f"1 to {max(self.tilts)}" if self.tilts else "none"
            raise LogError(
                f"Line {reading.line}: there is no rep {reading.rep} in {self.source} ({known})."
            )
        both = self.tilts[reading.rep]
        if both is None:
            return None
        return both[0] - both[1] if reading.what == "tuck" else both[1]


def _json_reps(file: Path) -> Reps:
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))["reps"]
        return Reps(str(file), {int(row["index"]): _tilts(row) for row in rows})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LogError(
            f"{file} is not what racklight replay --json writes ({error!r}): make it again."
        ) from error


def _stored_reps(file: Path, session: str | None) -> Reps:
    with reading(file) as connection:
        return _session_reps(connection, file, session)


def _session_reps(connection: sqlite3.Connection, file: Path, session: str | None) -> Reps:
    where, given = ("WHERE id = ?", (session,)) if session else ("", ())
    found = connection.execute(
        f"SELECT id FROM sessions {where} ORDER BY recorded_utc DESC, rowid DESC LIMIT 1", given
    ).fetchone()
    if found is None:
        wanted = f"session {session}" if session else "session yet"
        raise LogError(
            f"There is no {wanted} in {file}: a session's id ends the address of its page."
        )
    rows = connection.execute(
        f"SELECT rep_index, verdict, {PEAK}, {BOTTOM} FROM reps JOIN sets ON sets.id = set_id"
        " WHERE session_id = ? AND undone_utc IS NULL",
        (found["id"],),
    ).fetchall()
    return Reps(
        f"session {found['id']}", {int(row["rep_index"]): _tilts(dict(row)) for row in rows}
    )


def _tilts(row: Mapping[str, Any]) -> tuple[float, float] | None:
    """None where the unit did not stand by what it saw."""
    peak, bottom = row[PEAK], row[BOTTOM]
    if row["verdict"] == VerdictName.NOT_MEASURED.value or peak is None or bottom is None:
        return None
    return float(peak), float(bottom)
