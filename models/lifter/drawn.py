"""What the lifters of an evaluation are drawn from: style, reps and the place of the camera."""

from __future__ import annotations

import numpy as np

from models.lifter.body import BodyShape
from models.lifter.crops import Studio, View
from models.lifter.squat import Moment, Mover, RepPlan, Style, rep_moment

MAX_BEND_DEG = 45.0  # lumbar flexion at the bottom of the 60 mocap reps: 21 to 41 degrees
LOADED = ("high_bar", "low_bar", "front")


def random_style(rng: np.random.Generator) -> Style:
    """Narrow to wide, upright to bent."""
    return Style(
        stance_m=float(rng.uniform(0.13, 0.28)),
        toe_out_deg=float(rng.uniform(5, 30)),
        knees_out_deg=float(rng.uniform(15, 38)),
        bottom_thigh_deg=float(rng.uniform(85, 115)),
        bottom_shank_deg=float(rng.uniform(22, 42)),
        neutral_tilt_deg=float(rng.uniform(-2, 14)),
        bottom_list_deg=float(rng.normal(0, 1.5)),
        bottom_rotation_deg=float(rng.normal(0, 1.5)),
    )


def random_plan(rng: np.random.Generator) -> RepPlan:
    """Clean to large winks; a fifth over-arched at the start."""
    return RepPlan(
        wink_deg=float(rng.uniform(0, 25)),
        onset=float(rng.uniform(0.55, 0.8)),
        rise_deg=float(rng.uniform(8, 28)),
        start_tilt_deg=float(rng.uniform(-2, 4)),
        over_arch_deg=float(rng.uniform(10, 25)) if rng.random() < 0.2 else 0.0,
    )


def random_place(rng: np.random.Generator) -> View:
    """Where a unit is meant to hang: behind or behind and to the side, near."""
    d455 = bool(rng.random() < 0.5)
    return View(
        azimuth_deg=float(rng.uniform(-55, 55)),
        distance_m=float(rng.uniform(0.9, 1.6 if d455 else 1.25)),
        height_m=float(rng.uniform(0.8, 1.6)),
        rotation_deg=int(rng.choice([90, 270])),
        baseline_m=0.095 if d455 else 0.05,
    )


def bend_deg(studio: Studio, shape: BodyShape, mover: Mover, plan: RepPlan) -> float:
    """Lumbar flexion at the bottom, against standing."""
    bottom = rep_moment(plan, plan.descent_s + plan.bottom_s / 2, "hanging")
    standing, low = studio.lifter.pose(shape, [mover.pose(Moment()), mover.pose(bottom)])
    return low.truth.lumbar_flexion_deg - standing.truth.lumbar_flexion_deg


def random_sway(rng: np.random.Generator) -> tuple[float, float, float, float, float]:
    """Of quiet standing, as `Moment.sway`."""
    a, b = (float(v) for v in rng.normal(0, 0.004, 2))
    c, d, e = (float(v) for v in rng.normal(0, 0.5, 3))
    return a, b, c, d, e
