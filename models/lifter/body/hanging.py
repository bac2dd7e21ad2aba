"""Loose cloth: taut over what stands out, hanging from it by its weight, no further than its slack.

Each step evens every point of the cloth out with its neighbours (tension), lets it fall a little
(weight), and brings it back to the near side of its slack and the outer side of its skin. What
stands out carries what hangs below, hollows are spanned, and under the seat of a bent lifter the
cloth falls off the body.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from device.records import Array

STEPS = 50


def hanging(
    skin: Array, normal: Array, mean: Any, lift_m: Array, slack_m: Array, fall_m: float
) -> Array:
    """(V, 3) m where the cloth comes to hang.

    `skin` and its unit normals `normal` are (V, 3), `lift_m` (V,) is how far the cloth stands off
    at least, `slack_m` (V,) how much further it may; `mean` is the sparse (V, V) mean of the
    neighbours.
    """
    cloth: Array = skin + normal * lift_m[:, None]
    loose = np.flatnonzero(slack_m > 0)
    own, out, least = skin[loose], normal[loose], lift_m[loose]
    most = least + slack_m[loose]
    # what is held does not move: its part of every mean stays the same
    beside = mean[loose]
    within = beside[:, loose]
    held = beside @ cloth - within @ cloth[loose]
    held[:, 2] -= fall_m
    moved = cloth[loose]
    for _ in range(STEPS):
        off = within @ moved + held - own
        inside = np.maximum(least - (off * out).sum(axis=1), 0.0)
        off += inside[:, None] * out
        off *= np.minimum(1.0, most / np.maximum(np.linalg.norm(off, axis=1), 1e-9))[:, None]
        moved = own + off
    cloth[loose] = moved
    return cloth
