"""The Now page as ready words and numbers: the template and the event stream share them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from device.records import LiveState, RepSummary
from web import words
from web.hub import Snapshot


@dataclass(frozen=True, slots=True)
class LastRep:
    """The rep that ended last."""

    title: str
    verdict: str
    word: str
    wink: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Now:
    """Everything the Now page shows; text is ready to be shown as it is."""

    connected: bool
    light: str  # off, red, green, amber
    headline: str
    detail: str
    lifter: str | None
    place: str  # set and reps
    load: str
    neutral: str
    session: str | None
    recording: bool
    troubles: tuple[str, ...]
    last_rep: LastRep | None
    # for the moving trace; None breaks the line
    time_s: float | None = None
    tilt_deg: float | None = None
    wink_deg: float | None = None
    hip_drop: float | None = None
    threshold_deg: float | None = None
    # the same three as text
    tilt: str = words.DASH
    wink: str = words.DASH
    depth: str = words.DASH

    def as_json(self) -> dict[str, Any]:
        """For the event stream."""
        return asdict(self)


def now_view(snapshot: Snapshot) -> Now:
    """The newest state, or why there is none, in words."""
    state = snapshot.state
    if state is None:
        return Now(
            connected=False,
            light="off",
            headline="No unit",
            detail="The page shows the unit as soon as it answers.",
            lifter=None,
            place="",
            load="",
            neutral="",
            session=None,
            recording=False,
            troubles=(snapshot.problem or "The unit does not answer.",),
            last_rep=None,
        )
    return Now(
        connected=True,
        light=state.light,
        headline=words.light_word(state.light) or words.phase_word(state.phase),
        detail=_detail(state),
        lifter=state.lifter,
        place=_place(state),
        load=_load(state),
        neutral=words.neutral_word(state.neutral_source),
        session=state.session,
        recording=state.recording,
        troubles=_troubles(state),
        last_rep=None if state.last_rep is None else _last_rep(state.last_rep),
        time_s=state.time_s,
        tilt_deg=state.anterior_pelvic_tilt_deg,
        wink_deg=state.wink_deg,
        hip_drop=state.hip_drop,
        threshold_deg=state.threshold_deg,
        tilt=words.degrees(state.anterior_pelvic_tilt_deg),
        wink=words.degrees(state.wink_deg),
        depth=words.DASH if state.hip_drop is None else f"{max(0.0, state.hip_drop):.0%}",
    )


def _detail(state: LiveState) -> str:
    if state.light == "red" and state.phase not in ("away", "standing"):
        return f"The pelvis is tucked past {words.degrees(state.threshold_deg)}."
    if words.light_word(state.light) and state.last_rep is not None:
        return f"Rep {state.last_rep.index}"
    if state.phase == "away":
        return "Stand in front of the unit, back to the camera."
    return f"The light turns red past {words.degrees(state.threshold_deg)} of tuck."


def _place(state: LiveState) -> str:
    muted = " · buzzer muted" if state.muted else ""
    if state.set is None:
        return ("Set started" if state.set_running else "No set yet") + muted
    return f"Set {state.set} · {words.count(state.reps_in_set, 'rep')}{muted}"


def _load(state: LiveState) -> str:
    entered = "" if state.load_kg is None else f"{words.kilograms(state.load_kg)} · "
    if state.loaded is None:
        return f"{entered}load {words.NOT_MEASURED}"
    return f"{entered}{words.loaded_word(state.loaded)}"


def _troubles(state: LiveState) -> tuple[str, ...]:
    return tuple(text for text in (state.camera, state.store) if text != "ok")


def _last_rep(rep: RepSummary) -> LastRep:
    start = words.onset(rep.onset_hip_above_knee_cm, rep.onset_knee_flexion_deg)
    light = "" if rep.loaded is not False else " · unloaded"
    return LastRep(
        title=f"Set {rep.set}, rep {rep.index}{light}",
        verdict=rep.verdict,
        word=words.VERDICT_WORDS.get(rep.verdict, rep.verdict),
        wink=words.degrees_with_sd(rep.wink_deg, rep.wink_sd_deg),
        sentence=words.rep_detail(rep.verdict, rep.wink_deg, start, rep.reason),
    )
