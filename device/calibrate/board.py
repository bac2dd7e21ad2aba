"""The board that `racklight calibrate` looks for, and how it is printed.

A ChArUco board: a chessboard whose white squares carry markers, so that each corner is known even
where a part of the board is hidden or out of the picture. The boards of the two paper sizes carry
different markers and are told apart by them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from device.records import Array, Bytes

RULER_MM = 150.0  # printed on the board
MODULES = 8  # the smallest cells of a square, each way: a marker has 6, and 1 of white round it
MIN_CORNERS = 6  # fewer say too little about how the board lies
_WINDOW = 0.12  # of a square, to either side of a corner: the markers begin at 0.125
_STOP = (cv2.TERM_CRITERIA_COUNT + cv2.TERM_CRITERIA_EPS, 50, 1e-3)
_DICTIONARY = cv2.aruco.DICT_4X4_50


@dataclass(frozen=True)
class Board:
    """A board of squares; the top left one is black.

    Sizes are those of a print at 100 %; a print at another scale is the same board, `scale` times
    as large.
    """

    paper: str
    paper_mm: tuple[float, float]  # width, height
    columns: int
    rows: int
    square_mm: float
    first_marker: int
    scale: float = 1.0

    @cached_property
    def charuco(self) -> Any:
        """OpenCV's own, in metres."""
        square_m = self.square_mm * self.scale / 1000
        markers = np.arange(self.first_marker, self.first_marker + self.columns * self.rows // 2)
        return cv2.aruco.CharucoBoard(
            (self.columns, self.rows),
            square_m,
            square_m * (MODULES - 2) / MODULES,
            cv2.aruco.getPredefinedDictionary(_DICTIONARY),
            markers,
        )

    @cached_property
    def corners_m(self) -> Array:
        """(n, 3) inner corners by their number, in the board's plane: x right, y down."""
        return np.asarray(self.charuco.getChessboardCorners(), float)

    @property
    def cells(self) -> npt.NDArray[np.bool_]:
        """(rows * MODULES, columns * MODULES) what is black."""
        size = (self.columns * MODULES, self.rows * MODULES)
        black: npt.NDArray[np.bool_] = np.asarray(self.charuco.generateImage(size)) == 0
        return black

    @cached_property
    def _detector(self) -> Any:
        return cv2.aruco.CharucoDetector(self.charuco)

    def find(self, grey: Bytes) -> Corners | None:
        """The corners in a (height, width) picture; None: too few are seen to say how it lies."""
        points, numbers, _, _ = self._detector.detectBoard(grey)
        if points is None or not self.tells_its_pose(np.asarray(numbers).ravel()):
            return None
        rough = Corners(np.asarray(numbers).ravel(), np.asarray(points, float).reshape(-1, 2))
        # The detector counts pixels from their edges, or leaves a corner where it guessed it to
        # be: 0.2 to 0.5 px off, measured. Sought anew, it is off by less than 0.1 px.
        reach = int(np.clip(self._spacing_px(rough) * _WINDOW, 2, 6))
        start = rough.points_px.astype(np.float32).reshape(-1, 1, 2)
        fine = cv2.cornerSubPix(grey, start, (reach, reach), (-1, -1), _STOP)
        return Corners(rough.numbers, np.asarray(fine, float).reshape(-1, 2))

    def tells_its_pose(self, numbers: npt.NDArray[np.intp]) -> bool:
        """Whether these corners are enough: a single row of them turns about itself."""
        rows, columns = np.divmod(numbers, self.columns - 1)
        return len(numbers) >= MIN_CORNERS and bool(np.ptp(rows) and np.ptp(columns))

    def _spacing_px(self, corners: Corners) -> float:
        """The least distance of two corners."""
        apart = corners.points_px[:, None] - corners.points_px[None]
        apart_px = np.linalg.norm(apart, axis=-1) + np.diag(np.full(len(apart), np.inf))
        return float(apart_px.min())


@dataclass(frozen=True, slots=True)
class Corners:
    """Where one camera sees which corners of the board."""

    numbers: npt.NDArray[np.intp]  # (n,)
    points_px: Array  # (n, 2)

    def shared(self, other: Corners) -> tuple[Corners, Corners]:
        """Those that both have, in the same order."""
        _, mine, others = np.intersect1d(self.numbers, other.numbers, return_indices=True)
        return (
            Corners(self.numbers[mine], self.points_px[mine]),
            Corners(other.numbers[others], other.points_px[others]),
        )


def boards(scale: float = 1.0) -> tuple[Board, ...]:
    """Every board there is, printed at that scale."""
    return (
        Board("A4", (210.0, 297.0), 4, 6, 42.0, first_marker=0, scale=scale),
        Board("A3", (297.0, 420.0), 5, 7, 54.0, first_marker=20, scale=scale),
    )


class BoardFinder:
    """Finds any of the boards; once one is known, only that one is looked for."""

    def __init__(self, scale: float = 1.0) -> None:
        self._boards = boards(scale)
        self.board: Board | None = None

    def find(self, grey: Bytes) -> Corners | None:
        """The corners in a (height, width) picture, None where no board is seen."""
        for board in self._boards if self.board is None else (self.board,):
            if (found := board.find(grey)) is not None:
                self.board = board
                return found
        return None
