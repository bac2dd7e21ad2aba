"""Keypoints + depth -> joints in levelled axes and the angles read from them.

A keypoint lies on the skin, a joint inside: each joint is put its flesh behind the skin. Where a
joint is hidden, or its depth is that of something in front of or behind the lifter, the pose
model's own guess of relative depth stands in; legs are put right by `joints`. Without depth
everything stays in that model's scale and only angles and ratios are given.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from device.geometry import deproject, inverse, to_levelled, transform
from device.joints import (
    Bones,
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
    Intrinsics,
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
_SIDES = ("LEFT", "RIGHT")
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
        in_depth = self._joints_in_depth_axes(keypoints, frame.depth, frame.color)
        if in_depth is None:
            return None
        joints_m = to_levelled(in_depth, floor)
        feet = feet_on_floor(keypoints.points_px, frame.color, frame.depth.to_color, floor)
        for joint, place in feet.items():
            if np.linalg.norm((place - joints_m[joint])[[0, 2]]) < FOOT_REACH_M:
                joints_m[joint] = place
        self._bones.learn(joints_m)
        if self._bones.lengths is not None:
            forward = _forward(_facing_away_deg(joints_m))
            joints_m = knees_from_bones(joints_m, self._bones.lengths, forward)
        return _describe(keypoints, joints_m, metric=True, hip_height=None)

    def _joints_in_depth_axes(
        self, keypoints: Keypoints, depth: DepthImage, color: Intrinsics
    ) -> Array | None:
        start_m = self._distance_m or 1.4
        z = skin_depth(keypoints.points_px, depth, color, start_m) + _FLESH_M
        root = self._root_distance(keypoints, z)
        if root is None:
            return None
        guess = root + keypoints.world_m[:, 2]
        hidden = ~(np.abs(z - guess) < SAME_BODY_M) | (keypoints.visibility < VISIBLE)
        z = np.where(hidden, guess, z)
        in_color = deproject(keypoints.points_px, z, color)
        return transform(in_color, inverse(depth.to_color))

    def _root_distance(self, keypoints: Keypoints, z: Array) -> float | None:
        """Distance of the mid-hip, by the trunk's joints; None where something hides it."""
        offsets = (z - keypoints.world_m[:, 2])[_CORE]
        offsets = offsets[np.isfinite(offsets)]
        fresh = keypoints.time_s - self._seen_s < REMEMBERED_S
        if len(offsets) < 2:
            return self._distance_m if fresh else None
        root = float(np.median(offsets))
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
    middle = {name: _middle(joints_m, name) for name in ("shoulder", "hip", "knee", "ankle")}
    trunk = middle["shoulder"] - middle["hip"]
    facing_deg = _facing_away_deg(joints_m)
    forward = _forward(facing_deg)
    seen = keypoints.visibility >= VISIBLE
    left, right = _leg(joints_m, "LEFT", forward), _leg(joints_m, "RIGHT", forward)
    wrist_shoulder, wrist_knee = _wrists(joints_m, seen, middle["knee"], trunk)
    drop_m = float(middle["hip"][1] - middle["knee"][1])
    feet = (float(middle["ankle"][0]), float(middle["ankle"][2]))
    return BodyPose(
        time_s=keypoints.time_s,
        metric=metric,
        joints_m=joints_m,
        visibility=keypoints.visibility,
        hip_height=float(middle["hip"][1] - middle["ankle"][1])
        if hip_height is None
        else hip_height,
        knee_flexion_left_deg=left[0],
        knee_flexion_right_deg=right[0],
        hip_above_knee_cm=100 * drop_m if metric else None,
        trunk_lean_deg=_lean_deg(trunk, forward),
        shin_lean_left_deg=left[1],
        shin_lean_right_deg=right[1],
        wrist_above_shoulder=wrist_shoulder,
        wrist_above_knee=wrist_knee,
        feet_position_m=feet if metric else None,
        facing_away_deg=facing_deg,
    )


def _middle(joints_m: Array, name: str) -> Array:
    sides = [Joint[f"LEFT_{name.upper()}"], Joint[f"RIGHT_{name.upper()}"]]
    middle: Array = joints_m[sides].mean(axis=0)
    return middle


def _facing_away_deg(joints_m: Array) -> float:
    """Back to the camera = 0, turned to the left positive, by hips and shoulders together."""
    across = (
        joints_m[Joint.RIGHT_HIP]
        - joints_m[Joint.LEFT_HIP]
        + joints_m[Joint.RIGHT_SHOULDER]
        - joints_m[Joint.LEFT_SHOULDER]
    )
    return float(np.degrees(np.arctan2(-across[2], across[0])))


def _forward(facing_away_deg: float) -> Array:
    angle = np.radians(facing_away_deg)
    return np.array([-np.sin(angle), 0.0, -np.cos(angle)])


def _lean_deg(segment: Array, forward: Array) -> float:
    """Forward lean of an upward segment in the lifter's sagittal plane."""
    return float(np.degrees(np.arctan2(segment @ forward, segment[1])))


def _leg(joints_m: Array, side: str, forward: Array) -> tuple[float, float]:
    """Knee flexion (straight = 0) and forward lean of the shin, deg."""
    hip, knee, ankle = (joints_m[Joint[f"{side}_{name}"]] for name in ("HIP", "KNEE", "ANKLE"))
    return knee_flexion_deg(hip, knee, ankle), _lean_deg(knee - ankle, forward)


def _wrists(
    joints_m: Array, seen: npt.NDArray[np.bool_], knee: Array, trunk: Array
) -> tuple[float | None, float | None]:
    """The lower visible wrist above its shoulder and above the knees, in trunk lengths."""
    length = float(np.linalg.norm(trunk)) + 1e-9
    above_shoulder, above_knee = [], []
    for side in _SIDES:
        wrist, shoulder = Joint[f"{side}_WRIST"], Joint[f"{side}_SHOULDER"]
        if seen[wrist]:
            above_shoulder.append(float(joints_m[wrist, 1] - joints_m[shoulder, 1]) / length)
            above_knee.append(float(joints_m[wrist, 1] - knee[1]) / length)
    return min(above_shoulder, default=None), min(above_knee, default=None)
