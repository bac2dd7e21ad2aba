"""A set that was another lifter's goes to that lifter's visit, and the log says so.

The rack asks for it through the unit, the coach on the session's page; both end in `hand_over`.
"""

from __future__ import annotations

import sqlite3

from device.audit import Action, Actor, note
from device.database import sentences, transaction
from device.errors import NotebookError
from device.forget import forget
from device.notebook import Notebook, required
from device.store import Store, new_id


def hand_over_at_rack(store: Store, session_id: str, rep_index: int, to: str, number: int) -> None:
    """The set of that rep of a visit goes to the visit `to`, there as `number`; once.

    Raises StoreError.
    """
    with sentences(store.path), transaction(store.connection):
        row = store.connection.execute(
            "SELECT sets.id FROM reps JOIN sets ON sets.id = reps.set_id"
            " WHERE sets.session_id = ? AND reps.rep_index = ?",
            (session_id, rep_index),
        ).fetchone()
        if row is not None:  # else an interrupted try did it
            hand_over(store.connection, store.unit_id, row["id"], (to, number), Actor.RACK)


def give_set(notebook: Notebook, set_id: str, name: str) -> None:
    """The coach says whose set it was. Raises NotebookError.

    It goes to that lifter's visit of the day, or to a new one. Never to a visit that still runs:
    the unit numbers the sets there.
    """
    with notebook.writing() as connection:
        place = _place(connection, set_id)
        lifter = notebook.lifter_of(connection, name)
        if lifter["id"] == place["lifter_id"]:
            name = lifter["name"]
            raise NotebookError(f"This set is {name}’s already.")
        to = _visit_of(notebook, connection, lifter["id"], set_id)
        hand_over(connection, notebook.unit_id, set_id, (to, _free(connection, to)), Actor.COACH)


def give_back(notebook: Notebook, set_id: str, session_id: str, number: int) -> None:
    """Undoes `give_set`. Raises NotebookError."""
    with notebook.writing() as connection:
        made = _place(connection, set_id)["session_id"]
        required(connection, "sessions", session_id)
        if connection.execute(_TAKEN, (session_id, number)).fetchone() is not None:
            raise NotebookError(f"There is another set {number} there by now; type the name.")
        hand_over(connection, notebook.unit_id, set_id, (session_id, number), Actor.COACH)
        if connection.execute(_MADE_AND_EMPTY, (made,)).fetchone() is not None:
            forget(connection, "sessions", [made])


def _place(connection: sqlite3.Connection, set_id: str) -> sqlite3.Row:
    """Where it is. Raises NotebookError if it can't be taken from there."""
    required(connection, "sets", set_id)
    place: sqlite3.Row = connection.execute(_PLACE, (set_id,)).fetchone()
    if place["ended_utc"] is None and place["number"] == place["newest"]:
        raise NotebookError(
            "This set may still go on: give it away at the rack (‘Wrong lifter’), or here once the"
            " next one has begun or the lifter has signed out."
        )
    return place


def _visit_of(
    notebook: Notebook, connection: sqlite3.Connection, lifter_id: str, set_id: str
) -> str:
    found = connection.execute(_OF_THE_DAY, {"lifter": lifter_id, "set": set_id}).fetchone()
    if found is not None:
        return str(found["id"])
    made = {"id": new_id(), "unit_id": notebook.unit_id, "lifter": lifter_id, "set": set_id}
    connection.execute(_MAKE, made)
    return made["id"]


def _free(connection: sqlite3.Connection, session_id: str) -> int:
    row = connection.execute(
        "SELECT 1 + coalesce(max(number), 0) FROM sets WHERE session_id = ?", (session_id,)
    ).fetchone()
    return int(row[0])


def hand_over(
    connection: sqlite3.Connection, unit_id: str, set_id: str, to: tuple[str, int], actor: Actor
) -> None:
    """Moves a set with all that hangs on it to a session, there with a free number.

    Inside the caller's transaction.
    """
    before = connection.execute(_PLACE, (set_id,)).fetchone()
    connection.execute("UPDATE sets SET session_id = ?, number = ? WHERE id = ?", (*to, set_id))
    after = connection.execute(_PLACE, (set_id,)).fetchone()
    # keys, no names: the log outlives a lifter who was deleted for good
    when = before["recorded_utc"][:16].replace("T", " ")
    said = f"given from {_whose(before)} to {_whose(after)}"
    text = f"set {before['number']} of {when} UTC: {said}"
    note(connection, unit_id, actor, Action.CORRECT, text)


def _whose(place: sqlite3.Row) -> str:
    return "nobody" if place["lifter_id"] is None else f"lifter {place['lifter_id']}"


_PLACE = """
SELECT sets.session_id, sets.number, sessions.recorded_utc, sessions.lifter_id, sessions.ended_utc,
    (SELECT max(number) FROM sets AS others WHERE others.session_id = sessions.id) AS newest
FROM sets JOIN sessions ON sessions.id = sets.session_id WHERE sets.id = ?
"""
_TAKEN = "SELECT 1 FROM sets WHERE session_id = ? AND number = ?"
_OF_THE_DAY = """
SELECT sessions.id FROM sessions JOIN sets ON sets.id = :set
WHERE sessions.lifter_id = :lifter AND sessions.ended_utc IS NOT NULL
    AND date(sessions.recorded_utc, 'localtime') = date(sets.recorded_utc, 'localtime')
ORDER BY sessions.recorded_utc LIMIT 1
"""
# As long as its first set, and with the clocks of that: it was lifted then.
_MAKE = """
INSERT INTO sessions (id, unit_id, lifter_id, ended_utc, recorded_utc, boot_id, clock_synchronised)
SELECT :id, :unit_id, :lifter, recorded_utc, recorded_utc, boot_id, clock_synchronised
FROM sets WHERE id = :set
"""
_MADE_AND_EMPTY = """
SELECT 1 FROM sessions WHERE id = ? AND ended_utc = recorded_utc
    AND NOT EXISTS (SELECT 1 FROM sets WHERE sets.session_id = sessions.id)
"""
