"""Who is the lifter, from frame to frame (no picture is looked at here).

A lifter stays about where they are; people who walk past do not. The track therefore remembers a
home. It refuses a jump, takes up the person nearest to home after a loss, and when it finds itself
walking away it asks whether somebody still stands at home.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from device.pose.figure import Figure
from device.pose.roi import Roi

# Distances are in sides of the tracked square; one side is about 2.5 m on the lifter.
MAX_SPEED_PER_S = 3.0
MIN_STEP = 0.1
MAX_STEP_SCALE = 1.4
FIRST_STEP, FIRST_SCALE = 0.35, 2.2  # the detector's first square is only about right
HELD_S = 0.3  # how long a jump is refused before the lifter counts as lost
REMEMBERED_S = 1.5  # how long after a loss nobody but the lifter is taken
NEAR, NEAR_SCALE = 0.3, 1.6
STRAYED = 0.2
HOME_S = 2.0  # time constant with which home follows, and how long a walk may last
LOOK_EVERY_S = 0.2
SEARCH_EVERY = 3  # frames between two runs of the detector while nobody is there
COMPARE_EVERY_S = 1.0  # how often depth is asked whether somebody else stands in the lifter's place
BETTER_M = 0.3  # so much nearer to where the unit points
IN_A_ROW = 4  # so many times: a passer-by is gone by then
SAME_FIGURE = 0.25
LIES_S = 0.5  # nobody who lies for so long is a lifter


@dataclass(frozen=True, slots=True)
class _Seen:
    roi: Roi
    time_s: float


class Track:
    """Give it every frame's outcome; it says where to look and whom to believe."""

    def __init__(self) -> None:
        self._now: _Seen | None = None
        self._home: Roi | None = None
        self._last: Roi | None = None  # where the lifter was when lost
        self._lost_s: float | None = None
        self._fresh = False  # the square came from the detector
        self._strayed_s: float | None = None
        self._looked_s = float("-inf")
        self._compared_s = float("-inf")
        self._misplaced = 0  # how many times in a row somebody else stood better
        self._frames_to_wait = 0
        self._lies_s: float | None = None  # since when
        self._others: tuple[Roi, ...] = ()  # who else stood there when last looked

    @property
    def roi(self) -> Roi | None:
        """Where the lifter is expected in the next frame; None: not known."""
        return self._now.roi if self._now else None

    def should_search(self) -> bool:
        """Whether the detector should look for the lifter in this frame. Ask once a frame."""
        if self._frames_to_wait > 0:
            self._frames_to_wait -= 1
            return False
        self._frames_to_wait = SEARCH_EVERY - 1
        return True

    def choose(self, candidates: list[Roi], time_s: float, width: int, height: int) -> Roi | None:
        """Which of the people detected in the image is the lifter."""
        if self._lost_s is not None:
            if time_s - self._lost_s < REMEMBERED_S:
                own = [roi for roi in candidates if not self._is_other(roi)]
                return _nearest(self._home, own, NEAR) or _nearest(self._last, own, NEAR)
            self._home, self._lost_s, self._others = None, None, ()
        return max(candidates, key=lambda roi: _prominence(roi, width, height), default=None)

    def start(self, roi: Roi, time_s: float) -> None:
        """The lifter was found by the detector, and the landmark model agrees."""
        self._now = _Seen(roi, time_s)
        # of newcomers the best placed one is taken at once, a lifter is not given up so soon
        self._compared_s, self._misplaced = time_s, 0 if self._home else IN_A_ROW - 1
        self._home = self._home or roi
        self._lost_s = None
        self._strayed_s = None
        self._fresh = True
        self._frames_to_wait = 0

    def follow(self, roi: Roi, time_s: float) -> bool:
        """The landmark model's next square; False where it jumped, so is not the lifter."""
        last = self._now
        if last is None:
            return False
        elapsed = max(time_s - last.time_s, 0.0)
        if not self._is_step(last.roi, roi, elapsed):
            if elapsed > HELD_S:
                self.lose(time_s)
            return False
        self._now, self._fresh = _Seen(roi, time_s), False
        self._keep_home(roi, time_s, elapsed)
        return True

    def lies(self, down: bool, time_s: float) -> bool:
        """Whether who is followed has lain for so long, frame by frame, that it is no lifter."""
        if not down:
            self._lies_s = None
        elif self._lies_s is None:
            self._lies_s = time_s
        return self._lies_s is not None and time_s - self._lies_s >= LIES_S

    def lose(self, time_s: float) -> None:
        """The landmark model sees nobody where the lifter was."""
        if self._now is not None:
            self._last, self._lost_s = self._now.roi, time_s
            self._frames_to_wait = 0
        self._now = None

    def should_look_home(self, time_s: float) -> bool:
        """Whether the track has walked off, and the detector should see who stands at home."""
        if self._strayed_s is None or time_s - self._looked_s < LOOK_EVERY_S:
            return False
        self._looked_s = time_s
        return True

    def at_home(self, candidates: list[Roi]) -> Roi | None:
        """The person who still stands where the lifter was, while the track has walked off."""
        return _nearest(self._home, candidates, NEAR / 2)

    def should_compare(self, time_s: float) -> bool:
        """Whether to look if somebody else stands in the lifter's place."""
        if self._now is None or time_s - self._compared_s < COMPARE_EVERY_S:
            return False
        self._compared_s = time_s
        return True

    def better_placed(self, standing: Sequence[Figure]) -> Roi | None:
        """Who stands nearer to where the unit points than the person tracked, time after time.

        `standing` is sorted by that. None also where the tracked person is none of them: who
        squats is not.
        """
        if self._now is None or not standing:
            return None
        roi, best = self._now.roi, standing[0]
        own = min(standing, key=lambda figure: roi.distance(figure.roi))
        if roi.distance(own.roi) > SAME_FIGURE:
            return None
        self._others = tuple(figure.roi for figure in standing if figure is not own)
        self._misplaced = self._misplaced + 1 if own.aside_m > best.aside_m + BETTER_M else 0
        return best.roi if self._misplaced >= IN_A_ROW else None

    def _is_other(self, roi: Roi) -> bool:
        """Whether it is rather a spotter who stood beside the lifter than the lifter."""
        places = [place for place in (self._home, self._last) if place is not None]
        own = min((roi.distance(place) for place in places), default=math.inf)
        return any(roi.distance(other) < own for other in self._others)

    def _is_step(self, before: Roi, after: Roi, elapsed_s: float) -> bool:
        if self._fresh:
            return before.distance(after) <= FIRST_STEP and before.scale(after) <= FIRST_SCALE
        reach = max(MIN_STEP, MAX_SPEED_PER_S * elapsed_s)
        return before.distance(after) <= reach and before.scale(after) <= MAX_STEP_SCALE

    def _keep_home(self, roi: Roi, time_s: float, elapsed_s: float) -> None:
        home = self._home
        if home is None or (self._strayed_s is not None and time_s - self._strayed_s > HOME_S):
            # nobody was at home for the whole walk: it was the lifter who walked
            self._home, self._strayed_s = roi, None
        elif home.distance(roi) > STRAYED:
            self._strayed_s = time_s if self._strayed_s is None else self._strayed_s
        else:
            self._strayed_s = None
            self._home = _blend(home, roi, min(1.0, elapsed_s / HOME_S))


def _nearest(place: Roi | None, candidates: list[Roi], near: float) -> Roi | None:
    """The person closest to a place, of about the same size; None: nobody."""
    if place is None:
        return None
    close = [
        roi for roi in candidates if place.distance(roi) <= near and place.scale(roi) <= NEAR_SCALE
    ]
    return min(close, key=place.distance, default=None)


def _prominence(roi: Roi, width: int, height: int) -> float:
    """Large and in the middle: the one in front of the rack's camera."""
    middle = Roi((width / 2, height / 2), float(max(width, height)), 0.0)
    return roi.side_px * max(0.0, 1.0 - middle.distance(roi))


def _blend(old: Roi, new: Roi, share: float) -> Roi:
    x = old.center_px[0] + share * (new.center_px[0] - old.center_px[0])
    y = old.center_px[1] + share * (new.center_px[1] - old.center_px[1])
    return Roi((x, y), old.side_px + share * (new.side_px - old.side_px), new.angle_rad)
