"""What the page reads from the database, through a connection that can't change it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from device.database import open_for_reading, sentences
from device.records import Trace
from device.trace_codec import unpack_trace

PAGE_SESSIONS = 30


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One visit in the list; `verdicts` holds those of each set, in order."""

    id: str
    started_utc: str
    clock_synchronised: bool
    lifter: str | None
    verdicts: tuple[tuple[str, ...], ...]

    @property
    def sets(self) -> int:
        """Sets with at least one rep."""
        return len(self.verdicts)

    @property
    def reps(self) -> int:
        """Reps that were not taken back."""
        return sum(len(verdicts) for verdicts in self.verdicts)

    @property
    def winks(self) -> int:
        """Reps judged a wink."""
        return sum(verdicts.count("wink") for verdicts in self.verdicts)


@dataclass(frozen=True, slots=True)
class RepRow:
    """One rep as the page shows it; None: not measured."""

    id: str
    set: int
    index: int
    start_s: float
    bottom_s: float
    end_s: float
    wink_deg: float | None
    wink_sd_deg: float | None
    onset_hip_above_knee_cm: float | None
    onset_knee_flexion_deg: float | None
    hip_above_knee_cm: float | None
    loaded: bool | None
    load_kg: float | None
    threshold_deg: float
    verdict: str
    reason: str | None
    trace: Trace | None


_SESSIONS = """
SELECT sessions.id, sessions.recorded_utc, sessions.clock_synchronised, lifters.name AS lifter
FROM sessions LEFT JOIN lifters ON lifters.id = sessions.lifter_id
"""

_VERDICTS = """
SELECT sets.session_id, sets.number, reps.verdict
FROM reps JOIN sets ON sets.id = reps.set_id
WHERE reps.undone_utc IS NULL AND sets.session_id IN ({places})
ORDER BY sets.session_id, sets.number, reps.rep_index
"""

_REPS = """
SELECT reps.*, sets.number AS set_number, traces.data AS trace
FROM reps JOIN sets ON sets.id = reps.set_id LEFT JOIN traces ON traces.rep_id = reps.id
WHERE reps.undone_utc IS NULL AND sets.session_id = ?
ORDER BY sets.number, reps.rep_index
"""


def sessions(path: Path, page: int = 1) -> tuple[list[SessionRow], bool]:
    """The newest visits, and whether there are older ones. Raises StoreError."""
    with _reading(path) as connection:
        rows = connection.execute(
            f"{_SESSIONS} ORDER BY sessions.recorded_utc DESC, sessions.rowid DESC"
            " LIMIT ? OFFSET ?",
            (PAGE_SESSIONS + 1, (page - 1) * PAGE_SESSIONS),
        ).fetchall()
        found = _with_verdicts(connection, rows[:PAGE_SESSIONS])
    return found, len(rows) > PAGE_SESSIONS


def session(path: Path, session_id: str) -> tuple[SessionRow, list[RepRow]] | None:
    """One visit with its reps; None if there is no such visit. Raises StoreError."""
    with _reading(path) as connection:
        rows = connection.execute(f"{_SESSIONS} WHERE sessions.id = ?", (session_id,)).fetchall()
        if not rows:
            return None
        reps = [_rep(row) for row in connection.execute(_REPS, (session_id,))]
        return _with_verdicts(connection, rows)[0], reps


def check(path: Path) -> None:
    """Raises StoreError if the database can't be read."""
    with _reading(path) as connection:
        connection.execute("SELECT count(*) FROM sessions").fetchone()


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    connection = open_for_reading(path)
    try:
        with sentences(path):
            yield connection
    finally:
        connection.close()


def _with_verdicts(connection: sqlite3.Connection, rows: list[sqlite3.Row]) -> list[SessionRow]:
    keys = [row["id"] for row in rows]
    statement = _VERDICTS.format(places=", ".join("?" * len(keys)))
    sets: dict[str, dict[int, list[str]]] = {key: {} for key in keys}
    for rep in connection.execute(statement, keys):
        sets[rep["session_id"]].setdefault(rep["number"], []).append(rep["verdict"])
    return [
        SessionRow(
            row["id"],
            row["recorded_utc"],
            bool(row["clock_synchronised"]),
            row["lifter"],
            tuple(tuple(verdicts) for verdicts in sets[row["id"]].values()),
        )
        for row in rows
    ]


def _rep(row: sqlite3.Row) -> RepRow:
    return RepRow(
        id=row["id"],
        set=row["set_number"],
        index=row["rep_index"],
        start_s=row["start_s"],
        bottom_s=row["bottom_s"],
        end_s=row["end_s"],
        wink_deg=row["wink_deg"],
        wink_sd_deg=row["wink_sd_deg"],
        onset_hip_above_knee_cm=row["onset_5_hip_above_knee_cm"],
        onset_knee_flexion_deg=row["onset_5_knee_flexion_deg"],
        hip_above_knee_cm=row["hip_above_knee_cm"],
        loaded=None if row["loaded"] is None else bool(row["loaded"]),
        load_kg=row["load_kg"],
        threshold_deg=row["threshold_deg"],
        verdict=row["verdict"],
        reason=row["reason"],
        trace=_trace(row["trace"]),
    )


def _trace(blob: bytes | None) -> Trace | None:
    """A damaged trace costs its curve, not the page."""
    if blob is None:
        return None
    try:
        return unpack_trace(blob)
    except ValueError:
        return None
