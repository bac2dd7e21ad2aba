"""The hip's path over time: moments cleaned of single wrong frames, speed, standing height.

Everything is kept as shares of the lifter's own standing height, so it holds in metres, in pixels
and in a model's own scale.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from device.records import BodyPose, Joint

# Upright: knees as straight as pose models read them when they are, trunk not folded.
UPRIGHT_KNEE_DEG = 40.0
UPRIGHT_LEAN_DEG = 40.0
# Up to here the bend of the knee tells the standing height well enough to begin with.
GUESS_KNEE_DEG = 70.0
# Folded over with the hands at the knees or lower: a deadlift, or picking something up.
HINGE_LEAN_DEG = 45.0
HINGE_WRIST_ABOVE_KNEE = 0.3  # trunk lengths
# At the bottom of 60 recorded squats the knees bend further than the trunk leans, by 56 degrees or
# more; in a deadlift or good morning hardly, or less, and hidden knees are read up to 20 too far.
HINGE_KNEE_DEG = 20.0
# Leaner than any squat, wherever the hands are: bent double, or lying on a bench.
LYING_LEAN_DEG = 65.0
# One step moves the middle between the feet by 10 cm or more; this far within half a second.
WALKING_M = 0.12
WALKING_WINDOW_S = 0.5
# Still: slower than this share of the standing height a second. 1 cm of jitter gives 0.03.
STILL_PER_S = 0.08
SPEED_WINDOW_S = 0.4
SPEED_NEEDS_S = 0.2
HISTORY_S = 3.0
# After a longer gap the median of three would mix two different moments.
FILTER_GAP_S = 0.25
SEEN = 0.5  # visibility from which a knee or ankle counts as seen
# Quiet moments that outvote the first guess of the standing height.
QUIET_NEEDED = 6


@dataclass(frozen=True, slots=True)
class Moment:
    """One frame of the hip's path: medians of three frames; NaN = not known."""

    time_s: float
    height: float
    knee_deg: float
    lean_deg: float
    wrist_above_knee: float
    feet_x_m: float
    feet_z_m: float

    @property
    def upright(self) -> bool:
        """Knees and trunk straight enough to call it standing."""
        # a comparison with NaN is False: what is not seen is not held against the lifter
        return not (self.knee_deg >= UPRIGHT_KNEE_DEG or self.lean_deg >= UPRIGHT_LEAN_DEG)

    @property
    def hinged(self) -> bool:
        """Folded over with low hands or little bent knees, lying, or taken for upside down."""
        low_hands = self.wrist_above_knee < HINGE_WRIST_ABOVE_KNEE
        # hands in front of the lifter hide from a camera behind; a squat bends the knees further
        by_the_hips = self.knee_deg < self.lean_deg + HINGE_KNEE_DEG
        folds = low_hands or by_the_hips
        return abs(self.lean_deg) > (HINGE_LEAN_DEG if folds else LYING_LEAN_DEG)

    def feet_from(self, other: Moment) -> float:
        """Metres between the feet's places; 0 where one of them is not known."""
        moved = math.hypot(self.feet_x_m - other.feet_x_m, self.feet_z_m - other.feet_z_m)
        return 0.0 if math.isnan(moved) else moved


@dataclass(slots=True)
class StandingHeight:
    """How high the hip is when this lifter stands: the median of quiet, upright standing.

    Until there was any, a guess: a leg bent by k at the knee is shorter by cos(k / 2).
    """

    quiet: deque[float] = field(default_factory=lambda: deque(maxlen=60))
    guesses: deque[float] = field(default_factory=lambda: deque(maxlen=30))
    newest_s: float = -math.inf
    _height: float | None = None  # of what has been learned by now, once it has been asked for

    def learn(self, moment: Moment) -> None:
        """A moment of quiet, upright standing."""
        if moment.time_s - self.newest_s >= 0.03:  # two seconds of memory at any frame rate
            self.quiet.append(moment.height)
            self.newest_s = moment.time_s
            self._height = None

    def guess(self, moment: Moment) -> None:
        """Any moment outside a rep; bent ones help only as long as nothing better is known."""
        first = not self.guesses and not moment.knee_deg >= GUESS_KNEE_DEG
        if moment.upright or (first and not moment.lean_deg >= UPRIGHT_LEAN_DEG):
            knee = 0.0 if math.isnan(moment.knee_deg) else moment.knee_deg
            self.guesses.append(moment.height / math.cos(math.radians(knee) / 2))
            if len(self.quiet) < QUIET_NEEDED:
                self._height = None

    @property
    def height(self) -> float | None:
        """In the unit of BodyPose.hip_height; None before anybody stood."""
        if self._height is None:
            known = self.quiet if len(self.quiet) >= QUIET_NEEDED else self.guesses
            self._height = _median(known) if known else None
        return self._height


class HipPath:
    """The last three seconds of the hip's path, one frame behind the camera."""

    def __init__(self) -> None:
        self._raw: deque[Moment] = deque(maxlen=3)
        self.moments: deque[Moment] = deque()

    def clear(self) -> None:
        """Forget everything."""
        self._raw.clear()
        self.moments.clear()

    def add(self, body: BodyPose, time_s: float) -> Moment | None:
        """The newest clean moment; None until three frames came after a gap."""
        if self._raw and time_s - self._raw[-1].time_s > FILTER_GAP_S:
            self._raw.clear()
        self._raw.append(_moment(body, time_s))
        if len(self._raw) < 3:
            return None
        moment = _middle(self._raw)
        self.moments.append(moment)
        while moment.time_s - self.moments[0].time_s > HISTORY_S:
            self.moments.popleft()
        return moment

    def window_start_s(self) -> float:
        """Where the window begins over which `speed` is measured."""
        return self._window()[0].time_s

    def speed(self, standing: float | None) -> float | None:
        """Standing heights a second, up positive; None with too little to go by."""
        window = self._window()
        if standing is None or window[-1].time_s - window[0].time_s < SPEED_NEEDS_S:
            return None
        mean_s = sum(moment.time_s for moment in window) / len(window)
        spread = sum((moment.time_s - mean_s) ** 2 for moment in window)
        slope = sum((moment.time_s - mean_s) * moment.height for moment in window) / spread
        return slope / standing

    def still(self, standing: float | None) -> bool:
        """Upright and hardly moving up or down."""
        speed = self.speed(standing)
        return self.moments[-1].upright and speed is not None and abs(speed) < STILL_PER_S

    def walking(self) -> bool:
        """The feet are on the move (never where their place is not known)."""
        newest = self.moments[-1]
        return any(
            newest.feet_from(moment) > WALKING_M for moment in self._newest(WALKING_WINDOW_S)
        )

    def _window(self) -> list[Moment]:
        return self._newest(SPEED_WINDOW_S)

    def _newest(self, window_s: float) -> list[Moment]:
        """The moments of the last so many seconds, oldest first."""
        since_s = self.moments[-1].time_s - window_s
        backwards = takewhile(lambda moment: moment.time_s >= since_s, reversed(self.moments))
        return list(backwards)[::-1]


def crossing_s(before: Moment, after: Moment, height: float) -> float:
    """When the straight line between two moments passes a height."""
    rise = after.height - before.height
    share = 0.5 if rise == 0 else (height - before.height) / rise
    return before.time_s + min(1.0, max(0.0, share)) * (after.time_s - before.time_s)


def _moment(body: BodyPose, time_s: float) -> Moment:
    knees = _knees_deg(body)
    feet = _feet_m(body)
    return Moment(
        time_s,
        body.hip_height,
        sum(knees) / len(knees) if knees else math.nan,
        math.nan if body.trunk_lean_deg is None else body.trunk_lean_deg,
        math.nan if body.wrist_above_knee is None else body.wrist_above_knee,
        *feet,
    )


def _feet_m(body: BodyPose) -> tuple[float, float]:
    """Where the feet are, NaN where they hide: behind the seat of a deep squat a guessed ankle may
    lie 40 cm away, for as long as the squat stays deep.
    """
    ankles = (body.visibility[Joint.LEFT_ANKLE], body.visibility[Joint.RIGHT_ANKLE])
    if body.feet_position_m is None or max(ankles) < SEEN:
        return math.nan, math.nan
    return body.feet_position_m


def _knees_deg(body: BodyPose) -> list[float]:
    """Flexion of the knees that are seen; of both where none is (a guess beats nothing)."""
    sides = (
        (body.knee_flexion_left_deg, Joint.LEFT_KNEE),
        (body.knee_flexion_right_deg, Joint.RIGHT_KNEE),
    )
    known = [(knee_deg, joint) for knee_deg, joint in sides if knee_deg is not None]
    seen = [knee_deg for knee_deg, joint in known if body.visibility[joint] >= SEEN]
    return seen or [knee_deg for knee_deg, _ in known]


def _middle(raw: Sequence[Moment]) -> Moment:
    """Three frames -> the middle one, every value the median of the three."""

    def median(name: str) -> float:
        known = [value for value in (getattr(m, name) for m in raw) if not math.isnan(value)]
        return _median(known) if known else math.nan

    names = ("height", "knee_deg", "lean_deg", "wrist_above_knee", "feet_x_m", "feet_z_m")
    return Moment(raw[1].time_s, *(median(name) for name in names))


def _median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
