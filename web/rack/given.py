"""Which set 'Wrong lifter' is about, and which rep 'Undo': the one that was shown, no later one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from flask import request

from device.commands import Command, GiveSet, UndoRep
from device.database import reading
from device.errors import StoreError
from device.records import LiveState
from web.rack import words as say
from web.texts import gettext as _


@dataclass(frozen=True, slots=True)
class NamedSet:
    """A set by its visit and the index of one of its reps."""

    session: str
    rep: int
    number: int
    words: str
    over: bool = False  # its visit has ended: the unit knows it no more


def named_set(database: Path, state: LiveState | None) -> NamedSet | None:
    """The set that the address or the form names, else the last one; None: there is none."""
    session, rep = request.values.get("session", ""), request.values.get("rep", type=int)
    if session and rep is not None:
        return _newest(state, session, rep) or _kept(database, session, rep)
    if state is None or state.session is None or state.last_rep is None:
        return None
    return _newest(state, state.session, state.last_rep.index)


def too_late(command: Command, state: LiveState | None, database: Path) -> str | None:
    """Why what the page showed can't be changed any more; None: it can."""
    match command:
        case UndoRep(rep=int(rep)) if state is not None:
            if state.last_rep is None or state.last_rep.index != rep:
                return _("That rep is not the last one any more: nothing was taken back.")
        case GiveSet(session=str(session), rep=int(rep)):
            if _newest(state, session, rep) is None:
                found = _kept(database, session, rep)
                if found is None or found.over:
                    return _(
                        "That visit is over, so the rack can’t give its sets away any more: nothing"
                        " was changed. A coach can, on the session’s page."
                    )
    return None


def _newest(state: LiveState | None, session: str, rep: int) -> NamedSet | None:
    """It, if the unit shows its rep as the last one."""
    last = None if state is None else state.last_rep
    if state is None or last is None or (state.session, last.index) != (session, rep):
        return None
    reps = None if state.set is None else len(state.set_verdicts)
    return NamedSet(session, rep, last.set, say.a_set(state.lifter, last.set, reps))


def _kept(database: Path, session: str, rep: int) -> NamedSet | None:
    """It, as the database has it."""
    if not database.exists():
        return None
    try:
        with reading(database) as connection:
            row = connection.execute(_SET, (session, rep)).fetchone()
    except StoreError:
        return None
    if row is None:
        return None
    said = say.a_set(row["name"], row["number"], row["reps"])
    return NamedSet(session, rep, row["number"], said, row["ended_utc"] is not None)


_SET = """
SELECT lifters.name, sets.number, sessions.ended_utc,
    (SELECT count(*) FROM reps WHERE reps.set_id = sets.id AND undone_utc IS NULL) AS reps
FROM sessions JOIN sets ON sets.session_id = sessions.id
    JOIN reps AS named ON named.set_id = sets.id AND named.rep_index = ?2
    LEFT JOIN lifters ON lifters.id = sessions.lifter_id
WHERE sessions.id = ?1
"""
