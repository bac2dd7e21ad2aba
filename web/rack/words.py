"""Every text of the rack screen that is not in its templates."""

from __future__ import annotations

from device.records import Exercise, VerdictName
from web import words
from web.numbers import number
from web.rack.plates import LoadedBar
from web.texts import N_, Words
from web.texts import gettext as _
from web.weights import in_unit

NOBODY = N_("Who lifts?")
NO_EXERCISE = N_("Which squat?")
NO_LOAD = N_("Which load?")
START_SET = N_("Start a set by hand")  # most need not: the bar starts and ends them
BY_HAND = N_("This set lasts until you end it, or another lifter signs in.")
NO_REPS = N_("No reps yet: stand with your back to the unit and squat.")
EXERCISES = Words(
    {
        Exercise.BACK_SQUAT.value: N_("Back squat"),
        Exercise.FRONT_SQUAT.value: N_("Front squat"),
        Exercise.GOBLET.value: N_("Goblet squat"),
        Exercise.HEELS_RAISED.value: N_("Heels raised"),
    }
)


def exercise(name: str | None) -> str:
    """Which squat is coming."""
    return _(NO_EXERCISE) if name is None else EXERCISES.get(name, name)


def load(kg: float | None, unit: str) -> str:
    """`100 kg`, `225 lb`: as the lifter typed it."""
    return _(NO_LOAD) if kg is None else f"{number(f'{in_unit(kg, unit):g}')} {unit}"


def lifted_load(kg: float | None, unit: str) -> str:
    """What a set was lifted with."""
    return _("no weight entered") if kg is None else load(kg, unit)


def lifted_exercise(name: str | None) -> str:
    """Which squat a set was."""
    return _("no squat chosen") if name is None else exercise(name)


def clock(seconds: float | None) -> str:
    """`1:35`; empty for nothing."""
    if seconds is None:
        return ""
    whole = int(seconds)
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d}"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def rep_title(number: int, loaded: bool | None) -> str:
    """Which rep; and if the unit saw no bar on the lifter, whatever weight was entered."""
    rep = _("Rep %(number)s", number=number)
    return f"{rep} · {_('counted without a bar')}" if loaded is False else rep


def rep_headline(verdict: str, wink_deg: float | None) -> str:
    """The last rep in two words: `Wink 11°`, `Clean 4°`, `Not measured`."""
    word = words.VERDICT_WORDS.get(verdict, verdict)
    judged = verdict in (VerdictName.CLEAN.value, VerdictName.WINK.value)
    return f"{word} {words.degrees(wink_deg)}" if judged and wink_deg is not None else word


def rep_line(verdict: str, start: str | None, reason: str | None) -> str:
    """What else there is to say of it: where a wink began, or why there is no answer."""
    if verdict == VerdictName.WINK.value:
        return (
            _("Started %(where)s", where=start) if start else _("Where it started was not measured")
        )
    if verdict == VerdictName.CLEAN.value:
        return _("Less than the threshold")
    return words.sentence(reason)


def signs_out(lifter: str | None, seconds: float | None) -> str:
    """A warning in the last minute; empty before."""
    if seconds is None:
        return ""
    left = f"{seconds:.0f}"
    if lifter is None:
        return _("Nobody moves: the unit ends the visit in %(seconds)s s.", seconds=left)
    return _(
        "Nobody moves: the unit signs %(name)s out in %(seconds)s s.", name=lifter, seconds=left
    )


def undo(number: int | None) -> str:
    """The button that takes the last rep back."""
    return _("Undo rep") if number is None else _("Undo rep %(number)s", number=number)


def bring_back(number: int | None) -> str:
    """The button that brings the rep back which was taken back last."""
    return _("Bring rep back") if number is None else _("Bring back rep %(number)s", number=number)


def a_set(lifter: str | None, number: int, reps: int | None) -> str:
    """The set that 'Wrong lifter' is about: `Ann, set 2, 3 reps`."""
    said = [lifter or _("Not signed in"), _("set %(number)s", number=number)]
    if reps is not None:
        said.append(words.count(reps, "rep"))
    return ", ".join(said)


def given(name: str, number: int | None) -> str:
    """What 'Wrong lifter' did; empty where nothing was given. `number`: what the set was."""
    if not name:
        return ""
    if number is None:
        return _("The set is %(name)s’s now.", name=name)
    return _("What was set %(number)s is %(name)s’s now.", number=number, name=name)


def drawing(loaded: LoadedBar) -> str:
    """What the drawing of the bar shows."""
    bar = f"{number(f'{loaded.bar:g}')} {loaded.unit}"
    if not loaded.side:
        return _("%(weight)s bar", weight=bar)
    plates = ", ".join(number(f"{size.weight:g}") for size in loaded.side)
    return _("%(weight)s bar, on each side %(plates)s", weight=bar, plates=plates)


def left_over(rest: float, unit: str) -> str:
    """What no plate is small enough for."""
    if rest <= 0:
        return ""
    return _("%(load)s more than these plates", load=f"{number(f'{rest:g}')} {unit}")
