from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from device.records import TRACE_COLUMNS, BodyPose, Load, PelvisPose, Trace, Wink
from device.trace import KEPT_S, TraceBuffer
from tests.device.test_skeleton import make_body

LOADED = Load(True, "hands")


def filled(
    seconds: float,
    hidden: tuple[float, float] = (0.0, 0.0),
    body_at: Callable[[float], BodyPose | None] = lambda time_s: None,
) -> TraceBuffer:
    buffer = TraceBuffer()
    for i in range(round(seconds * 30)):
        time_s = i / 30
        away = hidden[0] <= time_s < hidden[1]
        pelvis = PelvisPose(time_s, reason="someone is in between" if away else None)
        tilt = None if away else time_s
        wink = Wink(time_s, anterior_pelvic_tilt_deg=tilt)
        buffer.append(body_at(time_s), pelvis, wink, LOADED)
    return buffer


def test_a_cut_holds_the_frames_from_start_to_end() -> None:
    trace = filled(5).cut(1.0, 2.0)
    assert len(trace) == 31
    assert trace.columns["time_s"][0] == pytest.approx(1.0)
    assert trace.columns["anterior_pelvic_tilt_deg"][-1] == pytest.approx(2.0)


def test_what_was_not_measured_is_not_a_number() -> None:
    trace = filled(5, hidden=(1.0, 2.0)).cut(0.5, 2.5)
    tilt = trace.columns["anterior_pelvic_tilt_deg"]
    assert np.isnan(tilt).sum() == 30
    assert np.isnan(trace.columns["hip_height"]).all()


def test_a_cut_holds_the_joints_of_its_own_frames() -> None:
    trace = filled(5, body_at=lambda t: make_body(t) if t < 4.0 else None).cut(1.0, 2.0)
    assert trace.skeleton is not None
    assert trace.skeleton.time_s[0] >= 1.0
    assert trace.skeleton.time_s[-1] <= 2.0
    assert len(trace.skeleton) == 16  # two frames a sample, one in the last


def test_a_cut_without_a_body_has_no_joints() -> None:
    assert filled(5).cut(1.0, 2.0).skeleton is None


def test_each_frame_keeps_why_it_was_not_measured() -> None:
    said = filled(5, hidden=(1.0, 2.0)).reasons(0.5, 1.5)
    assert [reason for t, reason in said if t < 1.0] == [None] * 15
    assert {reason for t, reason in said if t >= 1.0} == {"someone is in between"}


def test_doubts_are_kept_beside_reasons() -> None:
    buffer = TraceBuffer()
    vague = PelvisPose(0.0, tilt_deg=3.0, doubt="a belt")
    buffer.append(None, vague, Wink(0.0, anterior_pelvic_tilt_deg=3.0), LOADED)
    assert buffer.doubts(0.0, 1.0) == [(0.0, "a belt")]
    assert buffer.reasons(0.0, 1.0) == [(0.0, None)]


def test_old_frames_are_forgotten() -> None:
    buffer = filled(KEPT_S + 10)
    assert buffer.cut(0.0, 9.0).columns["time_s"].size == 0
    assert len(buffer.cut(KEPT_S, KEPT_S + 10)) > 200


def test_a_trace_of_wrong_columns_says_what_it_expects() -> None:
    with pytest.raises(ValueError, match="expected"):
        Trace({"time_s": np.zeros(3)})
    with pytest.raises(ValueError, match="one \\(frames,\\)"):
        columns = {name: np.zeros(3) for name in TRACE_COLUMNS}
        Trace(columns | {"time_s": np.zeros(4)})
