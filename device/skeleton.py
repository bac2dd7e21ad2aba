"""Bodies of a rep -> the joints that are kept of it, in the lifter's own axes.

A sample is the mean of the frames of a fifteenth of a second: fine enough for a squat, half the
room of every frame, and calmer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from device.records import SKELETON_JOINTS, Array, BodyPose, Joint, Skeleton

SAMPLES_PER_S = 15.0
# Legs are put right where they are hidden; of everything else a guess is worse than nothing.
VISIBLE = 0.5
_LEGS = range(Joint.LEFT_HIP, Joint.RIGHT_TOE + 1)
_MAY_BE_GUESSED = np.array([joint in _LEGS for joint in SKELETON_JOINTS])
_ANKLES = [SKELETON_JOINTS.index(joint) for joint in (Joint.LEFT_ANKLE, Joint.RIGHT_ANKLE)]


def skeleton_of(bodies: Sequence[BodyPose]) -> Skeleton | None:
    """The joints of a rep's frames; None where it is not known which way the lifter faced."""
    facing_deg = [
        body.facing_away_deg
        for body in bodies
        if body.facing_away_deg is not None and math.isfinite(body.facing_away_deg)
    ]
    if not facing_deg:
        return None
    time_s = np.array([body.time_s for body in bodies])
    joints = np.stack([body.joints_m for body in bodies])[:, SKELETON_JOINTS]
    seen = np.stack([body.visibility for body in bodies])[:, SKELETON_JOINTS] >= VISIBLE
    joints = np.where((seen | _MAY_BE_GUESSED)[..., None], joints, np.nan)
    sample = np.floor((time_s - time_s[0]) * SAMPLES_PER_S + 1e-6).astype(int)
    firsts = np.flatnonzero(np.diff(sample, prepend=-1))
    metric = all(body.metric for body in bodies)
    return Skeleton(
        time_s=_means(time_s, firsts),
        joints_m=_from_ankles(_means(joints @ _own_axes(facing_deg), firsts), metric),
        metric=metric,
    )


def _own_axes(facing_away_deg: Sequence[float]) -> Array:
    """(3, 3) what levelled axes are multiplied by: columns ahead, up, to the right.

    One direction for the whole rep: who squats does not turn, and a single frame's is noisy.
    """
    angles = np.radians(facing_away_deg)
    angle = np.arctan2(np.sin(angles).mean(), np.cos(angles).mean())
    sin, cos = np.sin(angle), np.cos(angle)
    return np.array([[-sin, 0.0, cos], [0.0, 1.0, 0.0], [-cos, 0.0, -sin]])


def _means(values: Array, firsts: npt.NDArray[np.intp]) -> Array:
    """Over each stretch that begins at `firsts`, of what is known there."""
    known = np.isfinite(values)
    count = np.add.reduceat(known.astype(float), firsts, axis=0)
    total = np.add.reduceat(np.where(known, values, 0.0), firsts, axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _from_ankles(joints: Array, metric: bool) -> Array:
    """About the place between the ankles: one for the rep, on the floor; or each sample's."""
    middle = joints[:, _ANKLES].mean(axis=1)
    if metric:
        middle = np.median(middle, axis=0, keepdims=True) * [1.0, 0.0, 1.0]
    moved: Array = joints - middle[:, None]
    return moved
