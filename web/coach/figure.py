"""A lifter as a stick figure, from the side and from behind, ready to draw as SVG.

Each line says which joints it goes through (`joints`), so that the page's script can move the very
figure that was drawn here. The pelvis seen from the side is a bar that stands upright in the
lifter's neutral and leans forward as the pelvis tilts forward.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from device.records import SKELETON_JOINTS, Array
from web.queries import RepRow

WIDTH, FLOOR_Y, TOP_Y = 240.0, 148.0, 6.0
PELVIS_M = 0.2  # how long the bar is drawn
HEAD_M = 0.1
BESIDE_M = 0.2  # the mark of a wink lies so far behind the hip
SAME_MOMENT_S = 0.2  # joints seen so far from a moment are not shown for it
SIDE, BEHIND = "side", "behind"
HIPS, SHOULDERS = "left_hip/right_hip", "left_shoulder/right_shoulder"
HEAD = "left_ear/right_ear"
_NUMBERS = {joint.name.lower(): number for number, joint in enumerate(SKELETON_JOINTS)}
_AXES = {SIDE: 0, BEHIND: 2}
_CENTRES = {SIDE: 62.0, BEHIND: 180.0}
_ROOM = 114.0  # across, of each view


def _leg(side: str) -> str:
    parts = ("hip", "knee", "ankle", "toe", "heel", "ankle")
    return " ".join(f"{side}_{part}" for part in parts)


def _arm(side: str) -> str:
    return " ".join(f"{side}_{part}" for part in ("shoulder", "elbow", "wrist"))


# What each view shows, from back to front: class, joints; 'a/b' is the middle of two.
_LINES = {
    SIDE: (
        ("limb far", _arm("left")),
        ("limb far", _leg("left")),
        ("limb", f"{HIPS} {SHOULDERS} {HEAD}"),
        ("limb", _leg("right")),
        ("limb", _arm("right")),
    ),
    BEHIND: (
        ("limb", f"{HIPS} {SHOULDERS} {HEAD}"),
        ("limb", "left_shoulder right_shoulder"),
        ("limb", _leg("left")),
        ("limb", _leg("right")),
        ("limb", _arm("left")),
        ("limb", _arm("right")),
    ),
}


@dataclass(frozen=True, slots=True)
class FigureScale:
    """Pixels a metre, and what lies at the middle of each view, m; `low_m` lies on the floor."""

    px_per_m: float
    low_m: float
    middles_m: dict[str, float]

    def x(self, view: str, value_m: float) -> float:
        """Across, by the view's own axis."""
        return round(_CENTRES[view] + self.px_per_m * (value_m - self.middles_m[view]), 1)

    def y(self, height_m: float) -> float:
        """Down from the top of the picture."""
        return round(FLOOR_Y - self.px_per_m * (height_m - self.low_m), 1)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a figure: its class, the joints it goes through, its path."""

    kind: str
    joints: str
    path: str


@dataclass(frozen=True, slots=True)
class View:
    """The figure from one side."""

    name: str
    lines: tuple[Line, ...]
    head: tuple[float, float] | None
    pelvis: str  # path, empty where the pelvis was not measured
    upright: str  # where the bar lies in neutral
    mark: tuple[float, float] | None  # where a wink's mark goes, beside the pelvis


@dataclass(frozen=True, slots=True)
class Figure:
    """One moment of a rep."""

    views: tuple[View, ...]
    scale: FigureScale
    head_px: float
    bar_px: float  # the pelvis from the side
    beside_px: float  # from the hip to the mark of a wink
    winked: bool  # past the threshold at this moment
    tilt_deg: float | None


def figure_scale(moments: Iterable[Array]) -> FigureScale | None:
    """One scale that holds all these (..., joints, 3); None for none."""
    places = [joints.reshape(-1, 3) for joints in moments]
    if not places:
        return None
    low, high = _ends(np.concatenate(places))
    low[0] -= BESIDE_M + 0.05
    low[1] = min(low[1], 0.0)
    high[1] += HEAD_M
    spans = np.maximum(high - low, 0.3)  # a body is larger
    most = min((FLOOR_Y - TOP_Y) / spans[1], _ROOM / spans[0], _ROOM / spans[2])
    middles = {view: float(low[axis] + high[axis]) / 2 for view, axis in _AXES.items()}
    return FigureScale(float(most), float(low[1]), middles)


def figure_at(rep: RepRow, time_s: float, scale: FigureScale) -> Figure | None:
    """One moment of a rep; None where no joints were kept of it."""
    joints = joints_at(rep, time_s)
    if rep.trace is None or joints is None:
        return None
    frame = _nearest(rep.trace.columns["time_s"], time_s)
    tilt = float(rep.trace.columns["anterior_pelvic_tilt_deg"][frame])
    wink = float(rep.trace.columns["wink_deg"][frame])
    known = math.isfinite(tilt)
    return Figure(
        views=tuple(_view(name, joints.tolist(), tilt, scale) for name in (SIDE, BEHIND)),
        scale=scale,
        head_px=round(HEAD_M * scale.px_per_m, 1),
        bar_px=round(PELVIS_M * scale.px_per_m, 1),
        beside_px=round(BESIDE_M * scale.px_per_m, 1),
        winked=rep.verdict != "not_measured" and wink > rep.threshold_deg,
        tilt_deg=tilt if known else None,
    )


def joints_at(rep: RepRow, time_s: float) -> Array | None:
    """(joints, 3) at one moment of a rep; None where nobody was seen or nothing was kept."""
    skeleton = None if rep.trace is None else rep.trace.skeleton
    if skeleton is None or not len(skeleton):
        return None
    number = _nearest(skeleton.time_s, time_s)
    if abs(skeleton.time_s[number] - time_s) > SAME_MOMENT_S:
        return None
    found: Array = skeleton.joints_m[number]
    return found


def _nearest(times_s: Array, time_s: float) -> int:
    return int(np.argmin(np.abs(times_s - time_s)))


def _ends(places: Array) -> tuple[Array, Array]:
    known = places[np.isfinite(places).all(axis=1)]
    if not len(known):
        return np.zeros(3), np.ones(3)
    return known.min(axis=0), known.max(axis=0)


def _view(name: str, joints: _Places, tilt_deg: float, scale: FigureScale) -> View:
    """Plain floats throughout: for so few numbers numpy takes four times as long."""
    hips, ears = _point(HIPS, joints), _point(HEAD, joints)
    x, y, z = hips
    bar = upright = ""
    if name == SIDE:
        upright = _path(name, [hips, (x, y + PELVIS_M, z)], scale)
    if math.isfinite(tilt_deg):
        lean = math.radians(tilt_deg)
        top = (x + PELVIS_M * math.sin(lean), y + PELVIS_M * math.cos(lean), z)
        ends = [hips, top] if name == SIDE else _points(_HIP_LINE, joints)
        bar = _path(name, ends, scale)
    beside = (x - BESIDE_M, y, z) if name == SIDE else (x, y - BESIDE_M, z)
    return View(
        name=name,
        lines=tuple(
            Line(kind, through, _path(name, _points(through, joints), scale))
            for kind, through in _LINES[name]
        ),
        head=_place(name, ears, scale) if _known(ears) else None,
        pelvis=bar,
        upright=upright,
        mark=_place(name, beside, scale) if _known(beside) else None,
    )


_HIP_LINE = "left_hip right_hip"
_Place = Sequence[float]  # x, y, z in m
_Places = Sequence[_Place]


def _points(through: str, joints: _Places) -> list[_Place]:
    return [_point(spec, joints) for spec in through.split()]


def _point(spec: str, joints: _Places) -> _Place:
    """A joint's place, or the middle of two."""
    first, _, second = spec.partition("/")
    if not second:
        return joints[_NUMBERS[first]]
    pair = zip(joints[_NUMBERS[first]], joints[_NUMBERS[second]], strict=True)
    return tuple((a + b) / 2 for a, b in pair)


def _known(point: _Place) -> bool:
    return math.isfinite(point[0])  # a joint is known as a whole


def _path(view: str, points: Sequence[_Place], scale: FigureScale) -> str:
    """A line, broken where a joint is not known."""
    path, pen_down = [], False
    for point in points:
        known = _known(point)
        if known:
            x, y = _place(view, point, scale)
            path.append(f"{'L' if pen_down else 'M'}{x} {y}")
        pen_down = known
    return "".join(path)


def _place(view: str, point: _Place, scale: FigureScale) -> tuple[float, float]:
    return scale.x(view, point[_AXES[view]]), scale.y(point[1])
