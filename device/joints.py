"""Where the joints are: skin depth under a keypoint, feet on the floor, legs of known length.

What a camera behind a squatting lifter sees of the legs is little: the seat hides the knees, and
the depth beside an ankle is the floor's. Two things help. Feet stand on the floor, so an ankle
lies where its line of sight meets the height of an ankle. And bones keep their length, so a knee
lies where thigh and shin meet; the picture only says to which side it points.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from statistics import median

import numpy as np

from device.geometry import deproject, inverse, length, project, to_levelled
from device.records import Array, DepthImage, Extrinsics, Floor, Intrinsics, Joint

PATCH_PX = 2  # half width of the depth patch read at a joint
MIN_FOUND = 5  # pixels of it that must have a depth
UPRIGHT_KNEE_DEG = 25.0
BONES_KEPT, BONES_NEEDED = 60, 5  # frames of upright standing that bones are measured in

# Joint centres above the floor while the foot stands on it, m (shod; Winter 2009, table 4.1).
FOOT_HEIGHT_M = {
    Joint.LEFT_ANKLE: 0.09,
    Joint.RIGHT_ANKLE: 0.09,
    Joint.LEFT_HEEL: 0.04,
    Joint.RIGHT_HEEL: 0.04,
    Joint.LEFT_TOE: 0.03,
    Joint.RIGHT_TOE: 0.03,
}
FEET = list(FOOT_HEIGHT_M)
_FOOT_HEIGHTS_M = np.array(list(FOOT_HEIGHT_M.values()))
_ACROSS = np.arange(-PATCH_PX, PATCH_PX + 1)
_PATCH_COLUMNS, _PATCH_ROWS = (places.ravel() for places in np.meshgrid(_ACROSS, _ACROSS))
LEGS = (
    (Joint.LEFT_HIP, Joint.LEFT_KNEE, Joint.LEFT_ANKLE),
    (Joint.RIGHT_HIP, Joint.RIGHT_KNEE, Joint.RIGHT_ANKLE),
)


def knee_flexion_deg(hip: Array, knee: Array, ankle: Array) -> float:
    """Straight = 0."""
    thigh, shin = hip - knee, ankle - knee
    cosine = float(thigh @ shin) / (length(thigh) * length(shin) + 1e-9)
    return 180.0 - math.degrees(math.acos(min(max(cosine, -1.0), 1.0)))


class Bones:
    """Lengths of thighs and shins, learned while the lifter stands upright.

    `lengths` is (2, 2): left and right, thigh and shin; None until they are known.
    """

    def __init__(self) -> None:
        self.lengths: Array | None = None
        self._seen: deque[tuple[float, ...]] = deque(maxlen=BONES_KEPT)

    def learn(self, joints: Array) -> None:
        """One frame of (33, 3) joints; only upright ones count."""
        legs = [[joints[j] for j in leg] for leg in LEGS]
        if not all(knee_flexion_deg(*leg) < UPRIGHT_KNEE_DEG for leg in legs):
            return
        self._seen.append(
            tuple(
                length(a - b) for hip, knee, ankle in legs for a, b in ((hip, knee), (knee, ankle))
            )
        )
        if len(self._seen) >= BONES_NEEDED:
            self.lengths = np.reshape(
                [median(bone) for bone in zip(*self._seen, strict=True)], (2, 2)
            )


def stretched_towards_camera(joints: Array, lengths: Array) -> Array:
    """The joints with leg bones given the lengths that foreshortening took, along z."""
    out = joints.copy()
    for leg, bones in zip(LEGS, lengths.tolist(), strict=True):
        for start, end, length_m in zip(leg, leg[1:], bones, strict=False):
            bone = joints[end] - joints[start]
            missing = length_m**2 - bone[0] ** 2 - bone[1] ** 2
            if missing > 0:
                bone[2] = math.copysign(math.sqrt(missing), bone[2])
            out[end] = out[start] + bone
    return out


def knees_from_bones(joints: Array, lengths: Array, forward: Array) -> Array:
    """The joints with each knee where its thigh and shin meet, on the side it was seen on.

    `forward` (3,) is the way the lifter faces: knees bend forwards, whatever was seen.
    """
    out = joints.copy()
    for (hip, knee, ankle), (thigh_m, shin_m) in zip(LEGS, lengths.tolist(), strict=True):
        line = joints[ankle] - joints[hip]
        reach = length(line)
        if reach >= thigh_m + shin_m or reach < abs(thigh_m - shin_m) + 1e-3:
            continue
        along = line / reach
        near = (thigh_m**2 - shin_m**2 + reach**2) / (2 * reach)
        away = math.sqrt(max(thigh_m**2 - near**2, 0.0))
        towards = _square_to(joints[knee] - joints[hip], along)
        ahead = _square_to(forward, along)
        if towards @ ahead < 0.5:  # knees point ahead, at most 60 degrees outwards
            towards = ahead
        out[knee] = joints[hip] + near * along + away * towards
    return out


def _square_to(vector: Array, axis: Array) -> Array:
    square = vector - (vector @ axis) * axis
    direction: Array = square / (length(square) + 1e-9)
    return direction


@dataclass(frozen=True, slots=True)
class SightLines:
    """The lines that keypoints lie on: a point at depth z along the colour camera's optical axis
    is at `origin_m + z * rays` in depth-camera axes.
    """

    origin_m: Array  # (3,)
    rays: Array  # (n, 3)

    @classmethod
    def through(cls, points_px: Array, color: Intrinsics, to_color: Extrinsics) -> SightLines:
        """From (n, 2) pixels of the colour image."""
        ahead = deproject(points_px, np.ones(len(points_px)), color)
        return cls(inverse(to_color).translation_m, ahead @ to_color.rotation)

    def at(self, z_m: Array) -> Array:
        """(n, 3) points at the (n,) depths."""
        return self.origin_m + z_m[:, None] * self.rays


def feet_on_floor(lines: SightLines, floor: Floor) -> tuple[Array, Array]:
    """Ankles, heels and toes, (6, 3) in levelled axes in the order of `FEET`, where their lines of
    sight meet the height at which they lie when the foot stands; and (6,) whether they do, which
    a line that looks level or upwards does not.
    """
    start = to_levelled(lines.origin_m[None], floor)[0]
    ways = to_levelled(lines.origin_m + lines.rays[FEET], floor) - start
    falls = -ways[:, 1]
    meets = falls > 0.05
    far = (start[1] - _FOOT_HEIGHTS_M) / np.where(meets, falls, 1.0)
    return start + ways * far[:, None], meets


def skin_depth(lines: SightLines, depth: DepthImage, start_m: float) -> Array:
    """(n,) depth of the skin on each line along the colour camera's axis; NaN: none.

    The depth pixel that a colour pixel shows depends on its distance, so it is found in rounds
    from a first guess: the whole image need not be aligned for 33 points.
    """
    z = np.full(len(lines.rays), start_m)
    for _ in range(2):  # the lifter stands where a moment ago
        in_depth = lines.at(z)
        measured = _sample(depth, project(in_depth, depth.intrinsics))
        found = measured > 0
        z = np.where(found, measured + (z - in_depth[:, 2]), z)
    return np.where(found, z, np.nan)


def _sample(depth: DepthImage, points_px: Array) -> Array:
    """(n,) median depth, m, of a small patch around each pixel; 0 where there is none."""
    height, width = depth.raw.shape
    # fmin and fmax turn NaN into a place far outside
    middle = np.rint(np.fmax(np.fmin(points_px, 1e4), -1e4)).astype(np.intp)
    columns, rows = middle[:, :1] + _PATCH_COLUMNS, middle[:, 1:] + _PATCH_ROWS
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    patch = depth.raw.ravel().take(rows * width + columns, mode="clip") * inside
    patch.sort(axis=1)
    holes = np.add.reduce(patch == 0, axis=1, dtype=np.intp)
    size = patch.shape[1]
    ranks = np.minimum(holes + (size - holes) // 2, size - 1)
    median_m = patch[np.arange(len(patch)), ranks] * depth.unit_m
    return np.where(size - holes >= MIN_FOUND, median_m, 0.0)
