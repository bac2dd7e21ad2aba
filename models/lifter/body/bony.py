"""Where the bones that the skin lies over run within the template body, metres.

The body model's own bones are joints on a line; the pelvis and the ribs, which carry skin far from
any joint, are drawn here as lines between the points that one can feel.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from device.records import Array

Segment = tuple[tuple[float, float, float], tuple[float, float, float]]
Line = tuple[Array, Array]  # (3,) and (3,)

# The right side mirrors the left.
_PELVIS: tuple[Segment, ...] = (
    ((0.0, 0.055, 0.10), (0.0, 0.075, 0.02)),  # sacrum
    ((0.0, 0.075, 0.02), (0.0, 0.050, -0.06)),  # and coccyx
    ((0.04, 0.060, 0.09), (0.12, 0.010, 0.11)),  # iliac crest
    ((0.12, 0.010, 0.11), (0.12, -0.060, 0.07)),
    ((0.06, 0.040, 0.00), (0.06, 0.030, -0.045)),  # ischium
    ((0.02, -0.070, -0.03), (0.07, -0.040, 0.00)),  # pubis
)
# The lower and the upper ribs, carried by the spine's bones at their height. Without them the skin
# between arms and crests has no bone near by.
_RIBS: dict[str, tuple[Segment, ...]] = {
    "spine02": (
        ((0.03, 0.050, 0.25), (0.10, 0.045, 0.22)),
        ((0.04, 0.055, 0.31), (0.11, 0.045, 0.28)),
        ((0.11, 0.045, 0.28), (0.13, -0.020, 0.25)),
        ((0.13, -0.020, 0.25), (0.10, -0.080, 0.28)),
    ),
    "spine01": (
        ((0.04, 0.065, 0.38), (0.12, 0.055, 0.36)),
        ((0.12, 0.055, 0.36), (0.14, -0.020, 0.33)),
        ((0.14, -0.020, 0.33), (0.10, -0.085, 0.34)),
        ((0.04, 0.070, 0.45), (0.12, 0.050, 0.44)),
        ((0.12, 0.050, 0.44), (0.12, -0.050, 0.42)),
    ),
}


def bone_lines(joints: Mapping[str, Array]) -> dict[str, list[Line]]:
    """The lines of trunk and legs, by the bone that carries them; `joints` of the template."""

    def line(a: str, b: str) -> list[Line]:
        return [(joints[a], joints[b])]

    found = {
        "root": _both_sides(_PELVIS),
        "spine04": line("spine04", "spine03"),
        "spine03": line("spine03", "spine02"),
        "spine02": line("spine02", "spine01") + _both_sides(_RIBS["spine02"]),
        "spine01": line("spine01", "neck01") + _both_sides(_RIBS["spine01"]),
    }
    for side in "LR":
        found[f"upperleg01.{side}"] = line(f"upperleg01.{side}", f"lowerleg01.{side}")
        found[f"lowerleg01.{side}"] = line(f"lowerleg01.{side}", f"foot.{side}")
    return found


def to_line(points: Array, start: Array, end: Array) -> Array:
    """(n,) m from points (n, 3) to the line from start to end."""
    way = end - start
    along = np.clip((points - start) @ way / (way @ way), 0, 1)
    away: Array = np.linalg.norm(points - start - along[:, None] * way, axis=1)
    return away


def _both_sides(lines: tuple[Segment, ...]) -> list[Line]:
    mirror = np.array([-1.0, 1.0, 1.0])
    own = [(np.array(a), np.array(b)) for a, b in lines]
    return own + [(a * mirror, b * mirror) for a, b in own]
