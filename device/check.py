"""Is this unit fit to work? One line a test, with the fix where one fails."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from device import paths
from device.errors import RacklightError, SwitchError
from device.settings import Settings, pins_in_use

MIN_FREE_MB = 500
MIN_FRAMES = 10
FIRST_FRAMES_S = 5.0
BUILT = 1_767_225_600  # 2026-01-01: a clock before that was never set


@dataclass(frozen=True, slots=True)
class Result:
    """One test's outcome; `text` says what was found, or what is wrong and the fix."""

    name: str
    ok: bool
    text: str

    def __str__(self) -> str:
        return f"{'ok  ' if self.ok else 'FAIL'}  {self.name:9s} {self.text}"


def check(settings: Settings) -> Iterator[Result]:
    """Every test, one after the other; none of them stops the others."""
    yield from _camera(settings)
    yield _tested("models", _models)
    yield _tested("light", lambda: _light(settings))
    yield _tested("switches", lambda: _switches(settings))
    yield _tested("disk", _disk)
    yield _tested("database", lambda: _database(settings))
    yield _tested("clock", _clock)


def _tested(name: str, test: Callable[[], str]) -> Result:
    try:
        return Result(name, True, test())
    except RacklightError as error:
        return Result(name, False, str(error))


def _camera(settings: Settings) -> Iterator[Result]:
    """Opens the camera, counts frames for a moment, looks at how it is plugged in."""
    from device.cameras import open_camera

    try:
        with open_camera(settings.camera) as camera:
            description, usb = camera.describe(), camera.usb
            started, frames = time.monotonic(), []
            for frame in camera:
                frames.append(frame.depth is not None)
                if len(frames) >= MIN_FRAMES or time.monotonic() - started > FIRST_FRAMES_S:
                    break
    except RacklightError as error:
        yield Result("camera", False, str(error))
        return
    depth = "with depth" if all(frames) else "without depth"
    yield Result("camera", True, f"{description}: {len(frames)} frames, {depth}")
    if usb is None:
        yield Result("usb", True, "not on USB")
    elif usb.startswith("3"):
        yield Result("usb", True, f"USB {usb}")
    else:
        yield Result(
            "usb",
            False,
            f"USB {usb} is too slow: use a blue USB 3 port and the camera's own cable.",
        )


def _models() -> str:
    from device.models import model_names, verify_model

    names = model_names()
    for name in names:
        verify_model(name)
    return f"{', '.join(names)}: checksums match"


def _light(settings: Settings) -> str:
    from device.cues import LightBox

    with LightBox(settings.cue) as box:
        box.check()
    pins = [pin for key, pin in pins_in_use(settings).items() if key.startswith("cue/")]
    mock = " (mock pins)" if os.environ.get("GPIOZERO_PIN_FACTORY") == "mock" else ""
    return f"GPIO {', '.join(map(str, pins))}{mock}"


def _switches(settings: Settings) -> str:
    from device.switches import Inputs

    with Inputs(settings) as inputs:
        said = []
        if inputs.hook is not None:
            racked = "racked" if inputs.racked() else "off its hooks"
            said.append(f"GPIO {settings.inputs.hook_pin}: the bar is {racked}")
        if inputs.button_down:
            raise SwitchError(
                f"The button on GPIO {settings.inputs.button_pin} is down: let it go, look for a"
                " short circuit, or set inputs/button to false."
            )
        if inputs.button_down is not None:
            said.append(f"GPIO {settings.inputs.button_pin}: the button is up, or not there")
    return "; ".join(said) or "none is read"


def _disk() -> str:
    folder = paths.state_root()
    while not folder.exists():
        folder = folder.parent
    free_mb = shutil.disk_usage(folder).free // 1_000_000
    if free_mb < MIN_FREE_MB:
        raise RacklightError(
            f"Only {free_mb} MB are free on {folder}: delete old recordings or use a larger card."
        )
    return f"{free_mb / 1000:.1f} GB free on {folder}"


def _database(settings: Settings) -> str:
    from device.store import Store

    file = paths.database_file()
    with Store.open(file, settings.unit.name):
        pass
    return f"{file} can be written"


def _clock() -> str:
    now = time.time()
    if now < BUILT:
        raise RacklightError(
            "The clock was never set: connect the unit to a network once, or set it with date."
        )
    synchronised = Path("/run/systemd/timesync/synchronized").exists()
    how = "set by the network" if synchronised else "not set by the network; durations are right"
    return f"{time.strftime('%Y-%m-%d %H:%M', time.localtime(now))}, {how}"
