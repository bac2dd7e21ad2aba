"""What is seen of the body: keypoints, floor, joints and angles, the pelvis."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from device.records.arrays import Array


class Joint(IntEnum):
    """Rows of a keypoint array: BlazePose's 33 landmarks (only those that are used are named)."""

    NOSE = 0
    LEFT_EAR = 7
    RIGHT_EAR = 8
    LEFT_SHOULDER = 11
    RIGHT_SHOULDER = 12
    LEFT_ELBOW = 13
    RIGHT_ELBOW = 14
    LEFT_WRIST = 15
    RIGHT_WRIST = 16
    LEFT_HIP = 23
    RIGHT_HIP = 24
    LEFT_KNEE = 25
    RIGHT_KNEE = 26
    LEFT_ANKLE = 27
    RIGHT_ANKLE = 28
    LEFT_HEEL = 29
    RIGHT_HEEL = 30
    LEFT_TOE = 31
    RIGHT_TOE = 32


JOINTS = 33


@dataclass(frozen=True, slots=True)
class Keypoints:
    """What the pose model sees of one person."""

    time_s: float
    points_px: Array  # (33, 2) in the colour image as delivered
    visibility: Array  # (33,) 0..1
    world_m: Array  # (33, 3) about the mid-hip, camera axes; the model's guess of scale and depth
    presence: float  # 0..1


@dataclass(frozen=True, slots=True)
class Floor:
    """The floor plane in depth-camera axes, and through it the direction of gravity."""

    up: Array  # (3,) unit vector
    camera_height_m: float
    inlier_share: float  # share of the sampled depth pixels that lie on the plane


@dataclass(frozen=True, slots=True)
class BodyPose:
    """Joints in levelled axes and the angles read from them.

    `metric` is False where there was no depth: lengths are then in the pose model's own scale,
    only ratios and angles may be used, and everything in cm or m is None.
    """

    time_s: float
    metric: bool
    joints_m: Array  # (33, 3) levelled axes; NaN where unknown
    visibility: Array  # (33,)
    hip_height: float  # mid-hip above mid-ankle; metres if metric
    knee_flexion_left_deg: float | None
    knee_flexion_right_deg: float | None
    hip_above_knee_cm: float | None  # hip crease against top of knee; negative = below parallel
    trunk_lean_deg: float | None  # forward positive
    shin_lean_left_deg: float | None
    shin_lean_right_deg: float | None
    wrist_above_shoulder: float | None  # lower wrist against its shoulder, in trunk lengths
    wrist_above_knee: float | None  # lower wrist against the mid-knee, in trunk lengths
    feet_position_m: tuple[float, float] | None  # mid-ankle on the floor (x, z), to see walking
    facing_away_deg: float | None  # 0 = back to the camera; positive = turned to the left


@dataclass(frozen=True, slots=True)
class PelvisPose:
    """The pelvis against gravity, and the lumbar spine against the pelvis, with uncertainty.

    All None with a `reason` where it could not be measured. The tilt's zero is anatomical only
    on average: just its change within one lifter is claimed.
    """

    time_s: float
    tilt_deg: float | None = None
    tilt_sd_deg: float | None = None
    list_deg: float | None = None
    list_sd_deg: float | None = None
    rotation_deg: float | None = None  # against the camera's viewing direction
    rotation_sd_deg: float | None = None
    lumbar_flexion_deg: float | None = None
    lumbar_flexion_sd_deg: float | None = None
    reason: str | None = None
    doubt: str | None = None  # measured, but vaguely: what seems to make it so
    strangeness: float | None = None  # 1: a familiar view; None: the model can't tell
