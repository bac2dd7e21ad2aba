"""Where on a line of sight the skin is, against one keypoint at a time done plainly."""

from __future__ import annotations

import math

import numpy as np
import pytest

from device.geometry import deproject, inverse, project, transform
from device.records import JOINTS, Array, DepthImage, Extrinsics, Intrinsics
from device.sight import SightLines, skin_depth

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
