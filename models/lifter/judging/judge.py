"""Readings -> reps as a unit would tell them, beside the truth and the baselines.

Cheap, so it is done anew each time: smoother, definition of the wink, verdict and settings may
change without reading the views again. The hip's path, knee flexion and depth are the true ones:
what is judged here is the estimator; the whole chain is judged elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from device.reasons import DOUBTFUL_SHARE, prevailing
from device.records import (
    TRACE_COLUMNS,
    Array,
    PelvisPose,
    RepSpan,
    Trace,
    Verdict,
    VerdictName,
    Wink,
)
from device.reps import COUNTS_FROM_KNEE_DEG, END_DROP, START_DROP
from device.settings import WinkSettings
from device.wink import RepWink, judge, measure_rep, relative, wink_curve
from models.lifter.judging import baselines
from models.lifter.judging.lifter_file import LifterFile, Place
from models.lifter.judging.readings import Reading

WORST = 20
TRUTH_SD_DEG = 0.05  # the truth as a measurement: so small that the smoother leaves it alone


@dataclass(frozen=True)
class JudgedRep:
    """One rep through one camera; arrays are (frames,), deg, against the lifter's neutral.

    What is called true is the truth, the rest is what the unit says; NaN where it says nothing.
    """

    lifter: str
    number: int  # of the lifter, to draw whole lifters
    camera: int
    rep: int
    first_frame: int  # in the lifter's file
    place: Place
    about: dict[str, Any]
    over_arched: bool
    time_s: Array
    hip_height_m: Array
    tilt: Array
    tilt_sd: Array
    smooth_tilt: Array
    lumbar: Array
    lumbar_sd: Array
    wink_curve: Array
    plane_tilt: Array
    habit_tilt: Array
    true_tilt: Array
    true_lumbar: Array
    true_wink_curve: Array
    measured: RepWink
    verdict: Verdict
    true: RepWink
    true_wink: float
    plane_wink: float
    habit_wink: float

    @property
    def bottom(self) -> int:
        """The frame in which the hip is lowest."""
        return int(np.argmin(self.hip_height_m))

    @property
    def most_anterior(self) -> int:
        """The frame of the descent in which the true pelvis is tilted furthest forward."""
        return int(np.argmax(self.true_tilt[: self.bottom + 1]))

    @property
    def is_measured(self) -> bool:
        """Whether the unit gives an answer."""
        return self.verdict.name in (VerdictName.CLEAN, VerdictName.WINK)

    @property
    def is_red(self) -> bool:
        """Whether the unit says that it was a wink."""
        return self.verdict.name is VerdictName.WINK

    @property
    def wink_error(self) -> float:
        """Deg; NaN where there is no wink."""
        said = self.measured.wink_deg
        return float("nan") if said is None else said - self.true_wink


def judged_reps(
    lifters: Sequence[LifterFile],
    found: Mapping[tuple[str, int, int], Reading],
    settings: WinkSettings,
) -> list[JudgedRep]:
    """Every rep of every lifter through every camera; partial ones are left out."""
    habits = baselines.habit(lifters)
    reps = []
    for number, lifter in enumerate(lifters):
        for rep in range(len(lifter.plans)):
            part = _rep_frames(lifter, rep)
            span = _span(lifter, part)
            if span.partial:
                continue
            for camera in range(len(lifter.places)):
                reading = found[lifter.name, camera, rep]
                habit = habits[lifter.name][part]
                reps.append(_judged(lifter, number, reading, part, span, habit, settings))
    return reps


def worst_frames(reps: Sequence[JudgedRep], count: int = WORST) -> list[tuple[JudgedRep, int]]:
    """(rep, frame within it) of the largest tilt errors, one frame a rep."""
    found = []
    for rep in reps:
        size = np.abs(rep.tilt - rep.true_tilt)
        if np.isfinite(size).any():
            found.append((rep, int(np.nanargmax(size))))
    found.sort(key=lambda one: -abs(float(one[0].tilt[one[1]] - one[0].true_tilt[one[1]])))
    return found[:count]


def _judged(
    lifter: LifterFile,
    number: int,
    reading: Reading,
    part: npt.NDArray[np.int64],
    span: RepSpan,
    habit: Array,
    settings: WinkSettings,
) -> JudgedRep:
    skipped = int(part[0] - lifter.frames_of(reading.rep)[0])
    poses = reading.poses(lifter.time_s[lifter.frames_of(reading.rep)])[skipped:][: len(part)]
    neutral = reading.known_neutral()
    winks = [relative(pose, neutral) for pose in poses]
    trace = _trace(lifter, part, winks)
    measured = measure_rep(trace, span)
    verdict = _verdict(measured, trace, span, reading, poses, settings)
    truth = lifter.truth[reading.camera]
    true = truth[part] - np.median(truth[lifter.standing], axis=0)
    true_curve, _ = wink_curve(true[:, 0], true[:, 3], lifter.hip_height_m[part])
    plane = np.array([np.nan if v is None else v for v in reading.plane_tilt_deg], float)
    plane = plane[skipped:][: len(part)]
    times, hip = lifter.time_s[part], lifter.hip_height_m[part]
    return JudgedRep(
        lifter=lifter.name,
        number=number,
        camera=reading.camera,
        rep=reading.rep,
        first_frame=int(part[0]),
        place=lifter.places[reading.camera],
        about=lifter.about,
        over_arched=lifter.plans[reading.rep] == "over_arched",
        time_s=times,
        hip_height_m=hip,
        tilt=trace.columns["anterior_pelvic_tilt_deg"],
        tilt_sd=trace.columns["anterior_pelvic_tilt_sd_deg"],
        smooth_tilt=measured.tilt_deg,
        lumbar=trace.columns["lumbar_flexion_deg"],
        lumbar_sd=trace.columns["lumbar_flexion_sd_deg"],
        wink_curve=measured.curve_deg,
        plane_tilt=plane,
        habit_tilt=habit,
        true_tilt=true[:, 0],
        true_lumbar=true[:, 3],
        true_wink_curve=true_curve,
        measured=measured,
        verdict=verdict,
        true=measure_rep(_true_trace(lifter, part, true), span),
        true_wink=float(true_curve.max()),
        plane_wink=baselines.wink_of(times, plane, hip),
        habit_wink=baselines.wink_of(times, habit, hip),
    )


def _verdict(
    measured: RepWink,
    trace: Trace,
    span: RepSpan,
    reading: Reading,
    poses: Sequence[PelvisPose],
    settings: WinkSettings,
) -> Verdict:
    """As the pipeline comes to it."""
    moment = (span.start_s, span.bottom_s)
    reason = prevailing([(pose.time_s, pose.reason) for pose in poses], *moment)
    doubts = [(pose.time_s, pose.doubt) for pose in poses]
    neutral = reading.known_neutral()
    return judge(
        measured,
        trace,
        span,
        neutral,
        settings.threshold_deg,
        settings.max_sd_deg,
        reason=reason if neutral else reading.why_no_neutral,
        doubt=prevailing(doubts, *moment, least_share=DOUBTFUL_SHARE),
    )


def _rep_frames(lifter: LifterFile, rep: int) -> npt.NDArray[np.int64]:
    """The rep by its definition: from 5 % below standing until back within 3 %."""
    frames = lifter.frames_of(rep)
    drop = 1 - lifter.hip_height_m[frames] / np.median(lifter.hip_height_m[lifter.standing])
    bottom = int(np.argmax(drop))
    before = np.flatnonzero(drop[: bottom + 1] < START_DROP)
    after = np.flatnonzero(drop[bottom:] < END_DROP)
    start = int(before[-1]) if len(before) else 0
    end = bottom + int(after[0]) if len(after) else len(frames) - 1
    return frames[start : end + 1]


def _span(lifter: LifterFile, part: npt.NDArray[np.int64]) -> RepSpan:
    times = lifter.time_s[part]
    bottom_s = float(times[int(np.argmin(lifter.hip_height_m[part]))])
    knee = float(lifter.knee_flexion_deg[part].max())
    partial = knee < COUNTS_FROM_KNEE_DEG
    return RepSpan(float(times[0]), bottom_s, float(times[-1]), knee, partial)


def _trace(lifter: LifterFile, part: npt.NDArray[np.int64], winks: Sequence[Wink]) -> Trace:
    """What the pipeline's TraceBuffer would hold, with the true hip, knee and trunk."""
    columns = _true_columns(lifter, part)
    for name in TRACE_COLUMNS:
        if name not in columns:
            values = [getattr(wink, name, None) for wink in winks]
            columns[name] = np.array([np.nan if v is None else v for v in values], float)
    return Trace(columns)


def _true_trace(lifter: LifterFile, part: npt.NDArray[np.int64], true: Array) -> Trace:
    columns = _true_columns(lifter, part)
    nothing = np.full(len(part), np.nan)
    sure = np.full(len(part), TRUTH_SD_DEG)
    columns |= {"anterior_pelvic_tilt_deg": true[:, 0], "lumbar_flexion_deg": true[:, 3]}
    columns |= {"anterior_pelvic_tilt_sd_deg": sure, "lumbar_flexion_sd_deg": sure}
    return Trace({name: columns.get(name, nothing) for name in TRACE_COLUMNS})


def _true_columns(lifter: LifterFile, part: npt.NDArray[np.int64]) -> dict[str, Array]:
    return {
        "time_s": lifter.time_s[part],
        "hip_height": lifter.hip_height_m[part],
        "knee_flexion_left_deg": lifter.knee_flexion_deg[part],
        "knee_flexion_right_deg": lifter.knee_flexion_deg[part],
        "hip_above_knee_cm": 100 * lifter.hip_above_knee_m[part],
        "trunk_lean_deg": lifter.trunk_lean_deg[part],
    }
