"""The cradle: holds either camera portrait, by its tripod thread, against its back."""

from __future__ import annotations

from functools import cache

from build123d import Part, Plane, Polygon, Pos, extrude

from hardware.mount.shapes import along_x, along_x_from, slot_along_y, tie_slot
from hardware.mount.sizes import M8, MOUNT, Camera, Mount


@cache
def cradle(camera: Camera, mount: Mount = MOUNT) -> Part:
    """Holds the camera portrait, its tripod thread towards -x; the origin is the tilt axis."""
    part = _cradle_plate(camera, mount) + _cradle_ears(mount) + _cradle_side(camera, mount)
    return part - _cradle_holes(camera, mount)


def _cradle_plate(camera: Camera, mount: Mount) -> Part:
    head = mount.head
    half, high = head.ears_apart_mm / 2 + head.ear_mm, head.cradle_half_mm
    right = [(half, -high), (half, high)]
    beyond = camera.rear_pitch_mm / 2 + 8
    if beyond > high:  # narrow wings up to the rear threads; they widen at 45 degrees
        wing = 9.0
        turn = high + half - wing
        lower = [(wing, -beyond), (wing, -turn)]
        right = [*lower, *right, (wing, turn), (wing, beyond)]
    return _upright_plate([*right, *((-x, z) for x, z in reversed(right))], mount)


def _upright_plate(outline: list[tuple[float, float]], mount: Mount) -> Part:
    head = mount.head
    face = Plane.XZ * Polygon(*outline, align=None)
    return Pos(0, head.clear_mm, 0) * extrude(face, amount=head.plate_mm, dir=(0, 1, 0))


def _cradle_ears(mount: Mount) -> list[Part]:
    head = mount.head
    back, tip = head.clear_mm, -head.ear_beyond_mm
    narrow = head.cradle_half_mm - (back - tip)  # 45 degrees: prints upright without supports
    outline = [
        (back + 1, head.cradle_half_mm),
        (back, head.cradle_half_mm),
        (tip, narrow),
        (tip, -narrow),
        (back, -head.cradle_half_mm),
        (back + 1, -head.cradle_half_mm),
    ]
    ear = along_x_from(outline, head.ear_mm)
    inner = head.ears_apart_mm / 2
    return [Pos(inner, 0, 0) * ear, Pos(-inner - head.ear_mm, 0, 0) * ear]


def _cradle_side(camera: Camera, mount: Mount) -> Part:
    head = mount.head
    start = head.clear_mm
    back = start + head.plate_mm
    outline = [(start, 24), (back, 24), (back + 19, 5), (back + 19, -5), (back, -24), (start, -24)]
    return Pos(-camera.height_mm / 2 - head.side_mm, 0, 0) * along_x_from(outline, head.side_mm)


def _cradle_holes(camera: Camera, mount: Mount) -> list[Part]:
    head = mount.head
    back = head.clear_mm + head.plate_mm
    thread_y = back + camera.thread_before_back_mm
    under = -camera.height_mm / 2 - head.side_mm / 2
    holes = [
        along_x(M8.hole_mm / 2, 100, 0, 0),
        along_x(head.screw_hole_mm / 2, head.side_mm + 2, thread_y, 0, under),
        *[along_x(mount.lanyard_mm / 2, 100, 10, z) for z in (-21, 21)],
    ]
    for z in (-camera.rear_pitch_mm / 2, camera.rear_pitch_mm / 2):
        through = (head.clear_mm - 1, back + 1)
        recess = (head.clear_mm - 20, back - 3.5)
        holes.append(slot_along_y((-3, 3), through, z, camera.rear_hole_mm))
        holes.append(slot_along_y((-3, 3), recess, z, camera.rear_head_mm))
    for z in (-33.0, 33.0):
        holes += [Pos(0, head.clear_mm, 0) * tie_slot(mount, x, z, 8) for x in (-5, 5)]
    return holes + _plug_recesses(camera, mount)


def _plug_recesses(camera: Camera, mount: Mount) -> list[Part]:
    """Room beside the tripod thread at both ends, where a D455's USB-C plug leaves."""
    if camera.rear_pitch_mm / 2 + 8 < mount.head.cradle_half_mm:
        return []
    back = mount.head.clear_mm + mount.head.plate_mm
    outline = [(back + 1, 27), (back, 28), (back - 4, 32), (back - 4, 60), (back + 1, 60)]
    down = [(y, -z) for y, z in outline]
    return [Pos(-49, 0, 0) * along_x_from(o, 40) for o in (outline, down)]
