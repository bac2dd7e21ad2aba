"""A frame clock that never runs backwards."""

from __future__ import annotations

_BELIEVED_S = 1.0
_SHORTEST_S = 1e-4


class FrameClock:
    """Seconds since the first frame, from the camera's time stamps.

    Stamps can jump: a D400 changes from its own clock to the computer's soon after the start, and
    its own 32-bit microsecond counter wraps after 71 minutes. A step that is not forward, or (with
    `follow_arrival`, for live cameras) is more than a second off the arrival times, is replaced:
    by the arrival's step, or by the nominal one.
    """

    def __init__(self, fps: float, *, follow_arrival: bool) -> None:
        self._period_s = 1 / fps
        self._follow_arrival = follow_arrival
        self._now_s = 0.0
        self._stamp_ms: float | None = None
        self._arrived_s = 0.0

    def time_s(self, stamp_ms: float, arrived_s: float, frames: int = 1) -> float:
        """Time of a frame stamped `stamp_ms`, which came `frames` frames after the last one."""
        if self._stamp_ms is not None:
            step_s = (stamp_ms - self._stamp_ms) / 1000
            arrival_step_s = arrived_s - self._arrived_s
            if self._follow_arrival and abs(step_s - arrival_step_s) > _BELIEVED_S:
                step_s = arrival_step_s
            if step_s < _SHORTEST_S:
                step_s = self._period_s * max(1, frames)
            self._now_s += step_s
        self._stamp_ms, self._arrived_s = stamp_ms, arrived_s
        return self._now_s
