"""The lifter's joints as a tree of rotations: legs by angles or planted feet, arms by grip.

World axes, as everywhere in this package: x to the lifter's left, -y forward, z up, metres.
A bone's 'turn' is its rotation away from the rest pose, in world axes; rest joints come from the
body model, so one pose fits every body shape.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.records import Array

SIDES = (("L", 1.0), ("R", -1.0))
LUMBAR = ("spine05", "spine04", "spine03")
THORACIC = ("spine02", "spine01")
# what the names of the head's bones begin with
HEAD_BONES = (
    "head", "eye", "jaw", "tongue", "oris", "special", "levator", "temporalis", "risorius",
    "orbicularis", "oculi",
)  # fmt: skip
FORWARD = np.array([0.0, -1.0, 0.0])
UP = np.array([0.0, 0.0, 1.0])


def rot_x(angle_deg: float) -> Array:
    """Positive leans what points up towards the front."""
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    return np.array([[1.0, 0, 0], [0, c, -s], [0, s, c]])


def rot_y(angle_deg: float) -> Array:
    """Positive lowers the left side."""
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    return np.array([[c, 0, s], [0, 1.0, 0], [-s, 0, c]])


def rot_z(angle_deg: float) -> Array:
    """Positive turns to the left."""
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]])


def about(axis: npt.ArrayLike, angle_rad: float) -> Array:
    """Rotation about a unit axis (Rodrigues)."""
    x, y, z = np.asarray(axis, float)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    turn: Array = np.eye(3) + np.sin(angle_rad) * cross + (1 - np.cos(angle_rad)) * cross @ cross
    return turn


def axis_angle(turn: Array, share: float = 1.0) -> tuple[Array, float]:
    """Unit axis and angle (rad) of a rotation, the angle times `share`."""
    skew = np.array([turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]])
    sine = float(np.linalg.norm(skew)) / 2
    angle = float(np.arctan2(sine, (np.trace(turn) - 1) / 2))
    axis = skew / (2 * sine) if sine > 1e-9 else np.array([1.0, 0.0, 0.0])
    return axis, angle * share


def normalised(vector: npt.ArrayLike) -> Array:
    """The vector at length 1."""
    given = np.asarray(vector, float)
    scaled: Array = given / max(float(np.linalg.norm(given)), 1e-12)
    return scaled


def shortest(start: npt.ArrayLike, end: npt.ArrayLike) -> Array:
    """The smallest rotation that carries one direction onto another."""
    a, b = normalised(start), normalised(end)
    axis = np.cross(a, b)
    length = float(np.linalg.norm(axis))
    if length < 1e-9:
        return np.eye(3)
    return about(axis / length, float(np.arctan2(length, a @ b)))


def frame(first: npt.ArrayLike, second: npt.ArrayLike) -> Array:
    """Right-handed axes (columns): one direction, then the part of the other square to it."""
    x = normalised(first)
    y = normalised(np.asarray(second, float) - (np.asarray(second, float) @ x) * x)
    return np.stack([x, y, np.cross(x, y)], axis=1)


def tilt_list_rotation_deg(turn: Array) -> tuple[float, float, float]:
    """Anterior tilt, list (right side higher), rotation (to the left) of a pelvis turn.

    The order is rotation, then list, then tilt: `rot_z(rotation) @ rot_y(list) @ rot_x(tilt)`.
    """
    tilt = np.degrees(np.arctan2(turn[2, 1], turn[2, 2]))
    side = np.degrees(np.arcsin(np.clip(-turn[2, 0], -1, 1)))
    around = np.degrees(np.arctan2(turn[1, 0], turn[0, 0]))
    return float(tilt), float(side), float(around)


def hip_flexion_deg(pelvis_rotation: Array, thigh_rotation: Array) -> float:
    """How far the thigh is raised in the pelvis, deg."""
    down = pelvis_rotation.T @ thigh_rotation @ np.array([0.0, 0.0, -1.0])
    return float(np.degrees(np.arctan2(-down[1], -down[2])))


def two_bones(
    root: Array, target: Array, upper_m: float, lower_m: float, pole: npt.ArrayLike
) -> tuple[Array, Array]:
    """Middle and end of a two-bone chain that reaches for `target`, bending towards `pole`.

    A target out of reach is approached along the straight line.
    """
    line = target - root
    reach = float(np.linalg.norm(line))
    along = normalised(line)
    length = float(np.clip(reach, abs(upper_m - lower_m) + 1e-4, (upper_m + lower_m) * 0.9995))
    near = (upper_m**2 - lower_m**2 + length**2) / (2 * length)
    away = np.sqrt(max(upper_m**2 - near**2, 0.0))
    side = np.asarray(pole, float)
    side = normalised(side - (side @ along) * along)
    return root + near * along + away * side, root + length * along


@dataclass(frozen=True)
class Rest:
    """A body shape's joints at rest: `joints[bone]` is where that bone begins."""

    names: tuple[str, ...]
    parents: tuple[int, ...]
    joints: dict[str, Array]

    def span(self, start: str, end: str) -> Array:
        """The rest vector from one joint to another."""
        return self.joints[end] - self.joints[start]


class Skeleton:
    """A pose under construction: set turns from the pelvis outwards, then ask for `matrices`."""

    def __init__(self, rest: Rest, root_turn: Array) -> None:
        self.rest = rest
        self._index = {name: i for i, name in enumerate(rest.names)}
        self._local = np.tile(np.eye(3), (len(rest.names), 1, 1))
        self._local[self._index["root"]] = root_turn

    def turn(self, bone: str) -> Array:
        """The bone's rotation away from rest, world axes."""
        index = self._index[bone]
        turn: Array = self._local[index]
        while (index := self.rest.parents[index]) >= 0:
            turn = self._local[index] @ turn
        return turn

    def set_local(self, bone: str, turn: Array) -> None:
        """Rotate a bone against its parent."""
        self._local[self._index[bone]] = turn

    def set_turn(self, bone: str, turn: Array) -> None:
        """Give a bone a rotation in world axes; its ancestors must have theirs already."""
        parent = self.rest.parents[self._index[bone]]
        self._local[self._index[bone]] = self.turn(self.rest.names[parent]).T @ turn

    def joint(self, bone: str) -> Array:
        """Where the bone begins, with the pelvis joint at the origin."""
        index = self._index[bone]
        place = np.zeros(3)
        while (parent := self.rest.parents[index]) >= 0:
            step = self.rest.span(self.rest.names[parent], self.rest.names[index])
            place = place + self.turn(self.rest.names[parent]) @ step
            index = parent
        return place

    def places(self, heads_m: Array) -> Array:
        """(bones, 4, 4) rest to posed, of each bone, where the bones begin at (bones, 3)."""
        full = np.tile(np.eye(4), (len(self.rest.names), 1, 1))
        for i, (parent, name) in enumerate(zip(self.rest.parents, self.rest.names, strict=True)):
            turn = self._local[i] if parent < 0 else full[parent, :3, :3] @ self._local[i]
            full[i, :3, :3] = turn
            full[i, :3, 3] = heads_m[i] - turn @ self.rest.joints[name]
        return full

    def copy(self) -> Skeleton:
        """The same pose, to be changed on its own."""
        other = Skeleton(self.rest, np.eye(3))
        other._local = self._local.copy()
        return other

    def blend(self, other: Skeleton, share: float) -> None:
        """Go part of the way to another pose, each bone by the shortest turn."""
        for i in range(len(self._local)):
            if not np.array_equal(self._local[i], other._local[i]):
                between = self._local[i].T @ other._local[i]
                self._local[i] = self._local[i] @ about(*axis_angle(between, share))

    def matrices(self) -> Array:
        """(bones, 4, 4): each bone against its parent, as the body model takes it."""
        full = np.tile(np.eye(4), (len(self.rest.names), 1, 1))
        full[:, :3, :3] = self._local
        return full


def set_spine(
    skeleton: Skeleton, lumbar_deg: float, split: tuple[float, float, float], thoracic_deg: float
) -> None:
    """Bend the lumbar spine, shared over its three bones, and the thoracic spine."""
    for bone, share in zip(LUMBAR, split, strict=True):
        skeleton.set_local(bone, rot_x(lumbar_deg * share))
    for bone in THORACIC:
        skeleton.set_local(bone, rot_x(thoracic_deg / 2))


def set_leg_by_angles(
    skeleton: Skeleton,
    side: str,
    sign: float,
    *,
    thigh_deg: float,
    shank_deg: float,
    abduction_deg: float,
    toe_out_deg: float,
) -> None:
    """Thigh raised from the vertical, shank leaning forward, both in a plane turned outwards."""
    plane = rot_z(sign * abduction_deg)
    skeleton.set_turn(f"upperleg01.{side}", plane @ rot_x(-thigh_deg))
    skeleton.set_turn(f"lowerleg01.{side}", plane @ rot_x(shank_deg))
    skeleton.set_turn(f"foot.{side}", rot_z(sign * toe_out_deg))


def set_leg_by_foot(
    skeleton: Skeleton,
    side: str,
    *,
    ankle: Array,
    knee_pole: Array,
    foot_turn: Array,
) -> None:
    """Thigh and shank that put the ankle where it is wanted (pelvis joint at the origin)."""
    rest = skeleton.rest
    hip = skeleton.joint(f"upperleg01.{side}")
    thigh = rest.span(f"upperleg01.{side}", f"lowerleg01.{side}")
    shank = rest.span(f"lowerleg01.{side}", f"foot.{side}")
    lengths = float(np.linalg.norm(thigh)), float(np.linalg.norm(shank))
    knee, end = two_bones(hip, ankle, *lengths, knee_pole)
    # The knee is a hinge: its axis stays square to the plane of the leg. That plane is told by the
    # line to the ankle; a thigh raised past the pole would turn round if the pole told its front.
    hinge = np.cross(end - hip, knee_pole)
    for bone, rest_way, way in (
        ("upperleg01", thigh, knee - hip),
        ("lowerleg01", shank, end - knee),
    ):
        turn = frame(way, hinge) @ frame(rest_way, np.cross(rest_way, FORWARD)).T
        skeleton.set_turn(f"{bone}.{side}", turn)
    skeleton.set_turn(f"foot.{side}", foot_turn)
