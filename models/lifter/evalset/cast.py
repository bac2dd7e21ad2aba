"""Who is in an evaluation set and what they do: two reps each, planned or recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from device.records import Array
from models.lifter.body.posed import BodyShape, PoseAngles
from models.lifter.evalset.generators import Generator
from models.lifter.evalset.movements import (
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
from models.lifter.movement.mocap import Recordings
from models.lifter.movement.squat import Mover

STANDING_FRAMES = 6
REPS = 2
PAUSE_S = 1.0  # between standing and the first rep, and between reps


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


def perform(
    generator: Generator, shape: BodyShape, cast: Cast, fps: float, rng: np.random.Generator
) -> Performance:
    """Standing and two reps, planned or recorded."""
    mover, reps, subject = _reps(generator, shape, cast, fps, rng)
    poses = standing(mover, STANDING_FRAMES, rng)
    counts = [len(poses), *(len(rep.poses) for rep in reps)]
    of_rep = np.repeat(np.arange(-1, len(reps)), counts)
    times = np.arange(len(of_rep)) / fps + PAUSE_S * (of_rep + 1)
    return Performance(
        shape=shape,
        poses=[*poses, *(pose for rep in reps for pose in rep.poses)],
        rep=of_rep.astype(np.int32),
        time_s=times,
        reps=[rep.about for rep in reps],
        subject=subject,
    )


def _reps(
    generator: Generator, shape: BodyShape, cast: Cast, fps: float, rng: np.random.Generator
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
        reps = [recorded_rep(rest, mover, movements[i], posture, fps) for i in chosen]
        return mover, reps, subject
    while True:  # some styles can't do some classes
        mover = random_mover(rest, rng)
        posture = random_load(PLANNED_LOADS, rng)
        classes = [class_of(REPS * cast.turn + i) for i in range(REPS)]
        tried = [planned_rep(rest, mover, wanted, posture, fps, rng) for wanted in classes]
        reps = [rep for rep in tried if rep is not None]
        if len(reps) == REPS:
            return mover, reps, None
