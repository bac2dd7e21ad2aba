"""The Raspberry Pi's tray and its cover; both lie flat in their frames, z up."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from build123d import Axis, Box, Cylinder, Part, Pos, fillet

from hardware.mount.shapes import FLAT, along_x_from
from hardware.mount.sizes import M6, MOUNT, Mount

TRAY_FLOOR_MM = 6.0  # between the jaw and the nuts in the tray


@cache
def pi_tray(mount: Mount = MOUNT) -> Part:
    """The Raspberry Pi's tray: lies flat, its boss below, posts for the cover at the corners."""
    board = mount.board
    long, wide, thick = board.tray_mm
    base = Pos(0, 0, -thick) * Box(long, wide, thick, align=FLAT)
    base = fillet(base.edges().filter_by(Axis.Z), 5)
    part = base + _tray_boss(mount)
    post = Box(board.post_mm, board.post_mm, board.post_height_mm, align=FLAT)
    stand = Cylinder(3.2, board.standoff_mm, align=FLAT)
    for x, y in _post_places(mount):
        screw = Pos(0, 0, board.post_height_mm - 14) * Cylinder(1.3, 15, align=FLAT)
        part += Pos(x, y, 0) * (post - screw)
    for x, y in board_holes(mount):
        part += Pos(x, y, 0) * stand
        part -= Pos(x, y, -thick + 1) * Cylinder(board.pilot_mm / 2, 20, align=FLAT)
    ties = [(x, side * 34.0) for x in (-20, -10, 10, 20) for side in (-1, 1)]
    cuts = [Pos(x, y, -thick - 1) * Box(*mount.tie_mm[::-1], 6, align=FLAT) for x, y in ties]
    return part - cuts - _tray_bolts(mount)


def tray_depth_mm(mount: Mount = MOUNT) -> float:
    """From the jaw's face to the tray's upper face."""
    spread = mount.board.tray_mm[1] / 2 - mount.joint.half_height_mm
    return mount.board.boss_mm + spread + mount.board.tray_mm[2]


def _tray_boss(mount: Mount) -> Part:
    board, half = mount.board, mount.joint.half_height_mm
    long, wide, thick = board.tray_mm
    spread = wide / 2 - half
    bottom = -thick - spread - board.boss_mm
    outline = [(-half, bottom), (half, bottom), (half, bottom + board.boss_mm)]
    outline += [(wide / 2, -thick), (-wide / 2, -thick), (-half, bottom + board.boss_mm)]
    return Pos(-long / 2, 0, 0) * along_x_from(outline, long)


def _tray_bolts(mount: Mount) -> list[Part]:
    """Holes with room for nut and washer, so that nothing stands up under the board."""
    floor = -tray_depth_mm(mount) + TRAY_FLOOR_MM
    cuts: list[Part] = []
    for x, y in mount.joint.places_mm:
        cuts.append(Pos(x, y, -40) * Cylinder(M6.hole_mm / 2, 60, align=FLAT))
        cuts.append(Pos(x, y, floor) * Cylinder(M6.washer_across_mm / 2 + 0.6, 60, align=FLAT))
    return cuts


def _post_places(mount: Mount) -> Iterable[tuple[float, float]]:
    x, y = mount.board.post_at_mm
    return [(a * x, b * y) for a in (-1, 1) for b in (-1, 1)]


def board_holes(mount: Mount = MOUNT) -> list[tuple[float, float]]:
    """Where the board's four holes lie on the tray."""
    board = mount.board
    first = board.board_from_mm + board.first_hole_mm
    return [
        (first + a * board.holes_mm[0], (b - 0.5) * board.holes_mm[1])
        for a in (0, 1)
        for b in (0, 1)
    ]


@cache
def pi_cover(mount: Mount = MOUNT) -> Part:
    """A roof over the board, with vents; the driver board ties onto it."""
    board = mount.board
    long, wide, _ = board.tray_mm
    part = Box(long, wide, board.cover_mm, align=FLAT)
    part = fillet(part.edges().filter_by(Axis.Z), 5)
    for x, y in _post_places(mount):
        part -= Pos(x, y, -1) * Cylinder(1.7, 10, align=FLAT)
    vents = [Pos(x, 0, -1) * Box(4, 44, 10, align=FLAT) for x in range(-36, 37, 12)]
    return part - vents
