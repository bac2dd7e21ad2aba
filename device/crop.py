"""The view that the pelvis is measured in: a levelled point map around the hips.

A virtual camera stands where the depth camera stands, held level and aimed at the hips; 64 x 64
rays cover 0.75 m there. Each ray's point is given relative to the crop's centre in
line-of-sight axes: x to the right, y up, z towards the camera, all level. So neither how the unit
hangs, nor how far or how far off the picture's middle the lifter stands, changes the input. The
floor, which comes into the view of a deep squat, is left out: nothing on it is a pelvis.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from device.geometry import levelled_from_camera
from device.records import Array, Bytes, Depth, DepthImage, Floor, Intrinsics

SIZE = 64
SIDE_M = 0.75
ABOVE_HIP_M = 0.10  # the crop's centre: more of the back, less of the thighs
ABOVE_FLOOR_M = 0.06  # what lies lower is the floor, with its noise and its estimate's error
REACH_M = 0.5  # what lies further from the centre belongs to something else
FRONT_M = 0.35  # nearer to the camera than this no part of a back or seat lies
SCALE_M = 0.3  # metres per unit of the network's input
_OVERSAMPLING = 3  # depth pixels read along each side of a cell; averaging takes their noise down
_SAME_SURFACE_M = 0.03
_MOST_COUNTS = 2**16 - 1
_MAX_HOLES = _OVERSAMPLING**2 // 2  # in a cell that still counts as seen
_FINE = 1 / _OVERSAMPLING
_FINE_TO_CELL = np.array([[_FINE, 0, (_FINE - 1) / 2], [0, _FINE, (_FINE - 1) / 2], [0, 0, 1]])
_HALF_A_CELL = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])  # to the right and down
_PLACES = np.arange(SIZE)
_CELLS = np.stack([_PLACES, _PLACES, np.ones(SIZE)])  # (column, row, 1) of those on the diagonal
_MIDDLE = (slice(SIZE // 4, 3 * SIZE // 4), slice(SIZE // 4, 3 * SIZE // 4))
_EIGHT = _OVERSAMPLING * np.linspace(SIZE / 4, 3 * SIZE / 4, 8)
# (3, 64): some places in the middle half, as fine column, fine row, 1
_PROBES = np.stack([*(a.ravel() for a in np.meshgrid(_EIGHT, _EIGHT)), np.ones(64)])
_CORNERS = _PROBES[:, [0, 7, 56, 63]]
# Sorts nine values (Knuth, The Art of Computer Programming 3, section 5.3.4, 25 comparators),
# without the last comparators of ranks that nobody asks for.
_NETWORK = (
    *((0, 3), (1, 7), (2, 5), (4, 8), (0, 7), (2, 4), (3, 8), (5, 6), (0, 2), (1, 3), (4, 5)),
    *((7, 8), (1, 4), (3, 6), (5, 7), (2, 4), (3, 5), (6, 8), (2, 3), (4, 5), (6, 7), (3, 4)),
    (5, 6),
)


@dataclass(frozen=True, slots=True)
class HipView:
    """`points` is (64, 64, 4) float32: x, y, z in units of 0.3 m, and a mask of 0 or 1.

    `aside` is the same seen through rays that lie half a cell to the right and down: whether a
    whole edge falls into a cell or beside it hangs on a millimetre, and there it falls otherwise.
    None where a view was stored without it.
    """

    points: npt.NDArray[np.float32]
    filled_share: float  # of the rays in the middle half that hit something within reach
    nearer_share: float  # of those rays that hit something in front of the reach
    distance_m: float  # camera to centre
    bearing_deg: float  # line of sight to the right of the optical axis, seen from above
    pixel_m: float  # breadth of one depth pixel at that distance
    # for telling what is wrong with a view; shares of the middle half's rays
    front_share: float = 0.0  # that hit something in front of where a back can be
    front_side: float = 0.0  # where those are: -1 left edge of the middle half, 1 right edge
    hole_share: float = 0.0  # that lie in the depth image and hit nothing
    outside_share: float = 0.0  # that lie outside the depth image
    aside: npt.NDArray[np.float32] | None = None


def hip_view(depth: DepthImage, floor: Floor, mid_hip_m: Array) -> HipView:
    """The crop around a mid-hip given in levelled axes, (3,) m.

    Raises ValueError where the hips are not in front of the camera.
    """
    x, y, z = np.asarray(mid_hip_m, float).tolist()
    rise_m, ahead_m = y + ABOVE_HIP_M - floor.camera_height_m, math.hypot(x, z)
    sight = _line_of_sight_axes(floor, x, z)
    along_axis_m = float(rise_m * sight[1, 2] - ahead_m * sight[2, 2])
    if along_axis_m < 0.2:
        raise ValueError("the hips are not in front of the camera")
    to_ray = _virtual_camera(rise_m, ahead_m)
    to_pixel = _intrinsic_matrix(depth.intrinsics) @ sight.T
    centre = (rise_m, ahead_m, ABOVE_FLOOR_M - (y + ABOVE_HIP_M))
    view, reached, toward_m = _cut(depth, to_pixel, sight.T, to_ray, centre)
    aside, _, _ = _cut(depth, to_pixel, sight.T, to_ray @ _HALF_A_CELL, centre)
    within = view[_MIDDLE][..., 3] > 0
    reached, toward_m = reached[_MIDDLE], toward_m[_MIDDLE]
    front = reached & (toward_m >= FRONT_M)
    homography = to_pixel @ to_ray @ _FINE_TO_CELL
    outside_share = _outside_share(homography, depth.intrinsics)
    return HipView(
        points=view,
        filled_share=_share(within),
        nearer_share=_share(reached & (toward_m >= REACH_M)),
        distance_m=math.hypot(rise_m, ahead_m),
        bearing_deg=math.degrees(math.atan2(x, -z)),
        pixel_m=along_axis_m / depth.intrinsics.fx_px,
        front_share=_share(front),
        front_side=_side(front),
        hole_share=max(0.0, 1.0 - _share(reached) - outside_share),
        outside_share=outside_share,
        aside=aside,
    )


def _cut(
    depth: DepthImage,
    to_pixel: Array,
    to_camera: Array,
    to_ray: Array,
    centre: tuple[float, float, float],
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_], npt.NDArray[np.float32]]:
    """What a grid of rays meets: the view (64, 64, 4), and of each ray whether it met anything and
    how far in front of the centre, m.

    `centre`: how far it lies above the camera and ahead of it, and the floor's margin above it, m.
    """
    rise_m, ahead_m, lowest_m = centre
    z_m = _sample(depth, to_pixel @ to_ray @ _FINE_TO_CELL)
    points = _points(z_m / _of_every_cell((to_camera @ to_ray)[2]), to_ray)
    points[1] -= np.float32(rise_m)
    points[2] += np.float32(ahead_m)
    reached = z_m > 0
    within = reached & (np.abs(points).max(axis=0) < REACH_M) & (points[1] > lowest_m)
    view = np.empty((SIZE, SIZE, 4), np.float32)
    scaled = within / np.float32(SCALE_M)
    for axis, plane in enumerate(points):
        np.multiply(plane, scaled, out=view[..., axis])
    view[..., 3] = within
    return view, reached, points[2]


def _line_of_sight_axes(floor: Floor, x: float, z: float) -> Array:
    """(3, 3): camera axes -> x right, y up, z level from the hips towards the camera.

    `x` and `z`: where the hips are, in levelled axes.
    """
    levelled = np.array([[-z, 0.0, x], [0.0, math.hypot(x, z), 0.0], [-x, 0.0, -z]])
    axes: Array = levelled / levelled[1, 1] @ levelled_from_camera(floor.up)
    return axes


def _virtual_camera(rise_m: float, ahead_m: float) -> Array:
    """(3, 3): column, row, 1 of a cell -> its ray in line-of-sight axes."""
    distance_m = math.hypot(rise_m, ahead_m)
    up, toward = rise_m / distance_m, -ahead_m / distance_m  # of the ray to the centre
    step = SIDE_M / distance_m / SIZE
    first = step * (0.5 - SIZE / 2)  # cell (0, 0) has its middle here
    return np.array(
        [
            [step, 0.0, first],
            [0.0, step * toward, up + first * toward],
            [0.0, -step * up, toward - first * up],
        ]
    )


def _intrinsic_matrix(camera: Intrinsics) -> Array:
    return np.array([[camera.fx_px, 0, camera.cx_px], [0, camera.fy_px, camera.cy_px], [0, 0, 1]])


def _of_every_cell(row: Array) -> npt.NDArray[np.float32]:
    """(64, 64): a (3,) row times the (column, row, 1) of every cell."""
    along_columns = (row[0] * _PLACES).astype(np.float32)
    along_rows = (row[1] * _PLACES + row[2]).astype(np.float32)
    cells: npt.NDArray[np.float32] = along_columns + along_rows[:, None]
    return cells


def _points(reach: npt.NDArray[np.float32], to_ray: Array) -> npt.NDArray[np.float32]:
    """(3, 64, 64) line-of-sight axes, each in one piece, which is faster: rays times (64, 64).

    The virtual camera is held level: x is the same for all rays of a column, y and z for a row's.
    """
    x, y, z = (to_ray @ _CELLS).astype(np.float32)
    points = np.empty((3, SIZE, SIZE), np.float32)
    for rays, plane in zip((x, y[:, None], z[:, None]), points, strict=True):
        np.multiply(reach, rays, out=plane)
    return points


def _sample(depth: DepthImage, homography: Array) -> npt.NDArray[np.float32]:
    """(64, 64) depth along the optical axis, m: mean of a cell's nearest-to-median pixels.

    `homography` leads from fine cells to depth pixels.
    """
    k, fine = _OVERSAMPLING, SIZE * _OVERSAMPLING
    raw: Depth = cv2.warpPerspective(  # type: ignore[assignment]
        depth.raw,
        homography,
        (fine, fine),
        flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=[0.0],
    )
    # one (64, 64) plane for each of a cell's pixels, so that every step below runs along memory
    planes = raw.reshape(SIZE, k, SIZE, k).transpose(1, 3, 0, 2).reshape(k * k, SIZE, SIZE)
    holes = _count(planes == 0)
    median = _median_of_seen(planes, holes)
    # whole counts, so 'nearer than' needs no fraction
    limit = np.uint16(min(math.ceil(np.float32(_SAME_SURFACE_M / depth.unit_m)), _MOST_COUNTS))
    low = np.maximum(median, limit) - limit  # never below 0, so holes are not near
    high = np.minimum(median, _MOST_COUNTS - limit) + limit
    near = (planes > low) & (planes < high)
    total = np.add.reduce(planes * near, axis=0, dtype=np.float32)
    mean_m: npt.NDArray[np.float32] = total / np.maximum(_count(near), 1)
    mean_m *= np.float32(depth.unit_m) * (holes <= _MAX_HOLES)
    return mean_m


def _count(planes: npt.NDArray[np.bool_]) -> Bytes:
    """(64, 64) how many of the (9, 64, 64) are true."""
    counted: Bytes = np.add.reduce(planes.view(np.uint8), axis=0, dtype=np.uint8)
    return counted


def _median_of_seen(planes: Depth, holes: Bytes) -> Depth:
    """(64, 64) upper median over the (9, 64, 64) planes without their `holes` zeros.

    Only right where there are at most 4. A sorting network: the same few comparisons for every
    cell, each one step over a whole plane; `np.sort` along the cells takes eight times as long.
    """
    ranked = list(planes)
    for low, high in _NETWORK:
        a, b = ranked[low], ranked[high]
        ranked[low], ranked[high] = np.minimum(a, b), np.maximum(a, b)
    # zeros come first: with h of them the median of the rest is number h + (9 - h) // 2
    middle: Depth = np.where(holes == 0, ranked[4], np.where(holes < 3, ranked[5], ranked[6]))
    return middle


def _share(cells: npt.NDArray[np.bool_]) -> float:
    return float(np.count_nonzero(cells)) / cells.size


def _outside_share(homography: Array, camera: Intrinsics) -> float:
    """Share of the middle half that the depth image does not show."""
    if all(_is_inside(corner, camera) for corner in (homography @ _CORNERS).T.tolist()):
        return 0.0
    columns, rows, ahead = homography @ _PROBES
    with np.errstate(divide="ignore", invalid="ignore"):
        u, v = columns / ahead, rows / ahead
    inside = (ahead > 0) & (u >= 0) & (u < camera.width_px) & (v >= 0) & (v < camera.height_px)
    return float(1.0 - inside.mean())


def _is_inside(pixel: list[float], camera: Intrinsics) -> bool:
    """Whether a pixel, given as column, row and weight, lies in the image."""
    column, row, ahead = pixel
    return (
        ahead > 0 and 0 <= column < ahead * camera.width_px and 0 <= row < ahead * camera.height_px
    )


def _side(hits: npt.NDArray[np.bool_]) -> float:
    """Where hits lie across the middle half: -1 its left edge, 1 its right; 0 if there are none."""
    if not hits.any():
        return 0.0
    across = hits.sum(axis=0)
    places = np.linspace(-1, 1, len(across))
    return float(across @ places / across.sum())
