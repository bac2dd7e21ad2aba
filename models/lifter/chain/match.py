"""What the unit said of a clip beside what happened: reps paired, and each pair judged.

The estimator's own evaluation (`judging`) asks the same questions of single views; a pair becomes
one of its `JudgedRep`s, so that both tell the same figures. Here hip, knee and depth are what the
unit saw, and the times are its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from device.records import TRACE_COLUMNS, Array, RepSpan, Trace, Verdict, VerdictName
from device.reps import COUNTS_FROM_KNEE_DEG
from device.wink import RepWink, measure_rep
from models.lifter.chain.play import Played
from models.lifter.chain.truth import FrameTruth
from models.lifter.judging.judge import TRUTH_SD_DEG, JudgedRep
from models.lifter.judging.lifter_file import Place

SLACK_S = 0.3  # a rep's bottom may be found so long before its true start or after its end


@dataclass(frozen=True, eq=False)
class TrueRep:
    """A rep as it was; arrays are over the clip's frames `own`."""

    number: int
    own: npt.NDArray[np.int64]
    start_s: float
    bottom_s: float
    end_s: float
    wink_deg: float
    loaded: bool
    measured: RepWink  # the truth, read as a unit would read a perfect trace

    def crossing_s(self, frames: FrameTruth, fps: float, threshold_deg: float) -> float | None:
        """When the wink passes the threshold, between frames; None: it never does."""
        wink = frames.wink_deg[self.own]
        past = np.flatnonzero(wink > threshold_deg)
        if not len(past) or past[0] == 0:
            return None
        i = int(past[0])
        share = (threshold_deg - wink[i - 1]) / (wink[i] - wink[i - 1])
        return float((self.own[i - 1] + share) / fps)


@dataclass(frozen=True, eq=False)
class JudgedClip:
    """One clip: its true reps, each with what was told of it, and what was told of nothing."""

    name: str
    number: int
    about: dict[str, Any]
    played: Played
    frames: FrameTruth
    true: tuple[TrueRep, ...]
    told: tuple[dict[str, Any] | None, ...]  # one a true rep; None: missed
    ghosts: tuple[dict[str, Any], ...]

    @property
    def fps(self) -> float:
        """Frames a second."""
        return float(self.about["fps"])

    @property
    def pairs(self) -> list[tuple[TrueRep, dict[str, Any]]]:
        """Reps that were found, and not as partial ones."""
        return [
            (true, told)
            for true, told in zip(self.true, self.told, strict=True)
            if told is not None and told["verdict"] != VerdictName.PARTIAL
        ]


def judged_clip(
    name: str, number: int, about: dict[str, Any], frames: FrameTruth, played: Played
) -> JudgedClip:
    """Pairs each true rep with the first unclaimed one told within it."""
    true = tuple(_true_reps(frames, float(about["fps"])))
    left = list(played["reps"])
    told: list[dict[str, Any] | None] = []
    for rep in true:
        own = [
            one for one in left if rep.start_s - SLACK_S <= one["bottom_s"] <= rep.end_s + SLACK_S
        ]
        own.sort(key=lambda one: one["verdict"] == VerdictName.PARTIAL)
        told.append(own[0] if own else None)
        left = [one for one in left if not own or one is not own[0]]
    return JudgedClip(name, number, about, played, frames, true, tuple(told), tuple(left))


def _true_reps(frames: FrameTruth, fps: float) -> list[TrueRep]:
    """Those deep enough to count."""
    found = []
    for number in range(int(frames.rep.max(initial=-1)) + 1):
        own = np.flatnonzero(frames.rep == number)
        hip = frames.columns["hip_height_m"][own]
        if frames.columns["knee_flexion_deg"][own].max() < COUNTS_FROM_KNEE_DEG:
            continue
        start = int(np.flatnonzero(hip < 0.95 * hip[0])[0])
        bottom = int(np.argmin(hip))
        span = RepSpan(own[start] / fps, own[bottom] / fps, own[-1] / fps, 90.0, False)
        trace = _true_trace(frames, own, fps)
        found.append(
            TrueRep(
                number=number,
                own=own,
                start_s=span.start_s,
                bottom_s=span.bottom_s,
                end_s=span.end_s,
                wink_deg=float(frames.wink_deg[own].max()),
                loaded=bool(frames.loaded[own[bottom]]),
                measured=measure_rep(trace, span),
            )
        )
    return found


def _true_trace(frames: FrameTruth, own: npt.NDArray[np.int64], fps: float) -> Trace:
    of = {name: column[own] for name, column in frames.columns.items()}
    nothing, sure = np.full(len(own), np.nan), np.full(len(own), TRUTH_SD_DEG)
    known = {
        "time_s": own / fps,
        "hip_height": of["hip_height_m"],
        "knee_flexion_left_deg": of["knee_flexion_deg"],
        "knee_flexion_right_deg": of["knee_flexion_deg"],
        "hip_above_knee_cm": 100 * of["hip_above_knee_m"],
        "anterior_pelvic_tilt_deg": of["tilt_deg"],
        "anterior_pelvic_tilt_sd_deg": sure,
        "lumbar_flexion_deg": of["lumbar_flexion_deg"],
        "lumbar_flexion_sd_deg": sure,
    }
    return Trace({name: known.get(name, nothing) for name in TRACE_COLUMNS})


def judged_reps(clips: Sequence[JudgedClip]) -> list[JudgedRep]:
    """Every rep that was found, for `judging.figures`."""
    return [_judged(clip, true, told) for clip in clips for true, told in clip.pairs]


def _judged(clip: JudgedClip, true: TrueRep, told: dict[str, Any]) -> JudgedRep:
    trace = Trace({name: _array(told["trace"][name]) for name in TRACE_COLUMNS})
    span = RepSpan(told["start_s"], told["bottom_s"], told["end_s"], 90.0, False)
    measured = measure_rep(trace, span)
    times = trace.columns["time_s"]
    own = np.clip(np.rint(times * clip.fps).astype(int), 0, len(clip.frames.rep) - 1)
    nothing = np.full(len(times), np.nan)
    camera = clip.about["camera"]
    return JudgedRep(
        lifter=clip.name,
        number=clip.number,
        camera=0,
        rep=true.number,
        first_frame=int(own[0]),
        place=Place(**camera, occlusion=clip.about["occlusion"]),
        about=clip.about,
        over_arched=clip.about["reps"][true.number] == "over_arched",
        time_s=times,
        hip_height_m=trace.columns["hip_height"],
        tilt=trace.columns["anterior_pelvic_tilt_deg"],
        tilt_sd=trace.columns["anterior_pelvic_tilt_sd_deg"],
        smooth_tilt=measured.tilt_deg,
        lumbar=trace.columns["lumbar_flexion_deg"],
        lumbar_sd=trace.columns["lumbar_flexion_sd_deg"],
        wink_curve=measured.curve_deg,
        plane_tilt=nothing,
        habit_tilt=nothing,
        true_tilt=clip.frames.columns["tilt_deg"][own],
        true_lumbar=clip.frames.columns["lumbar_flexion_deg"][own],
        true_wink_curve=clip.frames.wink_deg[own],
        measured=measured,
        verdict=Verdict(VerdictName(told["verdict"]), told["reason"]),
        true=true.measured,
        true_wink=true.wink_deg,
        plane_wink=float("nan"),
        habit_wink=float("nan"),
    )


def _array(values: Sequence[float | None]) -> Array:
    return np.array([np.nan if value is None else value for value in values], float)
