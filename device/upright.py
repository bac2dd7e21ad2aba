"""Which way up the camera hangs, from how people and the floor look.

The direction from hips to head tells it where somebody stands there; a side wall could pass for
a floor, so the floor only weighs in. But nobody hangs from the ceiling: a lifter whose head is out
of the picture may look upside down, the floor does not.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from device.geometry import quarter_turns
from device.records import Floor

PERSON_SCORE = 0.5
OBSERVATIONS = 3
FLOOR_WEIGHT = 0.3
FLOOR_SHARE = 0.06
LOOK_EVERY = 5  # frames, while nobody is there


class UprightFinder:
    """Collects a few observations, then knows how far to turn the picture clockwise."""

    def __init__(self) -> None:
        self._scores = np.zeros(4)
        self._count = 0
        self._calls = 0

    def should_look(self) -> bool:
        """Whether this frame is worth a run of the detector."""
        self._calls += 1
        return self._count > 0 or self._calls % LOOK_EVERY == 1

    def update(self, score_by_turn: Sequence[float], floor: Floor | None) -> int | None:
        """How upright a person looks after 0 to 3 quarter turns, and the floor as found."""
        if max(score_by_turn) < PERSON_SCORE:
            return None
        scores = np.array(score_by_turn)
        if floor is not None and floor.inlier_share >= FLOOR_SHARE:
            turns = quarter_turns(floor.up)
            scores[turns] += FLOOR_WEIGHT
            scores[(turns + 2) % 4] = 0.0
        self._scores += scores
        self._count += 1
        return int(np.argmax(self._scores)) if self._count >= OBSERVATIONS else None
