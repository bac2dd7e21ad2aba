"""Views of the board -> how the Pi camera sees and where it sits.

First the colour camera's lens from every view (Zhang 2000, OpenCV's calibrateCamera), then its
place against the infrared camera, whose lens is known from the factory, from the views that both
have. Views that fit far worse than the others are left out: the board was moved, or is hidden by
a hand that looks like a marker.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import cv2
import numpy as np

from device.calibrate.board import Board, Corners
from device.geometry import deproject
from device.records import Array, Extrinsics, Intrinsics

OUTLIER_TIMES, OUTLIER_PX = 2.5, 0.4  # the median view's error, and never less than so many pixels
MIN_VIEWS = 3  # fewer can't be solved, let alone well
_STOP = (cv2.TERM_CRITERIA_COUNT + cv2.TERM_CRITERIA_EPS, 200, 1e-9)
_GRID = 25  # points each way that a lens is turned round by

Fit = TypeVar("Fit")


@dataclass(frozen=True, slots=True)
class View:
    """The board held still once. `depth_ratio`: the depth image's distance of it against the one
    that its size in the infrared picture says; None: not known.
    """

    colour: Corners
    infrared: Corners | None
    depth_ratio: float | None = None


@dataclass(frozen=True, slots=True)
class Lens:
    """A camera as OpenCV has it: the distortion leads from the true to the seen direction."""

    matrix: Array  # (3, 3)
    distortion: Array  # (5,) k1, k2, p1, p2, k3
    focal_sd: float = 0.0  # as a share of the focal length


@dataclass(frozen=True, slots=True)
class Solution:
    """What was found; views are named by their place in the list that was given."""

    lens: Lens
    colour: Intrinsics
    inverse_error_px: float  # the largest that comes from turning the lens round
    depth_to_colour: Extrinsics
    reprojection_error_px: float  # RMS over both pictures of the views kept
    kept: tuple[int, ...]  # that both cameras have
    left_out: dict[int, float] = field(default_factory=dict)  # and their error, px
    depth_ratio: float | None = None  # median over the views kept


def solve(
    views: Sequence[View], board: Board, infrared: Intrinsics, size_px: tuple[int, int]
) -> Solution:
    """`size_px`: width and height of the colour picture.

    Raises ValueError where fewer than MIN_VIEWS can be used, or they contradict each other.
    """
    try:
        return _solve(views, board, infrared, size_px)
    except cv2.error as error:
        raise ValueError(f"the views can't be solved: {error}") from error


def _solve(
    views: Sequence[View], board: Board, infrared: Intrinsics, size_px: tuple[int, int]
) -> Solution:
    left_out: dict[int, float] = {}
    lens, good = _cleaned(
        lambda few: colour_lens([views[n].colour for n in few], board, size_px),
        list(range(len(views))),
        left_out,
    )
    (place, rms_px), kept = _cleaned(
        lambda few: _place([views[n] for n in few], board, infrared, lens),
        [n for n in good if _shared(views[n], board) is not None],
        left_out,
    )
    colour, inverse_error_px = turned_round(lens, size_px)
    ratios = [ratio for n in kept if (ratio := views[n].depth_ratio) is not None]
    return Solution(
        lens, colour, inverse_error_px, place, rms_px, tuple(kept), left_out,
        float(np.median(ratios)) if ratios else None,
    )  # fmt: skip


def _cleaned(
    fit: Callable[[list[int]], tuple[Fit, Array]], views: list[int], left_out: dict[int, float]
) -> tuple[Fit, list[int]]:
    """The fit to the views that agree; `fit` also tells each view's error, px."""
    while True:
        if len(views) < MIN_VIEWS:
            raise ValueError(f"{len(views)} views, expected at least {MIN_VIEWS}")
        fitted, errors_px = fit(views)
        limit_px = max(OUTLIER_PX, OUTLIER_TIMES * float(np.median(errors_px)))
        bad = {n: float(e) for n, e in zip(views, errors_px, strict=True) if e > limit_px}
        if not bad:
            return fitted, views
        left_out |= bad
        views = [n for n in views if n not in bad]


def colour_lens(
    seen: Sequence[Corners], board: Board, size_px: tuple[int, int]
) -> tuple[Lens, Array]:
    """The lens, and the (views,) error of each view, px."""
    _, matrix, distortion, _, _, sd, _, errors = cv2.calibrateCameraExtended(
        [_on_board(corners, board) for corners in seen],
        [_pixels(corners) for corners in seen],
        size_px,
        np.eye(3),
        np.zeros(5),
        # Boards seldom reach the corners of the picture, and k3 is only seen there: left free, it
        # gained nothing on lenses of 66 and of 100 degrees (decision 20).
        flags=cv2.CALIB_FIX_K3,
        criteria=_STOP,
    )
    focal_sd = float(max(sd[0, 0] / matrix[0, 0], sd[1, 0] / matrix[1, 1]))
    lens = Lens(np.asarray(matrix, float), np.asarray(distortion, float).ravel()[:5], focal_sd)
    return lens, np.asarray(errors, float).ravel()


def _place(
    views: Sequence[View], board: Board, infrared: Intrinsics, lens: Lens
) -> tuple[tuple[Extrinsics, float], Array]:
    """(depth to colour, RMS px), and the (views,) error of each view, px."""
    pairs = [pair for view in views if (pair := _shared(view, board)) is not None]
    rms_px, _, _, _, _, rotation, translation, _, _, _, _, errors = cv2.stereoCalibrateExtended(
        [_on_board(colour, board) for colour, _ in pairs],
        [_pixels(inner) for _, inner in pairs],
        [_pixels(colour) for colour, _ in pairs],
        matrix_of(infrared),
        np.array(infrared.distortion),
        lens.matrix,
        lens.distortion,
        (infrared.width_px, infrared.height_px),
        np.eye(3),
        np.zeros(3),
        flags=cv2.CALIB_FIX_INTRINSIC,
        criteria=_STOP,
    )
    place = Extrinsics(np.asarray(rotation, float), np.ravel(translation).astype(float))
    return (place, float(rms_px)), np.sqrt((np.asarray(errors) ** 2).mean(axis=1))


def _shared(view: View, board: Board) -> tuple[Corners, Corners] | None:
    """The corners that both pictures have (colour, infrared); None: too few."""
    if view.infrared is None:
        return None
    colour, infrared = view.colour.shared(view.infrared)
    return (colour, infrared) if board.tells_its_pose(colour.numbers) else None


def turned_round(lens: Lens, size_px: tuple[int, int]) -> tuple[Intrinsics, float]:
    """The lens in our own model, and the largest error that this brings in, px.

    OpenCV's polynomial leads from the true to the seen direction, ours (`geometry.deproject`, as
    in a RealSense's colour stream) the other way. Its coefficients are linear in the directions,
    so least squares over a grid of pixels finds them.
    """
    width, height = size_px
    grid = np.meshgrid(np.linspace(0, width - 1, _GRID), np.linspace(0, height - 1, _GRID))
    pixels = np.stack(grid, axis=-1).reshape(-1, 1, 2)
    true = cv2.undistortPointsIter(
        pixels, lens.matrix, lens.distortion, np.eye(3), np.eye(3), _STOP
    ).reshape(-1, 2)
    fx, fy, cx, cy = (float(lens.matrix[place]) for place in ((0, 0), (1, 1), (0, 2), (1, 2)))
    seen = (pixels.reshape(-1, 2) - (cx, cy)) / (fx, fy)
    x, y = seen.T
    r2 = x * x + y * y
    # columns k1, k2, p1, p2, k3
    of_x = np.stack([x * r2, x * r2**2, 2 * x * y, r2 + 2 * x * x, x * r2**3], axis=1)
    of_y = np.stack([y * r2, y * r2**2, r2 + 2 * y * y, 2 * x * y, y * r2**3], axis=1)
    found = np.linalg.lstsq(np.concatenate([of_x, of_y]), (true - seen).T.reshape(-1), rcond=None)[
        0
    ]
    k1, k2, p1, p2, k3 = (float(value) for value in found)
    camera = Intrinsics(width, height, fx, fy, cx, cy, (k1, k2, p1, p2, k3))
    back = deproject(pixels.reshape(-1, 2), np.ones(len(true)), camera)[:, :2]
    return camera, float(np.abs((back - true) * (fx, fy)).max())


def board_pose(corners: Corners, board: Board, camera: Intrinsics) -> Extrinsics:
    """From the board's axes into those of an undistorted camera (Collins and Bartoli 2014)."""
    _, rotations, translations, _ = cv2.solvePnPGeneric(
        _on_board(corners, board),
        _pixels(corners),
        matrix_of(camera),
        np.zeros(5),
        flags=cv2.SOLVEPNP_IPPE,  # the better of two mirrored answers comes first
    )
    return Extrinsics(np.asarray(cv2.Rodrigues(rotations[0])[0]), np.ravel(translations[0]))


def matrix_of(camera: Intrinsics) -> Array:
    """(3, 3) OpenCV's camera matrix."""
    return np.array(
        [[camera.fx_px, 0, camera.cx_px], [0, camera.fy_px, camera.cy_px], [0, 0, 1]], float
    )


def _on_board(corners: Corners, board: Board) -> np.typing.NDArray[np.float32]:
    return board.corners_m[corners.numbers].astype(np.float32)


def _pixels(corners: Corners) -> np.typing.NDArray[np.float32]:
    return corners.points_px.astype(np.float32)
