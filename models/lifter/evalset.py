"""Renders the evaluation set: lifters that no training has seen, squatting before fixed units.

    python -m models.lifter.evalset --out data/evalset --lifters 130 --mocap markers_s01-s06.npz

Each lifter is a file of its own, drawn from seed and number alone; finished ones are kept when the
command is run again, and several processes can share the work (`--first K --step N`). Three of five
lifters move as planned, two as recorded people; two thirds are drawn by the second generator,
whose skin, clothes, soft tissue and sensor no training has seen either. What is in a file is told
in models/lifter/README.md.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from device.crop import HipView
from device.records import Array
from models.lifter.body import BodyShape, PoseAngles, PosedBody
from models.lifter.crops import packed, random_shape, seen_view, truth_of
from models.lifter.generators import GENERATORS, Generator
from models.lifter.mocap import Recordings
from models.lifter.mounts import (
    Mount,
    Obstructed,
    any_mount,
    obstacle,
    recommended_mount,
    seen_from,
)
from models.lifter.movements import (
    MOCAP_LOADS,
    PLANNED_LOADS,
    Rep,
    class_of,
    planned_rep,
    random_load,
    random_mover,
    recorded_rep,
    standing,
)
from models.lifter.render import Scene
from models.lifter.scene import props_for
from models.lifter.squat import Mover, slow_noise

SEED = 77001  # training uses small seeds
FPS = 12.0
STANDING_FRAMES = 6
REPS = 2
RECOMMENDED, ANYWHERE = 4, 2  # cameras
STATURE_M = (1.50, 2.05)
PAUSE_S = 1.0  # between standing and the first rep, and between reps
GUESS_SWAY_M = 0.012  # how far the guessed mid-hip wanders about during a rep, beside its bias
QUALITY = ("filled_share", "nearer_share", "distance_m", "bearing_deg", "pixel_m")
QUALITY_MORE = ("front_share", "front_side", "hole_share", "outside_share")


@dataclass(frozen=True)
class Cast:
    """Which generator and movement the n-th lifter has; no dice, so that the shares are exact.

    `turn` counts the lifters of the same kind of movement.
    """

    generator: str
    turn: int
    recordings: Recordings | None

    @classmethod
    def of(cls, number: int, generators: Sequence[str], recordings: Recordings | None) -> Cast:
        """Two of five lifters are recorded people; the generators take turns among each kind."""
        if recordings is None:
            return cls(generators[number % len(generators)], number, None)
        fives, place = divmod(number, 5)
        recorded = place in (1, 3)
        turn = fives * (2 if recorded else 3) + place // 2
        return cls(generators[turn % len(generators)], turn, recordings if recorded else None)


@dataclass(frozen=True)
class Performance:
    """What one body does: all poses in order, and of which rep they are (-1 standing)."""

    shape: BodyShape
    poses: list[PoseAngles]
    rep: npt.NDArray[np.int32]
    time_s: Array
    reps: list[dict[str, Any]]
    subject: str | None


def random_body(generator: Generator, rng: np.random.Generator) -> tuple[BodyShape, float]:
    """Shape and stature, m: both sexes, lean to heavy, within the statures of lifters."""
    while True:
        shape = random_shape(rng)
        stature = float(np.ptp(generator.lifter.rest(shape).vertices[:, 2]))
        if STATURE_M[0] <= stature <= STATURE_M[1]:
            return shape, stature


def perform(
    generator: Generator, shape: BodyShape, cast: Cast, rng: np.random.Generator
) -> Performance:
    """Standing and two reps, planned or recorded."""
    mover, reps, subject = _reps(generator, shape, cast, rng)
    poses = standing(mover, STANDING_FRAMES, rng)
    counts = [len(poses), *(len(rep.poses) for rep in reps)]
    of_rep = np.repeat(np.arange(-1, len(reps)), counts)
    times = np.arange(len(of_rep)) / FPS + PAUSE_S * (of_rep + 1)
    return Performance(
        shape=shape,
        poses=[*poses, *(pose for rep in reps for pose in rep.poses)],
        rep=of_rep.astype(np.int32),
        time_s=times,
        reps=[rep.about for rep in reps],
        subject=subject,
    )


def _reps(
    generator: Generator, shape: BodyShape, cast: Cast, rng: np.random.Generator
) -> tuple[Mover, list[Rep], str | None]:
    rest = generator.lifter.rest(shape)
    if cast.recordings is not None:
        mover = random_mover(rest, rng)
        posture = random_load(MOCAP_LOADS, rng)
        people = cast.recordings.subjects
        # one round later each person meets another generator
        subject = people[(cast.turn + cast.turn // len(people)) % len(people)]
        movements = cast.recordings.movements(subject)
        chosen = rng.choice(len(movements), REPS, replace=False)
        reps = [recorded_rep(rest, mover, movements[i], posture, FPS) for i in chosen]
        return mover, reps, subject
    while True:  # some styles can't do some classes
        mover = random_mover(rest, rng)
        posture = random_load(PLANNED_LOADS, rng)
        classes = [class_of(REPS * cast.turn + i) for i in range(REPS)]
        tried = [planned_rep(rest, mover, wanted, posture, FPS, rng) for wanted in classes]
        reps = [rep for rep in tried if rep is not None]
        if len(reps) == REPS:
            return mover, reps, None


# ---------------------------------------------------------------- what the units see


class Unit:
    """One fixed unit while a lifter moves before it.

    Its noise level, the error of its floor and its bias about the mid-hip stay the same, as they
    do in a room; the guessed mid-hip wanders a little besides.
    """

    def __init__(
        self, mount: Mount, unit: int, bodies: Sequence[PosedBody], rng: np.random.Generator
    ) -> None:
        stood = bodies[0].mid_hip
        self.mount, self._unit = mount, unit
        self._position = mount.view.position(stood)
        lowest = min(float(body.mid_hip[2]) for body in bodies)
        self._obstacle = obstacle(mount.occlusion, self._position, stood, lowest, rng)
        self._seed = int(rng.integers(1 << 31))
        self._wander = GUESS_SWAY_M * np.stack(
            [slow_noise(len(bodies), FPS, self._seed + axis, 0.6) for axis in range(3)], axis=1
        )

    def see(
        self, generator: Generator, scene: Scene, body: PosedBody, frame: int
    ) -> tuple[HipView, float]:
        """The hip view and the bearing of the line of sight."""
        joints = dict(body.joints)
        for side in ("left_hip", "right_hip"):
            joints[side] = joints[side] + self._wander[frame]
        believed = replace(body, joints=joints)
        view = seen_from(self._position, believed.mid_hip, self.mount.view)
        generator.unit = self._unit
        whole = Obstructed(scene, self._obstacle) if self._obstacle else scene
        return seen_view(generator, whole, believed, view, np.random.default_rng(self._seed))


def lifter_arrays(
    generator: Generator,
    cast: Cast,
    number: int,
    seed: int,
) -> dict[str, npt.NDArray[Any]]:
    """Everything of one lifter's file."""
    rng = np.random.default_rng([seed, number])
    shape, stature = random_body(generator, rng)
    dress = generator.random_dress(rng)
    act = perform(generator, shape, cast, rng)
    bodies = generator.lifter.pose(shape, act.poses)
    mounts = [recommended_mount(rng) for _ in range(RECOMMENDED)]
    mounts += [any_mount(rng) for _ in range(ANYWHERE)]
    first = number * len(mounts)
    units = [Unit(mount, first + i, bodies, rng) for i, mount in enumerate(mounts)]
    size = (len(units), len(bodies))
    views = np.zeros((*size, 64, 64, 3), np.int16)
    quality = np.zeros((*size, len(QUALITY)), np.float32)
    more = np.zeros((*size, len(QUALITY_MORE)), np.float32)
    truth = np.zeros((*size, 4), np.float32)
    for f, body in enumerate(bodies):
        scene = Scene([generator.mesh(body, dress), *props_for(body)])
        for c, unit in enumerate(units):
            seen, sight = unit.see(generator, scene, body, f)
            views[c, f] = packed(seen)
            quality[c, f] = [getattr(seen, name) for name in QUALITY]
            more[c, f] = [getattr(seen, name) for name in QUALITY_MORE]
            truth[c, f] = truth_of(body, sight)
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


# ---------------------------------------------------------------- files


def write_lifters(
    out: Path,
    numbers: Sequence[int],
    seed: int,
    generators: Sequence[str],
    recordings: Recordings | None,
) -> Iterator[Path]:
    """Renders the lifters that are not there yet, one after the other."""
    out.mkdir(parents=True, exist_ok=True)
    made: dict[str, Generator] = {}
    for number in numbers:
        file = out / f"lifter_{number:05d}.npz"
        if file.exists():
            continue
        cast = Cast.of(number, generators, recordings)
        if cast.generator not in made:
            made[cast.generator] = GENERATORS[cast.generator]()
        arrays = lifter_arrays(made[cast.generator], cast, number, seed)
        draft = file.with_suffix(".tmp")
        with draft.open("wb") as stream:
            np.savez(stream, **arrays)
        draft.replace(file)
        yield file


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--lifters", type=int, default=130)
    parser.add_argument("--seed", type=int, default=SEED, help="another seed: other lifters")
    parser.add_argument("--first", type=int, default=0, help="number of the first lifter")
    parser.add_argument("--step", type=int, default=1, help="every n-th (for two processes)")
    parser.add_argument("--mocap", type=Path, help="squat recordings; without: planned reps only")
    parser.add_argument(
        "--generators", nargs="+", choices=tuple(GENERATORS), default=["first", "second", "second"]
    )
    chosen = parser.parse_args()
    try:
        recordings = Recordings(chosen.mocap) if chosen.mocap else None
    except (OSError, ValueError) as error:
        parser.error(str(error))
    numbers = range(chosen.first, chosen.lifters, chosen.step)
    started, used = time.monotonic(), time.process_time()
    written = write_lifters(chosen.out, numbers, chosen.seed, chosen.generators, recordings)
    for done, file in enumerate(written, 1):
        wall, cpu = (time.monotonic() - started) / done, (time.process_time() - used) / done
        print(f"{file.name}  {done} written, {wall:.1f} s and {cpu:.1f} s of CPU each", flush=True)


if __name__ == "__main__":
    main()
