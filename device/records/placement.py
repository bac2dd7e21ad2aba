"""How the unit hangs, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PlacementVerdict(StrEnum):
    """How the unit hangs."""

    GOOD = "good"
    MOVE = "move"  # see the moves
    NOBODY = "nobody"  # nobody stands there to measure by
    BLIND = "blind"  # no depth, or no floor in view


class Arrow(StrEnum):
    """Which way to move the unit, seen from behind it."""

    CLOSER = "closer"
    BACK = "back"
    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"
    TILT_UP = "tilt_up"
    TILT_DOWN = "tilt_down"
    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    PORTRAIT = "portrait"
    STRAIGHTEN = "straighten"
    BEHIND = "behind"
    STAND = "stand"  # nothing to move: somebody should stand there
    CLEAR = "clear"  # something else is in the way


@dataclass(frozen=True, slots=True)
class Move:
    """One thing to do about the placement, as a direction and in words."""

    arrow: Arrow
    text: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """Where a unit with this camera measures well."""

    camera: str
    azimuth_deg: float  # to either side of straight behind
    distance_m: tuple[float, float]  # camera to mid-hip over the floor
    height_m: tuple[float, float]  # camera above the floor
    portrait: bool
    shoulder_margin_deg: float = 2.0  # a shoulder's top lies above its joint
    feet_margin_deg: float = 1.0
    side_margin_deg: float = 3.0  # elbows and knees go out in a rep


@dataclass(frozen=True, slots=True)
class Silhouette:
    """The shape of what the unit sees, upright: one bit a pixel, row by row, highest bit first."""

    width_px: int
    height_px: int
    near: bytes  # whatever stands in front of the unit
    lifter: bytes  # what of it is the lifter


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the unit hangs against a standing lifter, and what to do about it.

    Margins are the angles between what must be seen and the nearest edge of the pictures;
    negative: out of the picture.
    """

    time_s: float
    verdict: PlacementVerdict
    moves: tuple[Move, ...] = ()
    envelope: Envelope | None = None
    azimuth_deg: float | None = None  # from straight behind; positive = on the lifter's left
    distance_m: float | None = None  # over the floor
    height_m: float | None = None
    tilt_down_deg: float | None = None  # of the optical axis below level
    lean_deg: float | None = None  # off upright or off lying on its side
    portrait: bool | None = None
    shoulder_margin_deg: float | None = None
    feet_margin_deg: float | None = None
    left_margin_deg: float | None = None
    right_margin_deg: float | None = None

    @property
    def advice(self) -> tuple[str, ...]:
        """What to do, in words, the most important first."""
        return tuple(move.text for move in self.moves)
