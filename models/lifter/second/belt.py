"""A lifting belt: a stiff ring around the waist."""

from __future__ import annotations

import numpy as np

from device.records import Array
from models.lifter.scene.props import Faces
from models.lifter.second.drape import COLUMNS, taut_m
from models.lifter.second.dress import Dress

_THICK_M = 0.010
_LINES = 5  # rings that it is made of


def ring_belt(grid: Array, turns: Array, rows_m: Array, dress: Dress) -> tuple[Array, Faces]:
    """Vertices (n, 3) and faces around the trunk's rings, a grid (rows, COLUMNS, 3).

    One convex outline and one axis, however the rings bend; `turns` (rows, 3, 3) are their axes,
    `rows_m` their heights at rest.
    """
    chosen = np.flatnonzero(np.abs(rows_m - dress.belt_m) < dress.belt_wide_m / 2)
    middle = int(chosen[len(chosen) // 2])
    turn = turns[middle]
    centre = grid[chosen].mean(axis=(0, 1))
    local = (grid[chosen] - centre) @ turn
    ring = np.median(local[..., :2], axis=0)  # tight: it presses in what stands out further
    flat = np.concatenate([ring, np.zeros((COLUMNS, 1))], axis=1)
    gap = taut_m(flat[None], np.zeros((1, 3)), np.eye(3)[None])[0]
    way = flat / np.linalg.norm(flat, axis=1, keepdims=True)
    inner = flat + way * gap[:, None]
    outer = inner + way * _THICK_M
    half = dress.belt_wide_m / 2
    heights = np.linspace(-half, half, _LINES)
    up = np.array([0.0, 0.0, 1.0])
    lines = [inner - up * half, *(outer + up * h for h in heights), inner + up * half]
    vertices = np.concatenate(lines) @ turn.T + centre
    i = np.arange(COLUMNS)
    j = (i + 1) % COLUMNS
    faces = []
    for line in range(len(lines) - 1):
        low, high = line * COLUMNS, (line + 1) * COLUMNS
        faces += [
            np.stack([low + i, low + j, high + j], axis=1),
            np.stack([low + i, high + j, high + i], axis=1),
        ]
    return vertices, np.concatenate(faces).astype(np.int32)
