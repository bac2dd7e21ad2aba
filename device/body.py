"""Keypoints + depth -> joints in levelled axes and the angles read from them.

A keypoint lies on the skin, a joint inside: each joint is put its flesh behind the skin. Where a
joint is hidden, or its depth is that of something in front of or behind the lifter, the pose
model's own guess of relative depth stands in. Without depth everything stays in that model's
scale and only angles and ratios are given.
"""

from __future__ import annotations

from collections import deque

import numpy as np
import numpy.typing as npt

from device.geometry import deproject, inverse, project, to_levelled, transform
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
PATCH_PX = 2  # half width of the depth patch read at a joint
SAME_BODY_M = 0.25  # a joint's depth may differ so much from where the pose model puts it
JUMP_M = 0.35  # nobody moves so far towards the camera between two frames: something is in front

REMEMBERED_S = 1.5  # a distance seen so long ago still tells the lifter from a passer-by
UPRIGHT_KNEE_DEG = 25.0
BONES_KEPT, BONES_NEEDED = 60, 5  # frames of upright standing that bones are measured in

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
_BONES = (
    (Joint.LEFT_HIP, Joint.LEFT_KNEE),
    (Joint.LEFT_KNEE, Joint.LEFT_ANKLE),
    (Joint.RIGHT_HIP, Joint.RIGHT_KNEE),
    (Joint.RIGHT_KNEE, Joint.RIGHT_ANKLE),
)
_TOWARDS = np.array([0.0, 0.0, 1.0])
_UPRIGHT = np.array([1.0, -1.0, -1.0])  # camera axes -> levelled axes of a camera held level


class BodyTracker:
    """Turns keypoints into bodies; remembers how far away the lifter stood a moment ago."""

    def __init__(self) -> None:
        self._distance_m: float | None = None
        self._seen_s = -np.inf
        self._bones_m: deque[Array] = deque(maxlen=BONES_KEPT)

    def update(self, keypoints: Keypoints, frame: Frame, floor: Floor | None) -> BodyPose | None:
        """The body of one frame; None where there is depth but it shows no body or no floor."""
        if frame.depth is None:
            return self._flat_body(keypoints)
        if floor is None:
            return None
        joints_m = self._joints_in_depth_axes(keypoints, frame.depth, frame.color)
        if joints_m is None:
            return None
        return _describe(keypoints, to_levelled(joints_m, floor), metric=True, hip_height=None)

    def _joints_in_depth_axes(
        self, keypoints: Keypoints, depth: DepthImage, color: Intrinsics
    ) -> Array | None:
        start_m = self._distance_m or 1.4
        skin_z = _skin_depth(keypoints, depth, color, start_m)
        z = skin_z + _FLESH_M
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
        lengths = np.array([np.linalg.norm(joints[end] - joints[start]) for start, end in _BONES])
        upright = all(_leg(joints, side, _TOWARDS)[0] < UPRIGHT_KNEE_DEG for side in _SIDES)
        if upright:
            self._bones_m.append(lengths)
        if len(self._bones_m) >= BONES_NEEDED:
            joints = _with_bones(joints, np.median(self._bones_m, axis=0))
        return _describe(keypoints, joints, metric=False, hip_height=float(ankle_y - hip_y))


def _with_bones(joints_m: Array, lengths_m: Array) -> Array:
    """The joints with thighs and shins stretched along the line of sight to their lengths."""
    stretched = joints_m.copy()
    for (start, end), length in zip(_BONES, lengths_m, strict=True):
        bone = joints_m[end] - joints_m[start]
        missing = length**2 - bone[0] ** 2 - bone[1] ** 2
        if missing > 0:
            bone[2] = np.copysign(np.sqrt(missing), bone[2])
        stretched[end] = stretched[start] + bone
    return stretched


def _skin_depth(
    keypoints: Keypoints, depth: DepthImage, color: Intrinsics, start_m: float
) -> Array:
    """(33,) depth of the skin under each keypoint along the colour camera's axis; NaN: none.

    The depth pixel that a colour pixel shows depends on its distance, so it is found in rounds
    from a first guess: the whole image need not be aligned for 33 points.
    """
    z = np.full(JOINTS, start_m)
    to_depth = inverse(depth.to_color)
    for _ in range(3):
        in_depth = transform(deproject(keypoints.points_px, z, color), to_depth)
        measured = _sample(depth, project(in_depth, depth.intrinsics))
        found = measured > 0
        z = np.where(found, measured + (z - in_depth[:, 2]), z)
    return np.where(found, z, np.nan)


def _sample(depth: DepthImage, points_px: Array) -> Array:
    """(n,) median depth, m, of a small patch around each pixel; 0 where there is none."""
    height, width = depth.raw.shape
    offsets = np.arange(-PATCH_PX, PATCH_PX + 1)
    finite = np.nan_to_num(points_px, nan=-1e4).clip(-1e4, 1e4)
    columns = np.rint(finite[:, 0]).astype(int)[:, None, None] + offsets[None, None, :]
    rows = np.rint(finite[:, 1]).astype(int)[:, None, None] + offsets[None, :, None]
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    patch = depth.raw[rows.clip(0, height - 1), columns.clip(0, width - 1)] * inside
    flat = np.sort(patch.reshape(len(points_px), -1), axis=1)
    holes = (flat == 0).sum(axis=1)
    middle = (holes + (flat.shape[1] - holes) // 2).clip(0, flat.shape[1] - 1)
    median = flat[np.arange(len(flat)), middle].astype(float) * depth.unit_m
    return np.where(flat.shape[1] - holes >= 5, median, 0.0)


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
    thigh, shin = hip - knee, ankle - knee
    cosine = thigh @ shin / (np.linalg.norm(thigh) * np.linalg.norm(shin) + 1e-9)
    flexion_deg = 180.0 - float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
    return flexion_deg, _lean_deg(-shin, forward)


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
