"""Keypoints + depth -> joints in levelled axes and the angles read from them.

A keypoint lies on the skin, a joint inside: each joint is put its flesh behind the skin. Where a
joint is hidden, or its depth is that of something in front of or behind the lifter, the pose
model's own guess of relative depth stands in; legs are put right by `joints`. Without depth
everything stays in that model's scale and only angles and ratios are given.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

import numpy as np

from device.geometry import to_levelled
from device.joints import (
    FOOT_HEIGHT_M,
    LEGS,
    Bones,
    Point,
    Rows,
    foot_on_floor,
    knee_flexion_deg,
    lean_deg,
    minus,
    stretched_towards_camera,
)
from device.legs import Legs
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
from device.shins import shin_leans_deg
from device.sight import SightLines, skin_depth

VISIBLE = 0.5
SAME_BODY_M = 0.25  # a joint's depth may differ so much from where the pose model puts it
FOOT_REACH_M = 0.6  # a foot that would lie further from where it was seen is in the air
JUMP_M = 0.35  # nobody moves so far towards the camera between two frames: something is in front

REMEMBERED_S = 1.5  # a distance seen so long ago still tells the lifter from a passer-by

# Skin to joint centre along the line of sight, m (half the segment's breadth; de Leva 1996 and
# ANSUR II breadths, rounded).
_FLESH_M = np.full(JOINTS, 0.02)
_FLESH_M[[Joint.LEFT_HIP, Joint.RIGHT_HIP]] = 0.125  # decision 15
_FLESH_M[[Joint.LEFT_SHOULDER, Joint.RIGHT_SHOULDER]] = 0.06
_FLESH_M[[Joint.LEFT_KNEE, Joint.RIGHT_KNEE]] = 0.055
_FLESH_M[[Joint.LEFT_ANKLE, Joint.RIGHT_ANKLE]] = 0.04
_FLESH_M[[Joint.LEFT_ELBOW, Joint.RIGHT_ELBOW]] = 0.045
_FLESHES_M: list[float] = _FLESH_M.tolist()

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
        self._legs = Legs()

    def update(self, keypoints: Keypoints, frame: Frame, floor: Floor | None) -> BodyPose | None:
        """The body of one frame; None where there is depth but it shows no body or no floor."""
        if frame.depth is None:
            return self._flat_body(keypoints)
        if floor is None:
            return None
        lines = SightLines.through(keypoints.points_px, frame.color, frame.depth.to_color)
        visibility = keypoints.visibility.tolist()
        z = self._depths(keypoints, visibility, lines, frame.depth)
        if z is None:
            return None
        joints: Rows = to_levelled(lines.at(np.array(z)), floor).tolist()
        eye: Point = to_levelled(lines.origin_m, floor).tolist()
        _stand(joints, eye, z)
        forward = _forward(_facing_away_deg(joints))
        joints = self._legs.corrected(joints, visibility, forward, keypoints.time_s)
        return _describe(keypoints, joints, eye, hip_height=None)

    def _depths(
        self,
        keypoints: Keypoints,
        visibility: Sequence[float],
        lines: SightLines,
        depth: DepthImage,
    ) -> list[float] | None:
        """Depth of every joint along the colour camera's axis; None: something hides them."""
        skin = skin_depth(lines, depth, self._distance_m or 1.4)
        z = [there + flesh for there, flesh in zip(skin, _FLESHES_M, strict=True)]
        guesses = keypoints.world_m[:, 2].tolist()
        root = self._root_distance([z[j] - guesses[j] for j in _CORE], keypoints.time_s)
        if root is None:
            return None
        return [
            there if abs(there - (root + guess)) < SAME_BODY_M and seen >= VISIBLE else root + guess
            for there, guess, seen in zip(z, guesses, visibility, strict=True)
        ]

    def _root_distance(self, offsets: Sequence[float], time_s: float) -> float | None:
        """Distance of the mid-hip, by what each of the trunk's joints says of it; None where
        something hides it.
        """
        known = [offset for offset in offsets if math.isfinite(offset)]
        fresh = time_s - self._seen_s < REMEMBERED_S
        if len(known) < 2:
            return self._distance_m if fresh else None
        root = float(median(known))
        if fresh and self._distance_m and abs(root - self._distance_m) > JUMP_M:
            return None  # somebody in between; the keypoints may be theirs, too
        self._distance_m, self._seen_s = root, time_s
        return root

    def _flat_body(self, keypoints: Keypoints) -> BodyPose:
        """A body without depth: the model's own shape, the camera taken as level.

        The model shortens bones that point at the camera, and a knee then looks less bent than it
        is. A bone keeps its length: what it lacks against upright standing is put back along the
        line of sight.
        """
        pixels: Rows = keypoints.points_px.tolist()
        joints: Rows = (keypoints.world_m * _UPRIGHT).tolist()
        self._bones.learn(joints)
        if self._bones.lengths is not None:
            joints = stretched_towards_camera(joints, self._bones.lengths)
        height_px = _middle(pixels, "ankle")[1] - _middle(pixels, "hip")[1]
        return _describe(keypoints, joints, None, hip_height=height_px)


def _stand(joints: Rows, eye: Point, z: Sequence[float]) -> None:
    """Puts the feet on the floor that look as if they stood on it."""
    for joint, height_m in FOOT_HEIGHT_M.items():
        x, _, z_off = joints[joint]
        place = foot_on_floor(eye, joints[joint], z[joint], height_m)
        if place is not None and math.hypot(place[0] - x, place[2] - z_off) < FOOT_REACH_M:
            joints[joint] = place


def _describe(
    keypoints: Keypoints, joints: Rows, eye: Point | None, hip_height: float | None
) -> BodyPose:
    """`eye` is the colour camera in levelled axes; None: there was no depth."""
    metric = eye is not None
    shoulder, hip, knee, ankle = (
        _middle(joints, name) for name in ("shoulder", "hip", "knee", "ankle")
    )
    trunk = minus(shoulder, hip)
    facing_deg = _facing_away_deg(joints)
    forward = _forward(facing_deg)
    knees_deg = [knee_flexion_deg(*(joints[joint] for joint in leg)) for leg in LEGS]
    shins_deg = shin_leans_deg(joints, keypoints.visibility.tolist(), forward, eye)
    wrist_shoulder, wrist_knee = _wrists(joints, keypoints.visibility, knee, trunk)
    return BodyPose(
        time_s=keypoints.time_s,
        metric=metric,
        joints_m=np.array(joints),
        visibility=keypoints.visibility,
        hip_height=hip[1] - ankle[1] if hip_height is None else hip_height,
        knee_flexion_left_deg=knees_deg[0],
        knee_flexion_right_deg=knees_deg[1],
        hip_above_knee_cm=100 * (hip[1] - knee[1]) if metric else None,
        trunk_lean_deg=lean_deg(trunk, forward),
        shin_lean_left_deg=shins_deg[0],
        shin_lean_right_deg=shins_deg[1],
        wrist_above_shoulder=wrist_shoulder,
        wrist_above_knee=wrist_knee,
        feet_position_m=(ankle[0], ankle[2]) if metric else None,
        facing_away_deg=facing_deg,
    )


def _middle(joints: Rows, name: str) -> list[float]:
    """Between the left and the right one of a pair."""
    left, right = _PAIRS[name]
    return [(a + b) / 2 for a, b in zip(joints[left], joints[right], strict=True)]


def _facing_away_deg(joints: Rows) -> float:
    """Back to the camera = 0, turned to the left positive, by hips and shoulders together."""
    x, _, z = (
        right_hip - left_hip + right_shoulder - left_shoulder
        for left_shoulder, right_shoulder, left_hip, right_hip in zip(
            *(joints[joint] for joint in _CORE), strict=True
        )
    )
    return math.degrees(math.atan2(-z, x))


def _forward(facing_away_deg: float) -> Point:
    angle = math.radians(facing_away_deg)
    return (-math.sin(angle), 0.0, -math.cos(angle))


def _wrists(
    joints: Rows, visibility: Array, knee: Point, trunk: Point
) -> tuple[float | None, float | None]:
    """The lower visible wrist above its shoulder and above the knees, in trunk lengths."""
    trunk_m = math.hypot(*trunk) + 1e-9
    above_shoulder, above_knee = [], []
    for wrist, shoulder in zip(_PAIRS["wrist"], _PAIRS["shoulder"], strict=True):
        if visibility[wrist] >= VISIBLE:
            above_shoulder.append((joints[wrist][1] - joints[shoulder][1]) / trunk_m)
            above_knee.append((joints[wrist][1] - knee[1]) / trunk_m)
    return min(above_shoulder, default=None), min(above_knee, default=None)
