"""How differently people squat."""

from __future__ import annotations

import numpy as np

from models.lifter.movement.squat import Style

MAX_BEND_DEG = 45.0  # lumbar flexion at the bottom of the 60 mocap reps: 21 to 41 degrees


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
