"""Does the unit hang where it can measure? Which way to move it, if not.

Everything is read off a lifter who stands on the spot: where the camera is against the pelvis,
and how much room the pictures leave around shoulders and feet. Single frames jitter, so the
medians of the last moments are judged.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import fields

import numpy as np

from device.placement_view import Measures, measure, median, stands
from device.reasons import MAX_AZIMUTH_DEG, Reason
from device.records import (
    Arrow,
    BodyPose,
    DepthImage,
    Envelope,
    Floor,
    Frame,
    Move,
    PelvisPose,
    Placement,
    PlacementVerdict,
)

# The recommended envelope of each camera, by the distance between its infrared imagers.
ENVELOPES = {
    0.050: Envelope("D435", 55.0, (0.9, 1.25), (0.8, 1.6), portrait=True),
    0.095: Envelope("D455", 55.0, (0.9, 1.6), (0.8, 1.6), portrait=True),
}
MAX_LEAN_DEG = 15.0

EVERY_S = 0.2
WINDOW_S = 2.0
AWAY_S = 1.0

STEP_M = 0.05  # steps that lengths are told in


class PlacementWatch:
    """Follows the placement through a stream of frames, five times a second."""

    def __init__(self) -> None:
        self._recent: deque[tuple[float, Measures, str | None]] = deque()
        self._next_s = -np.inf
        self._last: Placement | None = None

    def update(
        self, frame: Frame, body: BodyPose | None, pelvis: PelvisPose, floor: Floor | None
    ) -> Placement:
        """The placement as now known. Somebody who squats leaves it as it was."""
        now = frame.time_s
        if self._last is not None and self._next_s - EVERY_S <= now < self._next_s:
            return self._last
        self._next_s = now + EVERY_S
        depth = frame.depth
        if depth is None or floor is None:
            self._recent.clear()
            self._last = _blind(now, depth)
        elif body is None or not body.metric:
            self._forget(now)
            if not self._recent:
                self._last = nobody(now, envelope_for(depth.baseline_m))
        elif stands(body):
            self._recent.append((now, measure(frame, depth, body, pelvis, floor), pelvis.reason))
            self._forget(now)
            self._last = self._judged(now, envelope_for(depth.baseline_m))
        return self._last or nobody(now, envelope_for(depth.baseline_m if depth else 0.05))

    def _forget(self, now: float) -> None:
        gone = self._recent and now - self._recent[-1][0] > AWAY_S
        while self._recent and (gone or not 0 <= now - self._recent[0][0] <= WINDOW_S):
            self._recent.popleft()

    def _judged(self, now: float, envelope: Envelope) -> Placement:
        known = median([measures for _, measures, _ in self._recent])
        reason, times = Counter(reason for _, _, reason in self._recent).most_common(1)[0]
        return place(now, known, envelope, reason if 2 * times > len(self._recent) else None)


def envelope_for(baseline_m: float) -> Envelope:
    """That of the camera whose imagers are nearest to so far apart."""
    return ENVELOPES[min(ENVELOPES, key=lambda known: abs(known - baseline_m))]


def place(time_s: float, known: Measures, envelope: Envelope, reason: str | None) -> Placement:
    """The verdict on those numbers; `reason`: why the pelvis is not measured all the same."""
    moves = advise(known, envelope)
    if not moves and reason is not None:
        moves = (Move(Arrow.CLEAR, f"it hangs well, but {reason}"),)
    verdict = PlacementVerdict.MOVE if moves else PlacementVerdict.GOOD
    numbers = {item.name: getattr(known, item.name) for item in fields(known)}
    return Placement(time_s, verdict, moves, envelope, **numbers)


def nobody(time_s: float, envelope: Envelope) -> Placement:
    """Nothing to measure by."""
    move = Move(Arrow.STAND, "nobody is in view: stand on the spot, relaxed, back to the unit")
    return Placement(time_s, PlacementVerdict.NOBODY, (move,), envelope)


def _blind(time_s: float, depth: DepthImage | None) -> Placement:
    if depth is None:
        move = Move(Arrow.CLEAR, f"{Reason.NO_DEPTH}: use a depth camera")
        return Placement(time_s, PlacementVerdict.BLIND, (move,))
    move = Move(Arrow.TILT_DOWN, Reason.NO_FLOOR)
    return Placement(time_s, PlacementVerdict.BLIND, (move,), envelope_for(depth.baseline_m))


# ---------------------------------------------------------------- advising


def advise(known: Measures, envelope: Envelope) -> tuple[Move, ...]:
    """What to do, the most important first; empty: nothing."""
    if abs(known.azimuth_deg) > MAX_AZIMUTH_DEG:
        return (Move(Arrow.BEHIND, Reason.FROM_FRONT),)
    moves = [*_round(known, envelope), *_along(known, envelope), *_height(known, envelope)]
    if envelope.portrait and not known.portrait:
        return (Move(Arrow.PORTRAIT, "mount it upright (portrait)"), *moves)
    if abs(known.lean_deg) > MAX_LEAN_DEG:
        moves.append(
            Move(Arrow.STRAIGHTEN, f"straighten it: it leans {abs(known.lean_deg):.0f} degrees")
        )
    return (*moves, *_room(known, envelope))


def _round(known: Measures, envelope: Envelope) -> list[Move]:
    """Sideways on a circle about the lifter, whose left is the unit's left as seen from behind."""
    beyond = abs(known.azimuth_deg) - envelope.azimuth_deg
    if beyond <= 0:
        return []
    way = Arrow.RIGHT if known.azimuth_deg > 0 else Arrow.LEFT
    length = _cm(2 * known.distance_m * np.sin(np.radians(beyond) / 2))
    text = f"move the unit {length} to the {way}, round the lifter: it looks too much from the side"
    return [Move(way, text)]


def _along(known: Measures, envelope: Envelope) -> list[Move]:
    ways = (Arrow.CLOSER, "move the unit {} closer"), (Arrow.BACK, "move the unit {} back")
    return _into(known.distance_m, envelope.distance_m, *ways)


def _height(known: Measures, envelope: Envelope) -> list[Move]:
    ways = (Arrow.DOWN, "hang it {} lower"), (Arrow.UP, "hang it {} higher")
    return _into(known.height_m, envelope.height_m, *ways)


def _into(
    value_m: float,
    range_m: tuple[float, float],
    when_beyond: tuple[Arrow, str],
    when_short: tuple[Arrow, str],
) -> list[Move]:
    """The move that brings a length into its range; the texts take the length."""
    low, high = range_m
    off = max(value_m - high, low - value_m)
    arrow, text = when_beyond if value_m > high else when_short
    return [Move(arrow, text.format(_cm(off)))] if off > 0 else []


def _room(known: Measures, envelope: Envelope) -> list[Move]:
    """What is cut off, and how to get it into the picture."""
    above = known.shoulder_margin_deg - envelope.shoulder_margin_deg
    below = known.feet_margin_deg - envelope.feet_margin_deg
    moves = []
    if above + below < 0:
        back = known.distance_m < envelope.distance_m[1]
        text = "shoulders to feet don't fit into the picture: " + (
            "move the unit back" if back else "hang it lower or higher, at the height of the hips"
        )
        moves.append(Move(Arrow.BACK if back else Arrow.DOWN, text))
    elif below < 0:
        text = f"the feet are out of the picture: tilt it down {_degrees(-below)}"
        moves.append(Move(Arrow.TILT_DOWN, text))
    elif above < 0:
        text = f"the shoulders are out of the picture: tilt it up {_degrees(-above)}"
        moves.append(Move(Arrow.TILT_UP, text))
    left, right = known.left_margin_deg, known.right_margin_deg
    if min(left, right) < envelope.side_margin_deg:
        way, name = (Arrow.TURN_LEFT, "left") if left < right else (Arrow.TURN_RIGHT, "right")
        moves.append(Move(way, f"turn it {_degrees(abs(left - right) / 2)} to the {name}"))
    return moves


def _cm(length_m: float) -> str:
    """Rounded up to 5 cm, so that following the advice once is enough."""
    return f"{100 * STEP_M * max(1, np.ceil(length_m / STEP_M - 1e-6)):.0f} cm"


def _degrees(angle_deg: float) -> str:
    whole = max(1, int(np.ceil(angle_deg)))
    return f"{whole} degree{'s' if whole > 1 else ''}"
