"""What the parts are made of: blocks, holes, pockets, slots."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from build123d import Align, Axis, Box, Cylinder, Part, Plane, Polygon, Pos, Rot, extrude, fillet

from hardware.mount.sizes import M6, Mount

MIDDLE = (Align.CENTER, Align.MIN, Align.CENTER)
FLAT = (Align.CENTER, Align.CENTER, Align.MIN)


def slab(x_mm: float, y_mm: float, z_mm: float) -> Part:
    """A block on y = 0, centred in x and z."""
    return Box(x_mm, y_mm, z_mm, align=MIDDLE)


def along_y(radius_mm: float, from_mm: float, to_mm: float, x_mm: float, z_mm: float) -> Part:
    """A round hole (or rod) along y."""
    rod = Cylinder(radius_mm, to_mm - from_mm, align=(Align.CENTER, Align.CENTER, Align.MIN))
    return Pos(x_mm, from_mm, z_mm) * Rot(-90, 0, 0) * rod


def along_x(radius_mm: float, length_mm: float, y_mm: float, z_mm: float, x_mm: float = 0) -> Part:
    """A round hole along x, centred at x_mm."""
    return Pos(x_mm, y_mm, z_mm) * Rot(0, 90, 0) * Cylinder(radius_mm, length_mm)


def along_x_from(outline: Sequence[tuple[float, float]], long_mm: float) -> Part:
    """An outline of (y, z) points drawn out from x = 0."""
    return extrude(Plane.YZ * Polygon(*outline, align=None), amount=long_mm, dir=(1, 0, 0))


def hexagon_along_y(flats_mm: float, from_mm: float, to_mm: float, x: float, z: float) -> Part:
    """A pocket for a bolt's head, its flats upright so that it prints and grips."""
    corner = flats_mm / sqrt(3)
    points = [(corner * a, flats_mm / 2 * b) for a, b in _HEXAGON]
    face = Plane.XZ * Polygon(*points, align=None)
    return Pos(x, from_mm, z) * extrude(face, amount=to_mm - from_mm, dir=(0, 1, 0))


_HEXAGON = ((1, 0), (0.5, 1), (-0.5, 1), (-1, 0), (-0.5, -1), (0.5, -1))


def slot_along_y(
    x: tuple[float, float], y: tuple[float, float], z_mm: float, wide_mm: float
) -> Part:
    """A slot with round ends, between two hole axes in x."""
    low, high = sorted(x)
    ends = [along_y(wide_mm / 2, y[0], y[1], at, z_mm) for at in x]
    middle = Pos((low + high) / 2, y[0], z_mm) * slab(high - low, y[1] - y[0], wide_mm)
    return Part() + ends + middle


def joint_holes(mount: Mount, depth_mm: float) -> list[Part]:
    """The four holes that every joined part has."""
    return [along_y(M6.hole_mm / 2, -1, depth_mm + 1, x, z) for x, z in mount.joint.places_mm]


def joint_pockets(mount: Mount) -> list[Part]:
    """Pockets for the heads of the four bolts, in the face at y = 0."""
    flats, deep = M6.head_flats_mm + 0.2, mount.joint.pocket_mm
    return [hexagon_along_y(flats, -0.01, deep, x, z) for x, z in mount.joint.places_mm]


def tie_slot(mount: Mount, x: float, z: float, depth_mm: float, upright: bool = True) -> Part:
    """A slot for a cable tie."""
    long, thin = mount.tie_mm
    wide, high = (thin, long) if upright else (long, thin)
    return Pos(x, -1, z) * slab(wide, depth_mm + 2, high)


def edges_along_y(part: Part, radius_mm: float) -> Part:
    """The four outer edges along y rounded: nothing sharp at elbow height."""
    box = part.bounding_box()
    corners = [
        edge
        for edge in part.edges().filter_by(Axis.Y)
        if abs(abs(edge.center().X) - box.max.X) < 0.01
        and abs(abs(edge.center().Z) - box.max.Z) < 0.01
    ]
    return fillet(corners, radius_mm)
