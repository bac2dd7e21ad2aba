"""Where the joints are: feet on the floor, legs of known length.

What a camera behind a squatting lifter sees of the legs is little: the seat hides the knees, and
the depth beside an ankle is the floor's. Two things help. Feet stand on the floor, so an ankle
lies where its line of sight meets the height of an ankle. And bones keep their length, so a knee
lies where thigh and shin meet; the picture only says to which side it points.

Single joints are handled as plain floats: for so few numbers a call of numpy costs more than the
work, all the more where its code has been driven out of the caches by the models of that frame.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from statistics import median
from typing import TypeAlias

from device.records import Array, Joint

Point: TypeAlias = Sequence[float] | Array  # x, y, z in m
Rows: TypeAlias = list[Point]  # the joints, by their number

UPRIGHT_KNEE_DEG = 25.0
BONES_KEPT, BONES_NEEDED = 60, 5  # frames of upright standing that bones are measured in

# Joint centres above the floor while the foot stands on it, m (shod; Winter 2009, table 4.1).
FOOT_HEIGHT_M: dict[Joint, float] = {
    Joint.LEFT_ANKLE: 0.09,
    Joint.RIGHT_ANKLE: 0.09,
    Joint.LEFT_HEEL: 0.04,
    Joint.RIGHT_HEEL: 0.04,
    Joint.LEFT_TOE: 0.03,
    Joint.RIGHT_TOE: 0.03,
}
LEAST_FALL = 0.05  # of a line of sight, m for each m ahead, that is said to meet the floor
LEGS = (
    (Joint.LEFT_HIP, Joint.LEFT_KNEE, Joint.LEFT_ANKLE),
    (Joint.RIGHT_HIP, Joint.RIGHT_KNEE, Joint.RIGHT_ANKLE),
)


def minus(a: Point, b: Point) -> tuple[float, float, float]:
    """From b to a."""
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


def dot(a: Point, b: Point) -> float:
    """The inner product."""
    return float(a[0] * b[0] + a[1] * b[1] + a[2] * b[2])


def knee_flexion_deg(hip: Point, knee: Point, ankle: Point) -> float:
    """Straight = 0."""
    thigh, shin = minus(hip, knee), minus(ankle, knee)
    cosine = dot(thigh, shin) / (math.hypot(*thigh) * math.hypot(*shin) + 1e-9)
    return 180.0 - math.degrees(math.acos(min(max(cosine, -1.0), 1.0)))


def lean_deg(segment: Point, forward: Point) -> float:
    """Forward lean of an upward segment in the sagittal plane of who faces `forward`."""
    return math.degrees(math.atan2(dot(segment, forward), segment[1]))


class Bones:
    """Lengths of thighs and shins, learned while the lifter stands upright.

    `lengths` is (thigh, shin) of the left and of the right leg, m; None until they are known.
    """

    def __init__(self) -> None:
        self.lengths: tuple[tuple[float, float], ...] | None = None
        self._seen: deque[tuple[float, ...]] = deque(maxlen=BONES_KEPT)

    def learn(self, joints: Rows) -> None:
        """The joints of one frame; only upright ones count."""
        legs = [[joints[j] for j in leg] for leg in LEGS]
        if not all(knee_flexion_deg(*leg) < UPRIGHT_KNEE_DEG for leg in legs):
            return
        self._seen.append(
            tuple(
                math.dist(a, b)
                for hip, knee, ankle in legs
                for a, b in ((hip, knee), (knee, ankle))
            )
        )
        if len(self._seen) >= BONES_NEEDED:
            bones = [median(bone) for bone in zip(*self._seen, strict=True)]
            self.lengths = ((bones[0], bones[1]), (bones[2], bones[3]))


def stretched_towards_camera(joints: Rows, lengths: Sequence[tuple[float, float]]) -> Rows:
    """The joints with leg bones given the lengths that foreshortening took, along z."""
    out = list(joints)
    for leg, bones in zip(LEGS, lengths, strict=True):
        for start, end, length_m in zip(leg, leg[1:], bones, strict=False):
            x, y, z = minus(joints[end], joints[start])
            missing = length_m**2 - x**2 - y**2
            if missing > 0:
                z = math.copysign(math.sqrt(missing), z)
            x0, y0, z0 = out[start]
            out[end] = (x0 + x, y0 + y, z0 + z)
    return out


def knees_from_bones(joints: Rows, thigh_m: float, shin_m: float, forward: Point) -> Rows:
    """The joints with each knee where its thigh and shin meet, on the side it was seen on.

    `forward` is the way the lifter faces: knees bend forwards, whatever was seen.
    """
    out = list(joints)
    for hip, knee, ankle in LEGS:
        line = minus(joints[ankle], joints[hip])
        reach = math.hypot(*line)
        if reach >= thigh_m + shin_m or reach < abs(thigh_m - shin_m) + 1e-3:
            continue
        along = (line[0] / reach, line[1] / reach, line[2] / reach)
        near = (thigh_m**2 - shin_m**2 + reach**2) / (2 * reach)
        away = math.sqrt(max(thigh_m**2 - near**2, 0.0))
        towards = _square_to(minus(joints[knee], joints[hip]), along)
        ahead = _square_to(forward, along)
        if dot(towards, ahead) < 0.5:  # knees point ahead, at most 60 degrees outwards
            towards = ahead
        x, y, z = (
            start + near * a + away * b
            for start, a, b in zip(joints[hip], along, towards, strict=True)
        )
        out[knee] = (x, y, z)
    return out


def _square_to(vector: Point, axis: Point) -> tuple[float, float, float]:
    share = dot(vector, axis)
    x, y, z = minus(vector, (share * axis[0], share * axis[1], share * axis[2]))
    scale = math.hypot(x, y, z) + 1e-9
    return x / scale, y / scale, z / scale


def foot_on_floor(
    eye: Point, seen: Point, away_m: float, height_m: float
) -> tuple[float, float, float] | None:
    """Where the line from the camera through a foot meets the height at which it lies when the foot
    stands; None for a line that looks level or upwards.

    `eye` is the colour camera, `seen` the foot as it was seen, `away_m` along the camera's optical
    axis; all in levelled axes.
    """
    x, y, z = minus(seen, eye)
    if not (away_m > 0 and -y > LEAST_FALL * away_m):
        return None
    far = (eye[1] - height_m) / -y
    return eye[0] + far * x, eye[1] + far * y, eye[2] + far * z
