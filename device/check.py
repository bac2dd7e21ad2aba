"""Is this unit fit to work? One line a test, with the fix where one fails."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from device import paths
from device.errors import LiveError, RacklightError, StoreError, SwitchError
from device.health import (
    Board,
    Disk,
    Machine,
    MachineHealth,
    backup_age_days,
    backup_finding,
    findings,
)
from device.settings import Settings, pins_in_use

MIN_FREE_MB = 500
NO_SENSOR = "not known: this machine has no sensor for it"
MIN_FRAMES = 10
FIRST_FRAMES_S = 5.0
UNIT_ANSWERS_S = 3.0
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
    yield from machine_results()


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
    if (problem := _unit_says()) is not None:
        raise StoreError(problem)
    if not file.exists():  # made here it might belong to the wrong user
        return f"{file} is made when the unit starts for the first time"
    with Store.open(file, settings.unit.name, make=False):
        pass
    return f"{file} can be written"


def _unit_says() -> str | None:
    """Why the running unit can't save; None if it can, or where none runs."""
    from device.live import LiveClient

    try:
        with LiveClient(paths.live_socket()) as unit:
            state = unit.newest(UNIT_ANSWERS_S)
    except LiveError:
        return None
    return None if state is None or state.store == "ok" else state.store


def machine_results() -> Iterator[Result]:
    """What the machine's own sensors say; what they don't tell is no fault."""
    machine = Machine(paths.state_root())
    seen = machine.look()
    urgent = {one.about: one.text for one in findings(seen, None) if one.urgent}
    told = {
        "power": _told(seen.board.under_voltage, "the voltage is too low", "the voltage is right"),
        "heat": _heat(seen.board),
        "wear": _wear(seen.disk),
    }
    for name, text in told.items():
        yield Result(name, name not in urgent, urgent.get(name, text))
    yield Result("backup", True, _backup(seen))


def _told(value: bool | None, yes: str, no: str) -> str:
    return NO_SENSOR if value is None else yes if value else no


def _heat(board: Board) -> str:
    degrees = "" if board.temperature_c is None else f"{board.temperature_c:.0f} °C"
    speed = "" if board.throttled is None else "full speed"
    return ", ".join(part for part in (degrees, speed) if part) or NO_SENSOR


def _wear(disk: Disk) -> str:
    parts = []
    if disk.written_bytes is not None:
        parts.append(f"{disk.written_bytes / 1e9:.1f} GB written since the machine was started")
    if disk.life_used_percent is not None:
        parts.append(f"up to {disk.life_used_percent} % of the storage's life is used")
    return ", ".join(parts) or NO_SENSOR


def _backup(seen: MachineHealth) -> str:
    """The newest, or the advice to make one; a missing backup does not make a unit unfit."""
    newest, advice = seen.backups.newest, backup_finding(seen.backups, seen.now_s)
    if advice is not None:
        return advice.text
    if newest is None:
        return "not known: its folder can't be looked into"
    days = backup_age_days(newest, seen.now_s)
    return newest.file.name if days is None else f"{newest.file.name}, {days:.0f} days old"


def _clock() -> str:
    now = time.time()
    if now < BUILT:
        raise RacklightError(
            "The clock was never set: connect the unit to a network once, or set it with date."
        )
    synchronised = Path("/run/systemd/timesync/synchronized").exists()
    how = "set by the network" if synchronised else "not set by the network; durations are right"
    return f"{time.strftime('%Y-%m-%d %H:%M', time.localtime(now))}, {how}"
