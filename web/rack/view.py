"""The rack screen as ready words: the template and the event stream share them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from device.records import LiveState, RepSummary, VerdictName
from web.hub import Snapshot
from web.now import now_view
from web.rack import words as say
from web.words import count, neutral_word, onset

MARKS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Rack:
    """What only the rack screen shows; text is ready to be shown as it is."""

    lifter: str
    signed_in: bool
    exercise: str
    load: str
    phase: str
    prompt: str  # what the lifter is asked to do
    reps: str  # how many of the set count
    reps_word: str
    set: str
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
    can_undo: bool
    can_redo: bool


def rack_view(snapshot: Snapshot) -> dict[str, Any]:
    """What the stream tells every live page, with the rack screen's words under `rack`."""
    return now_view(snapshot).as_json() | {"rack": asdict(_rack(snapshot.state))}


def _rack(state: LiveState | None) -> Rack:
    if state is None:
        return _NO_UNIT
    rep = state.last_rep
    reps = state.reps_in_set if state.set is not None else 0
    return Rack(
        lifter=state.lifter or say.NOBODY,
        signed_in=state.lifter is not None,
        exercise=say.exercise(state.exercise),
        load=say.load(state.load_kg, state.load_unit),
        phase=state.phase,
        prompt=_prompt(state),
        reps=str(reps),
        reps_word=count(reps, "rep").split()[1],
        set=f"Set {state.set}" if state.set is not None else "",
        marks=state.set_verdicts[-MARKS_SHOWN:],
        rep_title=_title(state),
        rep_verdict=rep.verdict if rep else "",
        rep_headline=say.rep_headline(rep.verdict, rep.wink_deg) if rep else "",
        rep_line=_line(rep) if rep else say.NO_REPS,
        rest=say.clock(state.rest_s),
        signs_out=say.signs_out(state.lifter, state.signs_out_s),
        set_button="End set" if state.set_running else "Start set",
        mute_button="Sound on" if state.muted else "Mute",
        muted=state.muted,
        set_running=state.set_running,
        can_undo=rep is not None,
        can_redo=state.undone,
    )


def _prompt(state: LiveState) -> str:
    if state.phase not in ("standing", "away") or state.light != "off":
        return ""
    waiting = state.neutral_source in (None, "waiting")
    return neutral_word(None) if waiting else ""


def _title(state: LiveState) -> str:
    if state.last_rep is None:
        return ""
    unloaded = " · unloaded" if state.last_rep.loaded is False else ""
    return f"Rep {len(state.set_verdicts)}{unloaded}" if state.set_verdicts else "Last rep"


def _line(rep: RepSummary) -> str:
    start = onset(rep.onset_hip_above_knee_cm, rep.onset_knee_flexion_deg)
    return say.rep_line(rep.verdict, start, rep.reason)


UNSURE = (VerdictName.NOT_MEASURED.value, VerdictName.PARTIAL.value)  # shown faint

_NO_UNIT = Rack(
    lifter=say.NOBODY,
    signed_in=False,
    exercise=say.NO_EXERCISE,
    load=say.NO_LOAD,
    phase="away",
    prompt="",
    reps="0",
    reps_word="reps",
    set="",
    marks=(),
    rep_title="",
    rep_verdict="",
    rep_headline="",
    rep_line=say.NO_REPS,
    rest="",
    signs_out="",
    set_button="Start set",
    mute_button="Mute",
    muted=False,
    set_running=False,
    can_undo=False,
    can_redo=False,
)
