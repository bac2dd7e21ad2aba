"""What every camera can do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, Self

from device.records import Frame


class Camera(Protocol):
    """A source of frames: enter it, iterate over it, leave it.

    Entering raises NoCameraError where nothing is plugged in and BadRecordingError for a file
    that can't be played. Iterating raises StreamStalledError soon after a live camera stops; a
    recording ends by itself. Name, USB type and frame count are known once it is entered.
    """

    @property
    def live(self) -> bool:
        """Whether frames come at their own pace; False: every frame is delivered, none is lost."""

    @property
    def name(self) -> str:
        """What it is, with its serial number."""

    @property
    def usb(self) -> str | None:
        """The USB version it is plugged in with, such as '3.2'; None where there is no USB."""

    @property
    def frame_count(self) -> int | None:
        """How many frames there will be; None where that isn't known."""

    def describe(self) -> str:
        """One line for `check` and logs."""

    def reset(self) -> bool:
        """Makes the hardware start afresh, before entering; whether there was any to reset."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def __iter__(self) -> Iterator[Frame]: ...
