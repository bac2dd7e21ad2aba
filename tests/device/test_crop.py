from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.crop import ABOVE_HIP_M, SCALE_M, SIZE, hip_view
from device.geometry import from_levelled, levelled_from_camera
from device.records import Array, DepthImage, Floor
from tests.device.scenes import CAMERA, image_of, rays, up_of

HEIGHT_M = 1.1


def sphere_seen(up: Array, centre_levelled: Array, radius_m: float) -> tuple[DepthImage, Floor]:
    """A ball in the air, seen by a camera hung anyhow."""
    floor = Floor(up, HEIGHT_M, 1.0)
    centre = from_levelled(centre_levelled[None], floor)[0]
    ways = rays()
    a, b = (ways**2).sum(-1), ways @ centre
    inside = b**2 - a * (centre @ centre - radius_m**2)
    z = np.where(inside > 0, (b - np.sqrt(np.maximum(inside, 0))) / a, np.inf)
    return image_of(z), floor


@settings(deadline=None, max_examples=25)
@given(
    pitch=st.floats(-10, 30),
    roll=st.floats(-20, 20),
    turns=st.integers(0, 3),
    x=st.floats(-0.2, 0.2),
    distance=st.floats(0.9, 1.9),
)
def test_the_view_does_not_depend_on_how_the_camera_hangs(
    pitch: float, roll: float, turns: int, x: float, distance: float
) -> None:
    """Every point of the crop lies on the ball, in axes that only gravity and aim decide."""
    hip = np.array([x, 0.95, -distance])
    ball = hip + np.array([0.0, ABOVE_HIP_M, 0.0])
    depth, floor = sphere_seen(up_of(pitch, roll, turns), ball, 0.2)
    view = hip_view(depth, floor, hip)
    points = view.points[..., :3][view.points[..., 3] > 0] * SCALE_M
    assert len(points) > 300
    off = np.abs(np.linalg.norm(points, axis=1) - 0.2)
    assert np.percentile(off, 90) < 0.008
    nearest = points[np.argmax(points[:, 2])]
    # seen from the camera's height, the nearest point lies on the line of sight
    drop = np.degrees(np.arctan2(HEIGHT_M - ball[1], distance))
    assert np.degrees(np.arcsin(nearest[1] / 0.2)) == pytest.approx(drop, abs=8)
    assert abs(nearest[0]) < 0.03


def test_up_is_up_and_towards_the_camera_is_positive() -> None:
    hip = np.array([0.0, 1.0, -1.2])
    depth, floor = sphere_seen(up_of(0, 0, 1), hip + np.array([0, ABOVE_HIP_M + 0.15, 0.1]), 0.06)
    view = hip_view(depth, floor, hip)
    points = view.points[..., :3][view.points[..., 3] > 0].mean(axis=0) * SCALE_M
    assert points[1] == pytest.approx(0.15, abs=0.03)
    assert points[2] == pytest.approx(0.14, abs=0.03)


def test_what_is_far_from_the_hips_is_left_out() -> None:
    up = up_of(0, 0)
    depth = image_of(np.full((240, 424), 3.0))
    view = hip_view(depth, Floor(up, HEIGHT_M, 1.0), np.array([0.0, 0.9, -1.2]))
    assert view.points[..., 3].sum() == 0
    assert view.filled_share == 0
    assert view.nearer_share == 0


def test_somebody_in_front_of_the_hips_is_noticed() -> None:
    up = up_of(0, 0)
    depth = image_of(np.full((240, 424), 0.5))
    view = hip_view(depth, Floor(up, HEIGHT_M, 1.0), np.array([0.0, 0.9, -1.4]))
    assert view.nearer_share == 1.0


def test_the_bearing_grows_to_the_right() -> None:
    depth, floor = sphere_seen(up_of(0, 0), np.array([0.3, 1.1, -1.2]), 0.2)
    view = hip_view(depth, floor, np.array([0.3, 1.0, -1.2]))
    assert view.bearing_deg == pytest.approx(np.degrees(np.arctan2(0.3, 1.2)), abs=0.1)


def test_hips_behind_the_camera_are_refused() -> None:
    depth, floor = sphere_seen(up_of(0, 0), np.array([0.0, 1.1, -1.2]), 0.2)
    with pytest.raises(ValueError, match="in front"):
        hip_view(depth, floor, np.array([0.0, 1.0, 0.5]))


def test_the_input_has_the_networks_shape() -> None:
    depth, floor = sphere_seen(up_of(0, 0), np.array([0.0, 1.1, -1.2]), 0.2)
    view = hip_view(depth, floor, np.array([0.0, 1.0, -1.2]))
    assert view.points.shape == (SIZE, SIZE, 4)
    assert view.points.dtype == np.float32
    assert view.pixel_m == pytest.approx(1.2 / CAMERA.fx_px, rel=0.01)
    assert levelled_from_camera(floor.up).shape == (3, 3)
