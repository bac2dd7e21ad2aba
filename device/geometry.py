"""Cameras, rotations and axes: the little geometry that every stage shares."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from device.records import Array, Extrinsics, Floor, Intrinsics

# Camera axes point down and forward, levelled axes up and towards the camera.
_FLIP = np.diag([1.0, -1.0, -1.0])


def deproject(points_px: npt.ArrayLike, depth_m: npt.ArrayLike, camera: Intrinsics) -> Array:
    """(n, 2) pixels and (n,) depths along the optical axis -> (n, 3) points in camera axes, m.

    Colour streams of a RealSense carry the inverse Brown-Conrady model: its polynomial turns the
    distorted direction into the true one.
    """
    pixels = np.asarray(points_px, float)
    depth = np.asarray(depth_m, float)
    x = (pixels[..., 0] - camera.cx_px) / camera.fx_px
    y = (pixels[..., 1] - camera.cy_px) / camera.fy_px
    if any(camera.distortion):
        x, y = _undistort(x, y, camera.distortion)
    return _columns(x * depth, y * depth, depth)


def _undistort(
    x: Array, y: Array, distortion: tuple[float, float, float, float, float]
) -> tuple[Array, Array]:
    k1, k2, p1, p2, k3 = distortion
    r2 = x * x + y * y
    radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
    return (
        x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x),
        y * radial + 2 * p2 * x * y + p1 * (r2 + 2 * y * y),
    )


def project(points_m: npt.ArrayLike, camera: Intrinsics) -> Array:
    """(n, 3) points in camera axes, m -> (n, 2) pixels. Distortion is ignored."""
    points = np.asarray(points_m, float)
    depth = points[..., 2]
    u = points[..., 0] / depth * camera.fx_px + camera.cx_px
    v = points[..., 1] / depth * camera.fy_px + camera.cy_px
    return _columns(u, v)


def _columns(*parts: Array) -> Array:
    """(..., k) from k arrays of the same shape; `np.stack` takes twice as long."""
    out = np.empty((*parts[0].shape, len(parts)))
    for i, part in enumerate(parts):
        out[..., i] = part
    return out


def transform(points_m: npt.ArrayLike, extrinsics: Extrinsics) -> Array:
    """(n, 3) points carried into the other camera's axes."""
    moved: Array = np.asarray(points_m, float) @ extrinsics.rotation.T + extrinsics.translation_m
    return moved


def inverse(extrinsics: Extrinsics) -> Extrinsics:
    """The way back."""
    back = extrinsics.rotation.T
    return Extrinsics(back, -back @ extrinsics.translation_m)


def unit(vector: npt.ArrayLike) -> Array:
    """The vector at length 1."""
    given = np.asarray(vector, float)
    scaled: Array = given / math.sqrt(given @ given)
    return scaled


def length(vector: Array) -> float:
    """The length of one (3,) vector; for so few numbers numpy's own is slower."""
    return math.hypot(*vector.tolist())


def cross(a: Array, b: Array) -> Array:
    """The cross product of two (3,) vectors; for so few numbers numpy's own is ten times slower."""
    ax, ay, az = a.tolist()
    bx, by, bz = b.tolist()
    return np.array([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx])


def levelled_from_camera(up: npt.ArrayLike) -> Array:
    """(3, 3) rotation from camera axes to levelled axes, given up in camera axes.

    The levelled z axis is the optical axis laid flat and turned round, so that 'towards the
    camera' stays meaningful however the camera is tilted or rolled. Raises ValueError where the
    camera looks straight up or down. Asked for several times a frame with the same up, so the
    last few answers are kept.
    """
    return _levelled_from_camera(*np.asarray(up, float).tolist())


@lru_cache(maxsize=8)
def _levelled_from_camera(x: float, y: float, z: float) -> Array:
    up_axis = unit([x, y, z])
    backward = -np.array([0.0, 0.0, 1.0])
    flat = backward - (backward @ up_axis) * up_axis
    length = np.linalg.norm(flat)
    if length < 1e-3:
        raise ValueError("the camera looks straight up or down: no horizontal viewing direction")
    toward = flat / length
    levelled: Array = np.stack([np.cross(up_axis, toward), up_axis, toward])
    levelled.flags.writeable = False  # shared by all who ask
    return levelled


def to_levelled(points_m: npt.ArrayLike, floor: Floor) -> Array:
    """(n, 3) points in depth-camera axes -> levelled axes with the floor at y = 0."""
    levelled: Array = np.asarray(points_m, float) @ levelled_from_camera(floor.up).T
    levelled[..., 1] += floor.camera_height_m
    return levelled


def from_levelled(points_m: npt.ArrayLike, floor: Floor) -> Array:
    """(n, 3) points in levelled axes -> depth-camera axes."""
    points = np.array(points_m, float)
    points[..., 1] -= floor.camera_height_m
    camera: Array = points @ levelled_from_camera(floor.up)
    return camera


def quarter_turns(up: npt.ArrayLike) -> int:
    """How many clockwise quarter turns bring an image upright, given up in camera axes."""
    x, y, _ = unit(up)
    # up lies along -y in an upright image, along -x in one that must turn clockwise once
    angle = np.degrees(np.arctan2(-x, -y))
    return round(float(angle) / 90) % 4


def wrap_deg(angle_deg: float) -> float:
    """The same angle in -180 to 180."""
    return (angle_deg + 180.0) % 360.0 - 180.0
