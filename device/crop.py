"""The view that the pelvis is measured in: a levelled point map around the hips.

A virtual camera stands where the depth camera stands, held level and aimed at the hips; 64 x 64
rays cover 0.75 m there. Each ray's point is given relative to the crop's centre in
line-of-sight axes: x to the right, y up, z towards the camera, all level. So neither how the unit
hangs, nor how far or how far off the picture's middle the lifter stands, changes the input.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from device.geometry import from_levelled, levelled_from_camera, unit
from device.records import Array, DepthImage, Floor, Intrinsics

SIZE = 64
SIDE_M = 0.75
ABOVE_HIP_M = 0.10  # the crop's centre: more of the back, less of the thighs
REACH_M = 0.5  # what lies further from the centre belongs to something else
SCALE_M = 0.3  # metres per unit of the network's input
_OVERSAMPLING = 3  # depth pixels read along each side of a cell; averaging takes their noise down
_SAME_SURFACE_M = 0.03
_PLACES = np.arange(SIZE, dtype=np.float32)
# (64, 64, 3): column, row, 1 of every cell
_CELLS = np.stack([*np.meshgrid(_PLACES, _PLACES), np.ones((SIZE, SIZE), np.float32)], axis=-1)


@dataclass(frozen=True, slots=True)
class HipView:
    """`points` is (64, 64, 4) float32: x, y, z in units of 0.3 m, and a mask of 0 or 1."""

    points: npt.NDArray[np.float32]
    filled_share: float  # of the rays in the middle half that hit something within reach
    nearer_share: float  # of those rays that hit something in front of the reach
    distance_m: float  # camera to centre
    bearing_deg: float  # line of sight to the right of the optical axis, seen from above
    pixel_m: float  # breadth of one depth pixel at that distance


def hip_view(depth: DepthImage, floor: Floor, mid_hip_m: Array) -> HipView:
    """The crop around a mid-hip given in levelled axes, (3,) m.

    Raises ValueError where the hips are not in front of the camera.
    """
    centre_m = np.asarray(mid_hip_m, float) + np.array([0.0, ABOVE_HIP_M, 0.0])
    aim = from_levelled(centre_m[None], floor)[0]
    distance_m = float(np.linalg.norm(aim))
    if aim[2] < 0.2:
        raise ValueError("the hips are not in front of the camera")
    rays, homography = _virtual_camera(aim, floor, depth.intrinsics)
    z_m = _sample(depth, homography)
    sight = _line_of_sight_axes(aim, floor)
    reached = z_m > 0
    along = z_m / rays[..., 2]
    points = (rays * along[..., None]) @ sight.T.astype(np.float32)
    points -= (sight @ aim).astype(np.float32)
    x, y, z = np.abs(points[..., 0]), np.abs(points[..., 1]), np.abs(points[..., 2])
    within = reached & (np.maximum(np.maximum(x, y), z) < REACH_M)
    nearer = reached & (points[..., 2] >= REACH_M)
    view = np.zeros((SIZE, SIZE, 4), np.float32)
    np.multiply(points, (within / np.float32(SCALE_M))[..., None], out=view[..., :3])
    view[..., 3] = within
    middle = slice(SIZE // 4, 3 * SIZE // 4)
    return HipView(
        points=view,
        filled_share=float(within[middle, middle].mean()),
        nearer_share=float(nearer[middle, middle].mean()),
        distance_m=distance_m,
        bearing_deg=_bearing_deg(aim, floor),
        pixel_m=float(aim[2] / depth.intrinsics.fx_px),
    )


def _virtual_camera(
    aim: Array, floor: Floor, camera: Intrinsics
) -> tuple[npt.NDArray[np.float32], Array]:
    """(64, 64, 3) rays in camera axes, and the homography from fine cells to depth pixels."""
    distance = np.linalg.norm(aim)
    forward = aim / distance
    right = unit(np.cross(forward, floor.up))
    down = np.cross(forward, right)
    step = SIDE_M / distance / SIZE
    to_ray = np.stack([right * step, down * step, forward], axis=1)
    to_ray[:, 2] += (right + down) * step * (0.5 - SIZE / 2)  # cell (0, 0) has its middle here
    rays = _CELLS @ to_ray.T.astype(np.float32)
    fine = 1 / _OVERSAMPLING
    to_cell = np.array([[fine, 0, (fine - 1) / 2], [0, fine, (fine - 1) / 2], [0, 0, 1]])
    to_pixel = np.array(
        [[camera.fx_px, 0, camera.cx_px], [0, camera.fy_px, camera.cy_px], [0, 0, 1]]
    )
    return rays, to_pixel @ to_ray @ to_cell


def _sample(depth: DepthImage, homography: Array) -> npt.NDArray[np.float32]:
    """(64, 64) depth along the optical axis, m: mean of a cell's nearest-to-median pixels."""
    fine = SIZE * _OVERSAMPLING
    raw = cv2.warpPerspective(
        depth.raw,
        homography,
        (fine, fine),
        flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=[0.0],
    )
    k = _OVERSAMPLING
    cells = raw.reshape(SIZE, k, SIZE, k).transpose(0, 2, 1, 3).reshape(SIZE, SIZE, k * k)
    cells = np.sort(cells, axis=-1).astype(np.float32)
    holes = (cells == 0).sum(axis=-1)
    middle = (holes + (k * k - holes) // 2).clip(0, k * k - 1)
    median = np.take_along_axis(cells, middle[..., None], axis=-1)
    near = (cells > 0) & (np.abs(cells - median) < _SAME_SURFACE_M / depth.unit_m)
    mean = (cells * near).sum(axis=-1) / np.maximum(near.sum(axis=-1), 1)
    return np.where(holes <= k * k // 2, mean * np.float32(depth.unit_m), np.float32(0))


def _line_of_sight_axes(aim: Array, floor: Floor) -> Array:
    """(3, 3): camera axes -> x right, y up, z level from the hips towards the camera."""
    flat = aim - (aim @ floor.up) * floor.up
    toward = -unit(flat)
    return np.stack([np.cross(floor.up, toward), floor.up, toward])


def _bearing_deg(aim: Array, floor: Floor) -> float:
    x, _, z = levelled_from_camera(floor.up) @ aim
    return float(np.degrees(np.arctan2(x, -z)))
