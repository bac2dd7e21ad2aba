"""Real people's squats in the clips of the whole-chain evaluation, done by drawn bodies."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np

from models.lifter.body.model import ShapeRest
from models.lifter.body.posed import Feet, PoseAngles
from models.lifter.movement.choreography import FPS as PLANNED_FPS
from models.lifter.movement.choreography import RepNote, Track
from models.lifter.movement.drive import Drive
from models.lifter.movement.mocap import Movement, Recordings
from models.lifter.movement.squat import Moment, Mover, Style, minimum_jerk

FPS = 15  # half of a camera's: every second moment of a track
EVERY = PLANNED_FPS // FPS
BLEND = 6  # frames from the mover's standing to the person's and back
REPS = 4


def chosen(recordings: Recordings, rng: np.random.Generator) -> list[Movement]:
    """Some reps of one person."""
    subject = recordings.subjects[int(rng.integers(len(recordings.subjects)))]
    movements = recordings.movements(subject)
    return [movements[int(i)] for i in rng.permutation(len(movements))[:REPS]]


def style_of(shape: ShapeRest, style: Style, movement: Movement) -> Style:
    """The style with the person's stance, so that the feet stay where they are."""
    (first, *_) = Drive(shape, Mover(shape, style)).poses(movement.rep(FPS), "hanging")
    assert first.feet is not None
    toe_out = float(np.mean(movement.toe_out))
    return replace(style, stance_m=first.feet.left_ankle_m[0], toe_out_deg=toe_out)


def add_rep(
    track: Track, shape: ShapeRest, mover: Mover, movement: Movement, standing: Moment, loaded: bool
) -> dict[int, PoseAngles]:
    """Makes room for the rep in the track; returns its poses by frame of the clip."""
    if len(track.steps) % EVERY:
        track.stand(1 / PLANNED_FPS)
    still = mover.pose(standing)
    moving = Drive(shape, mover).poses(movement.rep(FPS), standing.posture)
    shares = minimum_jerk(np.arange(1, BLEND + 1) / (BLEND + 1))
    poses = [
        *(between(still, moving[0], float(share)) for share in shares),
        *moving,
        *(between(moving[-1], still, float(share)) for share in shares),
    ]
    first = len(track.steps)
    track.stand(len(poses) / FPS)
    track.notes.append(RepNote(1, first, len(track.steps) - 1, "mocap", loaded, True))
    return {first // EVERY + i: pose for i, pose in enumerate(poses)}


def between(one: PoseAngles, other: PoseAngles, share: float) -> PoseAngles:
    """A pose between two that hold the load in the same way."""
    mixed = {
        item.name: _mixed(getattr(one, item.name), getattr(other, item.name), share)
        for item in fields(PoseAngles)
    }
    return PoseAngles(**mixed)


def _mixed(one: Any, other: Any, share: float) -> Any:
    if isinstance(one, Feet) and isinstance(other, Feet):
        return Feet(
            *(
                _mixed(getattr(one, item.name), getattr(other, item.name), share)
                for item in fields(Feet)
            )
        )
    if isinstance(one, tuple) and isinstance(other, tuple):
        return tuple(_mixed(a, b, share) for a, b in zip(one, other, strict=True))
    if isinstance(one, str) or one is None or other is None:
        return one
    return one + share * (other - one)
