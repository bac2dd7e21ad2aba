"""`racklight calibrate --floor`: height and tilt said, doubtful floors refused."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from device.calibrate.floor import find_floor, lines
from device.errors import CalibrationError
from device.records import DepthImage, Frame
from tests.device.scenes import CAMERA, floor_and_wall, image_of, up_of


def frames(depths: list[DepthImage | None]) -> Iterator[Frame]:
    """Four a second."""
    blank = np.zeros((CAMERA.height_px, CAMERA.width_px, 3), np.uint8)
    for number, depth in enumerate(depths):
        yield Frame(number + 1, number / 4, number / 4, blank, CAMERA, depth)


@pytest.mark.parametrize(
    ("pitch", "roll", "turns", "stands"),
    [(12.0, 2.0, 1, "upright (portrait)"), (20.0, -4.0, 0, "on its side")],
)
def test_height_tilt_and_lean_are_told(pitch: float, roll: float, turns: int, stands: str) -> None:
    up = up_of(pitch, roll, turns)
    seen = [floor_and_wall(up, 1.1, noise=0.003, seed=n) for n in range(12)]
    told: list[float] = []
    hang = find_floor(frames(list(seen)), None, 5.0, told.append)
    assert hang.height_m == pytest.approx(1.1, abs=0.02)
    assert hang.tilt_down_deg == pytest.approx(pitch, abs=0.7)
    assert hang.lean_deg == pytest.approx(abs(roll), abs=0.7)
    assert hang.quarter_turns == turns
    assert hang.spread_deg < 0.5
    assert hang.planes == 12
    assert told == [n / 4 for n in range(12)]
    assert stands in lines(hang)[0]
    assert f"tilted down by {hang.tilt_down_deg:.1f} degrees" in lines(hang)[0]


def test_a_unit_that_looks_at_a_wall_is_refused() -> None:
    wall = image_of(np.full((CAMERA.height_px, CAMERA.width_px), 1.5))
    with pytest.raises(CalibrationError, match="found in 0 of 12 looks: tilt the unit down"):
        find_floor(frames([wall] * 12), 0, 5.0, lambda _: None)


def test_a_floor_that_wavers_is_refused() -> None:
    swinging = [floor_and_wall(up_of(15 + 4 * (n % 2), 0), 1.1, seed=n) for n in range(12)]
    with pytest.raises(CalibrationError, match="wavers by 2"):
        find_floor(frames(list(swinging)), 0, 5.0, lambda _: None)


def test_a_camera_without_depth_is_refused() -> None:
    with pytest.raises(CalibrationError, match="no depth"):
        find_floor(frames([None]), 0, 5.0, lambda _: None)


def test_a_recording_that_is_too_short_is_refused() -> None:
    seen = [floor_and_wall(up_of(15, 0), 1.1, seed=n) for n in range(3)]
    with pytest.raises(CalibrationError, match="found in 3 of 3 looks"):
        find_floor(frames(list(seen)), 0, 5.0, lambda _: None)
