"""The watchdog is fed by the unit's work: a frame, or a try to get the camera back."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from device.cameras.simulated import SimulatedCamera
from device.cues import LightBox
from device.errors import NoCameraError, StreamStalledError
from device.live import LiveServer
from device.notify import Notifier
from device.records import Frame
from device.service import Service
from device.settings import CameraSettings, Settings
from device.store_writer import StoreWriter

SETTINGS = Settings(camera=CameraSettings(source="simulated"))


class Camera:
    """Three frames, then nothing any more; the first one after that can't be opened."""

    live, name, usb, frame_count = True, "three frames", "3.2", None

    def __init__(self, frames: list[Frame]) -> None:
        self._frames = frames

    def describe(self) -> str:
        return self.name

    def reset(self) -> bool:
        return False

    def __enter__(self) -> Self:
        if not self._frames:
            raise NoCameraError("No RealSense is plugged in: plug it into a USB 3 port.")
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def __iter__(self) -> Iterator[Frame]:
        while self._frames:
            yield self._frames.pop(0)
        raise StreamStalledError("The camera stopped sending: check its cable.")


class Hours:
    """Every look at it is an hour later, so that no datagram is held back."""

    now_s = 0.0

    def __call__(self) -> float:
        self.now_s += 3600
        return self.now_s


def test_each_frame_and_each_try_feeds_once_and_nothing_else_does(tmp_path: Path) -> None:
    os.environ["GPIOZERO_PIN_FACTORY"] = "mock"
    with SimulatedCamera(SETTINGS.camera, realtime=False) as clip:
        frames = [frame for frame, _ in zip(clip, range(3), strict=False)]
    with ExitStack() as stack:
        ear = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        ear.bind(str(tmp_path / "notify"))
        ear.setblocking(False)
        writer = stack.enter_context(StoreWriter(tmp_path / "unit.sqlite3", "rack"))
        server = stack.enter_context(LiveServer(tmp_path / "live.sock"))
        box = stack.enter_context(LightBox(SETTINGS.cue))
        notifier = Notifier(str(tmp_path / "notify"), Hours())
        service = Service(SETTINGS, lambda: Camera(frames), writer, server, box, notifier=notifier)
        assert heard(ear) == []
        steps = service.steps()
        fed = []
        for _ in range(5):  # three frames, two tries
            next(steps)
            fed.append(heard(ear))
        assert [len(one) for one in fed] == [1] * 5
        assert "READY=1" in fed[0][0]
        assert "stopped sending" in fed[3][0]
        assert "plug it into a USB 3 port" in fed[4][0]
        assert all("WATCHDOG=1" in one[0] for one in fed)
        assert heard(ear) == []  # no step, no food
        steps.close()
        assert heard(ear) == ["STOPPING=1"]


def heard(ear: socket.socket) -> list[str]:
    """Every datagram that waits."""
    out = []
    while True:
        try:
            out.append(ear.recv(4096).decode())
        except BlockingIOError:
            return out
