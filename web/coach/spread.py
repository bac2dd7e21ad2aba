"""Means, trends and differences, each with how sure they are, or with why nothing can be said.

A set's reps are alike: they share the load, the day and the way the unit looks at the lifter. So a
trend and a difference take each set as one value, not each rep.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from device.records import Array

TREND_SETS = 8
DIFFERENCE_SETS = 3
_NOTHING = 1e-18  # a variance that only rounding made
_Z = 1.959964  # 97.5 % of a normal distribution


@dataclass(frozen=True, slots=True)
class Spread:
    """A mean, and the standard deviation between the values (None below two)."""

    count: int
    mean: float | None
    sd: float | None


@dataclass(frozen=True, slots=True)
class Trend:
    """A straight line through one value a set; low and high hold the slope with 95 %."""

    slope: float  # units of y for one of x
    low: float
    high: float
    middle_x: float
    middle_y: float
    residual_sd: float
    count: int
    squares: float  # of the distances from middle_x

    @property
    def stands_out(self) -> bool:
        """Whether 'no change' can be ruled out."""
        return self.low > 0 or self.high < 0

    def at(self, x: float) -> tuple[float, float, float]:
        """The line at x, and the 95 % band of the line itself."""
        y = self.middle_y + self.slope * (x - self.middle_x)
        share = 1 / self.count + (x - self.middle_x) ** 2 / self.squares
        half = student_t(self.count - 2) * self.residual_sd * math.sqrt(share)
        return y, y - half, y + half


@dataclass(frozen=True, slots=True)
class Difference:
    """How much the second mean is above the first; low and high hold it with 95 %."""

    value: float
    low: float
    high: float

    @property
    def stands_out(self) -> bool:
        """Whether 'no difference' can be ruled out."""
        return self.low > 0 or self.high < 0


def spread(values: Sequence[float | None]) -> Spread:
    """Over the values that are known."""
    known = [value for value in values if value is not None]
    middle = mean(known)
    if middle is None:
        return Spread(0, None, None)
    if len(known) == 1:
        return Spread(1, middle, None)
    squares = sum((value - middle) ** 2 for value in known)
    return Spread(len(known), middle, math.sqrt(squares / (len(known) - 1)))


def mean(values: Sequence[float | None]) -> float | None:
    """Of the values that are known; None for none."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def trend(x: Sequence[float], y: Sequence[float], least_range: float) -> Trend | None:
    """Least squares; None below 8 sets, or if x spans less than `least_range`."""
    if len(x) < TREND_SETS or max(x) - min(x) < least_range:
        return None
    across, up = np.asarray(x, float), np.asarray(y, float)
    middle_x, middle_y = float(np.mean(across)), float(np.mean(up))
    squares = float(np.sum((across - middle_x) ** 2))
    slope = float(np.sum((across - middle_x) * (up - middle_y))) / squares
    residuals = up - middle_y - slope * (across - middle_x)
    residual_sd = math.sqrt(float(np.sum(residuals**2)) / (len(x) - 2))
    half = student_t(len(x) - 2) * residual_sd / math.sqrt(squares)
    low, high = slope - half, slope + half
    return Trend(slope, low, high, middle_x, middle_y, residual_sd, len(x), squares)


def difference(first: Sequence[float | None], second: Sequence[float | None]) -> Difference | None:
    """Welch's, one value a set; None below 3 sets on either side."""
    a, b = _known(first), _known(second)
    if min(a.size, b.size) < DIFFERENCE_SETS:
        return None
    variance_a, variance_b = float(np.var(a, ddof=1)) / a.size, float(np.var(b, ddof=1)) / b.size
    value = float(np.mean(b) - np.mean(a))
    both = variance_a + variance_b
    if both < _NOTHING:
        value = round(value, 9)
        return Difference(value, value, value)
    freedom = both**2 / (variance_a**2 / (a.size - 1) + variance_b**2 / (b.size - 1))
    half = student_t(freedom) * math.sqrt(both)
    return Difference(value, value - half, value + half)


def student_t(freedom: float) -> float:
    """97.5 % of Student's t, Abramowitz and Stegun 26.7.5.

    3 % low at 2 degrees of freedom, 1 % at 3, exact to the eye from 4 on.
    """
    z, n = _Z, freedom
    return (
        z
        + (z**3 + z) / (4 * n)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3)
    )


def _known(values: Sequence[float | None]) -> Array:
    return np.array([value for value in values if value is not None], float)
