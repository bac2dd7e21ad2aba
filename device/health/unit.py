"""Counts of the running unit: frames, drops, latency from frame to pin, camera losses."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from device.records import Frame, UnitHealth

WINDOW_S = 60.0
_LONGEST = 8192  # frames in the window, whatever the frame rate
_FRESH_S = 1.0  # the window is summed up so often


@dataclass(frozen=True, slots=True)
class _Seen:
    at_s: float
    latency_s: float
    dropped: int  # by this frame, since the start


class UnitMeter:
    """Counts as the unit works; `health` is cheap enough to be asked with every frame."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._started_s = clock()
        self._window: deque[_Seen] = deque(maxlen=_LONGEST)
        self._frames = self._dropped = self._losses = self._resets = 0
        self._dropped_before = 0  # the count at the window's start
        self._latency_sum_s = 0.0
        self._summed: tuple[float, UnitHealth] | None = None

    def frame(self, frame: Frame) -> float:
        """To be called when the frame's cue is on the pins; returns its latency in seconds."""
        now_s = self._clock()
        latency_s = max(0.0, now_s - frame.arrived_s)
        self._frames += 1
        self._dropped = max(self._dropped, frame.dropped)
        self._latency_sum_s += latency_s
        if len(self._window) == self._window.maxlen:
            self._dropped_before = self._window[0].dropped
        self._window.append(_Seen(now_s, latency_s, self._dropped))
        return latency_s

    def camera_lost(self) -> None:
        """The camera went away."""
        self._losses += 1

    def camera_reset(self) -> None:
        """Its hardware was restarted to get it back."""
        self._resets += 1

    def health(
        self, camera_name: str | None, camera_usb: str | None, writes_waiting: int
    ) -> UnitHealth:
        """Everything counted, at most a second old."""
        now_s = self._clock()
        if self._summed is not None and now_s - self._summed[0] < _FRESH_S:
            return self._summed[1]
        self._forget(now_s - WINDOW_S)
        median_s, p95_s = self._percentiles()
        health = UnitHealth(
            uptime_s=now_s - self._started_s,
            frames=self._frames,
            frames_dropped=self._dropped,
            recent_s=min(WINDOW_S, now_s - self._started_s),
            recent_frames=len(self._window),
            recent_dropped=self._dropped - self._dropped_before,
            latency_median_s=median_s,
            latency_p95_s=p95_s,
            latency_sum_s=self._latency_sum_s,
            camera_name=camera_name,
            camera_usb=camera_usb,
            camera_losses=self._losses,
            camera_resets=self._resets,
            writes_waiting=writes_waiting,
        )
        self._summed = (now_s, health)
        return health

    def _forget(self, before_s: float) -> None:
        while self._window and self._window[0].at_s < before_s:
            self._dropped_before = self._window.popleft().dropped

    def _percentiles(self) -> tuple[float | None, float | None]:
        if not self._window:
            return None, None
        median, p95 = np.percentile([seen.latency_s for seen in self._window], (50, 95))
        return float(median), float(p95)
