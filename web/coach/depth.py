"""Tilt of the pelvis against depth, one small picture a rep, all on one scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from device.records import Array
from web.queries import RepRow

WIDTH, LEFT, RIGHT = 240.0, 48.0, 232.0  # left: room for `+25°` in 15 px
TOP, BOTTOM = 10.0, 136.0
_POINTS = 50  # of each way; more can't be seen at this width


@dataclass(frozen=True, slots=True)
class DepthScale:
    """What all pictures span: hip above knee from standing (left) to the deepest (right)."""

    high_cm: float
    low_cm: float
    tilt_low_deg: float
    tilt_high_deg: float

    def across(self, hip_above_knee_cm: Array) -> Array:
        """Where depths lie in the picture."""
        share = (self.high_cm - hip_above_knee_cm) / (self.high_cm - self.low_cm)
        return LEFT + share * (RIGHT - LEFT)

    def up(self, tilt_deg: Array) -> Array:
        """Where tilts lie in the picture."""
        share = (tilt_deg - self.tilt_low_deg) / (self.tilt_high_deg - self.tilt_low_deg)
        return BOTTOM - share * (BOTTOM - TOP)

    def x(self, hip_above_knee_cm: float) -> float:
        """Where one depth lies in the picture."""
        return round(float(self.across(np.array(hip_above_knee_cm))), 1)

    def y(self, tilt_deg: float) -> float:
        """Where one tilt lies in the picture."""
        return round(float(self.up(np.array(tilt_deg))), 1)


@dataclass(frozen=True, slots=True)
class DepthCurve:
    """One rep, ready to draw."""

    down: str  # path
    up: str
    onset: tuple[float, float] | None  # where the pelvis had tucked 5 degrees
    missing: bool  # a stretch was not measured


def depth_scale(reps: Sequence[RepRow]) -> DepthScale:
    """One scale that holds every curve and the level of parallel."""
    depths = _all(reps, "hip_above_knee_cm")
    tilts = _all(reps, "anterior_pelvic_tilt_deg")
    return DepthScale(
        high_cm=_up(max(20.0, *depths), 10),
        low_cm=-_up(max(10.0, *(-value for value in depths)), 10),
        tilt_low_deg=-_up(max(5.0, *(-value for value in tilts)), 5),
        tilt_high_deg=_up(max(5.0, *tilts), 5),
    )


def depth_curve(rep: RepRow, scale: DepthScale) -> DepthCurve | None:
    """The way down and the way up; None where depth or tilt were never known together."""
    if rep.trace is None:
        return None
    columns = rep.trace.columns
    time_s = columns["time_s"]
    depth, tilt = columns["hip_above_knee_cm"], columns["anterior_pelvic_tilt_deg"]
    seen = np.isfinite(depth)
    if np.count_nonzero(seen & np.isfinite(tilt)) < 2:
        return None
    going_down = time_s <= rep.bottom_s
    return DepthCurve(
        down=_path(depth[going_down], tilt[going_down], scale),
        up=_path(depth[~going_down], tilt[~going_down], scale),
        onset=_onset(rep, depth[going_down], tilt[going_down], scale),
        missing=not bool(np.all(np.isfinite(tilt[seen]))),
    )


def _onset(rep: RepRow, depth: Array, tilt: Array, scale: DepthScale) -> tuple[float, float] | None:
    """On the way down, at the stored depth of the onset; None where that is a guess."""
    wanted = rep.onset_hip_above_knee_cm
    both = np.isfinite(depth) & np.isfinite(tilt)
    if wanted is None or not rep.measured or not np.any(both):
        return None
    nearest = int(np.argmin(np.abs(depth[both] - wanted)))
    return scale.x(wanted), scale.y(float(tilt[both][nearest]))


def _path(depth: Array, tilt: Array, scale: DepthScale) -> str:
    """A line, broken where either is not known."""
    step = max(1, math.ceil(len(depth) / _POINTS))
    keep = slice((len(depth) - 1) % step, None, step)  # the last frame is always among them
    known = np.isfinite(depth[keep]) & np.isfinite(tilt[keep])
    across = np.round(scale.across(depth[keep]), 1).tolist()
    up = np.round(scale.up(tilt[keep]), 1).tolist()
    path, pen_down = [], False
    for x, y, is_known in zip(across, up, known.tolist(), strict=True):
        if is_known:
            path.append(f"{'L' if pen_down else 'M'}{x} {y}")
        pen_down = is_known
    return "".join(path)


def _all(reps: Sequence[RepRow], name: str) -> tuple[float, float]:
    """The smallest and largest value of a column over all reps; zeros where there is none."""
    columns = [rep.trace.columns[name] for rep in reps if rep.trace is not None]
    values = np.concatenate(columns) if columns else np.empty(0)
    finite = values[np.isfinite(values)]
    return (float(np.min(finite)), float(np.max(finite))) if finite.size else (0.0, 0.0)


def _up(value: float, step: int) -> float:
    return float(step * math.ceil(value / step))
