"""How far the shins lean forward, where the view shows it.

The lean of a shin is the way its knee lies ahead of its ankle. Seen from behind or from the front
that way runs along the line of sight, where an ankle or a knee is wrong by 10 to 20 cm: half a
shin's length. The number is then about the guess and not about the shin, so there is none
(decision 10). Beside the lifter the picture itself shows the lean.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from device.joints import LEGS, Point, Rows, dot, lean_deg, minus

SEEN = 0.5  # visibility of both ends of a shin
# Between the way the lifter faces and the line of sight. What is wrong along the line of sight
# counts by half here, and less further on.
BESIDE = math.sin(math.radians(60.0))


def shin_leans_deg(
    joints: Rows, visibility: Sequence[float], forward: Point, eye: Point | None
) -> tuple[float | None, float | None]:
    """Forward lean of the left and of the right shin, deg; None where it can't be seen.

    `joints` in levelled axes; `forward` is the way the lifter faces, level and of length 1. `eye`
    is the colour camera, None for one that is far away and looks along -z.
    """
    left, right = (
        lean_deg(minus(joints[knee], joints[ankle]), forward)
        if min(visibility[knee], visibility[ankle]) >= SEEN and _beside(joints[ankle], forward, eye)
        else None
        for _, knee, ankle in LEGS
    )
    return left, right


def _beside(ankle: Point, forward: Point, eye: Point | None) -> bool:
    """Whether the line of sight crosses the way the lifter faces instead of running along it."""
    x, _, z = (0.0, 0.0, -1.0) if eye is None else minus(ankle, eye)
    along = abs(dot((x, 0.0, z), forward))
    return math.sqrt(max(x * x + z * z - along**2, 0.0)) >= BESIDE * math.hypot(x, z)
