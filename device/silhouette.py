"""The shape of what the unit sees, for the coach who hangs it: no picture, and never stored.

Two masks of the depth image, turned upright and made small: what stands in front of the unit, and
what of it is the lifter. Made only while a page asks.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from device.geometry import deproject, quarter_turns, to_levelled
from device.records import Array, BodyPose, DepthImage, Floor, Joint, Silhouette

WIDTH_PX, HEIGHT_PX = 96, 160  # at most
FURTHEST_M = 2.6  # behind that is the room
FLOOR_M = 0.06  # lower than this is floor
ABOUT_M = 0.5  # of the mid-hip, over the floor: the lifter
EVERY_S = 0.2
ASKED_S = 3.0  # how long one asking lasts

_HIPS = [Joint.LEFT_HIP, Joint.RIGHT_HIP]


class SilhouetteWatch:
    """Five silhouettes a second while somebody asks; nothing at all otherwise."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until_s = self._next_s = -np.inf
        self._last: Silhouette | None = None

    def ask(self) -> None:
        """Somebody wants to see it for the next seconds."""
        self._until_s = self._clock() + ASKED_S

    def update(
        self, depth: DepthImage | None, floor: Floor | None, body: BodyPose | None
    ) -> Silhouette | None:
        """The newest silhouette; None while nobody asks, or without depth."""
        now = self._clock()
        if now >= self._until_s or depth is None:
            self._last = None
        elif self._last is None or now >= self._next_s:
            self._next_s = now + EVERY_S
            self._last = silhouette(depth, floor, body)
        return self._last


def silhouette(depth: DepthImage, floor: Floor | None, body: BodyPose | None) -> Silhouette:
    """What stands nearer than FURTHEST_M and is no floor, and what of it is the lifter.

    Without a floor in view everything near is shown, as the sensor is turned.
    """
    rows, columns = depth.raw.shape
    turns = 0 if floor is None else quarter_turns(floor.up)
    across, down = (columns, rows) if turns % 2 == 0 else (rows, columns)
    step = max(1, -(-across // WIDTH_PX), -(-down // HEIGHT_PX))
    depth_m = depth.raw[::step, ::step].astype(float) * depth.unit_m
    near = (depth_m > 0) & (depth_m < (FURTHEST_M if floor is None else np.inf))
    lifter = np.zeros_like(near)
    if floor is not None:
        levelled = _levelled(depth, depth_m, near, floor, step)
        stands = (levelled[:, 1] > FLOOR_M) & (-levelled[:, 2] < FURTHEST_M)
        if body is not None and body.metric:
            hips = body.joints_m[_HIPS].mean(axis=0)
            away = np.hypot(levelled[:, 0] - hips[0], levelled[:, 2] - hips[2])
            lifter[near] = stands & (away < ABOUT_M)
        near[near] = stands
    near, lifter = (np.rot90(mask, -turns) for mask in (near, lifter))
    height, width = near.shape
    return Silhouette(width, height, np.packbits(near).tobytes(), np.packbits(lifter).tobytes())


def _levelled(
    depth: DepthImage, depth_m: Array, near: npt.NDArray[np.bool_], floor: Floor, step: int
) -> Array:
    """(n, 3) levelled points of the pixels of `near`, which has every `step`th one."""
    row, column = np.nonzero(near)
    pixels = np.stack([column * step, row * step], axis=1).astype(float)
    return to_levelled(deproject(pixels, depth_m[near], depth.intrinsics), floor)
