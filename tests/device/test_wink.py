from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.reasons import Reason, missing_pictures
from device.records import (
    TRACE_COLUMNS,
    Basis,
    Neutral,
    NeutralSource,
    PelvisPose,
    Phase,
    PhaseName,
    RepSpan,
    Trace,
    VerdictName,
)
from device.wink import WHITE_SHARE, WinkMeter, judge, measure_rep, wink_curve
from tests.mocap import MocapRep, mocap_reps

Curve = npt.NDArray[np.float64]
NEUTRAL = Neutral(0.0, 0.0, 0.0, 0.0, NeutralSource.SIGN_IN, 0.0)


def definition(tilt: Curve, lumbar: Curve | None, hip: Curve) -> Curve:
    """The sentence of the definition, frame by frame and without haste."""
    bottom = int(np.argmin(hip))
    wink = np.zeros(len(tilt))
    for now in range(len(tilt)):
        so_far = tilt[: min(now, bottom) + 1]
        peak = int(np.argmax(so_far))
        if hip[now] < hip[peak]:
            behind = max(0.0, tilt[peak] - tilt[now])
            wink[now] = behind if lumbar is None else min(behind, max(0.0, lumbar[now]))
    return wink


def trace_of(
    time_s: Curve,
    tilt: Curve,
    lumbar: Curve,
    hip: Curve,
    sd_deg: float = 0.3,
    knee: Curve | None = None,
    hip_above_knee_cm: Curve | None = None,
) -> Trace:
    columns = {name: np.full(len(time_s), np.nan) for name in TRACE_COLUMNS}
    columns |= {
        "time_s": time_s,
        "hip_height": hip,
        "anterior_pelvic_tilt_deg": tilt,
        "anterior_pelvic_tilt_sd_deg": np.where(np.isfinite(tilt), sd_deg, np.nan),
        "lumbar_flexion_deg": lumbar,
        "lumbar_flexion_sd_deg": np.where(np.isfinite(lumbar), sd_deg, np.nan),
    }
    if knee is not None:
        columns["knee_flexion_left_deg"] = columns["knee_flexion_right_deg"] = knee
    if hip_above_knee_cm is not None:
        columns["hip_above_knee_cm"] = hip_above_knee_cm
    return Trace(columns)


def span_of(time_s: Curve, hip: Curve, partial: bool = False) -> RepSpan:
    bottom = float(time_s[int(np.argmin(hip))])
    return RepSpan(float(time_s[0]), bottom, float(time_s[-1]), 110.0, partial)


def squat(
    wink_deg: float, start_tilt: float = 0.0, lumbar_start: float = 0.0
) -> tuple[Curve, Curve, Curve, Curve]:
    """A smooth rep of 3 s at 30 fps: tilt rises to 15, then gives `wink_deg` back at the bottom."""
    time_s = np.arange(0, 3.0, 1 / 30)
    depth = 0.5 - 0.5 * np.cos(2 * np.pi * time_s / 3.0)
    tucked = np.clip((depth - 0.7) / 0.3, 0, 1)
    tilt = start_tilt + 15 * np.clip(depth / 0.7, 0, 1) - wink_deg * tucked
    lumbar = lumbar_start + 10 * np.clip(depth / 0.7, 0, 1) + wink_deg * tucked
    return time_s, tilt, lumbar, 0.9 * (1 - 0.55 * depth)


def test_the_curve_is_the_definition_on_every_mocap_rep() -> None:
    for rep in mocap_reps():
        curve, _ = wink_curve(rep.tilt_deg, rep.lumbar_flexion_deg, rep.hip_height_m)
        expected = definition(rep.tilt_deg, rep.lumbar_flexion_deg, rep.hip_height_m)
        np.testing.assert_allclose(curve, expected, atol=1e-9, err_msg=rep.name)


def test_the_smoothed_trace_finds_the_true_wink_of_every_mocap_rep() -> None:
    errors = []
    for rep in mocap_reps():
        chosen = slice(None, None, 3)  # a camera's 33 frames a second
        parts = [a[chosen] for a in (rep.time_s, rep.tilt_deg, rep.lumbar_flexion_deg)]
        hip = rep.hip_height_m[chosen]
        measured = measure_rep(trace_of(*parts, hip), span_of(parts[0], hip))
        true = definition(rep.tilt_deg, rep.lumbar_flexion_deg, rep.hip_height_m).max()
        assert measured.wink_deg is not None
        errors.append(measured.wink_deg - true)
    assert len(errors) == 60
    assert np.abs(errors).max() < 0.8


def test_standing_up_never_counts_as_a_wink() -> None:
    """Live, on the mocap: zero wherever the hip is higher than at the most anterior point."""
    for rep in mocap_reps():
        bottom = int(np.argmin(rep.hip_height_m))
        peak = int(np.argmax(rep.tilt_deg[: bottom + 1]))
        for i, wink in _live(rep):
            # 5 cm: by how much the filtered peak may lie beside the true one
            if i > bottom and rep.hip_height_m[i] > rep.hip_height_m[peak] + 0.05:
                assert wink == 0.0, f"{rep.name} frame {i}"


def test_the_live_value_reaches_the_true_wink_of_every_mocap_rep() -> None:
    for rep in mocap_reps():
        true = definition(rep.tilt_deg, rep.lumbar_flexion_deg, rep.hip_height_m).max()
        live = max(wink for _, wink in _live(rep))
        assert live == pytest.approx(true, abs=1.5), rep.name


def _live(rep: MocapRep) -> list[tuple[int, float]]:
    meter, out = WinkMeter(), []
    bottom = int(np.argmin(rep.hip_height_m))
    for i in range(0, len(rep.time_s), 3):
        pelvis = PelvisPose(
            rep.time_s[i],
            tilt_deg=rep.tilt_deg[i],
            tilt_sd_deg=0.3,
            list_deg=0.0,
            list_sd_deg=1.0,
            rotation_deg=0.0,
            rotation_sd_deg=1.0,
            lumbar_flexion_deg=rep.lumbar_flexion_deg[i],
            lumbar_flexion_sd_deg=0.3,
        )
        name = PhaseName.DESCENT if i <= bottom else PhaseName.ASCENT
        wink = meter.update(
            pelvis, NEUTRAL, Phase(rep.time_s[i], name, None, 0.0), rep.hip_height_m[i]
        )
        out.append((i, wink.wink_deg or 0.0))
    return out


@given(
    tilt=st.lists(st.floats(-40, 60), min_size=3, max_size=40),
    data=st.data(),
)
@settings(deadline=None)
def test_the_curve_is_the_definition_for_any_curves(tilt: list[float], data: st.DataObject) -> None:
    heights = st.lists(st.floats(0.2, 1.2), min_size=len(tilt), max_size=len(tilt))
    bends = st.lists(st.floats(-40, 60), min_size=len(tilt), max_size=len(tilt))
    hip, lumbar = np.array(data.draw(heights)), np.array(data.draw(bends))
    curve, _ = wink_curve(np.array(tilt), lumbar, hip)
    np.testing.assert_allclose(curve, definition(np.array(tilt), lumbar, hip), atol=1e-9)


@settings(deadline=None, max_examples=25)
@given(wink=st.floats(0, 30), seed=st.integers(0, 1000))
def test_noise_does_not_bias_the_wink(wink: float, seed: int) -> None:
    time_s, tilt, lumbar, hip = squat(wink)
    rng = np.random.default_rng(seed)
    noisy = tilt + rng.normal(0, 2, len(tilt))
    sd = 2.0 / np.sqrt(WHITE_SHARE)
    measured = measure_rep(trace_of(time_s, noisy, lumbar + 20, hip, sd), span_of(time_s, hip))
    assert measured.wink_deg is not None
    assert measured.wink_sd_deg is not None
    assert abs(measured.wink_deg - wink) < 4 * measured.wink_sd_deg


def test_over_many_noisy_reps_the_mean_error_is_small() -> None:
    rng = np.random.default_rng(7)
    errors, naive = [], []
    for _ in range(80):
        wink = rng.uniform(3, 20)
        time_s, tilt, lumbar, hip = squat(wink)
        noisy = tilt + rng.normal(0, 3, len(tilt))
        sd = 3.0 / np.sqrt(WHITE_SHARE)
        measured = measure_rep(trace_of(time_s, noisy, lumbar + 20, hip, sd), span_of(time_s, hip))
        assert measured.wink_deg is not None
        errors.append(measured.wink_deg - wink)
        naive.append(definition(noisy, None, hip).max() - wink)
    assert abs(np.mean(errors)) < 1.0
    assert np.mean(naive) > 3.0  # what the smoother is there for


def test_coming_back_from_an_over_arched_start_is_no_wink() -> None:
    time_s, tilt, _, hip = squat(14.0, start_tilt=12.0)
    arched = np.full(len(time_s), -12.0) + 12.0 * (0.5 - 0.5 * np.cos(2 * np.pi * time_s / 3.0))
    measured = measure_rep(trace_of(time_s, tilt, arched, hip), span_of(time_s, hip))
    assert measured.wink_deg == pytest.approx(0.0, abs=0.7)
    assert measured.basis is Basis.LUMBAR


def test_without_a_lumbar_angle_the_pelvis_alone_is_used_and_said_so() -> None:
    time_s, tilt, _, hip = squat(12.0)
    nothing = np.full(len(time_s), np.nan)
    measured = measure_rep(trace_of(time_s, tilt, nothing, hip), span_of(time_s, hip))
    assert measured.basis is Basis.PELVIS
    assert measured.wink_deg == pytest.approx(12.0, abs=0.7)
    assert measured.lumbar_flexion_bottom_deg is None


def test_onsets_lie_where_the_curve_passes_five_and_ten_degrees() -> None:
    time_s, tilt, lumbar, hip = squat(15.0)
    depth = (0.9 - hip) / (0.9 * 0.55)
    knee, above = 130 * depth, 45 - 55 * depth
    trace = trace_of(time_s, tilt, lumbar + 20, hip, knee=knee, hip_above_knee_cm=above)
    measured = measure_rep(trace, span_of(time_s, hip))
    for onset, mark in ((measured.onset_5, 5), (measured.onset_10, 10)):
        true_depth = 0.7 + 0.3 * mark / 15
        assert onset is not None
        assert onset.knee_flexion_deg == pytest.approx(130 * true_depth, abs=2)
        assert onset.hip_above_knee_cm == pytest.approx(45 - 55 * true_depth, abs=1)
    assert measured.wink_rate_deg_per_cm == pytest.approx(15 / (0.3 * 55), rel=0.15)
    parallel_depth = 45 / 55
    expected = 15 * (parallel_depth - 0.7) / 0.3
    assert measured.wink_at_parallel_deg == pytest.approx(expected, abs=1)


def test_a_rep_that_never_reaches_parallel_has_no_wink_at_parallel() -> None:
    time_s, tilt, lumbar, hip = squat(8.0)
    above = np.full(len(time_s), 10.0)
    trace = trace_of(time_s, tilt, lumbar, hip, hip_above_knee_cm=above)
    measured = measure_rep(trace, span_of(time_s, hip))
    assert measured.wink_at_parallel_deg is None
    assert measured.onset_10 is None


@pytest.mark.parametrize(
    ("wink", "verdict"),
    [(2.0, VerdictName.CLEAN), (8.0, VerdictName.CLEAN), (14.0, VerdictName.WINK)],
)
def test_the_verdict_follows_the_threshold(wink: float, verdict: VerdictName) -> None:
    time_s, tilt, lumbar, hip = squat(wink)
    trace, span = trace_of(time_s, tilt, lumbar + 20, hip), span_of(time_s, hip)
    said = judge(measure_rep(trace, span), trace, span, NEUTRAL, 10.0, 3.0, None)
    assert said.name is verdict
    assert said.reason is None


def test_a_hidden_bottom_is_not_measured_and_says_why() -> None:
    time_s, tilt, lumbar, hip = squat(14.0)
    hidden = np.abs(time_s - 1.5) < 0.4
    tilt, lumbar = np.where(hidden, np.nan, tilt), np.where(hidden, np.nan, lumbar)
    trace, span = trace_of(time_s, tilt, lumbar, hip), span_of(time_s, hip)
    measured = measure_rep(trace, span)
    said = judge(measured, trace, span, NEUTRAL, 10.0, 3.0, "someone is in between")
    assert (said.name, said.reason) == (VerdictName.NOT_MEASURED, "someone is in between")
    assert measured.wink_deg is None, "what lay behind the gap is not known, and not 0"
    assert measured.onset_5 is None
    assert measured.tilt_bottom_deg is None


@pytest.mark.parametrize(
    ("source", "told"), [("realsense", "check the camera's cable"), ("simulated", "too slow")]
)
def test_a_bottom_whose_pictures_never_came_says_what_to_look_at(source: str, told: str) -> None:
    time_s, tilt, lumbar, hip = squat(14.0)
    came = np.abs(time_s - 1.5) > 0.4
    trace = trace_of(time_s[came], tilt[came], lumbar[came], hip[came])
    span = span_of(time_s, hip)
    measured = measure_rep(trace, span)
    missing = missing_pictures(source)
    said = judge(measured, trace, span, NEUTRAL, 10.0, 3.0, None, missing=missing)
    assert said.name is VerdictName.NOT_MEASURED
    assert told in (said.reason or "")
    unknown = judge(measured, trace, span, None, 10.0, 3.0, None, missing=missing)
    assert unknown.reason == Reason.NO_NEUTRAL, "without a neutral that comes first"


def test_a_vague_measurement_is_not_measured() -> None:
    time_s, tilt, lumbar, hip = squat(14.0)
    trace, span = trace_of(time_s, tilt, lumbar + 20, hip, sd_deg=30.0), span_of(time_s, hip)
    said = judge(measure_rep(trace, span), trace, span, NEUTRAL, 10.0, 3.0, None)
    assert said.name is VerdictName.NOT_MEASURED
    assert "not sure" in (said.reason or "")


def test_what_makes_a_vague_measurement_vague_is_said() -> None:
    time_s, tilt, lumbar, hip = squat(14.0)
    trace, span = trace_of(time_s, tilt, lumbar + 20, hip, sd_deg=30.0), span_of(time_s, hip)
    said = judge(measure_rep(trace, span), trace, span, NEUTRAL, 10.0, 3.0, None, "a belt hides it")
    assert (said.reason or "").endswith("degrees: a belt hides it")


def test_a_sure_measurement_is_judged_whatever_the_doubt() -> None:
    time_s, tilt, lumbar, hip = squat(14.0)
    trace, span = trace_of(time_s, tilt, lumbar + 20, hip), span_of(time_s, hip)
    said = judge(measure_rep(trace, span), trace, span, NEUTRAL, 10.0, 3.0, None, "a belt hides it")
    assert (said.name, said.reason) == (VerdictName.WINK, None)


def test_a_rep_with_lost_pictures_blames_the_cable() -> None:
    time_s, tilt, lumbar, hip = squat(14.0)
    kept = np.abs(time_s - 1.5) > 0.4  # no frames at all, so no frame has a reason
    trace = trace_of(time_s[kept], tilt[kept], lumbar[kept], hip[kept])
    span = span_of(time_s, hip)
    said = judge(measure_rep(trace, span), trace, span, NEUTRAL, 10.0, 3.0, None)
    assert (said.name, said.reason) == (VerdictName.NOT_MEASURED, Reason.PICTURES_MISSING)


def test_without_a_neutral_nothing_is_claimed() -> None:
    time_s, _, _, hip = squat(14.0)
    nothing = np.full(len(time_s), np.nan)
    trace, span = trace_of(time_s, nothing, nothing, hip), span_of(time_s, hip)
    measured = measure_rep(trace, span)
    said = judge(measured, trace, span, None, 10.0, 3.0, None)
    assert measured.wink_deg is None
    assert (said.name, said.reason) == (VerdictName.NOT_MEASURED, Reason.NO_NEUTRAL)
    said = judge(measured, trace, span, None, 10.0, 3.0, Reason.TOO_FAR)
    assert said.reason == Reason.TOO_FAR


def test_a_shallow_rep_is_partial_whatever_its_wink() -> None:
    time_s, tilt, lumbar, hip = squat(14.0)
    trace, span = trace_of(time_s, tilt, lumbar, hip), span_of(time_s, hip, partial=True)
    said = judge(measure_rep(trace, span), trace, span, NEUTRAL, 10.0, 3.0, None)
    assert said.name is VerdictName.PARTIAL
