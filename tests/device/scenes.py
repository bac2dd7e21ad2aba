"""Depth images of plain scenes: a floor, a wall, a box on it, seen by a camera hung anyhow."""

from __future__ import annotations

import numpy as np

from device.geometry import levelled_from_camera, unit
from device.records import Array, DepthImage, Extrinsics, Intrinsics

CAMERA = Intrinsics(424, 240, 212.0, 212.0, 211.5, 119.5)
SAME = Extrinsics(np.eye(3), np.zeros(3))


def up_of(pitch_deg: float, roll_deg: float, quarter_turns: int = 0) -> Array:
    """Gravity's up in the axes of a camera pitched down and rolled, its image to be turned."""
    pitch, roll = np.radians(pitch_deg), np.radians(roll_deg + 90 * quarter_turns)
    level = np.array([0.0, -np.cos(pitch), -np.sin(pitch)])
    turn = np.array([[np.cos(roll), np.sin(roll), 0], [-np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    return unit(turn @ level)


def rays(camera: Intrinsics = CAMERA) -> Array:
    """(height, width, 3) directions of unit depth in camera axes."""
    u, v = np.meshgrid(np.arange(camera.width_px), np.arange(camera.height_px))
    x, y = (u - camera.cx_px) / camera.fx_px, (v - camera.cy_px) / camera.fy_px
    return np.stack([x, y, np.ones_like(x)], axis=-1)


def floor_and_wall(
    up: Array,
    height_m: float,
    wall_m: float | None = 3.0,
    noise: float = 0.0,
    seed: int = 0,
    camera: Intrinsics = CAMERA,
) -> DepthImage:
    """A floor `height_m` below the camera and a wall square to its flat viewing direction."""
    ways = rays(camera)
    falling = ways @ up
    with np.errstate(divide="ignore"):
        z = np.where(falling < -1e-6, -height_m / falling, np.inf)
        if wall_m is not None:
            ahead = ways @ -levelled_from_camera(up)[2]
            z = np.minimum(z, np.where(ahead > 1e-6, wall_m / ahead, np.inf))
    return image_of(z, noise, seed, camera)


def image_of(
    z_m: Array, noise: float = 0.0, seed: int = 0, camera: Intrinsics = CAMERA
) -> DepthImage:
    """A depth image in mm; `noise` m at 1 m, growing with the square of the distance."""
    z = np.where(np.isfinite(z_m) & (z_m < 8.0), z_m, 0.0)
    z = z + noise * z**2 * np.random.default_rng(seed).normal(size=z.shape) * (z > 0)
    return DepthImage(np.rint(z * 1000).clip(0, 65535).astype(np.uint16), 0.001, camera, SAME, 0.05)
