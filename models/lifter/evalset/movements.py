"""What the lifters of the evaluation set do: planned reps in classes of wink, and real people's.

A planned rep is drawn until its wink, read from its own angles, lies in its class and its spine
bends no further than people's do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from device.records import Array
from device.wink import wink_curve
from models.lifter.body.arms import Posture
from models.lifter.body.model import ShapeRest
from models.lifter.body.posed import PoseAngles
from models.lifter.movement.drive import Drive, spine_slopes_deg
from models.lifter.movement.mocap import Movement
from models.lifter.movement.squat import Moment, Mover, RepPlan, rep_moment, slow_noise
from models.lifter.movement.style import MAX_BEND_DEG, random_style

# Classes of planned winks (deg), a little within those they are counted in.
WINKS_DEG = {
    "clean": (0.0, 3.0),
    "small": (2.0, 4.7),
    "middle": (8.3, 11.7),
    "large": (12.3, 25.0),
    "over_arched": (0.0, 4.7),
}
# How they are dealt. The recorded people give plenty of large winks, so few are planned.
DECK = (
    "over_arched", "middle", "clean", "over_arched", "small",
    "middle", "over_arched", "clean", "middle", "over_arched",
    "large", "over_arched", "middle", "small", "over_arched",
    "middle", "clean", "over_arched", "large", "over_arched",
)  # fmt: skip
PLANNED_LOADS: tuple[tuple[Posture, float], ...] = (
    ("high_bar", 0.4), ("low_bar", 0.25), ("front", 0.15), ("goblet", 0.1), ("overhead", 0.1),
)  # fmt: skip
# the recorded people held their arms up, which keeps the trunk more upright
MOCAP_LOADS: tuple[tuple[Posture, float], ...] = (
    ("high_bar", 0.3), ("low_bar", 0.15), ("front", 0.2), ("overhead", 0.2), ("forward", 0.15),
)  # fmt: skip
DRAWS = 60
_SWAY = (0.003, 0.0025, 0.25, 0.3, 0.45)  # hip x, y m; tilt, list, rotation deg


@dataclass(frozen=True)
class Rep:
    """One rep as poses, `fps` frames a second."""

    poses: list[PoseAngles]
    about: dict[str, Any] = field(default_factory=dict)


def class_of(number: int) -> str:
    """The class of the n-th planned rep of the whole set."""
    return DECK[number % len(DECK)]


def random_mover(shape: ShapeRest, rng: np.random.Generator) -> Mover:
    """A body in a style of its own."""
    style = random_style(rng)
    return Mover(shape, replace(style, grip_width=float(rng.uniform(0.3, 0.8))))


def random_load(loads: Sequence[tuple[Posture, float]], rng: np.random.Generator) -> Posture:
    """One of the postures, by its share."""
    chosen = int(rng.choice(len(loads), p=[share for _, share in loads]))
    return loads[chosen][0]


def standing(mover: Mover, frames: int, rng: np.random.Generator) -> list[PoseAngles]:
    """Relaxed, before the load is taken, swaying a little."""
    sways = rng.normal(0, _SWAY, (frames, len(_SWAY)))
    return [mover.pose(Moment(sway=_five(sway))) for sway in sways]


def planned_rep(
    shape: ShapeRest,
    mover: Mover,
    plan_class: str,
    posture: Posture,
    fps: float,
    rng: np.random.Generator,
) -> Rep | None:
    """A rep of the class, or None where this body in this style can't do one."""
    for _ in range(DRAWS):
        plan = _random_plan(plan_class, rng)
        poses = _planned_poses(mover, plan, posture, fps, rng)
        wink, bend = wink_and_bend_deg(shape, mover, poses)
        low, high = WINKS_DEG[plan_class]
        if low <= wink <= high and bend <= MAX_BEND_DEG:
            return Rep(poses, {"plan": plan_class, "posture": posture})
    return None


def recorded_rep(
    shape: ShapeRest, mover: Mover, movement: Movement, posture: Posture, fps: float
) -> Rep:
    """A recorded person's rep, done by this body."""
    poses = Drive(shape, mover).poses(movement.rep(fps), posture)
    return Rep(poses, {"plan": "mocap", "recording": movement.name, "posture": posture})


def wink_and_bend_deg(
    shape: ShapeRest, mover: Mover, poses: Sequence[PoseAngles]
) -> tuple[float, float]:
    """Largest wink and largest lumbar flexion against standing, from planted poses' angles."""
    neutral = mover.pose(Moment())
    bends = np.array([(p.lumbar_flexion, p.thoracic_flexion) for p in (neutral, *poses)])
    slopes = spine_slopes_deg(shape, bends)[:, 0]
    lumbar = slopes[1:] - slopes[0]
    tilt = np.array([p.pelvic_tilt for p in poses]) - neutral.pelvic_tilt
    hip = np.array([p.feet.mid_hip_m[2] for p in poses if p.feet is not None])
    return float(wink_curve(tilt, lumbar, hip)[0].max()), float(lumbar.max())


def _random_plan(plan_class: str, rng: np.random.Generator) -> RepPlan:
    low, high = WINKS_DEG[plan_class]
    arched = plan_class == "over_arched"
    return RepPlan(
        wink_deg=float(rng.uniform(low, high)),
        onset=float(rng.uniform(0.55, 0.8)),
        rise_deg=float(rng.uniform(8, 28)),
        start_tilt_deg=float(rng.uniform(-2, 4)),
        over_arch_deg=float(rng.uniform(10, 25)) if arched else 0.0,
        descent_s=float(rng.uniform(1.1, 1.9)),
        bottom_s=float(rng.choice([0.05, 0.15, 0.5])),
        ascent_s=float(rng.uniform(1.0, 1.6)),
    )


def _planned_poses(
    mover: Mover, plan: RepPlan, posture: Posture, fps: float, rng: np.random.Generator
) -> list[PoseAngles]:
    times = np.arange(0, plan.duration_s, 1 / fps)
    seed = int(rng.integers(1 << 30))
    sways = [scale * slow_noise(len(times), fps, seed + i) for i, scale in enumerate(_SWAY)]
    return [
        mover.pose(replace(rep_moment(plan, float(t), posture), sway=_five(sway)))
        for t, sway in zip(times, np.transpose(sways), strict=True)
    ]


def _five(values: Array) -> tuple[float, float, float, float, float]:
    a, b, c, d, e = (float(value) for value in values)
    return a, b, c, d, e
