"""What the second generator's sensor does to perfect depth."""

import numpy as np
import pytest

from models.lifter.second.sensor import NATIVE_F_PX, STEP_PX, MatchingNoise, roi_camera

BASELINE_M = 0.05


def noise(distance_m, unit=1, seed=1, subpixel_px=0.08, baseline_m=BASELINE_M):
    return MatchingNoise(roi_camera(distance_m), baseline_m, (unit,), (seed,), subpixel_px)


def flat(distance_m):
    return np.full((160, 160), distance_m, np.float32)


def errors(sensor, distance_m, frames=6):
    """(frames, 160, 160) m, NaN in holes, without the unit's calibration."""
    raw = np.stack([sensor.apply(flat(distance_m)) for _ in range(frames)])
    measured = np.where(raw > 0, raw / 1000.0, np.nan)
    return measured - distance_m * sensor._stretch


@pytest.mark.parametrize("baseline_m", [0.05, 0.095])
@pytest.mark.parametrize("distance_m", [0.9, 1.5])
def test_a_pixel_has_the_error_of_a_native_one(distance_m, baseline_m):
    spread = [
        np.nanstd(errors(noise(distance_m, seed=s, baseline_m=baseline_m), distance_m, 2))
        for s in range(4)
    ]
    expected = 0.08 * distance_m**2 / (NATIVE_F_PX * baseline_m)
    assert np.mean(spread) == pytest.approx(expected, rel=0.25)


def test_its_tails_are_heavier_than_a_gaussian():
    error = errors(noise(1.2), 1.2)
    error = error[np.isfinite(error)]
    middle = (error - error.mean()) / np.subtract(*np.percentile(error, [75, 25])) * 1.349
    assert (np.abs(middle) > 3).mean() > 2 * 0.0027


def test_part_of_the_error_stays_from_frame_to_frame():
    one, two, *_ = errors(noise(1.2), 1.2)
    known = np.isfinite(one) & np.isfinite(two)
    assert 0.1 < np.corrcoef(one[known], two[known])[0, 1] < 0.6


def test_calibration_belongs_to_the_unit():
    same = noise(1.2, unit=4, seed=1)._stretch, noise(1.2, unit=4, seed=2)._stretch
    other = noise(1.2, unit=5, seed=1)._stretch
    assert np.array_equal(*same)
    assert not np.allclose(same[0], other, atol=1e-4)
    spread = [np.ptp(noise(1.2, unit=unit)._stretch) for unit in range(12)]
    assert 0.0005 < np.median(spread) < 0.01


def test_depth_comes_in_steps_of_a_32nd_native_pixel():
    sensor = noise(3.0)
    raw = sensor.apply(flat(3.0))
    native = NATIVE_F_PX * BASELINE_M / (raw[raw > 0] / 1000.0) / STEP_PX
    assert np.abs(native - np.rint(native)).max() < 0.1  # millimetre counts


def test_only_the_left_of_a_nearer_surface_is_hidden():
    depth = flat(2.0)
    depth[:, 70:110] = 1.0
    lost = np.mean([noise(1.5, seed=s).apply(depth) == 0 for s in range(4)], axis=(0, 1))
    wide = roi_camera(1.5).fx_px * BASELINE_M * (1 / 1.0 - 1 / 2.0)
    shadow = slice(70 - int(wide) + 1, 68)
    assert lost[shadow].mean() > 0.7
    assert lost[113:125].mean() < 0.1


def test_nearer_surfaces_bleed_over_their_edges():
    depth = flat(2.0)
    depth[:, 70:110] = 1.0
    raw = noise(1.5).apply(depth) / 1000.0
    beyond = raw[:, 110:113]
    assert (np.abs(beyond - 1.0) < 0.05).mean() > 0.15
    assert (np.abs(raw[:, 118:130] - 2.0) < 0.1).mean() > 0.9


def test_glancing_surfaces_have_holes_and_slanted_ones_do_not():
    camera = roi_camera(1.2)
    u = (np.arange(160) - camera.cx_px) / camera.fx_px
    for slope, least, most in ((1.0, 0.0, 0.1), (12.0, 0.6, 1.0)):
        z = np.tile(1.2 * np.exp(-slope * (u - u[100])), (160, 1)).astype(np.float32)
        seen = (z > 0.7) & (z < 3)
        lost = (noise(1.2).apply(z) == 0)[seen]
        assert least <= lost.mean() <= most


def test_another_size_is_refused():
    with pytest.raises(ValueError, match="expected"):
        noise(1.2).apply(np.ones((10, 10), np.float32))


def test_nothing_but_a_wrong_match_is_measured_out_of_range():
    assert (noise(1.2).apply(flat(0.3)) > 0).mean() == 0
    for distance_m in (12.0, 0.0):
        assert (noise(1.2).apply(flat(distance_m)) > 0).mean() < 0.002
