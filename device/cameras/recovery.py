"""Getting a lost camera back without restarting the program."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from device.cameras.base import Camera
from device.errors import CameraError, CameraStuckError
from device.records import Frame

_FIRST_WAIT_S = 0.25
_LONGEST_WAIT_S = 1.0
_RESET_AFTER = 2  # attempts that failed
_RESET_PAUSE_S = 10.0  # a camera that was reset needs some seconds to come back


@dataclass(frozen=True, slots=True)
class CameraTrouble:
    """The camera is away."""

    sentence: str  # what is wrong and what to do
    attempt: int  # from 1; how many times in a row it failed
    away_s: float  # since the last frame
    reset: bool = False  # the hardware was made to start afresh in this attempt


def frames_with_recovery(
    open_one: Callable[[], Camera], *, wait: Callable[[float], None] = time.sleep
) -> Iterator[Frame | CameraTrouble]:
    """Frames of the camera that `open_one` makes; of a new one each time it is lost.

    While a live camera is away, one CameraTrouble comes for each attempt to get it back (about one
    a second; the longest silence is the three seconds a camera has for its first picture), so
    that the caller can switch the light off and feed its watchdog. From the third attempt on the
    hardware is reset too. There is no last attempt: the caller stops iterating when it has had
    enough. Frame numbers, times and dropped counts go on across a loss.

    Raises CameraError where the camera was never there, or is a recording that can't be played,
    and CameraStuckError where only a new process can open it again.
    """
    joined = _Joined()
    attempt, reset_at_s, entered_once = 0, -_RESET_PAUSE_S, False
    while True:
        recoverable, reset = entered_once, False
        try:
            camera = open_one()
            if attempt > _RESET_AFTER and time.monotonic() - reset_at_s >= _RESET_PAUSE_S:
                if reset := camera.reset():
                    wait(_LONGEST_WAIT_S)
                reset_at_s = time.monotonic()
            with camera:
                entered_once = True
                recoverable = camera.live
                joined.reopened()
                for frame in camera:
                    attempt = 0
                    yield joined.frame(frame)
            return
        except CameraError as error:
            if not recoverable or isinstance(error, CameraStuckError):
                raise
            attempt += 1
            trouble = CameraTrouble(str(error), attempt, joined.away_s(), reset)
        yield trouble
        wait(min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2 ** (attempt - 1)))


class _Joined:
    """Makes one stream of several: number, time and dropped count go on."""

    def __init__(self) -> None:
        self._last: Frame | None = None
        self._base: Frame | None = None
        self._number = 0
        self._time_s = 0.0
        self._started_s = time.monotonic()

    def reopened(self) -> None:
        self._base = self._last
        self._fresh = True

    def away_s(self) -> float:
        since_s = self._last.arrived_s if self._last else self._started_s
        return time.monotonic() - since_s

    def frame(self, frame: Frame) -> Frame:
        before = self._base
        if before is not None:
            if self._fresh:
                self._number = before.number + 1 - frame.number
                gap_s = frame.arrived_s - before.arrived_s
                self._time_s = before.time_s + gap_s - frame.time_s
            frame = dataclasses.replace(
                frame,
                number=frame.number + self._number,
                time_s=frame.time_s + self._time_s,
                dropped=frame.dropped + before.dropped,
            )
        self._fresh = False
        self._last = frame
        return frame
