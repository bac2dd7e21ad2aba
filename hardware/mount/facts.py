"""What was measured on the finished shapes; `facts.json` holds it, tests compare it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from itertools import product
from typing import Any

from build123d import Part

from hardware.mount import assembly, loads, parts
from hardware.mount.sizes import CAMERAS, MOUNT, UPRIGHTS_MM, Camera, Mount, as_record

PETG_G_MM3, STEEL_G_MM3 = 1.27e-3, 7.85e-3
WALL_MM, INFILL = 1.8, 0.4  # four lines of 0.45; see the print settings
PI_G = 120.0  # a Raspberry Pi 5 with cooler, card and plugs (assumed)
POSES = tuple(product((-1, 0, 1), (-1, 0, 1)))  # of the largest pan and tilt


def part_facts(name: str, mount: Mount = MOUNT) -> dict[str, Any]:
    """Size, volume and masses of one part as it is printed."""
    printed = parts.PRINTED[name]
    shape = parts.for_printing(printed.build(mount), printed)
    box = shape.bounding_box().size
    return {
        "size_mm": [round(v, 2) for v in (box.X, box.Y, box.Z)],
        "volume_mm3": round(shape.volume, 1),
        "solid_g": round(shape.volume * PETG_G_MM3, 1),
        "printed_g": round(printed_g(shape), 1),
        "lies": printed.lies,
        "count": printed.count,
        "valid": bool(shape.is_valid) and len(shape.solids()) == 1,
    }


def printed_g(shape: Part) -> float:
    """Walls solid, the rest filled by the infill's share."""
    walls = min(shape.volume, shape.area * WALL_MM)
    return float((walls + (shape.volume - walls) * INFILL) * PETG_G_MM3)


def fit_facts(mount: Mount = MOUNT) -> list[dict[str, Any]]:
    """For every upright, width by depth: bolts, gaps, and whether anything is in the way."""
    rows = []
    for wide, deep in product(UPRIGHTS_MM, UPRIGHTS_MM):
        clamp = mount.clamp
        length, grip = clamp.bolt_length_mm(deep), clamp.grip_mm(deep)
        found = list(assembly.overlaps(assembly.clamp(wide, deep, mount)))
        row = {
            "wide_mm": wide,
            "deep_mm": deep,
            "bolt": f"M8 x {length}",
            "bolt_at_mm": clamp.bolt_at_mm(wide),
            "beyond_nut_mm": round(length - grip - 8, 2),
            "overlaps": found,
        }
        rows.append(row)
    return rows


def poses(mount: Mount = MOUNT) -> list[tuple[float, float]]:
    """Pan and tilt at their limits and in the middle, degrees."""
    return [(a * mount.head.pan_deg, b * mount.head.tilt_deg) for a, b in POSES]


def pose_problems(camera: Camera, mount: Mount = MOUNT) -> list[str]:
    """What touches, or stands in the picture, in any pose on the thinnest and thickest upright."""
    found = []
    for (pan, tilt), wide in product(poses(mount), (50.0, 80.0)):
        pieces = assembly.unit_on_upright(camera, wide, wide, pan, tilt, mount)
        where = f"{camera.name}, {wide:g} mm, pan {pan:g}, tilt {tilt:g}: "
        found += [where + words for words in _new_overlaps(pieces)]
        found += [where + words for words in _in_view(camera, pieces, pan, tilt, mount)]
    return found


def _new_overlaps(pieces: Iterable[assembly.Piece]) -> list[str]:
    """Overlaps of what moves with what does not; the rest is the same in every pose."""
    moving = {"knuckle", "cradle", "camera", "camera screw", "pan bolt", "tilt bolt", "bracket"}
    still = [p for p in pieces if p.name not in moving and "pi" not in p.name.split()]
    turning = [p for p in pieces if p.name in moving]
    near = [p for p in still if p.name in ("jaw front", "clamp bolt", "joint bolt", "upright")]
    return list(assembly.overlaps(turning + near))


def _in_view(
    camera: Camera, pieces: list[assembly.Piece], pan: float, tilt: float, mount: Mount
) -> list[str]:
    found = []
    ahead = [
        piece
        for piece in pieces
        if piece.name != "camera" and not assembly.is_behind(piece.solid, camera, pan, tilt, mount)
    ]
    for imager in camera.imagers_mm:
        view = assembly.view_of(camera, imager, pan, tilt, mount)
        for piece in ahead:
            if assembly.shared_mm3(view, piece.solid) > 0.01:
                found.append(f"{piece.name} in the picture of the imager at {imager:g}")
    return found


def masses_g(mount: Mount = MOUNT) -> dict[str, float]:
    """The unit on an 80 mm upright with the heavier camera, every part printed solid."""
    camera = max(CAMERAS, key=lambda one: one.mass_g)
    pieces = assembly.unit_on_upright(camera, 80, 80, mount=mount)
    plastic = sum(p.solid.volume for p in pieces if p.color == assembly.PRINT) * PETG_G_MM3
    steel = sum(p.solid.volume for p in pieces if p.color == assembly.STEEL) * STEEL_G_MM3
    ahead = sum(p.solid.volume for p in pieces if p.name in ("knuckle", "cradle")) * PETG_G_MM3
    bolts = sum(p.solid.volume for p in pieces if p.name in ("tilt bolt", "camera screw"))
    return {
        "plastic_g": round(plastic, 1),
        "steel_g": round(steel, 1),
        "unit_g": round(plastic + steel + camera.mass_g + PI_G, 1),
        "before_pan_g": round(ahead + bolts * STEEL_G_MM3 + camera.mass_g, 1),
    }


def load_facts(masses: dict[str, float], mount: Mount = MOUNT) -> list[dict[str, Any]]:
    """Every load check as a row."""
    checks = loads.all_checks(masses["unit_g"] / 1000, masses["before_pan_g"] / 1000, mount)
    return [
        {
            **asdict(check),
            "needs": round(check.needs, 2),
            "has": round(check.has, 2),
            "safety": round(check.safety, 2),
            "holds": check.holds,
        }
        for check in checks
    ]


def other_problems(mount: Mount = MOUNT) -> list[str]:
    """What touches on boom and wall."""
    found = []
    for camera, tilt in product(CAMERAS, (-mount.head.tilt_deg, 0.0)):
        boom = assembly.unit_on_boom(camera, mount.boom.longest_mm, tilt, mount)
        wall = assembly.unit_on_wall(camera, tilt, mount)
        for name, pieces in (("boom", boom), ("wall", wall)):
            found += [f"{name}, {camera.name}: {words}" for words in assembly.overlaps(pieces)]
    return found


def sizes_record() -> dict[str, Any]:
    """The sizes that the shapes were made with."""
    return as_record()
