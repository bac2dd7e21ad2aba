"""An angle from noisy samples: a Kalman filter while it happens, a smoother once it is over.

State: angle and rate, driven by white acceleration (the continuous Wiener process acceleration of
Bar-Shalom, Li and Kirubarajan 2001, section 6.2.2). Missing samples only widen the uncertainty.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.records import Array

# How briskly a pelvis turns, (deg/s^2)^2 / Hz. Chosen on mocap subjects s01 to s03 with 2 to 4
# degrees of noise a frame: less rounds the tuck off (bias -1 degree at 5000, -2 at 2250), more
# keeps noise (bias +0.3 to +1 at 20000 and above); here the bias is within 0.3 for 2 to 3 degrees.
ACCELERATION_PSD = 12_000.0


@dataclass(frozen=True, slots=True)
class Smoothed:
    """A curve and its standard deviation, (n,) each."""

    value: Array
    sd: Array


@dataclass(frozen=True, slots=True)
class _State:
    """Angle, rate, and their covariance; plain floats, because two by two arrays are slow."""

    angle: float
    rate: float = 0.0
    angle_angle: float = 40.0**2  # before the first sample nothing is known
    angle_rate: float = 0.0
    rate_rate: float = 60.0**2

    def predicted(self, step_s: float) -> _State:
        """After a time in which nothing was measured."""
        t, q = step_s, ACCELERATION_PSD
        return _State(
            self.angle + t * self.rate,
            self.rate,
            self.angle_angle + 2 * t * self.angle_rate + t * t * self.rate_rate + q * t**3 / 3,
            self.angle_rate + t * self.rate_rate + q * t * t / 2,
            self.rate_rate + q * t,
        )

    def corrected(self, angle: float, sd: float) -> _State:
        """After a sample."""
        total = self.angle_angle + sd * sd
        gain, gain_rate = self.angle_angle / total, self.angle_rate / total
        missed = angle - self.angle
        return _State(
            self.angle + gain * missed,
            self.rate + gain_rate * missed,
            self.angle_angle - gain * self.angle_angle,
            self.angle_rate - gain * self.angle_rate,
            self.rate_rate - gain_rate * self.angle_rate,
        )

    def smoothed(self, step_s: float, predicted: _State, later: _State) -> _State:
        """With what the later moment knows; `predicted` is this state at that moment."""
        t, p = step_s, predicted
        a, b = self.angle_angle + t * self.angle_rate, self.angle_rate
        c, d = self.angle_rate + t * self.rate_rate, self.rate_rate
        det = p.angle_angle * p.rate_rate - p.angle_rate**2
        g00 = (a * p.rate_rate - b * p.angle_rate) / det
        g01 = (b * p.angle_angle - a * p.angle_rate) / det
        g10 = (c * p.rate_rate - d * p.angle_rate) / det
        g11 = (d * p.angle_angle - c * p.angle_rate) / det
        angle, rate = later.angle - p.angle, later.rate - p.rate
        aa, ar = later.angle_angle - p.angle_angle, later.angle_rate - p.angle_rate
        rr = later.rate_rate - p.rate_rate
        return _State(
            self.angle + g00 * angle + g01 * rate,
            self.rate + g10 * angle + g11 * rate,
            self.angle_angle + g00 * g00 * aa + 2 * g00 * g01 * ar + g01 * g01 * rr,
            self.angle_rate + g00 * g10 * aa + (g00 * g11 + g01 * g10) * ar + g01 * g11 * rr,
            self.rate_rate + g10 * g10 * aa + 2 * g10 * g11 * ar + g11 * g11 * rr,
        )


class AngleFilter:
    """The causal side: feed samples in order, read angle and standard deviation now."""

    def __init__(self) -> None:
        self._state: _State | None = None
        self._time_s = 0.0

    def update(self, time_s: float, value_deg: float | None, sd_deg: float | None) -> None:
        """One frame; None where nothing was measured."""
        if self._state is not None:
            self._state = self._state.predicted(max(time_s - self._time_s, 0.0))
        self._time_s = time_s
        if value_deg is not None and sd_deg is not None:
            self._state = (self._state or _State(value_deg)).corrected(value_deg, sd_deg)

    @property
    def value_deg(self) -> float | None:
        """The angle now; None before the first sample."""
        return None if self._state is None else self._state.angle

    @property
    def sd_deg(self) -> float:
        """Its standard deviation."""
        return math.inf if self._state is None else math.sqrt(self._state.angle_angle)


def smooth(time_s: npt.ArrayLike, value_deg: npt.ArrayLike, sd_deg: npt.ArrayLike) -> Smoothed:
    """The whole curve from all of its samples (Rauch, Tung and Striebel 1965).

    `time_s`, `value_deg`, `sd_deg`: (n,); NaN in value or sd means not measured. Frames before the
    first and after the last sample come out with the standard deviation they deserve.
    """
    times, values, sds = (np.asarray(a, float) for a in (time_s, value_deg, sd_deg))
    measured = np.isfinite(values) & np.isfinite(sds)
    if not measured.any():
        return Smoothed(np.full(len(times), np.nan), np.full(len(times), np.inf))
    steps = np.maximum(np.diff(times, prepend=times[0]), 1e-6)
    state = _State(float(values[measured][0]))
    before, after = [], []
    for i, step_s in enumerate(steps):
        state = state.predicted(float(step_s)) if i else state
        before.append(state)
        if measured[i]:
            state = state.corrected(float(values[i]), float(sds[i]))
        after.append(state)
    for i in range(len(times) - 2, -1, -1):
        after[i] = after[i].smoothed(float(steps[i + 1]), before[i + 1], after[i + 1])
    return Smoothed(
        np.array([state.angle for state in after]),
        np.sqrt(np.maximum([state.angle_angle for state in after], 0.0)),
    )
