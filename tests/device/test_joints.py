from __future__ import annotations

import math

import numpy as np
import pytest

from device.geometry import deproject, from_levelled, inverse, project, transform
from device.joints import (
    BONES_NEEDED,
    FEET,
    FOOT_HEIGHT_M,
    Bones,
    SightLines,
    feet_on_floor,
    knee_flexion_deg,
    skin_depth,
)
from device.records import JOINTS, Array, DepthImage, Extrinsics, Floor, Intrinsics
from tests.device.scenes import up_of

DEPTH = Intrinsics(848, 480, 425.0, 425.0, 423.5, 239.5)
COLOR = Intrinsics(640, 360, 320.0, 321.0, 319.5, 179.5, (0.05, -0.04, 0.001, -0.002, 0.01))

ANGLE = 0.02
TURN = np.array(
    [[math.cos(ANGLE), -math.sin(ANGLE), 0], [math.sin(ANGLE), math.cos(ANGLE), 0], [0, 0, 1]]
)
TO_COLOR = Extrinsics(TURN, np.array([0.06, 0.001, 0.002]))


def patch_median_m(depth: DepthImage, column: float, row: float) -> float | None:
    """The upper median of the 5 x 5 pixels around a place; None for fewer than five depths."""
    found = []
    for r in range(round(row) - 2, round(row) + 3):
        for c in range(round(column) - 2, round(column) + 3):
            if 0 <= r < depth.raw.shape[0] and 0 <= c < depth.raw.shape[1] and depth.raw[r, c]:
                found.append(int(depth.raw[r, c]))
    return sorted(found)[len(found) // 2] * depth.unit_m if len(found) >= 5 else None


def plain_skin_depth(point_px: Array, depth: DepthImage, start_m: float) -> float:
    """Two rounds from the first guess, one keypoint at a time."""
    z, measured = start_m, None
    for _ in range(2):
        in_color = deproject(point_px[None], np.array([z]), COLOR)
        (in_depth,) = transform(in_color, inverse(depth.to_color))
        measured = patch_median_m(depth, *project(in_depth, depth.intrinsics))
        z = z if measured is None else measured + (z - in_depth[2])
    return math.nan if measured is None else z


@pytest.mark.parametrize("seed", range(4))
def test_each_keypoint_gets_the_depth_of_the_patch_it_shows(seed: int) -> None:
    rng = np.random.default_rng(seed)
    raw = rng.integers(1000, 2000, (480, 848)).astype(np.uint16)
    raw *= (rng.random(raw.shape) > 0.7) | (np.arange(848) < 500)
    depth = DepthImage(raw, 0.001, DEPTH, TO_COLOR, 0.05)
    points = rng.uniform([-60, -40], [700, 400], (JOINTS, 2))
    found = skin_depth(SightLines.through(points, COLOR, TO_COLOR), depth, 1.4)
    expected = [plain_skin_depth(point, depth, 1.4) for point in points]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)
    assert 0 < np.isnan(found).sum() < JOINTS


def test_a_sight_line_passes_the_camera_and_the_keypoint() -> None:
    points = np.random.default_rng(0).uniform(50, 300, (JOINTS, 2))
    lines = SightLines.through(points, COLOR, TO_COLOR)
    z = np.linspace(0.5, 3, JOINTS)
    expected = transform(deproject(points, z, COLOR), inverse(TO_COLOR))
    np.testing.assert_allclose(lines.at(z), expected, atol=1e-12)
    np.testing.assert_allclose(transform(lines.at(np.zeros(JOINTS)), TO_COLOR), 0, atol=1e-12)


@pytest.mark.parametrize("turns", range(4))
def test_feet_are_put_where_they_stand(turns: int) -> None:
    floor = Floor(up_of(12, 3, turns), 1.1, 1.0)
    there = np.array([[0.1 * i - 0.2, FOOT_HEIGHT_M[joint], -1.5] for i, joint in enumerate(FEET)])
    in_depth = np.zeros((JOINTS, 3))
    in_depth[FEET] = from_levelled(there, floor)
    in_depth[0] = from_levelled(np.array([[0.0, 2.0, -1.5]]), floor)[0]  # looks upwards
    still = np.zeros(3)
    found, meets = feet_on_floor(SightLines(still, in_depth), floor)
    assert meets.all()
    np.testing.assert_allclose(found, there, atol=1e-9)
    in_depth[FEET[0]] = in_depth[0]
    _, meets = feet_on_floor(SightLines(still, in_depth), floor)
    assert meets.tolist() == [False] + [True] * 5


def standing(thigh_m: float, bend_m: float = 0.0) -> Array:
    joints = np.zeros((JOINTS, 3))
    for x, hip, knee, ankle in ((-0.1, 23, 25, 27), (0.1, 24, 26, 28)):
        joints[ankle] = x, 0.1, 0.0
        joints[knee] = x, 0.5, bend_m
        joints[hip] = x, 0.5 + thigh_m, 0.0
    return joints


def test_bones_are_the_median_of_upright_standing() -> None:
    bones = Bones()
    for thigh_m in (0.40, 0.42, 0.41, 0.43):
        bones.learn(standing(thigh_m))
    for thigh_m in (0.6, 0.7):
        bones.learn(standing(thigh_m, bend_m=0.4))  # a squat teaches nothing
    bones.learn(np.full((JOINTS, 3), np.nan))
    assert bones.lengths is None
    bones.learn(standing(0.48))
    assert BONES_NEEDED == 5
    assert bones.lengths is not None
    np.testing.assert_allclose(bones.lengths, [[0.42, 0.4], [0.42, 0.4]], atol=1e-9)


def test_knee_flexion_is_0_straight_and_90_at_a_right_angle() -> None:
    hip, knee, ankle = np.array([0.0, 1.0, 0]), np.array([0.0, 0.5, 0]), np.array([0.0, 0.0, 0])
    assert knee_flexion_deg(hip, knee, ankle) == pytest.approx(0, abs=0.01)
    assert knee_flexion_deg(np.array([0.5, 0.5, 0]), knee, ankle) == pytest.approx(90)
