"""The demo on a machine that can't keep up with it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from device import demo as program
from device.errors import LiveError, StreamStalledError
from device.records import Frame
from device.settings import Settings

STALLED = "The camera stopped sending: check its cable."


class Silent:
    """A simulated camera whose pictures never come."""

    live, name, usb, frame_count = True, "a silent camera", "3.2", None

    def on_event(self, _: Callable[[dict[str, Any]], None]) -> None:
        return None

    def describe(self) -> str:
        return self.name

    def reset(self) -> bool:
        return False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def __iter__(self) -> Iterator[Frame]:
        raise StreamStalledError(STALLED)


def test_a_demo_without_a_single_picture_stops_by_itself(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "mock")
    monkeypatch.setattr(program, "SimulatedCamera", lambda _: Silent())
    monkeypatch.setattr(program, "_folder", lambda: tmp_path)
    said: list[str] = []
    assert program.demo(Settings(), 0.3, said.append) == []
    assert said[-1] == STALLED
    assert any("The page is at http://127.0.0.1:" in line for line in said)


def test_a_page_that_ends_at_once_is_not_waited_for() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    began = time.monotonic()
    with pytest.raises(LiveError, match="could not be started"):
        program._wait_until_open(ended, "127.0.0.1", program.free_port("127.0.0.1", 18400))
    assert time.monotonic() - began < program.PAGE_START_S / 2
