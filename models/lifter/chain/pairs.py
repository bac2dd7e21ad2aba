"""Pairs of true and told reps, as samples that figures are taken from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from models.lifter.chain.match import JudgedClip, TrueRep
from models.lifter.judging.resampling import (
    INTERVAL,
    MIN_LIFTERS,
    Figure,
    Resampling,
    Sample,
)

Told = dict[str, Any]
Pair = tuple[JudgedClip, TrueRep, Told]


def found_pairs(clips: Sequence[JudgedClip]) -> list[Pair]:
    """Every rep that was found, and not as a partial one."""
    return [(clip, true, told) for clip in clips for true, told in clip.pairs]


def sample_of(pairs: Sequence[Pair], value: Callable[[Pair], float | None]) -> Sample:
    """A value a pair; what is None is left out."""
    values = [value(pair) for pair in pairs]
    known = [np.nan if one is None else one for one in values]
    return Sample.of([clip.number for clip, _, _ in pairs], known)


def quantile(drawing: Resampling, sample: Sample, share: float) -> Figure:
    """A quantile with its interval, drawn like the median."""
    if not len(sample):
        return Figure(None)
    order = np.argsort(sample.values)
    heaped = np.cumsum(drawing.weights[:, sample.lifter[order]], axis=1)
    place = (heaped < share * heaped[:, -1:]).sum(axis=1)
    found = sample.values[order][np.minimum(place, len(order) - 1)][heaped[:, -1] > 0]
    value = float(np.quantile(sample.values, share))
    if sample.lifters < MIN_LIFTERS:
        return Figure(value, count=len(sample))
    low, high = (float(v) for v in np.percentile(found[1:], INTERVAL))
    return Figure(value, low, high, len(sample))
