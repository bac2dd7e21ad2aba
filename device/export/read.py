"""Reads the history one visit at a time, so that years of it never lie in memory at once.

with reading(path) as connection:
    for visit in read_sessions(connection, Selection(lifter_id=ann)):
        for one_set in read_sets(connection, visit["session_id"]):
            for rep in read_reps(connection, one_set["set_id"]): ...

Rows are dictionaries by the names of `fields`; reps that were taken back are left out.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np

from device import database
from device.export.fields import (
    LIFTER_FIELDS,
    REP_FIELDS,
    SESSION_FIELDS,
    SET_FIELDS,
    UNIT_FIELDS,
    Field,
    Kind,
    selected,
)
from device.records import SKELETON_JOINTS, Trace
from device.trace_codec import unpack_trace

Row = dict[str, Any]
_DECIMALS = 4  # far below what was measured; spares 0.30000000000000004


@dataclass(frozen=True, slots=True)
class Selection:
    """Which visits: one, or all of a lifter and a time; times are UTC as the database has them."""

    session_id: str | None = None
    lifter_id: str | None = None
    from_utc: str | None = None
    before_utc: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """At most `limit` rows after the one whose (order, id) is `after`."""

    limit: int
    after: tuple[str | int, str] | None = None


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection whose every answer is of one and the same moment. Raises StoreError."""
    with database.reading(path) as connection:
        connection.execute("BEGIN")
        yield connection


def read_unit(connection: sqlite3.Connection) -> Row:
    """The unit that writes in this database."""
    row = connection.execute(
        f"SELECT {selected(UNIT_FIELDS)} FROM units JOIN this_unit ON this_unit.unit_id = units.id"
    ).fetchone()
    return _plain(UNIT_FIELDS, row)


def read_lifters(connection: sqlite3.Connection, page: Page) -> list[Row]:
    """Lifters by key; second names of merged lifters are left out."""
    rows = connection.execute(
        f"SELECT {selected(LIFTER_FIELDS)} FROM lifters"
        " WHERE merged_into IS NULL AND lifters.id > ? ORDER BY lifters.id LIMIT ?",
        (page.after[1] if page.after else "", page.limit),
    )
    return [_plain(LIFTER_FIELDS, row) for row in rows]


def read_lifter(connection: sqlite3.Connection, lifter_id: str) -> Row | None:
    """One lifter; None if there is none."""
    row = connection.execute(
        f"SELECT {selected(LIFTER_FIELDS)} FROM lifters WHERE merged_into IS NULL AND id = ?",
        (lifter_id,),
    ).fetchone()
    return None if row is None else _plain(LIFTER_FIELDS, row)


def read_sessions(
    connection: sqlite3.Connection, which: Selection, page: Page | None = None
) -> Iterator[Row]:
    """Visits, the oldest first."""
    wanted: list[tuple[str, Sequence[object]]] = [
        (condition, (value,))
        for condition, value in (
            ("sessions.id = ?", which.session_id),
            ("sessions.lifter_id = ?", which.lifter_id),
            ("sessions.recorded_utc >= ?", which.from_utc),
            ("sessions.recorded_utc < ?", which.before_utc),
        )
        if value is not None
    ]
    if page and page.after:
        wanted.append(("(sessions.recorded_utc, sessions.id) > (?, ?)", page.after))
    where = f" WHERE {' AND '.join(condition for condition, _ in wanted)}" if wanted else ""
    values = [value for _, several in wanted for value in several]
    rows = connection.execute(
        f"SELECT {selected(SESSION_FIELDS)} FROM sessions"
        " JOIN units ON units.id = sessions.unit_id"
        " LEFT JOIN lifters ON lifters.id = sessions.lifter_id"
        " LEFT JOIN session_notes ON session_notes.session_id = sessions.id"
        f"{where} ORDER BY sessions.recorded_utc, sessions.id LIMIT ?",
        [*values, page.limit if page else -1],
    )
    return (_plain(SESSION_FIELDS, row) for row in rows)


def read_sets(
    connection: sqlite3.Connection, session_id: str, page: Page | None = None
) -> Iterator[Row]:
    """The sets of a visit in order; one whose reps were all taken back is among them."""
    after = page.after if page and page.after else (-1, "")
    rows = connection.execute(
        f"{_SETS} WHERE sets.session_id = ? AND (sets.number, sets.id) > (?, ?)"
        " ORDER BY sets.number, sets.id LIMIT ?",
        (session_id, *after, page.limit if page else -1),
    ).fetchall()
    return (_with_tags(connection, row) for row in rows)


def read_set(connection: sqlite3.Connection, set_id: str) -> Row | None:
    """One set with the key of its visit; None if there is none."""
    row = connection.execute(f"{_SETS} WHERE sets.id = ?", (set_id,)).fetchone()
    if row is None:
        return None
    return {"session_id": row["session_id"], **_with_tags(connection, row)}


def read_reps(
    connection: sqlite3.Connection, set_id: str, page: Page | None = None
) -> Iterator[Row]:
    """The reps of a set in order."""
    after = page.after if page and page.after else (-1, "")
    rows = connection.execute(
        f"SELECT {selected(REP_FIELDS)} FROM reps WHERE reps.undone_utc IS NULL"
        " AND reps.set_id = ? AND (reps.rep_index, reps.id) > (?, ?)"
        " ORDER BY reps.rep_index, reps.id LIMIT ?",
        (set_id, *after, page.limit if page else -1),
    )
    return (_plain(REP_FIELDS, row) for row in rows)


def read_rep(connection: sqlite3.Connection, rep_id: str) -> Row | None:
    """One rep with the key of its set; None if there is none, or it was taken back."""
    row = connection.execute(
        f"SELECT reps.set_id, {selected(REP_FIELDS)} FROM reps"
        " WHERE reps.undone_utc IS NULL AND reps.id = ?",
        (rep_id,),
    ).fetchone()
    return None if row is None else {"set_id": row["set_id"], **_plain(REP_FIELDS, row)}


def read_trace(connection: sqlite3.Connection, rep_id: str) -> Trace | None:
    """A rep's trace; None where none was kept, or where it is damaged."""
    row = connection.execute("SELECT data FROM traces WHERE rep_id = ?", (rep_id,)).fetchone()
    if row is None:
        return None
    try:
        return unpack_trace(row["data"])
    except ValueError:
        return None


def trace_lists(found: Trace | None) -> dict[str, list[float | None]] | None:
    """A trace as lists by column; what is not known is None."""
    if found is None:
        return None
    return {
        name: [None if isnan(value) else value for value in np.round(column, _DECIMALS).tolist()]
        for name, column in found.columns.items()
    }


def skeleton_lists(found: Trace | None) -> Row | None:
    """A trace's joints by name, `[x, y, z]` or None a sample; None where none were kept."""
    skeleton = None if found is None else found.skeleton
    if skeleton is None:
        return None
    return {
        "time_s": np.round(skeleton.time_s, _DECIMALS).tolist(),
        "metric": skeleton.metric,
        "joints": {
            joint.name.lower(): [
                None if isnan(place[0]) else place
                for place in np.round(skeleton.of(joint), _DECIMALS).tolist()
            ]
            for joint in SKELETON_JOINTS
        },
    }


_SETS = (
    f"SELECT sets.session_id, {selected(SET_FIELDS)} FROM sets"
    " LEFT JOIN set_notes ON set_notes.set_id = sets.id"
)


def _with_tags(connection: sqlite3.Connection, row: sqlite3.Row) -> Row:
    tags = connection.execute(
        "SELECT tag FROM set_tags WHERE set_id = ? ORDER BY tag_key", (row["set_id"],)
    )
    return _plain(SET_FIELDS, {**dict(row), "set_tags": [tag["tag"] for tag in tags]})


def _plain(fields: tuple[Field, ...], row: Mapping[str, Any] | sqlite3.Row) -> Row:
    """A row in the fields' own types: SQLite keeps a boolean as 0 or 1."""
    return {field.name: _value(field.kind, row[field.name]) for field in fields}


def _value(kind: Kind, value: Any) -> Any:
    if value is None:
        return None
    if kind is Kind.BOOLEAN:
        return bool(value)
    return round(float(value), _DECIMALS) if kind is Kind.NUMBER else value
