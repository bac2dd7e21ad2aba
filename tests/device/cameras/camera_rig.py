"""A small software RealSense and pictures to push through it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import numpy as np

from device.cameras.realsense import RealSenseCamera
from device.cameras.software import SoftwareCamera
from device.records import Bytes, Depth, Extrinsics, Intrinsics
from device.settings import CameraSettings

DEPTH = Intrinsics(320, 240, 201.5, 202.25, 158.75, 121.5)
COLOR = Intrinsics(320, 180, 231.0, 231.5, 160.25, 89.0, (0.01, -0.02, 0.001, -0.002, 0.003))
_TURN = np.radians(3.0)
TO_COLOR = Extrinsics(
    np.array(
        [[np.cos(_TURN), -np.sin(_TURN), 0], [np.sin(_TURN), np.cos(_TURN), 0], [0, 0, 1]],
    ),
    np.array([0.059, 0.001, -0.0003]),
)
FPS = 30


def picture(number: int) -> tuple[Bytes, Depth]:
    """Colour and depth that no other number has."""
    rng = np.random.default_rng(number)
    color = rng.integers(0, 255, (COLOR.height_px, COLOR.width_px, 3), dtype=np.uint8)
    depth = rng.integers(300, 4000, (DEPTH.height_px, DEPTH.width_px), dtype=np.uint16)
    return color, depth


class Rig:
    """A software camera and the pace to feed it."""

    def __init__(
        self,
        color: Intrinsics | None = COLOR,
        to_color: Extrinsics = TO_COLOR,
        **options: Any,
    ) -> None:
        self.software = SoftwareCamera(DEPTH, color, to_color, fps=FPS, **options)
        self.settings = self.software.settings(CameraSettings(stall_s=0.5))
        self.pushed = 0

    def camera(self, **options: Any) -> RealSenseCamera:
        return RealSenseCamera(self.settings, device=self.software.device, **options)

    def push(self, number: int | None = None) -> None:
        self.pushed = self.pushed + 1 if number is None else number
        self.software.push(self.pushed, 10 + self.pushed / FPS, *picture(self.pushed))

    @contextmanager
    def feeding(self, running: Callable[[], bool] = lambda: True) -> Iterator[None]:
        """Pushes 100 frames a second from a thread while `running()`."""
        stop = Event()

        def feed() -> None:
            while not stop.wait(0.01):
                if running():
                    self.push()

        thread = Thread(target=feed)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def record(self, file: Path, frames: int) -> Path:
        """A recording of this many frames, numbers from 1."""
        with self.camera(record_to=file, live=False) as camera:
            received = iter(camera)
            for number in range(1, frames + 1):
                self.push(number)
                assert next(received).number == number
        return file
