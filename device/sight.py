"""Lines of sight, and the skin that lies on them: where in depth a keypoint is.

Single points are handled as plain floats, as in `joints`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from device.geometry import deproject, inverse
from device.records import Array, DepthImage, Extrinsics, Intrinsics

PATCH_PX = 2  # half width of the depth patch read at a joint
MIN_FOUND = 5  # pixels of it that must have a depth
_ACROSS = np.arange(-PATCH_PX, PATCH_PX + 1)
_PATCH_COLUMNS, _PATCH_ROWS = (places.ravel() for places in np.meshgrid(_ACROSS, _ACROSS))
_PATCH_SIZE = _ACROSS.size**2


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


def skin_depth(lines: SightLines, depth: DepthImage, start_m: float) -> list[float]:
    """(n) depth of the skin on each line along the colour camera's axis; NaN: none.

    The depth pixel that a colour pixel shows depends on its distance, so it is found in rounds
    from a first guess: the whole image need not be aligned for 33 points.
    """
    camera = depth.intrinsics
    lens = np.array(
        [[camera.fx_px, 0.0, camera.cx_px], [0.0, camera.fy_px, camera.cy_px], [0.0, 0.0, 1.0]]
    )
    origin, rays = lens @ lines.origin_m, lines.rays @ lens.T  # (pixel, 1) times distance
    found = [start_m] * len(rays)
    measured: list[float] = []
    for _ in range(2):  # the lifter stands where a moment ago
        shown = origin + np.array(found)[:, None] * rays
        measured = _sample(depth, (shown[:, :2] / shown[:, 2:]).tolist())
        found = [
            there + (z - far) if there > 0 else z
            for z, far, there in zip(found, shown[:, 2].tolist(), measured, strict=True)
        ]
    return [z if there > 0 else math.nan for z, there in zip(found, measured, strict=True)]


def _sample(depth: DepthImage, points_px: Sequence[Sequence[float]]) -> list[float]:
    """(n) median depth, m, of a small patch around each pixel; 0 where there is none."""
    height, width = depth.raw.shape
    last_column, last_row = width - 1 - PATCH_PX, height - 1 - PATCH_PX
    middles, on_edge = [0] * len(points_px), []
    for number, (x, y) in enumerate(points_px):
        # false for NaN, too
        if PATCH_PX <= x <= last_column and PATCH_PX <= y <= last_row:
            middles[number] = round(y) * width + round(x)
        else:
            on_edge.append(number)
    patches = depth.raw.ravel().take(
        np.array(middles)[:, None] + (_PATCH_ROWS * width + _PATCH_COLUMNS), mode="clip"
    )
    patches.sort(axis=1)
    medians = patches[:, _PATCH_SIZE // 2].tolist()
    for number, least in enumerate(patches[:, 0].tolist()):
        if least == 0:
            medians[number] = _median(patches[number].tolist())
    for number in on_edge:
        medians[number] = _median(_edge_patch(depth, *points_px[number]))
    return [median * depth.unit_m for median in medians]


def _edge_patch(depth: DepthImage, x: float, y: float) -> list[int]:
    """The depths of a patch that hangs over the image's edge, sorted, 0 outside."""
    height, width = depth.raw.shape
    inside: list[int] = []
    if -PATCH_PX - 1 < x < width + PATCH_PX and -PATCH_PX - 1 < y < height + PATCH_PX:
        column, row = round(x), round(y)
        rows = slice(max(row - PATCH_PX, 0), max(row + PATCH_PX + 1, 0))
        columns = slice(max(column - PATCH_PX, 0), max(column + PATCH_PX + 1, 0))
        inside = depth.raw[rows, columns].ravel().tolist()
    return sorted(inside + [0] * (_PATCH_SIZE - len(inside)))


def _median(patch: Sequence[int]) -> int:
    """The upper median of sorted depths that are not 0; 0 where there are too few."""
    found = _PATCH_SIZE - patch.count(0)
    return patch[_PATCH_SIZE - found + found // 2] if found >= MIN_FOUND else 0
