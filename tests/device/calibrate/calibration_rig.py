"""A calibration board held before two simulated cameras, drawn by casting every pixel's ray."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from device.calibrate.board import Board, boards
from device.calibrate.cameras import Moment
from device.calibrate.solve import Solution
from device.records import Array, Bytes, Depth, DepthImage, Extrinsics, Intrinsics

TEXELS = 12  # a cell of the board
SUPER = 2  # rays a pixel, each way
MARGIN_CELLS = 2


SAME = Extrinsics(np.eye(3), np.zeros(3))


@dataclass(frozen=True, eq=False)  # by identity, so that its rays are computed once
class Eye:
    """A camera that distorts as OpenCV says, at a place against the depth camera."""

    width_px: int
    height_px: int
    focal_px: float
    centre_px: tuple[float, float]
    distortion: tuple[float, ...] = (0.0,) * 5
    place: Extrinsics = SAME  # from depth axes into its own

    @property
    def matrix(self) -> Array:
        cx, cy = self.centre_px
        return np.array([[self.focal_px, 0, cx], [0, self.focal_px, cy], [0, 0, 1]])

    @property
    def intrinsics(self) -> Intrinsics:
        assert not any(self.distortion)
        return Intrinsics(
            self.width_px, self.height_px, self.focal_px, self.focal_px, *self.centre_px
        )


def turned(x_deg: float, y_deg: float, z_deg: float = 0.0) -> Array:
    """(3, 3) rotation about x, then y, then z."""
    about = np.diag(np.radians([x_deg, y_deg, z_deg]))
    x, y, z = (np.asarray(cv2.Rodrigues(way)[0], float) for way in about)
    return z @ y @ x


PI_PLACE = Extrinsics(turned(1.2, -0.8, 0.5), np.array([-0.059, 0.011, -0.006]))
INFRARED = Eye(848, 480, 424.0, (423.1, 241.7))
PI_NARROW = Eye(640, 360, 493.0, (322.4, 176.8), (0.04, -0.11, 0.0006, -0.0009, 0.05), PI_PLACE)
PI_WIDE = Eye(640, 360, 262.0, (317.2, 183.4), (-0.03, -0.01, 0.0004, 0.0003, 0.002), PI_PLACE)


@lru_cache(maxsize=8)
def rays(eye: Eye) -> Array:
    """(height * SUPER, width * SUPER, 2) true directions x, y at z = 1."""
    columns = (np.arange(eye.width_px * SUPER) + 0.5) / SUPER - 0.5
    rows = (np.arange(eye.height_px * SUPER) + 0.5) / SUPER - 0.5
    pixels = np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 1, 2)
    stop = (cv2.TERM_CRITERIA_COUNT, 15, 0.0)
    true = cv2.undistortPointsIter(
        pixels, eye.matrix, np.array(eye.distortion), np.eye(3), np.eye(3), stop
    )
    return true.reshape(len(rows), len(columns), 2)


@lru_cache(maxsize=4)
def texture(board: Board) -> tuple[Bytes, float]:
    """(paper with its white margin, texels a metre); its origin is MARGIN_CELLS in."""
    cells = np.pad(~board.cells, MARGIN_CELLS, constant_values=True)
    paper = np.kron(np.where(cells, 235, 22).astype(np.uint8), np.ones((TEXELS, TEXELS), np.uint8))
    cell_m = board.square_mm * board.scale / 1000 / (board.cells.shape[0] / board.rows)
    return paper, TEXELS / cell_m


def picture(eye: Eye, board: Board, pose: Extrinsics, rng: np.random.Generator, *,
            noise: float = 3.0, blur_px: float = 0.6, dots: int = 0) -> Bytes:  # fmt: skip
    """(height, width) grey: the board lying at `pose` (board axes into depth axes) in a room."""
    small = room(eye).copy()
    window = _window(eye, board, pose)
    if window is not None:
        rows, columns = window
        seen, paper = _on_paper(eye, board, pose, window), texture(board)[0]
        drawn = cv2.remap(
            paper, seen[..., 0].astype(np.float32), seen[..., 1].astype(np.float32),
            cv2.INTER_LINEAR,
        )  # fmt: skip
        behind = cv2.resize(small[rows, columns], drawn.shape[::-1])
        there = np.where(_inside(seen, paper), drawn, behind)
        size = (columns.stop - columns.start, rows.stop - rows.start)
        small[rows, columns] = cv2.resize(there, size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), blur_px) if blur_px else small
    if dots:
        at = rng.integers(0, (eye.height_px, eye.width_px), (dots, 2))
        glow = np.zeros_like(small)
        glow[at[:, 0], at[:, 1]] = 400.0
        small = small + cv2.GaussianBlur(glow, (0, 0), 0.8)
    small += noise * rng.standard_normal(small.shape, np.float32)
    return np.clip(small, 0, 255).astype(np.uint8)


def depth_image(eye: Eye, board: Board, pose: Extrinsics, *, wall_m: float = 2.5) -> Depth:
    """(height, width) mm: the paper before a wall."""
    raw = np.full((eye.height_px, eye.width_px), wall_m * 1000)
    window = _window(eye, board, pose)
    if window is not None:
        seen = _on_paper(eye, board, pose, window)[::SUPER, ::SUPER]
        distance = _distance(_rays(eye, window)[::SUPER, ::SUPER], _to_eye(eye, pose))
        raw[window] = np.where(_inside(seen, texture(board)[0]), distance * 1000, raw[window])
    return raw.astype(np.uint16)


def pose_at(x_m: float, y_m: float, z_m: float, tilt_x_deg: float = 0, tilt_y_deg: float = 0,
            roll_deg: float = 0, board: Board | None = None) -> Extrinsics:  # fmt: skip
    """The board's middle at that place in depth axes, tilted out of facing the camera."""
    board = board or boards()[1]
    rotation = turned(tilt_x_deg, tilt_y_deg) @ turned(0, 0, roll_deg)
    size_m = np.array([board.columns, board.rows, 0]) * board.square_mm * board.scale / 1000
    return Extrinsics(rotation, np.array([x_m, y_m, z_m]) - rotation @ (size_m / 2))


@lru_cache(maxsize=8)
def room(eye: Eye) -> Array:
    """(height, width) a wall with soft stains and some boxes."""
    rng = np.random.default_rng(eye.width_px)
    coarse = rng.uniform(60, 180, (9, 16)).astype(np.float32)
    size = (eye.width_px, eye.height_px)
    wall = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
    for _ in range(25):
        x, y = rng.integers(0, size[0]), rng.integers(0, size[1])
        w, h = rng.integers(8, 80, 2)
        cv2.rectangle(wall, (int(x), int(y)), (int(x + w), int(y + h)), float(rng.uniform(10, 240)),
                      -1)  # fmt: skip
    return wall


def _to_eye(eye: Eye, pose: Extrinsics) -> Extrinsics:
    place = eye.place
    return Extrinsics(
        place.rotation @ pose.rotation, place.rotation @ pose.translation_m + place.translation_m
    )


def _distance(directions: Array, pose: Extrinsics) -> Array:
    normal = pose.rotation[:, 2]
    along = directions[..., 0] * normal[0] + directions[..., 1] * normal[1] + normal[2]
    along = np.where(np.abs(along) < 1e-6, 1e-6, along)
    return (normal @ pose.translation_m) / along


Window = tuple[slice, slice]


def _window(eye: Eye, board: Board, pose: Extrinsics) -> Window | None:
    """(rows, columns) in which the paper is seen, with room to spare."""
    paper, texels_a_m = texture(board)
    edge = np.linspace(0, 1, 9)
    ring = [(t, s) for t in edge for s in (0, 1)] + [(s, t) for t in edge for s in (0, 1)]
    outline = np.array(ring) * paper.shape[::-1] - MARGIN_CELLS * TEXELS
    on_board = np.c_[outline / texels_a_m, np.zeros(len(outline))]
    points = on_board @ pose.rotation.T + pose.translation_m
    if points[:, 2].min() < 0.05:
        return None
    places = seen_px(eye, points)
    low = np.clip(places.min(axis=0) - 8, 0, (eye.width_px, eye.height_px)).astype(int)
    high = np.clip(places.max(axis=0) + 8, 0, (eye.width_px, eye.height_px)).astype(int)
    if (high <= low).any():
        return None
    return slice(low[1], high[1]), slice(low[0], high[0])


def _rays(eye: Eye, window: Window) -> Array:
    rows, columns = (slice(part.start * SUPER, part.stop * SUPER) for part in window)
    return rays(eye)[rows, columns]


def _on_paper(eye: Eye, board: Board, pose: Extrinsics, window: Window) -> Array:
    """Texel of the paper's plane that each ray meets."""
    pose = _to_eye(eye, pose)
    directions = _rays(eye, window)
    z = _distance(directions, pose)
    z = np.where(z > 0.05, z, 1e6)
    points = np.concatenate([directions, np.ones((*directions.shape[:2], 1))], axis=-1)
    on_plane = (points * z[..., None] - pose.translation_m) @ pose.rotation
    return on_plane[..., :2] * texture(board)[1] + MARGIN_CELLS * TEXELS - 0.5


def _inside(seen: Array, paper: Bytes) -> Array:
    height, width = paper.shape
    return (
        (seen[..., 0] > -0.5) & (seen[..., 1] > -0.5)
        & (seen[..., 0] < width - 0.5) & (seen[..., 1] < height - 0.5)
    )  # fmt: skip


class Rack:
    """Both cameras looking at a board that is held at one pose after the other."""

    colour_model = "Pi camera simulated"
    depth_serial = "123456789012"
    sensor_crop_px = (0, 0, 4608, 2592)

    def __init__(self, moments: list[Moment], eye: Eye = PI_NARROW) -> None:
        self.size_px = (eye.width_px, eye.height_px)
        self._moments = moments

    def __enter__(self) -> Rack:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def describe(self) -> str:
        return "simulated cameras"

    def __iter__(self) -> Iterator[Moment]:
        return iter(self._moments)


LOOK_S = 0.16


def held(
    poses: Sequence[Extrinsics], board: Board, eye: Eye = PI_NARROW, *,
    looks: int = 3, seed: int = 0, dots: int = 0, depth_scale: float = 1.0,
) -> list[Moment]:  # fmt: skip
    """Each pose for so many looks, with the noise of one picture."""
    rng = np.random.default_rng(seed)
    moments: list[Moment] = []
    for pose in poses:
        colour = picture(eye, board, pose, rng)
        infrared = picture(INFRARED, board, pose, rng, dots=dots)
        raw = (depth_image(INFRARED, board, pose) * depth_scale).astype(np.uint16)
        depth = DepthImage(raw, 0.001, INFRARED.intrinsics, SAME, 0.095)
        for _ in range(looks):
            moments.append(Moment(len(moments) * LOOK_S, colour, infrared, depth))
    return moments


def carried_about(
    board: Board, eye: Eye = PI_NARROW, count: int = 18, seed: int = 1
) -> list[Extrinsics]:
    """Poses as somebody takes who follows docs/calibrate.md."""
    rng = np.random.default_rng(seed)
    tilts = [(0, 0), (28, 0), (-28, 0), (0, 28), (0, -28)]
    half_x, half_y = eye.width_px / 2 / eye.focal_px, eye.height_px / 2 / eye.focal_px
    small = board.square_mm / 54.0
    poses = []
    for i in range(count):
        z = rng.uniform(0.5, 0.85) * small
        x = (i % 3 - 1) * 0.75 * half_x * z + 0.05
        y = (i // 3 % 3 - 1) * 0.75 * half_y * z
        poses.append(pose_at(x, y, z, *tilts[i % 5], rng.uniform(-20, 20), board))
    return poses


def seen_px(eye: Eye, points_m: Array) -> Array:
    """Pixels of (n, 3) points in depth axes, as that camera distorts them."""
    return _project(points_m, eye.place, eye.matrix, np.array(eye.distortion))


def calibrated_px(solution: Solution, points_m: Array) -> Array:
    """The same by what was found."""
    lens = solution.lens
    return _project(points_m, solution.depth_to_colour, lens.matrix, lens.distortion)


def _project(points_m: Array, place: Extrinsics, matrix: Array, distortion: Array) -> Array:
    turn = cv2.Rodrigues(place.rotation)[0]
    found = cv2.projectPoints(points_m, turn, place.translation_m, matrix, distortion)[0]
    return np.asarray(found, float).reshape(-1, 2)


def lifter_errors_px(solution: Solution, eye: Eye, away_m: float = 1.2) -> Array:
    """How far points at the lifter's distance land from where they should, in the picture."""
    grid = np.stack(np.meshgrid(np.linspace(-0.9, 0.9, 15), np.linspace(-0.5, 0.5, 9)), axis=-1)
    points = np.c_[grid.reshape(-1, 2) * away_m, np.full(15 * 9, away_m)]
    true = seen_px(eye, points)
    inside = ((true > 0) & (true < (eye.width_px, eye.height_px))).all(axis=1)
    return np.linalg.norm(calibrated_px(solution, points) - true, axis=1)[inside]
