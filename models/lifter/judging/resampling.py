"""Figures with 95 % intervals, by drawing whole lifters again and again.

Frames and reps of one lifter resemble each other: only lifters are independent. Every statistic
here is a function of sums over lifters, so a draw is a row of weights.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from device.records import Array

DRAWS = 1000
SEED = 20
MIN_LIFTERS = 5  # fewer say nothing about other lifters: no interval then
INTERVAL = (2.5, 97.5)
Z = 1.959964  # of 95 %


@dataclass(frozen=True)
class Figure:
    """A value with its 95 % interval; `count` is what it was taken from. None: nothing known."""

    value: float | None
    low: float | None = None
    high: float | None = None
    count: int = 0


UNKNOWN = Figure(None)


@dataclass(frozen=True)
class Sample:
    """Values with the number of the lifter that each belongs to, (n,) each; NaN is left out."""

    lifter: npt.NDArray[np.int64]
    values: Array

    @classmethod
    def of(cls, lifter: npt.ArrayLike, values: npt.ArrayLike) -> Sample:
        """Only what is known."""
        numbers, found = np.asarray(lifter, np.int64), np.asarray(values, float)
        known = np.isfinite(found)
        return cls(numbers[known], found[known])

    def __len__(self) -> int:
        return len(self.values)

    @property
    def lifters(self) -> int:
        """How many different ones."""
        return len(np.unique(self.lifter))


class Resampling:
    """`lifters` drawn with replacement; row 0 of every result is the set itself."""

    def __init__(self, lifters: int, draws: int = DRAWS, seed: int = SEED) -> None:
        rng = np.random.default_rng(seed)
        drawn = rng.multinomial(lifters, np.full(lifters, 1 / lifters), size=draws)
        self.weights: Array = np.concatenate([np.ones((1, lifters)), drawn])

    def mean(self, sample: Sample) -> Figure:
        """The mean."""
        return self._figure(sample, self._means(sample, 1)[0])

    def rms(self, sample: Sample) -> Figure:
        """Root of the mean square."""
        return self._figure(
            sample, np.sqrt(self._means(Sample(sample.lifter, sample.values**2), 1)[0])
        )

    def ratio(self, above: Sample, below: Sample) -> Figure:
        """The mean of one sample over the mean of another."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self._figure(above, self._means(above, 1)[0] / self._means(below, 1)[0])

    def agreement(self, sample: Sample) -> tuple[Figure, Figure]:
        """Bland and Altman's 95 % limits of agreement: mean -+ 1.96 standard deviations."""
        mean, square = self._means(sample, 2)
        sd = np.sqrt(np.maximum(square - mean**2, 0.0))
        return self._figure(sample, mean - Z * sd), self._figure(sample, mean + Z * sd)

    def slope(self, true: Sample, said: Array) -> Figure:
        """Least squares slope of what is said on the truth."""
        x, y = true.values, said
        parts = [self._total(true.lifter, part) for part in (np.ones(len(x)), x, y, x * x, x * y)]
        n, sx, sy, sxx, sxy = parts
        with np.errstate(divide="ignore", invalid="ignore"):
            slopes = (n * sxy - sx * sy) / (n * sxx - sx**2)
        return self._figure(true, slopes)

    def median(self, sample: Sample) -> Figure:
        """The median."""
        if not len(sample):
            return UNKNOWN
        order = np.argsort(sample.values)
        heaped = np.cumsum(self.weights[:, sample.lifter[order]], axis=1)
        middle = (heaped < heaped[:, -1:] / 2).sum(axis=1)
        medians = sample.values[order][np.minimum(middle, len(order) - 1)]
        medians[0] = np.median(sample.values)
        return self._figure(sample, np.where(heaped[:, -1] > 0, medians, np.nan))

    def share(self, sample: Sample) -> Figure:
        """Share of ones among zeros and ones; the wider of this interval and Wilson's.

        Wilson's (1927) takes reps as independent, drawing lifters says nothing at 0 and 1.
        """
        drawn = self.mean(sample)
        if drawn.low is None or drawn.high is None:
            return drawn
        low, high = wilson(round(float(sample.values.sum())), len(sample))
        return replace(drawn, low=min(low, drawn.low), high=max(high, drawn.high))

    def _means(self, sample: Sample, powers: int) -> list[Array]:
        count = self._total(sample.lifter, np.ones(len(sample)))
        with np.errstate(divide="ignore", invalid="ignore"):
            return [
                self._total(sample.lifter, sample.values**power) / count
                for power in range(1, powers + 1)
            ]

    def _total(self, lifter: npt.NDArray[np.int64], values: Array) -> Array:
        sums = np.bincount(lifter, weights=values, minlength=self.weights.shape[1])
        total: Array = self.weights @ sums
        return total

    def _figure(self, sample: Sample, rows: Array) -> Figure:
        """From the statistic of the set and of every draw."""
        if not len(sample) or not np.isfinite(rows[0]):
            return UNKNOWN
        drawn = rows[1:][np.isfinite(rows[1:])]
        if sample.lifters < MIN_LIFTERS or not len(drawn):
            return Figure(float(rows[0]), count=len(sample))
        low, high = np.percentile(drawn, INTERVAL)
        return Figure(float(rows[0]), float(low), float(high), len(sample))


def wilson(hits: int, of: int) -> tuple[float, float]:
    """95 % interval of a share."""
    share = hits / of
    centre = share + Z**2 / (2 * of)
    spread = Z * np.sqrt(share * (1 - share) / of + Z**2 / (4 * of**2))
    scale = 1 + Z**2 / of
    return float(max(0.0, (centre - spread) / scale)), float(min(1.0, (centre + spread) / scale))
