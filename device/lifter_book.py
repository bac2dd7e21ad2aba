"""Merging two lifters that are one, taking that back, and deleting a lifter for good."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from device.audit import Action, Actor, note
from device.database import reading
from device.errors import NotebookError
from device.forget import forget
from device.moment import moment_now
from device.notebook import Notebook, person_name
from device.store import new_id


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What a deletion took away."""

    sessions: int
    reps: int


def add(notebook: Notebook, name: str) -> str:
    """A new lifter, before the first visit; returns the key. Raises NotebookError."""
    shown = person_name(name)
    row = {"id": new_id(), "name": shown, "name_key": shown.casefold()}
    with notebook.writing() as connection:
        taken = connection.execute(
            "SELECT 1 FROM lifters WHERE unit_id = ? AND name_key = ?",
            (notebook.unit_id, row["name_key"]),
        ).fetchone()
        if taken is not None:
            raise NotebookError(f"There is a lifter called {shown} already.")
        notebook.put(connection, "lifters", dict(row))
    return row["id"]


def merge(notebook: Notebook, from_id: str, into_name: str) -> str:
    """Moves all sessions and neutrals of one lifter to another; returns the other's id.

    The old name stays a second name: who signs in by it is the other lifter. Raises NotebookError.
    """
    merge_id = new_id()
    with notebook.writing() as connection:
        source = _living(connection, from_id)
        target = notebook.lifter_of(connection, into_name)
        if target["id"] == from_id:
            raise NotebookError(f"{source['name']} can't be merged into the same lifter.")
        row = {"id": merge_id, "from_lifter_id": from_id, "into_lifter_id": target["id"]}
        notebook.put(connection, "merges", row)
        for table, kept, key in _MOVED:
            connection.execute(
                f"INSERT INTO {kept} ({key}, unit_id, merge_id) SELECT id, unit_id, ? FROM {table}"
                " WHERE lifter_id = ?",
                (merge_id, from_id),
            )
            connection.execute(
                f"UPDATE {table} SET lifter_id = ? WHERE lifter_id = ?", (target["id"], from_id)
            )
        connection.execute(
            "UPDATE lifters SET merged_into = ? WHERE id = ?", (target["id"], from_id)
        )
        note(connection, notebook.unit_id, Actor.COACH, Action.MERGE, "two lifters merged into one")
    return str(target["id"])


def undo_merge(notebook: Notebook, merge_id: str) -> str:
    """Gives the moved sessions and neutrals back; returns the lifter's id. Raises NotebookError.

    What came under the old name after the merge stays where it is, and so does what was given to
    somebody else since.
    """
    with notebook.writing() as connection:
        found = connection.execute(
            "SELECT * FROM merges WHERE id = ? AND undone_utc IS NULL", (merge_id,)
        ).fetchone()
        if found is None:
            raise NotebookError("This merge was taken back already.")
        source, target = found["from_lifter_id"], found["into_lifter_id"]
        for table, kept, key in _MOVED:
            connection.execute(
                f"UPDATE {table} SET lifter_id = ? WHERE lifter_id = ? AND id IN"
                f" (SELECT {key} FROM {kept} WHERE merge_id = ?)",
                (source, target, merge_id),
            )
        connection.execute("UPDATE lifters SET merged_into = NULL WHERE id = ?", (source,))
        connection.execute(
            "UPDATE merges SET undone_utc = ? WHERE id = ?", (moment_now().utc, merge_id)
        )
    return str(source)


def has_open_visit(database: Path, lifter_id: str, since_utc: str) -> bool:
    """Whether a visit that began since then is not over: the unit may yet write reps into it.

    A visit under a name that was merged into this lifter counts. Raises StoreError.
    """
    with reading(database) as connection:
        found = connection.execute(_OPEN_VISIT, (lifter_id, lifter_id, since_utc)).fetchone()
    return found is not None


def delete_lifter(notebook: Notebook, lifter_id: str, typed_name: str) -> Forgotten:
    """Deletes a lifter and everything that hangs on them, for good. Raises NotebookError.

    The name must be typed, in whatever case. Names merged into this lifter go too. The bytes are
    overwritten, in the journal as well; copies of the database made before still hold them. The
    audit says how much was deleted, not whose it was.
    """
    with notebook.writing() as connection:
        lifter = _living(connection, lifter_id)
        if " ".join(typed_name.split()).casefold() != lifter["name"].casefold():
            raise NotebookError(f"To delete this lifter, type the name: {lifter['name']}.")
        gone = Forgotten(*connection.execute(_HOW_MUCH, (lifter_id,)).fetchone())
        forget(connection, "lifters", [lifter_id])
        note(
            connection,
            notebook.unit_id,
            Actor.COACH,
            Action.DELETE,
            f"a lifter deleted for good: sessions {gone.sessions}, reps {gone.reps}",
        )
    notebook.empty_journal()
    return gone


_OPEN_VISIT = """
SELECT 1 FROM sessions WHERE ended_utc IS NULL AND lifter_id IN (
    SELECT id FROM lifters WHERE id = ? UNION ALL SELECT id FROM lifters WHERE merged_into = ?
) AND recorded_utc >= ? LIMIT 1
"""
_MOVED = (
    ("sessions", "merged_sessions", "session_id"),
    ("neutrals", "merged_neutrals", "neutral_id"),
)
_HOW_MUCH = """
SELECT count(*), coalesce(sum(session_totals.reps), 0)
FROM sessions LEFT JOIN session_totals ON session_totals.session_id = sessions.id
WHERE sessions.lifter_id = ?
"""


def _living(connection: sqlite3.Connection, lifter_id: str) -> sqlite3.Row:
    row: sqlite3.Row | None = connection.execute(
        "SELECT id, name FROM lifters WHERE id = ? AND merged_into IS NULL", (lifter_id,)
    ).fetchone()
    if row is None:
        raise NotebookError("There is no such lifter any more.")
    return row
