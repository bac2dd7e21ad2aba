"""The curves of a rep as SVG paths: pelvic tilt above, wink below, one scale for all reps shown."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from device.records import Array
from web.queries import RepRow

WIDTH = 240
TILT_TOP, TILT_BOTTOM = 10.0, 82.0
WINK_TOP, WINK_BOTTOM = 96.0, 140.0
_POINTS = 100  # more can't be seen at this width


@dataclass(frozen=True, slots=True)
class Scale:
    """What the two panels span, in degrees."""

    tilt_low_deg: float
    tilt_high_deg: float
    wink_high_deg: float

    def tilt_y(self, value_deg: float) -> float:
        """Height of a tilt in the picture."""
        share = (value_deg - self.tilt_low_deg) / (self.tilt_high_deg - self.tilt_low_deg)
        return TILT_BOTTOM - share * (TILT_BOTTOM - TILT_TOP)

    def wink_y(self, value_deg: float) -> float:
        """Height of a wink in the picture."""
        return WINK_BOTTOM - value_deg / self.wink_high_deg * (WINK_BOTTOM - WINK_TOP)


@dataclass(frozen=True, slots=True)
class Chart:
    """One rep, ready to draw."""

    tilt: str  # path
    wink: str  # closed path; empty where the rep counts as not measured
    gaps: tuple[tuple[float, float], ...]  # x and width where the pelvis was not measured
    bottom_x: float
    neutral_y: float
    threshold_y: float
    duration_s: float


def scale_for(reps: Sequence[RepRow]) -> Scale:
    """One scale that holds every curve, so that reps can be compared by eye."""
    tilts = _all(reps, "anterior_pelvic_tilt_deg")
    winks = _all((rep for rep in reps if rep.measured), "wink_deg")
    threshold_deg = max((rep.threshold_deg for rep in reps), default=10.0)
    low = min(-5.0, _five_below(float(np.min(tilts)))) if tilts.size else -5.0
    high = max(5.0, -_five_below(-float(np.max(tilts)))) if tilts.size else 5.0
    top = max(1.5 * threshold_deg, 1.1 * float(np.max(winks)) if winks.size else 0.0)
    return Scale(low, high, top)


def rep_chart(rep: RepRow, scale: Scale) -> Chart | None:
    """The curves of one rep; None where there is no trace."""
    if rep.trace is None or len(rep.trace) < 2:
        return None
    columns = rep.trace.columns
    time_s = columns["time_s"]
    duration_s = float(time_s[-1] - time_s[0])
    if not duration_s > 0:
        return None
    x = (time_s - time_s[0]) / duration_s * WIDTH
    keep = np.unique(np.linspace(0, len(x) - 1, min(len(x), _POINTS)).round().astype(int))
    tilt, wink = columns["anterior_pelvic_tilt_deg"], columns["wink_deg"]
    bottom = float(np.clip((rep.bottom_s - time_s[0]) / duration_s, 0, 1))
    return Chart(
        tilt=" ".join(_line(run) for run in _runs(x[keep], tilt[keep], scale.tilt_y)),
        wink=" ".join(
            _area(run) for run in _runs(x[keep], wink[keep], scale.wink_y) if rep.measured
        ),
        gaps=_gaps(x, tilt),
        bottom_x=round(bottom * WIDTH, 1),
        neutral_y=round(scale.tilt_y(0.0), 1),
        threshold_y=round(scale.wink_y(rep.threshold_deg), 1),
        duration_s=duration_s,
    )


_Run = list[tuple[float, float]]


def _all(reps: Iterable[RepRow], name: str) -> Array:
    columns = [rep.trace.columns[name] for rep in reps if rep.trace is not None]
    values = np.concatenate(columns) if columns else np.empty(0)
    finite: Array = values[np.isfinite(values)]
    return finite


def _five_below(value: float) -> float:
    return 5.0 * math.floor(value / 5.0)


def _runs(x: Array, values: Array, height: Callable[[float], float]) -> list[_Run]:
    """Points of each stretch without a gap."""
    runs: list[_Run] = [[]]
    for at, value in zip(x.tolist(), values.tolist(), strict=True):
        if math.isfinite(value):
            runs[-1].append((at, height(value)))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if len(run) > 1]


def _line(run: _Run) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in run)


def _area(run: _Run) -> str:
    return f"{_line(run)}L{run[-1][0]:.1f} {WINK_BOTTOM}L{run[0][0]:.1f} {WINK_BOTTOM}Z"


def _gaps(x: Array, values: Array) -> tuple[tuple[float, float], ...]:
    missing = np.concatenate([[False], ~np.isfinite(values), [False]])
    edges = np.flatnonzero(np.diff(missing.astype(int)))
    last = len(x) - 1
    return tuple(
        (round(float(x[begin]), 1), round(float(x[min(end, last)] - x[begin]), 1))
        for begin, end in edges.reshape(-1, 2)
    )
