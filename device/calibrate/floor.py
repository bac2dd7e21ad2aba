"""`racklight calibrate --floor`: how the unit hangs over the floor, as the program will find it.

Nothing is stored: the unit finds the floor anew every second, and holds the last plane while a
lifter hides it (device/floor.py), so a stored one would only be a second truth that grows old.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from device.errors import CalibrationError
from device.floor import FloorFinder, fit_floor, sample_points
from device.geometry import quarter_turns, unit
from device.records import Array, Floor, Frame

EVERY_S = 0.2  # a plane of its own
MIN_PLANES = 10
MAX_SPREAD_DEG = 1.0
MIN_SEEN = 0.8  # of the moments must show the floor


@dataclass(frozen=True, slots=True)
class Hang:
    """The unit over the floor. Tilt and lean as in the placement check."""

    floor: Floor
    height_m: float
    tilt_down_deg: float  # of the optical axis below level
    lean_deg: float  # off upright, or off lying on its side
    quarter_turns: int  # clockwise, that bring the picture upright
    spread_deg: float  # standard deviation of single planes' directions
    planes: int


def find_floor(
    frames: Iterable[Frame], turns: int | None, seconds: float, tell: Callable[[float], None]
) -> Hang:
    """Looks for so many seconds of the camera's time. Raises CalibrationError."""
    finder = FloorFinder(turns)
    rng = np.random.default_rng(0)
    floor, planes, looks, next_s = None, list[Floor](), 0, 0.0
    for frame in frames:
        tell(frame.time_s)
        if frame.depth is None:
            raise CalibrationError("This camera has no depth: the floor can't be found with it.")
        floor = finder.update(frame.depth, frame.time_s)
        if frame.time_s >= next_s:
            next_s = frame.time_s + EVERY_S
            looks += 1
            single = fit_floor(sample_points(frame.depth), turns, rng)
            planes += [] if single is None else [single]
        if frame.time_s >= seconds:
            break
    return _judged(floor, planes, looks)


def _judged(floor: Floor | None, planes: list[Floor], looks: int) -> Hang:
    if floor is None or len(planes) < max(MIN_SEEN * looks, MIN_PLANES):
        raise CalibrationError(
            f"The floor was found in {len(planes)} of {looks} looks: tilt the unit down, take what"
            " stands before it away, and try racklight calibrate --floor again."
        )
    ups = np.array([plane.up for plane in planes])
    spread_deg = _spread_deg(ups)
    if spread_deg > MAX_SPREAD_DEG:
        raise CalibrationError(
            f"The floor wavers by {spread_deg:.1f} degrees: make the unit fast, cover shiny floor"
            " with a mat, and try racklight calibrate --floor again."
        )
    x, y, z = floor.up.tolist()
    roll_deg = float(np.degrees(np.arctan2(-x, -y)))
    return Hang(
        floor,
        floor.camera_height_m,
        float(np.degrees(np.arcsin(np.clip(-z, -1, 1)))),
        abs(roll_deg - 90.0 * round(roll_deg / 90.0)),
        quarter_turns(floor.up),
        spread_deg,
        len(planes),
    )


def _spread_deg(ups: Array) -> float:
    middle = unit(np.median(ups, axis=0))
    angles = np.degrees(np.arccos(np.clip(ups @ middle, -1, 1)))
    return float(np.sqrt((angles**2).mean()))


def lines(hang: Hang) -> list[str]:
    """What was found, in words."""
    stands = "on its side" if hang.quarter_turns % 2 == 0 else "upright (portrait)"
    way = "down" if hang.tilt_down_deg >= 0 else "up"
    return [
        f"The unit hangs {hang.height_m:.2f} m above the floor, {stands}, tilted {way} by"
        f" {abs(hang.tilt_down_deg):.1f} degrees, leaning {hang.lean_deg:.1f} degrees"
        f" (steady within {hang.spread_deg:.2f} degrees over {hang.planes} looks).",
        "The unit finds the floor by itself whenever it runs, so nothing is stored.",
    ]
