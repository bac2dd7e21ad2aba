"""A body's shape, its pose as angles, and the body that comes of both.

World axes: x to the lifter's left, -y forward, z up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from device.geometry import wrap_deg
from device.records import Array
from models.lifter.body.arms import Grip, Posture
from models.lifter.body.hips import HIP_BREADTH, HIP_DEPTH
from models.lifter.body.skeleton import rot_z

Floats = npt.NDArray[np.float32]
Pair = tuple[float, float]  # left, right


@dataclass(frozen=True)
class BodyShape:
    """The body model's phenotypes, each 0 to 1 (age: 0.67 adult, 1 old; gender: 0 male).

    The two `hip` values say where this lifter's hip joints are; see `hip_joints`.
    """

    gender: float = 0.0
    age: float = 0.67
    muscle: float = 0.6
    weight: float = 0.5
    height: float = 0.5
    proportions: float = 0.5
    hip_depth: float = HIP_DEPTH
    hip_breadth: float = HIP_BREADTH


@dataclass(frozen=True)
class Feet:
    """Where the ankles and the mid-hip are in the world, for planted feet and steps."""

    left_ankle_m: tuple[float, float, float]
    right_ankle_m: tuple[float, float, float]
    mid_hip_m: tuple[float, float, float]
    heel_lift_deg: Pair = (0.0, 0.0)


@dataclass(frozen=True)
class PoseAngles:
    """One pose, degrees. Pairs are (left, right).

    Thigh: raised from the vertical; shank: leaning forward; abduction: how far the plane of the
    leg turns outwards; toe-out: on top of the rest pose's own. With `feet` the legs reach for
    planted ankles instead, knees pointing along `abduction`.
    """

    pelvic_tilt: float = 0.0  # anterior positive
    pelvic_list: float = 0.0  # right side higher positive
    pelvic_rotation: float = 0.0  # to the left positive
    lumbar_flexion: float = 0.0  # sum over the three lumbar bones, flexion positive
    lumbar_split: tuple[float, float, float] = (0.15, 0.45, 0.40)
    thoracic_flexion: float = 0.0
    neck_flexion: float = 0.0
    thigh: Pair = (0.0, 0.0)
    shank: Pair = (0.0, 0.0)
    abduction: Pair = (15.0, 15.0)
    toe_out: Pair = (15.0, 15.0)
    posture: Posture = "hanging"
    posture_to: Posture | None = None  # the arms are on their way to this one
    posture_share: float = 0.0  # how far, 0 to 1
    grip_width: float = 0.5
    elbow_back: float = 25.0
    feet: Feet | None = None


@dataclass(frozen=True)
class PelvisTruth:
    """What a perfect instrument would read.

    `lumbar_flexion_deg` is the forward lean of the chord from S1 (fixed in the pelvis) to T10,
    minus the pelvic tilt, flexion positive; its zero is arbitrary.
    """

    tilt_deg: float
    list_deg: float
    rotation_deg: float
    lumbar_flexion_deg: float


@dataclass(frozen=True, eq=False)
class PosedBody:
    """One lifter in one pose, in world axes, metres."""

    shape: BodyShape
    angles: PoseAngles
    vertices: Floats  # (V, 3)
    faces: npt.NDArray[np.int32]  # (F, 3)
    joints: dict[str, Array]
    pelvis_rotation: Array  # (3, 3)
    thorax_rotation: Array  # (3, 3)
    grip: Grip | None  # centre and axis of what the hands hold
    truth: PelvisTruth
    from_rest: Array  # (bones, 4, 4) carries a vertex at rest to where that bone alone puts it

    @property
    def mid_hip(self) -> Array:
        """Between the hip joint centres."""
        return (self.joints["left_hip"] + self.joints["right_hip"]) / 2

    @property
    def mid_ankle(self) -> Array:
        """Between the ankle joints."""
        return (self.joints["left_ankle"] + self.joints["right_ankle"]) / 2


def placed(body: PosedBody, x_m: float, y_m: float, heading_deg: float = 0.0) -> PosedBody:
    """The body turned to the left about the vertical axis through the origin, then shifted."""
    turn = rot_z(heading_deg)
    offset = np.array([x_m, y_m, 0.0])
    place = np.block([[turn, offset[:, None]], [np.zeros(3), np.ones(1)]])
    grip = body.grip and Grip(turn @ body.grip.centre_m + offset, turn @ body.grip.axis)
    truth = body.truth
    return replace(
        body,
        vertices=(body.vertices @ turn.T + offset).astype(np.float32),
        joints={name: turn @ joint + offset for name, joint in body.joints.items()},
        pelvis_rotation=turn @ body.pelvis_rotation,
        thorax_rotation=turn @ body.thorax_rotation,
        grip=grip,
        truth=replace(truth, rotation_deg=wrap_deg(truth.rotation_deg + heading_deg)),
        from_rest=place @ body.from_rest,
    )
