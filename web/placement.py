"""The Placement page as ready words, numbers and shapes: template and event stream share them."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from device.records import Envelope, Move, Placement, PlacementVerdict
from web import words
from web.hub import NO_ANSWER, Snapshot
from web.numbers import number
from web.texts import N_, told
from web.texts import gettext as _

# The plan from above: the lifter's place, and how long a metre is; the lifter faces up.
PLAN_WIDTH, PLAN_HEIGHT = 340, 300
LIFTER_X, LIFTER_Y = 170.0, 78.0
METRE = 96.0
FURTHEST_M = 2.1  # what lies further is drawn here

_HEADLINES = {
    PlacementVerdict.GOOD: N_("It hangs well"),
    PlacementVerdict.MOVE: N_("Move the unit"),
    PlacementVerdict.NOBODY: N_("Nobody to measure by"),
    PlacementVerdict.BLIND: N_("It can't see enough"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One number, what it should be, and both on a scale from 0 to 100."""

    name: str
    value: str
    wanted: str
    ok: bool | None  # None: not known
    place: float | None
    zone_from: float
    zone_width: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What is drawn from above; the unit is None while it is not known where it hangs."""

    zone: str  # path
    unit_x: float | None
    unit_y: float | None


@dataclass(frozen=True, slots=True)
class PlacementView:
    """Everything the Placement page shows."""

    connected: bool
    verdict: str  # good, move, nobody, blind, none
    headline: str
    detail: str
    arrow: str  # of the first thing to do
    more: tuple[Move, ...]  # what to do after that
    camera: str
    rows: tuple[Row, ...]
    plan: Plan
    troubles: tuple[str, ...]
    go_on: str  # the set-up's next step

    def as_json(self) -> dict[str, Any]:
        """For the event stream."""
        return asdict(self)


def placement_view(snapshot: Snapshot) -> PlacementView:
    """The newest placement, or why there is none."""
    state = snapshot.state
    if state is None:
        return _nothing(False, snapshot.problem or NO_ANSWER)
    trouble = None if state.camera == "ok" else state.camera
    if state.placement is None or trouble:
        return _nothing(True, trouble)
    placement = state.placement
    first = placement.moves[0] if placement.moves else None
    return PlacementView(
        connected=True,
        verdict=placement.verdict.value,
        headline=_(_HEADLINES[placement.verdict]),
        detail=words.sentence(first.text) if first else _("Reps can be measured from here."),
        arrow=first.arrow.value if first else "good",
        more=tuple(Move(move.arrow, words.sentence(move.text)) for move in placement.moves[1:]),
        camera=told(placement.envelope.camera) if placement.envelope else "",
        rows=_rows(placement),
        plan=_plan(placement),
        troubles=(),
        go_on=_("Go on") if placement.verdict is PlacementVerdict.GOOD else _("Go on anyway"),
    )


def _nothing(connected: bool, trouble: str | None) -> PlacementView:
    return PlacementView(
        connected=connected,
        verdict="none",
        headline=_("No placement yet") if connected else _("No unit"),
        detail=_("It shows here as soon as the unit sees something."),
        arrow="off",
        more=(),
        camera="",
        rows=(),
        plan=Plan("", None, None),
        troubles=(told(trouble),) if trouble else (),
        go_on=_("Go on anyway"),
    )


# ---------------------------------------------------------------- the numbers


def _rows(placement: Placement) -> tuple[Row, ...]:
    envelope = placement.envelope
    if envelope is None:
        return ()
    side = envelope.azimuth_deg
    sides = (placement.left_margin_deg, placement.right_margin_deg)
    nearest = min((margin for margin in sides if margin is not None), default=None)
    return (
        _row(
            _("Off straight behind"),
            placement.azimuth_deg,
            _azimuth(placement.azimuth_deg),
            (-side, side),
            _("up to %(degrees)s°", degrees=f"{side:.0f}"),
            (110.0, -110.0),  # the lifter's left is drawn on the left, as in the plan
        ),
        _row(
            _("Distance"),
            placement.distance_m,
            _metres(placement.distance_m),
            envelope.distance_m,
            _range(envelope.distance_m),
            (0.4, 2.4),
        ),
        _row(
            _("Height"),
            placement.height_m,
            _metres(placement.height_m),
            envelope.height_m,
            _range(envelope.height_m),
            (0.3, 2.3),
        ),
        _margin(_("Room above the shoulders"), placement.shoulder_margin_deg, envelope, "shoulder"),
        _margin(_("Room below the feet"), placement.feet_margin_deg, envelope, "feet"),
        _margin(_("Room at the sides"), nearest, envelope, "side"),
        _mounted(placement, envelope),
    )


def _row(
    name: str,
    value: float | None,
    text: str,
    zone: tuple[float, float],
    wanted: str,
    scale: tuple[float, float],
) -> Row:
    def place(at: float) -> float:
        share = (at - scale[0]) / (scale[1] - scale[0])
        return round(100 * min(1.0, max(0.0, share)), 1)

    begin, end = sorted(place(edge) for edge in zone)
    ok = None if value is None else zone[0] <= value <= zone[1]
    return Row(name, text, wanted, ok, None if value is None else place(value), begin, end - begin)


def _margin(name: str, value: float | None, envelope: Envelope, part: str) -> Row:
    least: float = getattr(envelope, f"{part}_margin_deg")
    outside = value is not None and value < 0
    text = _("out of the picture") if outside else words.degrees(value)
    return _row(
        name,
        value,
        text,
        (least, 90.0),
        _("from %(degrees)s°", degrees=f"{least:.0f}"),
        (-20.0, 40.0),
    )


def _mounted(placement: Placement, envelope: Envelope) -> Row:
    names = {True: _("upright"), False: _("on its side"), None: words.DASH}
    ok = None if placement.portrait is None else placement.portrait or not envelope.portrait
    wanted = _("upright") if envelope.portrait else _("either way")
    return Row(_("Mounted"), names[placement.portrait], wanted, ok, None, 0.0, 0.0)


def _azimuth(azimuth_deg: float | None) -> str:
    if azimuth_deg is None:
        return words.DASH
    if round(azimuth_deg) == 0:
        return "0°"
    off = f"{abs(azimuth_deg):.0f}"
    if azimuth_deg > 0:
        return _("%(degrees)s° to the lifter’s left", degrees=off)
    return _("%(degrees)s° to the lifter’s right", degrees=off)


def _metres(length_m: float | None) -> str:
    return words.DASH if length_m is None else f"{number(f'{length_m:.2f}')} m"


def _range(both_m: tuple[float, float]) -> str:
    low, high = (number(f"{one:.2f}") for one in both_m)
    return _("%(low)s to %(high)s m", low=low, high=high)


# ---------------------------------------------------------------- the plan


def _plan(placement: Placement) -> Plan:
    zone = "" if placement.envelope is None else _zone(placement.envelope)
    if placement.azimuth_deg is None or placement.distance_m is None:
        return Plan(zone, None, None)
    x, y = _at(placement.azimuth_deg, min(placement.distance_m, FURTHEST_M))
    return Plan(zone, x, y)


def _zone(envelope: Envelope) -> str:
    """A piece of a ring behind the lifter."""
    near, far = envelope.distance_m
    side = envelope.azimuth_deg
    a, b, c, d = _at(side, near), _at(side, far), _at(-side, far), _at(-side, near)
    inner, outer = (f"{METRE * r:.1f} {METRE * r:.1f}" for r in (near, far))
    return (
        f"M{a[0]} {a[1]}L{b[0]} {b[1]}A{outer} 0 0 0 {c[0]} {c[1]}"
        f"L{d[0]} {d[1]}A{inner} 0 0 1 {a[0]} {a[1]}Z"
    )


def _at(azimuth_deg: float, distance_m: float) -> tuple[float, float]:
    angle = math.radians(azimuth_deg)
    x = LIFTER_X - METRE * distance_m * math.sin(angle)
    y = LIFTER_Y + METRE * distance_m * math.cos(angle)
    return round(x, 1), round(y, 1)
