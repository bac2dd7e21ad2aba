"""What stands around and on the lifter: bar, plates, rack, box, walls, and bodies as meshes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from device.records import Array
from models.lifter.body.arms import Grip
from models.lifter.body.clothing import Outfit, Rgb, Wardrobe
from models.lifter.body.posed import PosedBody

Floats = npt.NDArray[np.float32]
Faces = npt.NDArray[np.int32]
STEEL: Rgb = (0.42, 0.42, 0.44)
BLACK: Rgb = (0.04, 0.04, 0.045)


@dataclass(frozen=True, eq=False)
class Mesh:
    """Triangles with colours (linear 0 to 1) and shading normals by vertex; world axes, metres."""

    vertices: Floats  # (V, 3)
    faces: Faces  # (F, 3)
    colors: Floats  # (V, 3)
    normals: Floats  # (V, 3)
    pattern: str = ""


def joined(meshes: Iterable[Mesh]) -> Mesh:
    """Several meshes as one (without patterns)."""
    parts = list(meshes)
    starts = np.cumsum([0] + [len(part.vertices) for part in parts])
    return Mesh(
        np.concatenate([part.vertices for part in parts]),
        np.concatenate([part.faces + s for part, s in zip(parts, starts, strict=False)]),
        np.concatenate([part.colors for part in parts]),
        np.concatenate([part.normals for part in parts]),
    )


def dressed(lifter_body: PosedBody, wardrobe: Wardrobe, outfit: Outfit) -> Mesh:
    """The lifter in clothes."""
    outfit = outfit.bent(wardrobe.hip_flexion_deg(lifter_body))
    labels = wardrobe.regions(outfit)
    vertices = wardrobe.dress(lifter_body, labels, outfit)
    normals = wardrobe.normals(vertices).astype(np.float32)
    return Mesh(vertices, lifter_body.faces, wardrobe.colors(labels, outfit), normals)


def box(centre_m: npt.ArrayLike, size_m: npt.ArrayLike, rgb: Rgb, pattern: str = "") -> Mesh:
    """A cuboid along the world axes."""
    corners: list[Array] = []
    faces: list[tuple[int, int, int]] = []
    normals: list[Array] = []
    for axis in range(3):
        for sign in (-1.0, 1.0):
            normal = np.zeros(3)
            normal[axis] = sign
            one, two = np.eye(3)[(axis + 1) % 3], np.eye(3)[(axis + 2) % 3] * sign
            start = len(corners)
            corners += [normal + a * one + b * two for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
            faces += [(start, start + 1, start + 2), (start, start + 2, start + 3)]
            normals += [normal] * 4
    vertices = np.asarray(centre_m) + np.asarray(corners) * np.asarray(size_m) / 2
    return _mesh(vertices, faces, normals, rgb, pattern)


def cylinder(
    start_m: npt.ArrayLike, end_m: npt.ArrayLike, radius_m: float, rgb: Rgb, sides: int = 20
) -> Mesh:
    """A closed cylinder."""
    start, end = np.asarray(start_m, float), np.asarray(end_m, float)
    axis = (end - start) / np.linalg.norm(end - start)
    helper = np.eye(3)[int(np.argmin(np.abs(axis)))]
    one = np.cross(axis, helper)
    one /= np.linalg.norm(one)
    two = np.cross(axis, one)
    angles = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    ring = np.cos(angles)[:, None] * one + np.sin(angles)[:, None] * two
    rims = [start + ring * radius_m, end + ring * radius_m]
    vertices = np.concatenate([*rims, *rims, [start, end]])
    normals = np.concatenate(
        [ring, ring, np.tile(-axis, (sides, 1)), np.tile(axis, (sides, 1)), [-axis, axis]]
    )
    i = np.arange(sides)
    j = (i + 1) % sides
    low, high, first, last = 2 * sides + i, 3 * sides + i, 4 * sides, 4 * sides + 1
    faces = np.concatenate(
        [
            np.stack([i, j, sides + j], axis=1),
            np.stack([i, sides + j, sides + i], axis=1),
            np.stack([2 * sides + j, low, np.full(sides, first)], axis=1),
            np.stack([high, 3 * sides + j, np.full(sides, last)], axis=1),
        ]
    )
    return _mesh(vertices, faces, normals, rgb)


def _mesh(
    vertices: npt.ArrayLike,
    faces: npt.ArrayLike,
    normals: npt.ArrayLike,
    rgb: Rgb,
    pattern: str = "",
) -> Mesh:
    points = np.asarray(vertices, np.float32)
    color = np.tile(np.asarray(rgb, np.float32), (len(points), 1))
    return Mesh(
        points, np.asarray(faces, np.int32), color, np.asarray(normals, np.float32), pattern
    )


def barbell(
    grip: Grip,
    plate_radius_m: float = 0.225,
    plate_width_m: float = 0.08,
    plate_rgb: Rgb = BLACK,
    shift_m: float = 0.0,
) -> Mesh:
    """A 2.2 m bar with a stack of plates at each end; `plate_radius_m` 0 for an empty bar."""
    axis = grip.axis / np.linalg.norm(grip.axis)
    middle = grip.centre_m + axis * shift_m
    parts = [cylinder(middle - axis * 0.66, middle + axis * 0.66, 0.014, STEEL)]
    for sign in (-1.0, 1.0):
        sleeve = middle + axis * sign * 0.66, middle + axis * sign * 1.1
        parts.append(cylinder(*sleeve, 0.025, STEEL))
        if plate_radius_m > 0:
            inner = middle + axis * sign * 0.68
            outer = inner + axis * sign * plate_width_m
            parts.append(cylinder(inner, outer, plate_radius_m, plate_rgb, sides=40))
    return joined(parts)


def kettlebell(grip: Grip, rgb: Rgb = BLACK) -> Mesh:
    """A bell for goblet squats: a dumbbell held upright."""
    up = np.array([0.0, 0.0, 1.0])
    top, bottom = grip.centre_m + up * 0.10, grip.centre_m - up * 0.14
    return joined(
        [
            cylinder(top - up * 0.06, top, 0.075, rgb),
            cylinder(bottom, top, 0.018, STEEL),
            cylinder(bottom, bottom + up * 0.06, 0.075, rgb),
        ]
    )


def rack(
    front_y_m: float,
    depth_m: float = 0.0,
    half_width_m: float = 0.6,
    height_m: float = 2.2,
    hook_z_m: float | None = None,
    rgb: Rgb = (0.30, 0.05, 0.04),
) -> Mesh:
    """Two uprights at y = front_y_m (and two more `depth_m` behind), feet, and bar hooks."""
    parts = []
    rows = [front_y_m] + ([front_y_m + depth_m] if depth_m else [])
    for x in (-half_width_m, half_width_m):
        parts += [box((x, y, height_m / 2), (0.07, 0.07, height_m), rgb) for y in rows]
        parts.append(box((x, front_y_m, 0.03), (0.07, 1.0, 0.06), rgb))
        if hook_z_m is not None:
            parts.append(box((x, front_y_m + 0.07, hook_z_m - 0.025), (0.05, 0.09, 0.02), BLACK))
            parts.append(box((x, front_y_m + 0.115, hook_z_m), (0.05, 0.012, 0.06), BLACK))
    parts.append(box((0, front_y_m, height_m - 0.04), (2 * half_width_m, 0.07, 0.07), rgb))
    return joined(parts)


def wall(y_m: float, rgb: Rgb = (0.55, 0.54, 0.50), half_width_m: float = 6.0) -> Mesh:
    """A wall in front of the lifter (y negative) or behind."""
    return box((0, y_m, 1.6), (2 * half_width_m, 0.1, 3.2), rgb, "wall")


def side_wall(x_m: float, rgb: Rgb = (0.55, 0.54, 0.50)) -> Mesh:
    """A wall beside the lifter."""
    return box((x_m, 0, 1.6), (0.1, 12.0, 3.2), rgb, "wall")


def moved(mesh: Mesh, offset_m: npt.ArrayLike, turn: Array | None = None) -> Mesh:
    """The mesh turned about the origin, then shifted."""
    rotation = np.eye(3) if turn is None else turn
    return Mesh(
        (mesh.vertices @ rotation.T + np.asarray(offset_m)).astype(np.float32),
        mesh.faces,
        mesh.colors,
        (mesh.normals @ rotation.T).astype(np.float32),
        mesh.pattern,
    )


def props_for(lifter_body: PosedBody, plate_radius_m: float = 0.225) -> list[Mesh]:
    """The load that belongs to the body's posture."""
    if lifter_body.grip is None:
        return []
    if lifter_body.angles.posture == "goblet":
        return [kettlebell(lifter_body.grip)]
    return [barbell(lifter_body.grip, plate_radius_m)]
