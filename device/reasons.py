"""When not to speak, and why: every rule in one place, in words that a gym owner can act on.

A frame is not measured where the view is bad (`unreadable`) or the network does not know what it
sees (`unread`). A frame that was measured but vaguely has a `doubt`. A rep says what held for most
of the frames that mattered (`prevailing`): those from half way down until just past the bottom,
because that is where a wink lies.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """What is wrong and what helps. No numbers inside: reasons are counted."""

    # the unit
    NO_DEPTH = "the camera gives no depth"
    NO_FLOOR = "the floor is not in view: tilt the unit down"
    PICTURES_MISSING = "pictures are missing from this rep: check the camera's cable"
    TOO_SLOW = "pictures are missing from this rep: this computer is too slow just now"
    # where the lifter is
    NOT_SEEN = "the lifter is hidden or out of the picture"
    HIPS_HIDDEN = "the lifter's hips are hidden"
    OUT_OF_PICTURE = "the hips are out of the picture: turn or tilt the unit towards the lifter"
    TOO_FAR = "the lifter is too far away: move the unit closer"
    TOO_NEAR = "the lifter is too close: move the unit back"
    FROM_FRONT = "the unit sees the lifter from the front: move it behind"
    FROM_SIDE = "the unit sees the lifter too much from the side: move it further behind"
    # what is in the way
    IN_FRONT = "something is between the unit and the lifter's hips"
    IN_FRONT_LEFT = "something is between the unit and the lifter's hips, on the unit's left"
    IN_FRONT_RIGHT = "something is between the unit and the lifter's hips, on the unit's right"
    HOLES = "the depth camera sees holes at the hips: black or shiny cloth, or bright sun"
    BELT_OR_CLOTH = "the lower back can't be made out: a belt or loose cloth hides it"
    STRANGE = "what the camera sees is not a lifter's back as this unit knows it"
    # the lifter
    NO_NEUTRAL = "no neutral: stand relaxed and still for two seconds before the set"
    TOO_SHALLOW = "not deep enough to count"


MIN_DISTANCE_M = 0.5
MAX_DISTANCE_M = 2.2  # beyond, noise exceeds what the network has learned from
FAR_M, NEAR_M = 1.6, 0.7  # further and nearer than this is blamed for a doubt
MIN_FILLED_SHARE = 0.45
MAX_NEARER_SHARE = 0.15
MAX_AZIMUTH_DEG = 110.0  # from straight behind; beyond, the unit looks at belly and thighs
SIDE_AZIMUTH_DEG = 70.0  # beyond this the view from the side is blamed for a doubt
MAX_TILT_SD_DEG = 12.0  # the network itself has no idea
DOUBT_SD_DEG = 6.0  # twice what a clear view from behind has: something in the view must be wrong
# Shares of the view's middle that are too few to stop the reading, but enough to explain a doubt.
FRONT_SHARE, HOLE_SHARE, OUTSIDE_SHARE = 0.05, 0.2, 0.1
ASIDE = 0.25  # of half its width: from here on something lies to the left or right
NEAR_BOTTOM_FROM = 0.5  # of the way down in time
DOUBTFUL_SHARE = 0.5  # of the frames that mattered have a doubt: then the rep has it
AFTER_BOTTOM_S = 0.25


@dataclass(frozen=True, slots=True)
class Sight:
    """What the rules of one frame look at; shares are of the middle of the hip view."""

    distance_m: float
    filled_share: float  # rays that end on the lifter
    nearer_share: float  # rays that end far in front of the lifter
    front_share: float = 0.0  # rays that end in front of where a back can be
    front_side: float = 0.0  # where those are: -1 left edge of that middle, 1 right edge
    hole_share: float = 0.0  # rays within the picture that have no depth
    outside_share: float = 0.0  # rays outside the picture
    azimuth_deg: float | None = None  # of the unit, from straight behind the lifter


def unreadable(sight: Sight) -> Reason | None:
    """Why a view is too bad to be read; None: it isn't."""
    if sight.distance_m > MAX_DISTANCE_M:
        return Reason.TOO_FAR
    if sight.distance_m < MIN_DISTANCE_M:
        return Reason.TOO_NEAR
    if sight.nearer_share > MAX_NEARER_SHARE:
        return _in_front(sight)
    if sight.filled_share < MIN_FILLED_SHARE:
        return _visible_cause(sight) or Reason.HIPS_HIDDEN
    return None


def unread(sight: Sight, tilt_sd_deg: float, strange: bool) -> Reason | None:
    """Why what the network said does not count; None: it does."""
    if sight.azimuth_deg is not None and abs(sight.azimuth_deg) > MAX_AZIMUTH_DEG:
        return Reason.FROM_FRONT
    if strange:
        return _visible_cause(sight) or Reason.STRANGE
    if tilt_sd_deg > MAX_TILT_SD_DEG:
        return _likely_cause(sight)
    return None


def doubt(sight: Sight, tilt_sd_deg: float) -> Reason | None:
    """What makes a measured frame vague; None: it is as clear as views are."""
    return _likely_cause(sight) if tilt_sd_deg > DOUBT_SD_DEG else None


def _visible_cause(sight: Sight) -> Reason | None:
    """What the depth picture itself shows to be wrong."""
    if sight.front_share > FRONT_SHARE:
        return _in_front(sight)
    if sight.outside_share > OUTSIDE_SHARE:
        return Reason.OUT_OF_PICTURE
    if sight.hole_share > HOLE_SHARE:
        return Reason.HOLES
    return None


def _likely_cause(sight: Sight) -> Reason:
    """Why the network is unsure, as far as can be known: last of all, what covers the back."""
    seen = _visible_cause(sight)
    if seen is not None:
        return seen
    if sight.distance_m > FAR_M:
        return Reason.TOO_FAR
    if sight.azimuth_deg is not None and abs(sight.azimuth_deg) > SIDE_AZIMUTH_DEG:
        return Reason.FROM_SIDE
    return Reason.TOO_NEAR if sight.distance_m < NEAR_M else Reason.BELT_OR_CLOTH


def _in_front(sight: Sight) -> Reason:
    if sight.front_side < -ASIDE:
        return Reason.IN_FRONT_LEFT
    return Reason.IN_FRONT_RIGHT if sight.front_side > ASIDE else Reason.IN_FRONT


def missing_pictures(source: str) -> Reason:
    """Why frames of a camera never came: a simulated one has no cable to check."""
    return Reason.TOO_SLOW if source == "simulated" else Reason.PICTURES_MISSING


def prevailing(
    frames: Sequence[tuple[float, str | None]],
    start_s: float,
    bottom_s: float,
    least_share: float = 0.0,
) -> str | None:
    """What most of the frames that mattered said; where those said nothing, all of the rep's.

    `frames` are (time_s, reason or None) of one rep; what fewer than `least_share` of them say is
    not told.
    """
    from_s = start_s + NEAR_BOTTOM_FROM * (bottom_s - start_s)
    mattered = [f for f in frames if from_s <= f[0] <= bottom_s + AFTER_BOTTOM_S]
    for part in (mattered, frames):
        counted = Counter(reason for _, reason in part if reason is not None)
        if counted:
            reason, times = counted.most_common(1)[0]
            return reason if times >= least_share * len(part) else None
    return None


def unsure(sd_deg: float, cause: str | None) -> str:
    """The reason of a rep whose wink is too vague, with what makes it so where that is known."""
    text = f"the unit is not sure, plus or minus {sd_deg:.1f} degrees"
    return f"{text}: {cause}" if cause else text
