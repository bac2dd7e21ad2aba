"""Reps from the hip's path: a small state machine, one step a frame.

A rep starts when the hip has dropped by 5 % of its standing height and ends when it is back
within 3 % or stays still for 1.5 s at the top.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from device.hip_path import STILL_PER_S, HipPath, Moment, StandingHeight, crossing_s
from device.records import BodyPose, Phase, PhaseName, RepSpan

# The definition of a rep (shares of the standing hip height, degrees, seconds).
START_DROP = 0.05
END_DROP = 0.03
STILL_AT_TOP_S = 1.5
COUNTS_FROM_KNEE_DEG = 60.0

# Less knee than this is swaying, unlocking or dipping under the bar: not even a partial rep.
PARTIAL_FROM_KNEE_DEG = 35.0
# Taking the bar from its hooks and putting it back needs a dip of up to a tenth of the height.
PARTIAL_FROM_DROP = 0.10
# A hip that comes up this far and turns down again has stood up: lockout under a heavy bar is
# often a little lower than the relaxed standing before it. Also enough where a recording stops.
NEAR_TOP_DROP = 0.06
# With straight knees it may be lower still: hips are read lower with the arms at a bar.
LOCKED_DROP, LOCKED_KNEE_DEG = 0.10, 25.0
# Shorter than any squat, as long as the dip of one step.
SHORTEST_REP_S = 0.5
# A paused squat is over by then; who sits on a bench is not.
LONGEST_REP_S = 20.0
# Someone hidden for this long has left; less is a passer-by.
GONE_S = 3.0

# Feet stay on their place in a squat; one step moves the middle between them by 10 cm or more.
STRAYED_M = 0.30
STRAYED_IN_PARTIAL_M = 0.10
# For less long, somebody walking through was taken for the lifter.
STRAYED_S = 0.4
FRAME_S = 0.1  # the longest step between two frames of one look
# A hip that is higher than it ever stood belongs to someone else.
TALLER = -0.06
# Below this distance from the lowest point the hip is still at the bottom.
BOTTOM_BAND = 0.03
# The stretch around the lowest point that finds its time: this share of the way down, but no less
# than this share of the standing height, so that jitter does not cut it short.
NEAR_BOTTOM = 0.1
NEAR_BOTTOM_AT_LEAST = 0.03


@dataclass(slots=True)
class _OpenRep:
    """A rep that has started."""

    start_s: float
    seen_standing: bool  # before it; not where the lifter came into view on the way down
    standing: float
    moments: list[Moment]
    lowest: Moment
    top: Moment  # the highest since the lowest
    name: PhaseName = PhaseName.DESCENT
    still_since_s: float | None = None
    strayed_s: float = 0.0

    def add(self, moment: Moment) -> None:
        self.moments.append(moment)
        if moment.height < self.lowest.height:
            self.lowest = self.top = moment
        elif moment.height > self.top.height:
            self.top = moment

    def drop(self, moment: Moment) -> float:
        return 1.0 - moment.height / self.standing

    def strayed_for_s(self, moment: Moment) -> float:
        """How long the feet have been seen off their place, up to this moment."""
        if moment.feet_from(self.moments[0]) <= STRAYED_M:
            self.strayed_s = 0.0
        elif len(self.moments) > 1:
            # a gap in which nobody was seen is no time spent elsewhere
            self.strayed_s += min(moment.time_s - self.moments[-2].time_s, FRAME_S)
        return self.strayed_s

    @property
    def turned_at_top(self) -> bool:
        """The hip came up nearly all the way and goes down again."""
        now, top = self.drop(self.moments[-1]), self.drop(self.top)
        rose = self.drop(self.lowest) - top
        return _stood_up(self.top, top) and rose >= START_DROP and now - top >= START_DROP


class RepCounter:
    """Follows one lifter's hip and says, frame by frame, where in a rep the lifter is.

    counter = RepCounter()
    phase = counter.update(body, time_s)      # every frame; body is None where nobody is seen
    if phase.ended is not None: ...           # a rep is over
    last = counter.finish(time_s)             # where a recording stops

    The phase is one frame behind the body (a median of three takes out single wrong frames).
    """

    def __init__(self) -> None:
        self._path = HipPath()
        self._standing = StandingHeight()
        self._rep: _OpenRep | None = None
        self._ready = True  # a rep may start; not after one was given up, until upright again
        self._quiet_since_s: float | None = None
        self._seen_s = -math.inf

    def update(self, body: BodyPose | None, time_s: float) -> Phase:
        """The phase in this frame. Times are seconds of one clock, never going back."""
        if time_s - self._seen_s > GONE_S:
            self._forget()
        if body is None or not (math.isfinite(body.hip_height) and body.hip_height > 0):
            return self._hidden(time_s)
        self._seen_s = time_s
        moment = self._path.add(body, time_s)
        if moment is None:
            return self._phase(time_s, None)
        ended = None
        if self._rep is None:
            self._wait(moment)
        else:
            ended = self._follow(self._rep, moment)
        return self._phase(time_s, self._drop(moment), ended)

    def finish(self, time_s: float) -> Phase | None:
        """Closes the rep that was all but over when the frames stopped; None if there was none."""
        rep, self._rep = self._rep, None
        if rep is None:
            return None
        last = rep.drop(rep.moments[-1])
        up = last <= NEAR_TOP_DROP and rep.drop(rep.lowest) - last >= START_DROP
        ended = _judged(rep, rep.moments[-1].time_s) if up else None
        return None if ended is None else Phase(time_s, PhaseName.STANDING, None, 0.0, ended)

    # ------------------------------------------------------------ states

    def _forget(self) -> None:
        self._path.clear()
        self._standing = StandingHeight()
        self._rep = None
        self._ready = True
        self._quiet_since_s = None

    def _hidden(self, time_s: float) -> Phase:
        """Nobody seen: gone, or hidden for a moment by a passer-by, and then the rep goes on."""
        self._quiet_since_s = None
        if time_s - self._seen_s > GONE_S:
            return Phase(time_s, PhaseName.AWAY, None, 0.0)
        return self._phase(time_s, None)

    def _wait(self, moment: Moment) -> None:
        """Standing, walking about, sitting: learn the standing height, see a rep start."""
        walking = self._path.walking()
        if walking or not self._path.still(self._standing.height):
            self._quiet_since_s = None
        else:
            self._standing.learn(moment)
            if self._quiet_since_s is None:
                self._quiet_since_s = self._path.window_start_s()
        self._standing.guess(moment)
        drop = self._drop(moment)
        if drop is None:
            return
        if drop < TALLER:
            self._standing = StandingHeight()
        if not self._ready:
            # who stands still with a bar stands a little lower than without
            quiet = self._quiet_since_s is not None and _stood_up(moment, drop)
            self._ready = quiet or (moment.upright and drop < END_DROP)
        elif drop > START_DROP and not walking:
            self._begin(list(self._path.moments))

    def _begin(self, recent: list[Moment]) -> None:
        """Open a rep at the moment the hip crossed the starting line, found by looking back."""
        standing = self._standing.height
        assert standing is not None
        height = (1.0 - START_DROP) * standing
        above = [index for index, moment in enumerate(recent[:-1]) if moment.height >= height]
        first = above[-1] + 1 if above else 0
        start_s = recent[0].time_s
        if above:
            start_s = crossing_s(recent[first - 1], recent[first], height)
        rep = _OpenRep(start_s, bool(above), standing, [], recent[first], recent[first])
        for moment in recent[first:]:
            rep.add(moment)
        self._rep, self._quiet_since_s = rep, None

    def _follow(self, rep: _OpenRep, moment: Moment) -> RepSpan | None:
        """One step inside a rep; the finished rep when it is over."""
        before = rep.moments[-1]
        rep.add(moment)
        self._name(rep, moment)
        self._note_still(rep)
        if rep.strayed_for_s(moment) > STRAYED_S or moment.time_s - rep.start_s > LONGEST_REP_S:
            self._rep, self._ready = None, False
            return None
        if rep.drop(moment) < END_DROP:
            return self._close(rep, crossing_s(before, moment, (1 - END_DROP) * rep.standing))
        if rep.turned_at_top:
            ended = self._close(rep, rep.top.time_s)
            since_top = [m for m in rep.moments if m.time_s >= rep.top.time_s]
            self._begin(since_top)
            return ended
        if rep.still_since_s is not None and moment.time_s - rep.still_since_s >= STILL_AT_TOP_S:
            self._learn_anew(rep.still_since_s)
            return self._close(rep, max(rep.still_since_s, rep.start_s))
        return None

    def _close(self, rep: _OpenRep, end_s: float) -> RepSpan | None:
        self._rep, self._ready = None, True
        return _judged(rep, end_s)

    # ------------------------------------------------------------ what a moment shows

    def _name(self, rep: _OpenRep, moment: Moment) -> None:
        speed = self._path.speed(rep.standing)
        slow = speed is not None and speed > -STILL_PER_S
        if rep.drop(rep.lowest) - rep.drop(moment) > BOTTOM_BAND:
            rep.name = PhaseName.ASCENT
        elif moment.knee_deg >= COUNTS_FROM_KNEE_DEG and slow:
            rep.name = PhaseName.BOTTOM
        elif moment is rep.lowest:
            rep.name = PhaseName.DESCENT

    def _note_still(self, rep: _OpenRep) -> None:
        if not self._path.still(rep.standing):
            rep.still_since_s = None
        elif rep.still_since_s is None:
            rep.still_since_s = self._path.window_start_s()

    def _learn_anew(self, since_s: float) -> None:
        """Whoever stays still and upright, stands: at this height from now on."""
        self._standing = StandingHeight()
        for moment in self._path.moments:
            if moment.time_s >= since_s:
                self._standing.learn(moment)

    def _drop(self, moment: Moment) -> float | None:
        standing = self._rep.standing if self._rep is not None else self._standing.height
        return None if standing is None else 1.0 - moment.height / standing

    def _phase(self, time_s: float, drop: float | None, ended: RepSpan | None = None) -> Phase:
        name = PhaseName.STANDING if self._rep is None else self._rep.name
        quiet_s = 0.0 if self._quiet_since_s is None else time_s - self._quiet_since_s
        return Phase(time_s, name, drop, quiet_s, ended)


def _stood_up(moment: Moment, drop: float) -> bool:
    """Whether somebody who is that much lower than the standing before stands all the same."""
    locked = moment.knee_deg < LOCKED_KNEE_DEG and drop <= LOCKED_DROP
    return moment.upright and (locked or drop <= NEAR_TOP_DROP)


def _judged(rep: _OpenRep, end_s: float) -> RepSpan | None:
    """The rep as it goes on record, or None where the movement was no squat."""
    knee_deg = max((m.knee_deg for m in rep.moments if m.knee_deg == m.knee_deg), default=0.0)
    partial = knee_deg < COUNTS_FROM_KNEE_DEG
    first, lowest = rep.moments[0], rep.drop(rep.lowest)
    deep = [m for m in rep.moments if rep.drop(m) > 0.8 * lowest]
    strayed = max(m.feet_from(first) for m in rep.moments)
    if (
        knee_deg < PARTIAL_FROM_KNEE_DEG
        or end_s - rep.start_s < SHORTEST_REP_S
        or not (rep.seen_standing or lowest - rep.drop(first) > START_DROP / 2)
        or 2 * sum(m.hinged for m in deep) > len(deep)
        or (partial and lowest < PARTIAL_FROM_DROP)
        or (partial and strayed > STRAYED_IN_PARTIAL_M)
    ):
        return None
    return RepSpan(rep.start_s, _bottom_s(rep), end_s, knee_deg, partial)


def _bottom_s(rep: _OpenRep) -> float:
    """When the hip was lowest: the vertex of a parabola through the lowest part of the way."""
    lowest = next(i for i, moment in enumerate(rep.moments) if moment is rep.lowest)
    way = rep.standing - rep.lowest.height
    limit = rep.lowest.height + max(NEAR_BOTTOM * way, NEAR_BOTTOM_AT_LEAST * rep.standing)
    first = last = lowest
    while first > 0 and rep.moments[first - 1].height <= limit:
        first -= 1
    while last + 1 < len(rep.moments) and rep.moments[last + 1].height <= limit:
        last += 1
    # two frames to each side, should a quick rep at a low frame rate have fewer
    near = rep.moments[max(0, min(first, lowest - 2)) : max(last, lowest + 2) + 1]
    if len(near) < 4:
        return rep.lowest.time_s
    times = np.array([moment.time_s for moment in near]) - rep.lowest.time_s
    bend, slope, _ = np.polyfit(times, [moment.height for moment in near], 2)
    vertex = -slope / (2 * bend) if bend > 0 else math.nan
    inside = times[0] <= vertex <= times[-1]
    return rep.lowest.time_s + (float(vertex) if inside else 0.0)
