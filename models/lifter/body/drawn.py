"""Bodies and clothes drawn at random."""

from __future__ import annotations

import numpy as np

from models.lifter.body.clothing import Outfit
from models.lifter.body.hips import HIP_BREADTH, HIP_DEPTH
from models.lifter.body.model import Lifter
from models.lifter.body.posed import BodyShape

STATURE_M = (1.50, 2.05)  # of the lifters that are judged
TIGHT_SHARE, TUCKED_SHARE, BELT_SHARE = 0.3, 0.5, 0.25


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


def random_body(lifter: Lifter, rng: np.random.Generator) -> tuple[BodyShape, float]:
    """Shape and stature, m: as `random_shape`, within the statures of lifters."""
    while True:
        shape = random_shape(rng)
        stature = float(np.ptp(lifter.rest(shape).vertices[:, 2]))
        if STATURE_M[0] <= stature <= STATURE_M[1]:
            return shape, stature


def random_outfit(rng: np.random.Generator) -> Outfit:
    """Tight to loose, tucked in or hanging over the shorts, with and without a belt."""
    tight, tucked = bool(rng.random() < TIGHT_SHARE), bool(rng.random() < TUCKED_SHARE)
    waist = rng.uniform(0.03, 0.12) if tight or tucked else rng.uniform(-0.09, 0.05)
    return Outfit(
        waist_m=float(waist),
        shirt_loose_m=float(rng.uniform(0.001, 0.02)),
        shorts_loose_m=float(rng.uniform(0.001, 0.02)),
        drape=int(rng.integers(0, 16)),
        wrinkle=float(rng.uniform(0, 1)),
        seed=int(rng.integers(1 << 30)),
        belt=bool(rng.random() < BELT_SHARE),
        belt_m=float(rng.uniform(0.08, 0.14)),
        belt_half_m=float(rng.uniform(0.03, 0.055)),
        tucked=tucked,
        shirt_slack_m=float(rng.uniform(0.0, 0.015) if tight else rng.uniform(0.01, 0.08)),
        shorts_slack_m=float(rng.uniform(0.0, 0.02) if tight else rng.uniform(0.01, 0.06)),
        fall_m=float(np.exp(rng.uniform(np.log(0.0001), np.log(0.002)))),
        hem_rise_m=float(rng.uniform(-0.03, 0.08 if not tucked else 0.02)),
    )
