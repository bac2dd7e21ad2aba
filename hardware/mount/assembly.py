"""The parts put together: on an upright, on a boom, on a wall; and what must not touch or hide.

Everything is in the frame of the first jaw's outer face: origin in its middle, y towards the
lifter, z up. Cameras, bolts, tube and rubber are stand-ins with the real measures.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from math import radians, tan

import numpy as np
import numpy.typing as npt
from build123d import Box, Part, Plane, Polygon, Pos, Rot, Vector, loft

from hardware.mount import parts, shapes, tray
from hardware.mount.cradle import cradle
from hardware.mount.sizes import M6, M8, MOUNT, Bolt, Camera, Mount, joint_bolt_length_mm

PRINT, STEEL, RUBBER, CAMERA, TUBE, BOARD = (
    (240, 150, 40),
    (150, 155, 165),
    (70, 70, 75),
    (60, 110, 190),
    (205, 208, 214),
    (70, 150, 90),
)


@dataclass(frozen=True)
class Piece:
    """A solid in its place; `apart` is how far it moves in the exploded view, mm."""

    name: str
    solid: Part
    color: tuple[int, int, int]
    apart: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def moved(self, x: float, y: float, z: float) -> Piece:
        """The same, elsewhere."""
        return Piece(self.name, Pos(x, y, z) * self.solid, self.color, self.apart)

    def exploded(self) -> Piece:
        """As the exploded view shows it."""
        return self.moved(*self.apart)


def bolt(size: Bolt, length_mm: float, grip_mm: float, washers: int = 2) -> Part:
    """A bolt along y with head, nut and washers; y = 0 under the head, the nut beyond the grip."""
    flats, across, thin = size.head_flats_mm, size.washer_across_mm / 2, size.washer_mm
    pieces = [
        shapes.hexagon_along_y(flats, -size.head_mm, 0, 0, 0),
        shapes.along_y(size.diameter_mm / 2, 0, length_mm, 0, 0),
        shapes.hexagon_along_y(flats, grip_mm, grip_mm + size.nut_mm, 0, 0),
        shapes.along_y(across, grip_mm - thin, grip_mm, 0, 0),
    ]
    if washers == 2:
        pieces.append(shapes.along_y(across, 0, thin, 0, 0))
    return Part() + pieces


def clamp(
    wide_mm: float, deep_mm: float, mount: Mount = MOUNT, long_mm: float = 260
) -> list[Piece]:
    """Both jaws, rubber, bolts and the upright; the lifter's side at y = 0, the Pi's behind."""
    size = mount.clamp
    thick, gap = size.thickness_mm, size.gap_mm
    front = Pos(0, -thick, 0) * parts.jaw(mount)
    far = -2 * (thick + gap) - deep_mm
    rear = Pos(0, far + thick, 0) * Rot(0, 0, 180) * parts.jaw(mount)
    squeezed = gap + size.pad_pocket_mm
    pad = shapes.slab(size.pad_width_mm, squeezed, size.pad_height_mm)
    tube = Pos(0, -thick - gap - deep_mm, 0) * _tube(wide_mm, deep_mm, long_mm)
    pieces = [
        Piece("upright", tube, TUBE),
        Piece("jaw front", front, PRINT, (0, 45, 0)),
        Piece("jaw rear", rear, PRINT, (0, -45, 0)),
        Piece("pad front", Pos(0, -thick - gap, 0) * pad, RUBBER, (0, 20, 0)),
        Piece("pad rear", Pos(0, far + thick - size.pad_pocket_mm, 0) * pad, RUBBER, (0, -20, 0)),
    ]
    x, length = size.bolt_at_mm(wide_mm), size.bolt_length_mm(deep_mm)
    one = Pos(0, -M8.washer_mm, 0) * bolt(M8, length, size.grip_mm(deep_mm))
    for side in (-1, 1):
        for row in (-1, 1):
            place = Pos(side * x, far, row * size.bolt_row_mm)
            pieces.append(Piece("clamp bolt", place * one, STEEL, (0, -110, 0)))
    return pieces


def _tube(wide_mm: float, deep_mm: float, long_mm: float, wall_mm: float = 3) -> Part:
    hollow = Pos(0, wall_mm, 0) * shapes.slab(
        wide_mm - 2 * wall_mm, deep_mm - 2 * wall_mm, long_mm + 2
    )
    return shapes.slab(wide_mm, deep_mm, long_mm) - hollow


def head(
    camera: Camera, pan_deg: float = 0, tilt_deg: float = 0, mount: Mount = MOUNT
) -> list[Piece]:
    """Bracket, knuckle, cradle and camera on a face at y = 0; pan to the left, tilt upwards."""
    size = mount.head
    pan_axis = size.bracket_mm + size.clear_mm
    panned = Pos(0, pan_axis, 0) * Rot(0, 0, pan_deg)
    tilted = panned * Pos(0, size.reach_mm, 0) * Rot(tilt_deg, 0, 0)
    half = size.ears_apart_mm / 2 + size.ear_mm
    grip = 2 * half + 2 * M8.washer_mm
    axis_bolt = Pos(0, -M8.washer_mm, 0) * bolt(M8, M8.length_for_mm(grip), grip)
    pan_bolt = Rot(90, 0, 0) * axis_bolt
    tilt_bolt = Rot(0, 0, -90) * axis_bolt
    stack = joint_bolt_length_mm(size.bracket_mm, mount)
    pieces = [
        Piece("bracket", parts.bracket(mount), PRINT, (0, 75, 0)),
        Piece("knuckle", panned * parts.knuckle(mount), PRINT, (0, 110, 0)),
        Piece("cradle", tilted * cradle(camera, mount), PRINT, (0, 150, 0)),
        Piece("camera", tilted * camera_body(camera, mount), CAMERA, (0, 205, 0)),
        Piece("camera screw", tilted * camera_screw(camera, mount), STEEL, (-45, 150, 0)),
        Piece("pan bolt", panned * Pos(0, 0, -half) * pan_bolt, STEEL, (0, 110, -70)),
        Piece("tilt bolt", tilted * Pos(-half, 0, 0) * tilt_bolt, STEEL, (-75, 150, 0)),
    ]
    return pieces + _joint_bolts(stack, size.bracket_mm, mount, (0, 25, 0))


def _joint_bolts(
    length: float, stack_mm: float, mount: Mount, apart: tuple[float, float, float]
) -> list[Piece]:
    start = mount.joint.pocket_mm - mount.clamp.thickness_mm
    one = bolt(M6, length, stack_mm - start + M6.washer_mm, washers=1)
    return [
        Piece("joint bolt", Pos(x, start, z) * one, STEEL, apart) for x, z in mount.joint.places_mm
    ]


def camera_body(camera: Camera, mount: Mount = MOUNT) -> Part:
    """A block of the camera's size, portrait, its tripod thread towards -x."""
    back = mount.head.clear_mm + mount.head.plate_mm
    return Pos(0, back, 0) * shapes.slab(camera.height_mm, camera.depth_mm, camera.length_mm)


def camera_screw(camera: Camera, mount: Mount = MOUNT) -> Part:
    """The head and washer of the 1/4 inch screw and what of it lies in the cradle."""
    size = mount.head
    y = size.clear_mm + size.plate_mm + camera.thread_before_back_mm
    outer = -camera.height_mm / 2 - size.side_mm
    shaft = shapes.along_x(6.35 / 2, size.side_mm, y, 0, outer + size.side_mm / 2)
    return shaft + shapes.along_x(5, 6, y, 0, outer - 3) + shapes.along_x(7, 1.2, y, 0, outer - 0.6)


def computer(mount: Mount = MOUNT) -> list[Piece]:
    """Tray, board and cover on a face at y = 0, towards -y."""
    size = mount.board
    depth = tray.tray_depth_mm(mount)
    upright = Pos(0, -depth, 0) * Rot(90, 0, 0)
    cover = upright * Pos(0, 0, size.post_height_mm)
    center = size.board_from_mm + size.length_mm / 2
    block = Pos(center, 0, size.standoff_mm + 10) * Box(size.length_mm, size.width_mm, 20)
    floor = tray.TRAY_FLOOR_MM
    screws = _joint_bolts(joint_bolt_length_mm(floor, mount), floor, mount, (0, 20, 0))
    turned = Rot(0, 0, 180)
    return [
        *[Piece(p.name, turned * p.solid, p.color, (0, -75, 0)) for p in screws],
        Piece("pi tray", upright * tray.pi_tray(mount), PRINT, (0, -130, 0)),
        Piece("pi", upright * block, BOARD, (0, -160, 0)),
        Piece("pi cover", cover * tray.pi_cover(mount), PRINT, (0, -195, 0)),
    ]


def unit_on_upright(
    camera: Camera,
    wide_mm: float = 75,
    deep_mm: float = 75,
    pan_deg: float = 0,
    tilt_deg: float = 0,
    mount: Mount = MOUNT,
) -> list[Piece]:
    """The whole unit on an upright."""
    far = -2 * (mount.clamp.thickness_mm + mount.clamp.gap_mm) - deep_mm
    pi = [piece.moved(0, far, 0) for piece in computer(mount)]
    return clamp(wide_mm, deep_mm, mount) + head(camera, pan_deg, tilt_deg, mount) + pi


def unit_on_wall(camera: Camera, tilt_deg: float = 0, mount: Mount = MOUNT) -> list[Piece]:
    """Wall plate and head; the Pi hangs beside it or on a second plate."""
    thick = mount.wall_plate_mm[2]
    plate = Pos(0, -thick, 0) * parts.wall_plate(mount)
    return [Piece("wall plate", plate, PRINT), *head(camera, 0, tilt_deg, mount)]


def unit_on_boom(
    camera: Camera, long_mm: float, tilt_deg: float = 0, mount: Mount = MOUNT
) -> list[Piece]:
    """An upright's clamp, the boom to the right, and the head at its end."""
    size = mount.boom
    tube = Rot(0, 90, 0) * _tube(size.tube_mm, size.tube_mm, long_mm, size.tube_wall_mm)
    tube = Pos(long_mm / 2 - 45, 0, 0) * tube
    end = long_mm - 90
    over = size.tube_mm - size.channel_deep_mm
    saddle = Pos(0, over, 0) * parts.boom_saddle(mount)
    deep = over + size.channel_deep_mm + size.floor_mm
    aimed = [p for p in head(camera, 0, tilt_deg, mount) if p.name != "joint bolt"]
    far = [
        Piece("boom plate", Pos(0, -size.back_mm, 0) * parts.boom_plate(mount), PRINT),
        Piece("saddle", saddle, PRINT),
        *[piece.moved(0, deep, 0) for piece in aimed],
        *_end_bolts(deep + mount.head.bracket_mm, mount),
    ]
    return [
        *clamp(60, 60, mount),
        Piece("boom", tube, STEEL),
        Piece("saddle", saddle, PRINT),
        *_joint_bolts(joint_bolt_length_mm(deep, mount), deep, mount, (0, 0, 0)),
        *[piece.moved(end, 0, 0) for piece in far],
    ]


def _end_bolts(stack_mm: float, mount: Mount) -> list[Piece]:
    """Through boom plate, saddle and bracket."""
    start = mount.joint.pocket_mm - mount.boom.back_mm
    grip = stack_mm - start + M6.washer_mm
    one = bolt(M6, M6.length_for_mm(grip), grip, washers=1)
    places = mount.joint.places_mm
    return [Piece("joint bolt", Pos(x, start, z) * one, STEEL) for x, z in places]


def view_of(
    camera: Camera, imager_mm: float, pan_deg: float, tilt_deg: float, mount: Mount = MOUNT
) -> Part:
    """What one imager sees, as a pyramid 1 m deep from the camera's front."""
    size = mount.head
    front = size.front_mm(camera)
    tall, wide = (tan(radians(angle) / 2) for angle in camera.fov_deg)
    near, far = 1.0, 1000.0
    faces = [
        Plane((0, y, 0), x_dir=(1, 0, 0), z_dir=(0, 1, 0))
        * Polygon(
            (-y * wide, -y * tall),
            (y * wide, -y * tall),
            (y * wide, y * tall),
            (-y * wide, y * tall),
            align=None,
        )
        for y in (near, far)
    ]
    pyramid = loft(faces)
    place = Pos(0, size.bracket_mm + size.clear_mm, 0) * Rot(0, 0, pan_deg)
    place = place * Pos(0, size.reach_mm, 0) * Rot(tilt_deg, 0, 0) * Pos(0, front - near, imager_mm)
    return place * pyramid


def shared_mm3(one: Part, other: Part) -> float:
    """The volume that two solids share."""
    common = one & other
    return 0.0 if common is None else float(common.volume)


def overlaps(pieces: Iterable[Piece], at_least_mm3: float = 1.0) -> Iterator[str]:
    """Pairs of pieces that would have to be in the same place."""
    boxed = [(piece, corners(piece.solid)) for piece in pieces]
    for (one, here), (other, there) in combinations(boxed, 2):
        if (here[1] < there[0]).any() or (there[1] < here[0]).any():
            continue
        volume = shared_mm3(one.solid, other.solid)
        if volume > at_least_mm3:
            yield f"{one.name} and {other.name} share {volume:.1f} mm3"


def corners(solid: Part) -> npt.NDArray[np.float64]:
    """The lowest and the highest x, y and z of a solid, (2, 3)."""
    box = solid.bounding_box()
    return np.array([tuple(box.min), tuple(box.max)])


def is_behind(
    solid: Part, camera: Camera, pan_deg: float, tilt_deg: float, mount: Mount = MOUNT
) -> bool:
    """Whether all of a solid lies behind the camera's front, so that no imager can see it."""
    size = mount.head
    place = Pos(0, size.bracket_mm + size.clear_mm, 0) * Rot(0, 0, pan_deg)
    place = place * Pos(0, size.reach_mm, 0) * Rot(tilt_deg, 0, 0)
    front = Vector((place * Pos(0, size.front_mm(camera), 0)).position)
    ahead = front - Vector((place * Pos(0, size.front_mm(camera) - 1, 0)).position)
    low, high = corners(solid)
    ends = [
        Vector(x, y, z)
        for x in (low[0], high[0])
        for y in (low[1], high[1])
        for z in (low[2], high[2])
    ]
    return all((end - front).dot(ahead) < 0 for end in ends)
