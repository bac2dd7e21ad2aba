"""The frame clock follows the stamps and never runs backwards."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from device.cameras.clock import FrameClock

stamps = st.lists(st.floats(0, 1e12, allow_nan=False), min_size=2, max_size=30)
steps = st.lists(st.floats(0.001, 3.0), min_size=2, max_size=30)


@given(stamps, st.booleans())
def test_time_only_grows(stamps_ms: list[float], follow: bool) -> None:
    clock = FrameClock(30, follow_arrival=follow)
    arrivals = itertools.count()
    times = [clock.time_s(stamp, 100 + next(arrivals) / 30) for stamp in stamps_ms]
    assert times[0] == 0
    assert all(later > earlier for earlier, later in itertools.pairwise(times))


@given(stamps)
def test_a_live_clock_stays_within_reach_of_the_arrivals(stamps_ms: list[float]) -> None:
    clock = FrameClock(30, follow_arrival=True)
    times = [clock.time_s(stamp, 100 + index / 30) for index, stamp in enumerate(stamps_ms)]
    worst_step_s = max(b - a for a, b in itertools.pairwise(times))
    assert worst_step_s <= 1 / 30 + 1.0 + 1e-9


@given(steps)
def test_good_stamps_are_kept(steps_s: list[float]) -> None:
    clock = FrameClock(30, follow_arrival=False)
    stamps_s = list(itertools.accumulate(steps_s))
    times = [clock.time_s(1000 * stamp, 0.0) for stamp in stamps_s]
    expected = [stamp - stamps_s[0] for stamp in stamps_s]
    assert all(abs(a - b) < 1e-6 for a, b in zip(times, expected, strict=True))


def test_a_lost_stamp_counts_the_frames_instead() -> None:
    clock = FrameClock(30, follow_arrival=False)
    assert clock.time_s(5000, 0) == 0
    assert clock.time_s(100, 0, 3) == 0.1
