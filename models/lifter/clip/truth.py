"""What really happened in a rendered rep, read from its curves by the project's definitions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from device.records import Array
from device.wink import wink_curve
from models.lifter.clip.files import RepTruth

DOWN, BACK = 0.95, 0.97  # of the standing hip height: where a rep begins and ends


@dataclass(frozen=True, eq=False)
class Curves:
    """(frames,) each; angles against the lifter's own neutral."""

    fps: float
    hip_height: Array
    tilt_deg: Array
    lumbar_deg: Array


@dataclass(frozen=True, eq=False)
class TrueRep:
    """A rep's truth, its frames from the first of the plan to its end, and their wink, deg."""

    truth: RepTruth
    frames: slice
    wink_deg: Array


def true_rep(curves: Curves, first: int, last: int, **told: Any) -> TrueRep:
    """The rep planned from frame `first` to `last`; `told` are RepTruth's other fields."""
    start, bottom, end = _span(curves.hip_height, first, last)
    own = np.s_[first : end + 1]
    tilt, lumbar = curves.tilt_deg, curves.lumbar_deg
    wink, _ = wink_curve(tilt[own], lumbar[own], curves.hip_height[own])
    truth = RepTruth(
        start_s=round(start / curves.fps, 3),
        bottom_s=round(bottom / curves.fps, 3),
        end_s=round(end / curves.fps, 3),
        wink_deg=round(float(wink.max()), 2),
        tilt_peak_deg=round(float(tilt[first : bottom + 1].max()), 2),
        tilt_bottom_deg=round(float(tilt[bottom]), 2),
        lumbar_bottom_deg=round(float(lumbar[bottom]), 2),
        **told,
    )
    return TrueRep(truth, own, wink)


def _span(hip: Array, first: int, last: int) -> tuple[int, int, int]:
    """Start, bottom and end."""
    frames = np.arange(first, last + 1)
    standing = hip[first]
    low = frames[hip[frames] < DOWN * standing]
    back = frames[(frames > low[-1]) & (hip[frames] >= BACK * standing)]
    start, end = int(low[0]), int(back[0]) if len(back) else last
    return start, start + int(np.argmin(hip[start : end + 1])), end
