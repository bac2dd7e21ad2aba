"""Legs through a squat: feet stay where they stood, and a leg keeps its length.

Seen from behind, the seat of a deep squat hides ankles and knees, and a pose model's guess of them
lies 10 to 30 cm off, often with full confidence. But whoever squats does not step: the ankles are
where they were seen while the legs were straight. And how far a knee is bent follows from how near
the hip has come to the ankle. Of a leg that is nearly straight that says little: a hip read 3 % too
low makes 28 degrees of none. There knees are seen well, and are left where they are seen.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence
from statistics import median

from device.joints import LEGS, Point, Rows, knee_flexion_deg, knees_from_bones, minus
from device.records import Joint

# A leg bent by 35 degrees reaches this share of its length; shorter is no standing any more.
STRAIGHT = math.cos(math.radians(35.0 / 2))
# Hip to knee as a share of hip to ankle (de Leva 1996: 0.49 of men, 0.46 of women). A knee seen
# from behind is found too high by some 5 cm, so its own height is not asked.
THIGH_SHARE = 0.48
UPRIGHT_KNEE_DEG = 25.0  # as far as the knee's own place can tell, before the length is known
# The mean of both knees as they are seen: up to here they are left there, from there on they follow
# from the legs' length, in between a bit of each.
SEEN_UNTIL_DEG, BONES_FROM_DEG = 15.0, 40.0
VERTICAL = math.cos(math.radians(20.0))
SEEN = 0.5  # visibility of an ankle that can be learned from
KEPT, NEEDED = 60, 5  # frames of straight legs that the length is measured in
PLACES = 9  # frames of them that tell where the feet stand
TALLER = 1.08  # longer legs than that belong to somebody else, or the first were not straight
FORGOTTEN_S = 10.0  # without straight legs: a paused squat is over by then
STEPPED_M = 0.35  # a foot that is seen so far from where it stood has stepped

_ANKLES = (Joint.LEFT_ANKLE, Joint.RIGHT_ANKLE)
_FEET = (
    [Joint.LEFT_ANKLE, Joint.LEFT_HEEL, Joint.LEFT_TOE],
    [Joint.RIGHT_ANKLE, Joint.RIGHT_HEEL, Joint.RIGHT_TOE],
)


class Legs:
    """Learns the lifter's legs while they are straight; puts ankles and knees right after that.

    legs = Legs()
    joints = legs.corrected(joints, visibility, forward, time_s)   # every frame
    """

    def __init__(self) -> None:
        self._forget()

    def corrected(
        self, joints: Rows, visibility: Sequence[float], forward: Point, time_s: float
    ) -> Rows:
        """The joints, in levelled axes, with the feet where they stand and the knees where legs of
        that length bend. `forward` is the way the lifter faces. What is given stays as it is.
        """
        if time_s - self._straight_s > FORGOTTEN_S:
            self._forget()
        reach, height = _reach(joints), _height(joints)
        if self._straight(joints, visibility, reach, height):
            self._learn(joints, reach, height, time_s)
        if self._length_m is None:
            return joints
        seen = joints
        if height < STRAIGHT * self._height_m:
            joints = self._planted(joints, visibility)
        thigh_m = THIGH_SHARE * self._length_m
        bent = knees_from_bones(joints, thigh_m, self._length_m - thigh_m, forward)
        return _with_seen_knees(bent, seen)

    def _forget(self) -> None:
        self._length_m: float | None = None
        self._height_m = 0.0  # of the hips above the ankles while the legs are straight
        self._reaches: deque[float] = deque(maxlen=KEPT)
        self._heights: deque[float] = deque(maxlen=KEPT)
        self._places: deque[tuple[Point, ...]] = deque(maxlen=PLACES)
        self._straight_s = -math.inf

    def _straight(
        self, joints: Rows, visibility: Sequence[float], reach: float, height: float
    ) -> bool:
        """Whether both legs are seen and straight, as far as can be told by now."""
        if min(visibility[_ANKLES[0]], visibility[_ANKLES[1]]) < SEEN:
            return False
        if self._length_m is not None:
            return reach > STRAIGHT * self._length_m and height > STRAIGHT * self._height_m
        knees = (knee_flexion_deg(*(joints[joint] for joint in leg)) for leg in LEGS)
        return height > VERTICAL * reach and all(knee < UPRIGHT_KNEE_DEG for knee in knees)

    def _learn(self, joints: Rows, reach: float, height: float, time_s: float) -> None:
        if self._length_m is not None and reach > TALLER * self._length_m:
            self._forget()
        self._straight_s = time_s
        self._reaches.append(reach)
        self._heights.append(height)
        self._places.append(tuple(joints[ankle] for ankle in _ANKLES))
        if len(self._reaches) >= NEEDED:
            self._length_m = _upper_quartile(self._reaches)
            self._height_m = _upper_quartile(self._heights)

    def _planted(self, joints: Rows, visibility: Sequence[float]) -> Rows:
        """With the feet where they stood, unless they are seen somewhere else altogether."""
        out = list(joints)
        for places, ankle, foot in zip(
            zip(*self._places, strict=True), _ANKLES, _FEET, strict=True
        ):
            stood = [median(values) for values in zip(*places, strict=True)]
            x, y, z = minus(stood, joints[ankle])
            if visibility[ankle] < SEEN or math.hypot(x, z) < STEPPED_M:
                for joint in foot:
                    x0, y0, z0 = joints[joint]
                    out[joint] = (x0 + x, y0 + y, z0 + z)
        return out


def _with_seen_knees(bent: Rows, seen: Rows) -> Rows:
    """Knees nearer to where they are seen, the straighter they are seen."""
    seen_deg = sum(knee_flexion_deg(*(seen[joint] for joint in leg)) for leg in LEGS) / 2
    share = (BONES_FROM_DEG - seen_deg) / (BONES_FROM_DEG - SEEN_UNTIL_DEG)
    share = min(1.0, max(0.0, share))
    out = list(bent)
    for _, knee, _ in LEGS:
        pairs = zip(bent[knee], seen[knee], strict=True)
        x, y, z = (there + share * (here - there) for there, here in pairs)
        out[knee] = (x, y, z)
    return out


def _reach(joints: Rows) -> float:
    """From hip to ankle, m, the mean of both legs."""
    return sum(math.dist(joints[hip], joints[ankle]) for hip, _, ankle in LEGS) / 2


def _height(joints: Rows) -> float:
    """The hips above the ankles, m."""
    return float(sum(joints[hip][1] - joints[ankle][1] for hip, _, ankle in LEGS)) / 2


def _upper_quartile(values: Iterable[float]) -> float:
    """Of frames with straight legs, in many of which the knees are a little bent all the same."""
    ordered = sorted(values)
    return ordered[(3 * len(ordered)) // 4]
