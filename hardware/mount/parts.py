"""The printed parts as solids (build123d, on OpenCASCADE), each in a frame of its own.

In every frame y points from the rack towards the lifter, z along the upright, x to the side, and
y = 0 is the face that lies against the part behind; the tray alone lies flat, z up. `PRINTED`
says how a part is turned for the printer: no part needs supports.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import sqrt

from build123d import Axis, Cone, Cylinder, Location, Part, Pos, Rot, chamfer

from hardware.mount.cradle import cradle
from hardware.mount.shapes import (
    FLAT,
    along_x,
    along_y,
    edges_along_y,
    joint_holes,
    joint_pockets,
    slab,
    slot_along_y,
    tie_slot,
)
from hardware.mount.sizes import D435, D455, M8, MOUNT, Mount
from hardware.mount.tray import pi_cover, pi_tray

_CHAMFER_OF_OCTAGON = 1 - 1 / sqrt(2)  # of a square's side, to make its end half an octagon


@dataclass(frozen=True)
class Printed:
    """One printed part: what makes it, how it lies on the printer's bed, how many a unit needs."""

    build: Callable[[Mount], Part]
    turn: Location
    lies: str
    count: str


@cache
def jaw(mount: Mount = MOUNT) -> Part:
    """One jaw; a clamp is two. y = 0 is the face against the upright."""
    clamp = mount.clamp
    thick = clamp.thickness_mm
    part = edges_along_y(slab(clamp.width_mm, thick, clamp.height_mm), 8)
    part = chamfer(part.faces().sort_by(Axis.Y)[-1].edges(), 1.5)
    pad = slab(clamp.pad_width_mm + 0.6, clamp.pad_pocket_mm, clamp.pad_height_mm + 0.6)
    slots = [
        slot_along_y(
            (side * clamp.slot_from_mm, side * clamp.slot_to_mm),
            (-1, thick + 1),
            row * clamp.bolt_row_mm,
            clamp.slot_mm,
        )
        for side in (-1, 1)
        for row in (-1, 1)
    ]
    ties = [tie_slot(mount, side * 53.5, z, thick) for side in (-1, 1) for z in (-12, 12)]
    return part - pad - slots - joint_holes(mount, thick) - joint_pockets(mount) - ties


@cache
def bracket(mount: Mount = MOUNT) -> Part:
    """Bolts onto a jaw, a saddle or the wall plate; two ears hold the pan axis."""
    head, joint = mount.head, mount.joint
    plate = edges_along_y(slab(head.bracket_width_mm, head.bracket_mm, 2 * joint.half_height_mm), 5)
    axis = head.bracket_mm + head.clear_mm
    long = head.clear_mm + head.ear_beyond_mm
    ear = Pos(0, head.bracket_mm, 0) * slab(head.ear_width_mm, long, head.ear_mm)
    ends = [e for e in ear.edges().filter_by(Axis.Z) if head.bracket_mm + 1 < e.center().Y]
    ear = chamfer(ends, 12)
    middle = head.ears_apart_mm / 2 + head.ear_mm / 2
    part = plate + Pos(0, 0, middle) * ear + Pos(0, 0, -middle) * ear
    pan = Pos(0, axis, 0) * Cylinder(M8.hole_mm / 2, 100)
    return part - pan - joint_holes(mount, head.bracket_mm)


@cache
def knuckle(mount: Mount = MOUNT) -> Part:
    """Between bracket and cradle: the origin is the pan axis, the tilt axis crosses it in front."""
    head = mount.head
    half = head.barrel_mm / 2
    block = Pos(0, -half, 0) * slab(head.barrel_mm, head.reach_mm + 2 * half, head.barrel_mm)
    cut = head.barrel_mm * _CHAMFER_OF_OCTAGON
    behind = [e for e in block.edges().filter_by(Axis.Z) if e.center().Y < 0]
    block = chamfer(behind, cut)
    ahead = [e for e in block.edges().filter_by(Axis.X) if head.reach_mm < e.center().Y]
    block = chamfer(ahead, cut)
    pan = Cylinder(M8.hole_mm / 2, 100)
    tilt = along_x(M8.hole_mm / 2, 100, head.reach_mm, 0)
    return block - pan - tilt


@cache
def boom_saddle(mount: Mount = MOUNT) -> Part:
    """Presses the boom's tube onto a jaw or a boom plate; a bracket may sit on its back."""
    boom, joint = mount.boom, mount.joint
    deep = boom.channel_deep_mm + boom.floor_mm
    part = edges_along_y(slab(boom.saddle_length_mm, deep, 2 * joint.half_height_mm), 5)
    channel = slab(boom.saddle_length_mm + 2, boom.channel_deep_mm, boom.channel_mm)
    return part - channel - joint_holes(mount, deep)


@cache
def boom_plate(mount: Mount = MOUNT) -> Part:
    """Behind the tube at the boom's far end; the bolts' heads sit in its back."""
    boom, joint = mount.boom, mount.joint
    size = (boom.saddle_length_mm, boom.back_mm, 2 * joint.half_height_mm)
    return edges_along_y(slab(*size), 5) - joint_holes(mount, boom.back_mm) - joint_pockets(mount)


@cache
def wall_plate(mount: Mount = MOUNT) -> Part:
    """Carries a bracket on a wall (four screws) or a post (two straps through the slots)."""
    wide, high, thick = mount.wall_plate_mm
    part = edges_along_y(slab(wide, thick, high), 8)
    screws: list[Part] = []
    for x, z in ((x, z) for x in (-44, 44) for z in (-56, 56)):
        screws.append(along_y(mount.wall_screw_mm / 2 + 0.3, -1, thick + 1, x, z))
        sink = Cone(mount.wall_screw_mm / 2 + 0.3, mount.wall_screw_mm + 0.6, 3.8, align=FLAT)
        screws.append(Pos(x, thick - 3.8 + 0.01, z) * Rot(-90, 0, 0) * sink)
    straps = [Pos(x, -1, z) * slab(5, thick + 2, 28) for x in (-48, 48) for z in (-26, 26)]
    ties = [tie_slot(mount, 0, z, thick, upright=False) for z in (-64, -56, 56, 64)]
    holes = joint_holes(mount, thick) + joint_pockets(mount)
    return part - screws - straps - ties - holes


@cache
def lamp_bar(mount: Mount = MOUNT) -> Part:
    """Three lamps in 8 mm holders, strapped where the lifter looks; feet up when printed."""
    part = edges_along_y(slab(36, 4, 110), 5)
    foot = slab(36, 18, 5)
    part += [Pos(0, 0, z) * foot for z in (-50, 50)]
    lamps = [along_y(4.1, -1, 5, 0, z) for z in (-25, 0, 25)]
    straps = [Pos(0, 8, z) * slab(24, 5, 20) for z in (-50, 50)]
    ties = [tie_slot(mount, x, 38, 4) for x in (-5, 5)]
    return part - lamps - straps - ties


def cradle_d435(mount: Mount = MOUNT) -> Part:
    """For the D435 and D435i."""
    return cradle(D435, mount)


def cradle_d455(mount: Mount = MOUNT) -> Part:
    """For the D455 and D455f."""
    return cradle(D455, mount)


_BACK_DOWN = Location((0, 0, 0), (90, 0, 0))  # y = 0 on the bed
_FRONT_DOWN = Location((0, 0, 0), (-90, 0, 0))  # the far face on the bed
_AS_IT_IS = Location()

PRINTED: dict[str, Printed] = {
    "jaw": Printed(jaw, _FRONT_DOWN, "outer face down", "2"),
    "bracket": Printed(bracket, _BACK_DOWN, "plate down, ears up", "1"),
    "knuckle": Printed(knuckle, _AS_IT_IS, "flat, the upright hole standing", "1"),
    "cradle_d435": Printed(cradle_d435, _AS_IT_IS, "on a short end, brim 5 mm", "1, for a D435"),
    "cradle_d455": Printed(cradle_d455, _AS_IT_IS, "on a short end, brim 8 mm", "1, for a D455"),
    "pi_tray": Printed(pi_tray, _AS_IT_IS, "boss down", "1"),
    "pi_cover": Printed(pi_cover, _AS_IT_IS, "flat", "1"),
    "lamp_bar": Printed(lamp_bar, _BACK_DOWN, "face down, feet up", "1"),
    "boom_saddle": Printed(boom_saddle, _FRONT_DOWN, "channel up", "2, with a boom"),
    "boom_plate": Printed(boom_plate, _FRONT_DOWN, "pockets up", "1, with a boom"),
    "wall_plate": Printed(wall_plate, _FRONT_DOWN, "pockets up", "1, on a wall or post"),
}


def for_printing(part: Part, printed: Printed) -> Part:
    """The part as it lies on the bed: its lowest point at z = 0."""
    turned = printed.turn * part
    return Pos(0, 0, -turned.bounding_box().min.Z) * turned
