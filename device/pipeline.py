"""The only file that joins the stages: frame in, everything known about it out.

pipeline = Pipeline(settings)
for frame in camera:
    step = pipeline.step(frame)   # step.cue is what the light does now
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from device.bar import bar_across_shoulders
from device.body import BodyTracker
from device.cues import CueLogic
from device.floor import FloorFinder
from device.load import LoadGate
from device.models import Model, runtime_named
from device.neutral import NeutralKeeper
from device.pelvis import PelvisEstimator
from device.placement import PlacementWatch
from device.pose import PoseEstimator
from device.reasons import DOUBTFUL_SHARE, missing_pictures, prevailing
from device.records import (
    Array,
    BodyPose,
    Cue,
    DepthImage,
    Exercise,
    Floor,
    Frame,
    Load,
    Neutral,
    PelvisPose,
    Phase,
    PhaseName,
    Placement,
    Rep,
    RepSpan,
    Trace,
    Verdict,
    Wink,
)
from device.reps import RepCounter
from device.sets import SetCounter
from device.settings import Settings
from device.trace import TraceBuffer
from device.upright import UprightFinder
from device.wink import RepWink, WinkMeter, judge, measure_rep

BEFORE_S = 1.0  # the hands reach for the bar so long before it is lifted
AROUND_BOTTOM_S = 0.07  # what 'at the bottom' is the median of, on either side


@dataclass(frozen=True, slots=True)
class Step:
    """One frame's results; `stage_s` is what each stage took."""

    time_s: float
    floor: Floor | None
    body: BodyPose | None
    pelvis: PelvisPose
    phase: Phase
    wink: Wink
    load: Load
    cue: Cue
    neutral: Neutral | None
    neutral_taken: bool
    rep: Rep | None
    placement: Placement
    stage_s: dict[str, float]


class Pipeline:
    """Every stage once, for one camera. Raises ModelError at the start.

    `hook` says whether the bar is on its hooks, for the setting load/gate = hook.
    """

    def __init__(self, settings: Settings, hook: Callable[[], bool] | None = None) -> None:
        self._settings = settings
        self._hook = hook
        threads = settings.pose.threads
        runtime = runtime_named(settings.models.runtime)
        self._pose = PoseEstimator(settings.pose.model, threads, runtime=runtime)
        self._pelvis = PelvisEstimator(threads, runtime=runtime)
        self._upright: UprightFinder | None = None
        self._floor = FloorFinder()
        if settings.camera.rotation == "auto" and settings.camera.source != "video":
            self._upright = UprightFinder()
        else:
            turns = 0 if settings.camera.rotation == "auto" else int(settings.camera.rotation) // 90
            self._turn(turns)
        self._body = BodyTracker()
        self._placement = PlacementWatch()
        self._reps = RepCounter()
        self._sets = SetCounter(0.0) if settings.load.gate == "hook" else SetCounter()
        self._load = LoadGate(settings.load, hook)
        self._neutral = NeutralKeeper()
        self._wink = WinkMeter()
        self._cue = CueLogic(settings.cue, settings.wink.threshold_deg, settings.wink.max_sd_deg)
        self._trace = TraceBuffer()
        self._reps_done = 0
        self._exercise: Exercise | None = None
        self._time_s = 0.0

    @property
    def models(self) -> dict[str, str]:
        """Name and checksum of every model in use."""
        named = {model.card.name: model.sha256 for model in self._pose.models}
        return named | {"pelvis": self._pelvis.model.sha256}

    @property
    def frame_models(self) -> tuple[Model, ...]:
        """The models that run on every frame of a tracked lifter."""
        return self._pose.models[1], self._pelvis.model

    @property
    def runtime(self) -> str:
        """Which interpreter runs them."""
        return self._pelvis.model.runtime

    @property
    def neutral(self) -> Neutral | None:
        """What is measured from."""
        return self._neutral.neutral

    @property
    def waiting_for_neutral(self) -> bool:
        """Whether the lifter is asked to stand still for two seconds."""
        return self._neutral.waiting

    def sign_in(self, lifter: str | None) -> None:
        """Another lifter stands there; None: nobody in particular."""
        self._cue.unsure()  # the light of the rep before is not theirs
        self._neutral.sign_in(lifter)
        self._sets.new_lifter()

    @property
    def set_running(self) -> bool:
        """Whether somebody has started a set and not ended it."""
        return self._sets.running

    def toggle_set(self) -> None:
        """Starts a set that lasts until this is asked again, another lifter or a long rest."""
        if self._sets.running:
            self._sets.end()
        else:
            self._sets.begin()

    def enter_load(self, kg: float | None) -> None:
        """The weight entered for the set."""
        self._load.enter(kg)

    def choose_exercise(self, exercise: Exercise | None) -> None:
        """Which squat the coming reps are; None: nobody says."""
        self._exercise = exercise
        self._load.follow(exercise)

    def use(self, settings: Settings) -> None:
        """Another threshold, light mode or load gate from now on; camera and models stay.

        Weight and exercise are to be told again.
        """
        if settings.load != self._settings.load:
            self._load = LoadGate(settings.load, self._hook)
        self._cue = CueLogic(settings.cue, settings.wink.threshold_deg, settings.wink.max_sd_deg)
        self._settings = settings

    def step(self, frame: Frame) -> Step:
        """Everything there is to know about a frame."""
        watch = _Stopwatch()
        self._time_s = frame.time_s
        body, floor = self._see(frame, watch)
        pelvis = self._pelvis.estimate(frame, body, floor)
        watch.lap("pelvis")
        placement = self._placement.update(frame, body, pelvis, floor)
        watch.lap("placement")
        phase = self._reps.update(body, frame.time_s)
        load = self._load.update(body, frame.time_s, partial(_bar, frame.depth, floor, body))
        self._sets.update(frame.time_s, load.loaded)
        span = phase.ended
        rep = self._rep(span) if span and self._is_rep(span) else None
        taken = self._follow_neutral(pelvis, phase, load)
        wink = self._wink.update(
            pelvis, self.neutral, phase, None if body is None else body.hip_height
        )
        self._trace.append(body, pelvis, wink, load)
        cue = self._answer(frame.time_s, wink, phase, load, rep)
        watch.lap("reps_and_cue")
        return Step(
            time_s=frame.time_s,
            floor=floor,
            body=body,
            pelvis=pelvis,
            phase=phase,
            wink=wink,
            load=load,
            cue=cue,
            neutral=self.neutral,
            neutral_taken=taken,
            rep=rep,
            placement=placement,
            stage_s=watch.laps_s,
        )

    def finish(self) -> Rep | None:
        """The rep that the end of a recording closes, if there is one."""
        phase = self._reps.finish(self._time_s)
        span = phase.ended if phase else None
        return self._rep(span) if span and self._is_rep(span) else None

    def unsure(self) -> Cue:
        """What to show while there is no frame."""
        return self._cue.unsure()

    # ------------------------------------------------------------ seeing

    def _see(self, frame: Frame, watch: _Stopwatch) -> tuple[BodyPose | None, Floor | None]:
        floor = self._floor.update(frame.depth, frame.time_s) if frame.depth else None
        if self._upright is not None and not self._find_upright(frame, floor):
            watch.lap("pose")
            return None, floor
        keypoints = self._pose.estimate(frame, floor)
        watch.lap("pose")
        body = self._body.update(keypoints, frame, floor) if keypoints else None
        watch.lap("body")
        return body, floor

    def _find_upright(self, frame: Frame, floor: Floor | None) -> bool:
        assert self._upright is not None
        if not self._upright.should_look():
            return False
        turns = self._upright.update(self._pose.detection_score_by_turn(frame, floor), floor)
        if turns is None:
            return False
        self._turn(turns)
        self._upright = None
        return True

    def _turn(self, turns: int) -> None:
        self._pose.quarter_turns = turns
        self._floor.quarter_turns = turns

    # ------------------------------------------------------------ judging

    def _follow_neutral(self, pelvis: PelvisPose, phase: Phase, load: Load) -> bool:
        if self._sets.fresh and phase.name is PhaseName.STANDING:
            self._neutral.new_set()
        quiet = self._neutral.update(pelvis, phase, load)
        if quiet is not None:
            again = self._pelvis.learn_standing(quiet.start_s, quiet.end_s)
            self._neutral.take(quiet, again, self._pelvis.standing)
        neutral = self._neutral.neutral
        self._pelvis.standing = neutral.standing if neutral else None
        return quiet is not None

    def _answer(self, time_s: float, wink: Wink, phase: Phase, load: Load, rep: Rep | None) -> Cue:
        if rep is None:
            return self._cue.during(time_s, wink, phase, load)
        return self._cue.after(time_s, rep.verdict, Load(rep.loaded, rep.load_source, rep.load_kg))

    def _verdict(self, measured: RepWink, trace: Trace, span: RepSpan) -> Verdict:
        moment, settings = (span.start_s, span.bottom_s), self._settings.wink
        reason = prevailing(self._trace.reasons(span.start_s, span.end_s), *moment)
        doubts = self._trace.doubts(span.start_s, span.end_s)
        return judge(
            measured,
            trace,
            span,
            self.neutral,
            settings.threshold_deg,
            settings.max_sd_deg,
            reason=reason if self.neutral else self._neutral.why_none,
            missing=missing_pictures(self._settings.camera.source),
            doubt=prevailing(doubts, *moment, least_share=DOUBTFUL_SHARE),
        )

    def _is_rep(self, span: RepSpan) -> bool:
        """A shallow dip with the bar held only before or only after it takes or racks the bar."""
        before = self._trace.loads(span.start_s - BEFORE_S, span.start_s)
        after = self._trace.loads(span.end_s, self._time_s)
        if not (span.partial and before and after):
            return True
        return (before[0].loaded is True) == (after[-1].loaded is True)

    def _rep(self, span: RepSpan) -> Rep:
        settings = self._settings.wink
        trace = self._trace.cut(span.start_s, span.end_s)
        measured = measure_rep(trace, span)
        neutral = self.neutral
        verdict = self._verdict(measured, trace, span)
        load = self._rep_load(span)
        self._reps_done += 1
        return Rep(
            index=self._reps_done,
            set=self._sets.set_of_rep(span),
            start_s=span.start_s,
            bottom_s=span.bottom_s,
            end_s=span.end_s,
            knee_flexion_left_deg=_at_bottom(trace, span, "knee_flexion_left_deg"),
            knee_flexion_right_deg=_at_bottom(trace, span, "knee_flexion_right_deg"),
            hip_above_knee_cm=_at_bottom(trace, span, "hip_above_knee_cm"),
            trunk_lean_deg=_at_bottom(trace, span, "trunk_lean_deg"),
            shin_lean_left_deg=_at_bottom(trace, span, "shin_lean_left_deg"),
            shin_lean_right_deg=_at_bottom(trace, span, "shin_lean_right_deg"),
            anterior_pelvic_tilt_peak_deg=measured.tilt_peak_deg,
            anterior_pelvic_tilt_bottom_deg=measured.tilt_bottom_deg,
            lumbar_flexion_bottom_deg=measured.lumbar_flexion_bottom_deg,
            wink_deg=measured.wink_deg,
            wink_sd_deg=measured.wink_sd_deg,
            wink_at_parallel_deg=measured.wink_at_parallel_deg,
            wink_rate_deg_per_cm=measured.wink_rate_deg_per_cm,
            basis=measured.basis,
            onset_5=measured.onset_5,
            onset_10=measured.onset_10,
            loaded=load.loaded,
            load_source=load.source,
            load_kg=load.kg,
            neutral_source=neutral.source if neutral else None,
            threshold_deg=settings.threshold_deg,
            verdict=verdict,
            trace=trace,
            exercise=self._exercise,
        )

    def _rep_load(self, span: RepSpan) -> Load:
        """From the middle of the descent on, when hidden hands or the bar itself have told.

        Where that says nothing, as in the few frames of a quick rep on a slow machine, the whole
        rep is asked, and the moment before it.
        """
        lowered_s = (span.start_s + span.bottom_s) / 2
        load = self._load.rep_loaded(self._trace.loads(lowered_s, span.end_s))
        if load.loaded is not None:
            return load
        return self._load.rep_loaded(self._trace.loads(span.start_s - BEFORE_S, span.end_s))


def _bar(depth: DepthImage | None, floor: Floor | None, body: BodyPose | None) -> bool:
    if depth is None or floor is None or body is None:
        return False
    return bar_across_shoulders(depth, floor, body)


def _at_bottom(trace: Trace, span: RepSpan, column: str) -> float | None:
    times: Array = trace.columns["time_s"]
    values = trace.columns[column][np.abs(times - span.bottom_s) <= AROUND_BOTTOM_S]
    values = values[np.isfinite(values)]
    return float(np.median(values)) if len(values) else None


class _Stopwatch:
    """What each stage took, one lap after the other."""

    def __init__(self) -> None:
        self.laps_s: dict[str, float] = {}
        self._since = time.perf_counter()

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.laps_s[stage] = now - self._since
        self._since = now
