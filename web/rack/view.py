"""The rack screen as ready words: the template and the event stream share them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from device.records import LiveState, RepSummary, VerdictName
from web.hub import Snapshot
from web.now import lifted_otherwise, now_view
from web.rack import words as say
from web.texts import gettext as _
from web.texts import ngettext
from web.words import onset

MARKS_SHOWN = 12
REST_FROM_S = 20.0  # a shorter pause lies between two reps of a set


@dataclass(frozen=True, slots=True)
class Rack:
    """What only the rack screen shows; text is ready to be shown as it is."""

    lifter: str
    signed_in: bool
    exercise: str
    load: str
    next: str  # 'next set' where load and squat are not those of the set that is shown
    phase: str
    prompt: str  # what the lifter is asked to do
    reps: str  # how many of the set count
    reps_word: str
    set: str
    set_load: str  # what it was lifted with, where that is not what comes next
    set_exercise: str
    marks: tuple[str, ...]  # verdicts of the set's last reps
    rep_title: str
    rep_verdict: str  # '' before the first
    rep_headline: str
    rep_line: str
    rest: str
    signs_out: str
    set_button: str
    mute_button: str
    muted: bool
    set_running: bool
    undo_button: str
    can_undo: bool
    redo_button: str
    can_redo: bool
    can_give: bool  # there is a set that may be somebody else's


def rack_view(snapshot: Snapshot) -> dict[str, Any]:
    """What the stream tells every live page, with the rack screen's words under `rack`."""
    return now_view(snapshot).as_json() | {"rack": asdict(_rack(snapshot.state))}


def _rack(state: LiveState | None) -> Rack:
    if state is None:
        return _no_unit()
    rep = state.last_rep
    reps = state.reps_in_set if state.set is not None else 0
    set_load, set_exercise = _lifted_with(state)
    return Rack(
        lifter=state.lifter or _(say.NOBODY),
        signed_in=state.lifter is not None,
        exercise=say.exercise(state.exercise),
        load=say.load(state.load_kg, state.load_unit),
        next=_("next set") if set_load or set_exercise else "",
        phase=state.phase,
        prompt=_prompt(state),
        reps=str(reps),
        reps_word=ngettext("rep", "reps", reps),
        set=_set(state),
        set_load=set_load,
        set_exercise=set_exercise,
        marks=state.set_verdicts[-MARKS_SHOWN:],
        rep_title=_title(state),
        rep_verdict=rep.verdict if rep else "",
        rep_headline=say.rep_headline(rep.verdict, rep.wink_deg) if rep else "",
        rep_line=_line(rep) if rep else _(say.NO_REPS),
        rest=_rest(state),
        signs_out=say.signs_out(state.lifter, state.signs_out_s),
        set_button=_("End set") if state.set_running else _(say.START_SET),
        mute_button=_("Sound on") if state.muted else _("Mute"),
        muted=state.muted,
        set_running=state.set_running,
        undo_button=say.undo(rep.number if rep and state.set is not None else None),
        can_undo=rep is not None,
        redo_button=say.bring_back(state.undone),
        can_redo=state.undone is not None,
        can_give=rep is not None,
    )


def _set(state: LiveState) -> str:
    if state.set is not None:
        return _("Set %(number)s", number=state.set)
    return _("New set") if state.set_running else ""


def _lifted_with(state: LiveState) -> tuple[str, str]:
    """Load and squat of the set that is shown, each only where it is not what comes next."""
    rep = state.last_rep
    if rep is None or state.set is None:
        return "", ""
    load = say.lifted_load(rep.load_kg, rep.load_unit) if lifted_otherwise(state) else ""
    same = rep.exercise == state.exercise
    return load, "" if same else say.lifted_exercise(rep.exercise)


def _prompt(state: LiveState) -> str:
    if state.phase not in ("standing", "away") or state.light != "off":
        return ""
    if state.neutral_source == "waiting":
        return _("Stand relaxed for two seconds.")
    if state.neutral_source is None and not state.set_verdicts:
        return _("Stand relaxed for two seconds before the first rep.")
    return _(say.BY_HAND) if state.set_running else ""


def _rest(state: LiveState) -> str:
    """How long the lifter has rested; empty within a set."""
    if state.rest_s is None or state.set_running:
        return ""
    over = state.set is None or state.rest_s >= REST_FROM_S
    return say.clock(state.rest_s) if over else ""


def _title(state: LiveState) -> str:
    if state.last_rep is None:
        return ""
    if not state.set_verdicts:
        return _("Last rep")
    return say.rep_title(state.last_rep.number, state.last_rep.loaded)


def _line(rep: RepSummary) -> str:
    start = onset(rep.onset_hip_above_knee_cm, rep.onset_knee_flexion_deg)
    return say.rep_line(rep.verdict, start, rep.reason)


UNSURE = (VerdictName.NOT_MEASURED.value, VerdictName.PARTIAL.value)  # shown faint


def _no_unit() -> Rack:
    return Rack(
        lifter=_(say.NOBODY),
        signed_in=False,
        exercise=_(say.NO_EXERCISE),
        load=_(say.NO_LOAD),
        next="",
        phase="away",
        prompt="",
        reps="0",
        reps_word=ngettext("rep", "reps", 0),
        set="",
        set_load="",
        set_exercise="",
        marks=(),
        rep_title="",
        rep_verdict="",
        rep_headline="",
        rep_line=_(say.NO_REPS),
        rest="",
        signs_out="",
        set_button=_(say.START_SET),
        mute_button=_("Mute"),
        muted=False,
        set_running=False,
        undo_button=say.undo(None),
        can_undo=False,
        redo_button=say.bring_back(None),
        can_redo=False,
        can_give=False,
    )
