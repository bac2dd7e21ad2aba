from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.geometry import (
    deproject,
    from_levelled,
    inverse,
    levelled_from_camera,
    project,
    quarter_turns,
    to_levelled,
    transform,
    wrap_deg,
)
from device.records import Extrinsics, Floor, Intrinsics
from tests.device.scenes import up_of

CAMERA = Intrinsics(640, 360, 450.0, 452.0, 322.0, 178.0)
points = st.tuples(st.floats(-1, 1), st.floats(-1, 1), st.floats(0.3, 4)).map(np.array)


@given(points)
def test_deprojecting_undoes_projecting(point: np.ndarray) -> None:
    pixel = project(point[None], CAMERA)
    np.testing.assert_allclose(deproject(pixel, point[2:], CAMERA)[0], point, atol=1e-9)


@given(points, st.floats(-40, 40), st.floats(-180, 180))
def test_levelled_axes_there_and_back(point: np.ndarray, pitch: float, roll: float) -> None:
    floor = Floor(up_of(pitch, roll), 1.2, 1.0)
    back = from_levelled(to_levelled(point[None], floor), floor)[0]
    np.testing.assert_allclose(back, point, atol=1e-9)


@given(st.floats(-40, 40), st.floats(-180, 180))
def test_levelled_axes_are_right_handed_and_up_is_up(pitch: float, roll: float) -> None:
    up = up_of(pitch, roll)
    turn = levelled_from_camera(up)
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(turn) == pytest.approx(1.0)
    np.testing.assert_allclose(turn @ up, [0, 1, 0], atol=1e-9)
    assert (turn @ np.array([0, 0, 1.0]))[2] < 0  # the scene lies away from the camera


def test_a_camera_that_looks_straight_down_has_no_direction() -> None:
    with pytest.raises(ValueError, match="straight"):
        levelled_from_camera([0, 0, -1])


def test_the_floor_is_at_height_zero() -> None:
    up = up_of(25, 5)
    floor = Floor(up, 1.4, 1.0)
    below = -1.4 * up  # the floor point under the camera
    np.testing.assert_allclose(to_levelled(below[None], floor)[0], [0, 0, 0], atol=1e-9)


@given(st.floats(-30, 40), st.floats(-40, 40), st.integers(0, 3))
def test_quarter_turns_are_read_from_up(pitch: float, roll: float, turns: int) -> None:
    assert quarter_turns(up_of(pitch, roll, turns)) == turns


@given(points)
def test_extrinsics_there_and_back(point: np.ndarray) -> None:
    moved = Extrinsics(levelled_from_camera(up_of(20, 30)), np.array([0.015, -0.02, 0.3]))
    back = transform(transform(point[None], moved), inverse(moved))[0]
    np.testing.assert_allclose(back, point, atol=1e-9)


def test_a_distorted_colour_camera_bends_rays_as_its_polynomial_says() -> None:
    bent = Intrinsics(640, 360, 450.0, 450.0, 320.0, 180.0, (-0.05, 0.06, 0.001, -0.0005, -0.02))
    x, y = 0.4, 0.2
    pixel = np.array([[320 + 450 * x, 180 + 450 * y]])
    r2 = x * x + y * y
    radial = 1 - 0.05 * r2 + 0.06 * r2**2 - 0.02 * r2**3
    expected_x = x * radial + 2 * 0.001 * x * y - 0.0005 * (r2 + 2 * x * x)
    expected_y = y * radial + 2 * -0.0005 * x * y + 0.001 * (r2 + 2 * y * y)
    found = deproject(pixel, [2.0], bent)[0]
    np.testing.assert_allclose(found, [2 * expected_x, 2 * expected_y, 2.0], atol=1e-9)


@given(st.floats(-2000, 2000))
def test_wrapping_keeps_the_direction(angle: float) -> None:
    wrapped = wrap_deg(angle)
    assert -180 <= wrapped <= 180
    assert np.cos(np.radians(wrapped)) == pytest.approx(np.cos(np.radians(angle)), abs=1e-6)
