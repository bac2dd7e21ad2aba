"""What a form of a session did, told once: on the page it leads back to, where the person stood.

    tell("set-2", _("Saved."))
    return url_for("coach.session", session_id=key, _anchor=ANCHOR)

Wherever on the page it stands (`Done.place`), its anchor is the same.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from flask import session

from device.corrections import RepPlace
from web.coach.sets import SetPlace
from web.texts import gettext as _

ANCHOR = "saved"
_KEY = "done"  # in the visitor's cookie


@dataclass(frozen=True, slots=True)
class Done:
    """A sentence, the form it belongs to, and what can be brought back at once."""

    place: str  # note, lifter, set-2, reps-2, whose-2, struck-out
    text: str
    undo: str = ""  # the rep, or the session and number that the set had


def tell(place: str, text: str, undo: str = "") -> None:
    """The next page of a session says it."""
    session[_KEY] = [place, text, undo]


def done(sets: Container[int]) -> Done | None:
    """What the form before did; None the next time. `sets`: the numbers of those on the page."""
    kept = session.pop(_KEY, None)
    if kept is None:
        return None
    place, text, undo = kept
    number = place.partition("-")[2]
    gone = number.isdecimal() and int(number) not in sets  # with its last rep
    return Done("struck-out", text) if gone else Done(place, text, undo)


def struck(place: RepPlace) -> str:
    """After ‘strike out’."""
    if not place.changed:
        return _("This rep of set %(set)s was struck out already.", set=place.set_number)
    return _(
        "Rep %(rep)s of set %(set)s is struck out.", rep=place.rep_number, set=place.set_number
    )


def brought_back(place: RepPlace) -> str:
    """After ‘bring it back’."""
    rep, number = place.rep_number, place.set_number
    if not place.changed:
        return _("Rep %(rep)s of set %(set)s had been brought back already.", rep=rep, set=number)
    return _("Rep %(rep)s of set %(set)s counts again.", rep=rep, set=number)


def given(place: SetPlace) -> str:
    """After a set was given to another lifter, or back."""
    name = place.lifter or _("nobody signed in")
    return _("This set is now set %(number)s of %(name)s.", number=place.number, name=name)
