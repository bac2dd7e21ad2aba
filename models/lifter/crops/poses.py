"""How the training lifters stand and squat, and from where they are seen.

Pelvic tilt, lumbar and thoracic shape are drawn independently of depth and lean, so that the
network must see the pelvis and can't guess it from the squat.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from models.lifter.body.posed import PoseAngles
from models.lifter.scene.hip_view import View

BALANCED_SHARE = 0.65  # of the squatting poses: the lean is one that a lifter can hold
LOADED = ("high_bar", "low_bar", "front", "goblet", "overhead", "hanging", "forward")


@dataclass(frozen=True)
class Stance:
    """What one lifter keeps from pose to pose."""

    abduction: float
    toe_out: float
    posture: Any
    loaded_only: bool
    tilt: float  # standing
    lumbar: float
    split: tuple[float, float, float]
    list_deg: float
    rotation: float


def random_stance(rng: np.random.Generator) -> Stance:
    """Narrow to wide feet, any bar position."""
    low = float(rng.uniform(0.05, 0.20))  # the lowest of the three lies within the sacrum
    middle = float(rng.uniform(0.35, 0.65)) * (1 - low)
    return Stance(
        abduction=float(rng.uniform(0, 35)),
        toe_out=float(rng.uniform(0, 35)),
        posture=rng.choice(LOADED, p=[0.35, 0.25, 0.1, 0.05, 0.05, 0.1, 0.1]),
        loaded_only=bool(rng.random() < 0.5),
        tilt=float(rng.uniform(-10, 20)),
        lumbar=float(rng.uniform(-18, 10)),
        split=(low, middle, 1 - low - middle),
        list_deg=float(rng.normal(0, 2)),
        rotation=float(rng.normal(0, 4)),
    )


def standing_pose(stance: Stance, rng: np.random.Generator) -> PoseAngles:
    """Relaxed, mostly without the load."""
    thigh = float(rng.uniform(-2, 8))
    return PoseAngles(
        pelvic_tilt=stance.tilt,
        pelvic_list=stance.list_deg,
        pelvic_rotation=stance.rotation,
        lumbar_flexion=stance.lumbar,
        lumbar_split=stance.split,
        thoracic_flexion=float(rng.uniform(-8, 15)),
        thigh=(thigh, thigh),
        shank=(thigh, thigh),
        abduction=(stance.abduction * 0.3, stance.abduction * 0.3),
        toe_out=(stance.toe_out, stance.toe_out),
        posture=stance.posture if stance.loaded_only else "hanging",
    )


def _any_tilt_and_bend(rng: np.random.Generator) -> tuple[float, float]:
    """Pelvic tilt and lumbar flexion over the whole range, knowing nothing of each other.

    Only a lean that nobody can hold is drawn again: the trunk is tilt and flexion together.
    """
    while True:
        tilt, lumbar = float(rng.uniform(-18, 60)), float(rng.uniform(-22, 75))
        if -10 < tilt + 0.6 * lumbar < 70:
            return tilt, lumbar


def _balanced_tilt_and_bend(depth: float, rng: np.random.Generator) -> tuple[float, float]:
    """The trunk leans as balance at that depth asks; what the pelvis does in it is still free."""
    while True:
        lean = rng.uniform(-5, 8) + depth * rng.uniform(15, 55)
        tilt = float(rng.uniform(-25, 45))
        lumbar = float((lean - tilt) / 0.8)
        if -30 < lumbar < 70:
            return tilt, lumbar


def squat_pose(stance: Stance, rng: np.random.Generator) -> tuple[PoseAngles, float]:
    """One pose and its depth 0 to 1; the pelvis knows nothing of the depth."""
    depth = float(rng.random() ** 0.5)
    if rng.random() < BALANCED_SHARE:
        tilt, lumbar = _balanced_tilt_and_bend(depth, rng)
    else:
        tilt, lumbar = _any_tilt_and_bend(rng)
    thigh = depth * rng.uniform(85, 128)
    shank = depth * rng.uniform(10, 45)
    apart, turned = rng.normal(0, 2, 2), rng.normal(0, 2.5, 2)
    pose = PoseAngles(
        pelvic_tilt=tilt,
        pelvic_list=stance.list_deg + float(rng.normal(0, 2.5)),
        pelvic_rotation=stance.rotation + float(rng.normal(0, 3)),
        lumbar_flexion=lumbar,
        lumbar_split=stance.split,
        thoracic_flexion=float(rng.uniform(-8, 14)),
        thigh=(float(thigh + apart[0]), float(thigh + apart[1])),
        shank=(float(shank), float(shank + rng.normal(0, 2))),
        abduction=(float(stance.abduction + turned[0]), float(stance.abduction + turned[1])),
        toe_out=(stance.toe_out, stance.toe_out),
        posture=stance.posture,
    )
    return pose, depth


def random_view(rng: np.random.Generator) -> View:
    """Anywhere a unit can be mounted, mostly behind and oblique, seldom on the front uprights."""
    reach = float(rng.choice((60.0, 110.0, 150.0), p=(0.82, 0.12, 0.06)))
    return View(
        azimuth_deg=float(rng.uniform(-reach, reach)),
        distance_m=float(rng.uniform(0.8, 1.9)),
        height_m=float(rng.uniform(0.6, 2.0)),
        rotation_deg=int(rng.choice([0, 90, 180, 270])),
        baseline_m=0.05 if rng.random() < 0.5 else 0.095,
    )
