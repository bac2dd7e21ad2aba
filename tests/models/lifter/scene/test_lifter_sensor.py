"""What the simulated depth sensor does to perfect depth."""

import time

import numpy as np
import pytest

from device.records import Intrinsics
from models.lifter.scene.sensor import SUBPIXEL_STEP_PX, D400Noise, HoleModel

CAMERA = Intrinsics(424, 240, 223.4, 223.4, 211.5, 119.5)
NO_HOLES = HoleModel(patch_share=0.0, speckle_share=0.0)


def flat(distance_m):
    return np.full((240, 424), distance_m, np.float32)


def measured(raw):
    return raw[raw > 0].astype(float) / 1000


@pytest.mark.parametrize("baseline_m", [0.050, 0.095])
@pytest.mark.parametrize("distance_m", [0.8, 1.4, 2.0])
def test_noise_has_the_size_that_disparity_gives_it(baseline_m, distance_m):
    noise = D400Noise(CAMERA, baseline_m, seed=1, subpixel_px=0.08)
    seen = np.concatenate([measured(noise.apply(flat(distance_m))) for _ in range(4)])
    expected = 0.08 * distance_m**2 / (CAMERA.fx_px * baseline_m)
    assert seen.std() == pytest.approx(expected, rel=0.08)
    assert seen.mean() == pytest.approx(distance_m, abs=expected / 4)


def test_neighbouring_pixels_share_noise_and_distant_ones_do_not():
    raw = D400Noise(CAMERA, 0.05, seed=2, holes=NO_HOLES).apply(flat(1.4)).astype(float)
    deviation = raw - raw.mean()
    near = (deviation[:, :-1] * deviation[:, 1:]).mean() / deviation.var()
    far = (deviation[:, :-12] * deviation[:, 12:]).mean() / deviation.var()
    assert near > 0.6
    assert abs(far) < 0.1


def test_part_of_the_noise_stays_from_frame_to_frame():
    noise = D400Noise(CAMERA, 0.05, seed=3, still_share=0.35, holes=NO_HOLES)
    one, two = (noise.apply(flat(1.4)).astype(float) for _ in range(2))
    shared = np.corrcoef(one.ravel(), two.ravel())[0, 1]
    assert shared == pytest.approx(0.35, abs=0.07)


def test_depth_comes_in_steps_of_a_32nd_pixel_of_disparity():
    noise = D400Noise(CAMERA, 0.05, seed=4, holes=NO_HOLES)
    disparity = CAMERA.fx_px * 0.05 / measured(noise.apply(flat(3.0)))
    steps = disparity / SUBPIXEL_STEP_PX
    assert np.abs(steps - np.rint(steps)).max() < 0.03  # millimetre counts


def test_a_step_in_depth_leaves_holes_along_it():
    depth = flat(2.0)
    depth[80:160, 150:250] = 1.2
    raw = D400Noise(CAMERA, 0.095, seed=5, holes=NO_HOLES).apply(depth)
    assert (raw[100:140, 149:152] == 0).any(axis=1).all()
    assert (raw[100:140, 170:230] > 0).all()


def test_a_surface_seen_at_a_glancing_angle_is_not_measured():
    column = np.arange(424, dtype=np.float32)
    gentle = np.tile(1.5 + column * 0.001, (240, 1)).astype(np.float32)
    glancing = np.tile(0.6 + column * 0.1, (240, 1)).astype(np.float32)
    noise = D400Noise(CAMERA, 0.095, seed=6)
    assert (noise.apply(gentle) > 0).mean() > 0.98
    assert (noise.apply(glancing) == 0).mean() > 0.98


@pytest.mark.parametrize("distance_m", [0.0, 0.2, 9.0])
def test_what_is_out_of_range_is_a_hole(distance_m):
    raw = D400Noise(CAMERA, 0.095, seed=7).apply(flat(distance_m))
    assert (raw == 0).all()


def test_holes_take_the_share_they_are_given():
    holes = HoleModel(patch_share=0.02, speckle_share=0.01)
    noise = D400Noise(CAMERA, 0.095, seed=8, holes=holes)
    share = np.mean([(noise.apply(flat(1.4)) == 0).mean() for _ in range(5)])
    assert share == pytest.approx(0.03, abs=0.01)


def test_the_same_seed_gives_the_same_frames():
    one, two = (D400Noise(CAMERA, 0.095, seed=9) for _ in range(2))
    assert np.array_equal(one.apply(flat(1.4)), two.apply(flat(1.4)))
    assert np.array_equal(one.apply(flat(1.5)), two.apply(flat(1.5)))


def test_an_image_of_another_size_is_refused_with_both_sizes():
    with pytest.raises(ValueError, match=r"\(10, 10\).*\(240, 424\)"):
        D400Noise(CAMERA, 0.095, seed=1).apply(np.ones((10, 10), np.float32))


def test_a_full_frame_takes_milliseconds():
    camera = Intrinsics(848, 480, 446.8, 446.8, 423.5, 239.5)
    noise = D400Noise(camera, 0.095, seed=1)
    depth = np.full((480, 848), 1.4, np.float32)
    took = []
    for _ in range(15):
        began = time.thread_time()
        noise.apply(depth)
        took.append(time.thread_time() - began)
    assert min(took) < 0.02  # 3 ms where nothing else runs
