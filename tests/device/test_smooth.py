from __future__ import annotations

import numpy as np
import pytest

from device.smooth import AngleFilter, smooth

TIMES = np.arange(0, 4, 1 / 30)
CURVE = 20 * np.sin(2 * np.pi * TIMES / 3)


def test_smoothing_takes_most_of_the_noise_off() -> None:
    rng = np.random.default_rng(1)
    noisy = CURVE + rng.normal(0, 3, len(TIMES))
    out = smooth(TIMES, noisy, np.full(len(TIMES), 3.0))
    assert np.std(out.value - CURVE) < 1.6


def test_the_standard_deviation_is_what_the_errors_are() -> None:
    rng = np.random.default_rng(2)
    ratios = []
    for _ in range(40):
        noisy = CURVE + rng.normal(0, 3, len(TIMES))
        out = smooth(TIMES, noisy, np.full(len(TIMES), 3.0))
        ratios.append((out.value - CURVE) / out.sd)
    assert 0.5 < np.std(ratios) < 1.2


def test_a_gap_is_bridged_and_its_uncertainty_shown() -> None:
    values = CURVE.copy()
    hidden = (TIMES > 1.0) & (TIMES < 1.5)
    values[hidden] = np.nan
    out = smooth(TIMES, values, np.full(len(TIMES), 1.0))
    assert np.isfinite(out.value).all()
    assert out.sd[hidden].max() > 3 * out.sd[~hidden].max()


def test_nothing_measured_is_nothing_known() -> None:
    nothing = np.full(len(TIMES), np.nan)
    out = smooth(TIMES, nothing, nothing)
    assert np.isnan(out.value).all()
    assert np.isinf(out.sd).all()


def test_the_filter_follows_without_looking_ahead() -> None:
    causal = AngleFilter()
    assert causal.value_deg is None
    lag = []
    for time_s, value in zip(TIMES, CURVE, strict=True):
        causal.update(time_s, value, 1.0)
        assert causal.value_deg is not None
        lag.append(causal.value_deg - value)
    assert np.abs(lag[10:]).max() < 1.5


def test_the_filter_grows_unsure_while_nothing_is_seen() -> None:
    causal = AngleFilter()
    for time_s, value in zip(TIMES[:30], CURVE[:30], strict=True):
        causal.update(time_s, value, 1.0)
    before = causal.sd_deg
    for i in range(30, 45):
        causal.update(TIMES[i], None, None)
    assert causal.sd_deg > 4 * before


def test_the_last_smoothed_frame_equals_the_filter() -> None:
    causal = AngleFilter()
    rng = np.random.default_rng(3)
    noisy = CURVE + rng.normal(0, 2, len(TIMES))
    for time_s, value in zip(TIMES, noisy, strict=True):
        causal.update(time_s, value, 2.0)
    out = smooth(TIMES, noisy, np.full(len(TIMES), 2.0))
    assert causal.value_deg == pytest.approx(out.value[-1], abs=1e-6)
    assert causal.sd_deg == pytest.approx(out.sd[-1], abs=1e-6)
