"""`python -m hardware.placement`: the drawings of where a unit hangs, as SVG, from numbers.

Plain Python. Metres; in plans x is to the lifter's right, y to the lifter's back, the hips at
(0, 0); in the view from the side y is height. Azimuth counts from straight behind.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from math import atan2, cos, degrees, hypot, radians, sin, tan
from pathlib import Path

from hardware.drawing import Drawing
from hardware.mount.sizes import MOUNT

PICTURES = Path(__file__).resolve().parent / "pictures"

# Where the camera looks from: the envelope of the unit's own placement check (device/placement.py)
# and of the evaluation. Nearest also so that shoulders to feet fit into the narrower of its two
# pictures: a D435's colour, 69 degrees, shows 1.5 m at 1.1 m.
NEAREST_M = {"D435": 1.1, "D455": 0.9}
FARTHEST_M = {"D435": 1.25, "D455": 1.6}
HEIGHT_M = (0.8, 1.6)
AZIMUTH_DEG = 55.0
# Portrait, degrees: width and height of depth, and of colour.
DEPTH_DEG = (58.0, 87.0)
COLOR_DEG = {"D435": (42.0, 69.0), "D455": (65.0, 90.0)}
HIPS_M, SHOULDERS_M, AIM_M = 0.95, 1.50, 0.80  # of a person of 1.75 m; where the camera points


@dataclass(frozen=True)
class Place:
    """A camera beside or behind the hips, as seen from above, and its height."""

    name: str
    x_m: float
    y_m: float
    height_m: float

    @property
    def azimuth_deg(self) -> float:
        """From straight behind the lifter."""
        return degrees(atan2(abs(self.x_m), self.y_m))

    @property
    def distance_m(self) -> float:
        """To the standing hips."""
        return hypot(self.x_m, self.y_m, self.height_m - HIPS_M)

    @property
    def down_deg(self) -> float:
        """How far the head is tilted down: to the aim, or as far as the mount lets it."""
        aim = degrees(atan2(self.height_m - AIM_M, hypot(self.x_m, self.y_m)))
        return min(aim, MOUNT.head.tilt_deg)


FOUR_POST = Place("rear upright", 0.55, 0.95, 1.1)
BOOM = Place("boom, high", 0.60, 0.75, 1.9)
WALL = Place("wall or post", 0.45, 1.05, 1.1)
PLACES = (FOUR_POST, BOOM, WALL)


def covered_m(angle_deg: float, distance_m: float) -> float:
    """How much a camera sees across at a distance: 2 d tan(angle / 2)."""
    return 2 * distance_m * tan(radians(angle_deg) / 2)


STEEL = 'fill="#6b7280"'
THIN = 'stroke="#222" stroke-width="1.5" fill="none"'
DASHED = 'stroke="#222" stroke-width="1.2" stroke-dasharray="6 5" fill="none"'
GOOD = 'fill="#bbe5c4"'
FAIR = 'fill="#fbe3b5"'
CAMERA = 'fill="#1d4ed8"'
VIEW = 'fill="#93b4f5" fill-opacity="0.45"'
SKIN = 'fill="#d9b08c" stroke="#222" stroke-width="1.5"'

_ORIGIN = (2.3, 1.25)  # of a plan: the hips


def _seen(x: float, y: float) -> tuple[float, float]:
    return _ORIGIN[0] + x, _ORIGIN[1] + y


def _ring(low_m: float, high_m: float, from_deg: float, to_deg: float) -> list[tuple[float, float]]:
    steps = [from_deg + (to_deg - from_deg) * i / 24 for i in range(25)]
    outer = [_seen(high_m * sin(radians(a)), high_m * cos(radians(a))) for a in steps]
    inner = [_seen(low_m * sin(radians(a)), low_m * cos(radians(a))) for a in reversed(steps)]
    return outer + inner


def plan(place: Place) -> Drawing:
    """The lifter from above, where to hang the camera, and one camera."""
    drawing = Drawing(4.6, 3.4)
    for camera, style in (("D455", FAIR), ("D435", GOOD)):
        near, far = NEAREST_M[camera], FARTHEST_M[camera]
        drawing.shape(_ring(near, far, -AZIMUTH_DEG, AZIMUTH_DEG), style)
    drawing.words(*_seen(-1.45, 1.62), "green: D435 and D455", "middle")
    drawing.words(*_seen(-1.45, 1.74), "amber: D455 only", "middle")
    drawing.line(_seen(-1.1, 0), _seen(1.1, 0), 'stroke="#444" stroke-width="5"')
    for side in (-1, 1):
        points = [_seen(side * (0.68 + d), w) for d, w in ((0, -0.22), (0.12, -0.22))]
        points += [_seen(side * (0.68 + d), w) for d, w in ((0.12, 0.22), (0, 0.22))]
        drawing.shape(points, 'fill="#444" fill-opacity="0.75"')
    drawing.add(_ellipse(*_seen(0, 0), 0.24, 0.15))
    drawing.circle(*_seen(0, -0.05), 0.09, SKIN)
    drawing.words(*_seen(0, -1.1), "the lifter looks this way", "middle")
    drawing.line(_seen(0, -0.3), _seen(0, -1.0), THIN)
    drawing.shape([_seen(-0.05, -0.93), _seen(0.05, -0.93), _seen(0, -1.06)], 'fill="#222"')
    _camera_from_above(drawing, place)
    return drawing


def _ellipse(x: float, y: float, across: float, deep: float) -> str:
    where = f'cx="{x * 200:.0f}" cy="{y * 200:.0f}"'
    return f'<ellipse {where} rx="{across * 200:.0f}" ry="{deep * 200:.0f}" {SKIN}/>'


def _camera_from_above(drawing: Drawing, place: Place) -> None:
    x, y = place.x_m, place.y_m
    towards = degrees(atan2(-x, -y))
    long = hypot(x, y) + 0.35
    ends = [
        (x + long * sin(radians(towards + a)), y + long * cos(radians(towards + a)))
        for a in (-DEPTH_DEG[0] / 2, DEPTH_DEG[0] / 2)
    ]
    drawing.shape([_seen(x, y), *[_seen(*end) for end in ends]], VIEW)
    drawing.square(*_seen(x, y), 0.09, CAMERA)
    drawing.line(_seen(0, 0), _seen(x, y), DASHED)
    text = f"{place.name}: {place.azimuth_deg:.0f}° from behind, {place.distance_m:.2f} m from the"
    drawing.words(0.1, 3.22, f"{text} hips, {place.height_m:g} m high, {_tilt(place)}")


def _tilt(place: Place) -> str:
    return f"tilted {place.down_deg:.0f}° down"


def four_post() -> Drawing:
    """A rack with four uprights: the unit on a rear one."""
    drawing = plan(FOUR_POST)
    for x in (-0.55, 0.55):
        for y, name in ((-0.35, "front"), (1.06, "rear")):
            drawing.square(*_seen(x, y), 0.08, STEEL)
            if x < 0:
                drawing.words(*_seen(x - 0.08, y + 0.03), f"{name} upright", "end")
        drawing.line(_seen(x, -0.35), _seen(x, 1.06), 'stroke="#6b7280" stroke-width="2"')
    return drawing


def half_rack() -> Drawing:
    """Two uprights in front of the lifter, and a boom high over the bar's path."""
    drawing = plan(BOOM)
    for x in (-0.55, 0.55):
        drawing.square(*_seen(x, -0.40), 0.08, STEEL)
    drawing.words(*_seen(-0.65, -0.37), "upright", "end")
    drawing.line(_seen(0.62, -0.45), _seen(0.62, 0.75), 'stroke="#9ca3af" stroke-width="6"')
    drawing.words(*_seen(0.85, -0.45), "boom, 1.2 m, 1.9 m high:")
    drawing.words(*_seen(0.85, -0.33), "above the bar of a standing")
    drawing.words(*_seen(0.85, -0.21), "lifter; no presses here")
    return drawing


def wall() -> Drawing:
    """A wall or a post behind the lifter."""
    drawing = plan(WALL)
    drawing.shape([_seen(-2.2, 1.2), _seen(2.2, 1.2), _seen(2.2, 1.3), _seen(-2.2, 1.3)], STEEL)
    for x in (-0.55, 0.55):
        drawing.square(*_seen(x, -0.40), 0.08, STEEL)
    drawing.words(*_seen(0.6, 1.42), "aside, so that a spotter")
    drawing.words(*_seen(0.6, 1.54), "behind does not hide the hips")
    return drawing


def from_the_side() -> Drawing:
    """Heights and angles, the four-post rack's camera."""
    drawing = Drawing(4.6, 2.75)
    floor, hips = 2.35, 3.1
    away = hypot(FOUR_POST.x_m, FOUR_POST.y_m)
    camera = (hips - away, floor - FOUR_POST.height_m)
    low, high = (floor - height for height in HEIGHT_M)
    drawing.box((camera[0] - 0.3, camera[0] + 0.02), (low, high), GOOD)
    for half, style in ((DEPTH_DEG[1] / 2, VIEW), (COLOR_DEG["D435"][1] / 2, VIEW)):
        ends = []
        for a in (-half, half):
            angle = radians(FOUR_POST.down_deg + a)
            ends.append((camera[0] + 1.75 * cos(angle), camera[1] + 1.75 * sin(angle)))
        drawing.shape([camera, *ends], style)
    drawing.line((0, floor), (4.6, floor), 'stroke="#222" stroke-width="3"')
    drawing.box((camera[0] - 0.16, camera[0] - 0.08), (0.1, floor), STEEL)
    drawing.box((camera[0] - 0.04, camera[0] + 0.02), (camera[1] - 0.06, camera[1] + 0.06), CAMERA)
    _lifter_from_side(drawing, hips, floor)
    drawing.words(
        camera[0] - 0.36, (low + high) / 2, f"{HEIGHT_M[0]:g} to {HEIGHT_M[1]:g} m", "end"
    )
    drawing.words(camera[0] - 0.36, (low + high) / 2 + 0.1, "high", "end")
    drawing.line((camera[0], floor + 0.12), (hips, floor + 0.12), THIN)
    drawing.words(
        (camera[0] + hips) / 2,
        floor + 0.24,
        " or ".join(f"{NEAREST_M[c]:g} to {FARTHEST_M[c]:g} m ({c})" for c in NEAREST_M),
        "middle",
    )
    drawing.words(0.1, 0.14, "wide: depth 87°, dark: D435 colour 69°")
    return drawing


def _lifter_from_side(drawing: Drawing, hips: float, floor: float) -> None:
    """Standing, and dashed at the bottom of a squat; the back to the camera."""
    standing = [(hips + 0.02, 0.0), (hips + 0.02, 0.48), (hips, HIPS_M), (hips + 0.03, SHOULDERS_M)]
    bottom = [(hips + 0.02, 0.0), (hips + 0.22, 0.44), (hips - 0.2, 0.46), (hips + 0.06, 0.93)]
    for joints, style in ((standing, 'stroke="#222" stroke-width="7"'), (bottom, DASHED)):
        for (x, y), (u, v) in itertools.pairwise(joints):
            drawing.line((x, floor - y), (u, floor - v), style)
        x, y = joints[-1]
        drawing.circle(x + 0.03, floor - y - 0.17, 0.1, SKIN if joints is standing else DASHED)
    drawing.line(
        (hips - 0.04, floor - 0.02), (hips + 0.24, floor - 0.02), 'stroke="#222" stroke-width="6"'
    )
    drawing.circle(hips - 0.02, floor - SHOULDERS_M + 0.03, 0.02, 'fill="#222"')
    drawing.circle(hips - 0.02, floor - SHOULDERS_M + 0.03, 0.225, DASHED)


def main() -> int:
    """Write the four drawings."""
    PICTURES.mkdir(exist_ok=True)
    for name, (drawing, title) in drawings().items():
        (PICTURES / f"{name}.svg").write_text(drawing.svg(title), encoding="utf-8")
    return 0


def drawings() -> dict[str, tuple[Drawing, str]]:
    """Every drawing with its title, by file name."""
    return {
        "from-the-side": (from_the_side(), "The camera behind the lifter, from the side"),
        "four-post": (four_post(), "Four-post rack from above, unit on a rear upright"),
        "half-rack": (half_rack(), "Half rack from above, unit on a high boom"),
        "wall": (wall(), "Unit on a wall or post behind the lifter, from above"),
    }


if __name__ == "__main__":
    raise SystemExit(main())
