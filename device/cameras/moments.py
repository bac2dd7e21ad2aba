"""When a depth picture was exposed, on the computer's own clock (CLOCK_MONOTONIC)."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import Any

from device.cameras.librealsense import library

MS_NS = 1_000_000
_OLDEST_NS = 250 * MS_NS  # a picture that came later than this has a wrong stamp
_AHEAD_NS = 5 * MS_NS  # librealsense's estimate of the camera's clock may err by so much
_JUMP_NS = 1_000 * MS_NS  # the camera's clock began anew
_ARRIVALS = 90  # pictures among which the one least held up is looked for


@dataclass(frozen=True, slots=True)
class Arrival:
    """The clocks at the moment a picture came, read one after the other."""

    monotonic_ns: int
    wall_ns: int

    @classmethod
    def now(cls) -> Arrival:
        """Both clocks now."""
        return cls(time.monotonic_ns(), time.time_ns())


class DepthMoments:
    """Carries a RealSense's time stamps over to the computer's monotonic clock.

    In the domains `global_time` and `system_time` a stamp is on the wall clock, which is set anew
    when the network comes (a Pi has no clock battery), and librealsense follows only after some
    seconds. So a stamp that does not lie shortly before the picture's arrival is not believed.
    Then, and in the domain `hardware_clock`, the picture is taken to be one frame older than the
    arrival that was least held up among the last ones.
    """

    def __init__(self, period_ns: int) -> None:
        self._period_ns = period_ns
        self._delays: deque[int] = deque(maxlen=_ARRIVALS)

    def of(self, frame: Any, arrival: Arrival) -> int:
        """Middle of a librealsense frame's exposure, ns on CLOCK_MONOTONIC."""
        rs = library()
        domain = frame.get_frame_timestamp_domain()
        stamp_ns = round(frame.get_timestamp() * MS_NS) - _readout_ns(frame)
        if domain == rs.timestamp_domain.global_time:
            moment = self.believed(stamp_ns, arrival)
        elif domain == rs.timestamp_domain.system_time:  # the arrival at librealsense
            moment = self.believed(stamp_ns - self._period_ns, arrival)
        else:
            moment = None
        guess = self.guessed(stamp_ns, arrival)
        return guess if moment is None else moment

    def believed(self, wall_stamp_ns: int, arrival: Arrival) -> int | None:
        """A stamp of the wall clock on the monotonic one; None where it can't be right."""
        moment = wall_stamp_ns - (arrival.wall_ns - arrival.monotonic_ns)
        old_ns = arrival.monotonic_ns - moment
        return moment if -_AHEAD_NS <= old_ns <= _OLDEST_NS else None

    def guessed(self, stamp_ns: int, arrival: Arrival) -> int:
        """By the arrivals: right up to a constant share of a frame."""
        delay = arrival.monotonic_ns - stamp_ns
        if self._delays and abs(delay - self._delays[-1]) > _JUMP_NS:
            self._delays.clear()
        self._delays.append(delay)
        return stamp_ns + min(self._delays) - self._period_ns


def _readout_ns(frame: Any) -> int:
    """From the middle of the exposure to the start of the readout, which the stamp tells."""
    keys = library().frame_metadata_value
    if not all(
        frame.supports_frame_metadata(key) for key in (keys.frame_timestamp, keys.sensor_timestamp)
    ):
        return 0
    readout_us = frame.get_frame_metadata(keys.frame_timestamp) - frame.get_frame_metadata(
        keys.sensor_timestamp
    )
    return int(readout_us) * 1000 if 0 <= readout_us < 100_000 else 0
