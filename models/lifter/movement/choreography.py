"""What happens in the demo clip, frame by frame: who stands where, doing what, with which bar."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from models.lifter.body.arms import Posture
from models.lifter.movement.squat import (
    Moment,
    Mover,
    RepPlan,
    minimum_jerk,
    rep_moment,
    slow_noise,
)

FPS = 30
HOOK_DISTANCE_M = 0.55  # from the squatting place to the rack's hooks
_STRIDE_M = 0.27


@dataclass(frozen=True)
class Step:
    """One frame of one lifter."""

    moment: Moment
    x_m: float = 0.0
    y_m: float = 0.0
    heading_deg: float = 0.0
    bar: float = 0.0  # 0 on the hooks, 1 on the lifter


@dataclass(frozen=True)
class RepNote:
    """A rep as planned."""

    set: int
    first: int  # frame
    last: int
    shows: str
    loaded: bool
    measurable: bool


class Track:
    """One lifter's way through the clip, told segment by segment."""

    def __init__(self, mover: Mover, x_m: float = 0.0, y_m: float = 0.0, heading_deg: float = 0.0):
        self._mover = mover
        self.steps: list[Step] = []
        self.notes: list[RepNote] = []
        self._now = Step(Moment(), x_m, y_m, heading_deg)
        self._phase = 0.25
        self.neutral = (0, 0)  # frames of relaxed standing, first and one past the last

    @property
    def time_s(self) -> float:
        """How long the track is so far."""
        return len(self.steps) / FPS

    def stand(self, seconds: float) -> None:
        """Stay as you are."""
        self._append([self._now] * round(seconds * FPS))

    def relax(self, seconds: float) -> None:
        """Relaxed standing that the neutral is taken from."""
        first = len(self.steps)
        self.stand(seconds)
        self.neutral = (first, len(self.steps))

    def walk(
        self, seconds: float, x_m: float, y_m: float, heading_deg: float | None = None
    ) -> None:
        """Walk straight to a place (backwards if it lies behind), turning at the start."""
        start = self._now
        heading = start.heading_deg if heading_deg is None else heading_deg
        way = np.array([x_m - start.x_m, y_m - start.y_m])
        length = float(np.linalg.norm(way))
        ahead = np.array([np.sin(np.radians(heading)), -np.cos(np.radians(heading))])
        sign = 1.0 if way @ ahead >= 0 else -1.0
        count = round(seconds * FPS)
        turned = minimum_jerk(np.arange(1, count + 1) / min(count, FPS * 0.7))
        shares = _cruise(count)
        steps = []
        for i, share in enumerate(shares):
            at = np.array([start.x_m, start.y_m]) + share * way
            # feet come together at the ends
            ramp = float(np.clip(np.minimum(i, count - 1 - i) / (0.35 * FPS), 0, 1))
            phase = self._phase + sign * share * length / (2 * _STRIDE_M)
            moment = replace(start.moment, stride_m=_STRIDE_M * ramp, stride_phase=phase % 1.0)
            angle = start.heading_deg + float(turned[i]) * (heading - start.heading_deg)
            steps.append(Step(moment, float(at[0]), float(at[1]), angle, start.bar))
        self._append(steps)
        still = replace(steps[-1].moment, stride_m=0.0)
        self._now = replace(steps[-1], x_m=x_m, y_m=y_m, heading_deg=heading, moment=still)

    def arms(self, seconds: float, posture: Posture) -> None:
        """Bring the arms to another posture."""
        shares = minimum_jerk(np.arange(1, round(seconds * FPS) + 1) / (seconds * FPS))
        moment = self._now.moment
        self._append(
            [
                replace(
                    self._now, moment=replace(moment, posture_to=posture, posture_share=float(s))
                )
                for s in shares
            ]
        )
        self._now = replace(self._now, moment=replace(moment, posture=posture))

    def change(self, seconds: float, **targets: float) -> None:
        """Bring numbers of the moment (dip_m, hinge, tilt_deg, spine_deg) to new values."""
        start = self._now.moment
        shares = minimum_jerk(np.arange(1, round(seconds * FPS) + 1) / (seconds * FPS))
        for share in shares:
            values = {
                name: getattr(start, name) + float(share) * (target - getattr(start, name))
                for name, target in targets.items()
            }
            self._now = replace(self._now, moment=replace(start, **values))
            self._append([self._now])

    def carry(self, share: float) -> None:
        """The bar passes between hooks and lifter."""
        self._now = replace(self._now, bar=share)

    def by_spine(self) -> None:
        """From here on the spine is led and the pelvis follows; nothing moves."""
        moment = self._now.moment
        spine = self._mover.spine_deg(moment)
        self._now = replace(self._now, moment=replace(moment, tilt_deg=None, spine_deg=spine))

    def by_tilt(self) -> None:
        """From here on the pelvis is led and the spine follows; nothing moves."""
        moment = self._now.moment
        tilt = self._mover.tilt_deg(moment)
        self._now = replace(self._now, moment=replace(moment, tilt_deg=tilt, spine_deg=None))

    def rep(self, plan: RepPlan, note: dict[str, Any]) -> None:
        """One rep."""
        first = len(self.steps)
        posture = self._now.moment.posture
        times = np.arange(1, round(plan.duration_s * FPS) + 1) / FPS
        self._append([replace(self._now, moment=rep_moment(plan, t, posture)) for t in times])
        self._now = self.steps[-1]
        self.notes.append(RepNote(first=first, last=len(self.steps) - 1, **note))

    def take_bar(self, dip_m: float) -> None:
        """Walk in, duck under, unrack, walk out."""
        self.walk(1.3, 0.0, -HOOK_DISTANCE_M)
        self.change(0.3, dip_m=dip_m)
        self.arms(0.7, "high_bar")
        self.stand(0.2)
        self.carry(1.0)
        self.change(0.45, dip_m=0.0, tilt_deg=1.0)
        self.walk(1.4, 0.0, 0.0)

    def rack_bar(self, dip_m: float) -> None:
        """Walk in, put the bar onto the hooks, let go, step back."""
        self.walk(1.4, 0.0, -HOOK_DISTANCE_M)
        self.change(0.45, dip_m=dip_m)
        self.carry(0.0)
        self.stand(0.15)
        self.arms(0.7, "hanging")
        self.change(0.3, dip_m=0.0, tilt_deg=0.0)

    def swaying(self, seed: int) -> list[Step]:
        """All steps with the small sway of a living body."""
        count = len(self.steps)
        scales = (0.003, 0.0025, 0.25, 0.3, 0.45)
        noise = [slow_noise(count, FPS, seed + i) * scale for i, scale in enumerate(scales)]
        swayed = []
        for i, step in enumerate(self.steps):
            x, y, tilt, side, around = (float(column[i]) for column in noise)
            sway = (x, y, tilt, side, around)
            swayed.append(replace(step, moment=replace(step.moment, sway=sway)))
        return swayed

    def _append(self, steps: list[Step]) -> None:
        self.steps += steps


def _cruise(count: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """0 to 1 with a soft start and stop and an even pace between."""
    pace = np.minimum(
        1.0, np.minimum(np.arange(1, count + 1), np.arange(count, 0, -1)) / (0.3 * FPS)
    )
    way: np.ndarray[Any, np.dtype[np.float64]] = np.cumsum(pace) / pace.sum()
    return way


def alex(mover: Mover, dip_m: float) -> Track:
    """The first lifter: five loaded reps, from clean to a large wink; then away."""
    track = Track(mover)
    track.relax(2.8)
    track.take_bar(dip_m)
    track.stand(0.9)
    plans = (
        (RepPlan(wink_deg=2.0, rise_deg=15), "clean"),
        (RepPlan(wink_deg=2.5, rise_deg=16, descent_s=1.65), "clean"),
        (RepPlan(wink_deg=6.0, rise_deg=16, onset=0.78), "a small wink, under the threshold"),
        (RepPlan(wink_deg=16.0, rise_deg=18, onset=0.70, ascent_s=1.45), "a large wink"),
        (RepPlan(wink_deg=20.0, rise_deg=18, onset=0.66, ascent_s=1.6), "a large wink, early"),
    )
    for plan, shows in plans:
        track.rep(plan, {"set": 1, "shows": shows, "loaded": True, "measurable": True})
        track.stand(0.8)
    track.rack_bar(dip_m)
    track.stand(0.4)
    track.walk(2.8, -2.2, 0.1, heading_deg=-90.0)
    return track


def sam(mover: Mover, dip_m: float) -> Track:
    """The second lifter: an unloaded wink, then a set with an arched start and a hidden rep."""
    track = Track(mover, x_m=-2.2, y_m=0.1, heading_deg=90.0)
    track.walk(2.6, 0.0, 0.0)
    track.walk(0.8, 0.0, 0.02, heading_deg=0.0)
    track.relax(2.9)
    track.arms(0.6, "forward")
    unloaded = {"set": 0, "shows": "a wink without load", "loaded": False, "measurable": True}
    track.rep(RepPlan(wink_deg=18, rise_deg=16, start_tilt_deg=0.0, onset=0.68), unloaded)
    track.stand(0.5)
    track.arms(0.6, "hanging")
    track.take_bar(dip_m)
    track.stand(0.4)
    track.by_spine()
    track.change(0.6, spine_deg=-11.0)
    track.stand(0.5)
    loaded = {"set": 2, "loaded": True, "measurable": True}
    arched = {**loaded, "shows": "over-arched start that comes back to neutral: no wink"}
    track.rep(RepPlan(over_arch_deg=11.0), arched)
    track.stand(0.3)
    track.change(0.5, spine_deg=mover.spine_deg(Moment(tilt_deg=1.0, posture="high_bar")))
    track.by_tilt()
    track.stand(0.3)
    hidden = {**loaded, "shows": "a passer-by hides the bottom", "measurable": False}
    rest = (
        (RepPlan(wink_deg=2.0, rise_deg=15), {**loaded, "shows": "clean"}),
        (RepPlan(wink_deg=9.0, rise_deg=16, bottom_s=0.2), hidden),
        (RepPlan(wink_deg=17.0, rise_deg=18, onset=0.7), {**loaded, "shows": "a large wink"}),
        (RepPlan(wink_deg=2.5, rise_deg=16, ascent_s=1.5), {**loaded, "shows": "clean"}),
    )
    for plan, note in rest:
        track.rep(plan, note)
        track.stand(0.8)
    track.rack_bar(dip_m)
    track.walk(0.9, 0.0, -0.1)
    track.stand(0.6)
    track.change(1.1, hinge=1.0, tilt_deg=24.0)  # picks something up: no rep
    track.stand(0.8)
    track.change(1.1, hinge=0.0, tilt_deg=0.0)
    track.stand(1.0)
    return track


def passer_by(mover: Mover, bottom_frame: int) -> dict[int, Step]:
    """Someone who walks between camera and lifter and stops there while the hips are lowest."""
    track = Track(mover, x_m=1.65, y_m=0.72, heading_deg=-90.0)
    track.walk(1.8, 0.25, 0.72)
    middle = len(track.steps) + round(0.35 * FPS)
    track.stand(0.7)
    track.walk(2.0, -1.35, 0.72)
    return {bottom_frame - middle + i: step for i, step in enumerate(track.swaying(91))}


def hidden_bottom(track: Track) -> int:
    """The frame of the track in which the hidden rep is lowest."""
    note = next(note for note in track.notes if not note.measurable)
    depths = [track.steps[i].moment.depth for i in range(note.first, note.last + 1)]
    return note.first + int(np.argmax(depths))


def frames_of(tracks: dict[str, Track], gap_s: float) -> Iterator[tuple[str, int]]:
    """(lifter or '', frame within the track) for every frame: one track after another."""
    for i, (name, track) in enumerate(tracks.items()):
        if i:
            yield from [("", 0)] * round(gap_s * FPS)
        yield from ((name, j) for j in range(len(track.steps)))
