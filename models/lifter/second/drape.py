"""Cloth as tubes around the trunk and the thighs: taut across hollows, hanging by gravity.

A tube is a grid of rings (rows) and places around (columns) that belong to the skin. In each ring
cloth spans what is hollow, up to the convex outline; then, from ring to ring, it hangs down from
what stands out above it, as far as it has slack.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from device.records import Array
from models.lifter.scene.props import Mesh

COLUMNS = 48
_DIRECTIONS = np.linspace(0, 2 * np.pi, 48, endpoint=False)
_WAYS = np.stack([np.sin(_DIRECTIONS), np.cos(_DIRECTIONS)], axis=1)


@dataclass(frozen=True, eq=False)
class Tube:
    """Rings around an axis of the template body: z along it, angles from its back to its left."""

    start_m: Array  # (3,)
    axes: Array  # (3, 3) columns: left, back, along
    rows_m: Array  # (rows,) along the axis
    centre_m: Array  # (rows, 2) left and back of the axis
    on_skin: Any  # sparse (rows * COLUMNS, V): the grid from the vertices

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of the grid."""
        return len(self.rows_m), COLUMNS, 3

    def grid(self, vertices_m: Array) -> Array:
        """(rows, COLUMNS, 3) the skin at the grid."""
        points: Array = (self.on_skin @ vertices_m).reshape(self.shape)
        return points


def make_tube(
    skin: Mesh, start_m: Array, axes: Array, rows_m: Array, reach_m: float
) -> tuple[Tube, Array]:
    """A tube where rays from the axis leave the skin, and the template's grid."""
    from scipy import sparse

    from models.lifter.scene.render import Scene

    local = (skin.vertices[np.unique(skin.faces)] - start_m) @ axes
    centre = np.zeros((len(rows_m), 2))
    for i, row in enumerate(rows_m):
        near = local[np.abs(local[:, 2] - row) < 0.015]
        centre[i] = (near[:, :2].max(axis=0) + near[:, :2].min(axis=0)) / 2
    centre = _smooth_rows(centre[:, None], 2)[:, 0]
    angles = np.linspace(0, 2 * np.pi, COLUMNS, endpoint=False)
    flat = np.stack([np.sin(angles), np.cos(angles), np.zeros(COLUMNS)], axis=1)
    origins = np.concatenate([centre, rows_m[:, None]], axis=1)
    origins = start_m + np.repeat(origins, COLUMNS, axis=0) @ axes.T
    ways = np.tile(flat, (len(rows_m), 1)) @ axes.T
    hits = Scene([skin], floor=False).cast(origins, ways)
    met = hits.distance < reach_m
    index = _nearest_met(met.reshape(len(rows_m), COLUMNS)).ravel()
    corners = skin.faces[hits.primitive[index]]
    weights = hits.weights[index].astype(float)
    weights = np.concatenate([1 - weights.sum(axis=1, keepdims=True), weights], axis=1)
    rows = np.repeat(np.arange(len(index)), 3)
    matrix = sparse.csr_matrix(
        (weights.ravel(), (rows, corners.ravel())), shape=(len(index), len(skin.vertices))
    )
    tube = Tube(start_m, axes, rows_m, centre, matrix)
    return tube, tube.grid(skin.vertices.astype(float))


def onto_vertices(tube: Tube, template_m: Array) -> Any:
    """Sparse (V, rows * COLUMNS): a field on the grid, read at the vertices."""
    from scipy import sparse

    local = (template_m - tube.start_m) @ tube.axes
    step = tube.rows_m[1] - tube.rows_m[0]
    along = np.clip((local[:, 2] - tube.rows_m[0]) / step, 0, len(tube.rows_m) - 1.001)
    row = along.astype(int)
    down = along - row
    centre = tube.centre_m[row] * (1 - down[:, None]) + tube.centre_m[row + 1] * down[:, None]
    offset = local[:, :2] - centre
    around = (np.arctan2(offset[:, 0], offset[:, 1]) % (2 * np.pi)) / (2 * np.pi) * COLUMNS
    column = around.astype(int) % COLUMNS
    right = around - np.floor(around)
    other = (column + 1) % COLUMNS
    places = [row * COLUMNS + column, row * COLUMNS + other]
    places += [place + COLUMNS for place in places]
    shares = [(1 - down) * (1 - right), (1 - down) * right, down * (1 - right), down * right]
    vertices = np.tile(np.arange(len(template_m)), 4)
    return sparse.csr_matrix(
        (np.concatenate(shares), (vertices, np.concatenate(places))),
        shape=(len(template_m), len(tube.rows_m) * COLUMNS),
    )


def outwards(grid: Array, turns: Array) -> tuple[Array, Array]:
    """Unit ways out (rows, columns, 3) and centres (rows, 3) of rings with axes (rows, 3, 3)."""
    centres = grid.mean(axis=1)
    local = (grid - centres[:, None]) @ turns
    local[..., 2] = 0
    local /= np.maximum(np.linalg.norm(local, axis=-1, keepdims=True), 1e-9)
    return local @ turns.transpose(0, 2, 1), centres


def taut_m(grid: Array, centres: Array, turns: Array) -> Array:
    """(rows, columns) how far the convex outline of each ring is outside the grid, m."""
    flat = ((grid - centres[:, None]) @ turns)[..., :2]
    radius = np.maximum(np.linalg.norm(flat, axis=-1), 1e-6)
    support = (flat @ _WAYS.T).max(axis=1)
    facing = (flat / radius[..., None]) @ _WAYS.T
    bound = np.where(facing > 0.2, support[:, None] / np.maximum(facing, 0.2), np.inf)
    gap: Array = np.clip(bound.min(axis=-1) - radius, 0, None)
    return gap


def hang_m(grid: Array, out: Array, slack_m: Array, cling: float) -> Array:
    """(rows, columns) how far cloth hangs off a grid whose rows go down from the first, m.

    Below what stands out it comes back to the body by `cling` m per m of fall (0: plumb), and
    nowhere leaves it by more than `slack_m` (rows,).
    """
    level = np.hypot(out[..., 0], out[..., 1])
    side = out[..., :2] / np.maximum(level, 1e-6)[..., None]
    hung = np.zeros(grid.shape[:2])
    for i in range(1, len(grid)):
        above = grid[i - 1] + out[i - 1] * hung[i - 1, :, None]
        step = above - grid[i]
        fall = step[:, 2]
        ahead = (step[:, :2] * side[i]).sum(axis=1) - cling * fall
        free = (fall > 0.002) & (level[i] > 0.3)
        away = np.where(free, ahead / np.maximum(level[i], 0.3), 0.0)
        hung[i] = np.clip(away, 0, slack_m[i])
    return _smooth_rows(hung[..., None], 1)[..., 0]


def folds(rng: np.random.Generator, rows: int, fine: tuple[float, float]) -> Array:
    """(rows, COLUMNS) -1 to 1, sharp along ridges, as cloth folds; smooth over `fine` cells."""
    from scipy.ndimage import gaussian_filter

    field = gaussian_filter(rng.normal(size=(rows, COLUMNS)), fine, mode=("nearest", "wrap"))
    scaled: Array = np.clip(field / max(float(field.std()), 1e-9), -2, 2) / 2
    return scaled


def _smooth_rows(field: Array, times: int) -> Array:
    for _ in range(times):
        padded = np.concatenate([field[:1], field, field[-1:]])
        field = (padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4
    return field


def _nearest_met(met: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    """(rows, columns) flat index of the nearest cell of the row that was met, itself if it was."""
    index = np.zeros(met.shape, np.intp)
    for i, row in enumerate(met):
        found = np.flatnonzero(row)
        if not len(found):
            raise ValueError(f"ring {i} of a tube meets no skin")
        away = np.abs(np.arange(COLUMNS)[:, None] - found[None])
        index[i] = i * COLUMNS + found[np.minimum(away, COLUMNS - away).argmin(axis=1)]
    return index
