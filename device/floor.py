"""Depth -> floor plane, and with it the direction of gravity.

The floor is the plane below the camera whose normal lies near the image's upright direction. The
camera's accelerometer is not used: it can be 5 degrees off, the plane under a lifter is not.
"""

from __future__ import annotations

import numpy as np

from device.geometry import deproject, unit
from device.records import Array, DepthImage, Floor

CAMERA_HEIGHT_M = (0.3, 2.6)  # where a unit can hang
MAX_TILT_DEG = 50.0  # between the image's upright and the floor's normal
MAX_RANGE_M = 5.0  # noise grows with the square of the distance
MIN_INLIER_SHARE = 0.03  # of the sampled pixels; a lifter's feet alone are fewer
STRIDE_PX = 8
TRIALS = 250
REFIT_EVERY_S = 1.0  # the unit is screwed on: the plane changes only when somebody moves it
MOVED_DEG = 3.0

# Upward direction in camera axes when the image must be turned clockwise 0, 1, 2, 3 quarters.
_UPRIGHT = np.array([[0.0, -1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])


class FloorFinder:
    """Follows the floor plane through a stream of depth images.

    `quarter_turns`: how far the picture must be turned clockwise to stand upright; None while it
    is not known, then all four directions are searched and the largest plane wins.
    """

    def __init__(self, quarter_turns: int | None = None, seed: int = 0) -> None:
        self._quarter_turns = quarter_turns
        self._rng = np.random.default_rng(seed)
        self._floor: Floor | None = None
        self._next_fit_s = -np.inf

    @property
    def quarter_turns(self) -> int | None:
        """The direction searched; setting it forgets the plane."""
        return self._quarter_turns

    @quarter_turns.setter
    def quarter_turns(self, turns: int) -> None:
        if turns != self._quarter_turns:
            self._quarter_turns, self._floor, self._next_fit_s = turns, None, -np.inf

    def update(self, depth: DepthImage, time_s: float) -> Floor | None:
        """The floor as now known; None until it has been seen."""
        if time_s >= self._next_fit_s or time_s < self._next_fit_s - 10 * REFIT_EVERY_S:
            self._next_fit_s = time_s + (REFIT_EVERY_S if self._floor is not None else 0.2)
            self._refit(sample_points(depth))
        return self._floor

    def _refit(self, points_m: Array) -> None:
        found = None
        if self._floor is not None:
            found = _polish(points_m, self._floor)
        if found is None:
            found = fit_floor(points_m, self._quarter_turns, self._rng)
        if found is None:
            return  # hidden for the moment: the last plane still holds
        self._floor = _blend(self._floor, found)


def sample_points(depth: DepthImage) -> Array:
    """(n, 3) points in camera axes, m, of every eighth pixel that has a depth in range."""
    z = depth.raw[::STRIDE_PX, ::STRIDE_PX].astype(float) * depth.unit_m
    good = (z > 0.2) & (z < MAX_RANGE_M)
    rows, columns = np.nonzero(good)
    pixels = STRIDE_PX * np.stack([columns, rows], axis=-1)
    return deproject(pixels, z[good], depth.intrinsics)


def fit_floor(points_m: Array, quarter_turns: int | None, rng: np.random.Generator) -> Floor | None:
    """RANSAC over (n, 3) points: the best plane that can be a floor, or None.

    Fischler and Bolles 1981; the tolerance grows with the square of the distance as the noise of
    a stereo camera does.
    """
    if len(points_m) < 50:
        return None
    triples = points_m[rng.integers(0, len(points_m), (TRIALS, 3))]
    normals = np.cross(triples[:, 1] - triples[:, 0], triples[:, 2] - triples[:, 0])
    lengths = np.linalg.norm(normals, axis=1)
    keep = lengths > 1e-6
    normals, anchors = normals[keep] / lengths[keep, None], triples[keep, 0]
    heights = np.einsum("ij,ij->i", normals, anchors)
    normals, heights = np.where(heights[:, None] > 0, -normals, normals), np.abs(heights)
    allowed = _may_be_floor(normals, heights, quarter_turns)
    normals, heights = normals[allowed], heights[allowed]
    if not len(normals):
        return None
    distances = points_m @ normals.T + heights
    inside = np.abs(distances) < _tolerance_m(points_m)[:, None]
    best = int(np.argmax(inside.sum(axis=0)))
    return _polish(points_m, Floor(normals[best], float(heights[best]), 0.0), quarter_turns)


def _may_be_floor(normals: Array, heights: Array, quarter_turns: int | None) -> Array:
    upright = _UPRIGHT if quarter_turns is None else _UPRIGHT[quarter_turns : quarter_turns + 1]
    near = (normals @ upright.T).max(axis=1) > np.cos(np.radians(MAX_TILT_DEG))
    low, high = CAMERA_HEIGHT_M
    allowed: Array = near & (heights > low) & (heights < high)
    return allowed


def _tolerance_m(points_m: Array) -> Array:
    tolerance: Array = 0.008 + 0.006 * points_m[:, 2] ** 2
    return tolerance


def _polish(points_m: Array, floor: Floor, quarter_turns: int | None = None) -> Floor | None:
    """Least squares over the points near the plane; None where too few lie on it."""
    up, height = floor.up, floor.camera_height_m
    tolerance_m = _tolerance_m(points_m)
    inside = np.zeros(len(points_m), bool)
    for strictness in (1.0, 0.7, 0.5, 0.4):  # ever fewer points of the walls' feet
        inside = np.abs(points_m @ up + height) < strictness * tolerance_m
        if inside.sum() < max(30, MIN_INLIER_SHARE * len(points_m)):
            return None
        on_floor = points_m[inside]
        weights = 1 / tolerance_m[inside]
        centre = np.average(on_floor, axis=0, weights=weights)
        scatter = (on_floor - centre) * weights[:, None]
        normal = np.linalg.eigh(scatter.T @ scatter)[1][:, 0]  # of the least spread
        up = unit(normal if normal @ up > 0 else -normal)
        height = float(-(centre @ up))
    if not _may_be_floor(up[None], np.array([height]), quarter_turns)[0]:
        return None
    return Floor(up, height, float(inside.mean()))


def _blend(old: Floor | None, new: Floor) -> Floor:
    """Slow average while the unit hangs still, the new plane at once when it was moved."""
    if old is None or old.up @ new.up < np.cos(np.radians(MOVED_DEG)):
        return new
    share = 0.2
    up = unit((1 - share) * old.up + share * new.up)
    height = (1 - share) * old.camera_height_m + share * new.camera_height_m
    return Floor(up, height, new.inlier_share)
