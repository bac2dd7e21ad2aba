"""One clip of the whole-chain evaluation as it is drawn: who does what, where, seen from where."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from models.lifter.body.arms import Grip
from models.lifter.body.drawn import random_shape
from models.lifter.body.model import Lifter
from models.lifter.body.posed import BodyShape, PoseAngles, PosedBody, placed
from models.lifter.chain.people import Maker
from models.lifter.chain.place import (
    Place,
    Surroundings,
    random_place,
    random_surroundings,
    spotter_place,
)
from models.lifter.chain.plan import EVERY, FPS, SQUATS, Plan, random_plan
from models.lifter.movement.choreography import Step, Track
from models.lifter.movement.mocap import Recordings
from models.lifter.movement.squat import Moment, Mover, Style
from models.lifter.scene import props
from models.lifter.scene.props import Mesh

SPOTTER_SHARE = 0.2
PASSER_SHARE = 0.1
EMPTY_S = 6.0
PLATE_M = 0.225  # radius


@dataclass(frozen=True)
class Person:
    """Somebody in the picture: one step a frame, None where not there."""

    shape: BodyShape
    mover: Mover
    dress: Any
    steps: list[Step | None]
    recorded: dict[int, PoseAngles] = field(default_factory=dict)  # instead of a step's moment


@dataclass(frozen=True)
class DrawnClip:
    """Everything that is needed to render one clip."""

    plan: Plan
    place: Place
    around: Surroundings
    dress: Any
    bottom: PosedBody  # the lifter in a deep squat
    people: list[Person]  # the lifter first, if there is one
    spotter: bool
    still: list[Mesh]  # spotter, and blocks under the bar for deadlifts
    floor_bar: Grip | None  # where a bar lies that is lifted from the floor

    @property
    def frames(self) -> int:
        """Length of the clip."""
        return len(self.people[0].steps) if self.people else round(EMPTY_S * FPS)


def prepared(
    maker: Maker, seed: int, number: int, recordings: Recordings | None = None
) -> DrawnClip:
    """The drawn clip."""
    rng = np.random.default_rng([seed, number])
    plan = random_plan(maker.lifter, rng, recordings)
    mover = Mover(maker.lifter.rest(plan.shape), plan.style)
    extremes = _extremes(maker.lifter, plan, mover)
    place = random_place(extremes, rng)
    hooks = _hooks(maker.lifter, plan, mover)
    around = random_surroundings(place, extremes, hooks, rng)
    people = []
    dress = maker.random_dress(rng)
    if plan.track is not None:
        steps = plan.track.swaying(int(rng.integers(1 << 30)))[::EVERY]
        people.append(Person(plan.shape, mover, dress, list(steps), plan.recorded))
        if rng.random() < PASSER_SHARE:
            people.append(_passer(maker, len(steps), rng))
    spotter = rng.random() < SPOTTER_SHARE
    still = [_spotter(maker, place, rng)] if spotter else []
    floor_bar = _lowest_grip(maker.lifter, plan, mover) if plan.kind == "deadlift" else None
    still += [] if floor_bar is None else _blocks(floor_bar)
    return DrawnClip(plan, place, around, dress, extremes[1], people, spotter, still, floor_bar)


def _extremes(lifter: Lifter, plan: Plan, mover: Mover) -> list[PosedBody]:
    """Standing and at the bottom: what the pictures must hold."""
    posture = plan.posture if plan.kind == SQUATS else "hanging"
    moments = [Moment(posture=posture), Moment(depth=1.0, tilt_deg=8.0, posture=posture)]
    return lifter.pose(plan.shape, [mover.pose(moment) for moment in moments])


def _hooks(lifter: Lifter, plan: Plan, mover: Mover) -> Grip:
    """Where the racked bar lies: a little lower than on the standing lifter, in front."""
    posture = plan.posture if plan.posture in ("high_bar", "low_bar", "front") else "high_bar"
    (body,) = lifter.pose(plan.shape, [mover.pose(Moment(tilt_deg=1.0, posture=posture))])
    assert body.grip is not None
    x_axis = np.array([1.0, 0.0, 0.0])
    middle = np.array([0.0, body.grip.centre_m[1] - plan.hooks_m, 0.0])
    middle[2] = body.grip.centre_m[2] - plan.dip_m
    return Grip(middle, x_axis)


def _lowest_grip(lifter: Lifter, plan: Plan, mover: Mover) -> Grip:
    bent = mover.pose(Moment(tilt_deg=22.0, hinge=1.0, posture="deadlift"))
    (body,) = lifter.pose(plan.shape, [bent])
    assert body.grip is not None
    return body.grip


def _blocks(bar: Grip) -> list[Mesh]:
    """What the plates of a bar for deadlifts stand on."""
    y, height = float(bar.centre_m[1]), max(0.02, float(bar.centre_m[2]) - PLATE_M)
    size, rgb = (0.3, 0.4, height), (0.25, 0.18, 0.10)
    return [props.box((x, y, height / 2), size, rgb) for x in (-0.72, 0.72)]


def _spotter(maker: Maker, place: Place, rng: np.random.Generator) -> Mesh:
    """Somebody who stands still beside the lifter."""
    shape = random_shape(rng)
    mover = Mover(maker.lifter.rest(shape), Style())
    (body,) = maker.lifter.pose(shape, [mover.pose(Moment())])
    return maker.mesh(placed(body, *spotter_place(place, rng)), maker.random_dress(rng))


def _passer(maker: Maker, frames: int, rng: np.random.Generator) -> Person:
    """Somebody who walks past beyond the rack."""
    shape = random_shape(rng)
    mover = Mover(maker.lifter.rest(shape), Style(stance_m=0.12, toe_out_deg=5, knees_out_deg=5))
    side = float(rng.choice([-1.0, 1.0]))
    track = Track(mover, 2.2 * side, -1.35, -90.0 * side)
    track.walk(float(rng.uniform(3.0, 4.5)), -2.2 * side, -1.35)
    walk = track.swaying(int(rng.integers(1 << 30)))[::EVERY]
    start = int(rng.integers(0, max(1, frames - len(walk))))
    steps: list[Step | None] = [None] * frames
    for i, step in enumerate(walk[: frames - start]):
        steps[start + i] = step
    return Person(shape, mover, maker.random_dress(rng), steps)
