"""What the page reads from the database, through a connection that can't change it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from device.database import reading
from device.records import Trace, VerdictName
from device.trace_codec import unpack_trace

PAGE_EVENTS = 30


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One visit in the list; `verdicts` holds those of each set, in order."""

    id: str
    started_utc: str
    clock_synchronised: bool
    lifter_id: str | None
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
class EventRow:
    """Something that happened to the unit."""

    utc: str
    clock_synchronised: bool
    kind: str
    reason: str | None
    text: str


@dataclass(frozen=True, slots=True)
class RepRow:
    """One rep as the page shows it; None: not measured.

    Pages number the reps of a set from 1; the number that is stored counts through the visit.
    """

    id: str
    set_id: str
    set: int
    start_s: float
    bottom_s: float
    end_s: float
    wink_deg: float | None
    wink_sd_deg: float | None
    wink_at_parallel_deg: float | None
    onset_hip_above_knee_cm: float | None
    onset_knee_flexion_deg: float | None
    hip_above_knee_cm: float | None
    knee_flexion_left_deg: float | None  # this and the next three: at the bottom
    knee_flexion_right_deg: float | None
    shin_lean_left_deg: float | None
    shin_lean_right_deg: float | None
    loaded: bool | None
    load_kg: float | None
    threshold_deg: float
    verdict: str
    reason: str | None
    exercise: str | None
    trace: Trace | None

    @property
    def judged(self) -> bool:
        """Whether it was told clean or a wink."""
        return self.verdict in (VerdictName.CLEAN.value, VerdictName.WINK.value)

    @property
    def measured(self) -> bool:
        """Whether its numbers can be shown; otherwise they are a guess."""
        return self.verdict != VerdictName.NOT_MEASURED.value


_SESSIONS = """
SELECT sessions.id, sessions.recorded_utc, sessions.clock_synchronised, sessions.lifter_id,
    lifters.name AS lifter
FROM sessions LEFT JOIN lifters ON lifters.id = sessions.lifter_id
"""

_VERDICTS = """
SELECT sets.session_id, sets.number, reps.verdict
FROM reps JOIN sets ON sets.id = reps.set_id
WHERE reps.undone_utc IS NULL AND sets.session_id IN ({places})
ORDER BY sets.session_id, sets.number, reps.rep_index
"""

# What `rep_of` reads. The rest of a row would only make sorting and looking up slower.
REP_COLUMNS = ", ".join(
    f"reps.{name}"
    for name in (
        *("id", "set_id", "start_s", "bottom_s", "end_s"),
        *("wink_deg", "wink_sd_deg", "wink_at_parallel_deg"),
        *("onset_5_hip_above_knee_cm", "onset_5_knee_flexion_deg", "hip_above_knee_cm"),
        *("knee_flexion_left_deg", "knee_flexion_right_deg"),
        *("shin_lean_left_deg", "shin_lean_right_deg"),
        *("loaded", "load_kg", "threshold_deg", "verdict", "reason", "exercise"),
    )
)
_REPS = f"""
SELECT {REP_COLUMNS}, sets.number AS set_number, traces.data AS trace
FROM reps JOIN sets ON sets.id = reps.set_id LEFT JOIN traces ON traces.rep_id = reps.id
WHERE reps.undone_utc IS NULL AND sets.session_id = ?
ORDER BY sets.number, reps.rep_index
"""


def session(
    path: Path, session_id: str, joints: bool = False
) -> tuple[SessionRow, list[RepRow]] | None:
    """One visit with its reps; None if there is no such visit. Raises StoreError."""
    with reading(path) as connection:
        rows = connection.execute(f"{_SESSIONS} WHERE sessions.id = ?", (session_id,)).fetchall()
        if not rows:
            return None
        reps = [rep_of(row, joints) for row in connection.execute(_REPS, (session_id,))]
        return with_verdicts(connection, rows)[0], reps


def events(path: Path, page: int = 1) -> tuple[list[EventRow], bool]:
    """The newest events, and whether there are older ones. Raises StoreError."""
    with reading(path) as connection:
        rows = connection.execute(
            "SELECT recorded_utc, clock_synchronised, kind, reason, text FROM events"
            " ORDER BY rowid DESC LIMIT ? OFFSET ?",
            (PAGE_EVENTS + 1, (page - 1) * PAGE_EVENTS),
        ).fetchall()
    found = [
        EventRow(
            row["recorded_utc"],
            bool(row["clock_synchronised"]),
            row["kind"],
            row["reason"],
            row["text"],
        )
        for row in rows[:PAGE_EVENTS]
    ]
    return found, len(rows) > PAGE_EVENTS


def event_counts(path: Path) -> dict[tuple[str, str], int]:
    """How many events of each kind and reason ('' for none) are kept. Raises StoreError."""
    with reading(path) as connection:
        rows = connection.execute(
            "SELECT kind, coalesce(reason, '') AS reason, count(*) AS kept FROM events"
            " GROUP BY kind, reason ORDER BY kind, reason"
        ).fetchall()
    return {(row["kind"], row["reason"]): int(row["kept"]) for row in rows}


def check(path: Path) -> None:
    """Raises StoreError if the database can't be read."""
    with reading(path) as connection:
        connection.execute("SELECT max(recorded_utc) FROM sessions").fetchone()


def with_verdicts(connection: sqlite3.Connection, rows: list[sqlite3.Row]) -> list[SessionRow]:
    """Sessions with the verdicts of all their reps."""
    if not rows:
        return []
    keys = [row["id"] for row in rows]
    statement = _VERDICTS.format(places=", ".join("?" * len(keys)))
    sets: dict[str, dict[int, list[str]]] = {key: {} for key in keys}
    for rep in connection.execute(statement, keys):
        sets[rep["session_id"]].setdefault(rep["number"], []).append(rep["verdict"])
    return [session_of(row, sets[row["id"]].values()) for row in rows]


def session_of(row: sqlite3.Row, verdicts: Iterable[Iterable[str]] = ()) -> SessionRow:
    """A row of a session with its `lifter`; `verdicts` of each set, in order."""
    return SessionRow(
        row["id"],
        row["recorded_utc"],
        bool(row["clock_synchronised"]),
        row["lifter_id"],
        row["lifter"],
        tuple(tuple(of_set) for of_set in verdicts),
    )


def rep_of(row: sqlite3.Row, joints: bool = False) -> RepRow:
    """A row of REP_COLUMNS, with `set_number` and `trace` (may be NULL) beside them."""
    return RepRow(
        id=row["id"],
        set_id=row["set_id"],
        set=row["set_number"],
        start_s=row["start_s"],
        bottom_s=row["bottom_s"],
        end_s=row["end_s"],
        wink_deg=row["wink_deg"],
        wink_sd_deg=row["wink_sd_deg"],
        wink_at_parallel_deg=row["wink_at_parallel_deg"],
        onset_hip_above_knee_cm=row["onset_5_hip_above_knee_cm"],
        onset_knee_flexion_deg=row["onset_5_knee_flexion_deg"],
        hip_above_knee_cm=row["hip_above_knee_cm"],
        knee_flexion_left_deg=row["knee_flexion_left_deg"],
        knee_flexion_right_deg=row["knee_flexion_right_deg"],
        shin_lean_left_deg=row["shin_lean_left_deg"],
        shin_lean_right_deg=row["shin_lean_right_deg"],
        loaded=None if row["loaded"] is None else bool(row["loaded"]),
        load_kg=row["load_kg"],
        threshold_deg=row["threshold_deg"],
        verdict=row["verdict"],
        reason=row["reason"],
        exercise=row["exercise"],
        trace=trace_of(row["trace"], joints),
    )


def trace_of(blob: bytes | None, joints: bool = False) -> Trace | None:
    """A damaged trace costs its curve, not the page. Joints only where they are asked for."""
    if blob is None:
        return None
    try:
        return unpack_trace(blob, joints)
    except ValueError:
        return None
