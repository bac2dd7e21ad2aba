"""Puts recorded squats onto a simulated body of another shape.

Pelvis, lumbar spine and upper back change as the person's did, thighs and shanks point where the
person's did, the feet stay planted. The truth is read back from the posed body, as everywhere:
the recordings say how people move, not what a camera must find.
"""

from __future__ import annotations

import numpy as np

from device.records import Array
from models.lifter.body.arms import Posture
from models.lifter.body.model import ShapeRest
from models.lifter.body.posed import Feet, PoseAngles
from models.lifter.movement.mocap import Movement
from models.lifter.movement.squat import Mover

_REACH = 0.997  # of the leg's length: nobody stands on locked knees
_SPLIT = (0.15, 0.45, 0.40)
_SIGNS = np.array([1.0, -1.0])  # left, right
_NEWTON_STEPS = 6


class Drive:
    """Puts movements onto one body; its standing (tilt, spine) is the mover's."""

    def __init__(self, shape: ShapeRest, mover: Mover) -> None:
        self._shape, self._mover = shape, mover
        joints = shape.rest.joints
        thigh = np.linalg.norm(joints["lowerleg01.L"] - joints["upperleg01.L"])
        shank = np.linalg.norm(joints["foot.L"] - joints["lowerleg01.L"])
        self._thigh_m, self._shank_m = float(thigh), float(shank)
        self._hip_x = float(joints["upperleg01.L"][0])

    def poses(self, movement: Movement, posture: Posture) -> list[PoseAngles]:
        """One pose a frame of the movement."""
        bends = self._spine(movement)
        hips, half_m = self._hips(movement)
        thigh, shank = movement.thigh, movement.shank
        lean = np.clip(movement.tilt + movement.lumbar, 0, 90)
        out = _leg_plane(movement)
        style = self._mover.style
        return [
            PoseAngles(
                pelvic_tilt=style.neutral_tilt_deg + float(movement.tilt[i]),
                pelvic_list=float(movement.list[i]),
                pelvic_rotation=float(movement.rotation[i]),
                lumbar_flexion=float(bends[i, 0]),
                lumbar_split=_SPLIT,
                thoracic_flexion=float(bends[i, 1]),
                neck_flexion=-0.45 * float(lean[i]),
                thigh=_pair(thigh[i]),
                shank=_pair(shank[i]),
                abduction=_pair(out[i]),
                toe_out=movement.toe_out,
                posture=posture,
                grip_width=style.grip_width,
                elbow_back=style.elbow_back_deg,
                feet=self._feet(hips[i], half_m),
            )
            for i in range(len(movement.time_s))
        ]

    def _hips(self, movement: Movement) -> tuple[Array, float]:
        """(frames, 3) mid-hip against the mid-ankle and half the stance, m: the person's thighs and
        shanks with this body's lengths.
        """
        a, b = self._thigh_m, self._shank_m
        legs = a * movement.thigh_way + b * movement.shank_way
        length = np.linalg.norm(legs, axis=2, keepdims=True)
        legs = legs * np.minimum(1.0, _REACH * (a + b) / length)
        standing = legs[np.argsort(movement.hip_height_m)[-3:]].mean(axis=0)
        half = self._hip_x + float((_SIGNS * standing[:, 0]).mean())
        return -legs.mean(axis=1), half

    def _feet(self, hip: Array, half_m: float) -> Feet:
        floor = self._shape.ankle_height_m
        x, y, z = (float(value) for value in hip)
        return Feet((half_m, 0.0, floor), (-half_m, 0.0, floor), (x, y, z + floor))

    def _spine(self, movement: Movement) -> Array:
        """(frames, 2) lumbar and thoracic bend whose slopes change as the person's do."""
        standing = self._mover.neutral_spine_deg * np.array([[0.88, 0.12]])
        changes = np.stack([movement.lumbar, movement.upper_back - movement.tilt], axis=1)
        wanted = spine_slopes_deg(self._shape, standing) + changes
        bends = np.repeat(standing, len(changes), axis=0)
        step = 1.0
        for _ in range(_NEWTON_STEPS):
            now = spine_slopes_deg(self._shape, bends)
            moved = [
                (spine_slopes_deg(self._shape, bends + step * unit) - now) / step
                for unit in np.eye(2)
            ]
            jacobian = np.stack(moved, axis=2)
            bends = bends + np.linalg.solve(jacobian, (wanted - now)[..., None])[..., 0]
        return bends


def spine_slopes_deg(shape: ShapeRest, bends_deg: Array) -> Array:
    """(n, 2) slopes of S1 to T10 and of T10 to the shoulders, against the pelvis.

    `bends_deg` (n, 2): lumbar and thoracic flexion. The first is the body's lumbar flexion as
    `body.PelvisTruth` has it; bending happens in one plane, so two coordinates are enough.
    """
    lumbar, thoracic = bends_deg[:, 0], bends_deg[:, 1]
    turns = [lumbar * share for share in np.cumsum(_SPLIT)]
    turns += [lumbar + thoracic / 2, lumbar + thoracic]
    chain = ("spine05", "spine04", "spine03", "spine02", "spine01")
    joints = shape.rest.joints
    places = [np.zeros((len(lumbar), 2)) + joints["spine05"][1:]]
    shoulders = (joints["upperarm01.L"] + joints["upperarm01.R"]) / 2
    ends = [joints[bone] for bone in chain[1:]] + [shoulders]
    for bone, end, turn in zip(chain, ends, turns, strict=True):
        places.append(places[-1] + _turned((end - joints[bone])[1:], turn))
    t10 = 0.6 * places[3] + 0.4 * places[4]
    return np.stack(
        [
            np.degrees(np.arctan2(-way[:, 0], way[:, 1]))
            for way in (t10 - joints["spine04"][1:], places[5] - t10)
        ],
        axis=1,
    )


def _turned(vector: Array, angle_deg: Array) -> Array:
    """(n, 2) a (y, z) vector leaning forward by each angle."""
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    return np.stack([c * vector[0] - s * vector[1], s * vector[0] + c * vector[1]], axis=1)


def _leg_plane(movement: Movement) -> Array:
    """(frames, 2) straight legs point where the toes do, bent ones where the knees do."""
    toes, knees = np.asarray(movement.toe_out), np.asarray(movement.knees_out)
    bent = np.clip(1.5 * movement.depth, 0, 1)[:, None]
    plane: Array = toes + (knees - toes) * bent
    return plane


def _pair(values: Array) -> tuple[float, float]:
    return float(values[0]), float(values[1])
