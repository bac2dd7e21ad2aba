"""What stands beside a session: the ones before and after it, and its reps struck out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from device.database import reading

_BEFORE = """
SELECT id FROM sessions WHERE lifter_id IS :lifter AND recorded_utc < :utc
    AND EXISTS (SELECT 1 FROM session_totals WHERE session_id = sessions.id AND reps > 0)
ORDER BY recorded_utc DESC LIMIT 1
"""
_AFTER = """
SELECT id FROM sessions WHERE lifter_id IS :lifter AND recorded_utc > :utc
    AND EXISTS (SELECT 1 FROM session_totals WHERE session_id = sessions.id AND reps > 0)
ORDER BY recorded_utc LIMIT 1
"""
_STRUCK = """
SELECT reps.id, sets.number, (SELECT count(*) FROM reps AS kept WHERE kept.set_id = reps.set_id
        AND kept.rep_index < reps.rep_index AND kept.undone_utc IS NULL),
    reps.verdict, reps.wink_deg
FROM sets CROSS JOIN reps ON reps.set_id = sets.id
WHERE sets.session_id = ? AND reps.undone_utc IS NOT NULL ORDER BY sets.number, reps.rep_index
"""


@dataclass(frozen=True, slots=True)
class Struck:
    """A rep that is neither shown nor counted."""

    id: str
    set: int
    after: int  # of the set's reps that do count, so many came before it
    verdict: str
    wink_deg: float | None


@dataclass(frozen=True, slots=True)
class Beside:
    """Ids of the same lifter's sessions around one, those without reps left out."""

    before: str | None
    after: str | None
    struck: tuple[Struck, ...]


def beside(path: Path, session_id: str, lifter_id: str | None, started_utc: str) -> Beside:
    """Around one session. Raises StoreError."""
    place = {"lifter": lifter_id, "utc": started_utc}
    with reading(path) as connection:
        before, after = (connection.execute(one, place).fetchone() for one in (_BEFORE, _AFTER))
        struck = [Struck(*row) for row in connection.execute(_STRUCK, (session_id,))]
    return Beside(before and before["id"], after and after["id"], tuple(struck))


def session_of_rep(path: Path, rep_id: str) -> str:
    """The visit of a rep, struck out or not; empty if there is none. Raises StoreError."""
    with reading(path) as connection:
        row = connection.execute(
            "SELECT sets.session_id FROM reps JOIN sets ON sets.id = reps.set_id WHERE reps.id = ?",
            (rep_id,),
        ).fetchone()
    return "" if row is None else str(row["session_id"])
