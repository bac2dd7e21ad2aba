"""Is there a bar across the shoulders? Seen in depth, where it sticks out beside them.

A bar runs level through both shoulders and on beyond the hands. So there is something thin on
both sides of a lifter who carries one, where arms do not reach; plates and uprights stand further
out. Only a yes is told: stereo may miss a bar of 3 cm, and nothing seen there says nothing.
"""

from __future__ import annotations

import numpy as np

from device.geometry import deproject, from_levelled, length, project, to_levelled
from device.records import Array, BodyPose, DepthImage, Floor, Joint

# Where it is looked for, from the middle between the shoulder joints, m: beyond flared elbows and
# hands, and nearer than the uprights of a rack (1.1 m apart).
BESIDE_M = (0.42, 0.54)
ABOVE_M = (-0.18, 0.14)  # low on the back with a leaning trunk, to the front of the neck
AHEAD_M = 0.22  # as far behind
THIN_M = 0.08  # a bar with its noise is not higher; an upright is
THIN_SHARE = 0.7
LEAST_CM2 = 2.0  # of it must be seen on each side
SAMPLED_M = 0.009  # apart: a third of a bar's thickness is near enough
_SLICES = 4  # of THIN_M
_HEIGHTS_M = np.arange(ABOVE_M[0], ABOVE_M[1] + 1e-6, THIN_M / _SLICES)


def bar_across_shoulders(depth: DepthImage, floor: Floor, body: BodyPose) -> bool:
    """Whether something thin is seen beside both shoulders; False where it can't be told.

    One side may hold more than a bar (the upright beside a lifter who stands off the middle).
    """
    shoulders = body.joints_m[[Joint.LEFT_SHOULDER, Joint.RIGHT_SHOULDER]]
    if not body.metric or not np.isfinite(shoulders).all():
        return False
    middle = shoulders.mean(axis=0)
    across = (shoulders[1] - shoulders[0]) * (1.0, 0.0, 1.0)
    if length(across) < 1e-3:
        return False
    axes = np.stack([across / length(across), (0.0, 1.0, 0.0)])
    axes = np.stack([*axes, np.cross(axes[1], axes[0])])  # right, up, ahead
    sides = [_beside(depth, floor, middle, axes, side) for side in (-1.0, 1.0)]
    return all(area >= LEAST_CM2 for area, _ in sides) and any(
        thin >= THIN_SHARE * area for area, thin in sides
    )


def _beside(
    depth: DepthImage, floor: Floor, middle: Array, axes: Array, side: float
) -> tuple[float, float]:
    """What is seen on one side, cm2, and how much of it lies at one height."""
    points, areas = _points_in(depth, floor, _box(middle, axes, side))
    away = (points - middle) @ axes.T
    across, up, ahead = side * away[:, 0], away[:, 1], away[:, 2]
    within = (across > BESIDE_M[0]) & (across < BESIDE_M[1]) & (np.abs(ahead) < AHEAD_M)
    within &= (up > ABOVE_M[0]) & (up < ABOVE_M[1])
    by_height = np.histogram(up[within], _HEIGHTS_M, weights=areas[within])[0]
    return float(by_height.sum()), float(np.convolve(by_height, np.ones(_SLICES)).max())


def _box(middle: Array, axes: Array, side: float) -> Array:
    """(8, 3) corners of the place, levelled axes."""
    corners = [
        (side * across, up, ahead)
        for across in BESIDE_M
        for up in ABOVE_M
        for ahead in (-AHEAD_M, AHEAD_M)
    ]
    placed: Array = middle + np.array(corners) @ axes
    return placed


def _points_in(depth: DepthImage, floor: Floor, corners: Array) -> tuple[Array, Array]:
    """Levelled points (n, 3) of some pixels around a place, and what each stands for, cm2."""
    camera = depth.intrinsics
    seen = from_levelled(corners, floor)
    if seen[:, 2].min() < 0.1:
        return np.empty((0, 3)), np.empty(0)
    pixels = project(seen, camera)
    height, width = depth.raw.shape
    left, top = np.clip(np.floor(pixels.min(axis=0)), 0, (width, height)).astype(int)
    right, bottom = np.clip(np.ceil(pixels.max(axis=0)) + 1, 0, (width, height)).astype(int)
    every = max(1, int(SAMPLED_M * camera.fx_px / seen[:, 2].mean()))
    counts = depth.raw[top:bottom:every, left:right:every]
    rows, columns = np.nonzero(counts)
    z_m = counts[rows, columns] * depth.unit_m
    pixels = np.stack([columns * every + left, rows * every + top], axis=1)
    areas: Array = (z_m * every) ** 2 * (1e4 / (camera.fx_px * camera.fy_px))
    return to_levelled(deproject(pixels, z_m, camera), floor), areas
