"""The Now page as ready words and numbers: the template and the event stream share them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from device.records import LiveState, RepSummary, VerdictName
from web import words
from web.hub import NO_ANSWER, Snapshot
from web.texts import gettext as _
from web.texts import told
from web.weights import weight


@dataclass(frozen=True, slots=True)
class LastRep:
    """The rep that ended last."""

    title: str
    verdict: str
    word: str
    wink: str
    sentence: str
    index: int  # which it is, for 'undo'


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
            headline=_("No unit"),
            detail=_("The page shows the unit as soon as it answers."),
            lifter=None,
            place="",
            load="",
            neutral="",
            session=None,
            recording=False,
            troubles=(told(snapshot.problem or NO_ANSWER),),
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
        neutral=_neutral(state),
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
        return _(
            "The pelvis is tucked past %(threshold)s.", threshold=words.degrees(state.threshold_deg)
        )
    if words.light_word(state.light) and state.last_rep is not None:
        return _("Rep %(number)s", number=state.last_rep.number)
    if state.phase == "away":
        return _("Stand with your back to the unit.")
    return _(
        "The light turns red past %(threshold)s of tuck.",
        threshold=words.degrees(state.threshold_deg),
    )


def lifted_otherwise(state: LiveState) -> bool:
    """Whether the set that is shown was lifted with another load than the coming reps will be.

    So after a load was changed, and after 'Wrong lifter', who keeps the own load for what comes.
    """
    rep = state.last_rep
    return state.set is not None and rep is not None and rep.load_kg != state.load_kg


def _place(state: LiveState) -> str:
    none = _("No set yet") if state.last_rep is None else _("Between two sets")
    said = [_("Set started") if state.set_running else none]
    if state.set is not None:
        said = [_("Set %(number)s", number=state.set), words.count(state.reps_in_set, "rep")]
    if state.last_rep is not None and lifted_otherwise(state):
        said.append(_weight(state.last_rep.load_kg, state.last_rep.load_unit))
    if state.muted:
        said.append(_("buzzer muted"))
    return " · ".join(said)


def _load(state: LiveState) -> str:
    """What somebody entered, and whether the unit sees a bar: two things."""
    entered = _weight(state.load_kg, state.load_unit)
    if lifted_otherwise(state):
        entered = _("next: %(load)s", load=entered)
    if state.loaded is None:
        return f"{entered} · {_('not clear whether a bar is held')}"
    seen = _("bar on the lifter") if state.loaded else _("no bar on the lifter")
    return f"{entered} · {seen}"


def _weight(kg: float | None, unit: str) -> str:
    return _("no weight entered") if kg is None else weight(kg, unit)


def _neutral(state: LiveState) -> str:
    """Which one the reps are measured from; silent in a set that has its own."""
    if state.neutral_source in (None, "waiting") and state.set_verdicts:
        return ""
    return words.neutral_word(state.neutral_source)


def _troubles(state: LiveState) -> tuple[str, ...]:
    return tuple(told(text) for text in (state.camera, state.store) if text != "ok")


def _last_rep(rep: RepSummary) -> LastRep:
    judged = rep.verdict in (VerdictName.CLEAN, VerdictName.WINK)  # else its number is a guess
    start = words.onset(rep.onset_hip_above_knee_cm, rep.onset_knee_flexion_deg)
    light = "" if rep.loaded is not False else f" · {words.loaded_word(False)}"
    return LastRep(
        title=_("Set %(set)s, rep %(rep)s", set=rep.set, rep=rep.number) + light,
        verdict=rep.verdict,
        word=words.VERDICT_WORDS.get(rep.verdict, rep.verdict),
        wink=words.degrees_with_sd(rep.wink_deg, rep.wink_sd_deg) if judged else words.DASH,
        sentence=words.rep_detail(rep.verdict, rep.wink_deg, start, rep.reason),
        index=rep.index,
    )
