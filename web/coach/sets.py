"""What was written beside a session's sets, and where a set belongs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from device.corrections import set_stamp
from device.database import reading
from device.notebook import stamp
from web.queries import RepRow

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

    def stamp(self, first: RepRow) -> str:
        """Of what the set's form shows, with load and squat of the set's first rep."""
        return set_stamp(self.text, self.pain, self.tags, first.load_kg, first.exercise)


@dataclass(frozen=True, slots=True)
class SessionNotes:
    """What was written beside one session; `sets` by the set's id."""

    text: str = ""
    sets: dict[str, SetNotes] = field(default_factory=dict)

    def of(self, set_id: str) -> SetNotes:
        """One set's, empty if nothing was written."""
        return self.sets.get(set_id, SetNotes())

    @property
    def stamp(self) -> str:
        """Of the session's own note."""
        return stamp(self.text)


@dataclass(frozen=True, slots=True)
class SetPlace:
    """One set, and where it belongs."""

    id: str
    number: int
    session_id: str
    utc: str
    lifter_id: str | None
    lifter: str | None


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
