"""Bodies and clothes drawn at random."""

from __future__ import annotations

import numpy as np

from models.lifter.body.clothing import Outfit
from models.lifter.body.hips import HIP_BREADTH, HIP_DEPTH
from models.lifter.body.posed import BodyShape


def random_shape(rng: np.random.Generator) -> BodyShape:
    """Both sexes, short to tall, lean to heavy."""
    return BodyShape(
        gender=float(rng.random()),
        age=float(rng.uniform(0.6, 0.9)),
        muscle=float(rng.uniform(0.15, 1.0)),
        weight=float(rng.uniform(0.1, 0.95)),
        height=float(rng.uniform(0.15, 0.9)),
        proportions=float(rng.uniform(0.1, 0.9)),
        hip_depth=float(rng.normal(HIP_DEPTH, 0.025)),
        hip_breadth=float(rng.normal(HIP_BREADTH, 0.04)),
    )


def random_outfit(rng: np.random.Generator) -> Outfit:
    """Tight to loose, with and without a belt."""
    return Outfit(
        waist_m=float(rng.uniform(0.03, 0.12)),
        shirt_loose_m=float(rng.uniform(0.001, 0.02)),
        shorts_loose_m=float(rng.uniform(0.001, 0.02)),
        drape=int(rng.integers(0, 12)),
        wrinkle=float(rng.uniform(0, 1)),
        seed=int(rng.integers(1 << 30)),
        belt=bool(rng.random() < 0.25),
    )
