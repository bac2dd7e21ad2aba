"""Points of the skeleton that the network must also find while it learns.

They are not shipped. To say where hips, knees, sacrum and spine are in the view, the network has
to see what a tilt alone would let it guess.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from device.records import Array
from models.lifter.body.model import Lifter
from models.lifter.body.posed import PosedBody
from models.lifter.scene.hip_view import SeenHips

# left and right of a pair stand beside each other: a mirrored view swaps them
MARKS = ("left_hip", "right_hip", "left_knee", "right_knee", "s1", "behind_hips", "t12", "neck")
MIRRORED = (1, 0, 3, 2, 4, 5, 6, 7)
_BEHIND_M = 0.10  # a point of the pelvis behind the middle of the hips


def marks_of(lifter: Lifter, body: PosedBody) -> Array:
    """(8, 3) the marks in the world, m."""
    rest = lifter.rest(body.shape).rest.joints
    root = body.from_rest[lifter.bones.index("root")]

    def placed(bone: str) -> Array:
        carried: Array = body.from_rest[lifter.bones.index(bone)] @ np.append(rest[bone], 1.0)
        return carried[:3]

    s1 = (root @ np.append(rest["spine04"], 1.0))[:3]  # of the sacrum: the pelvis carries it
    behind = body.mid_hip + root[:3, :3] @ np.array([0.0, _BEHIND_M, 0.0])
    legs = [body.joints[name] for name in MARKS[:4]]
    return np.stack([*legs, s1, behind, placed("spine02"), placed("neck01")])


def seen_marks(marks_m: Array, seen: SeenHips) -> npt.NDArray[np.float32]:
    """(8, 3) the marks in the axes of a hip view, m."""
    return seen.from_world(marks_m).astype(np.float32)
