"""Frames, drops and latency over a sliding window."""

from __future__ import annotations

import numpy as np
import pytest

from device.health.unit import WINDOW_S, UnitMeter
from device.records import Frame, Intrinsics, UnitHealth

CAMERA = Intrinsics(2, 2, 1.0, 1.0, 1.0, 1.0)


class Rack:
    """A unit whose clock stands still unless told."""

    def __init__(self) -> None:
        self.now_s = 50.0
        self.meter = UnitMeter(lambda: self.now_s)
        self._number = 0

    def frame(self, latency_s: float, dropped: int = 0, gap_s: float = 0.1) -> None:
        """A frame arrives `gap_s` after the last one's cue and is answered `latency_s` later."""
        self.now_s += gap_s
        arrived_s = self.now_s
        self.now_s += latency_s
        self._number += 1
        picture = np.zeros((2, 2, 3), np.uint8)
        told = self.meter.frame(
            Frame(self._number, arrived_s, arrived_s, picture, CAMERA, None, dropped)
        )
        assert told == pytest.approx(latency_s)

    def health(self) -> UnitHealth:
        return self.meter.health("D455", "3.2", 0)


@pytest.fixture
def rack() -> Rack:
    return Rack()


def test_before_the_first_frame_latency_is_not_known(rack: Rack) -> None:
    health = rack.health()
    assert (health.latency_median_s, health.latency_p95_s) == (None, None)
    assert (health.frames, health.recent_frames) == (0, 0)


def test_median_and_95th_percentile_are_of_the_frames(rack: Rack) -> None:
    for hundredth in range(101):
        rack.frame(hundredth / 1000)
    health = rack.health()
    assert health.latency_median_s == pytest.approx(0.050)
    assert health.latency_p95_s == pytest.approx(0.095)
    assert health.latency_sum_s == pytest.approx(5.05)
    assert health.frames == health.recent_frames == 101


def test_what_is_older_than_the_window_no_longer_counts(rack: Rack) -> None:
    for _ in range(20):
        rack.frame(0.5, dropped=7)
    rack.now_s += WINDOW_S
    for _ in range(10):
        rack.frame(0.01, dropped=9)
    health = rack.health()
    assert health.latency_p95_s == pytest.approx(0.01)
    assert (health.recent_frames, health.recent_dropped) == (10, 2)
    assert (health.frames, health.frames_dropped) == (30, 9)
    assert health.recent_s == WINDOW_S


def test_a_window_without_frames_knows_no_latency(rack: Rack) -> None:
    rack.frame(0.02, dropped=3)
    rack.now_s += WINDOW_S + 1
    health = rack.health()
    assert health.latency_median_s is None
    assert (health.recent_frames, health.recent_dropped) == (0, 0)
    assert health.frames_dropped == 3


def test_losses_and_resets_are_counted_and_shown_within_a_second(rack: Rack) -> None:
    rack.meter.camera_lost()
    assert rack.health().camera_losses == 1
    rack.meter.camera_lost()
    rack.meter.camera_reset()
    assert rack.health().camera_losses == 1  # summed up once a second
    rack.now_s += 1
    health = rack.health()
    assert (health.camera_losses, health.camera_resets) == (2, 1)


def test_the_window_holds_a_bounded_number_of_frames(rack: Rack) -> None:
    for number in range(8300):
        rack.frame(0.0, dropped=number, gap_s=0.0001)
    health = rack.health()
    assert health.recent_frames == 8192
    assert health.recent_dropped == 8192
    assert health.frames == 8300
