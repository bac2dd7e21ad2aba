"""What was written beside a session's sets, and the reps of a set or of a condition."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from device.database import reading
from device.records import Exercise
from web.coach.search import day_bounds, day_of, number_of
from web.queries import REP_COLUMNS, RepRow, rep_of, trace_of

MOST_REPS = 400  # of a condition; newer ones first
MOST_CURVES = 12  # of a side; newer ones first

_MATCHING = f"""
SELECT {REP_COLUMNS}, sets.number AS set_number, NULL AS trace
FROM sessions CROSS JOIN sets ON sets.session_id = sessions.id
    CROSS JOIN reps ON reps.set_id = sets.id
WHERE sessions.lifter_id = :lifter AND sessions.recorded_utc >= :since
    AND sessions.recorded_utc < :until AND reps.undone_utc IS NULL{{conditions}}
ORDER BY sessions.recorded_utc DESC, sets.number DESC, reps.rep_index DESC LIMIT :most
"""
_TAGGED = """
 AND EXISTS (SELECT 1 FROM set_tags
    WHERE set_tags.set_id = sets.id AND set_tags.tag_key = :tag)"""
_OF_SET = f"""
SELECT {REP_COLUMNS}, sets.number AS set_number, NULL AS trace
FROM reps JOIN sets ON sets.id = reps.set_id
WHERE reps.set_id = ? AND reps.undone_utc IS NULL ORDER BY reps.rep_index
"""
_SET = """
SELECT sets.id, sets.number, sets.session_id, sessions.recorded_utc, sessions.lifter_id,
    lifters.name AS lifter
FROM sets JOIN sessions ON sessions.id = sets.session_id
    LEFT JOIN lifters ON lifters.id = sessions.lifter_id
WHERE sets.id = ?
"""


@dataclass(frozen=True, slots=True)
class SetNotes:
    """What was written beside one set."""

    text: str = ""
    pain: bool | None = None  # None: nobody asked
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionNotes:
    """What was written beside one session; `sets` by the set's id."""

    text: str = ""
    sets: dict[str, SetNotes] = field(default_factory=dict)

    def of(self, set_id: str) -> SetNotes:
        """One set's, empty if nothing was written."""
        return self.sets.get(set_id, SetNotes())


@dataclass(frozen=True, slots=True)
class SetPlace:
    """One set, and where it belongs."""

    id: str
    number: int
    session_id: str
    utc: str
    lifter_id: str | None
    lifter: str | None


@dataclass(frozen=True, slots=True)
class Condition:
    """The reps of one set, or those of one lifter that fit; None or empty: any."""

    set_id: str = ""
    lifter: str = ""  # an id
    exercise: str = ""
    tag: str = ""
    kg_low: float | None = None
    kg_high: float | None = None
    since: date | None = None
    until: date | None = None

    @classmethod
    def of(cls, form: Mapping[str, str], side: str) -> Condition:
        """From an address, where each name begins with `a_` or `b_`."""
        typed = {name: form.get(f"{side}_{name}", "").strip() for name in _FIELDS}
        return cls(
            set_id=typed["set"],
            lifter=typed["lifter"],
            exercise=typed["exercise"] if typed["exercise"] in set(Exercise) else "",
            tag=" ".join(typed["tag"].split()),
            kg_low=number_of(typed["kg_low"]),
            kg_high=number_of(typed["kg_high"]),
            since=day_of(typed["since"]),
            until=day_of(typed["until"]),
        )

    @property
    def chosen(self) -> bool:
        """Whether it names a set or a lifter at all."""
        return bool(self.set_id or self.lifter)


_FIELDS = ("set", "lifter", "exercise", "tag", "kg_low", "kg_high", "since", "until")


def notes_of(path: Path, session_id: str) -> SessionNotes:
    """Everything written beside a session. Raises StoreError."""
    with reading(path) as connection:
        session = connection.execute(
            "SELECT text FROM session_notes WHERE session_id = ?", (session_id,)
        ).fetchone()
        tags: dict[str, list[str]] = {}
        for row in connection.execute(
            "SELECT set_id, tag FROM set_tags WHERE session_id = ? ORDER BY tag_key", (session_id,)
        ):
            tags.setdefault(row["set_id"], []).append(row["tag"])
        notes = connection.execute(
            "SELECT set_id, text, pain FROM set_notes WHERE session_id = ?", (session_id,)
        ).fetchall()
    sets = {key: SetNotes(tags=tuple(found)) for key, found in tags.items()}
    for row in notes:
        pain = None if row["pain"] is None else bool(row["pain"])
        sets[row["set_id"]] = SetNotes(row["text"], pain, tuple(tags.get(row["set_id"], ())))
    return SessionNotes(session["text"] if session else "", sets)


def place_of_set(path: Path, set_id: str) -> SetPlace | None:
    """Where a set belongs; None if there is no such set. Raises StoreError."""
    with reading(path) as connection:
        row = connection.execute(_SET, (set_id,)).fetchone()
    return None if row is None else SetPlace(*row)


def reps_of(path: Path, wanted: Condition) -> list[RepRow]:
    """The reps that fit, newest first; the newest measured ones with their trace.

    Raises StoreError.
    """
    with reading(path) as connection:
        if wanted.set_id:
            rows = connection.execute(_OF_SET, (wanted.set_id,)).fetchall()
        else:
            statement, values = _statement(wanted)
            rows = connection.execute(statement, values).fetchall()
        return _with_curves(connection, rows)


def _statement(wanted: Condition) -> tuple[str, dict[str, object]]:
    since, until = day_bounds(wanted.since, wanted.until)
    conditions = ""
    values: dict[str, object] = {"lifter": wanted.lifter, "since": since, "until": until}
    values["most"] = MOST_REPS
    if wanted.exercise:
        conditions += " AND reps.exercise = :exercise"
        values["exercise"] = wanted.exercise
    if wanted.kg_low is not None:
        conditions += " AND reps.load_kg >= :kg_low"
        values["kg_low"] = wanted.kg_low
    if wanted.kg_high is not None:
        conditions += " AND reps.load_kg <= :kg_high"
        values["kg_high"] = wanted.kg_high
    if wanted.tag:
        conditions += _TAGGED
        values["tag"] = wanted.tag.casefold()
    return _MATCHING.format(conditions=conditions), values


def _with_curves(connection: sqlite3.Connection, rows: list[sqlite3.Row]) -> list[RepRow]:
    wanted = [row["id"] for row in rows if row["wink_deg"] is not None][:MOST_CURVES]
    traces: dict[str, bytes] = {}
    if wanted:
        places = ", ".join("?" * len(wanted))
        found = connection.execute(
            f"SELECT rep_id, data FROM traces WHERE rep_id IN ({places})", wanted
        )
        traces = {row["rep_id"]: row["data"] for row in found}
    reps = [rep_of(row) for row in rows]
    return [
        replace(rep, trace=trace_of(traces[rep.id])) if rep.id in traces else rep for rep in reps
    ]
