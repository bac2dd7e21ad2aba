"""Choosing views of the board while somebody carries it about, and saying what is still wanted."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from device.calibrate.board import Board, Corners
from device.calibrate.solve import View, board_pose
from device.geometry import transform
from device.records import Array, DepthImage

WANTED_VIEWS, LEAST_VIEWS = 15, 10  # that both cameras have
GRID = 4  # areas of the colour picture, each way
WANTED_AREAS, LEAST_AREAS = 14, 11
WAYS = 4  # to tilt the board: each of its sides towards the camera
WANTED_WAYS, LEAST_WAYS = 4, 3
TILT_DEG = 15.0
STILL_S = 0.3
STILL_SHARE = 0.004  # of the picture's width that a corner may move in that time
NEW_SHARE = 0.05  # of the picture's width that the corners must have moved since any other view
_DEPTH_PATCH_PX = 3
_MIN_DEPTHS = 6  # corners whose depth is known


class Seen(StrEnum):
    """What became of a look at the board."""

    NOTHING = "no board in sight"
    ONLY_COLOUR = "only the Pi camera sees the board"
    ONLY_INFRARED = "only the RealSense sees the board"
    MOVING = "hold it still"
    KNOWN = "move or tilt it: this view is had already"
    TAKEN = "taken"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the views have come."""

    views: int  # that both cameras have
    areas: npt.NDArray[np.bool_]  # (GRID, GRID) of the colour picture, reached by a corner
    ways: frozenset[int]  # in which the board was tilted, in quarters of a turn

    @property
    def complete(self) -> bool:
        """Whether nothing more is wanted."""
        return (
            self.views >= WANTED_VIEWS
            and int(self.areas.sum()) >= WANTED_AREAS
            and len(self.ways) >= WANTED_WAYS
        )


class ViewKeeper:
    """Keeps a view whenever the board is held still at a new place or tilt."""

    def __init__(self, size_px: tuple[int, int]) -> None:
        self._size_px = size_px
        self._recent: deque[tuple[float, Corners, Corners | None]] = deque()
        self._areas = np.zeros((GRID, GRID), bool)
        self._ways: set[int | None] = set()
        self._had: list[tuple[Corners, bool, int | None]] = []
        self.views: list[View] = []

    def look(
        self,
        time_s: float,
        colour: Corners | None,
        infrared: Corners | None,
        board: Board | None,
        depth: DepthImage,
    ) -> Seen:
        """What the two cameras saw in this moment."""
        if colour is None or board is None:
            self._recent.clear()
            return Seen.NOTHING if infrared is None else Seen.ONLY_INFRARED
        still = self._still(time_s, colour, infrared)
        self._recent.append((time_s, colour, infrared))
        if not still:
            return Seen.MOVING
        areas = self._areas_of(colour)
        if infrared is None and not (areas & ~self._areas).any():
            return Seen.ONLY_COLOUR  # teaches the lens nothing new
        view, way = _view(colour, infrared, board, depth)
        if any(self._same(had, view, way) for had in self._had):
            return Seen.KNOWN
        self.views.append(view)
        self._had.append((colour, infrared is not None, way))
        self._ways.add(way)
        self._areas |= areas
        return Seen.TAKEN

    @property
    def progress(self) -> Progress:
        """What is there so far."""
        both = sum(view.infrared is not None for view in self.views)
        ways = frozenset(way for way in self._ways if way is not None)
        return Progress(both, self._areas.copy(), ways)

    def _still(self, time_s: float, colour: Corners, infrared: Corners | None) -> bool:
        """Whether the board has been where it is for STILL_S, in both pictures."""
        while self._recent and not 0 <= time_s - self._recent[0][0] <= 2 * STILL_S:
            self._recent.popleft()
        if not self._recent or time_s - self._recent[0][0] < STILL_S:
            return False
        limit_px = STILL_SHARE * self._size_px[0]
        for then_s, then_colour, then_infrared in self._recent:
            if time_s - then_s > STILL_S + 1 / 15:
                continue
            if _moved_px(then_colour, colour) > limit_px:
                return False
            if infrared is not None and (
                then_infrared is None or _moved_px(then_infrared, infrared) > limit_px
            ):
                return False
        return True

    def _same(self, had: tuple[Corners, bool, int | None], view: View, way: int | None) -> bool:
        colour, by_both, had_way = had
        if way != had_way or (view.infrared is not None and not by_both):
            return False
        return _moved_px(colour, view.colour) < NEW_SHARE * self._size_px[0]

    def _areas_of(self, corners: Corners) -> npt.NDArray[np.bool_]:
        areas = np.zeros((GRID, GRID), bool)
        columns, rows = (
            np.clip(corners.points_px[:, axis] / size * GRID, 0, GRID - 1).astype(int)
            for axis, size in enumerate(self._size_px)
        )
        areas[rows, columns] = True
        return areas


def _view(
    colour: Corners, infrared: Corners | None, board: Board, depth: DepthImage
) -> tuple[View, int | None]:
    """The view, and the way in which the board is tilted."""
    if infrared is None:
        return View(colour, None), None
    pose = board_pose(infrared, board, depth.intrinsics)
    on_board = transform(board.corners_m[infrared.numbers], pose)
    ratio = depth_ratio(infrared, on_board[:, 2], depth)
    return View(colour, infrared, ratio), way_tilted(pose.rotation)


def way_tilted(rotation: Array) -> int | None:
    """To which quarter of a turn the board faces aside, None: it faces the camera."""
    x, y, z = rotation[:, 2]
    if np.degrees(np.arccos(np.clip(abs(z), 0, 1))) < TILT_DEG:
        return None
    return int(np.round(np.degrees(np.arctan2(y, x)) / 90)) % WAYS


def depth_ratio(corners: Corners, expected_m: Array, depth: DepthImage) -> float | None:
    """The depth image at the corners against the distances expected there, median.

    None where it has too few of them: too near, or a hole.
    """
    height, width = depth.raw.shape
    reach = _DEPTH_PATCH_PX
    ratios = []
    for (x, y), expected in zip(corners.points_px, expected_m, strict=True):
        column, row = round(float(x)), round(float(y))
        if not (reach <= column < width - reach and reach <= row < height - reach):
            continue
        patch = depth.raw[row - reach : row + reach + 1, column - reach : column + reach + 1]
        known = patch[patch > 0]
        if len(known) > patch.size // 2:
            ratios.append(float(np.median(known)) * depth.unit_m / expected)
    return float(np.median(ratios)) if len(ratios) >= _MIN_DEPTHS else None


def _moved_px(before: Corners, now: Corners) -> float:
    """Median way of the corners that both have; infinite where they have none in common."""
    one, other = before.shared(now)
    if not len(one.numbers):
        return float("inf")
    return float(np.median(np.linalg.norm(one.points_px - other.points_px, axis=1)))
