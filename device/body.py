"""Keypoints + depth -> joints in levelled axes and the angles read from them.

A keypoint lies on the skin, a joint inside: each joint is put its flesh behind the skin. Where a
joint is hidden, or its depth is that of something in front of or behind the lifter, the pose
model's own guess of relative depth stands in; legs are put right by `joints`. Without depth
everything stays in that model's scale and only angles and ratios are given.
"""

from __future__ import annotations

import math
from statistics import median

import numpy as np
import numpy.typing as npt

from device.geometry import length, to_levelled
from device.joints import (
    FEET,
    Bones,
    SightLines,
    feet_on_floor,
    knee_flexion_deg,
    knees_from_bones,
    skin_depth,
    stretched_towards_camera,
)
from device.records import (
    JOINTS,
    Array,
    BodyPose,
    DepthImage,
    Floor,
    Frame,
    Joint,
    Keypoints,
)

VISIBLE = 0.5
SAME_BODY_M = 0.25  # a joint's depth may differ so much from where the pose model puts it
FOOT_REACH_M = 0.6  # a foot that would lie further from where it was seen is in the air
JUMP_M = 0.35  # nobody moves so far towards the camera between two frames: something is in front

REMEMBERED_S = 1.5  # a distance seen so long ago still tells the lifter from a passer-by

# Skin to joint centre along the line of sight, m (half the segment's breadth; de Leva 1996 and
# ANSUR II breadths, rounded).
_FLESH_M = np.full(JOINTS, 0.02)
_FLESH_M[[Joint.LEFT_HIP, Joint.RIGHT_HIP]] = 0.09
_FLESH_M[[Joint.LEFT_SHOULDER, Joint.RIGHT_SHOULDER]] = 0.06
_FLESH_M[[Joint.LEFT_KNEE, Joint.RIGHT_KNEE]] = 0.055
_FLESH_M[[Joint.LEFT_ANKLE, Joint.RIGHT_ANKLE]] = 0.04
_FLESH_M[[Joint.LEFT_ELBOW, Joint.RIGHT_ELBOW]] = 0.045

_CORE = [Joint.LEFT_SHOULDER, Joint.RIGHT_SHOULDER, Joint.LEFT_HIP, Joint.RIGHT_HIP]
_PAIRS = {
    "shoulder": (Joint.LEFT_SHOULDER, Joint.RIGHT_SHOULDER),
    "hip": (Joint.LEFT_HIP, Joint.RIGHT_HIP),
    "knee": (Joint.LEFT_KNEE, Joint.RIGHT_KNEE),
    "ankle": (Joint.LEFT_ANKLE, Joint.RIGHT_ANKLE),
    "wrist": (Joint.LEFT_WRIST, Joint.RIGHT_WRIST),
}
_UPRIGHT = np.array([1.0, -1.0, -1.0])  # camera axes -> levelled axes of a camera held level


class BodyTracker:
    """Turns keypoints into bodies; remembers how far away the lifter stood a moment ago."""

    def __init__(self) -> None:
        self._distance_m: float | None = None
        self._seen_s = -np.inf
        self._bones = Bones()

    def update(self, keypoints: Keypoints, frame: Frame, floor: Floor | None) -> BodyPose | None:
        """The body of one frame; None where there is depth but it shows no body or no floor."""
        if frame.depth is None:
            return self._flat_body(keypoints)
        if floor is None:
            return None
        lines = SightLines.through(keypoints.points_px, frame.color, frame.depth.to_color)
        z = self._depths(keypoints, lines, frame.depth)
        if z is None:
            return None
        joints_m = to_levelled(lines.at(z), floor)
        feet, meets = feet_on_floor(lines, floor)
        x, _, z_off = (feet - joints_m[FEET]).T
        stands = meets & (np.hypot(x, z_off) < FOOT_REACH_M)
        joints_m[FEET] = np.where(stands[:, None], feet, joints_m[FEET])
        self._bones.learn(joints_m)
        if self._bones.lengths is not None:
            forward = _forward(_facing_away_deg(joints_m))
            joints_m = knees_from_bones(joints_m, self._bones.lengths, forward)
        return _describe(keypoints, joints_m, metric=True, hip_height=None)

    def _depths(self, keypoints: Keypoints, lines: SightLines, depth: DepthImage) -> Array | None:
        """(33,) depth of every joint along the colour camera's axis; None: something hides them."""
        z = skin_depth(lines, depth, self._distance_m or 1.4) + _FLESH_M
        root = self._root_distance(keypoints, z)
        if root is None:
            return None
        guess = root + keypoints.world_m[:, 2]
        hidden = ~(np.abs(z - guess) < SAME_BODY_M) | (keypoints.visibility < VISIBLE)
        return np.where(hidden, guess, z)

    def _root_distance(self, keypoints: Keypoints, z: Array) -> float | None:
        """Distance of the mid-hip, by the trunk's joints; None where something hides it."""
        offsets = (z - keypoints.world_m[:, 2])[_CORE].tolist()
        offsets = [offset for offset in offsets if math.isfinite(offset)]
        fresh = keypoints.time_s - self._seen_s < REMEMBERED_S
        if len(offsets) < 2:
            return self._distance_m if fresh else None
        root = float(median(offsets))
        if fresh and self._distance_m and abs(root - self._distance_m) > JUMP_M:
            return None  # somebody in between; the keypoints may be theirs, too
        self._distance_m, self._seen_s = root, keypoints.time_s
        return root

    def _flat_body(self, keypoints: Keypoints) -> BodyPose:
        """A body without depth: the model's own shape, the camera taken as level.

        The model shortens bones that point at the camera, and a knee then looks less bent than it
        is. A bone keeps its length: what it lacks against upright standing is put back along the
        line of sight.
        """
        ankle_y = keypoints.points_px[[Joint.LEFT_ANKLE, Joint.RIGHT_ANKLE], 1].mean()
        hip_y = keypoints.points_px[[Joint.LEFT_HIP, Joint.RIGHT_HIP], 1].mean()
        joints = keypoints.world_m * _UPRIGHT
        self._bones.learn(joints)
        if self._bones.lengths is not None:
            joints = stretched_towards_camera(joints, self._bones.lengths)
        return _describe(keypoints, joints, metric=False, hip_height=float(ankle_y - hip_y))


def _describe(
    keypoints: Keypoints, joints_m: Array, metric: bool, hip_height: float | None
) -> BodyPose:
    shoulder, hip, knee, ankle = (
        _middle(joints_m, name) for name in ("shoulder", "hip", "knee", "ankle")
    )
    trunk = shoulder - hip
    facing_deg = _facing_away_deg(joints_m)
    forward = _forward(facing_deg)
    seen = keypoints.visibility >= VISIBLE
    left, right = (_leg(joints_m, side, forward) for side in (0, 1))
    wrist_shoulder, wrist_knee = _wrists(joints_m, seen, knee, trunk)
    return BodyPose(
        time_s=keypoints.time_s,
        metric=metric,
        joints_m=joints_m,
        visibility=keypoints.visibility,
        hip_height=float(hip[1] - ankle[1]) if hip_height is None else hip_height,
        knee_flexion_left_deg=left[0],
        knee_flexion_right_deg=right[0],
        hip_above_knee_cm=100 * float(hip[1] - knee[1]) if metric else None,
        trunk_lean_deg=_lean_deg(trunk, forward),
        shin_lean_left_deg=left[1],
        shin_lean_right_deg=right[1],
        wrist_above_shoulder=wrist_shoulder,
        wrist_above_knee=wrist_knee,
        feet_position_m=(float(ankle[0]), float(ankle[2])) if metric else None,
        facing_away_deg=facing_deg,
    )


def _middle(joints_m: Array, name: str) -> Array:
    left, right = _PAIRS[name]
    middle: Array = (joints_m[left] + joints_m[right]) / 2
    return middle


def _facing_away_deg(joints_m: Array) -> float:
    """Back to the camera = 0, turned to the left positive, by hips and shoulders together."""
    across = (
        joints_m[Joint.RIGHT_HIP]
        - joints_m[Joint.LEFT_HIP]
        + joints_m[Joint.RIGHT_SHOULDER]
        - joints_m[Joint.LEFT_SHOULDER]
    )
    return math.degrees(math.atan2(-across[2], across[0]))


def _forward(facing_away_deg: float) -> Array:
    angle = math.radians(facing_away_deg)
    return np.array([-math.sin(angle), 0.0, -math.cos(angle)])


def _lean_deg(segment: Array, forward: Array) -> float:
    """Forward lean of an upward segment in the lifter's sagittal plane."""
    return math.degrees(math.atan2(segment @ forward, segment[1]))


def _leg(joints_m: Array, side: int, forward: Array) -> tuple[float, float]:
    """Knee flexion (straight = 0) and forward lean of the shin, deg; side 0 is left, 1 right."""
    hip, knee, ankle = (joints_m[_PAIRS[name][side]] for name in ("hip", "knee", "ankle"))
    return knee_flexion_deg(hip, knee, ankle), _lean_deg(knee - ankle, forward)


def _wrists(
    joints_m: Array, seen: npt.NDArray[np.bool_], knee: Array, trunk: Array
) -> tuple[float | None, float | None]:
    """The lower visible wrist above its shoulder and above the knees, in trunk lengths."""
    trunk_m = length(trunk) + 1e-9
    above_shoulder, above_knee = [], []
    for wrist, shoulder in zip(_PAIRS["wrist"], _PAIRS["shoulder"], strict=True):
        if seen[wrist]:
            above_shoulder.append(float(joints_m[wrist, 1] - joints_m[shoulder, 1]) / trunk_m)
            above_knee.append(float(joints_m[wrist, 1] - knee[1]) / trunk_m)
    return min(above_shoulder, default=None), min(above_knee, default=None)
