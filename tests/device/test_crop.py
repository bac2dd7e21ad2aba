from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.crop import ABOVE_FLOOR_M, ABOVE_HIP_M, SCALE_M, SIZE, hip_view
from device.geometry import from_levelled, levelled_from_camera, unit
from device.records import Array, DepthImage, Extrinsics, Floor, Intrinsics
from tests.device.scenes import CAMERA, floor_and_wall, image_of, rays, up_of

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


@pytest.mark.parametrize("hip_m", [0.25, 0.33, 0.45])
def test_the_floor_under_a_deep_squat_is_left_out(hip_m: float) -> None:
    up = up_of(25, 5, 1)
    hip = np.array([0.05, hip_m, -1.3])
    depth = floor_and_wall(up, HEIGHT_M, wall_m=None, noise=0.002, seed=1)
    assert not hip_view(depth, Floor(up, HEIGHT_M, 1.0), hip).points.any()


def test_what_stands_on_the_floor_is_kept_from_a_hand_above_it() -> None:
    up = up_of(25, 0)
    hip = np.array([0.0, 0.30, -1.2])
    view = hip_view(floor_and_wall(up, HEIGHT_M, wall_m=1.3), Floor(up, HEIGHT_M, 1.0), hip)
    heights = view.points[..., 1][view.points[..., 3] > 0] * SCALE_M + hip[1] + ABOVE_HIP_M
    assert ABOVE_FLOOR_M < heights.min() < ABOVE_FLOOR_M + 0.03
    assert heights.max() > 0.7


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


def test_the_second_cut_lies_half_a_cell_to_the_right_and_down() -> None:
    hip = np.array([0.0, 1.0, -1.2])
    depth, floor = sphere_seen(up_of(0, 0), hip + np.array([0, ABOVE_HIP_M, 0]), 0.25)
    view = hip_view(depth, floor, hip)
    assert view.aside is not None
    both = (view.points[..., 3] > 0) & (view.aside[..., 3] > 0)
    step_m = (view.aside - view.points)[both].mean(axis=0) * SCALE_M
    half_m = 0.75 / SIZE / 2  # at the centre; the ball's surface is nearer
    assert 0.8 * half_m < step_m[0] < half_m
    assert -half_m < step_m[1] < -0.8 * half_m
    off = np.abs(np.linalg.norm(view.aside[both][:, :3], axis=1) * SCALE_M - 0.25)
    assert np.percentile(off, 90) < 0.008


SENSOR = Intrinsics(848, 480, 425.0, 425.0, 423.5, 239.5)
UNITS_M = (0.001, float(np.float32(0.001)), 0.0001, 0.00025)


def rough_scene(seed: int) -> tuple[DepthImage, Floor, Array]:
    """Steps, noise and holes of every density, in four units and however the camera hangs."""
    rng = np.random.default_rng(seed)
    unit_m = UNITS_M[seed % 4]
    steps = 1.3 + 0.1 * rng.integers(-4, 8, (30, 53)).repeat(16, axis=0).repeat(16, axis=1)
    z = steps[:480, :848] + rng.normal(0, rng.choice([0.002, 0.01, 0.04]), (480, 848))
    z *= rng.random(z.shape) > rng.choice([0.0, 0.2, 0.5])
    raw = np.rint(z / unit_m).clip(0, 65535).astype(np.uint16)
    floor = Floor(up_of(rng.uniform(-5, 25), rng.uniform(-10, 10), seed % 4), HEIGHT_M, 1.0)
    hip = np.array([rng.uniform(-0.2, 0.2), rng.uniform(0.5, 1.0), -rng.uniform(1.2, 1.6)])
    return DepthImage(raw, unit_m, SENSOR, Extrinsics(np.eye(3), np.zeros(3)), 0.05), floor, hip


def seen_in_cell(pixels: Array, unit_m: float) -> float:
    """The mean depth, m, of what lies within 3 cm of the median of a cell's nine pixels."""
    found = np.sort(pixels[pixels > 0])
    if len(found) < 5:
        return 0.0
    near = np.abs(found - found[len(found) // 2]) < np.float32(0.03 / unit_m)
    return float(found[near].mean() * unit_m)


def plain_view(depth: DepthImage, floor: Floor, hip: Array) -> Array:
    """(64, 64, 4) what `hip_view` should say, each cell by itself, in double precision."""
    aim = from_levelled((hip + np.array([0.0, ABOVE_HIP_M, 0.0]))[None], floor)[0]
    forward = unit(aim)
    right = unit(np.cross(forward, floor.up))
    step = 0.75 / np.linalg.norm(aim) / SIZE
    aside, down = step * right, step * np.cross(forward, right)
    corner = forward + (aside + down) * (0.5 - SIZE / 2)
    camera = depth.intrinsics
    pinhole = np.array(
        [[camera.fx_px, 0, camera.cx_px], [0, camera.fy_px, camera.cy_px], [0, 0, 1]]
    )
    fine = np.array([[1 / 3, 0, -1 / 3], [0, 1 / 3, -1 / 3], [0, 0, 1]])
    pixels = cv2.warpPerspective(
        depth.raw,
        pinhole @ np.stack([aside, down, corner], axis=1) @ fine,
        (3 * SIZE, 3 * SIZE),
        flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP,
    ).astype(float)
    toward = -unit(aim - (aim @ floor.up) * floor.up)
    axes = np.stack([np.cross(floor.up, toward), floor.up, toward])
    cells = pixels.reshape(SIZE, 3, SIZE, 3).transpose(0, 2, 1, 3).reshape(-1, 9)
    z = np.array([seen_in_cell(cell, depth.unit_m) for cell in cells]).reshape(SIZE, SIZE, 1)
    columns, rows = np.meshgrid(np.arange(SIZE), np.arange(SIZE))
    rays = corner + columns[..., None] * aside + rows[..., None] * down
    points = (rays * z / rays[..., 2:] - aim) @ axes.T
    mask = (z > 0) & (np.abs(points).max(axis=-1, keepdims=True) < 0.5)
    mask &= points[..., 1:2] > ABOVE_FLOOR_M - hip[1] - ABOVE_HIP_M
    return np.concatenate([points * mask / SCALE_M, mask], axis=-1)


@pytest.mark.parametrize("seed", range(4))
def test_every_cell_is_what_its_nine_pixels_say(seed: int) -> None:
    depth, floor, hip = rough_scene(seed)
    expected = plain_view(depth, floor, hip)
    points = hip_view(depth, floor, hip).points
    assert 100 < expected[..., 3].sum() < SIZE * SIZE
    np.testing.assert_array_equal(points[..., 3], expected[..., 3])
    np.testing.assert_allclose(points, expected, rtol=0, atol=1e-5)
