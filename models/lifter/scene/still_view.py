"""A camera that doesn't move before a room that doesn't change: only the figures are cast anew."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from device.records import Array, Bytes, Intrinsics
from models.lifter.scene.render import (
    NOTHING,
    Floats,
    Lighting,
    Scene,
    brightness,
    depth_image,
    developed,
    in_shadow,
    pixel_rays,
    surface,
)

_SHADOW_GRID_PX = 3
_GRID_PX = 4


class StillView:
    """One camera's view of a room."""

    def __init__(
        self,
        room: Scene,
        camera: Intrinsics,
        camera_from_world: Array,
        light: Lighting | None = None,
    ) -> None:
        self.camera, self.pose = camera, camera_from_world
        self._light = light or Lighting()
        self._shape = (camera.height_px, camera.width_px)
        self._centre, self._rays, _ = pixel_rays(camera, camera_from_world)
        self.depth = depth_image(room, camera, camera_from_world)

    def prepare_color(self, room: Scene) -> None:
        """Casts the room once for pictures."""
        hits = room.cast(self._centre, self._rays)
        met = hits.mesh != NOTHING
        points = self._centre + self._rays * np.where(met, hits.distance, 0)[:, None]
        self._points = points.astype(np.float32)
        self._face = hits.normal
        color, normal = surface(room, hits, self._points)
        color = np.where(met[:, None], color, 0.05)
        shadow = in_shadow(room, self._points, hits.normal, self._light).astype(np.float32)
        lit = brightness(self._points, normal, shadow, self._light)
        dark = brightness(self._points, normal, np.ones_like(shadow), self._light)
        self._lit, self._dark = color * lit[:, None], color * dark[:, None]

    def depth_with(self, figures: Scene) -> Floats:
        """(rows, columns) depth of room and figures, m."""
        depth = self.depth.copy().ravel()
        rays = self._candidates(figures)
        if len(rays):
            part = figures.distances(self._centre, self._rays[rays])
            behind = depth[rays]
            depth[rays] = np.where((part < behind) | ((behind == 0) & (part < 10)), part, behind)
        return depth.reshape(self._shape)

    def color_with(self, figures: Scene) -> Bytes:
        """(rows, columns, 3) picture of room and figures; needs `prepare_color` first."""
        shadow = self._cast_shadow(figures)[:, None]
        linear = self._lit + shadow * (self._dark - self._lit)
        self._paint(linear, figures)
        return self._lens(developed(linear, self._light).reshape(*self._shape, 3))

    def _paint(self, linear: npt.NDArray[Any], figures: Scene) -> None:
        rays = self._candidates(figures)
        if not len(rays):
            return
        hits = figures.cast(self._centre, self._rays[rays])
        behind = self.depth.ravel()[rays]
        seen = (hits.mesh != NOTHING) & ((hits.distance < behind) | (behind == 0))
        hits, rays = hits.only(seen), rays[seen]
        points = self._centre + self._rays[rays] * hits.distance[:, None]
        points = points.astype(np.float32)
        color, normal = surface(figures, hits, points)
        shadow = in_shadow(figures, points, hits.normal, self._light)
        linear[rays] = color * brightness(points, normal, shadow, self._light)[:, None]

    def _candidates(self, figures: Scene) -> npt.NDArray[np.int64]:
        """Rays near those of a coarse grid that meet a figure."""
        rows, columns = self._shape
        grid = np.arange(rows * columns).reshape(self._shape)[::_GRID_PX, ::_GRID_PX]
        met = np.isfinite(figures.distances(self._centre, self._rays[grid.ravel()]))
        near = cv2.dilate(met.reshape(grid.shape).astype(np.uint8), np.ones((3, 3), np.uint8))
        fine = np.repeat(np.repeat(near, _GRID_PX, axis=0), _GRID_PX, axis=1)[:rows, :columns]
        return np.flatnonzero(fine)

    def _cast_shadow(self, figures: Scene) -> Floats:
        """(n,) soft shadow of the figures on the room, cast on a coarse grid."""
        every = _SHADOW_GRID_PX
        grid = np.arange(self._shape[0] * self._shape[1]).reshape(self._shape)[::every, ::every]
        picked = grid.ravel()
        dark = in_shadow(figures, self._points[picked], self._face[picked], self._light)
        coarse = cv2.GaussianBlur(dark.reshape(grid.shape).astype(np.float32), (0, 0), 1.0)
        return np.asarray(cv2.resize(coarse, self._shape[::-1]), np.float32).ravel()

    @staticmethod
    def _lens(image: Bytes) -> Bytes:
        """The slight softness of a small lens."""
        return np.asarray(cv2.GaussianBlur(image, (0, 0), 0.55), np.uint8)
