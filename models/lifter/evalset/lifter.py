"""One lifter of the evaluation set: every view of it, and the truth."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from device.records import Array
from models.lifter.body.drawn import random_body
from models.lifter.body.posed import PosedBody
from models.lifter.evalset.cast import STANDING_FRAMES, Cast, perform
from models.lifter.evalset.generators import Generator
from models.lifter.evalset.mounts import any_mount, recommended_mount
from models.lifter.evalset.unit import Unit
from models.lifter.packed_view import QUALITY_FIRST, QUALITY_MORE, packed
from models.lifter.scene.hip_view import truth_of
from models.lifter.scene.props import props_for
from models.lifter.scene.render import Scene

FPS = 12.0
RECOMMENDED, ANYWHERE = 4, 2  # cameras


def lifter_arrays(
    generator: Generator,
    cast: Cast,
    number: int,
    seed: int,
) -> dict[str, npt.NDArray[Any]]:
    """Everything of one lifter's file."""
    rng = np.random.default_rng([seed, number])
    shape, stature = random_body(generator.lifter, rng)
    dress = generator.random_dress(rng)
    act = perform(generator, shape, cast, FPS, rng)
    bodies = generator.lifter.pose(shape, act.poses)
    mounts = [recommended_mount(rng) for _ in range(RECOMMENDED)]
    mounts += [any_mount(rng) for _ in range(ANYWHERE)]
    first = number * len(mounts)
    units = [Unit(mount, first + i, bodies, FPS, rng) for i, mount in enumerate(mounts)]
    size = (len(units), len(bodies))
    views = np.zeros((*size, 64, 64, 3), np.int16)
    quality = np.zeros((*size, len(QUALITY_FIRST)), np.float32)
    more = np.zeros((*size, len(QUALITY_MORE)), np.float32)
    truth = np.zeros((*size, 4), np.float32)
    for f, body in enumerate(bodies):
        scene = Scene([generator.mesh(body, dress), *props_for(body)])
        for c, unit in enumerate(units):
            seen = unit.see(generator, scene, body, f)
            views[c, f] = packed(seen.view)
            quality[c, f] = [getattr(seen.view, name) for name in QUALITY_FIRST]
            more[c, f] = [getattr(seen.view, name) for name in QUALITY_MORE]
            truth[c, f] = truth_of(body, seen.sight_deg)
    about = {
        "generator": cast.generator,
        "movement": "mocap" if act.subject else "planned",
        "subject": act.subject,
        "seed": seed,
        "number": number,
        "fps": FPS,
        "standing": STANDING_FRAMES,
        "lifter": {**asdict(shape), "stature_m": stature},
        "clothing": dress.facts,
        "posture": act.reps[0]["posture"],
        "soft_tissue_mm": generator.soft_tissue_mm(_lowest(bodies), dress),
        "occlusion": next((m.occlusion for m in mounts if m.occlusion != "none"), "none"),
        "cameras": [mount.about for mount in mounts],
        "reps": act.reps,
    }
    return {
        "views": views,
        "quality": quality,
        "quality_more": more,
        "truth": truth,
        "time_s": act.time_s,
        "rep": act.rep,
        **_body_curves(bodies),
        "about": np.array(json.dumps(about)),
    }


def _lowest(bodies: Sequence[PosedBody]) -> PosedBody:
    return min(bodies, key=lambda body: float(body.mid_hip[2]))


def _body_curves(bodies: Sequence[PosedBody]) -> dict[str, Array]:
    """(frames,) each, from the joints."""

    def mean(name: str) -> Array:
        sides = [[body.joints[f"{side}_{name}"] for side in ("left", "right")] for body in bodies]
        middle: Array = np.mean(sides, axis=1)
        return middle

    hip, ankle, shoulder = mean("hip"), mean("ankle"), mean("shoulder")
    legs = np.array([_leg_angles(body) for body in bodies])
    trunk = shoulder - hip
    return {
        "hip_height_m": hip[:, 2] - ankle[:, 2],
        "knee_flexion_deg": legs[:, 0],
        "hip_above_knee_m": hip[:, 2] - mean("knee")[:, 2],
        "trunk_lean_deg": np.degrees(np.arctan2(-trunk[:, 1], trunk[:, 2])),
        "thigh_deg": legs[:, 1],
    }


def _leg_angles(body: PosedBody) -> tuple[float, float]:
    """Knee flexion and the thigh raised from the vertical, mean of both sides."""
    knees, thighs = [], []
    for side in ("left", "right"):
        hip, knee, ankle = (body.joints[f"{side}_{name}"] for name in ("hip", "knee", "ankle"))
        thigh, shank = knee - hip, ankle - knee
        straight = thigh @ shank / (np.linalg.norm(thigh) * np.linalg.norm(shank))
        knees.append(np.degrees(np.arccos(np.clip(straight, -1, 1))))
        thighs.append(np.degrees(np.arctan2(np.linalg.norm(thigh[:2]), -thigh[2])))
    return float(np.mean(knees)), float(np.mean(thighs))
