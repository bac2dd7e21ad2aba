"""What happens in a clip of the whole-chain evaluation: drawn at random, told as a `Track`.

Squat clips: relaxed standing, taking the bar (or not), four or five reps of mixed winks, and in
some racking the bar and walking off. The others hold no squat at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from models.lifter.body.arms import Posture
from models.lifter.body.drawn import random_body
from models.lifter.body.model import Lifter, ShapeRest
from models.lifter.body.posed import BodyShape, PoseAngles
from models.lifter.chain import recorded as chain_recorded
from models.lifter.chain.ghosts import GHOST_TRACKS
from models.lifter.chain.recorded import EVERY, FPS
from models.lifter.movement.choreography import HOOK_DISTANCE_M, Track
from models.lifter.movement.mocap import Recordings
from models.lifter.movement.squat import Moment, Mover, RepPlan, Style, rep_moment
from models.lifter.movement.style import MAX_BEND_DEG, random_style

__all__ = ["EVERY", "FPS", "SQUATS", "Plan", "random_plan"]

SQUATS = "squats"
EMPTY = "empty"  # nobody comes
GHOST_SHARE = 0.2  # of the clips
UNLOADED_SHARE = 0.15  # of the squat clips
SIGNED_IN_SHARE = 0.85  # of the squat clips; the others measure from standing before the set
NO_WALK_SHARE = 0.7  # of the loaded clips: hooks that swing away, the lifter stands under the bar
RACKS_SHARE = 0.35  # of the loaded clips
LEAVES_SHARE = 0.5  # of those
CLASSES = ("clean", "small", "middle", "large", "over_arched")
_POSTURES: tuple[Posture, ...] = ("high_bar", "low_bar", "front")
_UNLOADED: tuple[Posture, ...] = ("hanging", "forward")
# wanted winks; what the posed body then does is read back from it
_WINK_DEG = {"clean": (0.0, 3.0), "small": (3.0, 6.5), "middle": (7.5, 12.5), "large": (12.5, 22.0)}


@dataclass(frozen=True)
class Plan:
    """One clip before it is rendered."""

    kind: str  # squats, empty, or one of GHOST_TRACKS
    shape: BodyShape
    style: Style
    track: Track | None  # None: nobody comes
    posture: Posture
    signed_in: bool
    classes: tuple[str, ...]  # of the reps, as wanted
    dip_m: float = 0.05  # how far the hooks lie below the bar on the standing lifter
    hooks_m: float = HOOK_DISTANCE_M  # in front of the squatting place; 0: no walk-out
    recorded: dict[int, PoseAngles] = field(default_factory=dict)  # by frame, for the track's own
    movement: str = "planned"  # or the recorded person


def random_plan(
    lifter: Lifter, rng: np.random.Generator, recordings: Recordings | None = None
) -> Plan:
    """A lifter and what the lifter does; with `recordings` squats, as real people did them."""
    kind = SQUATS
    if recordings is None and rng.random() < GHOST_SHARE:
        kinds = (*GHOST_TRACKS, EMPTY)
        kind = kinds[int(rng.integers(len(kinds)))]
    (shape, _), style = random_body(lifter, rng), random_style(rng)
    style = replace(style, grip_width=float(rng.uniform(0.3, 0.6)))
    mover = Mover(lifter.rest(shape), style)
    loaded = kind == SQUATS and rng.random() >= UNLOADED_SHARE
    posture: Posture = _POSTURES[int(rng.choice(3, p=(0.5, 0.35, 0.15)))]
    if kind == SQUATS and not loaded:
        posture = _UNLOADED[int(rng.integers(2))]
    plan = Plan(kind, shape, style, None, posture, rng.random() < SIGNED_IN_SHARE, ())
    if recordings is not None:
        return with_recorded(plan, lifter.rest(shape), recordings, loaded, rng)
    if kind == SQUATS:
        return _with_squats(plan, lifter, mover, loaded, rng)
    if kind == EMPTY:
        return plan
    return replace(plan, track=GHOST_TRACKS[kind](mover, rng))


# ---------------------------------------------------------------- squats


def _with_squats(
    plan: Plan, lifter: Lifter, mover: Mover, loaded: bool, rng: np.random.Generator
) -> Plan:
    if loaded and plan.posture != "front" and rng.random() < NO_WALK_SHARE:
        plan = replace(plan, hooks_m=0.0)
    track = Track(mover)
    count = 4 + int(rng.integers(2))
    classes = tuple(str(c) for c in rng.permutation([*CLASSES, *rng.choice(CLASSES, 3)])[:count])
    standing_deg = float(rng.uniform(-2, 4)) if loaded else 0.0
    _begin(track, plan, loaded, standing_deg)
    for wanted in classes:
        rep = _rep_plan(wanted, standing_deg, lifter, plan.shape, mover, rng)
        note = {"set": 1, "shows": wanted, "loaded": loaded, "measurable": True}
        _do_rep(track, rep, note, mover, standing_deg, plan.posture)
        track.stand(float(rng.uniform(0.3, 0.7)))
    if loaded and plan.hooks_m and rng.random() < RACKS_SHARE:
        track.rack_bar(plan.dip_m)
        track.stand(0.3)
        if rng.random() < LEAVES_SHARE:
            track.walk(2.0, float(rng.choice([-1.8, 1.8])), 0.1, heading_deg=-90.0)
    track.stand(0.3)
    return replace(plan, track=track, classes=classes)


def _begin(track: Track, plan: Plan, loaded: bool, standing_deg: float) -> None:
    """Relaxed standing, and whatever it takes to be ready for the first rep."""
    track.relax(2.8)
    if loaded:
        _take_bar(track, plan, standing_deg)
    elif plan.posture != "hanging":
        track.arms(0.6, plan.posture)
    track.stand(0.6)


def _take_bar(track: Track, plan: Plan, standing_deg: float) -> None:
    """Walk in, duck under, unrack, walk out; as `Track.take_bar`, for any bar position."""
    if plan.hooks_m:
        track.walk(1.1, 0.0, -plan.hooks_m)
    track.change(0.3, dip_m=plan.dip_m)
    track.arms(0.6, plan.posture)
    track.stand(0.15)
    track.carry(1.0)
    track.change(0.4, dip_m=0.0, tilt_deg=standing_deg)
    if plan.hooks_m:
        track.walk(1.2, 0.0, 0.0)


def _do_rep(
    track: Track,
    rep: RepPlan,
    note: dict[str, Any],
    mover: Mover,
    standing_deg: float,
    posture: Posture,
) -> None:
    if not rep.over_arch_deg:
        track.rep(rep, note)
        return
    track.by_spine()
    track.change(0.5, spine_deg=-rep.over_arch_deg)
    track.stand(0.3)
    track.rep(rep, note)
    track.stand(0.2)
    upright = Moment(tilt_deg=standing_deg, posture=posture)
    track.change(0.5, spine_deg=mover.spine_deg(upright))
    track.by_tilt()


def _rep_plan(
    wanted: str,
    standing_deg: float,
    lifter: Lifter,
    shape: BodyShape,
    mover: Mover,
    rng: np.random.Generator,
) -> RepPlan:
    """A rep of the wanted kind that a spine can do; drawn again where it can't."""
    for _ in range(20):
        plan = _drawn(wanted, standing_deg, rng)
        if _bend_deg(lifter, shape, mover, plan) <= MAX_BEND_DEG:
            break
    return plan


def _drawn(wanted: str, standing_deg: float, rng: np.random.Generator) -> RepPlan:
    arched = wanted == "over_arched"
    return RepPlan(
        wink_deg=0.0 if arched else float(rng.uniform(*_WINK_DEG[wanted])),
        onset=float(rng.uniform(0.55, 0.8)),
        rise_deg=float(rng.uniform(8, 26)),
        start_tilt_deg=standing_deg,
        over_arch_deg=float(rng.uniform(8, 18)) if arched else 0.0,
        descent_s=float(rng.uniform(1.1, 1.9)),
        bottom_s=float(rng.choice([0.1, 0.15, 0.6], p=[0.5, 0.4, 0.1])),
        ascent_s=float(rng.uniform(1.0, 1.6)),
        depth=float(rng.uniform(0.88, 1.0)),
    )


def _bend_deg(lifter: Lifter, shape: BodyShape, mover: Mover, plan: RepPlan) -> float:
    """Lumbar flexion at the bottom, against standing."""
    bottom = rep_moment(plan, plan.descent_s + plan.bottom_s / 2, "hanging")
    standing, low = lifter.pose(shape, [mover.pose(Moment()), mover.pose(bottom)])
    return low.truth.lumbar_flexion_deg - standing.truth.lumbar_flexion_deg


def with_recorded(
    plan: Plan,
    shape: ShapeRest,
    recordings: Recordings,
    loaded: bool,
    rng: np.random.Generator,
) -> Plan:
    """Some reps of one recorded person, after the same preparations."""
    movements = chain_recorded.chosen(recordings, rng)
    style = chain_recorded.style_of(shape, plan.style, movements[0])
    mover = Mover(shape, style)
    hooks_m = 0.0 if loaded and plan.posture != "front" else plan.hooks_m
    plan = replace(plan, style=style, hooks_m=hooks_m, movement=movements[0].subject)
    track = Track(mover)
    _begin(track, plan, loaded, 0.0)
    standing = Moment(posture=plan.posture)
    for movement in movements:
        plan.recorded.update(
            chain_recorded.add_rep(track, shape, mover, movement, standing, loaded)
        )
        track.stand(float(rng.uniform(0.3, 0.7)))
    track.stand(0.3)
    return replace(plan, track=track, classes=("mocap",) * len(movements))
