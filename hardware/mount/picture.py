"""Pictures of solids: rays cast at their triangles, flat shading, dark lines where edges are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from embreex import rtcore_scene
from embreex.mesh_construction import TriangleMesh
from PIL import Image

Floats = npt.NDArray[np.float64]

_BACKGROUND = (255, 255, 255)
_LIGHTS = np.array([(-0.5, 0.6, 0.9), (0.9, 0.5, 0.4), (0.1, -1.0, 0.3)])
_STRENGTHS = np.array([0.55, 0.35, 0.25])


@dataclass(frozen=True)
class Shown:
    """Triangles (n, 3, 3) in mm and their colour (red, green, blue), 0 to 255."""

    triangles_mm: Floats
    color: tuple[int, int, int]


def triangles_of(shape: Any, tolerance_mm: float = 0.1) -> Floats:
    """A solid's surface as (n, 3, 3) corners in mm."""
    corners, faces = shape.tessellate(tolerance_mm, 0.3)
    points = np.array([(c.X, c.Y, c.Z) for c in corners])
    return np.asarray(points[np.array(faces)], np.float64)


def draw(
    file: Path, shown: Sequence[Shown], towards: Sequence[float], size_px: tuple[int, int]
) -> None:
    """A parallel view along `towards` (x, y, z), z up, everything in the picture, as PNG."""
    right, up, ahead = _axes(np.asarray(towards, np.float64))
    corners = np.concatenate([item.triangles_mm.reshape(-1, 3) for item in shown])
    across, above = corners @ right, corners @ up
    scale = 1.08 * max(np.ptp(across) / size_px[0], np.ptp(above) / size_px[1])
    middle = (np.ptp(across) / 2 + across.min(), np.ptp(above) / 2 + above.min())
    wide, high = 2 * size_px[0], 2 * size_px[1]  # drawn twice as large, then halved
    columns = (np.arange(wide) - wide / 2 + 0.5) * scale / 2 + middle[0]
    rows = -(np.arange(high) - high / 2 + 0.5) * scale / 2 + middle[1]
    back = float((corners @ ahead).min()) - 100
    grid = columns[None, :, None] * right + rows[:, None, None] * up + back * ahead
    image = _shade(shown, grid.reshape(-1, 3), ahead, (high, wide), scale)
    picture = Image.fromarray(image).resize(size_px, Image.Resampling.LANCZOS)
    picture.quantize(64, dither=Image.Dither.NONE).save(file, optimize=True)


def _axes(towards: Floats) -> tuple[Floats, Floats, Floats]:
    ahead = towards / np.linalg.norm(towards)
    right = np.cross(ahead, (0.0, 0.0, 1.0))
    right /= np.linalg.norm(right)
    return right, np.cross(right, ahead), ahead


def _shade(
    shown: Sequence[Shown], origins: Floats, ahead: Floats, size: tuple[int, int], scale_mm: float
) -> npt.NDArray[np.uint8]:
    scene = rtcore_scene.EmbreeScene()
    triangles = np.concatenate([item.triangles_mm for item in shown])
    TriangleMesh(scene, triangles.astype(np.float32))
    colors = np.concatenate([np.tile(item.color, (len(item.triangles_mm), 1)) for item in shown])
    parts = np.concatenate([np.full(len(item.triangles_mm), i) for i, item in enumerate(shown)])
    directions = np.tile(ahead, (len(origins), 1)).astype(np.float32)
    hit = scene.run(origins.astype(np.float32), directions, output=True)
    found = hit["primID"].astype(np.int64)
    seen = found >= 0
    normals = _normals(triangles)
    light = np.clip(normals @ (_LIGHTS / np.linalg.norm(_LIGHTS, axis=1, keepdims=True)).T, 0, 1)
    bright = np.clip(0.42 + light @ _STRENGTHS, 0, 1.15)
    pixels = np.tile(np.array(_BACKGROUND, float), (len(found), 1))
    pixels[seen] = colors[found[seen]] * bright[found[seen], None]
    depth = np.where(seen, hit["tfar"].astype(float), 1e4).reshape(size)
    facing = np.where(seen[:, None], normals[found], 0.0).reshape(*size, 3)
    which = np.where(seen, parts[found], -1).reshape(size)
    pixels[_edges(depth, facing, which, scale_mm).ravel()] *= 0.3
    pixels_rgb: npt.NDArray[np.uint8] = np.clip(pixels, 0, 255).astype(np.uint8).reshape(*size, 3)
    return pixels_rgb


def _normals(triangles: Floats) -> Floats:
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    return np.asarray(normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12))


def _edges(
    depth: Floats, facing: Floats, which: npt.NDArray[np.int64], scale_mm: float
) -> npt.NDArray[np.bool_]:
    """Where depth jumps, faces meet at an angle, or one part ends and another begins."""
    edge = np.zeros(depth.shape, bool)
    for axis in (0, 1):
        here = [slice(None)] * 2
        here[axis] = slice(0, -1)
        there = [slice(None)] * 2
        there[axis] = slice(1, None)
        a, b = tuple(here), tuple(there)
        jump = np.abs(depth[a] - depth[b]) > 2.5 + 2 * scale_mm
        both = (which[a] >= 0) & (which[b] >= 0)
        bend = both & ((facing[a] * facing[b]).sum(axis=2) < 0.85)
        other = which[a] != which[b]
        edge[a] |= jump | bend | other
    return edge
