"""Where the joints are: skin depth under a keypoint, feet on the floor, legs of known length.

What a camera behind a squatting lifter sees of the legs is little: the seat hides the knees, and
the depth beside an ankle is the floor's. Two things help. Feet stand on the floor, so an ankle
lies where its line of sight meets the height of an ankle. And bones keep their length, so a knee
lies where thigh and shin meet; the picture only says to which side it points.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from device.geometry import deproject, inverse, project, to_levelled, transform
from device.records import JOINTS, Array, DepthImage, Extrinsics, Floor, Intrinsics, Joint

PATCH_PX = 2  # half width of the depth patch read at a joint
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
LEGS = (
    (Joint.LEFT_HIP, Joint.LEFT_KNEE, Joint.LEFT_ANKLE),
    (Joint.RIGHT_HIP, Joint.RIGHT_KNEE, Joint.RIGHT_ANKLE),
)


def knee_flexion_deg(hip: Array, knee: Array, ankle: Array) -> float:
    """Straight = 0."""
    thigh, shin = hip - knee, ankle - knee
    cosine = thigh @ shin / (np.linalg.norm(thigh) * np.linalg.norm(shin) + 1e-9)
    return 180.0 - float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


class Bones:
    """Lengths of thighs and shins, learned while the lifter stands upright."""

    def __init__(self) -> None:
        self._seen: deque[Array] = deque(maxlen=BONES_KEPT)

    def learn(self, joints: Array) -> None:
        """One frame of (33, 3) joints; only upright ones count."""
        legs = [[joints[j] for j in leg] for leg in LEGS]
        if all(knee_flexion_deg(*leg) < UPRIGHT_KNEE_DEG for leg in legs):
            self._seen.append(
                np.array(
                    [
                        [np.linalg.norm(hip - knee), np.linalg.norm(knee - ankle)]
                        for hip, knee, ankle in legs
                    ]
                )
            )

    @property
    def lengths(self) -> Array | None:
        """(2, 2): left and right, thigh and shin; None until they are known."""
        return np.median(self._seen, axis=0) if len(self._seen) >= BONES_NEEDED else None


def stretched_towards_camera(joints: Array, lengths: Array) -> Array:
    """The joints with leg bones given the lengths that foreshortening took, along z."""
    out = joints.copy()
    for leg, bones in zip(LEGS, lengths, strict=True):
        for start, end, length in zip(leg, leg[1:], bones, strict=False):
            bone = joints[end] - joints[start]
            missing = length**2 - bone[0] ** 2 - bone[1] ** 2
            if missing > 0:
                bone[2] = np.copysign(np.sqrt(missing), bone[2])
            out[end] = out[start] + bone
    return out


def knees_from_bones(joints: Array, lengths: Array, forward: Array) -> Array:
    """The joints with each knee where its thigh and shin meet, on the side it was seen on.

    `forward` (3,) is the way the lifter faces: knees bend forwards, whatever was seen.
    """
    out = joints.copy()
    for (hip, knee, ankle), (thigh_m, shin_m) in zip(LEGS, lengths, strict=True):
        line = joints[ankle] - joints[hip]
        reach = float(np.linalg.norm(line))
        if reach >= thigh_m + shin_m or reach < abs(thigh_m - shin_m) + 1e-3:
            continue
        along = line / reach
        near = (thigh_m**2 - shin_m**2 + reach**2) / (2 * reach)
        away = np.sqrt(max(thigh_m**2 - near**2, 0.0))
        towards = _square_to(joints[knee] - joints[hip], along)
        ahead = _square_to(forward, along)
        if towards @ ahead < 0.5:  # knees point ahead, at most 60 degrees outwards
            towards = ahead
        out[knee] = joints[hip] + near * along + away * towards
    return out


def _square_to(vector: Array, axis: Array) -> Array:
    square = vector - (vector @ axis) * axis
    direction: Array = square / (np.linalg.norm(square) + 1e-9)
    return direction


def feet_on_floor(
    points_px: Array, color: Intrinsics, to_color: Extrinsics, floor: Floor
) -> dict[Joint, Array]:
    """Ankles, heels and toes in levelled axes, (3,) each, where their lines of sight meet the
    height at which they lie when the foot stands. Those that look level or upwards are left out.
    """
    to_depth = inverse(to_color)
    joints = list(FOOT_HEIGHT_M)
    ahead = deproject(points_px[joints], np.ones(len(joints)), color)
    ends = to_levelled(transform(ahead, to_depth), floor)
    start = to_levelled(transform(np.zeros((1, 3)), to_depth), floor)[0]
    found = {}
    for joint, end in zip(joints, ends, strict=True):
        fall = start[1] - end[1]
        if fall > 0.05:
            found[joint] = start + (end - start) * (start[1] - FOOT_HEIGHT_M[joint]) / fall
    return found


def skin_depth(points_px: Array, depth: DepthImage, color: Intrinsics, start_m: float) -> Array:
    """(33,) depth of the skin under each keypoint along the colour camera's axis; NaN: none.

    The depth pixel that a colour pixel shows depends on its distance, so it is found in rounds
    from a first guess: the whole image need not be aligned for 33 points.
    """
    z = np.full(JOINTS, start_m)
    to_depth = inverse(depth.to_color)
    for _ in range(2):  # the lifter stands where a moment ago
        in_depth = transform(deproject(points_px, z, color), to_depth)
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
