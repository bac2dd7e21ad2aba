"""The lifters, and one lifter's sets over time, read from the database."""

from __future__ import annotations

import math
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from device import lifter_book, restoring
from device.database import reading
from device.errors import StoreError
from device.records import LiveState

MOST_SETS = 600  # in one picture; newer ones first
_VISIT = timedelta(hours=12)  # one that is open for longer was cut off and will not go on

_LIFTERS = """
SELECT lifters.id, lifters.name,
    (SELECT count(*) FROM sessions WHERE sessions.lifter_id = lifters.id) AS sessions,
    (SELECT max(recorded_utc) FROM sessions WHERE sessions.lifter_id = lifters.id) AS last_utc
FROM lifters WHERE lifters.merged_into IS NULL ORDER BY lifters.name_key
"""
_MEASURED = "reps.verdict IN ('clean', 'wink') AND reps.wink_deg IS NOT NULL"
_SETS = f"""
SELECT sets.id, sets.session_id, sets.number, sessions.recorded_utc,
    count(*) AS reps, max(reps.load_kg) AS kg, max(reps.exercise) AS exercise,
    sum(reps.verdict = 'wink') AS winks,
    count(*) FILTER (WHERE {_MEASURED}) AS measured,
    avg(reps.wink_deg) FILTER (WHERE {_MEASURED}) AS wink_deg,
    total(reps.wink_deg * reps.wink_deg) FILTER (WHERE {_MEASURED}) AS wink_squares,
    avg(reps.wink_at_parallel_deg) FILTER (WHERE {_MEASURED}) AS at_parallel_deg,
    count(reps.onset_5_hip_above_knee_cm) FILTER (WHERE {_MEASURED}) AS onsets,
    avg(reps.onset_5_hip_above_knee_cm) FILTER (WHERE {_MEASURED}) AS onset_cm,
    total(reps.onset_5_hip_above_knee_cm * reps.onset_5_hip_above_knee_cm)
        FILTER (WHERE {_MEASURED}) AS onset_squares,
    count(*) FILTER (WHERE {_MEASURED} AND reps.onset_5_found = 0) AS neutral_reps,
    avg(reps.hip_above_knee_cm) FILTER (WHERE {_MEASURED} AND reps.onset_5_found = 0)
        AS neutral_cm
FROM sessions CROSS JOIN sets ON sets.session_id = sessions.id
    CROSS JOIN reps ON reps.set_id = sets.id
WHERE sessions.lifter_id = :lifter AND sessions.recorded_utc >= :since
    AND reps.undone_utc IS NULL
    AND (:tag = '' OR EXISTS (SELECT 1 FROM set_tags
        WHERE set_tags.set_id = sets.id AND set_tags.tag_key = :tag))
GROUP BY sets.id ORDER BY sessions.recorded_utc DESC, sets.number DESC LIMIT :most
"""
_TAGS = """
SELECT set_tags.tag_key, max(set_tags.tag) AS tag, count(*) AS sets
FROM sessions CROSS JOIN set_tags ON set_tags.session_id = sessions.id
WHERE sessions.lifter_id = ? GROUP BY set_tags.tag_key ORDER BY sets DESC, set_tags.tag_key
"""
_MERGES = """
SELECT merges.id, merges.recorded_utc, lifters.name
FROM merges JOIN lifters ON lifters.id = merges.from_lifter_id
WHERE merges.into_lifter_id = ? AND merges.undone_utc IS NULL
ORDER BY merges.recorded_utc DESC
"""


@dataclass(frozen=True, slots=True)
class LifterRow:
    """One lifter in the list."""

    id: str
    name: str
    sessions: int
    last_utc: str | None


@dataclass(frozen=True, slots=True)
class Person:
    """One lifter to choose from; counting the sessions of 300 costs as much as half a page."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class SetRow:
    """One set of a lifter: means over its measured reps, None where there is none."""

    id: str
    session_id: str
    number: int
    utc: str
    kg: float | None
    exercise: str | None
    reps: int
    winks: int
    measured: int
    wink_deg: float | None
    wink_sd_deg: float | None  # between the reps; None below two
    at_parallel_deg: float | None
    onsets: int
    onset_cm: float | None  # hip above knee where the pelvis had tucked 5 degrees
    onset_sd_cm: float | None
    neutral_reps: int  # measured, and never tucked 5 degrees
    neutral_cm: float | None  # how deep those went


@dataclass(frozen=True, slots=True)
class TagRow:
    """A tag, and on how many sets it is."""

    key: str
    tag: str
    sets: int


@dataclass(frozen=True, slots=True)
class MergeRow:
    """Another lifter's name that was merged into this one."""

    id: str
    utc: str
    name: str


@dataclass(frozen=True, slots=True)
class LifterPage:
    """Everything one lifter's page shows."""

    id: str
    name: str
    sets: tuple[SetRow, ...]  # oldest first
    tags: tuple[TagRow, ...]
    merges: tuple[MergeRow, ...]


def lifters(path: Path) -> list[LifterRow]:
    """All lifters by name; merged ones are one. Raises StoreError."""
    with reading(path) as connection:
        rows = connection.execute(_LIFTERS).fetchall()
    return [LifterRow(row["id"], row["name"], row["sessions"], row["last_utc"]) for row in rows]


def people(path: Path) -> list[Person]:
    """All lifters by name, to choose from; merged ones are one. Raises StoreError."""
    with reading(path) as connection:
        rows = connection.execute(
            "SELECT id, name FROM lifters WHERE merged_into IS NULL ORDER BY name_key"
        ).fetchall()
    return [Person(*row) for row in rows]


def lifter(path: Path, lifter_id: str, since: str = "", tag: str = "") -> LifterPage | None:
    """One lifter with the sets since a stored time; None if there is none. Raises StoreError."""
    with reading(path) as connection:
        row = connection.execute(
            "SELECT id, name FROM lifters WHERE id = ? AND merged_into IS NULL", (lifter_id,)
        ).fetchone()
        if row is None:
            return None
        wanted = {"lifter": lifter_id, "since": since, "tag": tag.casefold(), "most": MOST_SETS}
        sets = [_set(one) for one in connection.execute(_SETS, wanted)]
        tags = [TagRow(*one) for one in connection.execute(_TAGS, (lifter_id,))]
        merges = [MergeRow(*one) for one in connection.execute(_MERGES, (lifter_id,))]
    return LifterPage(row["id"], row["name"], tuple(sets[::-1]), tuple(tags), tuple(merges))


def comes_back(path: Path, found: LifterPage) -> bool:
    """Whether a backup waits that would bring this lifter back after a deletion."""
    names = (found.name, *(merge.name for merge in found.merges))
    try:
        return restoring.would_bring_back(path, found.id, names)
    except StoreError:  # what can't be read is not put back either
        return False


def at_the_rack(path: Path, found: LifterPage, state: LiveState | None) -> bool:
    """Whether this lifter is signed in or waits for a turn. Raises StoreError."""
    if state is None:
        return False
    since = (datetime.now(UTC) - _VISIT).isoformat()
    waits = lifter_book.has_open_visit(path, found.id, since)
    return waits or (state.lifter is not None and state.lifter.casefold() == found.name.casefold())


def _set(row: sqlite3.Row) -> SetRow:
    return SetRow(
        id=row["id"],
        session_id=row["session_id"],
        number=row["number"],
        utc=row["recorded_utc"],
        kg=row["kg"],
        exercise=row["exercise"],
        reps=row["reps"],
        winks=row["winks"],
        measured=row["measured"],
        wink_deg=row["wink_deg"],
        wink_sd_deg=_sd(row["measured"], row["wink_deg"], row["wink_squares"]),
        at_parallel_deg=row["at_parallel_deg"],
        onsets=row["onsets"],
        onset_cm=row["onset_cm"],
        onset_sd_cm=_sd(row["onsets"], row["onset_cm"], row["onset_squares"]),
        neutral_reps=row["neutral_reps"],
        neutral_cm=row["neutral_cm"],
    )


def _sd(count: int, mean: float | None, squares: float) -> float | None:
    if count < 2 or mean is None:
        return None
    variance: float = max(0.0, squares - count * mean * mean) / (count - 1)
    return math.sqrt(variance)
