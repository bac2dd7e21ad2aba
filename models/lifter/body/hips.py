"""Where a lifter's hip joints are, which is not where the body model has them.

Decision record 15 tells why, with its sources.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from device.records import Array

HIP_DEPTH = 0.54  # of the way from the seat's rearmost skin to the belly's foremost
HIP_BREADTH = 0.76  # from the middle, against the body model's own


HIPS = ("upperleg01.L", "upperleg01.R")
_HIP_SLAB_M = 0.09  # the seat is deepest within so much of the hips' height
_TRUNK_HALF_WIDTH = 1.3  # of the hip joints' distance from the middle: not the hands beside them


def hip_joints(
    depth: float, breadth: float, joints: Mapping[str, Array], vertices: npt.NDArray[np.float32]
) -> Array:
    """(2, 3) hip joint centres, left and right, at rest, m.

    The body model's own, about which its skin is made to bend, lie as wide as the trochanters and
    40 % of the seat's depth from behind; people's lie near the middle, a third of a pelvis further
    in.
    """
    own = np.stack([joints[hip] for hip in HIPS])
    level = (np.abs(vertices[:, 2] - own[0, 2]) < _HIP_SLAB_M) & (
        np.abs(vertices[:, 0]) < _TRUNK_HALF_WIDTH * own[0, 0]
    )
    rear, front = float(vertices[level, 1].max()), float(vertices[level, 1].min())
    true = own.copy()
    true[:, 0] *= breadth
    true[:, 1] = rear + depth * (front - rear)
    return true
