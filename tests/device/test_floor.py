from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.floor import FloorFinder
from device.records import Array
from tests.device.scenes import floor_and_wall, image_of, up_of


def angle_deg(a: Array, b: Array) -> float:
    return float(np.degrees(np.arccos(np.clip(a @ b, -1, 1))))


@settings(deadline=None, max_examples=30)
@given(
    pitch=st.floats(8, 35),
    roll=st.floats(-15, 15),
    height=st.floats(0.6, 1.4),
    turns=st.integers(0, 3),
    seed=st.integers(0, 99),
)
def test_the_floor_is_found_however_the_camera_hangs(
    pitch: float, roll: float, height: float, turns: int, seed: int
) -> None:
    up = up_of(pitch, roll, turns)
    depth = floor_and_wall(up, height, wall_m=4.0, noise=0.004, seed=seed)
    floor = FloorFinder(turns).update(depth, 0.0)
    assert floor is not None
    assert angle_deg(floor.up, up) < 1.5
    assert floor.camera_height_m == pytest.approx(height, abs=0.06)


def test_a_floor_is_found_without_knowing_which_way_is_up() -> None:
    for turns in range(4):
        up = up_of(20, 3, turns)
        floor = FloorFinder().update(floor_and_wall(up, 1.2, wall_m=None), 0.0)
        assert floor is not None
        assert angle_deg(floor.up, up) < 0.5


def test_a_wall_alone_is_no_floor() -> None:
    wall = image_of(np.full((240, 424), 1.5))
    assert FloorFinder(0).update(wall, 0.0) is None


def test_holes_alone_are_no_floor() -> None:
    assert FloorFinder(0).update(image_of(np.zeros((240, 424))), 0.0) is None


def test_the_known_floor_holds_while_it_is_hidden() -> None:
    finder = FloorFinder(0)
    seen = finder.update(floor_and_wall(up_of(15, 0), 1.1), 0.0)
    hidden = finder.update(image_of(np.full((240, 424), 0.7)), 5.0)
    assert seen is not None
    assert hidden is seen


def test_a_moved_unit_gets_its_new_floor() -> None:
    finder = FloorFinder(0)
    finder.update(floor_and_wall(up_of(10, 0), 1.1), 0.0)
    floor = finder.update(floor_and_wall(up_of(22, 4), 1.4), 5.0)
    assert floor is not None
    assert angle_deg(floor.up, up_of(22, 4)) < 1.0


def test_averaging_over_time_steadies_the_plane() -> None:
    finder, up = FloorFinder(1), up_of(12, 2, 1)
    for second in range(20):
        floor = finder.update(floor_and_wall(up, 1.0, noise=0.006, seed=second), float(second))
    assert floor is not None
    assert angle_deg(floor.up, up) < 0.25
