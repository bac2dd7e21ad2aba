"""Left against right at the bottom of each rep: two marks and the line between them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from web.queries import RepRow

LEFT, RIGHT, TOP, BOTTOM = 48.0, 232.0, 12.0, 96.0


@dataclass(frozen=True, slots=True)
class Pair:
    """One rep; y None: that side was not measured."""

    number: int
    x: float
    left_y: float | None
    right_y: float | None


@dataclass(frozen=True, slots=True)
class Sides:
    """Knee flexion of one set."""

    pairs: tuple[Pair, ...]
    low_deg: float
    high_deg: float
    mean_difference_deg: float | None  # right minus left, over the reps with both
    both: int


def sides(reps: Sequence[RepRow]) -> Sides | None:
    """Knee flexion left and right; None where neither was ever measured."""
    values = [
        value
        for rep in reps
        for value in (rep.knee_flexion_left_deg, rep.knee_flexion_right_deg)
        if value is not None
    ]
    if not values:
        return None
    low = 5.0 * math.floor(min(values) / 5 - 0.2)
    high = 5.0 * math.ceil(max(values) / 5 + 0.2)

    def height(value: float | None) -> float | None:
        if value is None:
            return None
        return round(BOTTOM - (value - low) / (high - low) * (BOTTOM - TOP), 1)

    step = (RIGHT - LEFT) / max(len(reps), 1)
    pairs = tuple(
        Pair(
            i + 1,
            round(LEFT + (i + 0.5) * step, 1),
            height(rep.knee_flexion_left_deg),
            height(rep.knee_flexion_right_deg),
        )
        for i, rep in enumerate(reps)
    )
    apart = [
        rep.knee_flexion_right_deg - rep.knee_flexion_left_deg
        for rep in reps
        if rep.knee_flexion_left_deg is not None and rep.knee_flexion_right_deg is not None
    ]
    mean = sum(apart) / len(apart) if apart else None
    return Sides(pairs, low, high, mean, len(apart))
