"""What lifters do at a rack that is no squat."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.lifter.movement.choreography import Track
from models.lifter.movement.squat import Mover


def _deadlifts(mover: Mover, rng: np.random.Generator) -> Track:
    """Three deadlifts from the floor."""
    track = Track(mover)
    track.relax(2.4)
    track.arms(0.5, "deadlift")
    for _ in range(3):
        track.change(float(rng.uniform(1.0, 1.5)), hinge=1.0, tilt_deg=22.0)
        track.carry(1.0)
        track.change(float(rng.uniform(1.0, 1.4)), hinge=0.0, tilt_deg=0.0)
        track.stand(0.5)
    track.change(1.2, hinge=1.0, tilt_deg=22.0)
    track.carry(0.0)
    track.change(1.0, hinge=0.0, tilt_deg=0.0)
    track.stand(0.5)
    return track


def _bending(mover: Mover, rng: np.random.Generator) -> Track:
    """Bends down now and then, as to tie a shoe or pick something up."""
    track = Track(mover)
    track.relax(2.4)
    for _ in range(3):
        track.change(
            float(rng.uniform(0.8, 1.3)), hinge=float(rng.uniform(0.8, 1.0)), tilt_deg=24.0
        )
        track.stand(float(rng.uniform(0.3, 1.2)))
        track.change(float(rng.uniform(0.8, 1.3)), hinge=0.0, tilt_deg=0.0)
        track.stand(float(rng.uniform(0.3, 0.8)))
    return track


def _plates(mover: Mover, rng: np.random.Generator) -> Track:
    """Walks to both ends of the racked bar, lifts a plate from the floor, puts it on."""
    track = Track(mover)
    track.relax(1.5)
    for side in (-1.0, 1.0):
        track.walk(1.6, side * 0.55, -0.1, heading_deg=-side * 60.0)
        track.change(0.9, hinge=1.0, tilt_deg=24.0)
        track.stand(0.3)
        track.change(0.9, hinge=0.0, tilt_deg=0.0)
        track.arms(0.5, "forward")
        track.stand(float(rng.uniform(0.4, 0.9)))
        track.arms(0.5, "hanging")
    track.walk(1.4, 0.0, 0.0, heading_deg=0.0)
    track.stand(0.8)
    return track


def _walking(mover: Mover, rng: np.random.Generator) -> Track:
    """Walks in, stands, paces, stands, walks off."""
    side = float(rng.choice([-1.0, 1.0]))
    track = Track(mover, x_m=2.0 * side, y_m=0.0, heading_deg=-90.0 * side)
    track.walk(2.4, 0.0, 0.0)
    track.stand(1.0)
    track.walk(0.8, 0.0, -0.05, heading_deg=0.0)
    track.stand(float(rng.uniform(0.8, 1.5)))
    track.walk(1.2, 0.0, -0.45)
    track.walk(1.2, 0.0, 0.0)
    track.walk(2.6, -2.0 * side, 0.0, heading_deg=-90.0 * side)
    track.stand(0.4)
    return track


GHOST_TRACKS: dict[str, Callable[[Mover, np.random.Generator], Track]] = {
    "deadlift": _deadlifts,
    "bending": _bending,
    "plates": _plates,
    "walking": _walking,
}
