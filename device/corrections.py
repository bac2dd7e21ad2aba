"""What a coach says of a set afterwards: load, squat, note, tags, pain; and reps struck out.

    with Notebook.open(database_file()) as notebook:
        describe_set(notebook, set_id, SetEntry(text="", pain=None, tags=("belt",), squat=None))
        strike_out(notebook, rep_id)

A corrected load or squat is put on every rep of the set, those struck out included; verdicts and
everything measured stay. The audit has a line for each correction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from device.audit import Action, Actor, note
from device.errors import NotebookError
from device.moment import moment_now
from device.notebook import Notebook, required, stamp
from device.records import Exercise, load_refused


@dataclass(frozen=True, slots=True)
class Squat:
    """What was squatted; None: nobody knows."""

    load_kg: float | None
    exercise: Exercise | None


@dataclass(frozen=True, slots=True)
class SetEntry:
    """The form of one set."""

    text: str
    pain: bool | None  # None: nobody asked
    tags: tuple[str, ...]
    squat: Squat | None  # None: stays as it is


@dataclass(frozen=True, slots=True)
class RepPlace:
    """Where a rep stands that was struck out or brought back."""

    session_id: str
    set_number: int
    rep_number: int  # of its set, from 1, among those that count
    changed: bool  # False: it was so already


def describe_set(
    notebook: Notebook, set_id: str, entry: SetEntry, shown: str | None = None
) -> None:
    """Replaces what is said of a set, all of it or nothing. Raises NotebookError.

    `shown`: the `set_stamp` that the form was shown with, see `Notebook.replacing`.
    """
    with notebook.replacing(shown, lambda connection: _set_now(connection, set_id)) as connection:
        notebook.put_set_note(connection, set_id, entry.text, entry.pain)
        notebook.put_tags(connection, set_id, entry.tags)
        if entry.squat is not None:
            _correct(connection, notebook.unit_id, set_id, entry.squat)


def set_stamp(
    text: str,
    pain: bool | None,
    tags: Sequence[str],
    load_kg: float | None,
    exercise: str | None,
) -> str:
    """Of everything that the form of a set shows; tags sorted by their keys."""
    return stamp(text, pain, tuple(tags), load_kg, exercise)


def strike_out(notebook: Notebook, rep_id: str) -> RepPlace:
    """Takes a rep out of what is shown and counted. Raises NotebookError."""
    return _struck(notebook, rep_id, moment_now().utc)


def bring_back(notebook: Notebook, rep_id: str) -> RepPlace:
    """Brings a rep back that was struck out or undone. Raises NotebookError."""
    return _struck(notebook, rep_id, None)


def _set_now(connection: sqlite3.Connection, set_id: str) -> str:
    note = connection.execute(
        "SELECT text, pain FROM set_notes WHERE set_id = ?", (set_id,)
    ).fetchone()
    text, pain = ("", None) if note is None else note
    tags = connection.execute(
        "SELECT tag FROM set_tags WHERE set_id = ? ORDER BY tag_key", (set_id,)
    ).fetchall()
    first = connection.execute(_FIRST, (set_id,)).fetchone()
    squat = (None, None) if first is None else tuple(first)
    return set_stamp(text, None if pain is None else bool(pain), [tag for (tag,) in tags], *squat)


def _correct(connection: sqlite3.Connection, unit_id: str, set_id: str, squat: Squat) -> None:
    """Writes what differs from the set's first rep, which is what a form shows."""
    refused = None if squat.load_kg is None else load_refused(squat.load_kg)
    if refused is not None:
        raise NotebookError(refused)
    first = connection.execute(_FIRST, (set_id,)).fetchone()
    if first is None:
        return
    exercise = None if squat.exercise is None else squat.exercise.value
    for column, before, after in (
        ("load_kg", first["load_kg"], squat.load_kg),
        ("exercise", first["exercise"], exercise),
    ):
        if not _same(before, after):
            connection.execute(f"UPDATE reps SET {column} = ? WHERE set_id = ?", (after, set_id))
            said = f"{_said(column, before)} is now {_said(column, after)}"
            _noted(connection, unit_id, set_id, said)


def _same(before: float | str | None, after: float | str | None) -> bool:
    """A load that is nothing round (135 lb) stands in the form to a hundredth of a kilogram."""
    if isinstance(before, float) and isinstance(after, float):
        return abs(before - after) <= 0.0051
    return before == after


def _struck(notebook: Notebook, rep_id: str, undone_utc: str | None) -> RepPlace:
    with notebook.writing() as connection:
        rep = required(connection, "reps", rep_id)
        number = _number(connection, rep)
        changed = (rep["undone_utc"] is None) != (undone_utc is None)
        if changed:
            connection.execute("UPDATE reps SET undone_utc = ? WHERE id = ?", (undone_utc, rep_id))
            done = "brought back" if undone_utc is None else "struck out"
            _noted(connection, notebook.unit_id, rep["set_id"], f"rep {number} {done}")
        place = required(connection, "sets", rep["set_id"])
        return RepPlace(place["session_id"], place["number"], number, changed)


def _number(connection: sqlite3.Connection, rep: sqlite3.Row) -> int:
    """Which rep of its set it is, from 1, among those that count."""
    row = connection.execute(
        "SELECT 1 + count(*) FROM reps WHERE set_id = ? AND rep_index < ? AND undone_utc IS NULL",
        (rep["set_id"], rep["rep_index"]),
    ).fetchone()
    return int(row[0])


def _noted(connection: sqlite3.Connection, unit_id: str, set_id: str, said: str) -> None:
    place = connection.execute(_PLACE, (set_id,)).fetchone()
    # no name: the log outlives a lifter who was deleted for good
    text = f"set {place['number']} of {place['recorded_utc'][:16].replace('T', ' ')} UTC: {said}"
    note(connection, unit_id, Actor.COACH, Action.CORRECT, text)


def _said(column: str, value: float | str | None) -> str:
    if value is None:
        return "no load" if column == "load_kg" else "no squat"
    return f"{value:g} kg" if isinstance(value, float) else str(value).replace("_", " ")


_FIRST = """
SELECT load_kg, exercise FROM reps WHERE set_id = ?
ORDER BY undone_utc IS NOT NULL, rep_index LIMIT 1
"""
_PLACE = """
SELECT sets.number, sessions.recorded_utc
FROM sets JOIN sessions ON sessions.id = sets.session_id WHERE sets.id = ?
"""
