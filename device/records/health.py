"""How the unit itself is doing, as the socket tells it, and the words of its event table."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

SIMULATED = "simulated lifter"  # how the name of a camera begins that is none


@dataclass(frozen=True, slots=True)
class UnitHealth:
    """What only the program that drives camera and light can know; counts are since its start.

    A frame's latency runs from the moment the program takes it from the camera to the moment its
    cue is on the pins; exposure and the way through the USB cable come before that.
    """

    uptime_s: float
    frames: int  # looked at
    frames_dropped: int  # lost by the camera, or passed over because the program was busy
    recent_s: float  # how long the sliding window is
    recent_frames: int
    recent_dropped: int
    latency_median_s: float | None  # of the sliding window
    latency_p95_s: float | None
    latency_sum_s: float  # of all frames
    camera_name: str | None
    camera_usb: str | None  # version it is plugged in with, such as '3.2'
    camera_losses: int
    camera_resets: int  # how often the program had to restart the camera's hardware
    writes_waiting: int  # for the disk


class EventKind(StrEnum):
    """What the event table tells of."""

    START = "start"
    STOP = "stop"  # in good order: the program said so itself
    DIED = "died"  # systemd said so: hung, crashed, killed
    CAMERA_LOST = "camera lost"
    CAMERA_BACK = "camera back"
    STORE_FAILS = "store fails"
    STORE_BACK = "store back"
    SETTINGS = "settings"
    LIGHT = "light"
    POWER_LOW = "power low"
    POWER_BACK = "power back"
    HOT = "hot"
    COOL = "cool"


class Cause(StrEnum):
    """Why the program started or ended."""

    FIRST = "first"  # the table holds no run before this one
    POWER_UP = "power_up"
    WATCHDOG = "watchdog"  # it hung, and systemd ended it
    CRASH = "crash"  # it was killed, or died without a word
    ERROR = "error"  # it gave up with a sentence
    FAULT = "fault"  # a mistake in the program
    ASKED = "asked"  # SIGTERM: systemctl, an update, a shutdown
    BY_HAND = "by_hand"  # from a terminal
    ENDED = "ended"  # the recording was over
    UNKNOWN = "unknown"  # the table could not be read
